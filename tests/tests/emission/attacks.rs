//! Attacks on the built contracts; each computes what it brought.

use contract_tests::puppet;
use contract_tests::suite::{Part, STRANGER};
use contract_tests::world::{ATTACKER, HOTKEY, LENDER, TRADER};
use contract_tests::COIN;
use kernel::emission::State;
use kernel::market::{Closed, Opened};
use kernel::Asset;

use crate::economy::{rules, Economy, Place, BUDGET, POOL};

/// Everything an account has in TAO, its alpha valued at the price of the start: one.
fn wealth(economy: &mut Economy, who: [u8; 32]) -> i128 {
    #[derive(codec::Decode)]
    struct View {
        account: kernel::Account,
        tao: u64,
        alpha: u64,
        lent: u64,
    }
    let mut sum = i128::from(economy.suite.world.tao(who)) + economy.suite.world.deposits(who);
    for place in economy.places.clone() {
        let view: View = economy
            .suite
            .read_at::<Result<View, ()>>(place.address, Part::Market, "account", who)
            .expect("readable");
        let parts = [view.account.alpha, view.account.tao, view.tao, view.alpha, view.lent];
        sum += parts.into_iter().map(i128::from).sum::<i128>();
    }
    sum
}

/// An account's TAO, storage deposits included.
fn tao(economy: &mut Economy, who: [u8; 32]) -> i128 {
    i128::from(economy.suite.world.tao(who)) + economy.suite.world.deposits(who)
}

/// Two honest markets with inflow, and the attacker's own, of which it provides everything.
fn with_own_market() -> (Economy, Place) {
    let mut economy = Economy::new(2);
    economy.set_rules(rules());
    let own = economy.create(60);
    economy.provide(own, ATTACKER, POOL);
    economy.list(own);
    economy.seat_it(own).expect("a seat");
    for _ in 0..8 {
        honest(&mut economy);
        economy.epoch();
    }
    (economy, own)
}

fn honest(economy: &mut Economy) {
    for place in economy.places.clone().into_iter().take(2) {
        economy.buy(place, 10 * COIN);
    }
}

#[test]
fn liquidity_just_in_time_for_settlement_earns_nothing() {
    let (mut economy, own) = with_own_market();
    let mut twin = economy.clone();
    let before = wealth(&mut economy, ATTACKER);
    for _ in 0..6 {
        honest(&mut economy);
        honest(&mut twin);
        economy.end_epoch();
        economy.alpha(own, ATTACKER, 5_000 * COIN);
        let added = economy.add(own, ATTACKER, 5_000 * COIN);
        economy.settle_all(128);
        economy.remove(own, ATTACKER, added.shares);
        twin.end_epoch();
        twin.settle_all(128);
    }
    let given = 6 * 5_000 * i128::from(COIN);
    let profit = wealth(&mut economy, ATTACKER) - before - given;
    let idle = wealth(&mut twin, ATTACKER) - before;
    assert!(profit <= idle, "{profit} against {idle} for doing nothing");
}

#[test]
fn trades_with_oneself_within_an_epoch_earn_nothing() {
    let (mut economy, own) = with_own_market();
    let mut twin = economy.clone();
    let before = wealth(&mut economy, ATTACKER);
    for _ in 0..6 {
        honest(&mut economy);
        honest(&mut twin);
        economy.suite.world.jump(10);
        let bought = economy.swap(own, ATTACKER, Asset::Tao, 500 * COIN);
        economy.suite.world.jump(10);
        economy.swap(own, ATTACKER, Asset::Alpha, bought.amount_out);
        economy.epoch();
        twin.epoch();
    }
    let profit = wealth(&mut economy, ATTACKER) - before;
    let idle = wealth(&mut twin, ATTACKER) - before;
    assert!(profit < idle, "{profit} against {idle} for doing nothing");
}

#[test]
fn liquidity_taken_out_and_put_in_again_is_no_flow() {
    let (mut economy, own) = with_own_market();
    let mut twin = economy.clone();
    let paid = |economy: &mut Economy| economy.seat(own).seat.total_paid;
    for _ in 0..6 {
        honest(&mut economy);
        honest(&mut twin);
        // Buy from oneself, take everything out with the liquidity, begin again.
        let bought = economy.swap(own, ATTACKER, Asset::Tao, 1_000 * COIN);
        let pool = economy.market_state(own).market.pool;
        let mine = pool.shares - kernel::pool::LOCKED_SHARES;
        economy.remove(own, ATTACKER, mine * 3 / 4);
        economy.swap(own, ATTACKER, Asset::Alpha, bought.amount_out / 8);
        economy.add(own, ATTACKER, 500 * COIN);
        economy.epoch();
        twin.epoch();
    }
    assert!(paid(&mut economy) <= paid(&mut twin));
}

