//! The lending vault: lenders supply alpha, shorts borrow it, interest accrues to a borrow index.
//!
//! Lenders own shares of `idle + debt`, with 1e3 virtual shares and 1 virtual alpha-rao, so that the first share cannot be
//! inflated. Borrowers owe `scaled · index / 1e18`.

use crate::error::{Error, Result};
use crate::math::{
    add, add_wide, bps_down, checked_amount, compound_e18, mul_div_down, mul_div_up, narrow, non_zero, ratio_bps_up,
    sub, sub_wide, BLOCKS_PER_YEAR, BPS, E18, MAX_AMOUNT,
};
use crate::params::RateParams;

/// Shares that nobody owns, which price the first ones.
pub const VIRTUAL_SHARES: u128 = 1_000;
/// Alpha that backs them.
pub const VIRTUAL_ALPHA: u128 = 1;
/// Shares never exceed this, so that shares times assets (each at most 2^57) always fit u128 and unlending can never
/// overflow.
pub const MAX_SHARES: u128 = 1 << 70;
/// The borrow index stops growing here (65,536 times the start), or earlier where all debt would exceed [`MAX_AMOUNT`]:
/// debts stay computable for ever.
pub const MAX_INDEX: u128 = 65_536_000_000_000_000_000_000;
/// Turns a yearly rate in basis points into one per block.
const BPS_BLOCKS_PER_YEAR: u128 = BLOCKS_PER_YEAR as u128 * BPS as u128;
/// Highest dividend yield that the borrow rate follows: 300 % a year, per block at 1e18.
pub const MAX_YIELD_E18: u64 = 3_000_000_000_000_000_000 / BLOCKS_PER_YEAR;

/// The vault's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Vault {
    /// Supplied alpha that is not lent out.
    pub idle: u64,
    /// Sum of the positions' scaled debts.
    pub debt_scaled: u64,
    /// Borrow index at 1e18, from 1e18.
    pub index: u128,
    /// All shares of lenders, the protocol's included.
    pub shares: u128,
    /// The protocol's shares, minted for its part of the interest.
    pub protocol_shares: u128,
    /// Block up to which interest is accrued.
    pub accrued: u32,
    /// The alpha's own dividend yield per block at 1e18, as measured by harvests: the floor of the borrow rate.
    pub dividend_yield_e18: u64,
}

impl Vault {
    /// An empty vault at block `now`.
    pub fn new(now: u32) -> Self {
        Self {
            idle: 0,
            debt_scaled: 0,
            index: E18,
            shares: 0,
            protocol_shares: 0,
            accrued: now,
            dividend_yield_e18: 0,
        }
    }

    /// What all borrowers owe together, rounded down: what lenders may count on.
    pub fn debt_down(&self) -> Result<u64> {
        narrow(mul_div_down(self.debt_scaled.into(), self.index, E18)?)
    }

    /// What one borrower owes, rounded up.
    pub fn debt_of_up(&self, debt_scaled: u64) -> Result<u64> {
        narrow(mul_div_up(debt_scaled.into(), self.index, E18)?)
    }

    /// All that lenders own: idle alpha and debt.
    pub fn assets(&self) -> Result<u64> {
        add(self.idle, self.debt_down()?)
    }

    /// Lent share of the assets, rounded up.
    pub fn utilisation_bps_up(&self) -> Result<u32> {
        Ok(ratio_bps_up(self.debt_down()?, self.assets()?))
    }

    /// Borrow rate per block at 1e18, rounded down: the kinked model at the current utilisation, or the dividend yield that
    /// lenders forgo when that is higher.
    pub fn rate_e18(&self, rates: &RateParams) -> Result<u64> {
        let used = self.utilisation_bps_up()?.min(10_000);
        let kink: u32 = rates.kink_utilisation_bps.into();
        let (from, to, done, span) = if used <= kink {
            (rates.base_bps, rates.kink_rate_bps, used, kink)
        } else {
            (
                rates.kink_rate_bps,
                rates.full_rate_bps,
                used.saturating_sub(kink),
                10_000u32.saturating_sub(kink),
            )
        };
        let rise = u128::from(to.saturating_sub(from));
        let yearly_bps_e18 = add_wide(
            u128::from(from).saturating_mul(E18),
            mul_div_down(rise.saturating_mul(E18), done.into(), span.into())?,
        )?;
        let per_block = narrow(mul_div_down(yearly_bps_e18, 1, BPS_BLOCKS_PER_YEAR)?)?;
        Ok(per_block.max(self.dividend_yield_e18))
    }

