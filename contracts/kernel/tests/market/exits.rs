//! States in which an exit could have closed.

use kernel::market::Prices;
use kernel::{Asset, Error};

use crate::support::attacker::{drift, fair_price, trade_to, ATTACKER};
use crate::support::world::ACTORS;
use crate::support::{exits, identities, setup, wind_down, World};

fn every_exit(w: &World) {
    for turn in 0..ACTORS {
        exits::check(w, turn);
    }
}

#[test]
fn a_pause_closes_opening_and_nothing_else() {
    let mut w = setup::with_shorts(1_000_000_000_000, 3, 100);
    w.market.opening_paused = true;
    let id = *w.positions.keys().next().expect("open");
    assert_eq!(w.clone().open(3, 1_000_000_000, 1_000_000), Err(Error::OpeningPaused));
    assert_eq!(w.clone().withdraw_margin(id, 1), Err(Error::OpeningPaused));
    every_exit(&w);
    drift(&mut w, 25);
    w.market.opening_paused = true;
    w.clone().liquidate(ATTACKER, id).expect("liquidations go on");
    w.deposit(ATTACKER, 1_000_000_000_000).expect("deposit");
    w.clone()
        .liquidate_with_alpha(ATTACKER, id, u64::MAX)
        .expect("with alpha as well");
    wind_down::live(w);
}

#[test]
fn safe_mode_closes_opening_and_nothing_else() {
    let mut w = setup::with_shorts(1_000_000_000_000, 3, 100);
    let market = fair_price(&w);
    let id = *w.positions.keys().next().expect("open");
    for (chain_price, safe) in [
        (market / 1_000 * 1_080, false),
        (market / 1_000 * 1_130, true),
        (market / 1_000 * 900, true),
    ] {
        w.chain_price = Some(chain_price);
        let opened = w.clone().open(3, 1_000_000_000, 1_000_000);
        if safe {
            let chain = chain_price / 1_000 * 1_000;
            assert_eq!(opened, Err(Error::SafeMode { market, chain }));
            assert_eq!(w.clone().withdraw_margin(id, 1), Err(Error::SafeMode { market, chain }));
        } else {
            opened.expect("within ten percent");
        }
        every_exit(&w);
    }
    wind_down::live(w);
}

/// Found by review: the value of a debt left u64, and with it every exit failed.
#[test]
fn a_dust_pool_pumped_to_the_highest_price_closes_no_exit() {
    let mut w = setup::with_shorts(12_500_000_000_000_000, 3, 160);
    // All liquidity leaves; what is locked can be moved with almost nothing.
    let shares = w.accounts[0].lp_shares;
    w.remove_liquidity(0, shares).expect("remove");
    for _ in 0..120 {
        let amount = w.market.pool.tao * 100;
        w.try_swap_in(ATTACKER, Asset::Tao, amount.min(w.wallets[ATTACKER].tao / 2));
        w.now += 10;
        w.market.touch_debt(w.now).expect("touch");
    }
    let Prices { spot, twap_short, .. } = w.market.prices();
    assert!(
        spot.min(twap_short) > 50_000_000_000_000_000,
        "the pump did not work: {spot}, {twap_short}"
    );
    let debt = w.market.vault.debt_down().expect("computable");
    assert!(
        kernel::math::value_up(debt / 3, spot.min(twap_short)).is_err(),
        "the value fits after all"
    );
    every_exit(&w);
    // Nor does it block anybody's claims after the end.
    wind_down::terminal(w.clone(), w.stake / 10);
    wind_down::live(w);
}

#[test]
fn lenders_leave_with_what_is_idle_and_the_rest_when_shorts_repay() {
    let mut w = setup::with_shorts(1_000_000_000_000, 3, 150);
    let shares = w.accounts[1].lend_shares;
    w.unlend(1, shares).expect("the first is paid from idle alpha");
    let shares = w.accounts[2].lend_shares;
    let refused = w.clone().unlend(2, shares);
    assert!(
        matches!(refused, Err(Error::InsufficientLiquidity { .. })),
        "{refused:?}"
    );
    every_exit(&w);
    for id in w.positions.keys().copied().collect::<Vec<_>>() {
        w.close(id, u64::MAX, 100_000_000_000).expect("close");
    }
    w.unlend(2, shares).expect("everything is idle again");
    identities::check(&w);
}

#[test]
fn a_short_larger_than_the_pool_is_repaid_with_alpha() {
    let mut w = setup::with_shorts(1_000_000_000_000, 1, 150);
    let shares = w.accounts[0].lp_shares;
    w.remove_liquidity(0, shares).expect("remove");
    let id = *w.positions.keys().next().expect("open");
    let refused = w.clone().close(id, u64::MAX, 100_000_000_000);
    assert!(
        matches!(refused, Err(Error::InsufficientLiquidity { .. })),
        "{refused:?}"
    );
    w.deposit(3, 20_000_000_000).expect("deposit");
    let closed = w.repay_with_alpha(3, id, u64::MAX).expect("repay");
    assert_eq!(closed.debt_scaled, 0);
    identities::check(&w);
}

#[test]
fn a_price_above_the_cap_leaves_liquidation_to_those_who_bring_alpha() {
    let mut w = setup::with_shorts(1_000_000_000_000, 1, 150);
    drift(&mut w, 25);
    let id = *w.positions.keys().next().expect("open");
    let pumped = fair_price(&w) / 100 * 120;
    trade_to(&mut w, ATTACKER, pumped);
    let refused = w.clone().liquidate(3, id);
    assert!(matches!(refused, Err(Error::PriceAboveCap { .. })), "{refused:?}");
    w.deposit(4, 1_000_000_000_000).expect("deposit");
    w.liquidate_with_alpha(4, id, u64::MAX).expect("alpha still liquidates");
    identities::check(&w);
}
