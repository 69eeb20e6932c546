//! What the ladder of sanctions does to a market: it tightens what opens risk, and closes no exit.

use contract_tests::interface::MarketError;
use contract_tests::interface::Settlement::{Ledger, Stake};
use contract_tests::world::{ATTACKER, AUTHORITY, EMISSION, KEEPER, LENDER, PROVIDER, SHORTER, TRADER};
use contract_tests::{World, COIN};
use kernel::flow::EPOCH;
use kernel::market::{Standing, RESTRICTED_BLOCKS};
use kernel::Error;

use crate::setup::{mature, open, sell_until, LENT};

/// A mature market with one short.
fn shorted() -> (World, u32) {
    let mut world = mature();
    let opened = open(&mut world, SHORTER, 20 * COIN);
    (world, opened.id)
}

fn restrict(world: &mut World, standing: Standing) {
    world
        .by(EMISSION)
        .settle_epoch(u32::MAX, standing)
        .expect("a living market");
}

#[test]
fn only_the_emission_contract_restricts_and_reads() {
    let mut world = mature();
    for who in [AUTHORITY, ATTACKER, KEEPER] {
        let refused = world.by(who).settle_epoch(0, Standing::Delisted);
        assert_eq!(refused, Err(MarketError::NotEmission));
    }
}

#[test]
fn an_epoch_reads_the_least_that_stayed_however_late_it_is_read() {
    let mut world = mature();
    let into = world.block() % EPOCH;
    world.blocks(EPOCH - into);
    let epoch = world.block() / EPOCH;
    let before = world.state().market.pool.tao;
    // Comes and goes within the epoch.
    world.blocks(5);
    world
        .by(PROVIDER)
        .value(3_000 * COIN)
        .add_liquidity(3_000 * COIN, 1, Ledger)
        .unwrap();
    world.blocks(5);
    let shares = world.account(PROVIDER).account.lp_shares;
    world.by(PROVIDER).remove_liquidity(shares / 2, 0, 0, Ledger).unwrap();
    let after = world.state().market.pool.tao;
    world.blocks(EPOCH);
    let mut late = world.clone();
    late.blocks(3 * EPOCH);
    let on_time = world.by(EMISSION).settle_epoch(epoch, Standing::Open).unwrap();
    let later = late.by(EMISSION).settle_epoch(epoch, Standing::Open).unwrap();
    assert_eq!(on_time.sample, later.sample, "late is the same");
    assert_eq!(on_time.sample.unwrap().stayed, before.min(after));
    late.blocks(EPOCH);
    let forgotten = late.by(EMISSION).settle_epoch(epoch, Standing::Open).unwrap();
    assert_eq!(forgotten.sample, None, "forgotten after four epochs");
}

#[test]
fn a_quarantine_opens_no_shorts_closes_no_exit_and_ends_by_itself() {
    let (mut world, id) = shorted();
    restrict(&mut world, Standing::Quarantined);
    let paused = MarketError::Rule(Error::OpeningPaused);
    assert_eq!(
        world.by(SHORTER).value(10 * COIN).open_short(COIN, 0).unwrap_err(),
        paused
    );
    assert_eq!(world.by(SHORTER).withdraw_margin(id, 1).unwrap_err(), paused);
    every_exit(&mut world.clone(), id);
    world.jump(RESTRICTED_BLOCKS - 1);
    assert_eq!(
        world.by(SHORTER).value(10 * COIN).open_short(COIN, 0).unwrap_err(),
        paused
    );
    world.jump(1);
    world
        .by(SHORTER)
        .value(10 * COIN)
        .open_short(COIN, 0)
        .expect("nobody renewed it");
}

#[test]
fn a_short_gains_nothing_from_a_fall_after_the_challenge() {
    let (mut world, id) = shorted();
    restrict(&mut world, Standing::Contested);
    let floor = world.state().market.restriction.floor;
    assert!(floor > 0);
    let debt = world.position(id).unwrap().health.debt;
    let worth = u64::try_from((u128::from(debt) * u128::from(floor)).div_ceil(1_000_000_000_000)).unwrap();
    sell_until(&mut world, TRADER, 5_000);
    world.set_chain_price(COIN / 2);
    let lenders = |world: &mut World| world.state().market.lender_incentives.held;
    let before = lenders(&mut world);
    let mut bought = world.clone();
    let escrow = world.position(id).unwrap().position.escrow;
    let closed = bought.by(SHORTER).close_short(id, u64::MAX, u64::MAX).unwrap();
    // And what the pool asked beyond the worth of the alpha.
    assert!(
        (worth..worth + worth / 100).contains(&closed.cost),
        "the price from before: {} of {worth}",
        closed.cost
    );
    assert_eq!(closed.returned, escrow - closed.cost);
    assert!(lenders(&mut bought) > before, "lenders get the difference");
    // The same with alpha that was bought cheaply.
    let debt = world.position(id).unwrap().health.debt;
    let repaid = world.by(SHORTER).repay_with_alpha(id, debt).unwrap();
    let price = repaid.price;
    let cheap = u64::try_from(u128::from(debt) * u128::from(price) / 1_000_000_000_000).unwrap();
    assert_eq!(repaid.cost, worth - cheap);
    // Its own limit binds what is withheld, too.
    let mut limited = shorted().0;
    restrict(&mut limited, Standing::Contested);
    sell_until(&mut limited, TRADER, 5_000);
    assert!(matches!(
        limited.by(SHORTER).close_short(id, u64::MAX, worth - 1),
        Err(MarketError::Rule(Error::CostExceeded { .. }))
    ));
}

