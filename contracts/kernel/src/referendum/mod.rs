//! Referenda: a state machine that is a function of its snapshot and of time.
//!
//! Preparing → Deciding ⇄ Confirming → Approved or Rejected; Preparing → timed out; everything open, and what is approved →
//! killed. Nothing leads back, but that a broken confirmation returns to deciding until the time to decide is over.
//!
//! The rules are copied into a referendum when it is submitted, with the electorate, and never looked up again.

mod curve;
mod deposits;
mod error;
mod state;
mod tally;
mod track;

pub use curve::{Curve, ONE_E9};
pub use deposits::Deposit;
pub use error::{reason, Bound, Error, Failure, Result};
pub use state::{Phase, Referendum, MAX_WEIGHT};
pub use tally::Tally;
pub use track::{
    Track, TrackId, BLOCKS_PER_DAY, MAX_CONFIRM, MAX_DECIDE, MAX_DECISION_DEPOSIT, MAX_ENACT_DELAY, MAX_ENACT_WINDOW,
    MAX_PREPARE, MAX_SUBMISSION_DEPOSIT, MAX_UNDECIDED, MIN_APPROVAL_E9, MIN_DEPOSIT, MIN_SUPPORT_E9,
};

/// A hash: of a call.
pub type Hash = [u8; 32];
