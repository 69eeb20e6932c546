//! Exponential averages as the chain keeps them.
//!
//! Weights are numerators over 2^63, the chain's own scale. Every step rounds down by less than one unit of the value.

use super::error::{Error, Result};

/// Weight of one block's flow: the chain's smoothing factor, half-life 30 days.
pub const FLOW_BLOCK: u64 = 29_597_889_189_277;
/// Weight of an epoch of 360 blocks with the same flow in each: 1 − (1 − [`FLOW_BLOCK`])^360.
pub const FLOW_EPOCH: u64 = 10_649_104_856_037_337;
/// Weight of an epoch in the slow averages, half-life 7 days (140 epochs): they follow the raw average, so that what came
/// lately counts for little until it has stayed.
pub const SLOW_EPOCH: u64 = 45_552_528_514_012_712;

/// Weight of an epoch in the averages that the index of contribution watches, half-life 3 days (60 epochs): who extracts is seen
/// within days, not months.
pub const WATCH_EPOCH: u64 = 105_939_463_492_980_871;

/// 2^63, the scale of weights.
const ONE: u64 = 1 << 63;

/// `value` moved toward `sample` by `weight`/2^63, rounded down.
///
/// # Errors
/// [`Error::Overflow`] when the two are more than 2^64 apart.
pub fn toward(value: i128, sample: i128, weight: u64) -> Result<i128> {
    let distance = sample.checked_sub(value).ok_or(Error::Overflow)?;
    if distance.unsigned_abs() > 1 << 64 {
        return Err(Error::Overflow.into());
    }
    let step = distance.checked_mul(weight.into()).ok_or(Error::Overflow)? >> 63;
    value.checked_add(step).ok_or_else(|| Error::Overflow.into())
}

/// Weight of one block's price, `blocks` after the subnet started: 3e-6·b/(b + 201,600), the chain's smoothing.
pub fn price_block(blocks: u32) -> u64 {
    const MILLIONTHS: u128 = 1_000_000;
    let numerator = u128::from(ONE).saturating_mul(3).saturating_mul(blocks.into());
    let denominator = u128::from(blocks).saturating_add(201_600).saturating_mul(MILLIONTHS);
    numerator
        .checked_div(denominator)
        .and_then(|weight| u64::try_from(weight).ok())
        .unwrap_or(0)
}

/// Weight of `steps` steps of `weight` with the same sample: 1 − (1 − weight)^steps, within `steps` units.
pub fn over_steps(weight: u64, steps: u32) -> u64 {
    let mut base = ONE.saturating_sub(weight);
    let mut kept = ONE;
    let mut left = steps;
    while left != 0 {
        if left & 1 == 1 {
            kept = product(kept, base);
        }
        base = product(base, base);
        left >>= 1;
    }
    ONE.saturating_sub(kept)
}

fn product(a: u64, b: u64) -> u64 {
    // Both are at most 2^63, so the product is at most 2^126.
    u64::try_from(u128::from(a).wrapping_mul(b.into()) >> 63).unwrap_or(ONE)
}
