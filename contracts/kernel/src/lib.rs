//! The rules of Autonomy as pure state machines.
//!
//! Nothing here knows a chain, a caller or a clock: blocks, prices and measured amounts are arguments, and what happened is
//! a return value. The contracts, the keeper and the tests run this same code.
//!
//! Units: TAO in rao and alpha in alpha-rao, both 1e9 to the coin, as `u64`; prices as `price_e12`, rao per alpha-rao × 1e12;
//! ratios in basis points (1e4); rates, indices at 1e18; time in blocks.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    feature = "std",
    allow(clippy::useless_conversion, reason = "errors are boxed in Wasm only")
)]

#[cfg(not(feature = "std"))]
extern crate alloc;

pub mod account;
pub mod competition;
pub mod conviction;
pub mod decay;
pub mod emission;
pub mod error;
pub mod flow;
pub mod handover;
pub mod market;
pub mod math;
pub mod objection;
pub mod oracle;
pub mod params;
pub mod pool;
pub mod referendum;
pub mod short;
pub mod stream;
pub mod vault;
pub mod work;

pub use account::Account;
pub use error::{Error, Failure, Parameter, Result};
pub use market::Market;
pub use params::{FeeParams, RateParams, RiskParams};
pub use pool::{Asset, LiquidityChange, Pool, Swapped};
pub use short::{AccountId, Position};
