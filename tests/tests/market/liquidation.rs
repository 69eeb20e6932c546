//! Liquidations: who is due, what it costs, who bears what.

use contract_tests::interface::MarketError;
use contract_tests::interface::Settlement::Ledger;
use contract_tests::world::{ATTACKER, HOTKEY, KEEPER, LENDER, OTHER_SHORTER, SHORTER, TRADER};
use contract_tests::{World, COIN};
use kernel::short::{lif_bps, FULL_CLOSE_LTV_BPS};
use kernel::{Asset, Error};

use crate::setup::{buy_until, mature, open, pump};

#[test]
fn a_batch_liquidates_what_is_due_and_skips_the_rest() {
    let mut world = mature();
    let due = open(&mut world, SHORTER, 150 * COIN).id;
    let healthy = open(&mut world, OTHER_SHORTER, 50 * COIN).id;
    world.by(OTHER_SHORTER).value(200 * COIN).add_margin(healthy).unwrap();
    pump(&mut world, 13_000);
    let before = world.tao(KEEPER);
    let report = world
        .by(KEEPER)
        .liquidate(&[healthy, 77, due, due, u32::MAX], 1)
        .unwrap();
    assert_eq!(report.liquidated.iter().map(|l| l.id).collect::<Vec<_>>(), [due]);
    assert!(world.tao(KEEPER) + COIN / 100 > before + report.reward);
    assert!(!world.position(healthy).unwrap().health.liquidatable);
    assert!(!world.position(due).unwrap().health.liquidatable, "healthy again");
}

#[test]
fn a_batch_in_which_nothing_is_due_is_refused_for_the_last_reason() {
    let mut world = mature();
    let id = open(&mut world, SHORTER, 150 * COIN).id;
    assert_eq!(
        world.by(KEEPER).liquidate(&[], 0),
        Err(MarketError::Rule(Error::NothingDue))
    );
    assert_eq!(
        world.by(KEEPER).liquidate(&[50, 51], 0),
        Err(MarketError::Rule(Error::NothingDue))
    );
    let refused = world.by(KEEPER).liquidate(&[50, id], 0);
    let Err(MarketError::Rule(Error::NotLiquidatable {
        ltv_bps,
        lltv_bps: 7_000,
    })) = refused
    else {
        panic!("{refused:?}");
    };
    assert!((5_500..=6_000).contains(&ltv_bps));
}

#[test]
fn a_liquidation_restores_the_target_and_pays_as_promised() {
    let mut world = mature();
    let id = open(&mut world, SHORTER, 150 * COIN).id;
    pump(&mut world, 12_500);
    let insurance = world.state().market.insurance;
    let before = world.position(id).unwrap();
    let done = world.by(KEEPER).liquidate(&[id], 0).unwrap().liquidated[0];
    assert_eq!(done.ltv_before_bps, before.health.ltv_bps);
    // The cost of the buy-back is estimated before it is known: a few basis points either way.
    assert!(done.ltv_after_bps.abs_diff(6_000) <= 20, "{done:?}");
    assert_eq!(done.escrow, before.position.escrow - done.collateral_taken);
    assert_eq!((done.bad_debt, done.shortfall, done.surplus), (0, 0, 0));
    // Cost, bounty and insurance are all that was taken; the penalty is LIF − 1 of the cost.
    let to_insurance = world.state().market.insurance - insurance;
    let cost = done.collateral_taken - done.bounty - to_insurance;
    let penalty = u128::from(cost) * u128::from(lif_bps(7_000).unwrap() - 10_000) / 10_000;
    assert_eq!(u128::from(done.bounty + to_insurance), penalty);
    assert_eq!(done.bounty, (penalty / 4).min(100_000_000) as u64);
}

#[test]
fn a_jump_leaves_bad_debt_that_insurance_bears_first_and_lenders_then() {
    let mut world = mature();
    // Insurance gets something from an ordinary liquidation first.
    let small = open(&mut world, OTHER_SHORTER, 60 * COIN).id;
    let large = open(&mut world, SHORTER, 150 * COIN).id;
    world.by(SHORTER).value(10 * COIN).add_margin(large).unwrap();
    pump(&mut world, 12_300);
    world.by(KEEPER).liquidate(&[small], 0).unwrap();
    let insurance = world.state().market.insurance;
    assert!(insurance > 0);
    let lenders = world.account(LENDER).lent_alpha;
    pump(&mut world, 24_000);
    let done = world.by(KEEPER).liquidate(&[large], 0).unwrap().liquidated[0];
    assert!(done.shortfall > done.bad_debt && done.bad_debt > 0, "{done:?}");
    assert_eq!((done.escrow, done.debt_scaled, done.surplus), (0, 0, 0));
    assert!(world.state().market.insurance < 1_000, "insurance gave all it had");
    let lost = lenders - world.account(LENDER).lent_alpha;
    assert!(
        lost.abs_diff(done.bad_debt) < COIN / 2,
        "lenders lose {lost}, bad debt is {}",
        done.bad_debt
    );
    assert_eq!(
        world.position(large),
        Err(MarketError::Rule(Error::NoSuchPosition { id: large }))
    );
    // Those who are left can still go, with what there is.
    let shares = world.account(LENDER).account.lend_shares;
    world.by(LENDER).unlend(shares / 2).unwrap();
}

