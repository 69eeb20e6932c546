//! What can go wrong with a referendum, with the numbers that prove it.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::Phase;

/// Why something was refused. Nothing has changed when one of these is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[allow(
    missing_docs,
    reason = "the fields are the numbers that the variant's text speaks of"
)]
pub enum Error {
    /// A weight left the range the maths is proven for.
    Overflow,
    /// The referendum is over.
    NotOpen { phase: Phase },
    /// The referendum is not over yet: its deposits stay.
    StillOpen { phase: Phase },
    /// Only what is open or approved can be killed.
    NotKillable { phase: Phase },
    /// The decision deposit has been placed already.
    DecisionDepositPlaced { at: u32 },
    /// The deposit was never placed, or has been paid out already.
    NothingHeld,
    /// A rule of a track is outside its hard bounds.
    OutOfBounds { bound: Bound, min: u64, max: u64, got: u64 },
}

/// Which rule [`Error::OutOfBounds`] speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Bound {
    /// [`super::Track::prepare`], blocks.
    Prepare,
    /// [`super::Track::decide`], blocks.
    Decide,
    /// [`super::Track::confirm`], blocks.
    Confirm,
    /// [`super::Track::enact_delay`], blocks.
    EnactDelay,
    /// [`super::Track::enact_window`], blocks.
    EnactWindow,
    /// [`super::Track::undecided`], blocks.
    Undecided,
    /// [`super::Track::submission_deposit`], rao.
    SubmissionDeposit,
    /// [`super::Track::decision_deposit`], rao.
    DecisionDeposit,
    /// The lowest approval that ever suffices, parts of 1e9.
    Approval,
    /// The lowest support that ever suffices, parts of 1e9.
    Support,
    /// A divisor of a curve: its length, period or offset, parts of 1e9.
    CurveDivisor,
    /// A curve's highest value, parts of 1e9.
    CurveCeil,
    /// A curve's lowest value, parts of 1e9.
    CurveFloor,
}

crate::error::travels!(Error);

pub(super) fn within(bound: Bound, got: u64, min: u64, max: u64) -> Result<()> {
    if got < min || got > max {
        return Err(Error::OutOfBounds { bound, min, max, got }.into());
    }
    Ok(())
}
