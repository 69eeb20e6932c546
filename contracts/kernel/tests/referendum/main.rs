//! Referenda against a reference that goes from block to block, and each promise by name.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets the unexpected panics, and so does its overflow"
)]

mod curves;
mod deposits;
mod naive;
mod promises;
mod sequences;
mod setup;
mod tracks;
