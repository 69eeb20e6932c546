//! The end of a market: its subnet's generation is gone, its alpha has become TAO.

use super::Market;
use crate::account::Account;
use crate::error::{Error, Result};
use crate::math::{add, mul_div_down, narrow, sub, sub_wide, value_up, E18};
use crate::oracle::LONG_WINDOW;
use crate::short::Position;

/// The rates at which everybody is settled, fixed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Terminal {
    /// Block of the freeze.
    pub at: u32,
    /// TAO per alpha at 1e18, rounded down: what the chain paid for the market's alpha over all alpha owed.
    pub rate_e18: u128,
    /// Price at which shorts repay, `price_e12`: the long TWAP of the last touch before the end, the hardest to move by those
    /// who see the end coming.
    pub short_price: u64,
    /// What is left of the TAO that the chain paid, rao.
    pub proceeds: u64,
    /// TAO that shorts repaid to lenders, rao.
    pub lender_tao: u64,
}

/// A short settled after the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct SettledShort {
    /// Id of the position.
    pub id: u32,
    /// TAO paid to lenders out of the escrow, rao.
    pub repaid: u64,
    /// TAO paid to lenders by insurance, rao.
    pub insured: u64,
    /// TAO that lenders miss, rao.
    pub bad_debt: u64,
    /// TAO that goes to the owner, rao.
    pub returned: u64,
}

impl Market {
    /// Freezes the market with `proceeds`, the TAO that the chain paid for its alpha. One rate for all alpha owed; the
    /// oracle is not advanced, so shorts settle at prices from before the end.
    pub fn freeze(&mut self, proceeds: u64, now: u32) -> Result<()> {
        if self.terminal.is_some() {
            return Err(Error::Frozen.into());
        }
        self.vault.accrue(now, &self.rates, self.fees.interest_share_bps)?;
        let (providers, lenders) = (self.earning_lp_shares()?, self.earning_lend_shares()?);
        // What nobody is there to earn is the protocol's.
        for rest in [
            self.lp_dividends.finish(now, providers)?,
            self.lender_dividends.finish(now, lenders)?,
        ] {
            self.protocol_alpha = add(self.protocol_alpha, rest)?;
        }
        for rest in [
            self.lp_incentives.finish(now, providers)?,
            self.lender_incentives.finish(now, lenders)?,
        ] {
            self.protocol_tao = add(self.protocol_tao, rest)?;
        }
        let owed = self.booked_alpha()?;
        let (rate_e18, proceeds) = if owed == 0 {
            self.protocol_tao = add(self.protocol_tao, proceeds)?;
            (0, 0)
        } else {
            (mul_div_down(proceeds.into(), E18, owed.into())?, proceeds)
        };
        let short_price = self.oracle.twap(LONG_WINDOW).unwrap_or_else(|_| self.pool.price_down());
        self.terminal = Some(Terminal {
            at: now,
            rate_e18,
            short_price,
            proceeds,
            lender_tao: 0,
        });
        let alpha = core::mem::take(&mut self.protocol_alpha);
        let rao = self.convert(alpha)?;
        self.protocol_tao = add(self.protocol_tao, rao)?;
        if self.open_positions == 0 {
            self.release_insurance()?;
        }
        Ok(())
    }

    /// Settles a short at the terminal price: lenders get its debt's value out of the escrow, then out of insurance; the owner
    /// gets the rest.
    pub fn settle_short(&mut self, id: u32, position: &Position) -> Result<SettledShort> {
        let short_price = self.terminal()?.short_price;
        // A value beyond every amount is owed as far as there is money: no price may keep lenders from their claims.
        let owed = value_up(self.vault.debt_of_up(position.debt_scaled)?, short_price).unwrap_or(u64::MAX);
        let repaid = owed.min(position.escrow);
        let insured = sub(owed, repaid)?.min(self.insurance);
        let bad_debt = sub(sub(owed, repaid)?, insured)?;
        let returned = sub(position.escrow, repaid)?;
        self.escrow = sub(self.escrow, position.escrow)?;
        self.insurance = sub(self.insurance, insured)?;
        self.vault.debt_scaled = sub(self.vault.debt_scaled, position.debt_scaled)?;
        let terminal = self.terminal_mut()?;
        terminal.lender_tao = add(terminal.lender_tao, add(repaid, insured)?)?;
        self.open_positions = self.open_positions.saturating_sub(1);
        if self.open_positions == 0 {
            self.release_insurance()?;
        }
        Ok(SettledShort {
            id,
            repaid,
            insured,
            bad_debt,
            returned,
        })
    }

