//! The market's built Wasm on a chain with the stand-in for staking.
//!
//! One binary, because every binary links the whole runtime.

mod attacks;
mod imports;
mod life;
mod liquidation;
mod setup;
mod traps;
