//! The built emission contract, the registry and markets together on a chain.
//!
//! One binary, because every binary links the whole runtime.

mod attacks;
mod economy;
mod ladder;
mod settlement;
