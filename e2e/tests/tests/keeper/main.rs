//! The keeper's processes against the node's, over RPC.

mod deployment;
mod emission;
mod endings;
mod endpoints;
mod kills;
mod liquidation;
mod node_restart;
mod race;
mod suite;
