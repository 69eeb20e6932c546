//! The constant-product pool.
//!
//! Reserves are internal numbers: nothing that happens to the contract's free balance or stake moves the price.

use crate::error::{Error, Result};
use crate::math::{
    add, add_wide, checked_amount, less_bps_down, mul_div_down, narrow, non_zero, part_down, part_up, sqrt_down, sub,
    sub_wide, BPS, E12,
};

/// Liquidity shares that the first provider leaves in the pool for ever, so that reserves never become zero.
pub const LOCKED_SHARES: u128 = 1_000;
/// Smallest first liquidity: shares (√(TAO·alpha)) below it would make the locked part worth something.
pub const MIN_INITIAL_SHARES: u64 = 1_000_000;
/// Largest price the oracle can hold, 1e5 TAO per alpha: more than all TAO there is for 210 alpha.
pub const MAX_PRICE_E12: u64 = 100_000_000_000_000_000;

/// One of the two assets of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Asset {
    /// TAO, in rao.
    Tao,
    /// The subnet's token, in alpha-rao.
    Alpha,
}

/// Reserves and the number of liquidity shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Pool {
    /// TAO reserve, rao.
    pub tao: u64,
    /// Alpha reserve.
    pub alpha: u64,
    /// All liquidity shares, [`LOCKED_SHARES`] included.
    pub shares: u128,
}

/// What a swap takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Swapped {
    /// Amount paid in, fee included.
    pub amount_in: u64,
    /// Amount paid out.
    pub amount_out: u64,
    /// Part of `amount_in` that is fee.
    pub fee: u64,
}

/// What liquidity was added or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct LiquidityChange {
    /// TAO moved, rao.
    pub tao: u64,
    /// Alpha moved.
    pub alpha: u64,
    /// Shares minted or burnt.
    pub shares: u128,
}

impl Pool {
    /// Whether nobody has provided liquidity yet.
    pub fn is_empty(&self) -> bool {
        self.shares == 0
    }

    /// Spot price, rounded down and kept within `1..=MAX_PRICE_E12`; 0 for an empty pool.
    pub fn price_down(&self) -> u64 {
        if self.is_empty() {
            return 0;
        }
        mul_div_down(self.tao.into(), E12, self.alpha.into())
            .ok()
            .and_then(|p| u64::try_from(p).ok())
            .unwrap_or(MAX_PRICE_E12)
            .clamp(1, MAX_PRICE_E12)
    }

    /// Spot price, rounded up: one unit above [`Pool::price_down`], which never understates it.
    pub fn price_up(&self) -> u64 {
        self.price_down().saturating_add(1)
    }

    fn reserves(&self, input: Asset) -> Result<(u64, u64)> {
        if self.is_empty() {
            return Err(Error::PoolEmpty.into());
        }
        Ok(match input {
            Asset::Tao => (self.tao, self.alpha),
            Asset::Alpha => (self.alpha, self.tao),
        })
    }

    /// What `amount_in` of `input` buys: the fee is taken from the input and rounded up, the output is rounded down.
    pub fn quote_exact_in(&self, input: Asset, amount_in: u64, fee_bps: u32) -> Result<Swapped> {
        let (reserve_in, reserve_out) = self.reserves(input)?;
        let net = less_bps_down(checked_amount(amount_in)?, fee_bps)?;
        let amount_out = non_zero(part_down(reserve_out, net, add(reserve_in, net)?)?)?;
        Ok(Swapped {
            amount_in,
            amount_out,
            fee: sub(amount_in, net)?,
        })
    }

    /// What must be paid of the other asset for `amount_out` of `output`: the cost and the fee are rounded up.
    pub fn quote_exact_out(&self, output: Asset, amount_out: u64, fee_bps: u32) -> Result<Swapped> {
        let input = match output {
            Asset::Tao => Asset::Alpha,
            Asset::Alpha => Asset::Tao,
        };
        let (reserve_in, reserve_out) = self.reserves(input)?;
        non_zero(amount_out)?;
        if amount_out >= reserve_out {
            return Err(Error::InsufficientLiquidity {
                requested: amount_out,
                available: reserve_out,
            }
            .into());
        }
        let net = part_up(reserve_in, amount_out, sub(reserve_out, amount_out)?)?;
        let amount_in = checked_amount(part_up(net, BPS, sub(BPS, fee_bps.into())?)?)?;
        Ok(Swapped {
            amount_in,
            amount_out,
            fee: sub(amount_in, net)?,
        })
    }

