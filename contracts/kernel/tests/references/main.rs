//! Every arithmetic function against a naive exact reference in big integers and rationals.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected panics, and so does its overflow"
)]

mod conviction;
mod conviction_sequences;
mod conviction_votes;
mod decay;
mod exact;
mod math;
mod oracle;
mod params;
mod pool;
mod pool_liquidity;
mod short;
mod stream;
mod vault;
mod vault_shares;
mod work;
