//! Attacks on the price floor of a contested market: the price lifted to repay at it, and lowered before the challenge.
//!
//! The attacker is short a sixtieth of the pool's alpha. Gains are over closing the short as it is.

use kernel::market::Standing;
use kernel::math::sqrt_down;
use kernel::Asset;

use crate::economy::TAO;
use crate::support::attacker::{at, trade_to, ARBITRAGEUR, ATTACKER};
use crate::support::{identities, setup, World};

const SCALE: u64 = 10_000 * TAO;

/// A short of the attacker's in a market that is not contested yet, and its fair price.
fn shorted() -> (World, u32, u64) {
    let mut w = setup::seeded(SCALE);
    let fair = w.market.pool.price_down();
    w.chain_price = Some(fair);
    let id = setup::open_at_limit(&mut w, ATTACKER, SCALE / 60);
    trade_to(&mut w, 5, fair);
    w.now += 400;
    w.market.touch_debt(w.now).expect("touch");
    (w, id, fair)
}

/// The market is contested, and the true price falls to `percent` less than `fair`.
fn contested(w: &mut World, fair: u64, percent: u64) {
    w.market.restrict(Standing::Contested, 0, w.now);
    trade_to(w, 5, fair * (100 - percent) / 100);
    w.chain_price = Some(w.market.pool.price_down());
    w.now += 400;
    w.market.touch_debt(w.now).expect("touch");
    w.market.restrict(Standing::Contested, 0, w.now);
}

fn tao(w: &World) -> i128 {
    i128::from(w.wallets[ATTACKER].tao)
}

/// What closing the short brings.
fn closed(mut w: World, id: u32) -> i128 {
    let before = tao(&w);
    w.close(id, u64::MAX, 0).expect("closed");
    identities::check(&w);
    tao(&w) - before
}

/// What the floor withholds: what closing would bring without it, over what it brings.
fn withheld(w: &World, id: u32) -> i128 {
    let mut open = w.clone();
    open.market.restrict(Standing::Open, 0, open.now);
    closed(open, id) - closed(w.clone(), id)
}

/// What lifting the price to the floor for so many blocks, repaying with alpha and selling the rest brings over closing.
fn lifted(w: &World, id: u32, blocks: u32) -> i128 {
    let mut w = w.clone();
    let (before, plain) = (tao(&w), closed(w.clone(), id));
    let floor = w.market.restriction.floor;
    trade_to(&mut w, ATTACKER, floor);
    w.now += blocks;
    w.market.touch_debt(w.now).expect("touch");
    w.market.restrict(Standing::Contested, 0, w.now);
    let debt = w
        .market
        .vault
        .debt_of_up(w.positions[&id].debt_scaled)
        .expect("computable");
    if let Some(missing) = debt
        .checked_sub(w.accounts[ATTACKER].alpha)
        .filter(|missing| *missing != 0)
    {
        let wallet = w.wallets[ATTACKER].tao;
        w.swap_out(ATTACKER, Asset::Alpha, missing, wallet).expect("bought");
    }
    w.repay_with_alpha(ATTACKER, id, u64::MAX).expect("repaid");
    assert!(w.positions.is_empty());
    let rest = w.accounts[ATTACKER].alpha;
    w.try_swap_in(ATTACKER, Asset::Alpha, rest);
    identities::check(&w);
    tao(&w) - before - plain
}

const FALLS: [u64; 6] = [2, 5, 10, 20, 40, 60];

/// The short window was once enough.
#[test]
fn lifting_the_price_for_the_short_window_to_repay_at_it_saves_a_hundred_and_fiftieth_of_the_debt_at_most_even_if_nobody_trades(
) {
    for percent in FALLS {
        let (mut w, id, fair) = shorted();
        contested(&mut w, fair, percent);
        for blocks in [0, 1, 10, 25, 30] {
            let profit = lifted(&w, id, blocks);
            // Alpha bought beforehand spares the slippage that a buy-back pays on top of the floor.
            let most = i128::from(16_667 * TAO / 1_000 / 150);
            assert!(profit <= most, "{profit} rao after {blocks} blocks of {percent} %");
        }
    }
}

/// The lowest of spot and both averages is lifted as far as the price was lifted for the long window: after a fall of 20 %, where 3.1
/// TAO are withheld of a debt that was worth 16.7, 60 blocks bring 0.44 TAO, 150 blocks 2.4, longer 2.6.
#[test]
fn lifting_the_price_for_longer_to_repay_at_it_evades_its_part_of_the_long_window_at_most_and_only_if_nobody_trades() {
    for percent in FALLS {
        let (mut w, id, fair) = shorted();
        contested(&mut w, fair, percent);
        let withheld = withheld(&w, id);
        for blocks in [40, 60, 100, 150, 160, 200, 400] {
            let profit = lifted(&w, id, blocks);
            let most = withheld * i128::from(blocks.min(150)) / 150;
            assert!(
                profit <= most,
                "{profit} rao of {withheld} after {blocks} blocks of {percent} %"
            );
        }
    }
}

