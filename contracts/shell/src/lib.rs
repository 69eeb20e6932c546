//! What the shells of all contracts share: how bodies of messages are kept apart, how events are emitted, how kernel types
//! lie in storage, how TAO is paid, and how other contracts are called.

#![cfg_attr(not(feature = "std"), no_std)]

mod apart;
mod call;
mod cell;
mod emit;
mod pay;

pub use apart::apart;
pub use call::{ask, call, Bare};
pub use emit::emit;
pub use pay::{pay, Unpaid};
