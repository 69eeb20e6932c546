//! The keeper's processes against the node's, over RPC.

mod liquidation;
