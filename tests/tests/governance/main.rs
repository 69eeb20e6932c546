//! The built contracts of governance together: the DAO, the handover, the registry and a market.
//!
//! One binary, because every binary links the whole runtime.

mod attacks_power;
mod attacks_votes;
mod exits;
mod life;
mod owner;