/// What buying back costs counts in full: pumped and sold around it, in one block and at the cost of fees, it is as high as the floor. After
/// a fall of 20 % that brings 2.5 TAO of the 3.1 withheld, of 40 % 5.4 of 6.5, of 60 % 8.4 of 9.9.
#[test]
fn pumping_the_pool_around_one_s_own_buy_back_evades_the_floor_but_for_fees() {
    for percent in FALLS {
        let (mut w, id, fair) = shorted();
        contested(&mut w, fair, percent);
        let (plain, withheld) = (closed(w.clone(), id), withheld(&w, id));
        for to in [90, 100, 110, 125] {
            let mut w = w.clone();
            let target = w.market.restriction.floor * to / 100;
            if target <= w.market.pool.price_down() {
                continue;
            }
            let before = tao(&w);
            trade_to(&mut w, ATTACKER, target);
            w.close(id, u64::MAX, 0).expect("closed");
            let rest = w.accounts[ATTACKER].alpha;
            w.swap_in(ATTACKER, Asset::Alpha, rest).expect("sold");
            identities::check(&w);
            let profit = tao(&w) - before - plain;
            assert!(
                profit <= withheld,
                "{profit} rao of {withheld} by {to} % after {percent} %"
            );
        }
    }
}

/// The attacker sells down to `percent` below the fair price at the end of each of so many blocks, then challenges. Returns his loss when
/// all alpha is worth the fair price, and what the lower floor can bring: its difference on the whole debt.
fn lowered(percent: u64, blocks: u32, others_trade: bool) -> (i128, i128) {
    let (mut w, id, fair) = shorted();
    w.mint(ATTACKER, 0, 100 * SCALE);
    w.deposit(ATTACKER, 100 * SCALE).expect("deposit");
    let mut plain = w.clone();
    plain.now += blocks;
    plain.market.touch_debt(plain.now).expect("touch");
    plain.market.restrict(Standing::Contested, 0, plain.now);
    let owned = |w: &World| tao(w) + at(w.accounts[ATTACKER].alpha.into(), fair);
    let before = owned(&w);
    for _ in 0..blocks {
        let (pool, target) = (w.market.pool, fair * (100 - percent) / 100);
        let k = u128::from(pool.tao) * u128::from(pool.alpha);
        let alpha = sqrt_down(k / u128::from(target) * 1_000_000) * 1_000;
        if let Ok(sold @ 1..) = u64::try_from(alpha.saturating_sub(pool.alpha.into())) {
            w.try_swap_in(ATTACKER, Asset::Alpha, sold);
        }
        w.now += 1;
        w.market.touch_debt(w.now).expect("touch");
        let cheap = fair / 1_000 * 996;
        if others_trade && w.market.pool.price_down() < cheap {
            trade_to(&mut w, ARBITRAGEUR, cheap);
        }
    }
    w.market.restrict(Standing::Contested, 0, w.now);
    let lower = plain.market.restriction.floor - w.market.restriction.floor;
    // Bought back as far as the price is below the fair one.
    if w.market.pool.price_down() < fair {
        trade_to(&mut w, ATTACKER, fair);
    }
    identities::check(&w);
    let debt = w
        .market
        .vault
        .debt_of_up(w.positions[&id].debt_scaled)
        .expect("computable");
    (before - owned(&w), at(debt.into(), lower))
}

#[test]
fn lowering_the_price_before_a_challenge_costs_more_than_a_lower_floor_can_bring_while_others_trade() {
    for percent in [3, 5, 10, 20, 40] {
        for blocks in [5, 20, 50, 100, 160] {
            let (loss, gain) = lowered(percent, blocks, true);
            assert!(loss >= gain, "{loss} rao for {gain}, {percent} % for {blocks} blocks");
        }
    }
}

/// By 20 % for the long window: 0.6 TAO of fees for a floor that withholds 3.3 TAO less of 16.7, if the true price falls as far
/// afterwards. And the bond is at stake.
#[test]
fn lowering_the_price_before_a_challenge_costs_its_fees_and_lowers_the_floor_by_its_part_of_the_long_window_at_most_if_nobody_trades(
) {
    for percent in [3, 5, 10, 20, 40] {
        for blocks in [20, 50, 100, 160, 400] {
            let (loss, gain) = lowered(percent, blocks, false);
            let (_, _, fair) = shorted();
            let debt = at((SCALE / 60).into(), fair);
            // Interest, and rounding.
            let most = debt * 1_001 / 1_000 * i128::from(percent) / 100 * i128::from(blocks.min(150)) / 150;
            assert!(
                loss > 0 && gain <= most,
                "{loss} rao for {gain} of {most}, {percent} % for {blocks} blocks"
            );
        }
    }
}
