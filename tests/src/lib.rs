//! The built contracts in a sandboxed runtime with the chain's balances, deposits and staking.
//!
//! [`World`] is the entry: a chain with one market, actors, blocks, and levers of the chain. After every call and block
//! [`checks`] compares what the market says with what the chain says.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test harness fails by panicking"
)]
#![allow(missing_docs, reason = "the fields of the market's answers are the contract's")]

pub mod bundle;
pub mod calls;
pub mod checks;
pub mod extension;
pub mod interface;
pub mod puppet;
pub mod runtime;
pub mod sandbox;
pub mod suite;
pub mod wealth;
pub mod world;

pub use world::{World, COIN, NETUID};
