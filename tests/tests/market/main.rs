//! The market's built Wasm on a chain with the stand-in for staking.
//!
//! One binary, because every binary links the whole runtime.

mod attacks;
mod bounds;
mod competition;
mod exits;
mod imports;
mod life;
mod liquidation;
mod proxies;
mod quotes;
mod refusals;
mod sanctions;
mod setup;
mod traps;
