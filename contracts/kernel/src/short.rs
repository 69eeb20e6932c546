//! Positions and the rules about them: health, how much a liquidation closes, and what it costs the position.

use crate::error::{Error, Result};
use crate::math::{
    bps_down, mul_div_down, mul_div_up, narrow, ratio_bps_up, sub, value_down, value_up, BPS, BPS_E12, E12,
};
use crate::params::RiskParams;

/// Loan-to-value from which the whole position is closed.
pub const FULL_CLOSE_LTV_BPS: u32 = 9_000;
/// Average price of a buy-back, as a share of the short TWAP: the most a liquidation lets the pool take.
pub const PRICE_CAP_BPS: u64 = 10_500;
/// Upper bound of the liquidation incentive factor.
pub const MAX_LIF_BPS: u64 = 11_500;
/// Least that a liquidator who brings alpha gets for its value, also when lenders lose.
pub const MIN_INCENTIVE_BPS: u64 = 10_100;
/// Who liquidates from the pool gets this share of the penalty,
pub const BOUNTY_SHARE_BPS: u32 = 2_500;
/// at least this much if the position is healthy or gone afterwards (rao; about twice the fee of liquidating one),
pub const MIN_BOUNTY: u64 = 2_000_000;
/// and at most this much.
pub const MAX_BOUNTY: u64 = 100_000_000;

/// An account of the chain.
pub type AccountId = [u8; 32];

/// A short: alpha owed, TAO held against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Position {
    /// Who may take margin out, and to whom the surplus belongs.
    pub owner: AccountId,
    /// Margin and proceeds of the sale, rao.
    pub escrow: u64,
    /// Debt divided by the borrow index; see [`crate::vault::Vault::debt_of_up`].
    pub debt_scaled: u64,
}

/// Liquidation incentive factor in basis points, rounded down: min(1.15, 1/(1 − 0.3(1 − LLTV))).
pub fn lif_bps(lltv_bps: u16) -> Result<u64> {
    let beyond = sub(BPS, lltv_bps.into())?;
    let divisor = sub(BPS, narrow(mul_div_down(beyond.into(), 3, 10)?)?)?;
    Ok(narrow(mul_div_down(BPS.into(), BPS.into(), divisor.into())?)?.min(MAX_LIF_BPS))
}

/// Loan-to-value in basis points, rounded up, of `debt` at `price_e12` against `escrow`. A debt worth more than any amount
/// saturates it: no price may stand in the way of a repayment.
pub fn ltv_bps(debt: u64, price_e12: u64, escrow: u64) -> u32 {
    value_up(debt, price_e12).map_or(u32::MAX, |value| ratio_bps_up(value, escrow))
}

/// Whether debt·price exceeds LLTV·escrow, exactly.
pub fn is_liquidatable(debt: u64, escrow: u64, price_e12: u64, lltv_bps: u16) -> Result<bool> {
    let debt_value = u128::from(debt).checked_mul(price_e12.into()).ok_or(Error::Overflow)?;
    // value·1e4 > escrow·lltv·1e12, divided by 1e4 on both sides so that every factor stays exact within u128.
    let limit = u128::from(escrow)
        .checked_mul(lltv_bps.into())
        .and_then(|l| l.checked_mul(BPS_E12))
        .ok_or(Error::Overflow)?;
    Ok(debt_value > limit)
}

/// How much debt a liquidation repays: as much as restores `open_ltv_bps` when buying back costs `cost_price_e12` and
/// the incentive on top, or all of it when the loan-to-value is at least [`FULL_CLOSE_LTV_BPS`], restoring is impossible,
/// or what stays would be too small to be worth liquidating. Rounded up.
///
/// (D − r)·p = t·(E − LIF·c·r) gives r = (D·p − t·E)/(p − t·LIF·c).
pub fn close_amount(debt: u64, escrow: u64, price_e12: u64, cost_price_e12: u64, risk: &RiskParams) -> Result<u64> {
    if ltv_bps(debt, price_e12, escrow) >= FULL_CLOSE_LTV_BPS {
        return Ok(debt);
    }
    let target = u128::from(risk.open_ltv_bps);
    let lif = u128::from(lif_bps(risk.lltv_bps)?);
    let bps = u128::from(BPS);
    let debt_value = mul_div_up(debt.into(), price_e12.into(), 1)?;
    let kept = mul_div_down(u128::from(escrow).saturating_mul(BPS_E12), target, 1)?;
    let relief = mul_div_up(
        target.saturating_mul(lif),
        cost_price_e12.into(),
        bps.saturating_mul(bps),
    )?;
    let Some(per_alpha) = u128::from(price_e12).checked_sub(relief).filter(|r| *r != 0) else {
        return Ok(debt);
    };
    let needed = debt_value.saturating_sub(kept);
    let repay = u64::try_from(needed.div_ceil(per_alpha)).unwrap_or(u64::MAX).min(debt);
    // What stays at the target is worth keeping only if its escrow is at least the minimum.
    let dust = bps_down(risk.min_margin, risk.open_ltv_bps.into())?;
    Ok(if value_down(sub(debt, repay)?, price_e12)? < dust {
        debt
    } else {
        repay
    })
}

