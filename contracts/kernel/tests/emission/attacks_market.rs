//! Attacks on sanctions and on the flow with a real market: shorts that know of a delisting, and shorts that move TAO out of the
//! pool and back.

use kernel::emission::Rules;
use kernel::flow::{Sample, EPOCH};
use kernel::market::{Standing, RESTRICTED_BLOCKS};
use kernel::math::{value_down, value_up};
use kernel::{Asset, Error};
use proptest::prelude::*;

use crate::economy::{held, honest, Economy, TAO};
use crate::exact::cases;
use crate::support::attacker::{arbitrage, at, trade_to, worth, ATTACKER};
use crate::support::{identities, setup, World};

/// How the attacker repays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The pool's alpha, out of the escrow.
    Close,
    /// Alpha bought in the pool before.
    Repay,
    /// Half and half.
    Both,
}

fn ways() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::Close), Just(Way::Repay), Just(Way::Both)]
}

/// A market in which the attacker is short as much as allowed, since long before, and the id of the position.
fn shorted(scale: u64) -> (World, u32) {
    let mut w = setup::seeded(scale);
    w.chain_price = Some(w.market.pool.price_down());
    let fair = w.market.pool.price_down();
    let id = setup::open_at_limit(&mut w, ATTACKER, scale / 100);
    trade_to(&mut w, 5, fair);
    w.now += 400;
    w.market.touch_debt(w.now).expect("touch");
    (w, id)
}

/// The true price falls, here and on the chain, and averages follow; the restriction is renewed.
fn fall(w: &mut World, percent: u64, standing: Standing) {
    let target = (u128::from(w.market.pool.price_down()) * u128::from(100 - percent) / 100) as u64;
    trade_to(w, 5, target);
    w.chain_price = Some(w.market.pool.price_down());
    w.now += 400;
    w.market.touch_debt(w.now).expect("touch");
    w.market.restrict(standing, 0, w.now);
}

/// What the attacker owns when every alpha, the debt's included, is worth `price`.
fn owned(w: &World, id: u32, price: u64, debt_price: u64) -> i128 {
    let account = w.accounts[ATTACKER];
    let wallet = w.wallets[ATTACKER];
    let rao = i128::from(wallet.tao) + i128::from(account.tao);
    let alpha = at(i128::from(wallet.alpha) + i128::from(account.alpha), price);
    let position = w.positions.get(&id).map_or(0, |position| {
        let debt = w.market.vault.debt_of_up(position.debt_scaled).expect("computable");
        i128::from(position.escrow) - i128::from(value_up(debt, debt_price).expect("fits"))
    });
    rao + alpha + position
}