    /// Takes everything an account owns as TAO, rounded down. Lenders' shares wait until all shorts are settled, so that
    /// every lender gets the same; everything else is paid at once.
    ///
    /// # Errors
    /// [`Error::NothingToDo`] when nothing can be paid now.
    pub fn claim(&mut self, account: &mut Account, now: u32) -> Result<u64> {
        self.terminal()?;
        self.settle_account(account, now)?;
        let mut rao = self.take_tao(account)?;
        let alpha = account.alpha;
        self.withdraw(account, alpha)?;
        rao = add(rao, self.convert(alpha)?)?;
        if account.lp_shares != 0 {
            let change = self.pool.quote_remove(account.lp_shares)?;
            self.pool.apply_remove(&change)?;
            account.lp_shares = 0;
            rao = add(rao, add(change.tao, self.convert(change.alpha)?)?)?;
        }
        if self.open_positions == 0 {
            let shares = core::mem::take(&mut account.lend_shares);
            rao = add(rao, self.redeem_terminal(shares)?)?;
        }
        crate::math::non_zero(rao).map_err(|_| Error::NothingToDo.into())
    }

    /// Takes the protocol's TAO after the end, that of its lenders' shares included once all shorts are settled.
    pub fn take_protocol_terminal(&mut self) -> Result<u64> {
        self.terminal()?;
        if self.open_positions == 0 {
            let shares = core::mem::take(&mut self.vault.protocol_shares);
            let rao = self.redeem_terminal(shares)?;
            self.protocol_tao = add(self.protocol_tao, rao)?;
        }
        crate::math::non_zero(core::mem::take(&mut self.protocol_tao)).map_err(|_| Error::NothingToDo.into())
    }

    /// The terminal state. [`Error::NotFrozen`] before the end.
    pub fn terminal(&self) -> Result<&Terminal> {
        self.terminal.as_ref().ok_or_else(|| Error::NotFrozen.into())
    }

    fn terminal_mut(&mut self) -> Result<&mut Terminal> {
        self.terminal.as_mut().ok_or_else(|| Error::NotFrozen.into())
    }

    /// Turns alpha owed into TAO of the proceeds.
    fn convert(&mut self, alpha: u64) -> Result<u64> {
        let terminal = self.terminal_mut()?;
        let rao = narrow(mul_div_down(alpha.into(), terminal.rate_e18, E18)?)?;
        terminal.proceeds = sub(terminal.proceeds, rao)?;
        Ok(rao)
    }

    fn redeem_terminal(&mut self, shares: u128) -> Result<u64> {
        if shares == 0 {
            return Ok(0);
        }
        let all = self.vault.shares;
        let alpha = narrow(mul_div_down(self.vault.idle.into(), shares, all)?)?;
        let lender_tao = self.terminal()?.lender_tao;
        let tao = narrow(mul_div_down(lender_tao.into(), shares, all)?)?;
        self.vault.idle = sub(self.vault.idle, alpha)?;
        self.vault.shares = sub_wide(all, shares)?;
        let terminal = self.terminal_mut()?;
        terminal.lender_tao = sub(terminal.lender_tao, tao)?;
        add(tao, self.convert(alpha)?)
    }

    fn release_insurance(&mut self) -> Result<()> {
        self.protocol_tao = add(self.protocol_tao, core::mem::take(&mut self.insurance))?;
        Ok(())
    }
}
