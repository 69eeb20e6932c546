//! Tracks: how a referendum of a kind is decided.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::{
    curve::{Curve, ONE_E9},
    error::{within, Bound, Result},
};

/// Blocks of 12 s in a day.
pub const BLOCKS_PER_DAY: u32 = 7_200;
/// Longest preparation: 14 days.
pub const MAX_PREPARE: u32 = 100_800;
/// Longest time to decide: 28 days.
pub const MAX_DECIDE: u32 = 201_600;
/// Longest confirmation: 14 days.
pub const MAX_CONFIRM: u32 = 100_800;
/// Longest wait between approval and enactment: 28 days.
pub const MAX_ENACT_DELAY: u32 = 201_600;
/// Longest time to enact: 28 days.
pub const MAX_ENACT_WINDOW: u32 = 201_600;
/// Longest wait for a decision deposit: 28 days.
pub const MAX_UNDECIDED: u32 = 201_600;
/// Least deposit, rao: spam has a price.
pub const MIN_DEPOSIT: u64 = 100_000_000;
/// Highest submission deposit, rao: no authority can price proposals out.
pub const MAX_SUBMISSION_DEPOSIT: u64 = 10_000_000_000;
/// Highest decision deposit, rao.
pub const MAX_DECISION_DEPOSIT: u64 = 1_000_000_000_000;
/// No approval curve ever falls below a half.
pub const MIN_APPROVAL_E9: u32 = 500_000_000;
/// No support curve ever falls below one basis point.
pub const MIN_SUPPORT_E9: u32 = 100_000;

const TAO: u64 = 1_000_000_000;
const HOUR: u32 = 300;

/// Kinds of referenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum TrackId {
    /// Bounded parameters of markets.
    Parameters,
    /// Listing and delisting of markets.
    Listing,
    /// Payments of the treasury.
    Treasury,
    /// The emission model.
    Emission,
    /// Code of future markets, governance itself, and early handover of power.
    Code,
    /// Ends another referendum.
    FastVeto,
}

impl TrackId {
    /// All tracks, by index.
    pub const ALL: [Self; 6] = [
        Self::Parameters,
        Self::Listing,
        Self::Treasury,
        Self::Emission,
        Self::Code,
        Self::FastVeto,
    ];

    /// Its place in [`TrackId::ALL`].
    pub fn index(self) -> u8 {
        self as u8
    }
}

/// The rules of a track. Durations are blocks, deposits rao.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Track {
    /// From submission to the first block in which it can be decided. Bounds 1..=14 days.
    pub prepare: u32,
    /// Time to decide. Bounds 1..=28 days.
    pub decide: u32,
    /// How long it has to pass without a break. Bounds 1..=14 days.
    pub confirm: u32,
    /// From approval to the first block in which it can be enacted. Bounds 1..=28 days.
    pub enact_delay: u32,
    /// Blocks in which it can be enacted. Bounds 1..=28 days.
    pub enact_window: u32,
    /// From submission to the block in which it times out without a decision deposit. Bounds `prepare`..=28 days.
    pub undecided: u32,
    /// Slashed when it times out or is killed. Bounds 0.1..=10 TAO.
    pub submission_deposit: u64,
    /// Slashed when it is killed. Bounds 0.1..=1,000 TAO.
    pub decision_deposit: u64,
    /// Least part of aye in aye and nay; never below a half.
    pub approval: Curve,
    /// Least part of aye and abstain in the electorate; never below a basis point.
    pub support: Curve,
}

impl Track {
    /// Checks the hard bounds.
    ///
    /// # Errors
    /// [`super::Error::OutOfBounds`] names the first rule that is outside.
    pub fn check(&self) -> Result<()> {
        let blocks = |bound, got: u32, min: u32, max: u32| within(bound, got.into(), min.into(), max.into());
        blocks(Bound::Prepare, self.prepare, 1, MAX_PREPARE)?;
        blocks(Bound::Decide, self.decide, 1, MAX_DECIDE)?;
        blocks(Bound::Confirm, self.confirm, 1, MAX_CONFIRM)?;
        blocks(Bound::EnactDelay, self.enact_delay, 1, MAX_ENACT_DELAY)?;
        blocks(Bound::EnactWindow, self.enact_window, 1, MAX_ENACT_WINDOW)?;
        blocks(Bound::Undecided, self.undecided, self.prepare, MAX_UNDECIDED)?;
        within(
            Bound::SubmissionDeposit,
            self.submission_deposit,
            MIN_DEPOSIT,
            MAX_SUBMISSION_DEPOSIT,
        )?;
        within(
            Bound::DecisionDeposit,
            self.decision_deposit,
            MIN_DEPOSIT,
            MAX_DECISION_DEPOSIT,
        )?;
        self.approval.check()?;
        self.support.check()?;
        // Curves never rise: their last value is their least.
        let least = |curve: &Curve| curve.threshold_e9(ONE_E9);
        blocks(Bound::Approval, least(&self.approval), MIN_APPROVAL_E9, ONE_E9)?;
        blocks(Bound::Support, least(&self.support), MIN_SUPPORT_E9, ONE_E9)
    }

