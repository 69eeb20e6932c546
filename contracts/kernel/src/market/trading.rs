//! Liquidity and swaps.

use super::Market;
use crate::account::Account;
use crate::error::{Error, Result};
use crate::math::{add, bps_down, sub};
use crate::pool::{Asset, LiquidityChange, Swapped};

impl Market {
    /// Adds at most `tao` and `max_alpha` at the pool's ratio; alpha comes from the account's ledger. What is not used of
    /// `tao` goes back to the caller. The first provider sets the price with all of both.
    pub fn add_liquidity(
        &mut self,
        account: &mut Account,
        tao: u64,
        max_alpha: u64,
        min_shares: u128,
        now: u32,
    ) -> Result<LiquidityChange> {
        self.check_entry()?;
        self.touch(now)?;
        self.settle_liquidity(account, now)?;
        let change = self.pool.quote_add(tao, max_alpha)?;
        if change.shares < min_shares {
            return Err(Error::SharesBelowMinimum {
                min: min_shares,
                got: change.shares,
            }
            .into());
        }
        self.withdraw(account, change.alpha)?;
        let first = self.pool.is_empty();
        self.pool.apply_add(&change)?;
        account.add_lp_shares(change.shares)?;
        if first {
            self.oracle.start(now, self.pool.price_down());
            self.work.depth = self.pool.alpha;
        }
        Ok(change)
    }

    /// Burns liquidity shares; alpha goes to the account's ledger, TAO to the caller. Never refused for anything but the
    /// caller's own limits.
    pub fn remove_liquidity(
        &mut self,
        account: &mut Account,
        shares: u128,
        min_tao: u64,
        min_alpha: u64,
        now: u32,
    ) -> Result<LiquidityChange> {
        self.touch(now)?;
        self.settle_liquidity(account, now)?;
        account.burn_lp_shares(shares)?;
        let change = self.pool.quote_remove(shares)?;
        check_minimum(min_tao, change.tao)?;
        check_minimum(min_alpha, change.alpha)?;
        self.pool.apply_remove(&change)?;
        self.deposit(account, change.alpha)?;
        Ok(change)
    }

    /// Swaps exactly `amount_in` of `input` for at least `min_out` of the other asset. Moves the pool and the protocol's
    /// fee; whoever calls moves the money.
    pub fn swap_exact_in(&mut self, input: Asset, amount_in: u64, min_out: u64, now: u32) -> Result<Swapped> {
        self.touch(now)?;
        let swap = self
            .pool
            .quote_exact_in(input, amount_in, self.fees.swap_fee_bps.into())?;
        check_minimum(min_out, swap.amount_out)?;
        self.apply_swap(input, &swap)?;
        Ok(swap)
    }

    /// Swaps at most `max_in` of the other asset for exactly `amount_out` of `output`.
    pub fn swap_exact_out(&mut self, output: Asset, amount_out: u64, max_in: u64, now: u32) -> Result<Swapped> {
        self.touch(now)?;
        let swap = self
            .pool
            .quote_exact_out(output, amount_out, self.fees.swap_fee_bps.into())?;
        if swap.amount_in > max_in {
            return Err(Error::CostExceeded {
                max: max_in,
                needed: swap.amount_in,
            }
            .into());
        }
        let input = match output {
            Asset::Tao => Asset::Alpha,
            Asset::Alpha => Asset::Tao,
        };
        self.apply_swap(input, &swap)?;
        Ok(swap)
    }

    /// Buys exactly `alpha` with the protocol's fee split off; the caller has quoted and paid.
    pub(super) fn buy_alpha(&mut self, alpha: u64) -> Result<u64> {
        let swap = self
            .pool
            .quote_exact_out(Asset::Alpha, alpha, self.fees.swap_fee_bps.into())?;
        self.apply_swap(Asset::Tao, &swap)?;
        Ok(swap.amount_in)
    }

    pub(super) fn apply_swap(&mut self, input: Asset, swap: &Swapped) -> Result<()> {
        let protocol_fee = bps_down(swap.fee, self.fees.protocol_fee_share_bps.into())?;
        self.pool.apply(input, swap, protocol_fee)?;
        match input {
            Asset::Tao => self.protocol_tao = add(self.protocol_tao, protocol_fee)?,
            Asset::Alpha => self.protocol_alpha = add(self.protocol_alpha, protocol_fee)?,
        }
        Ok(())
    }
}

fn check_minimum(min: u64, got: u64) -> Result<()> {
    sub(got, min).map_err(|_| Error::SlippageExceeded { min, got })?;
    Ok(())
}