/// Splits what a liquidation from the pool takes on top of the buy-back `cost`: (bounty, insurance), at most `left` of the
/// escrow together. The penalty is cost·(LIF − 1), rounded down.
///
/// `rest` is the value of the debt that the price cap did not let it repay, or `None` when it did all it wanted. Only then is
/// the bounty at least [`MIN_BOUNTY`]: a position that stays due could be drained by repaying dust again and again. And
/// insurance takes nothing that such a position needs for its rest.
pub fn penalty(cost: u64, left: u64, lltv_bps: u16, rest: Option<u64>) -> Result<(u64, u64)> {
    let penalty = narrow(mul_div_down(
        cost.into(),
        sub(lif_bps(lltv_bps)?, BPS)?.into(),
        BPS.into(),
    )?)?
    .min(left);
    let (least, spare) = rest.map_or((MIN_BOUNTY, left), |rest| (0, left.saturating_sub(rest)));
    let bounty = bps_down(penalty, BOUNTY_SHARE_BPS)?.clamp(least, MAX_BOUNTY).min(left);
    Ok((bounty, penalty.min(spare).saturating_sub(bounty)))
}

/// What a liquidator who brings alpha gets for its value, in basis points: LIF; but where the escrow does not suffice for
/// that, only what leaves lenders whole, escrow / (debt·price) rounded down, and at least [`MIN_INCENTIVE_BPS`].
pub fn incentive_bps(debt: u64, escrow: u64, price_e12: u64, lltv_bps: u16) -> Result<u64> {
    let most = lif_bps(lltv_bps)?;
    let value = mul_div_up(debt.into(), price_e12.into(), E12)?.max(1);
    let covered = mul_div_down(escrow.into(), BPS.into(), value)?;
    let least = MIN_INCENTIVE_BPS.min(most);
    Ok(u64::try_from(covered).unwrap_or(most).clamp(least, most))
}

/// What `alpha` brought by a liquidator is worth to them at an incentive, rounded down.
pub fn reward_for_alpha(alpha: u64, price_e12: u64, incentive_bps: u64) -> Result<u64> {
    let paid_e12 = mul_div_down(price_e12.into(), incentive_bps.into(), BPS.into())?;
    narrow(mul_div_down(alpha.into(), paid_e12, E12)?)
}

/// The alpha whose reward is all of `escrow`, rounded up: what a liquidator of an under-water position must bring for it.
pub fn alpha_for_escrow(escrow: u64, price_e12: u64, incentive_bps: u64) -> Result<u64> {
    let paid_e12 = mul_div_down(price_e12.into(), incentive_bps.into(), BPS.into())?;
    Ok(u64::try_from(mul_div_up(escrow.into(), E12, paid_e12.max(1))?).unwrap_or(u64::MAX))
}

/// The price above which a buy-back is refused, from the short TWAP; rounded down.
pub fn price_cap(twap_e12: u64) -> Result<u64> {
    narrow(mul_div_down(twap_e12.into(), PRICE_CAP_BPS.into(), BPS.into())?)
}

/// What a position must still hold to stay open.
pub fn check_remaining_escrow(escrow: u64, risk: &RiskParams) -> Result<()> {
    if escrow < risk.min_margin {
        return Err(Error::MarginTooSmall {
            min: risk.min_margin,
            got: escrow,
        }
        .into());
    }
    Ok(())
}
