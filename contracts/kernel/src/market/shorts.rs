//! Opening, changing and closing shorts.

use super::Market;
use crate::account::Account;
use crate::error::{Error, Result};
use crate::math::{add, bps_down, mul_div_down, narrow, ratio_bps_up, sub, value_down, value_up, BPS_E12};
use crate::oracle::LONG_WINDOW;
use crate::pool::Asset;
use crate::short::{check_remaining_escrow, is_liquidatable, ltv_bps, AccountId, Position};

/// A short that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Opened {
    /// Id of the position.
    pub id: u32,
    /// Alpha borrowed and sold.
    pub alpha: u64,
    /// TAO the sale brought, rao.
    pub proceeds: u64,
    /// Margin and proceeds, rao.
    pub escrow: u64,
    /// Debt divided by the borrow index.
    pub debt_scaled: u64,
    /// Price at which the debt was valued, `price_e12`.
    pub price: u64,
    /// Loan-to-value at that price.
    pub ltv_bps: u32,
}

/// A position whose margin changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct MarginChanged {
    /// Escrow afterwards, rao.
    pub escrow: u64,
    /// Debt divided by the borrow index, unchanged.
    pub debt_scaled: u64,
    /// Price at which the debt was valued, `price_e12`.
    pub price: u64,
    /// Loan-to-value before.
    pub ltv_before_bps: u32,
    /// Loan-to-value afterwards.
    pub ltv_after_bps: u32,
}

/// A position that was repaid, in part or whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Closed {
    /// Alpha repaid.
    pub repaid: u64,
    /// TAO the buy-back cost, rao, and what a contested market withholds for lenders up to the price from before the challenge.
    pub cost: u64,
    /// TAO that goes to the owner, rao; 0 unless the position is gone.
    pub returned: u64,
    /// Escrow left, rao.
    pub escrow: u64,
    /// Scaled debt left; 0 when the position is gone.
    pub debt_scaled: u64,
    /// Price at which the debt was valued, `price_e12`.
    pub price: u64,
    /// Loan-to-value before.
    pub ltv_before_bps: u32,
    /// Loan-to-value afterwards.
    pub ltv_after_bps: u32,
}

/// Health of a position now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Health {
    /// Alpha owed, interest included, rounded up.
    pub debt: u64,
    /// Price at which liquidations value it, `price_e12`; 0 while the oracle is too young.
    pub price: u64,
    /// Loan-to-value at that price.
    pub ltv_bps: u32,
    /// Whether it may be liquidated.
    pub liquidatable: bool,
    /// Price at which it becomes liquidatable, `price_e12`, rounded down.
    pub liquidation_price: u64,
}

impl Market {
    /// Borrows `alpha`, sells it for at least `min_proceeds`, and keeps proceeds and `margin` in escrow.
    ///
    /// Limits are measured on the state before the sale: the debt is valued at max(spot, both TWAPs) and may be at most
    /// `open_ltv` of the escrow; one position and all debt are bounded by the pool's depth ([`crate::work::Work::depth`]),
    /// lent alpha by the vault's.
    pub fn open_short(
        &mut self,
        owner: AccountId,
        margin: u64,
        alpha: u64,
        min_proceeds: u64,
        chain_price_e9: u64,
        now: u32,
    ) -> Result<(Position, Opened)> {
        self.touch_debt(now)?;
        let price = self.check_opening(chain_price_e9, now)?;
        if margin < self.risk.min_margin {
            return Err(Error::MarginTooSmall {
                min: self.risk.min_margin,
                got: margin,
            }
            .into());
        }
        let depth = self.work.depth.min(self.pool.alpha);
        let max = bps_down(depth, self.risk.max_position_bps.into())?;
        if alpha > max {
            return Err(Error::PositionTooLarge { max, got: alpha }.into());
        }
        let max = bps_down(depth, self.risk.max_total_debt_bps.into())?;
        let debt_after = add(self.vault.debt_down()?, alpha)?;
        if debt_after > max {
            return Err(Error::TotalDebtTooLarge { max, got: debt_after }.into());
        }
        let used = ratio_bps_up(debt_after, self.vault.assets()?);
        if used > self.risk.max_utilisation_bps.into() {
            return Err(Error::UtilisationTooHigh {
                max_bps: self.risk.max_utilisation_bps.into(),
                got_bps: used,
            }
            .into());
        }
        let debt_scaled = self.vault.borrow(alpha)?;
        let proceeds = self.swap_exact_in(Asset::Alpha, alpha, min_proceeds, now)?.amount_out;
        let escrow = add(margin, proceeds)?;
        let ltv = ltv_bps(self.vault.debt_of_up(debt_scaled)?, price, escrow);
        self.check_open_ltv(ltv)?;
        let id = self.next_position;
        self.next_position = id.checked_add(1).ok_or(Error::Overflow)?;
        self.open_positions = self.open_positions.saturating_add(1);
        self.escrow = add(self.escrow, escrow)?;
        let opened = Opened {
            id,
            alpha,
            proceeds,
            escrow,
            debt_scaled,
            price,
            ltv_bps: ltv,
        };
        Ok((
            Position {
                owner,
                escrow,
                debt_scaled,
            },
            opened,
        ))
    }

