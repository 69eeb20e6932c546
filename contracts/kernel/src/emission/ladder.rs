//! The ladder of sanctions: Active, Watch, Quarantine, Condemned, Delisted.
//!
//! Epochs below a threshold in a row lead down, epochs above the recovery threshold in a row lead up. Nothing beyond
//! quarantine happens without a bonded challenge that holds against measured epochs, and then only after a delay.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::contribution::Reason;
use super::error::{Error, Result};
use super::rules::LadderRules;
use crate::short::AccountId;

/// Where a market stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum State {
    /// In good standing.
    #[default]
    Active,
    /// Below the first threshold; nothing is taken from it.
    Watch,
    /// Gets no new budget, opens no shorts; ends with epoch `ends` unless renewed.
    Quarantine {
        /// The last epoch.
        ends: u32,
    },
    /// A challenge was upheld: as in quarantine, until it is delisted.
    Condemned {
        /// The first block in which it may be delisted.
        at: u32,
    },
    /// Exits only.
    Delisted,
}

/// A bonded claim that a market in quarantine only extracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Challenge {
    /// Who claims it.
    pub challenger: AccountId,
    /// The bond, rao.
    pub bond: u64,
    /// Epoch in which it was opened: only later ones count.
    pub opened: u32,
    /// Epochs counted so far.
    pub counted: u16,
    /// Of them, with an index below the threshold of quarantine.
    pub bad: u16,
}

impl Challenge {
    /// Whether two of three epochs counted so far are bad; a challenge without any is not.
    fn is_fair(&self) -> bool {
        let (bad, counted) = (u32::from(self.bad), u32::from(self.counted));
        counted != 0 && bad.saturating_mul(3) >= counted.saturating_mul(2)
    }
}

/// What becomes of a bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Bond {
    /// It goes back to the challenger.
    Returned {
        /// Who it goes to.
        to: AccountId,
        /// Rao.
        amount: u64,
    },
    /// It is budget from now on.
    Slashed {
        /// Whose it was.
        of: AccountId,
        /// Rao.
        amount: u64,
    },
}

/// A step on the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Transition {
    /// Where the market stood.
    pub from: State,
    /// Where it stands.
    pub to: State,
    /// Why.
    pub reason: Reason,
}

/// A market on the ladder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Ladder {
    /// Where it stands.
    pub state: State,
    /// Epoch since which it does.
    pub since: u32,
    /// Why.
    pub reason: Reason,
    /// Epochs in a row below the threshold that leads further down.
    pub strikes: u16,
    /// Epochs in a row at or above the threshold that leads up.
    pub good: u16,
    /// The challenge that is open.
    pub challenge: Option<Challenge>,
}

impl Ladder {
    /// In good standing since `epoch`.
    pub fn new(epoch: u32) -> Self {
        Self {
            since: epoch,
            ..Self::default()
        }
    }

    /// Whether it gets new budget.
    pub fn is_paid(&self) -> bool {
        matches!(self.state, State::Active | State::Watch)
    }