/// Repays everything.
fn repay(w: &mut World, id: u32, way: Way) {
    let debt = w
        .market
        .vault
        .debt_of_up(w.positions[&id].debt_scaled)
        .expect("computable");
    if way != Way::Close {
        let alpha = if way == Way::Both { debt / 2 } else { debt };
        let wallet = w.wallets[ATTACKER].tao;
        w.swap_out(ATTACKER, Asset::Alpha, alpha, wallet).expect("bought");
        w.repay_with_alpha(ATTACKER, id, alpha).expect("repaid");
    }
    if way != Way::Repay {
        w.close(id, u64::MAX, 0).expect("closed");
    }
    assert!(w.positions.is_empty());
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_short_from_before_gains_nothing_from_a_fall_after_the_challenge(
        scale in 11u32..15, percent in 1u64..80, way in ways(), delisted in any::<bool>(),
    ) {
        let (mut w, id) = shorted(10u64.pow(scale));
        w.market.restrict(Standing::Contested, 0, w.now);
        let floor = w.market.restriction.floor;
        prop_assert!(floor > 0);
        fall(&mut w, percent, if delisted { Standing::Delisted } else { Standing::Contested });
        prop_assert_eq!(w.market.restriction.floor, floor, "fixed once");
        let fair = w.market.pool.price_down();
        let before = owned(&w, id, fair, floor);
        let held = w.market.lender_incentives.held;
        repay(&mut w, id, way);
        let profit = owned(&w, id, fair, floor) - before;
        prop_assert!(profit <= 0, "{profit} rao, {way:?}");
        // Buying back moves the price by less than a tenth.
        prop_assert!(percent < 10 || w.market.lender_incentives.held > held, "lenders get what the fall would have brought");
        identities::check(&w);
    }

    #[test]
    fn without_the_floor_it_would_have_gained(scale in 11u32..15, percent in 20u64..80, way in ways()) {
        let (mut w, id) = shorted(10u64.pow(scale));
        w.market.touch_debt(w.now).expect("touch");
        let floor = w.market.prices().twap_long;
        fall(&mut w, percent, Standing::Open);
        let fair = w.market.pool.price_down();
        let before = owned(&w, id, fair, floor);
        repay(&mut w, id, way);
        prop_assert!(owned(&w, id, fair, floor) > before);
    }

    #[test]
    fn lenders_get_all_that_is_withheld_to_the_rao(scale in 11u32..15, percent in 1u64..80, part in 1u64..100) {
        let (mut w, id) = shorted(10u64.pow(scale));
        w.market.restrict(Standing::Contested, 0, w.now);
        let floor = w.market.restriction.floor;
        fall(&mut w, percent, Standing::Contested);
        let escrow = w.positions[&id].escrow;
        let debt = w.market.vault.debt_of_up(w.positions[&id].debt_scaled).expect("computable");
        let (pool, held) = (w.market.pool, w.market.lender_incentives.held);
        // A part that leaves too little is refused; then the whole.
        let mut next = w.clone();
        let closed = next.close(id, debt * part / 100, 0);
        let closed = match closed {
            Ok(closed) => { w = next; closed }
            Err(_) => w.close(id, u64::MAX, 0).expect("closed"),
        };
        let bought = w.market.pool.tao - pool.tao + w.market.protocol_tao;
        let withheld = w.market.lender_incentives.held - held;
        prop_assert!(u128::from(withheld) + u128::from(bought) >= u128::from(closed.cost).saturating_sub(1_000_000) );
        prop_assert!(closed.cost >= value_down(closed.repaid, floor).expect("fits"), "never below the floor");
        prop_assert_eq!(escrow, closed.cost + closed.returned + closed.escrow);
        identities::check(&w);
    }

    /// Somebody trades against any price that is not the chain's, as in every market.
    #[test]
    fn lifting_the_price_to_repay_at_it_loses_while_others_trade(scale in 11u32..15, percent in 10u64..60, blocks in 1u32..200) {
        let (mut w, id) = shorted(10u64.pow(scale));
        w.market.restrict(Standing::Contested, 0, w.now);
        let floor = w.market.restriction.floor;
        fall(&mut w, percent, Standing::Contested);
        let fair = w.market.pool.price_down();
        let before = owned(&w, id, fair, floor);
        for _ in 0..blocks {
            trade_to(&mut w, ATTACKER, floor);
            w.now += 1;
            arbitrage(&mut w);
            w.market.touch_debt(w.now).expect("touch");
        }
        trade_to(&mut w, ATTACKER, floor);
        let debt = w.market.vault.debt_of_up(w.positions[&id].debt_scaled).expect("computable");
        if w.accounts[ATTACKER].alpha >= debt {
            w.repay_with_alpha(ATTACKER, id, debt).expect("repaid");
            let rest = w.accounts[ATTACKER].alpha;
            w.try_swap_in(ATTACKER, Asset::Alpha, rest);
            let profit = owned(&w, id, fair, floor) - before;
            prop_assert!(profit <= 0, "{profit} rao after {blocks} blocks");
            identities::check(&w);
        }
    }

    #[test]
    fn no_restriction_but_a_delisting_outlives_its_renewal_and_every_exit_stays_open(
        standing in prop_oneof![Just(Standing::Quarantined), Just(Standing::Contested), Just(Standing::Delisted)],
        way in ways(),
    ) {
        let (mut w, id) = shorted(10u64.pow(13));
        w.market.restrict(standing, 0, w.now);
        let until = w.now + RESTRICTED_BLOCKS;
        prop_assert_eq!(w.market.standing(until - 1), standing);
        let lapsed = if standing == Standing::Delisted { Standing::Delisted } else { Standing::Open };
        prop_assert_eq!(w.market.standing(until), lapsed);
        prop_assert_eq!(w.clone().open(3, TAO, 1_000_000).err(), Some(Error::OpeningPaused));
        prop_assert_eq!(w.clone().withdraw_margin(id, 1).err(), Some(Error::OpeningPaused));
        w.clone().add_margin(ATTACKER, id, 1).expect("margin may always be added");
        let mut leaving = w.clone();
        repay(&mut leaving, id, way);
        for lender in [1, 2] {
            let shares = leaving.accounts[lender].lend_shares;
            leaving.unlend(lender, shares).expect("lenders leave");
        }
        let shares = leaving.accounts[0].lp_shares;
        leaving.remove_liquidity(0, shares).expect("providers leave");
        identities::check(&leaving);
    }
}

