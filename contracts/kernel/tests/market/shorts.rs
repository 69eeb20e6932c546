//! What limits opening, and who bears what when a short fails.

use kernel::{Error, RiskParams};

use crate::support::attacker::{drift, fair_price, ATTACKER};
use crate::support::{identities, setup, World};

#[test]
fn no_short_opens_before_the_oracle_has_its_history() {
    let mut w = World::new(1_000_000_000_000_000, 1_003);
    assert_eq!(w.clone().open(3, 1_000_000_000, 1_000_000), Err(Error::PoolEmpty));
    w.deposit(0, 1_000_000_000_000).expect("deposit");
    w.add_liquidity(0, 90_000_000_000, 900_000_000_000).expect("provide");
    w.lend(0, 100_000_000_000).expect("lend");
    w.chain_price = Some(w.market.pool.price_down());
    let ready_at = 1_005 + 150;
    w.now = ready_at - 1;
    assert_eq!(
        w.clone().open(3, 1_000_000_000, 1_000_000_000),
        Err(Error::OracleTooYoung {
            ready_at,
            now: ready_at - 1
        })
    );
    w.now = ready_at;
    w.open(3, 1_000_000_000, 1_000_000_000).expect("ready");
}

#[test]
fn every_limit_of_opening_is_named_with_its_numbers() {
    let w = setup::seeded(1_000_000_000_000);
    let refused = |w: &World, margin, alpha| w.clone().open(3, margin, alpha).expect_err("refused");
    assert_eq!(
        refused(&w, 99_999_999, 1_000_000),
        Error::MarginTooSmall {
            min: 100_000_000,
            got: 99_999_999
        }
    );
    assert_eq!(
        refused(&w, 10_000_000_000, 20_000_000_001),
        Error::PositionTooLarge {
            max: 20_000_000_000,
            got: 20_000_000_001
        }
    );
    assert!(matches!(
        refused(&w, 100_000_000, 10_000_000_000),
        Error::LtvTooHigh { max_bps: 6_000, .. }
    ));
    assert_eq!(refused(&w, 1_000_000_000, 0), Error::ZeroAmount);

    let mut full = w.clone();
    for _ in 0..2 {
        full.open(3, 10_000_000_000, 20_000_000_000).expect("open");
    }
    assert!(matches!(
        refused(&full, 10_000_000_000, 15_000_000_000),
        Error::TotalDebtTooLarge { .. }
    ));

    let mut lent = w;
    let shares = lent.accounts[1].lend_shares;
    lent.unlend(1, shares).expect("unlend");
    let shares = lent.accounts[2].lend_shares * 9 / 10;
    lent.unlend(2, shares).expect("unlend");
    lent.open(3, 10_000_000_000, 8_900_000_000)
        .expect("within ninety percent");
    assert!(matches!(
        refused(&lent, 10_000_000_000, 500_000_000),
        Error::UtilisationTooHigh { max_bps: 9_000, .. }
    ));
}

#[test]
fn margin_leaves_only_as_far_as_the_position_could_be_opened_without_it() {
    let mut w = setup::seeded(1_000_000_000_000);
    let opened = w.open(3, 2_000_000_000, 10_000_000_000).expect("open");
    let mut low = 0;
    let mut high = opened.escrow;
    while low + 1 < high {
        let middle = u64::midpoint(low, high);
        if w.clone().withdraw_margin(opened.id, middle).is_ok() {
            low = middle;
        } else {
            high = middle;
        }
    }
    assert!(low > 0, "some margin is free");
    w.withdraw_margin(opened.id, low).expect("withdraw");
    let position = w.positions[&opened.id];
    let debt = w.market.vault.debt_of_up(position.debt_scaled).expect("computable");
    let price = w.market.opening_price().expect("ready");
    assert!(kernel::short::ltv_bps(debt, price, position.escrow) <= 6_000);
    assert!(kernel::short::ltv_bps(debt, price, position.escrow - 100_000) > 5_999);
    identities::check(&w);
}

/// A jump: the price rises faster than anybody can liquidate.
fn jumped(insurance: u64) -> (World, u32) {
    let mut w = setup::with_shorts(1_000_000_000_000, 1, 150);
    drift(&mut w, 100);
    w.fund_insurance(insurance);
    let id = *w.positions.keys().next().expect("open");
    (w, id)
}