#[test]
fn the_price_from_before_a_challenge_stays_what_it_was() {
    let (mut world, _) = shorted();
    restrict(&mut world, Standing::Contested);
    let floor = world.state().market.restriction.floor;
    sell_until(&mut world, TRADER, 5_000);
    world.blocks(200);
    restrict(&mut world, Standing::Contested);
    restrict(&mut world, Standing::Delisted);
    assert_eq!(world.state().market.restriction.floor, floor);
    restrict(&mut world, Standing::Quarantined);
    assert_eq!(world.state().market.restriction.floor, 0, "the challenge failed");
}

#[test]
fn the_floor_is_a_tenth_above_the_chains_price_at_most() {
    let (mut world, _) = shorted();
    // Everybody's averages are lifted here, and not on the chain.
    crate::setup::buy_until(&mut world, TRADER, 20_000);
    world.blocks(200);
    assert!(world.state().prices.twap_long > 1_500_000_000_000);
    restrict(&mut world, Standing::Contested);
    let chain = world.state().chain_price_e9;
    assert_eq!(world.state().market.restriction.floor, chain * 1_100);
}

#[test]
fn a_delisted_market_is_left_by_everybody_and_entered_by_nobody() {
    let (mut world, id) = shorted();
    restrict(&mut world, Standing::Delisted);
    let delisted = MarketError::Rule(Error::Delisted);
    assert_eq!(
        world
            .by(PROVIDER)
            .value(COIN)
            .add_liquidity(COIN, 1, Ledger)
            .unwrap_err(),
        delisted
    );
    assert_eq!(world.by(LENDER).lend(COIN).unwrap_err(), delisted);
    assert_eq!(world.by(ATTACKER).value(COIN).fund_incentives().unwrap_err(), delisted);
    assert_eq!(
        world.by(SHORTER).value(10 * COIN).open_short(COIN, 0).unwrap_err(),
        MarketError::Rule(Error::OpeningPaused)
    );
    world.jump(10 * RESTRICTED_BLOCKS);
    assert_eq!(
        world.by(LENDER).lend(COIN).unwrap_err(),
        delisted,
        "it does not end by itself"
    );
    every_exit(&mut world.clone(), id);
    // Nobody has to wait for a short's owner.
    let before = world.tao(SHORTER);
    let escrow = world.position(id).unwrap().position.escrow;
    let closed = world
        .by(KEEPER)
        .close_short(id, u64::MAX, u64::MAX)
        .expect("anyone may");
    assert_eq!(world.tao(SHORTER), before + closed.returned, "the rest is the owner's");
    assert_eq!(closed.returned + closed.cost, escrow);
    assert!(world.state().market.open_positions == 0);
}

#[test]
fn a_stranger_closes_no_short_of_a_market_that_is_not_delisted_and_none_at_a_bad_price() {
    let (mut world, id) = shorted();
    restrict(&mut world, Standing::Contested);
    assert_eq!(
        world.by(KEEPER).close_short(id, u64::MAX, u64::MAX).unwrap_err(),
        MarketError::NotOwner
    );
    restrict(&mut world, Standing::Delisted);
    // Pumped first, the pool is too dear for whoever does not own the short.
    world
        .by(ATTACKER)
        .swap_exact_in(kernel::Asset::Tao, 5_000 * COIN, 1, Ledger)
        .unwrap();
    assert!(matches!(
        world.by(KEEPER).close_short(id, u64::MAX, u64::MAX),
        Err(MarketError::Rule(Error::CostExceeded { .. }))
    ));
}

/// Every way out works.
fn every_exit(world: &mut World, id: u32) {
    world
        .by(KEEPER)
        .value(COIN)
        .add_margin(id)
        .expect("margin can be added");
    world
        .by(SHORTER)
        .repay_with_alpha(id, COIN)
        .expect("part can be repaid");
    world
        .by(SHORTER)
        .close_short(id, u64::MAX, u64::MAX)
        .expect("a short can be closed");
    let shares = world.account(PROVIDER).account.lp_shares;
    world
        .by(PROVIDER)
        .remove_liquidity(shares / 2, 0, 0, Ledger)
        .expect("liquidity can leave");
    let lent = world.account(LENDER).account.lend_shares;
    let alpha = world.by(LENDER).unlend(lent).expect("lent alpha can leave");
    assert!(alpha >= LENT);
    world.by(TRADER).withdraw_alpha(10 * COIN).expect("as stake");
    world.by(TRADER).withdraw_alpha_as_tao(10 * COIN, 0).expect("as TAO");
    world
        .by(TRADER)
        .swap_exact_in(kernel::Asset::Alpha, COIN, 1, Stake)
        .expect("alpha can be sold");
}