#[test]
fn a_liquidator_with_alpha_is_paid_its_value_and_the_incentive() {
    let mut world = mature();
    let id = open(&mut world, SHORTER, 150 * COIN).id;
    world.by(ATTACKER).deposit_alpha(HOTKEY, 1_000 * COIN).unwrap();
    pump(&mut world, 12_500);
    let tao = world.tao(ATTACKER);
    let deposits = world.deposits(ATTACKER);
    let done = world.by(ATTACKER).liquidate_with_alpha(id, 20 * COIN, 1).unwrap();
    assert_eq!(done.debt_repaid, 20 * COIN);
    let value = u128::from(done.debt_repaid) * u128::from(done.price) / 1_000_000_000_000;
    let promised = value * u128::from(lif_bps(7_000).unwrap()) / 10_000;
    assert!(
        promised.abs_diff(done.bounty.into()) <= 2,
        "{promised} promised, {} paid",
        done.bounty
    );
    let paid = i128::from(world.tao(ATTACKER)) + world.deposits(ATTACKER) - i128::from(tao) - deposits;
    assert_eq!(paid, i128::from(done.bounty));
    assert_eq!(world.account(ATTACKER).account.alpha, 980 * COIN);
    let slippage = world.by(ATTACKER).liquidate_with_alpha(id, COIN, 1_000 * COIN);
    assert!(
        matches!(slippage, Err(MarketError::Rule(Error::SlippageExceeded { min, .. })) if min == 1_000 * COIN),
        "{slippage:?}"
    );
}

#[test]
fn a_spot_above_the_cap_stops_the_buy_back_but_not_alpha_that_is_brought() {
    let mut world = mature();
    let id = open(&mut world, SHORTER, 150 * COIN).id;
    world.by(ATTACKER).deposit_alpha(HOTKEY, 1_000 * COIN).unwrap();
    pump(&mut world, 12_500);
    buy_until(&mut world, TRADER, 14_000);
    let refused = world.by(KEEPER).liquidate(&[id], 0);
    let Err(MarketError::Rule(Error::PriceAboveCap { cap, spot })) = refused else {
        panic!("{refused:?}");
    };
    assert!(spot > cap);
    world.by(ATTACKER).liquidate_with_alpha(id, COIN, 1).unwrap();
}

/// Makes `id` due in full with a surplus of exactly `surplus` rao for its owner, by adding margin.
fn leave_surplus(world: &mut World, id: u32, surplus: u64) {
    let position = world.position(id).unwrap();
    let mut trial = world.clone();
    let cost = trial
        .by(TRADER)
        .swap_exact_out(Asset::Alpha, position.health.debt, 100_000 * COIN, Ledger)
        .unwrap()
        .amount_in;
    let penalty = u128::from(cost) * u128::from(lif_bps(7_000).unwrap() - 10_000) / 10_000;
    let needed = cost + u64::try_from(penalty).unwrap() + surplus;
    let margin = needed
        .checked_sub(position.position.escrow)
        .expect("under water enough to need margin");
    world.by(KEEPER).value(margin).add_margin(id).unwrap();
    assert!(world.position(id).unwrap().health.ltv_bps >= FULL_CLOSE_LTV_BPS);
}

#[test]
fn a_payment_to_a_dead_account_is_credited_instead_of_failing_the_batch() {
    let mut world = mature();
    let dead = open(&mut world, SHORTER, 20 * COIN).id;
    let other = open(&mut world, OTHER_SHORTER, 20 * COIN).id;
    pump(&mut world, 16_000);
    leave_surplus(&mut world, dead, 100);
    let all = world.tao(SHORTER);
    world.transfer(SHORTER, KEEPER, all);
    assert_eq!(world.tao(SHORTER), 0);
    let report = world.by(KEEPER).liquidate(&[dead, other], 0).unwrap();
    assert_eq!(report.liquidated.len(), 2);
    assert_eq!(report.liquidated[0].surplus, 100, "{report:?}");
    assert_eq!(world.tao(SHORTER), 0, "100 rao cannot bring an account to life");
    assert_eq!(world.account(SHORTER).account.tao, 100);
    assert_eq!(world.state().market.claims, 100);
    // Alive again, it can be paid.
    world.transfer(KEEPER, SHORTER, COIN);
    let paid = world.by(SHORTER).claim_rewards().unwrap();
    assert_eq!(paid.tao, 100);
}

#[test]
fn the_callers_minimum_reward_and_deadline_bind() {
    let mut world = mature();
    let id = open(&mut world, SHORTER, 150 * COIN).id;
    pump(&mut world, 12_500);
    let now = world.block();
    let late = world.by(KEEPER).until(now - 1).liquidate(&[id], 0);
    assert_eq!(
        late,
        Err(MarketError::Rule(Error::DeadlinePassed { deadline: now - 1, now }))
    );
    let refused = world.by(KEEPER).liquidate(&[id], COIN);
    let Err(MarketError::Rule(Error::RewardBelowMinimum { min: COIN, got })) = refused else {
        panic!("{refused:?}");
    };
    let report = world.by(KEEPER).until(now).liquidate(&[id], got).unwrap();
    assert_eq!(report.reward, got, "a refusal changed nothing");
}
