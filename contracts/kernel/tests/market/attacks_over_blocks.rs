//! Attacks that hold a price for some blocks. Profit is measured at the price before the attack, with everything closed.

use kernel::Asset;
use proptest::prelude::*;

use crate::support::attacker::{arbitrage, at, drift, dump, fair_price, liquidate_all, trade_to, worth, ATTACKER};
use crate::support::{identities, setup, World};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// A pool with shorts up to the cap of 5 %, opened at the highest loan-to-value, whose true price then rose by `percent`.
fn shorted(scale: u64, percent: u64) -> World {
    let mut w = setup::seeded(scale);
    w.chain_price = Some(w.market.pool.price_down());
    for owner in [3, 4, 5] {
        setup::open_at_limit(&mut w, owner, (u128::from(scale) * 160 / 10_000) as u64);
        // The sale moved the price; who else trades brings it back.
        let price = w.chain_price.expect("set");
        trade_to(&mut w, 5, price);
        w.now += 200;
        w.market.touch_debt(w.now).expect("touch");
    }
    drift(&mut w, percent);
    w
}

struct Held {
    profit: i128,
    liquidations: u32,
    debt_value: i128,
}

/// Buys until the price is `target_percent` of the fair one, holds it for `blocks`, liquidates, sells.
fn pump_hold_liquidate_dump(
    mut w: World,
    target_percent: u64,
    blocks: u32,
    with_alpha: bool,
    arbitraged: bool,
) -> Held {
    let fair = fair_price(&w);
    let debt = w.market.vault.debt_down().expect("computable");
    let before = worth(&w, ATTACKER, fair);
    let target = (u128::from(fair) * u128::from(target_percent) / 100) as u64;
    for _ in 0..blocks {
        trade_to(&mut w, ATTACKER, target);
        w.now += 1;
        if arbitraged {
            arbitrage(&mut w);
        }
        w.market.touch_debt(w.now).expect("touch");
    }
    trade_to(&mut w, ATTACKER, target);
    let liquidations = liquidate_all(&mut w, with_alpha);
    dump(&mut w, 0);
    identities::check(&w);
    Held {
        profit: worth(&w, ATTACKER, fair) - before,
        liquidations,
        debt_value: at(debt.into(), fair),
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn pump_liquidate_dump_in_one_block_loses(scale in 11u32..14, percent in 0u64..16, target in 101u64..400, with_alpha in any::<bool>()) {
        let held = pump_hold_liquidate_dump(shorted(10u64.pow(scale), percent), target, 0, with_alpha, false);
        prop_assert!(held.profit < 0, "{} rao", held.profit);
        prop_assert_eq!(held.liquidations, 0, "the average did not move");
    }

    #[test]
    fn pump_liquidate_dump_over_five_blocks_loses(scale in 11u32..14, target in 101u64..400, with_alpha in any::<bool>()) {
        let held = pump_hold_liquidate_dump(shorted(10u64.pow(scale), 0), target, 5, with_alpha, false);
        prop_assert!(held.profit < 0, "{} rao", held.profit);
    }

    /// Found by review: at min(spot, average) alone, a price held 17 % up for 25 blocks while nobody trades against it took
    /// half a percent of the pool from the shorts.
    #[test]
    fn squeezing_all_shorts_at_the_cap_loses_however_long_nobody_trades_against_it(
        scale in 11u32..14, target in 101u64..1_000, blocks in prop_oneof![Just(25u32), 26u32..200], with_alpha in any::<bool>()
    ) {
        let held = pump_hold_liquidate_dump(shorted(10u64.pow(scale), 0), target, blocks, with_alpha, false);
        prop_assert!(held.profit < 0, "{} rao", held.profit);
        prop_assert_eq!(held.liquidations, 0, "the chain's price did not move");
    }

    #[test]
    fn squeezing_shorts_close_to_their_limit_loses_where_others_trade_too(
        scale in 11u32..14, percent in 0u64..16, target in 101u64..200, blocks in 1u32..40, with_alpha in any::<bool>()
    ) {
        let held = pump_hold_liquidate_dump(shorted(10u64.pow(scale), percent), target, blocks, with_alpha, true);
        prop_assert!(held.profit < 0, "{} rao", held.profit);
    }

    /// A known limit, see `docs/invariants.md`: with nobody trading against it for as long, a price held within 10 % of the
    /// chain's liquidates those who were that close to their limit, and pays the one who held it at most those 10 % and the
    /// penalty of what was liquidated.
    #[test]
    fn squeezing_shorts_close_to_their_limit_gains_at_most_their_penalty_where_nobody_trades(
        scale in 11u32..14, percent in 0u64..16, target in 101u64..200, blocks in 1u32..60, with_alpha in any::<bool>()
    ) {
        let held = pump_hold_liquidate_dump(shorted(10u64.pow(scale), percent), target, blocks, with_alpha, false);
        // Ten percent of price, LIF on top, and the smallest bounties.
        let most = held.debt_value * 21 / 100 + i128::from(held.liquidations) * i128::from(kernel::short::MIN_BOUNTY);
        prop_assert!(held.profit <= most, "{} rao of {} rao of debt", held.profit, held.debt_value);
    }

    /// Found by review: a price held three times up for 80 blocks made one's own shorts bad debt that lenders paid.
    #[test]
    fn driving_ones_own_shorts_into_bad_debt_loses(scale in 11u32..14, target in 150u64..1_500, blocks in 1u32..200, with_alpha in any::<bool>()) {
        let mut w = setup::seeded(10u64.pow(scale));
        let fair = w.market.pool.price_down();
        w.chain_price = Some(fair);
        let before = worth(&w, ATTACKER, fair);
        for _ in 0..3 {
            let alpha = w.market.pool.alpha / 10_000 * 155;
            setup::open_at_limit(&mut w, ATTACKER, alpha);
            trade_to(&mut w, 5, fair);
            w.now += 200;
            w.market.touch_debt(w.now).expect("touch");
        }
        for _ in 0..blocks {
            trade_to(&mut w, ATTACKER, (u128::from(fair) * u128::from(target) / 100) as u64);
            w.now += 1;
            w.market.touch_debt(w.now).expect("touch");
        }
        liquidate_all(&mut w, with_alpha);
        dump(&mut w, 0);
        let profit = worth(&w, ATTACKER, fair) - before;
        prop_assert!(profit < 0, "{profit} rao");
    }

    #[test]
    fn opening_pumping_and_closing_loses(
        scale in 11u32..14, part in 10u64..190, first in 50u64..200, second in 50u64..200, blocks in 0u32..30, split in 1u64..5
    ) {
        let mut w = setup::seeded(10u64.pow(scale));
        let fair = fair_price(&w);
        w.chain_price = Some(fair);
        let before = worth(&w, ATTACKER, fair);
        let alpha = w.market.pool.alpha / 10_000 * part;
        let id = setup::open_at_limit(&mut w, ATTACKER, alpha);
        let to = |w: &mut World, percent: u64| trade_to(w, ATTACKER, (u128::from(fair) * u128::from(percent) / 100) as u64);
        to(&mut w, first);
        w.now += blocks;
        w.market.touch_debt(w.now).expect("touch");
        to(&mut w, second);
        let debt = w.market.vault.debt_of_up(w.positions[&id].debt_scaled).expect("computable");
        for _ in 0..split {
            let mut next = w.clone();
            if next.close(id, debt / split, 0).is_ok() {
                w = next;
            }
        }
        let funds = w.wallets[ATTACKER].tao / 2;
        if w.positions.contains_key(&id) {
            w.close(id, u64::MAX, funds).expect("the whole can be closed");
        }
        dump(&mut w, 0);
        // What the attacker minted to push the price down is theirs as well.
        let brought = at(w.all_alpha as i128 - 8_000_000_000_000_000, fair);
        let profit = worth(&w, ATTACKER, fair) - before - brought;
        prop_assert!(profit < 0, "{profit} rao");
    }
}

/// Found by review: one who pushed the spot just below the cap could liquidate dust again and again, each time for the
/// smallest bounty, and drain the escrow of a position that was due.
#[test]
fn a_liquidation_cut_short_by_the_cap_pays_no_minimum_bounty() {
    let mut w = shorted(1_000_000_000_000_000, 0);
    // The price rises for real and everything is due.
    drift(&mut w, 18);
    let id = *w.positions.keys().next().expect("open");
    let escrow = w.positions[&id].escrow;
    let cap = kernel::short::price_cap(fair_price(&w)).expect("fits");
    let mut pushed = 0;
    let mut taken = 0;
    for _ in 0..50 {
        // Just so far that only dust can be bought within the cap.
        while let Some(half) = w.market.pool.most_alpha_at(cap, 30).ok().filter(|most| *most > 100_000) {
            w.swap_out(ATTACKER, Asset::Alpha, half / 3, u64::MAX).expect("buy");
        }
        if w.market.pool.most_alpha_at(cap, 30) == Ok(0) {
            w.swap_in(ATTACKER, Asset::Alpha, 200_000).expect("sell");
        }
        let mut next = w.clone();
        let Ok(done) = next.liquidate(ATTACKER, id) else { break };
        w = next;
        pushed += 1;
        taken += done.bounty;
    }
    assert_eq!(pushed, 50, "the attack was not tried");
    assert!(taken < 50_000, "{taken} of {escrow} rao went to bounties for dust");
}

#[test]
fn poking_a_pumped_price_again_and_again_in_one_block_moves_no_average() {
    let mut w = shorted(1_000_000_000_000, 15);
    let fair = fair_price(&w);
    let before = worth(&w, ATTACKER, fair);
    let prices = w.market.prices();
    trade_to(&mut w, ATTACKER, fair * 3);
    for _ in 0..1_000 {
        w.market.touch_debt(w.now).expect("touch");
    }
    assert_eq!(
        (w.market.prices().twap_short, w.market.prices().twap_long),
        (prices.twap_short, prices.twap_long)
    );
    assert_eq!(liquidate_all(&mut w, false) + liquidate_all(&mut w, true), 0);
    let alpha = w.accounts[ATTACKER].alpha;
    w.swap_in(ATTACKER, Asset::Alpha, alpha).expect("sell");
    assert!(worth(&w, ATTACKER, fair) < before);
}