    /// Moves the reserves by a quoted swap; `protocol_fee` leaves the pool, the rest of the fee stays with it.
    pub fn apply(&mut self, input: Asset, swap: &Swapped, protocol_fee: u64) -> Result<()> {
        let (reserve_in, reserve_out) = match input {
            Asset::Tao => (&mut self.tao, &mut self.alpha),
            Asset::Alpha => (&mut self.alpha, &mut self.tao),
        };
        *reserve_in = checked_amount(add(*reserve_in, sub(swap.amount_in, protocol_fee)?)?)?;
        *reserve_out = sub(*reserve_out, swap.amount_out)?;
        Ok(())
    }

    /// What a provider of at most `tao` and `alpha` adds at the pool's ratio: amounts rounded up, shares down. The first
    /// provider sets the ratio with the whole of both.
    pub fn quote_add(&self, tao: u64, alpha: u64) -> Result<LiquidityChange> {
        non_zero(checked_amount(tao)?)?;
        non_zero(checked_amount(alpha)?)?;
        if self.is_empty() {
            let root = sqrt_down(u128::from(tao).saturating_mul(alpha.into()));
            if root < MIN_INITIAL_SHARES.into() {
                return Err(Error::InitialLiquidityTooSmall {
                    min: MIN_INITIAL_SHARES,
                    got: narrow(root)?,
                }
                .into());
            }
            return Ok(LiquidityChange {
                tao,
                alpha,
                shares: sub_wide(root, LOCKED_SHARES)?,
            });
        }
        let alpha_for_tao = part_up(tao, self.alpha, self.tao)?;
        let (tao, alpha) = if alpha_for_tao <= alpha {
            (tao, alpha_for_tao)
        } else {
            (part_up(alpha, self.tao, self.alpha)?.min(tao), alpha)
        };
        let by_tao = mul_div_down(tao.into(), self.shares, self.tao.into())?;
        let by_alpha = mul_div_down(alpha.into(), self.shares, self.alpha.into())?;
        let shares = by_tao.min(by_alpha);
        if shares == 0 {
            return Err(Error::ZeroAmount.into());
        }
        Ok(LiquidityChange { tao, alpha, shares })
    }

    /// Adds quoted liquidity.
    pub fn apply_add(&mut self, change: &LiquidityChange) -> Result<()> {
        let locked = if self.is_empty() { LOCKED_SHARES } else { 0 };
        self.tao = checked_amount(add(self.tao, change.tao)?)?;
        self.alpha = checked_amount(add(self.alpha, change.alpha)?)?;
        self.shares = add_wide(add_wide(self.shares, change.shares)?, locked)?;
        Ok(())
    }

    /// What `shares` are worth, rounded down.
    pub fn quote_remove(&self, shares: u128) -> Result<LiquidityChange> {
        if self.is_empty() {
            return Err(Error::PoolEmpty.into());
        }
        Ok(LiquidityChange {
            tao: narrow(mul_div_down(self.tao.into(), shares, self.shares)?)?,
            alpha: narrow(mul_div_down(self.alpha.into(), shares, self.shares)?)?,
            shares,
        })
    }

    /// Removes quoted liquidity.
    pub fn apply_remove(&mut self, change: &LiquidityChange) -> Result<()> {
        self.tao = sub(self.tao, change.tao)?;
        self.alpha = sub(self.alpha, change.alpha)?;
        self.shares = sub_wide(self.shares, change.shares)?;
        Ok(())
    }

    /// The most alpha that can be bought at an average price, fee included, of at most `cap_e12` (but for the 2 rao that
    /// rounding adds to a cost); rounded down, 0 when even the first unit costs more.
    ///
    /// The average price of buying r is tao/((alpha − r)(1 − fee)), so r = alpha − tao/(cap·(1 − fee)).
    pub fn most_alpha_at(&self, cap_e12: u64, fee_bps: u32) -> Result<u64> {
        let cap_net = u128::from(cap_e12)
            .checked_mul(sub(BPS, fee_bps.into())?.into())
            .ok_or(Error::Overflow)?;
        let numerator = u128::from(self.tao)
            .checked_mul(E12.checked_mul(BPS.into()).ok_or(Error::Overflow)?)
            .ok_or(Error::Overflow)?;
        let kept = numerator.checked_div(cap_net).ok_or(Error::Overflow)?.saturating_add(1);
        u128::from(self.alpha).checked_sub(kept).map_or(Ok(0), narrow)
    }
}
