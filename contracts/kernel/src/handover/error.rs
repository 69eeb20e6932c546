//! What can go wrong between those who hold power, with the numbers that prove it.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::{Capability, Stage};

/// Why something was refused. Nothing has changed when one of these is returned.
///
/// Blocks are block numbers or numbers of blocks as the variant says; amounts are rao.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[allow(
    missing_docs,
    reason = "the fields are the numbers that the variant's text speaks of"
)]
pub enum Error {
    /// A stage of the calendar would begin before the one below it.
    StageBeforePrevious {
        capability: Capability,
        stage: Stage,
        at: u32,
        previous: u32,
    },
    /// The DAO would get the capability later than any calendar may say (blocks).
    CoreTooLong { capability: Capability, at: u32, max: u32 },
    /// Operations would wait shorter in a later stage (blocks).
    DelayShrinks {
        capability: Capability,
        stage: Stage,
        delay: u32,
        previous: u32,
    },
    /// Operations that can worsen a user's terms would run before the longest exit ends (blocks).
    DelayBelowExit {
        capability: Capability,
        stage: Stage,
        delay: u32,
        exit: u32,
    },
    /// Operations would wait longer than allowed (blocks).
    DelayTooLong {
        capability: Capability,
        stage: Stage,
        max: u32,
        got: u32,
    },
    /// The longest exit is outside its bounds (blocks).
    ExitOutOfBounds { min: u32, max: u32, got: u32 },
    /// The time to execute an operation is outside its bounds (blocks).
    GraceOutOfBounds { min: u32, max: u32, got: u32 },
    /// The guardian would last longer than allowed (blocks).
    GuardianTooLong { until: u32, max: u32 },
    /// The capability is at this stage, or above it, already.
    NotForward { stage: Stage, to: Stage },
    /// The core team may give a capability to the DAO, not freeze it.
    BeyondProposer { to: Stage },
    /// A delay may only grow (blocks).
    DelayMustGrow { current: u32, got: u32 },
    /// A delay would be longer than allowed (blocks).
    DelayAboveMax { max: u32, got: u32 },
    /// Nothing is scheduled in a frozen stage, so nothing waits there.
    NoDelayWhenFrozen,
    /// The proposer does not have the capability at its stage now.
    NotEntitled { capability: Capability, stage: Stage },
    /// The input of a call is too long (bytes).
    InputTooLong { max: u32, got: u32 },
    /// TAO is sent along with a call of a capability other than the treasury.
    ValueOutsideTreasury { capability: Capability },
    /// A value does not fit the type that the chain takes.
    ValueTooLarge { max: u64, got: u64 },
    /// An amount, or a number of blocks, is zero.
    ZeroAmount,
    /// The operation has to wait until the block named.
    TooEarly { ready: u32, now: u32 },
    /// The operation expired in the block named.
    Expired { expires: u32, now: u32 },
    /// The operation was executed or cancelled already.
    NotScheduled,
    /// The operation that has to be done before is not done.
    PredecessorNotDone,
    /// Who proposed the operation has no power over its capability any more.
    PowerEnded { capability: Capability, stage: Stage },
    /// There is no guardian, or its time is over.
    GuardianOver { until: u32, now: u32 },
    /// A pause would outlive the guardian (block numbers).
    PauseBeyondGuardian { until: u32, got: u32 },
    /// More blocks of pause than are left.
    PauseBudgetExceeded { left: u32, needed: u32 },
    /// A guardian's budget is larger than allowed (blocks).
    PauseBudgetTooLarge { max: u32, got: u32 },
    /// More would leave the treasury in this epoch than may (rao).
    OutflowCapExceeded { cap: u64, left: u64, requested: u64 },
    /// An epoch has no blocks.
    EmptyEpoch,
    /// So many powers remain.
    PowersRemain { count: u32 },
}

crate::error::travels!(Error);