#[test]
fn a_short_that_triggers_a_delisting_gains_nothing_by_it() {
    let mut economy = Economy::new(2);
    economy.set_rules(rules());
    let place = economy.places[0];
    economy.alpha(place, LENDER, 1_000 * COIN);
    let _: u128 = economy.market(place, LENDER, 0, "lend", 1_000 * COIN).unwrap();
    economy.alpha(place, TRADER, 100_000 * COIN);
    for _ in 0..4 {
        honest(&mut economy);
        economy.epoch();
    }
    // As the chain's price, so that the market is not in safe mode.
    let spot = economy.market_state(place).prices.spot / 1_000;
    economy.suite.world.control(|chain| chain.set_price(place.netuid, spot));
    let opened: Opened = economy
        .market(place, ATTACKER, 30 * COIN, "open_short", (20 * COIN, 0u64, u32::MAX))
        .expect("a short");
    let quarantined = |state: &State| matches!(state, State::Quarantine { .. });
    sink(&mut economy, place, quarantined);
    let key = (place.netuid, place.generation);
    let held = tao(&mut economy, ATTACKER);
    economy.emission::<()>(ATTACKER, 10 * COIN, "challenge", key).unwrap();
    let price = economy.market_state(place).market.restriction.floor;
    sink(&mut economy, place, |state| *state == State::Delisted);
    economy.epoch();
    assert_eq!(
        tao(&mut economy, ATTACKER),
        held,
        "the bond came back, and nothing else"
    );
    let fallen = economy.market_state(place).prices.spot;
    assert!(fallen < price / 2, "the price fell while the challenge ran");
    // A stranger closes it, as anyone may.
    let closed: Closed = economy
        .market(
            place,
            STRANGER,
            0,
            "close_short",
            (opened.id, u64::MAX, u64::MAX, u32::MAX),
        )
        .expect("delisted");
    let worth = u128::from(closed.repaid) * u128::from(price) / 1_000_000_000_000;
    assert!(
        u128::from(closed.cost) >= worth,
        "repaid at no less than before the challenge: {closed:?}"
    );
    assert_eq!(tao(&mut economy, ATTACKER), held + i128::from(closed.returned));
}

#[test]
fn a_dust_market_gets_no_more_than_a_small_part_of_what_is_in_it() {
    let mut economy = Economy::new(1);
    economy.set_rules(kernel::emission::Rules {
        max_yield_bps: 10,
        ..rules()
    });
    let dust = economy.create(70);
    economy.provide(dust, ATTACKER, COIN);
    economy.list(dust);
    economy.seat_it(dust).unwrap();
    for _ in 0..10 {
        // All the flow there is goes to the dust.
        economy.buy(dust, COIN);
        let held = economy.market_state(dust).market.pool.tao;
        economy.epoch();
        assert!(economy.seat(dust).seat.paid <= held / 1_000);
    }
    assert!(economy.seat(dust).seat.total_paid < BUDGET / 100_000);
}

/// The team sells until the market stands where `wanted` says.
fn sink(economy: &mut Economy, place: Place, wanted: impl Fn(&State) -> bool) {
    for _ in 0..60 {
        if wanted(&economy.seat(place).seat.ladder.state) {
            return;
        }
        let pool = economy.market_state(place).market.pool;
        economy.swap(place, TRADER, Asset::Alpha, pool.alpha / 18);
        economy.epoch();
    }
    panic!("{:?}", economy.seat(place));
}

/// Governance pins bad code: a market that uses the chain in the name of whoever calls it.
#[test]
fn a_market_that_takes_funds_of_its_caller_gets_none_from_any_call() {
    let mut economy = Economy::new(1);
    let code = economy.suite.world.upload(puppet::thief(HOTKEY, COIN));
    let handover = economy.suite.handover;
    economy
        .suite
        .call::<()>(handover, Part::Registry, 0, "pin_market_code", code)
        .expect("the authority pins");
    let thief = economy.create(80);
    economy.list(thief);
    economy.seat_it(thief).expect("listed");
    let key = (thief.netuid, thief.generation);
    let before = economy.state().available;
    economy.end_epoch();
    assert_eq!(economy.settle(128).unwrap_err(), "FundsTaken");
    economy.set_listed(thief, false);
    let unseated = economy.emission::<()>(STRANGER, 0, "unseat", key);
    assert_eq!(unseated.unwrap_err(), "FundsTaken");
    assert_eq!(economy.state().available, before);
}
