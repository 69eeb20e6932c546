//! Validators that compete for a market's stake: measured, weighed and moved against naive references, and operators who buy
//! their score, with their profit counted.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected panics, and so does its overflow"
)]

mod attacks;
mod attacks_timing;
mod measure;
mod plan;
mod subnet;
mod weights;