    /// Moves by one settled epoch, in which the index was `index` for reason `worst`. `now` is the block.
    pub fn step(
        &mut self,
        index: i32,
        worst: Reason,
        epoch: u32,
        now: u32,
        rules: &LadderRules,
    ) -> (Option<Transition>, Option<Bond>) {
        let threshold = match self.state {
            State::Active => rules.watch_below_bps,
            _ => rules.quarantine_below_bps,
        };
        self.strikes = counted(self.strikes, index < threshold);
        self.good = counted(self.good, index >= rules.recover_above_bps);
        let (struck, recovered) = (self.strikes >= rules.patience, self.good >= rules.patience);
        let upheld = self.judge(index, epoch, rules);
        let fair = self.challenge.is_some_and(|challenge| challenge.is_fair());
        let next = match self.state {
            State::Active if struck => Some((State::Watch, worst)),
            State::Watch if struck => Some((quarantine(epoch, rules), worst)),
            State::Watch if recovered => Some((State::Active, Reason::Recovered)),
            State::Quarantine { .. } if recovered => Some((State::Watch, Reason::Recovered)),
            State::Quarantine { .. } if upheld == Some(true) => Some((
                State::Condemned {
                    at: now.saturating_add(rules.delist_delay),
                },
                Reason::ChallengeUpheld,
            )),
            // A challenge does not keep a market in quarantine that would leave it.
            State::Quarantine { ends } if epoch >= ends => Some(if struck {
                (quarantine(epoch, rules), worst)
            } else {
                (State::Watch, Reason::Expired)
            }),
            State::Condemned { .. } if recovered => Some((State::Watch, Reason::Recovered)),
            State::Condemned { at } if now >= at => Some((State::Delisted, Reason::DelayOver)),
            _ => None,
        };
        let transition = next.map(|(to, reason)| self.enter(to, reason, epoch));
        let over = upheld.is_some() || !matches!(self.state, State::Quarantine { .. });
        // A quarantine that ends before a challenge is decided costs nobody a bond whom the epochs counted so far prove right.
        let bond = if over { self.close(fair) } else { None };
        (transition, bond)
    }

    /// Opens a challenge in `epoch`. Anyone may.
    ///
    /// # Errors
    /// [`Error::NotQuarantined`], [`Error::AlreadyChallenged`], [`Error::WrongBond`].
    pub fn challenge(&mut self, challenger: AccountId, bond: u64, epoch: u32, rules: &LadderRules) -> Result<()> {
        if !matches!(self.state, State::Quarantine { .. }) {
            return Err(Error::NotQuarantined.into());
        }
        if self.challenge.is_some() {
            return Err(Error::AlreadyChallenged.into());
        }
        if bond != rules.bond {
            return Err(Error::WrongBond {
                expected: rules.bond,
                got: bond,
            }
            .into());
        }
        self.challenge = Some(Challenge {
            challenger,
            bond,
            opened: epoch,
            counted: 0,
            bad: 0,
        });
        Ok(())
    }

    /// Upholds an appeal: the market is watched again, and whoever challenged it gets the bond back.
    ///
    /// # Errors
    /// [`Error::NothingToAppeal`].
    pub fn reinstate(&mut self, epoch: u32) -> Result<(Transition, Option<Bond>)> {
        if self.is_paid() {
            return Err(Error::NothingToAppeal.into());
        }
        let transition = self.enter(State::Watch, Reason::Appeal, epoch);
        Ok((transition, self.close(true)))
    }

    /// Counts the epoch for an open challenge; whether it is upheld, once it is decided: two of three epochs must be bad.
    fn judge(&mut self, index: i32, epoch: u32, rules: &LadderRules) -> Option<bool> {
        let challenge = self.challenge.as_mut()?;
        if epoch <= challenge.opened {
            return None;
        }
        challenge.counted = challenge.counted.saturating_add(1);
        challenge.bad = challenge
            .bad
            .saturating_add(u16::from(index < rules.quarantine_below_bps));
        (challenge.counted >= rules.challenge_epochs).then(|| challenge.is_fair())
    }

    fn enter(&mut self, to: State, reason: Reason, epoch: u32) -> Transition {
        let from = core::mem::replace(&mut self.state, to);
        self.since = epoch;
        self.reason = reason;
        self.strikes = 0;
        self.good = 0;
        Transition { from, to, reason }
    }

    /// Closes the challenge that is open, if there is one.
    pub fn close(&mut self, returned: bool) -> Option<Bond> {
        let Challenge { challenger, bond, .. } = self.challenge.take()?;
        Some(if returned {
            Bond::Returned {
                to: challenger,
                amount: bond,
            }
        } else {
            Bond::Slashed {
                of: challenger,
                amount: bond,
            }
        })
    }
}

fn counted(count: u16, more: bool) -> u16 {
    if more {
        count.saturating_add(1)
    } else {
        0
    }
}

fn quarantine(epoch: u32, rules: &LadderRules) -> State {
    State::Quarantine {
        ends: epoch.saturating_add(rules.quarantine_epochs.into()),
    }
}
