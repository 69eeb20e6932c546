//! Escrow of locked alpha, the conviction it gathers, and what an account votes with.
//!
//! Masses and convictions are shares of the escrow's stake: dividends raise what a share is worth, not what it votes with
//! against other shares. A thousand shares are one alpha-rao at first.
//!
//! A lock's conviction is counted at most once in a referendum: by its owner or by one delegate. Who has ballots cannot
//! delegate; who took a delegation back casts the lock only in referenda submitted later, and delegates again only when all
//! earlier ones are over.

mod aggregate;
mod error;
mod escrow;
mod lock;
mod vote;
mod voter;
mod weight;

pub use aggregate::Aggregate;
pub use error::{reason, Error, Failure, Result};
pub use escrow::{alpha_down, shares_down, Escrow};
pub use lock::Lock;
pub use vote::{Ballot, Vote};
pub use voter::{Change, Native, Voter, MAX_BALLOTS};
pub use weight::{LockKind, Weight};
