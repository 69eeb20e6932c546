//! What the shells of all contracts share: how bodies of messages are kept apart, how events are emitted, how kernel types
//! lie in storage, and how TAO is paid.

#![cfg_attr(not(feature = "std"), no_std)]

mod apart;
mod cell;
mod emit;
mod pay;

pub use apart::apart;
pub use emit::emit;
pub use pay::{pay, Unpaid};
