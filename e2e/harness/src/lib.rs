//! What the scenario and the tests over RPC share.
//!
//! Programs are child processes that are killed by their id; every request has a timeout; every wait is for a condition and
//! has a deadline. Contracts are called through their bundle's metadata and answers are decoded by the kernel's own types.

pub mod accounts;
pub mod chain;
pub mod keeper;
pub mod levers;
pub mod market;
pub mod node;
pub mod places;
pub mod process;
pub mod random;
pub mod stage;
pub mod suite;
pub mod trade;
pub mod wait;

pub use accounts::Actor;
pub use chain::{Chain, Extrinsic, Outcome, Sealed, Seals};
pub use keeper::{Audit, DeployedMarket, Deployment, Keeper, KeeperSetup, MarketPlan, SuitePlan};
pub use levers::Dividend;
pub use market::{MarketClient, Settlement};
pub use node::{Node, Sealing};
pub use suite::{ContractClient, SuiteClient};

/// Rao of one TAO, and of one alpha.
pub const TAO: u64 = 1_000_000_000;
