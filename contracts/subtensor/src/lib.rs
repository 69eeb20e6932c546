//! Subtensor, Bittensor's chain, as an ink! 5 contract sees it.
//!
//! - [`SubtensorEnvironment`]: the `env` of every contract here (64-bit balances).
//! - [`SubtensorExtension`]: all 37 functions of chain extension `0x1000`, reached by `self.env().extension()`
//!   or [`extension`].
//! - [`stake_of`]: the one read every deposit and withdrawal needs, without decoding the rest of [`StakeInfo`].
//! - [`SubtensorError`]: the chain's codes 1–22.
//! - [`mock`] (feature `std`): the extension for ink's off-chain environment.
//!
//! # Where the chain puts its answers
//!
//! As in the chain's own source (`opentensor/subtensor`, `chain-extensions/src/{lib,types}.rs`):
//!
//! - The code is the **return value** of the host function, for reads too (`RetVal::Converging(code)`, 0 = success). It is
//!   never in the output buffer.
//! - State-changing functions 1–14 and 20–33 write nothing to the output buffer.
//! - Reads (0, 15, 34, 35, 36) and the four that report an amount (16–19) write the bare SCALE value, without a `Result`
//!   around it, and only when the code is 0.
//! - Arguments are a plain SCALE tuple. Undecodable arguments, an unknown function and an output buffer that is too small
//!   trap the contract instead of returning a code.
//! - A failed operation is rolled back by the chain; the contract goes on with its code.
//!
//! # Units
//!
//! TAO amounts are [`Rao`], alpha amounts [`Alpha`]: both in units of 1e-9.
#![cfg_attr(not(feature = "std"), no_std)]

mod environment;
// The derive of SCALE casts the indices it is given.
#[allow(clippy::cast_possible_truncation)]
mod error;
mod extension;
#[cfg(feature = "std")]
pub mod mock;
mod read;
mod types;

pub use environment::SubtensorEnvironment;
pub use error::SubtensorError;
pub use extension::{extension, SubtensorExtension};
pub use read::{stake_of, validator_stake, ValidatorStake};
pub use types::{Alpha, ColdkeyLock, NetUid, PriceE9, Rao, StakeAvailability, StakeInfo, SubnetRegistrationState};

/// The extension's id: the upper 16 bits of every function number a contract passes to the host.
pub const EXTENSION_ID: u16 = 0x1000;

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod golden;