#[test]
fn bad_debt_is_realised_at_once_and_lenders_bear_it_without_insurance() {
    let (mut w, id) = jumped(0);
    let assets = w.market.vault.assets().expect("computable");
    let done = w.liquidate(ATTACKER, id).expect("due");
    assert_eq!((done.debt_scaled, done.escrow, done.surplus), (0, 0, 0));
    assert!(done.shortfall > 0);
    // The few rao the bounty's reserve leaves may buy back a little.
    assert!(done.bad_debt > 0 && done.bad_debt <= done.shortfall);
    let after = w.market.vault.assets().expect("computable");
    assert!(
        (assets - after).abs_diff(done.bad_debt) <= 2,
        "lenders lost {} and not {}",
        assets - after,
        done.bad_debt
    );
    assert!(done.bounty >= kernel::short::MIN_BOUNTY, "nobody would have done it");
    identities::check(&w);
}

#[test]
fn insurance_pays_before_lenders_do() {
    let (mut w, id) = jumped(100_000_000_000);
    let (assets, insurance) = (w.market.vault.assets().expect("computable"), w.market.insurance);
    let done = w.liquidate(ATTACKER, id).expect("due");
    assert!(done.shortfall > 0);
    assert_eq!(done.bad_debt, 0);
    assert!(w.market.vault.assets().expect("computable") >= assets);
    assert!(w.market.insurance < insurance);
    identities::check(&w);
}

/// Found by review: at the full factor the liquidator took what would have repaid the debt.
#[test]
fn who_brings_alpha_to_a_position_that_covers_its_debt_leaves_lenders_whole() {
    for percent in [55, 57, 59, 61] {
        let mut w = setup::with_shorts(1_000_000_000_000, 1, 150);
        drift(&mut w, percent);
        let id = *w.positions.keys().next().expect("open");
        w.deposit(ATTACKER, 1_000_000_000_000).expect("deposit");
        let assets = w.market.vault.assets().expect("computable");
        let done = w.liquidate_with_alpha(ATTACKER, id, u64::MAX).expect("due");
        assert!((9_000..9_900).contains(&done.ltv_before_bps), "{}", done.ltv_before_bps);
        assert_eq!((done.debt_scaled, done.shortfall, done.bad_debt), (0, 0, 0));
        assert!(w.market.vault.assets().expect("computable") >= assets);
        identities::check(&w);
    }
}

#[test]
fn a_healthy_position_cannot_be_liquidated() {
    let mut w = setup::with_shorts(1_000_000_000_000, 1, 150);
    let id = *w.positions.keys().next().expect("open");
    w.deposit(ATTACKER, 1_000_000_000_000).expect("deposit");
    assert!(matches!(
        w.clone().liquidate(ATTACKER, id),
        Err(Error::NotLiquidatable { lltv_bps: 7_000, .. })
    ));
    assert!(matches!(
        w.clone().liquidate_with_alpha(ATTACKER, id, u64::MAX),
        Err(Error::NotLiquidatable { .. })
    ));
}

#[test]
fn health_says_what_liquidate_does() {
    for percent in 10..25 {
        let mut w = setup::with_shorts(1_000_000_000_000, 1, 150);
        drift(&mut w, percent);
        let id = *w.positions.keys().next().expect("open");
        let health = w
            .market
            .health(&w.positions[&id], w.chain_price_e9())
            .expect("computable");
        assert_eq!(
            health.liquidatable,
            w.clone().liquidate(ATTACKER, id).is_ok(),
            "after a rise of {percent} %"
        );
        assert_eq!(health.liquidatable, health.price > health.liquidation_price);
    }
}

#[test]
fn stricter_limits_do_not_close_a_whole_repayment() {
    let mut w = setup::with_shorts(1_000_000_000_000, 1, 150);
    let risk = RiskParams {
        open_ltv_bps: 2_000,
        lltv_bps: 5_000,
        max_total_debt_bps: 0,
        max_position_bps: 0,
        max_utilisation_bps: 0,
        min_margin: 10_000_000_000,
    };
    w.market.set_risk(risk, w.now).expect("within bounds");
    let id = *w.positions.keys().next().expect("open");
    w.close(id, u64::MAX, 0).expect("close");
    identities::check(&w);
    assert!(fair_price(&w) > 0);
}
