//! The rules about positions.

use kernel::market::trigger_price;
use kernel::math::E18;
use kernel::short::*;
use kernel::vault::Vault;
use kernel::RiskParams;
use num_rational::BigRational;
use proptest::prelude::*;

use crate::exact::{ceil_u128, floor_u128, int, ratio, sized};

const E12: u64 = 1_000_000_000_000;

fn risks() -> impl Strategy<Value = RiskParams> {
    (5_000u16..=8_000, any::<u16>(), 50_000_000u64..10_000_000_000).prop_map(|(lltv_bps, open, min_margin)| {
        RiskParams {
            lltv_bps,
            open_ltv_bps: 2_000 + open % (lltv_bps - 2_499),
            min_margin,
            ..RiskParams::default()
        }
    })
}

fn value(debt: u64, price: u64) -> BigRational {
    int(debt) * ratio(price, E12)
}

proptest! {
    #![proptest_config(crate::exact::cases(4_000))]

    #[test]
    fn loan_to_value_is_rounded_up_and_saturates(debt in sized(55), price in sized(57), escrow in sized(55)) {
        let up = ceil_u128(&value(debt, price)).unwrap_or(u128::MAX);
        let expected = match (u64::try_from(up), escrow) {
            (Err(_), _) => u32::MAX,
            (Ok(0), _) => 0,
            (Ok(_), 0) => u32::MAX,
            (Ok(v), e) => ceil_u128(&(ratio(v, e) * int(10_000))).and_then(|x| u32::try_from(x).ok()).unwrap_or(u32::MAX),
        };
        prop_assert_eq!(ltv_bps(debt, price, escrow), expected);
    }

    #[test]
    fn a_position_is_due_exactly_when_its_debt_exceeds_the_limit(debt in sized(55), price in sized(57), escrow in sized(55), lltv in 5_000u16..=8_000, near in -2i64..=2) {
        // Often right at the limit.
        let at_limit = (int(escrow) * ratio(lltv, 10_000) / ratio(price.max(1), E12)).floor().to_integer();
        let debt = u64::try_from(at_limit).ok().and_then(|d| d.checked_add_signed(near)).filter(|d| *d < 1 << 55).unwrap_or(debt);
        let exact = value(debt, price) > int(escrow) * ratio(lltv, 10_000);
        prop_assert_eq!(is_liquidatable(debt, escrow, price, lltv), Ok(exact));
        // The loan-to-value in basis points never says healthy of what is due.
        if exact {
            prop_assert!(ltv_bps(debt, price, escrow) > lltv.into());
        }
    }

    #[test]
    fn the_incentive_factor_is_its_formula_rounded_down(lltv in 5_000u16..=8_000) {
        let divisor = int(1) - ratio(3, 10) * (int(1) - ratio(lltv, 10_000));
        let exact = (int(10_000) / divisor).min(int(11_500));
        let got = int(lif_bps(lltv).unwrap_or(0));
        // The divisor is kept in basis points, which costs at most two of the result.
        prop_assert!(got <= exact && got > exact - int(3));
    }

    #[test]
    fn closing_what_the_rule_says_restores_the_target(
        risk in risks(), escrow in 50_000_000u64..1 << 50, price in 1_000_000u64..1_000_000_000_000_000, ltv in 0u64..=10_000, dearer in 10_000u64..=10_500
    ) {
        prop_assert!(risk.check().is_ok());
        // A position that is due, anywhere between its limit and 90 %.
        let ltv = u64::from(risk.lltv_bps) + 1 + ltv % (8_999 - u64::from(risk.lltv_bps));
        let debt = (int(escrow) * ratio(ltv, 10_000) / ratio(price, E12)).floor().to_integer();
        let Ok(debt) = u64::try_from(debt) else { return Ok(()); };
        prop_assume!(debt > 100_000 && debt < 1 << 54 && is_liquidatable(debt, escrow, price, risk.lltv_bps) == Ok(true));
        let cost = (u128::from(price) * u128::from(dearer) / 10_000) as u64;
        let repay = close_amount(debt, escrow, price, cost, &risk).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        prop_assert!(repay > 0 && repay <= debt);
        let lif = ratio(lif_bps(risk.lltv_bps).unwrap_or(0), 10_000);
        let target = ratio(risk.open_ltv_bps, 10_000);
        let after = |repaid: u64| (value(debt - repaid, price), int(escrow) - &lif * value(repaid, cost));
        let (debt_value, escrow_left) = after(repay);
        if repay < debt {
            prop_assert!(debt_value <= &target * &escrow_left + int(1), "the target is not restored");
            prop_assert!(debt_value + int(1) >= ratio(risk.min_margin, 1) * &target, "dust stays open");
            // The relief per alpha is an integer, which costs one part in that many.
            let per_alpha = int(price) - &target * &lif * int(cost);
            let exact = (value(debt, price) - &target * int(escrow)) * int(E12) / &per_alpha;
            prop_assert!(int(repay) <= &exact * (int(1) + int(2) / (per_alpha - int(1))) + int(2), "more than needed");
        } else {
            // The whole only when restoring is impossible or leaves dust.
            let needed = (value(debt, price) - &target * int(escrow)) / (ratio(price, E12) - &target * &lif * ratio(cost, E12));
            let kept = (int(debt) - &needed - int(2)) * ratio(price, E12);
            prop_assert!(needed <= int(0) || kept < int(risk.min_margin) * target + int(1) );
        }
    }

    #[test]
    fn at_ninety_percent_everything_is_closed(risk in risks(), escrow in sized(50), price in 1u64..1_000_000_000_000_000, cost in sized(50), over in 0u64..1_000_000) {
        let debt = ceil_u128(&(int(escrow) * ratio(9, 10) / ratio(price, E12))).and_then(|d| u64::try_from(d).ok());
        let Some(debt) = debt.and_then(|d| d.checked_add(over)).filter(|d| *d > 0 && *d < 1 << 55) else { return Ok(()); };
        prop_assert_eq!(close_amount(debt, escrow, price, cost, &risk), Ok(debt));
    }

    #[test]
    fn a_penalty_is_split_without_taking_more_than_is_left(cost in sized(55), left in sized(55), lltv in 5_000u16..=8_000, rest in proptest::option::of(sized(55))) {
        let (bounty, insurance) = penalty(cost, left, lltv, rest).unwrap_or((u64::MAX, 0));
        let exact = floor_u128(&(int(cost) * ratio(lif_bps(lltv).unwrap_or(0) - 10_000, 10_000))).unwrap_or(u128::MAX);
        let all = u128::from(left).min(exact) as u64;
        prop_assert!(bounty <= MAX_BOUNTY && bounty <= left && bounty + insurance <= left);
        match rest {
            None => {
                prop_assert_eq!(bounty + insurance, all.max(bounty));
                prop_assert!(bounty >= MIN_BOUNTY.min(left));
                prop_assert!(bounty <= MIN_BOUNTY.max(all / 4));
            }
            Some(rest) => {
                prop_assert!(bounty <= all / 4, "a liquidation cut short pays more than a part of the penalty");
                prop_assert!(insurance == 0 || bounty + insurance <= left - rest, "insurance takes what the rest needs");
            }
        }
    }

    #[test]
    fn who_brings_alpha_gets_the_factor_or_what_leaves_lenders_whole(debt in 1u64..1 << 54, price in sized(50), ltv in 5_000u64..20_000, lltv in 5_000u16..=8_000) {
        let escrow = floor_u128(&(value(debt, price.max(1)) * ratio(10_000, ltv))).and_then(|e| u64::try_from(e).ok());
        let (Some(escrow), price) = (escrow.filter(|e| *e > 100_000 && *e < 1 << 55), price.max(1)) else { return Ok(()); };
        let lif = lif_bps(lltv).unwrap_or(0);
        let incentive = incentive_bps(debt, escrow, price, lltv).unwrap_or(0);
        prop_assert!((MIN_INCENTIVE_BPS..=lif).contains(&incentive));
        let whole = reward_for_alpha(debt, price, incentive).unwrap_or(u64::MAX);
        if incentive > MIN_INCENTIVE_BPS {
            prop_assert!(whole <= escrow, "the escrow does not cover the debt at this incentive");
        }
        if incentive < lif {
            let more = value(debt, price) * ratio(incentive + 1, 10_000);
            prop_assert!(more + int(1) > int(escrow), "less than the escrow covers");
        }
    }

    #[test]
    fn the_alpha_for_an_escrow_is_worth_it_and_one_less_is_not(escrow in 1u64..1 << 54, price in 1_000u64..1 << 50, incentive in 10_000u64..=11_500) {
        let alpha = alpha_for_escrow(escrow, price, incentive).unwrap_or(0);
        prop_assume!(alpha < 1 << 55);
        let paid = floor_u128(&(int(price) * ratio(incentive, 10_000))).unwrap_or(0);
        let worth = |alpha: u64| int(alpha) * ratio(paid, E12);
        prop_assert!(worth(alpha) >= int(escrow) && worth(alpha - 1) < int(escrow));
        let reward = reward_for_alpha(alpha, price, incentive).unwrap_or(0);
        prop_assert_eq!(Some(u128::from(reward)), floor_u128(&worth(alpha)));
    }

    #[test]
    fn the_trigger_orders_positions_as_their_health_at_every_index(
        scaled in 1u64..1 << 50, escrow in 1u64..1 << 54, index in 0u64..60_000, price in 1u64..1 << 56, lltv in 5_000u16..=8_000
    ) {
        let mut vault = Vault::new(0);
        vault.index = E18 + E18 / 1_000 * u128::from(index);
        vault.debt_scaled = scaled;
        let Ok(debt) = vault.debt_of_up(scaled) else { return Ok(()); };
        let due = is_liquidatable(debt, escrow, price, lltv).unwrap_or(false);
        let trigger = trigger_price(escrow, scaled, lltv);
        let reached = int(price) * ratio(vault.index, E18);
        // Beyond the trigger it is due; the debt's rounding up by less than a unit is all that may make it due before.
        if reached >= int(trigger) + int(1) {
            prop_assert!(due);
        }
        if due {
            let unit = int(price) / int(scaled);
            prop_assert!(&reached + unit > int(trigger), "due at {reached:?} although the trigger is {trigger}");
        }
    }
}

#[test]
fn the_factor_of_the_default_limit_is_one_point_zero_nine_eight() {
    assert_eq!(lif_bps(7_000), Ok(10_989));
}

#[test]
fn the_buy_back_is_capped_five_percent_above_the_average() {
    assert_eq!(price_cap(1_000_000), Ok(1_050_000));
    assert_eq!(price_cap(1), Ok(1));
}
