//! What can go wrong in an escrow, with the numbers that prove it.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::LockKind;

/// Why something was refused. Nothing has changed when one of these is returned.
///
/// Amounts are shares of the escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[allow(
    missing_docs,
    reason = "the fields are the numbers that the variant's text speaks of"
)]
pub enum Error {
    /// A quantity left the range the maths is proven for.
    Overflow,
    /// An amount is zero, or rounds to nothing.
    ZeroAmount,
    /// The lock is of this kind; its kind can be changed.
    KindMismatch { kind: LockKind },
    /// There is nothing to do.
    NothingToDo,
    /// Less is free: the rest is locked.
    NotFree { free: u128, requested: u128 },
    /// Ballots hold the lock: so many referenda have to end, or be retracted from, first.
    BallotsHold { count: u32 },
    /// An account cannot delegate to itself.
    DelegateToSelf,
    /// The account delegates already.
    AlreadyDelegating,
    /// The account does not delegate.
    NotDelegating,
    /// The account's delegate has to be given exactly when there is one.
    DelegateMismatch,
    /// What was delegated before may still count in a referendum until the block named.
    RedelegationTooSoon { at: u32 },
    /// The account holds as many ballots as it can.
    TooManyBallots { max: u32 },
    /// The parts of a split vote are more than the whole (basis points).
    SplitAboveWhole { bps: u32 },
}

crate::error::travels!(Error);

#[cold]
#[inline(never)]
pub(super) fn overflow() -> Failure {
    Error::Overflow.into()
}
