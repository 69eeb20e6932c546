//! Dividends, incentives and what belongs to the protocol.

use super::Market;
use crate::error::{Error, Result};
use crate::math::{add, bps_down, checked_amount, mul_div_down, part_down, sub, value_down, E18};
use crate::vault::MAX_YIELD_E18;
use crate::work::WINDOW;

/// Most that a harvest pays its caller, rao: about twice its fee.
pub const HARVEST_REWARD: u64 = 3_000_000;

/// What a harvest booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Harvested {
    /// Growth booked now, alpha.
    pub booked: u64,
    /// Of it, for liquidity providers.
    pub to_providers: u64,
    /// Of it, for lenders.
    pub to_lenders: u64,
    /// Of it, for the protocol.
    pub to_protocol: u64,
    /// Growth that stays unbooked because the chain says that validators paid less; alpha.
    pub unbooked: u64,
    /// Paid to the caller out of the protocol's TAO, rao.
    pub reward: u64,
}

impl Market {
    /// Books growth of the market's stake: `measured` is all stake owned now, `paid` the most that dividends can have been
    /// since the last harvest. Growth beyond `paid` stays unbooked until later dividends make room for it, so a donation
    /// earns and moves nothing at once.
    ///
    /// Providers and lenders share by the alpha each had at work (the pool's, the vault's idle alpha) on average, see
    /// [`crate::work`]; what they get is released over [`crate::stream::DURATION`]. The caller's reward is at most the value
    /// of the protocol's part and at most [`HARVEST_REWARD`].
    ///
    /// # Errors
    /// [`Error::NothingToDo`] when nothing can be booked within a window of the yield, or when it is the first block that anybody's alpha is at work.
    pub fn harvest(&mut self, measured: u64, paid: u64, now: u32) -> Result<Harvested> {
        self.touch_debt(now)?;
        let growth = measured.saturating_sub(self.booked_alpha()?);
        let booked = checked_amount(growth.min(paid))?;
        // A window without dividends is booked too: it lowers the yield that borrowers pay at least.
        if booked == 0 && now.saturating_sub(self.yield_since) < WINDOW {
            return Err(Error::NothingToDo.into());
        }
        let (providers, lenders) = (self.earning_lp_shares()?, self.earning_lend_shares()?);
        let providing = if providers == 0 { 0 } else { self.work.pool_average()? };
        let lending = if lenders == 0 { 0 } else { self.work.idle_average()? };
        self.measure_yield(booked, now)?;
        let protocol = bps_down(booked, self.fees.dividend_share_bps.into())?;
        let users = sub(booked, protocol)?;
        let (to_providers, to_lenders) = match add(providing, lending)? {
            0 if providers == 0 && lenders == 0 => (0, 0),
            0 => return Err(Error::NothingToDo.into()),
            working => {
                let to_lenders = part_down(users, lending, working)?;
                (sub(users, to_lenders)?, to_lenders)
            }
        };
        let to_protocol = sub(booked, add(to_providers, to_lenders)?)?;
        self.lp_dividends.fund(to_providers, now, providers)?;
        self.lender_dividends.fund(to_lenders, now, lenders)?;
        self.protocol_alpha = add(self.protocol_alpha, to_protocol)?;
        let reward = HARVEST_REWARD
            .min(self.protocol_tao)
            .min(value_down(to_protocol, self.debt_price().unwrap_or(0)).unwrap_or(u64::MAX));
        self.protocol_tao = sub(self.protocol_tao, reward)?;
        Ok(Harvested {
            booked,
            to_providers,
            to_lenders,
            to_protocol,
            unbooked: sub(growth, booked)?,
            reward,
        })
    }

    /// The alpha's own dividend yield, below which no borrower's rate falls: dividends over alpha at work, measured over at
    /// least [`WINDOW`] blocks, so that it does not depend on who harvests when.
    fn measure_yield(&mut self, booked: u64, now: u32) -> Result<()> {
        self.yield_booked = add(self.yield_booked, booked)?;
        let blocks = now.saturating_sub(self.yield_since);
        if blocks < WINDOW {
            return Ok(());
        }
        let working = add(self.work.pool_average()?, self.work.idle_average()?)?;
        let yield_e18 = mul_div_down(
            self.yield_booked.into(),
            E18,
            u128::from(working).saturating_mul(blocks.into()).max(1),
        )?;
        self.vault.dividend_yield_e18 = u64::try_from(yield_e18).unwrap_or(u64::MAX).min(MAX_YIELD_E18);
        self.yield_booked = 0;
        self.yield_since = now;
        Ok(())
    }

    /// Streams TAO to liquidity providers and lenders. Lenders get at most their share by value at work (lent and, on
    /// average, idle alpha; the pool's alpha counts twice, for the TAO beside it), and at most the parameter.
    ///
    /// # Errors
    /// [`Error::PoolEmpty`] before anybody provides liquidity.
    pub fn fund_incentives(&mut self, rao: u64, now: u32) -> Result<()> {
        self.check_entry()?;
        self.touch(now)?;
        if self.pool.is_empty() {
            return Err(Error::PoolEmpty.into());
        }
        let rao = crate::math::non_zero(checked_amount(rao)?)?;
        let lenders = self.earning_lend_shares()?;
        let to_lenders = if lenders == 0 {
            0
        } else {
            let at_parameter = sub(rao, bps_down(rao, self.fees.incentive_lp_share_bps.into())?)?;
            let lent = add(self.vault.debt_down()?, self.work.idle_average()?)?;
            let provided = self.work.pool_average()?;
            let all = add(lent, add(provided, provided)?)?;
            at_parameter.min(part_down(rao, lent, all.max(1))?)
        };
        self.lp_incentives
            .fund(sub(rao, to_lenders)?, now, self.earning_lp_shares()?)?;
        self.lender_incentives.fund(to_lenders, now, lenders)
    }

    /// Takes what belongs to the protocol, its lenders' shares included as far as alpha is idle: (TAO, alpha).
    pub fn take_protocol(&mut self, now: u32) -> Result<(u64, u64)> {
        self.touch_debt(now)?;
        let worth = self.vault.alpha_down(self.vault.protocol_shares)?;
        let shares = if worth <= self.vault.idle {
            self.vault.protocol_shares
        } else {
            mul_div_down(self.vault.protocol_shares, self.vault.idle.into(), worth.into())?
        };
        let alpha = self.vault.alpha_down(shares)?;
        if alpha != 0 {
            self.vault.redeem(shares)?;
            self.vault.protocol_shares = crate::math::sub_wide(self.vault.protocol_shares, shares)?;
        }
        let alpha = add(core::mem::take(&mut self.protocol_alpha), alpha)?;
        let tao = core::mem::take(&mut self.protocol_tao);
        if alpha == 0 && tao == 0 {
            return Err(Error::NothingToDo.into());
        }
        Ok((tao, alpha))
    }
}
