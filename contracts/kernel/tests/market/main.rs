//! The market's rules under random sequences, named traps and economic attacks.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected panics, and so does its overflow"
)]

mod sequences;
mod support;
