//! What a market is paid and what becomes of it: every formula against exact numbers, every state machine against a naive
//! one, and attacks that count their profit.
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

mod attacks_floor;
mod attacks_flow;
mod attacks_market;
mod averages;
mod budget;
mod contribution;
mod delisted;
mod dice;
mod economy;
mod ema;
mod exact;
mod flow;
mod ladder;
mod rules;
mod shares;
#[allow(dead_code, unused_imports, reason = "made for the tests of the market")]
#[path = "../market/support/mod.rs"]
mod support;
mod year;
