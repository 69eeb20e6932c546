//! What governance needs done: recording, refunding, enacting, vetoing, executing, expiring, reconciling, certifying.
//!
//! Anybody may do these things, none of them is paid, and none can be done wrong: the contracts check everything again. A
//! [`Book`] knows what is open of one DAO and of the handover that obeys it, and by the kernel's own rules the block from
//! which on something is due of each; so a block costs as much as has changed and as is due.

mod book;
mod numbers;

pub use book::{Book, Powers, Tempo};
pub use numbers::Numbers;

pub use kernel::handover::Hash;
