//! The market's rules under random sequences, named traps and economic attacks.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected panics, and so does its overflow"
)]

mod attacks_income;
mod attacks_one_block;
mod attacks_over_blocks;
mod attacks_shares;
mod exits;
mod sequences;
mod shorts;
mod support;
mod terminal;
