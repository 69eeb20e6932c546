//! A market with its accounts, its positions and the chain around it, all in memory.

pub mod attacker;
pub mod exits;
pub mod identities;
pub mod ops;
pub mod setup;
pub mod transitions;
pub mod wind_down;
pub mod world;

pub use ops::{Kind, RawOp};
pub use world::World;
