//! The keeper's only view of a chain.
//!
//! [`Chain`] owns the connection and its failover; [`Connection`] asks one endpoint, every request within a time limit;
//! [`ChainError::class`] says what a failure means. Types of the chain come from its metadata at run time, types of
//! contracts from their [`Bundle`]s, so the same binary works on any chain with u64 balances and `pallet-contracts`.

pub mod block;
pub mod bundle;
pub mod config;
pub mod connection;
pub mod contract;
pub mod contracts;
pub mod dry_run;
pub mod emission;
pub mod error;
pub mod failover;
pub mod governance;
pub mod heads;
pub mod keys;
pub mod market;
mod same_type;
pub mod suite;
pub mod transaction;
pub mod value;

pub use block::{BlockEvents, Emitted, Fate};
pub use bundle::{Bundle, BundleError, ContractEvent};
pub use config::{ChainConfig, Timeouts};
pub use connection::{BlockId, Connection};
pub use contract::Contract;
pub use dry_run::{Call, DryRun, Instantiation, Weight};
pub use error::{ChainError, Class, ContractRefusal};
pub use failover::Chain;
pub use heads::{follow, Heads};
pub use keys::{KeyError, Signer};
pub use market::{Holding, MarketContract, MarketState, Meaning, Rehearsal};
pub use transaction::{Action, Signed, Validity};