    /// Blocks after submission from which a referendum is certainly not open any more, whatever anybody does.
    pub fn lifetime(&self) -> u32 {
        // Deciding begins with preparation's end or with the deposit, and a confirmation begins before deciding ends.
        self.prepare
            .max(self.undecided)
            .saturating_add(self.decide)
            .saturating_add(self.confirm)
    }

    /// The rules a track begins with on the main network.
    pub fn default_of(id: TrackId) -> Self {
        let usual = Self {
            prepare: BLOCKS_PER_DAY,
            decide: 14 * BLOCKS_PER_DAY,
            confirm: 2 * BLOCKS_PER_DAY,
            enact_delay: BLOCKS_PER_DAY,
            enact_window: 14 * BLOCKS_PER_DAY,
            undecided: 14 * BLOCKS_PER_DAY,
            submission_deposit: TAO,
            decision_deposit: 10 * TAO,
            approval: linear(100, 50),
            support: linear(50, 5),
        };
        match id {
            TrackId::Parameters => usual,
            TrackId::Listing => Self {
                decide: 7 * BLOCKS_PER_DAY,
                confirm: BLOCKS_PER_DAY,
                support: linear(25, 2),
                ..usual
            },
            TrackId::Treasury => Self {
                decision_deposit: 25 * TAO,
                // Half of the electorate at once, or five points less a day down to the floor of its tenth day.
                support: Curve::Stepped {
                    begin_e9: percent(50),
                    end_e9: percent(5),
                    step_e9: percent(5),
                    period_e9: ONE_E9 / 14,
                },
                ..usual
            },
            TrackId::Emission => Self {
                prepare: 2 * BLOCKS_PER_DAY,
                decide: 21 * BLOCKS_PER_DAY,
                confirm: 3 * BLOCKS_PER_DAY,
                enact_delay: 3 * BLOCKS_PER_DAY,
                decision_deposit: 50 * TAO,
                support: linear(50, 8),
                ..usual
            },
            TrackId::Code => Self {
                prepare: 2 * BLOCKS_PER_DAY,
                decide: 28 * BLOCKS_PER_DAY,
                confirm: 4 * BLOCKS_PER_DAY,
                enact_delay: 7 * BLOCKS_PER_DAY,
                decision_deposit: 100 * TAO,
                // 1 / (1 + x): from all to a half.
                approval: Curve::Reciprocal {
                    factor_e9: ONE_E9,
                    x_offset_e9: ONE_E9,
                    y_down_e9: 0,
                    floor_e9: percent(50),
                },
                support: linear(50, 10),
                ..usual
            },
            // Has to end before what it ends can be enacted; so it asks for more voters, and for more of them.
            TrackId::FastVeto => Self {
                prepare: 2 * HOUR,
                decide: 3 * BLOCKS_PER_DAY,
                confirm: 3 * HOUR,
                enact_delay: 1,
                enact_window: 7 * BLOCKS_PER_DAY,
                undecided: 3 * BLOCKS_PER_DAY,
                decision_deposit: 25 * TAO,
                approval: linear(80, 60),
                support: linear(50, 20),
                ..usual
            },
        }
    }

    /// The same rules with every duration divided, rounded down, but at least one block; a divisor of zero is one.
    #[must_use]
    pub fn scaled(self, divisor: u32) -> Self {
        let part = |blocks: u32| blocks.checked_div(divisor).unwrap_or(blocks).max(1);
        Self {
            prepare: part(self.prepare),
            decide: part(self.decide),
            confirm: part(self.confirm),
            enact_delay: part(self.enact_delay),
            enact_window: part(self.enact_window),
            undecided: part(self.undecided),
            ..self
        }
    }
}

const fn percent(x: u32) -> u32 {
    x.saturating_mul(ONE_E9 / 100)
}

const fn linear(ceil: u32, floor: u32) -> Curve {
    Curve::Linear {
        length_e9: ONE_E9,
        ceil_e9: percent(ceil),
        floor_e9: percent(floor),
    }
}
