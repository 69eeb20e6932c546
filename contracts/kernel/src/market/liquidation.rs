//! Liquidation: with the pool's alpha, without capital; or with alpha that the liquidator brings.

use super::Market;
use crate::account::Account;
use crate::error::{reason, Error, Result};
use crate::math::{add, mul_div_up, narrow, non_zero, sub, value_up, E12};
use crate::pool::Asset;
use crate::short::{
    alpha_for_escrow, close_amount, incentive_bps, is_liquidatable, ltv_bps, penalty, reward_for_alpha, Position,
    MIN_BOUNTY,
};

/// What a liquidation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Liquidated {
    /// Id of the position.
    pub id: u32,
    /// Alpha repaid to lenders out of the position's escrow or the liquidator's alpha.
    pub debt_repaid: u64,
    /// TAO taken from the escrow: cost of the buy-back, bounty and insurance, or what the liquidator got; rao.
    pub collateral_taken: u64,
    /// The liquidator's part of it, rao.
    pub bounty: u64,
    /// Debt that the escrow could not repay, alpha.
    pub shortfall: u64,
    /// The part of `shortfall` that neither escrow nor insurance could repay, alpha: lenders bear it.
    pub bad_debt: u64,
    /// TAO that goes to the owner because the position is gone, rao.
    pub surplus: u64,
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

/// What a liquidation decided before it changed anything.
struct Plan {
    repay: u64,
    /// TAO that leaves the position.
    taken: u64,
    bounty: u64,
    insurance: u64,
    /// Whether the escrow is spent, so that debt that stays is a shortfall.
    exhausted: bool,
}

impl Market {
    /// Buys back with the position's own escrow, at an average price of at most the short TWAP × 1.05, as much as restores the
    /// opening loan-to-value; see [`close_amount`]. Of the penalty the caller gets the bounty and insurance the rest. What
    /// the escrow cannot buy back is a shortfall: insurance buys it back within the same cap, lenders bear the rest at once.
    /// [`Market::touch_debt`] first.
    ///
    /// # Errors
    /// [`Error::NotLiquidatable`] and [`Error::PriceAboveCap`] leave the state as it was.
    pub fn liquidate(&mut self, id: u32, position: &mut Position, chain_price_e9: u64) -> Result<Liquidated> {
        let (debt, price, ltv_before_bps) = self.due(position, chain_price_e9)?;
        let cap = self.buy_back_cap(chain_price_e9)?;
        let fee = self.fees.swap_fee_bps.into();
        let most = self.pool.most_alpha_at(cap, fee)?;
        if most == 0 {
            return Err(Error::PriceAboveCap {
                cap,
                spot: self.pool.price_down(),
            }
            .into());
        }
        // How much restores the target depends on the cost, which depends on how much: the cost of a first estimate is close.
        let estimate = non_zero(close_amount(debt, position.escrow, price, price, &self.risk)?.min(most))?;
        let estimated_cost = self.pool.quote_exact_out(Asset::Alpha, estimate, fee)?.amount_in;
        let cost_price = narrow(mul_div_up(estimated_cost.into(), E12, estimate.into())?)?;
        let whole = close_amount(debt, position.escrow, price, cost_price, &self.risk)?;
        let mut plan = self.plan_buy_back(debt, position.escrow, price, whole, most)?;
        // Near 90 % what the larger amount costs beyond the estimate can leave too little: then nothing stays open.
        if whole < most && self.stays_due(debt, position.escrow, price, &plan)? {
            plan = self.plan_buy_back(debt, position.escrow, price, debt, most)?;
        }
        if plan.repay != 0 {
            self.buy_alpha(plan.repay)?;
        }
        self.settle_liquidation(id, position, &plan, (price, cap), ltv_before_bps)
    }

    /// What buying back `target`, as far as `most` and the escrow allow, takes.
    fn plan_buy_back(&self, debt: u64, escrow: u64, price: u64, target: u64, most: u64) -> Result<Plan> {
        let wanted = target.min(most);
        let affordable = self.affordable_alpha(escrow.saturating_sub(MIN_BOUNTY))?;
        let repay = wanted.min(affordable);
        let cost = if repay == 0 {
            0
        } else {
            self.pool
                .quote_exact_out(Asset::Alpha, repay, self.fees.swap_fee_bps.into())?
                .amount_in
        };
        let exhausted = affordable < wanted;
        let rest = if exhausted || target <= most {
            None
        } else {
            Some(value_up(sub(debt, repay)?, price).unwrap_or(u64::MAX))
        };
        let (bounty, insurance) = penalty(cost, sub(escrow, cost)?, self.risk.lltv_bps, rest)?;
        let taken = add(add(cost, bounty)?, insurance)?;
        Ok(Plan {
            repay,
            taken,
            bounty,
            insurance,
            exhausted: exhausted || taken == escrow,
        })
    }

    fn stays_due(&self, debt: u64, escrow: u64, price: u64, plan: &Plan) -> Result<bool> {
        let (debt, escrow) = (sub(debt, plan.repay)?, sub(escrow, plan.taken)?);
        is_liquidatable(debt, escrow, price, self.risk.lltv_bps)
    }

