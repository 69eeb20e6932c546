//! One referendum.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use crate::AccountId;

use super::{
    curve::ONE_E9,
    error::{Error, Result},
    Hash, Tally, Track, TrackId,
};

/// Most that a side of a tally can hold: far more than all alpha there can be, little enough for exact comparisons.
pub const MAX_WEIGHT: u128 = 1 << 96;

/// Where a referendum is. All fields are block numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Phase {
    /// It waits for the end of preparation and for the decision deposit; votes count already.
    Preparing,
    /// It does not pass.
    Deciding {
        /// First block in which it could pass.
        since: u32,
    },
    /// It passes.
    Confirming {
        /// First block in which it could pass.
        deciding: u32,
        /// First block since which it has passed without a break.
        since: u32,
    },
    /// It passed throughout its confirmation.
    Approved {
        /// The block after the confirmation's last.
        at: u32,
    },
    /// It did not pass when the time to decide ended, or stopped passing after that.
    Rejected {
        /// The block in which that was.
        at: u32,
    },
    /// Nobody placed the decision deposit in time.
    TimedOut {
        /// The first block that was too late.
        at: u32,
    },
    /// Another referendum ended it.
    Killed {
        /// The block in which that was.
        at: u32,
    },
}

impl Phase {
    /// Whether votes still count.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Preparing | Self::Deciding { .. } | Self::Confirming { .. })
    }
}

/// A referendum: what was fixed when it was submitted, its votes, and how far it has come.
///
/// Where it is in a block follows from these alone ([`Referendum::phase_at`]), however often anybody looked before.
/// A block before the last change counts as the block of that change.
#[derive(Clone, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Referendum {
    /// Its kind.
    pub track: TrackId,
    /// The rules of its track as they were when it was submitted.
    pub rules: Track,
    /// Who submitted it, and placed the submission deposit.
    pub proposer: AccountId,
    /// Hash of what is to be done.
    pub call_hash: Hash,
    /// Block of its submission.
    pub submitted: u32,
    /// What support is measured against, shares of conviction; fixed at submission.
    pub electorate: u128,
    /// Who placed the decision deposit, and in which block.
    pub decision: Option<(AccountId, u32)>,
    /// The votes.
    pub tally: Tally,
    /// Where it was when anybody last recorded it; where it is, [`Referendum::phase_at`] says.
    pub phase: Phase,
    /// Block of the last submission, deposit, vote or kill: since then only time has passed.
    pub touched: u32,
    /// The submission deposit has not been paid out.
    pub submission_held: bool,
    /// The decision deposit has been placed and not been paid out.
    pub decision_held: bool,
}

impl Referendum {
    /// A referendum submitted in block `now`, whose submission deposit is held. The rules are taken as they are:
    /// [`Track::check`] them when they are set. An electorate of nobody is one share.
    pub fn new(track: TrackId, rules: Track, proposer: AccountId, call_hash: Hash, electorate: u128, now: u32) -> Self {
        Self {
            track,
            rules,
            proposer,
            call_hash,
            submitted: now,
            electorate: electorate.max(1),
            decision: None,
            tally: Tally::default(),
            phase: Phase::Preparing,
            touched: now,
            submission_held: true,
            decision_held: false,
        }
    }

    /// Where it is in block `now`. In the block in which a phase ends, it is in the next one.
    pub fn phase_at(&self, now: u32) -> Phase {
        let now = now.max(self.touched);
        let mut phase = self.phase;
        if phase == Phase::Preparing {
            phase = self.prepared(now);
        }
        if let Phase::Deciding { since } = phase {
            phase = self.decided(since, now);
        }
        if let Phase::Confirming { since, .. } = phase {
            let at = since.saturating_add(self.rules.confirm);
            if now >= at {
                phase = Phase::Approved { at };
            }
        }
        phase
    }

    /// Records where it is in block `now`; says whether that is news. Whether and when this is called changes nothing else.
    pub fn advance(&mut self, now: u32) -> bool {
        let phase = self.phase_at(now);
        let changed = phase != self.phase;
        self.phase = phase;
        changed
    }

    /// Places the decision deposit and returns its amount, rao. Deciding begins now, or when preparation ends.
    ///
    /// # Errors
    /// [`Error::NotOpen`], [`Error::DecisionDepositPlaced`].
    pub fn place_decision_deposit(&mut self, who: AccountId, now: u32) -> Result<u64> {
        let phase = self.open(now)?;
        if let Some((_, at)) = self.decision {
            return Err(Error::DecisionDepositPlaced { at }.into());
        }
        let now = now.max(self.touched);
        self.decision = Some((who, now));
        self.decision_held = true;
        self.record(phase, now);
        Ok(self.rules.decision_deposit)
    }

    /// Replaces a ballot's parts `take` (all zero for a new one) by `put`.
    ///
    /// # Errors
    /// [`Error::NotOpen`], [`Error::Overflow`] when a side would exceed [`MAX_WEIGHT`].
    pub fn vote(&mut self, take: Tally, put: Tally, now: u32) -> Result<()> {
        let phase = self.open(now)?;
        let less = taken(self.tally, take);
        self.tally = Tally {
            aye: added(less.aye, put.aye)?,
            nay: added(less.nay, put.nay)?,
            abstain: added(less.abstain, put.abstain)?,
        };
        self.record(phase, now);
        Ok(())
    }

