//! What the tests share: a market with shorts on a node that seals on request, and a watch over every block.
//!
//! A block is sealed only when every keeper that should be alive has looked at the one before. So a keeper has as much time
//! for a block as [`LOOK`] allows, however busy the machine is, and "within two blocks" is counted in blocks, not in seconds.

pub mod endpoints;
pub mod watch;
pub mod world;

pub use watch::{Liquidation, Watch};
pub use world::World;

use std::time::Duration;

/// A keeper has looked at a new block, sent what it has to send, and told so within this time. A block of Subtensor takes
/// 12 s; the rest is for a machine that compiles meanwhile.
pub const LOOK: Duration = Duration::from_secs(30);
/// A liquidation is in a block at most this many blocks after the position became due.
pub const PROMPT: u32 = 2;