    /// Repays with at most `max_alpha` of the liquidator's ledger, for its value and the incentive of
    /// [`incentive_bps`] out of the escrow, at least `min_tao`. [`Market::touch_debt`] first.
    pub fn liquidate_with_alpha(
        &mut self,
        account: &mut Account,
        id: u32,
        position: &mut Position,
        max_alpha: u64,
        min_tao: u64,
        chain_price_e9: u64,
    ) -> Result<Liquidated> {
        let (debt, price, ltv_before_bps) = self.due(position, chain_price_e9)?;
        let cap = self.buy_back_cap(chain_price_e9)?;
        let incentive = incentive_bps(debt, position.escrow, price, self.risk.lltv_bps)?;
        let wanted = close_amount(debt, position.escrow, price, price, &self.risk)?;
        let for_all = alpha_for_escrow(position.escrow, price, incentive)?;
        let repay = non_zero(wanted.min(for_all).min(max_alpha))?;
        let bounty = reward_for_alpha(repay, price, incentive)?.min(position.escrow);
        if bounty < min_tao {
            return Err(Error::SlippageExceeded {
                min: min_tao,
                got: bounty,
            }
            .into());
        }
        self.withdraw(account, repay)?;
        let exhausted = repay == for_all && for_all < debt;
        let plan = Plan {
            repay,
            taken: if exhausted { position.escrow } else { bounty },
            bounty,
            insurance: 0,
            exhausted,
        };
        self.settle_liquidation(id, position, &plan, (price, cap), ltv_before_bps)
    }

    /// Debt, price and loan-to-value of a position that is due.
    fn due(&self, position: &Position, chain_price_e9: u64) -> Result<(u64, u64, u32)> {
        let debt = self.vault.debt_of_up(position.debt_scaled)?;
        let price = self.liquidation_price(chain_price_e9)?;
        let ltv_bps = ltv_bps(debt, price, position.escrow);
        let lltv_bps = self.risk.lltv_bps;
        if !is_liquidatable(debt, position.escrow, price, lltv_bps)? {
            return Err(Error::NotLiquidatable {
                ltv_bps,
                lltv_bps: lltv_bps.into(),
            }
            .into());
        }
        Ok((debt, price, ltv_bps))
    }

    fn affordable_alpha(&self, rao: u64) -> Result<u64> {
        match self.pool.quote_exact_in(Asset::Tao, rao, self.fees.swap_fee_bps.into()) {
            Ok(swap) => Ok(swap.amount_out),
            Err(failure) if *reason(&failure) == Error::ZeroAmount => Ok(0),
            Err(failure) => Err(failure),
        }
    }

    fn settle_liquidation(
        &mut self,
        id: u32,
        position: &mut Position,
        plan: &Plan,
        (price, cap): (u64, u64),
        ltv_before_bps: u32,
    ) -> Result<Liquidated> {
        self.escrow = sub(self.escrow, plan.taken)?;
        position.escrow = sub(position.escrow, plan.taken)?;
        self.insurance = add(self.insurance, plan.insurance)?;
        position.debt_scaled = self.vault.repay(plan.repay, position.debt_scaled)?;
        let mut shortfall = 0;
        let mut bad_debt = 0;
        if plan.exhausted && position.debt_scaled != 0 {
            shortfall = self.vault.debt_of_up(position.debt_scaled)?;
            self.insurance = add(self.insurance, position.escrow)?;
            self.escrow = sub(self.escrow, core::mem::take(&mut position.escrow))?;
            bad_debt = self.absorb(&mut position.debt_scaled, cap)?;
        }
        let mut surplus = 0;
        if position.debt_scaled == 0 {
            surplus = core::mem::take(&mut position.escrow);
            self.escrow = sub(self.escrow, surplus)?;
            self.open_positions = self.open_positions.saturating_sub(1);
        }
        Ok(Liquidated {
            id,
            debt_repaid: plan.repay,
            collateral_taken: plan.taken,
            bounty: plan.bounty,
            shortfall,
            bad_debt,
            surplus,
            escrow: position.escrow,
            debt_scaled: position.debt_scaled,
            price,
            ltv_before_bps,
            ltv_after_bps: ltv_bps(self.vault.debt_of_up(position.debt_scaled)?, price, position.escrow),
        })
    }

    /// Repays a debt nobody stands for with insurance, at an average price of at most `cap`, and writes off the rest; returns
    /// that rest. The cap keeps insurance from being drained at any price; what it cannot buy within it lenders bear, even
    /// while insurance has more.
    fn absorb(&mut self, debt_scaled: &mut u64, cap: u64) -> Result<u64> {
        let owed = self.vault.debt_of_up(*debt_scaled)?;
        let most = self.pool.most_alpha_at(cap, self.fees.swap_fee_bps.into())?;
        let covered = owed.min(most).min(self.affordable_alpha(self.insurance)?);
        if covered != 0 {
            let cost = self.buy_alpha(covered)?;
            self.insurance = sub(self.insurance, cost)?;
            *debt_scaled = self.vault.repay(covered, *debt_scaled)?;
        }
        let rest = core::mem::take(debt_scaled);
        let bad_debt = self.vault.debt_of_up(rest)?;
        self.vault.write_off(rest)?;
        Ok(bad_debt)
    }
}