    /// Takes a ballot's parts out. Never refused: when the referendum is over, its votes stay as they were.
    pub fn retract(&mut self, take: Tally, now: u32) {
        let phase = self.phase_at(now);
        if phase.is_open() {
            self.tally = taken(self.tally, take);
            self.record(phase, now);
        } else {
            self.phase = phase;
        }
    }

    /// Ends it, and what it approved: an operation that waits elsewhere has to look here before it runs, so this is possible
    /// however long ago it was approved.
    ///
    /// # Errors
    /// [`Error::NotKillable`] unless it is open or approved.
    pub fn kill(&mut self, now: u32) -> Result<()> {
        let phase = self.phase_at(now);
        if !phase.is_open() && !matches!(phase, Phase::Approved { .. }) {
            return Err(Error::NotKillable { phase }.into());
        }
        let now = now.max(self.touched);
        self.phase = Phase::Killed { at: now };
        self.touched = now;
        Ok(())
    }

    /// Whether votes count in block `now`.
    pub fn is_open(&self, now: u32) -> bool {
        self.phase_at(now).is_open()
    }

    /// The block of its approval, if it is approved in block `now`.
    pub fn approved_at(&self, now: u32) -> Option<u32> {
        match self.phase_at(now) {
            Phase::Approved { at } => Some(at),
            _ => None,
        }
    }

    /// Whether it can be enacted in block `now`: approved, its delay over, its window not.
    pub fn enactable(&self, now: u32) -> bool {
        self.approved_at(now).is_some_and(|at| {
            let first = at.saturating_add(self.rules.enact_delay);
            first <= now && now < first.saturating_add(self.rules.enact_window)
        })
    }

    /// Whether it is being decided in block `at` and passes, with the votes there are: approval and support both reach their
    /// thresholds. Without an aye or a nay nothing passes.
    pub fn passing(&self, at: u32) -> bool {
        match self.phase_at(at) {
            Phase::Deciding { since } | Phase::Confirming { deciding: since, .. } => self.passes(since, at),
            _ => false,
        }
    }

    /// Exact: parts are compared by cross-multiplication. Time is rounded down and thresholds up, both against passing.
    fn passes(&self, since: u32, at: u32) -> bool {
        let Tally { aye, nay, abstain } = self.tally;
        let voted = aye.saturating_add(nay);
        if voted == 0 {
            return false;
        }
        let x = u64::from(at.saturating_sub(since))
            .saturating_mul(ONE_E9.into())
            .checked_div(self.rules.decide.into())
            .and_then(|x| u32::try_from(x).ok())
            .unwrap_or(ONE_E9);
        // Sides are at most 2^96, thresholds 2^30; a larger electorate saturates, out of reach of any support.
        let reaches = |part: u128, whole: u128, threshold: u32| {
            part.saturating_mul(ONE_E9.into()) >= whole.saturating_mul(threshold.into())
        };
        reaches(aye, voted, self.rules.approval.threshold_e9(x))
            && reaches(
                aye.saturating_add(abstain),
                self.electorate,
                self.rules.support.threshold_e9(x),
            )
    }

    fn open(&self, now: u32) -> Result<Phase> {
        let phase = self.phase_at(now);
        if !phase.is_open() {
            return Err(Error::NotOpen { phase }.into());
        }
        Ok(phase)
    }

    /// What follows in block `now` from a change in it, when the phase before the change was `phase`.
    fn record(&mut self, phase: Phase, now: u32) {
        let now = now.max(self.touched);
        self.touched = now;
        self.phase = match phase {
            Phase::Confirming { deciding, .. } if !self.passes(deciding, now) => {
                if now < self.deciding_ends(deciding) {
                    Phase::Deciding { since: deciding }
                } else {
                    Phase::Rejected { at: now }
                }
            }
            unbroken => unbroken,
        };
        self.phase = self.phase_at(now);
    }

    fn deciding_ends(&self, since: u32) -> u32 {
        since.saturating_add(self.rules.decide)
    }

    /// What follows preparation.
    fn prepared(&self, now: u32) -> Phase {
        if let Some((_, placed)) = self.decision {
            let since = placed.max(self.submitted.saturating_add(self.rules.prepare));
            if now >= since {
                return Phase::Deciding { since };
            }
        } else {
            let at = self.submitted.saturating_add(self.rules.undecided);
            if now >= at {
                return Phase::TimedOut { at };
            }
        }
        Phase::Preparing
    }

    /// What deciding has come to: the votes are those of `touched`, and curves never rise, so once it passes it stays so.
    fn decided(&self, since: u32, now: u32) -> Phase {
        let end = self.deciding_ends(since);
        let last = now.min(end);
        if !self.passes(since, last) {
            return if now < end {
                Phase::Deciding { since }
            } else {
                Phase::Rejected { at: end }
            };
        }
        // The first block that passes is in low..=high.
        let mut low = since.max(self.touched);
        let mut high = last;
        while low < high {
            let middle = low.midpoint(high);
            if self.passes(since, middle) {
                high = middle;
            } else {
                low = middle.saturating_add(1);
            }
        }
        Phase::Confirming {
            deciding: since,
            since: high,
        }
    }
}

fn taken(from: Tally, take: Tally) -> Tally {
    Tally {
        aye: from.aye.saturating_sub(take.aye),
        nay: from.nay.saturating_sub(take.nay),
        abstain: from.abstain.saturating_sub(take.abstain),
    }
}

fn added(side: u128, put: u128) -> Result<u128> {
    let sum = side.saturating_add(put);
    if sum > MAX_WEIGHT {
        return Err(Error::Overflow.into());
    }
    Ok(sum)
}
