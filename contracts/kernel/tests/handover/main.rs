//! Power under random sequences of everybody who has or wants it, and every rule of the handover by itself.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected panics, and so does its overflow"
)]

mod calendar;
mod guardian;
mod ladder;
mod operation;
mod owner;
mod power;
mod sequences;
mod support;
mod treasury;
