//! States in which an exit could have closed.

use kernel::market::Prices;
use kernel::params::MAX_PAUSE_BLOCKS;
use kernel::{Asset, Error, Parameter};

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
    w.pause(MAX_PAUSE_BLOCKS).expect("within the bound");
    let id = *w.positions.keys().next().expect("open");
    assert_eq!(w.clone().open(3, 1_000_000_000, 1_000_000), Err(Error::OpeningPaused));
    assert_eq!(w.clone().withdraw_margin(id, 1), Err(Error::OpeningPaused));
    every_exit(&w);
    drift(&mut w, 25);
    assert_eq!(w.clone().open(3, 1_000_000_000, 1_000_000), Err(Error::OpeningPaused));
    w.clone().liquidate(ATTACKER, id).expect("liquidations go on");
    w.deposit(ATTACKER, 1_000_000_000_000).expect("deposit");
    w.clone()
        .liquidate_with_alpha(ATTACKER, id, u64::MAX)
        .expect("with alpha as well");
    wind_down::live(w);
}

#[test]
fn a_pause_ends_by_time_alone() {
    let mut w = setup::with_shorts(1_000_000_000_000, 3, 100);
    let id = *w.positions.keys().next().expect("open");
    for blocks in [1, 300, MAX_PAUSE_BLOCKS] {
        w.add_margin(3, id, 1_000_000).expect("margin to take out");
        w.pause(blocks).expect("within the bound");
        w.now += blocks - 1;
        assert_eq!(w.clone().open(3, 1_000_000_000, 1_000_000), Err(Error::OpeningPaused));
        assert_eq!(w.clone().withdraw_margin(id, 1), Err(Error::OpeningPaused));
        w.now += 1;
        w.clone().open(3, 1_000_000_000, 1_000_000).expect("opens");
        w.clone().withdraw_margin(id, 1).expect("leaves");
    }
}

#[test]
fn a_pause_is_replaced_by_a_shorter_one_or_by_none() {
    let mut w = setup::with_shorts(1_000_000_000_000, 3, 100);
    for until in [0, 1, w.now - 1, w.now] {
        w.pause(MAX_PAUSE_BLOCKS).expect("within the bound");
        w.market.pause_opening(until, w.now).expect("a block that has come");
        w.clone().open(3, 1_000_000_000, 1_000_000).expect("opens at once");
    }
    w.pause(MAX_PAUSE_BLOCKS).expect("within the bound");
    w.pause(10).expect("shorter");
    w.now += 10;
    w.open(3, 1_000_000_000, 1_000_000).expect("opens");
}

#[test]
fn a_pause_longer_than_its_bound_is_refused() {
    let mut w = setup::with_shorts(1_000_000_000_000, 3, 100);
    let max = w.now + MAX_PAUSE_BLOCKS;
    for until in [max + 1, u32::MAX] {
        let refused = Error::ParameterOutOfBounds {
            parameter: Parameter::PauseEnd,
            min: 0,
            max: max.into(),
            got: until.into(),
        };
        assert_eq!(w.market.pause_opening(until, w.now), Err(refused));
        assert_eq!(w.market.opening_paused_until, 0, "a refusal changes nothing");
    }
    w.market.pause_opening(max, w.now).expect("the bound itself");
    // Where blocks end, the bound does.
    w.market.pause_opening(u32::MAX, u32::MAX - 1).expect("no overflow");
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
