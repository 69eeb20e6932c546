//! Shorts of a delisted market, closed by anybody: at what price, and for whom what the price floor withholds is.

use kernel::market::{Closed, Standing};
use kernel::math::{mul_div_down, value_down, value_up};
use kernel::pool::Asset;
use kernel::{Error, Result};
use proptest::prelude::*;

use crate::exact::cases;
use crate::support::attacker::trade_to;
use crate::support::world::actor_of;
use crate::support::{identities, setup, World};

/// Whose short is closed.
const OWNER: usize = 3;

impl World {
    /// What anybody may do; what is refused changes nothing.
    fn close_delisted(&mut self, id: u32) -> Result<Closed> {
        let (mut market, mut position) = (self.market, self.positions[&id]);
        let closed = market.close_delisted(&mut position, self.chain_price_e9(), self.now)?;
        assert_eq!((closed.debt_scaled, position.escrow), (0, 0), "the whole of it");
        self.market = market;
        self.positions.remove(&id);
        self.pay_out(actor_of(&position.owner), closed.returned);
        Ok(closed)
    }
}

/// A market that was delisted long after a challenge, while the true price fell (or rose) by `bps`; a short in it, and the floor.
fn delisted(scale: u64, bps: u64) -> (World, u32, u64) {
    let mut w = setup::seeded(scale);
    let fair = w.market.pool.price_down();
    w.chain_price = Some(fair);
    let id = setup::open_at_limit(&mut w, OWNER, scale / 100);
    trade_to(&mut w, 5, fair);
    w.now += 400;
    w.market.touch_debt(w.now).expect("touch");
    w.market.restrict(Standing::Contested, 0, w.now);
    let floor = w.market.restriction.floor;
    trade_to(
        &mut w,
        5,
        mul_div_down(fair.into(), bps.into(), 10_000).expect("fits") as u64,
    );
    w.chain_price = Some(w.market.pool.price_down());
    w.now += 400;
    w.market.touch_debt(w.now).expect("touch");
    w.market.restrict(Standing::Delisted, 0, w.now);
    assert_eq!(w.market.restriction.floor, floor, "fixed once");
    (w, id, floor)
}

/// Debt, what buying it back costs in the pool, and that with what the floor withholds.
fn cost(w: &World, id: u32, floor: u64) -> (u64, u64, u64) {
    let mut market = w.market;
    market.touch_debt(w.now).expect("touch");
    let debt = market
        .vault
        .debt_of_up(w.positions[&id].debt_scaled)
        .expect("computable");
    let quote = market
        .pool
        .quote_exact_out(Asset::Alpha, debt, market.fees.swap_fee_bps.into());
    let bought = quote.expect("the pool has it").amount_in;
    let prices = market.prices();
    let lowest = prices.spot.min(prices.twap_short).min(prices.twap_long);
    // Bought alpha counts as what it is worth at the lowest price, and never more than there is.
    let worth = bought.min(value_down(debt, lowest).expect("fits"));
    let withheld = value_up(debt, floor).expect("fits").saturating_sub(worth);
    let left = w.positions[&id].escrow.saturating_sub(bought);
    (debt, bought, bought + withheld.min(left))
}

/// The most that the pool may ask: 5 % above the short average, which counts as a tenth above the chain's price at most.
fn most(w: &World, debt: u64) -> u64 {
    let mut market = w.market;
    market.touch_debt(w.now).expect("touch");
    let average = market.prices().twap_short.min(w.chain_price_e9() * 1_100);
    value_up(debt, (u128::from(average) * 105 / 100) as u64).expect("fits")
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_short_of_a_delisted_market_is_closed_by_anybody_at_no_more_than_the_cap_and_no_less_than_the_floor(
        scale in 11u32..15, fell in 2_000u64..16_000, pumped in 9_000u64..14_000, chain in prop_oneof![Just(10_000u64), 5_000u64..12_000],
    ) {
        let (mut w, id, floor) = delisted(10u64.pow(scale), fell);
        let spot = w.market.pool.price_down();
        w.chain_price = Some(spot / 10_000 * chain);
        trade_to(&mut w, 4, spot / 10_000 * pumped);
        let (debt, bought, owed) = cost(&w, id, floor);
        let escrow = w.positions[&id].escrow;
        let max = if bought > most(&w, debt) { most(&w, debt) } else { escrow };
        let (held, wallet) = (w.market.lender_incentives.held, w.wallets[OWNER].tao);
        match w.close_delisted(id) {
            Ok(closed) => {
                prop_assert!(bought <= max);
                prop_assert_eq!((closed.repaid, closed.cost, closed.returned), (debt, owed, escrow - owed));
                prop_assert!(closed.cost >= value_down(debt, floor).expect("fits").min(escrow), "never below the floor");
                prop_assert_eq!(w.market.lender_incentives.held - held, owed - bought, "lenders get what is withheld");
                prop_assert_eq!(w.wallets[OWNER].tao - wallet, closed.returned);
            }
            Err(error) => {
                prop_assert!(bought > max, "{error:?}");
                prop_assert_eq!(error, Error::CostExceeded { max, needed: bought });
            }
        }
        identities::check(&w);
    }
}