    /// Accrues interest up to `now` and mints the protocol its share of it. Called first by whatever reads or changes debt.
    pub fn accrue(&mut self, now: u32, rates: &RateParams, interest_share_bps: u16) -> Result<()> {
        let blocks = now.saturating_sub(self.accrued);
        if blocks == 0 {
            return Ok(());
        }
        if self.debt_scaled != 0 {
            let before = self.debt_down()?;
            let growth = grown(self.index, compound_e18(self.rate_e18(rates)?, blocks)?)?;
            // All debt stays within the largest amount: at the bound borrowers get away rather than everybody locked in.
            let bound = mul_div_down(MAX_AMOUNT.into(), E18, self.debt_scaled.into())?.min(MAX_INDEX);
            self.index = add_wide(self.index, growth)?.min(bound.max(self.index));
            let interest = sub(self.debt_down()?, before)?;
            let fee = bps_down(interest, interest_share_bps.into())?;
            let others = u128::from(sub(self.assets()?, fee)?);
            let minted = mul_div_down(
                fee.into(),
                add_wide(self.shares, VIRTUAL_SHARES)?,
                add_wide(others, VIRTUAL_ALPHA)?,
            )?;
            // At the bound the protocol goes without, rather than users without their exit.
            if add_wide(self.shares, minted)? <= MAX_SHARES {
                self.shares = add_wide(self.shares, minted)?;
                self.protocol_shares = add_wide(self.protocol_shares, minted)?;
            }
        }
        self.accrued = now;
        Ok(())
    }

    /// Shares for `alpha`, rounded down.
    pub fn shares_down(&self, alpha: u64) -> Result<u128> {
        mul_div_down(
            alpha.into(),
            add_wide(self.shares, VIRTUAL_SHARES)?,
            add_wide(self.assets()?.into(), VIRTUAL_ALPHA)?,
        )
    }

    /// Alpha that `shares` are worth, rounded down.
    pub fn alpha_down(&self, shares: u128) -> Result<u64> {
        narrow(mul_div_down(
            shares,
            add_wide(self.assets()?.into(), VIRTUAL_ALPHA)?,
            add_wide(self.shares, VIRTUAL_SHARES)?,
        )?)
    }

    /// Supplies `alpha`; returns the shares minted.
    pub fn supply(&mut self, alpha: u64) -> Result<u128> {
        non_zero(checked_amount(alpha)?)?;
        let shares = self.shares_down(alpha)?;
        if shares == 0 {
            return Err(Error::ZeroAmount.into());
        }
        let total = add_wide(self.shares, shares)?;
        if total > MAX_SHARES {
            return Err(Error::Overflow.into());
        }
        self.shares = total;
        self.idle = checked_amount(add(self.idle, alpha)?)?;
        Ok(shares)
    }

    /// Burns `shares`; returns the alpha they were worth. Only idle alpha can leave.
    pub fn redeem(&mut self, shares: u128) -> Result<u64> {
        let alpha = non_zero(self.alpha_down(shares)?)?;
        self.idle = self.idle.checked_sub(alpha).ok_or(Error::InsufficientLiquidity {
            requested: alpha,
            available: self.idle,
        })?;
        self.shares = sub_wide(self.shares, shares)?;
        Ok(alpha)
    }

    /// Lends `alpha` out; returns the borrower's scaled debt, rounded up.
    pub fn borrow(&mut self, alpha: u64) -> Result<u64> {
        self.idle = self.idle.checked_sub(alpha).ok_or(Error::InsufficientLiquidity {
            requested: alpha,
            available: self.idle,
        })?;
        let scaled = narrow(mul_div_up(alpha.into(), E18, self.index)?)?;
        self.debt_scaled = add(self.debt_scaled, scaled)?;
        Ok(scaled)
    }

    /// Takes `alpha` back for a borrower with `debt_scaled`, who owes at least as much; returns the scaled debt left
    /// (rounded up, 0 when everything is repaid).
    pub fn repay(&mut self, alpha: u64, debt_scaled: u64) -> Result<u64> {
        let owed = self.debt_of_up(debt_scaled)?;
        let cleared = if alpha >= owed {
            debt_scaled
        } else {
            narrow(mul_div_down(alpha.into(), E18, self.index)?)?
        };
        self.idle = checked_amount(add(self.idle, alpha)?)?;
        self.debt_scaled = sub(self.debt_scaled, cleared)?;
        sub(debt_scaled, cleared)
    }

    /// Forgives a scaled debt: lenders bear it.
    pub fn write_off(&mut self, debt_scaled: u64) -> Result<()> {
        self.debt_scaled = sub(self.debt_scaled, debt_scaled)?;
        Ok(())
    }
}

/// `index · growth / 1e18`, rounded down. The whole part apart from the rest: together they would leave u128 long before the
/// index reaches its bound.
fn grown(index: u128, growth_e18: u128) -> Result<u128> {
    let whole = index
        .checked_div(E18)
        .and_then(|w| w.checked_mul(growth_e18))
        .ok_or(Error::Overflow)?;
    let rest = index.checked_rem(E18).ok_or(Error::Overflow)?;
    add_wide(whole, mul_div_down(rest, growth_e18, E18)?)
}