    /// Adds margin. Anyone may, always.
    pub fn add_margin(&mut self, position: &mut Position, rao: u64, now: u32) -> Result<MarginChanged> {
        crate::math::non_zero(rao)?;
        self.touch_debt(now)?;
        let escrow = add(position.escrow, rao)?;
        self.change_escrow(position, escrow, self.debt_price()?)
    }

    /// Takes margin out, as far as the position could have been opened with what is left.
    pub fn withdraw_margin(
        &mut self,
        position: &mut Position,
        rao: u64,
        chain_price_e9: u64,
        now: u32,
    ) -> Result<MarginChanged> {
        crate::math::non_zero(rao)?;
        self.touch_debt(now)?;
        let price = self.check_opening(chain_price_e9, now)?;
        let left = position.escrow.checked_sub(rao).ok_or(Error::InsufficientLiquidity {
            requested: rao,
            available: position.escrow,
        })?;
        check_remaining_escrow(left, &self.risk)?;
        let changed = self.change_escrow(position, left, price)?;
        self.check_open_ltv(changed.ltv_after_bps)?;
        Ok(changed)
    }

    /// Buys back at most `alpha` (the whole debt for `u64::MAX`) with the escrow and `attached`, and repays it. When nothing is
    /// left to repay, all TAO that remains is the owner's; otherwise `attached` stays as margin.
    ///
    /// Closing in part may not worsen the loan-to-value nor leave less than the minimum margin; the whole can always be
    /// closed as far as the pool holds the alpha.
    pub fn close_short(
        &mut self,
        position: &mut Position,
        alpha: u64,
        max_cost: u64,
        attached: u64,
        now: u32,
    ) -> Result<Closed> {
        self.touch_debt(now)?;
        let (debt, price, ltv_before_bps) = self.valued(position)?;
        let repaid = alpha.min(debt);
        let fee = self.fees.swap_fee_bps.into();
        let cost = self.pool.quote_exact_out(Asset::Alpha, repaid, fee)?.amount_in;
        let funds = add(position.escrow, attached)?;
        // What is bought counts toward the price floor as what it is worth, not as what a pool lifted for a moment asks.
        let worth = cost.min(self.worth(repaid, price));
        let withheld = self.below_floor(repaid, worth, funds.saturating_sub(cost), now)?;
        let cost = add(cost, withheld)?;
        let max = max_cost.min(funds);
        if cost > max {
            return Err(Error::CostExceeded { max, needed: cost }.into());
        }
        self.buy_alpha(repaid)?;
        self.give_lenders(withheld, now)?;
        let closed = self.finish_repayment(position, repaid, cost, sub(funds, cost)?, price, ltv_before_bps)?;
        if closed.debt_scaled != 0 {
            check_remaining_escrow(closed.escrow, &self.risk)?;
            if closed.ltv_after_bps > closed.ltv_before_bps {
                return Err(Error::LtvTooHigh {
                    max_bps: ltv_before_bps,
                    got_bps: closed.ltv_after_bps,
                }
                .into());
            }
        }
        Ok(closed)
    }

    /// Closes somebody's whole short in a delisted market out of its escrow, buying at an average price of at most 5 % above the short
    /// TWAP, itself bounded by the chain's; what is missing to the price from before the challenge is lenders'.
    ///
    /// # Errors
    /// [`Error::CostExceeded`] when it costs more.
    pub fn close_delisted(&mut self, position: &mut Position, chain_price_e9: u64, now: u32) -> Result<Closed> {
        self.touch_debt(now)?;
        let debt = self.vault.debt_of_up(position.debt_scaled)?;
        let max = value_up(debt, self.buy_back_cap(chain_price_e9)?).unwrap_or(u64::MAX);
        let fee = self.fees.swap_fee_bps.into();
        let needed = self.pool.quote_exact_out(Asset::Alpha, debt, fee)?.amount_in;
        if needed > max {
            return Err(Error::CostExceeded { max, needed }.into());
        }
        self.close_short(position, debt, u64::MAX, 0, now)
    }

    /// Repays at most `alpha` from an account's ledger, its owner's or anybody else's.
    pub fn repay_with_alpha(
        &mut self,
        account: &mut Account,
        position: &mut Position,
        alpha: u64,
        now: u32,
    ) -> Result<Closed> {
        self.touch_debt(now)?;
        let (debt, price, ltv_before_bps) = self.valued(position)?;
        let repaid = crate::math::non_zero(alpha.min(debt))?;
        self.withdraw(account, repaid)?;
        let worth = self.worth(repaid, price);
        let withheld = self.below_floor(repaid, worth, position.escrow, now)?;
        self.give_lenders(withheld, now)?;
        let funds = sub(position.escrow, withheld)?;
        self.finish_repayment(position, repaid, withheld, funds, price, ltv_before_bps)
    }

