//! Checked integer arithmetic with the rounding direction in the name.
//!
//! Amounts are at most [`MAX_AMOUNT`], so that every product of two of them, or of one and a price, fits `u128`.

use crate::error::{overflow, Error, Result};

/// 1 at the scale of indices and rates.
pub const E18: u128 = 1_000_000_000_000_000_000;
/// 1 at the scale of prices.
pub const E12: u128 = 1_000_000_000_000;
/// One basis point at the scale of prices.
pub const BPS_E12: u128 = 100_000_000;
/// 1 in basis points.
pub const BPS: u64 = 10_000;
/// Blocks of 12 s in a year of 365 days.
pub const BLOCKS_PER_YEAR: u64 = 2_628_000;
/// Largest amount of TAO or alpha accepted, 2^55 rao: above the 21 million coins of either, which are 2.1e16 rao.
pub const MAX_AMOUNT: u64 = 1 << 55;

/// `a + b`.
pub fn add(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b).ok_or_else(overflow)
}

/// `a - b`; [`Error::Overflow`] below zero.
pub fn sub(a: u64, b: u64) -> Result<u64> {
    a.checked_sub(b).ok_or_else(overflow)
}

/// `a + b`.
pub fn add_wide(a: u128, b: u128) -> Result<u128> {
    a.checked_add(b).ok_or_else(overflow)
}

/// `a - b`; [`Error::Overflow`] below zero.
pub fn sub_wide(a: u128, b: u128) -> Result<u128> {
    a.checked_sub(b).ok_or_else(overflow)
}

/// `x` as an amount.
pub fn narrow(x: u128) -> Result<u64> {
    u64::try_from(x).map_err(|_| overflow())
}

/// `a·b/d`, rounded down. [`Error::Overflow`] when `a·b` exceeds `u128` or `d` is zero.
#[inline(never)]
pub fn mul_div_down(a: u128, b: u128, d: u128) -> Result<u128> {
    a.checked_mul(b).and_then(|p| p.checked_div(d)).ok_or_else(overflow)
}

/// `a·b/d`, rounded up. [`Error::Overflow`] when `a·b` exceeds `u128` or `d` is zero.
#[inline(never)]
pub fn mul_div_up(a: u128, b: u128, d: u128) -> Result<u128> {
    let product = a.checked_mul(b).ok_or(Error::Overflow)?;
    let quotient = product.checked_div(d).ok_or(Error::Overflow)?;
    let exact = quotient.checked_mul(d).ok_or(Error::Overflow)? == product;
    add_wide(quotient, u128::from(!exact))
}

/// [`mul_div_down`] of amounts.
pub fn part_down(a: u64, b: u64, d: u64) -> Result<u64> {
    narrow(mul_div_down(a.into(), b.into(), d.into())?)
}

/// [`mul_div_up`] of amounts.
pub fn part_up(a: u64, b: u64, d: u64) -> Result<u64> {
    narrow(mul_div_up(a.into(), b.into(), d.into())?)
}

/// `bps` of `amount`, rounded down.
pub fn bps_down(amount: u64, bps: u32) -> Result<u64> {
    part_down(amount, bps.into(), BPS)
}

/// What is left of `amount` after `bps` of it, rounded down.
pub fn less_bps_down(amount: u64, bps: u32) -> Result<u64> {
    part_down(amount, sub(BPS, bps.into())?, BPS)
}

/// Ratio `a/b` in basis points, rounded up; saturates, and is the maximum for `b` = 0 unless `a` is 0 as well.
pub fn ratio_bps_up(a: u64, b: u64) -> u32 {
    if a == 0 {
        return 0;
    }
    mul_div_up(a.into(), BPS.into(), b.into())
        .ok()
        .and_then(|r| u32::try_from(r).ok())
        .unwrap_or(u32::MAX)
}

/// Value in rao of `alpha` at `price_e12`, rounded down.
pub fn value_down(alpha: u64, price_e12: u64) -> Result<u64> {
    narrow(mul_div_down(alpha.into(), price_e12.into(), E12)?)
}

/// Value in rao of `alpha` at `price_e12`, rounded up.
pub fn value_up(alpha: u64, price_e12: u64) -> Result<u64> {
    narrow(mul_div_up(alpha.into(), price_e12.into(), E12)?)
}

/// Integer square root, rounded down (Newton's method from above).
pub fn sqrt_down(x: u128) -> u128 {
    if x < 2 {
        return x;
    }
    // The start 2^⌈bits/2⌉ is at or above the root, from where the sequence falls monotonically.
    let bits = 128u32.saturating_sub(x.leading_zeros());
    let mut root = 1u128.checked_shl(bits.div_ceil(2)).unwrap_or(u128::MAX);
    loop {
        let next = x.checked_div(root).unwrap_or(0).saturating_add(root) >> 1;
        if next >= root {
            return root;
        }
        root = next;
    }
}

/// e^(rate·blocks) − 1 at scale 1e18 by the first three terms of its series, rounded down: never above continuous
/// compounding, and within eˣ·x⁴/24 of it (x = rate·blocks, at most 2: the exponent saturates there).
pub fn compound_e18(rate_e18: u64, blocks: u32) -> Result<u128> {
    let x = u128::from(rate_e18)
        .saturating_mul(blocks.into())
        .min(E18.saturating_mul(2));
    let square = mul_div_down(x, x, E18.saturating_mul(2))?;
    let cube = mul_div_down(square, x, E18.saturating_mul(3))?;
    add_wide(add_wide(x, square)?, cube)
}

/// An amount that fits the proven range.
pub fn checked_amount(amount: u64) -> Result<u64> {
    if amount > MAX_AMOUNT {
        return Err(Error::Overflow.into());
    }
    Ok(amount)
}

/// Refuses an amount of zero.
pub fn non_zero(amount: u64) -> Result<u64> {
    if amount == 0 {
        return Err(Error::ZeroAmount.into());
    }
    Ok(amount)
}
