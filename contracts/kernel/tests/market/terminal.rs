//! The end of a market.

use kernel::{Asset, Error};

use crate::support::attacker::{trade_to, ATTACKER};
use crate::support::{identities, setup, wind_down, World};

#[test]
fn everybody_is_paid_at_one_rate_and_only_once() {
    let mut w = setup::with_shorts(1_000_000_000_000, 3, 100);
    w.deposit(4, 1_000_000_000).expect("deposit");
    w.deposit(5, 2_000_000_000).expect("deposit");
    let stake = w.stake;
    w.freeze(stake / 20).expect("freeze");
    let (first, second) = (w.claim(4).expect("claim"), w.claim(5).expect("claim"));
    assert!(second.abs_diff(2 * first) <= 1, "{first} for one, {second} for two");
    assert!(first.abs_diff(1_000_000_000 / 20) <= 1);
    assert_eq!(w.claim(4), Err(Error::NothingToDo));
    identities::check(&w);
    wind_down::terminal(w, 0);
}

#[test]
fn lenders_wait_for_the_shorts_and_then_get_the_same() {
    let mut w = setup::with_shorts(1_000_000_000_000, 3, 100);
    w.freeze(w.stake / 20).expect("freeze");
    assert_eq!(w.clone().claim(1), Err(Error::NothingToDo));
    for id in w.positions.keys().copied().collect::<Vec<_>>() {
        w.settle_short(id).expect("settle");
    }
    let (one, other) = (w.claim(1).expect("claim"), w.claim(2).expect("claim"));
    assert!(one.abs_diff(other) <= 2, "{one} and {other} for the same shares");
    identities::check(&w);
}

#[test]
fn a_frozen_market_does_nothing_but_settle() {
    let mut w = setup::with_shorts(1_000_000_000_000, 1, 100);
    let id = *w.positions.keys().next().expect("open");
    w.deposit(3, 1_000_000_000).expect("deposit");
    assert_eq!(w.claim(3), Err(Error::NotFrozen));
    assert_eq!(w.settle_short(id).map(drop), Err(Error::NotFrozen));
    w.freeze(w.stake / 20).expect("freeze");
    assert_eq!(w.clone().freeze(1), Err(Error::Frozen));
    assert_eq!(w.clone().swap_in(3, Asset::Alpha, 1_000_000), Err(Error::Frozen));
    assert_eq!(w.clone().remove_liquidity(0, 1), Err(Error::Frozen));
    assert_eq!(w.clone().lend(3, 1_000), Err(Error::Frozen));
    assert_eq!(w.clone().open(3, 1_000_000_000, 1_000_000), Err(Error::Frozen));
    assert_eq!(w.clone().close(id, 1, 0), Err(Error::Frozen));
    assert_eq!(w.clone().liquidate(3, id), Err(Error::Frozen));
    assert_eq!(w.clone().harvest(3, 1), Err(Error::Frozen));
    assert_eq!(w.clone().fund_incentives(3, 1_000), Err(Error::Frozen));
}

#[test]
fn shorts_settle_at_the_long_average_from_before_the_end() {
    let mut w = setup::with_shorts(1_000_000_000_000, 1, 100);
    w.market.touch_debt(w.now).expect("touch");
    let average = w.market.prices().twap_long;
    // Who sees the end coming pumps in the last block.
    trade_to(&mut w, ATTACKER, average * 5);
    w.now += 50;
    w.freeze(w.stake / 20).expect("freeze");
    assert_eq!(w.market.terminal().expect("frozen").short_price, average);
    let id = *w.positions.keys().next().expect("open");
    let (escrow, debt) = (
        w.positions[&id].escrow,
        w.market.vault.debt_of_up(w.positions[&id].debt_scaled),
    );
    let settled = w.settle_short(id).expect("settle");
    assert_eq!(
        Ok(settled.repaid),
        kernel::math::value_up(debt.expect("computable"), average)
    );
    assert_eq!(settled.returned, escrow - settled.repaid);
}

#[test]
fn insurance_covers_a_short_that_cannot_pay_after_the_end_and_then_is_the_protocols() {
    let mut w = setup::with_shorts(1_000_000_000_000, 1, 150);
    crate::support::attacker::drift(&mut w, 100);
    w.fund_insurance(10_000_000_000);
    w.freeze(w.stake / 20).expect("freeze");
    let id = *w.positions.keys().next().expect("open");
    let settled = w.settle_short(id).expect("settle");
    assert!(settled.insured > 0 && settled.bad_debt == 0 && settled.returned == 0);
    assert_eq!(w.market.insurance, 0);
    assert!(w.market.protocol_tao >= 10_000_000_000 - settled.insured);
    w.take_protocol_terminal().expect("the rest");
    identities::check(&w);
}

/// Found by a random sequence: what nobody was owed stayed for ever.
#[test]
fn proceeds_that_nobody_is_owed_are_the_protocols() {
    let mut w = World::new(1_000_000_000, 1_000);
    w.stake_grows(1_000);
    w.freeze(643).expect("freeze");
    assert_eq!(w.take_protocol_terminal(), Ok(643));
    identities::check(&w);
}

/// Found by review: income without anybody to earn it stayed for ever.
#[test]
fn income_that_nobody_earns_at_the_end_is_the_protocols() {
    let mut w = setup::seeded(1_000_000_000_000);
    w.fund_incentives(3, 1_000_000_000).expect("fund");
    for lender in [1, 2] {
        let shares = w.accounts[lender].lend_shares;
        w.unlend(lender, shares).expect("unlend");
    }
    let shares = w.accounts[0].lp_shares;
    w.remove_liquidity(0, shares).expect("remove");
    w.freeze(0).expect("freeze");
    assert_eq!(w.take_protocol_terminal(), Ok(1_000_000_000));
    identities::check(&w);
}