    /// Health of a position while the chain's spot is `chain_price_e9`. Touch with [`Market::touch_debt`] first.
    pub fn health(&self, position: &Position, chain_price_e9: u64) -> Result<Health> {
        let debt = self.vault.debt_of_up(position.debt_scaled)?;
        let limit = u128::from(position.escrow).saturating_mul(self.risk.lltv_bps.into());
        let liquidation_price = mul_div_down(limit, BPS_E12, u128::from(debt).max(1))?;
        let Ok(price) = self.liquidation_price(chain_price_e9) else {
            let liquidation_price = narrow(liquidation_price).unwrap_or(u64::MAX);
            return Ok(Health {
                debt,
                price: 0,
                ltv_bps: 0,
                liquidatable: false,
                liquidation_price,
            });
        };
        Ok(Health {
            debt,
            price,
            ltv_bps: ltv_bps(debt, price, position.escrow),
            liquidatable: is_liquidatable(debt, position.escrow, price, self.risk.lltv_bps)?,
            liquidation_price: narrow(liquidation_price).unwrap_or(u64::MAX),
        })
    }

    /// What `alpha` is worth toward the price floor, rao: hard to lift for a moment, the lowest of spot and both averages. `price` is the
    /// lower of spot and the short one.
    fn worth(&self, alpha: u64, price: u64) -> u64 {
        let lowest = price.min(self.oracle.twap(LONG_WINDOW).unwrap_or(price));
        value_down(alpha, lowest).unwrap_or(u64::MAX)
    }

    fn give_lenders(&mut self, rao: u64, now: u32) -> Result<()> {
        if rao == 0 {
            return Ok(());
        }
        let lenders = self.earning_lend_shares()?;
        self.lender_incentives.fund(rao, now, lenders)
    }

    /// The loan-to-value limits in force allow opening now; returns the price at which debt is valued.
    fn check_opening(&self, chain_price_e9: u64, now: u32) -> Result<u64> {
        if now < self.opening_paused_until {
            return Err(Error::OpeningPaused.into());
        }
        self.check_standing(now)?;
        if self.pool.is_empty() {
            return Err(Error::PoolEmpty.into());
        }
        let price = self.opening_price()?;
        self.check_safe_mode(chain_price_e9)?;
        Ok(price)
    }

    fn check_open_ltv(&self, ltv: u32) -> Result<()> {
        let max_bps = self.risk.open_ltv_bps.into();
        if ltv > max_bps {
            return Err(Error::LtvTooHigh { max_bps, got_bps: ltv }.into());
        }
        Ok(())
    }

    fn change_escrow(&mut self, position: &mut Position, escrow: u64, price: u64) -> Result<MarginChanged> {
        let debt = self.vault.debt_of_up(position.debt_scaled)?;
        let ltv_before_bps = ltv_bps(debt, price, position.escrow);
        self.escrow = add(sub(self.escrow, position.escrow)?, escrow)?;
        position.escrow = escrow;
        Ok(MarginChanged {
            escrow,
            debt_scaled: position.debt_scaled,
            price,
            ltv_before_bps,
            ltv_after_bps: ltv_bps(debt, price, escrow),
        })
    }

    /// Debt, the market's own price for it, and the loan-to-value at it.
    fn valued(&self, position: &Position) -> Result<(u64, u64, u32)> {
        let debt = self.vault.debt_of_up(position.debt_scaled)?;
        let price = self.debt_price()?;
        Ok((debt, price, ltv_bps(debt, price, position.escrow)))
    }

    /// Books a repayment whose alpha has left the pool or an account; `funds` is the TAO that stays for the position.
    fn finish_repayment(
        &mut self,
        position: &mut Position,
        repaid: u64,
        cost: u64,
        funds: u64,
        price: u64,
        ltv_before_bps: u32,
    ) -> Result<Closed> {
        self.escrow = sub(self.escrow, position.escrow)?;
        position.debt_scaled = self.vault.repay(repaid, position.debt_scaled)?;
        let gone = position.debt_scaled == 0;
        position.escrow = if gone { 0 } else { funds };
        self.escrow = add(self.escrow, position.escrow)?;
        if gone {
            self.open_positions = self.open_positions.saturating_sub(1);
        }
        Ok(Closed {
            repaid,
            cost,
            returned: if gone { funds } else { 0 },
            escrow: position.escrow,
            debt_scaled: position.debt_scaled,
            price,
            ltv_before_bps,
            ltv_after_bps: ltv_bps(self.vault.debt_of_up(position.debt_scaled)?, price, position.escrow),
        })
    }
}

/// The price, `price_e12`, at which a position with this escrow and scaled debt becomes liquidatable were the borrow index
/// 1e18; rounded down. Interest multiplies every debt alike, so the order of positions by this number never changes, and a
/// position is due when price · index / 1e18 exceeds it.
pub fn trigger_price(escrow: u64, debt_scaled: u64, lltv_bps: u16) -> u128 {
    let limit = u128::from(escrow).saturating_mul(lltv_bps.into());
    mul_div_down(limit, BPS_E12, u128::from(debt_scaled).max(1)).unwrap_or(u128::MAX)
}
