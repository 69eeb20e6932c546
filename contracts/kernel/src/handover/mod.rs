//! Who may do what until when: the calendar of capabilities, operations behind a timelock, guardian and treasury.
//!
//! Power only ever moves one way: from the core team through delay and veto to the DAO, from there to nobody. Time moves it;
//! whoever holds a capability may move it sooner; no function moves it back or later.

mod calendar;
mod capability;
mod error;
mod guardian;
mod ladder;
mod operation;
mod owner;
mod power;
mod treasury;

pub use calendar::{Calendar, MAX_CORE_BLOCKS, MAX_GRACE_BLOCKS};
pub use capability::Capability;
pub use error::{reason, Error, Failure, Result};
pub use guardian::{Guardian, MAX_PAUSE_BLOCKS};
pub use ladder::{Ladder, Stage, MAX_DELAY, NEVER};
pub use operation::{entitled, Action, Operation, Proposer, Record, State, Status, MAX_INPUT};
pub use owner::{proxied, Hyperparameter, OwnerCall};
pub use power::{certificate, residual_powers, Certificate, Holder, Power};
pub use treasury::Treasury;

/// A hash: of an operation, of code, of anything.
pub type Hash = [u8; 32];