/// A year of an attacker who provides all liquidity, lends all alpha, and is short every `every` epochs for `held_for` of them: what
/// emission pays more than for a pool that stands still, less what all his trading costs him.
fn profit_of_shorting(every: u32, held_for: u32, epochs: u32) -> (i128, i128) {
    let others = honest();
    let scale = 10_000 * TAO;
    let mut w = setup::seeded(scale);
    w.chain_price = Some(w.market.pool.price_down());
    let first = w.now / EPOCH + 1;
    w.now = first * EPOCH;
    w.market.touch_debt(w.now).expect("touch");
    let begin = w.market.pool.tao;
    let price = w.market.pool.price_down();
    // All of these are one and the same.
    let own = [0, 1, 2, 3];
    let before: i128 = own.iter().map(|actor| worth(&w, *actor, price)).sum();
    let mut economy = Economy::new(10_000 * TAO, 8);
    economy.run(1_000, &others, |_| begin);
    economy.pot = 10_000 * TAO;
    let mut still = economy.clone();
    let paid_before = economy.attacker_paid();
    let mut id = None;
    let mut counted = 0i128;
    for epoch in 0..epochs {
        w.now = (first + epoch) * EPOCH + 100;
        if epoch % every == 0 && epoch + held_for < epochs {
            id = Some(setup::open_at_limit(&mut w, 3, scale / 60));
        }
        if epoch % every == held_for {
            if let Some(id) = id.take() {
                w.close(id, u64::MAX, 0).expect("closed");
            }
        }
        w.now = (first + epoch + 1) * EPOCH;
        w.market.touch_debt(w.now).expect("touch");
        let sample = w.market.reading(first + epoch).sample.expect("over");
        let mut samples: Vec<Sample> = others.iter().map(|honest| honest.sample(economy.epoch)).collect();
        samples.push(held(sample.stayed));
        let settled = economy.seats[7].measures.settled;
        economy.settle(&samples);
        counted += i128::from(economy.seats[7].measures.settled) - i128::from(settled);
        still.run(1, &others, |_| begin);
    }
    let level = w.market.pool.tao;
    for _ in 0..8 {
        let settled = economy.seats[7].measures.settled;
        economy.run(1, &others, |_| level);
        counted += i128::from(economy.seats[7].measures.settled) - i128::from(settled);
    }
    // After all is closed, what was counted is what the pool holds more: his own fees and nothing else.
    assert!(w.positions.is_empty());
    assert_eq!(counted, i128::from(level) - i128::from(begin));
    economy.run(2_000, &others, |_| level);
    still.run(2_008, &others, |_| begin);
    identities::check(&w);
    let after: i128 = own.iter().map(|actor| worth(&w, *actor, price)).sum();
    assert!(paid_before == 0 || economy.attacker_paid() > 0);
    let emission = i128::from(economy.attacker_paid()) - i128::from(still.attacker_paid());
    (emission, after - before)
}

#[test]
fn flow_cannot_be_made_by_opening_and_closing_shorts() {
    for (every, held_for, epochs) in [
        (2, 1, 300),
        (6, 1, 600),
        (8, 4, 600),
        (20, 10, 600),
        (50, 1, 600),
        (100, 50, 1_200),
    ] {
        let (emission, trading) = profit_of_shorting(every, held_for, epochs);
        assert!(trading < 0, "{trading} rao");
        let profit = emission + trading;
        assert!(
            profit <= 0,
            "every {every} for {held_for}: {emission} paid, {trading} traded"
        );
    }
}

#[test]
fn rules_at_birth_are_those_of_the_attacks() {
    let rules = Rules::default();
    assert_eq!((rules.release_ppm, rules.max_yield_bps), (2_000, 10));
}