/// A pool into which somebody bought `tao` rao in this block.
fn pumped(w: &World, tao: u64) -> World {
    let mut w = w.clone();
    w.mint(4, tao, 0);
    w.swap_in(4, Asset::Tao, tao).expect("bought");
    w
}

#[test]
fn a_pump_of_one_rao_too_much_is_where_closing_a_delisted_short_ends() {
    for fell in [4_000, 9_000, 10_000] {
        let (w, id, floor) = delisted(10u64.pow(13), fell);
        let closes = |tao: u64| pumped(&w, tao).close_delisted(id);
        let (mut accepted, mut refused) = (1_000_000, w.market.pool.tao);
        while refused - accepted > 1 {
            let tao = accepted + (refused - accepted) / 2;
            if closes(tao).is_ok() {
                accepted = tao;
            } else {
                refused = tao;
            }
        }
        let closed = closes(accepted).expect("accepted");
        let max = most(&pumped(&w, accepted), closed.repaid);
        let bought = cost(&pumped(&w, accepted), id, floor).1;
        assert!(bought <= max && max - bought <= max / 1_000_000, "{bought} of {max}");
        let Err(error) = closes(refused) else {
            panic!("accepted")
        };
        assert_eq!(
            error,
            Error::CostExceeded {
                max,
                needed: cost(&pumped(&w, refused), id, floor).1
            }
        );
    }
}

#[test]
fn nobody_can_make_the_owner_of_a_delisted_short_pay_more_than_the_floor_and_what_the_cap_leaves_to_the_pool() {
    for tao in [0, 1, 10, 100, 1_000].map(|tao| tao * 1_000_000_000) {
        let (w, id, floor) = delisted(10u64.pow(13), 5_000);
        let mut w = if tao == 0 { w } else { pumped(&w, tao) };
        let escrow = w.positions[&id].escrow;
        let (debt, bought, owed) = cost(&w, id, floor);
        let (before, max) = (w.market.lender_incentives.held, most(&w, debt));
        if let Ok(closed) = w.close_delisted(id) {
            assert_eq!(closed.cost, owed);
            assert!(bought <= max);
            // Pumping takes nothing from lenders: half of the price is theirs whatever the pool asks.
            let withheld = w.market.lender_incentives.held - before;
            assert!(withheld >= value_up(debt, floor).expect("fits") / 2 - debt / 1_000);
            assert_eq!(closed.returned, escrow - closed.cost);
        }
    }
}

#[test]
fn what_is_withheld_is_paid_to_those_who_still_lend_in_a_tempo() {
    let (mut w, id, _) = delisted(10u64.pow(13), 5_000);
    // One of two lenders leaves before.
    let shares = w.accounts[1].lend_shares;
    w.unlend(1, shares).expect("there is enough");
    let held = w.market.lender_incentives.held;
    w.close_delisted(id).expect("closed");
    let withheld = w.market.lender_incentives.held - held;
    assert!(withheld > 0);
    let before = [1, 2].map(|lender| w.wallets[lender].tao);
    w.now += 360;
    for lender in [1, 2] {
        w.claim_rewards(lender).expect("claimed");
    }
    assert_eq!(w.wallets[1].tao, before[0], "who left gets nothing");
    assert!(withheld - (w.wallets[2].tao - before[1]) <= 2, "who stays gets all");
    identities::check(&w);
}

/// Only the protocol's shares are left, which earn no incentives: nobody may stop the exit, and what is withheld waits.
#[test]
fn where_lenders_are_gone_a_short_is_closed_all_the_same_and_what_is_withheld_waits_for_the_next() {
    let (mut w, id, floor) = delisted(10u64.pow(13), 5_000);
    for lender in [1, 2] {
        let shares = core::mem::take(&mut w.accounts[lender].lend_shares);
        w.market.vault.protocol_shares += shares;
    }
    let held = w.market.lender_incentives.held;
    let owed = cost(&w, id, floor).2;
    let closed = w.close_delisted(id).expect("closed");
    assert_eq!(closed.cost, owed);
    let withheld = w.market.lender_incentives.held - held;
    assert!(withheld > 0);
    identities::check(&w);
    // Reinstated, long after.
    w.now += 10_000;
    w.market.restrict(Standing::Open, 0, w.now);
    w.deposit(1, 1_000_000_000).expect("deposit");
    w.lend(1, 1_000_000_000).expect("lent");
    let before = w.wallets[1].tao;
    w.now += 360;
    w.claim_rewards(1).expect("claimed");
    assert!(withheld - (w.wallets[1].tao - before) <= 2);
    identities::check(&w);
}
