//! Attacks on the market's money at default parameters, and what they earn.
//!
//! An attacker is counted by everything it owns, in the market, in stake and in TAO, at a price that nobody has moved; it
//! pays no transaction fees here, which only makes attacks cheaper. The chain's own pool keeps its price unless a test moves
//! it, and nobody trades against a pumped market for as long as the attack lasts: on the chain arbitrage would, and the
//! attacker would pay for it.

use contract_tests::interface::MarketError;
use contract_tests::interface::Settlement::Ledger;
use contract_tests::wealth::{profit, wealth};
use contract_tests::world::{ATTACKER, HOTKEY, KEEPER, LENDER, OTHER_SHORTER, PROVIDER, SHORTER, TEMPO, TRADER};
use contract_tests::{World, COIN, NETUID};
use kernel::{Asset, Error};
use staking::Function;

use crate::setup::{buy_until, mature, open, pump, sell_until, PAR_E12, POOL};

/// Alpha an attacker brings.
const ARMS: u64 = 200_000 * COIN;

/// Gives the attacker alpha on the ledger.
fn arm(world: &mut World) {
    world.by(ATTACKER).deposit_alpha(HOTKEY, ARMS).unwrap();
}

/// A market in which shorts opened at 60 % have lost for a while and are near liquidation; returns the ids and the price.
fn strained() -> (World, Vec<u32>, u64) {
    let mut world = mature();
    arm(&mut world);
    let mut ids = Vec::new();
    for who in [SHORTER, OTHER_SHORTER] {
        for _ in 0..2 {
            ids.push(open(&mut world, who, 110 * COIN).id);
        }
    }
    // Both pools rise until the shorts are within 2 % of the limit.
    pump(&mut world, 11_400);
    assert_eq!(world.liquidatable(0, 100).ids, [] as [u32; 0]);
    let price = world.state().prices.spot;
    (world, ids, price)
}

/// Buys up to `bps`, waits, liquidates what is due, sells everything bought. Whether anything was liquidated.
fn pump_liquidate_dump(world: &mut World, ids: &[u32], bps: u64, blocks: u32) -> bool {
    let before = world.account(ATTACKER).account.alpha;
    buy_until(world, ATTACKER, bps);
    world.blocks(blocks);
    let liquidated = world.by(ATTACKER).liquidate(ids, 0).is_ok();
    let bought = world.account(ATTACKER).account.alpha - before;
    if bought != 0 {
        world
            .by(ATTACKER)
            .swap_exact_in(Asset::Alpha, bought, 1, Ledger)
            .unwrap();
    }
    liquidated
}

#[test]
fn pump_liquidate_dump_in_one_block_liquidates_nobody() {
    let (mut world, ids, price) = strained();
    for bps in [10_600, 11_000, 13_000, 20_000] {
        let gain = profit(&mut world, ATTACKER, price, |world| {
            assert!(
                !pump_liquidate_dump(world, &ids, bps, 0),
                "an average over 25 blocks does not move in one"
            );
        });
        assert!(gain <= 0, "{bps}: {gain}");
    }
}

/// The same while somebody else trades: in every block before the attacker, a trader brings the market back to `price_e12`.
fn contested_pump_liquidate_dump(world: &mut World, ids: &[u32], bps: u64, blocks: u32, par_bps: u64) {
    let before = world.account(ATTACKER).account.alpha;
    for _ in 0..blocks {
        buy_until(world, ATTACKER, bps);
        world.blocks(1);
        sell_until(world, TRADER, par_bps);
    }
    buy_until(world, ATTACKER, bps);
    // Refused when nothing is due: the attacker has tried.
    let _ = world.by(ATTACKER).liquidate(ids, 0);
    let bought = world.account(ATTACKER).account.alpha - before;
    world
        .by(ATTACKER)
        .swap_exact_in(Asset::Alpha, bought, 1, Ledger)
        .unwrap();
}

#[test]
fn pump_liquidate_dump_over_blocks_does_not_pay_where_others_trade_too() {
    let (world, ids, price) = strained();
    let par_bps = price / (PAR_E12 / 10_000);
    for bps in [12_000, 15_000] {
        for blocks in [1, 5, 25] {
            let mut world = world.clone();
            world.by(TRADER).deposit_alpha(HOTKEY, ARMS).unwrap();
            let gain = profit(&mut world, ATTACKER, price, |world| {
                contested_pump_liquidate_dump(world, &ids, bps, blocks, par_bps);
            });
            assert!(gain <= 0, "{bps} for {blocks} blocks: {gain}");
        }
    }
}

/// The known limit of a market that prices by itself: where nobody trades against a pump for 25 blocks, shorts that are
/// close to their limit pay for it, at most the penalty of what is liquidated and the price cap on it.
#[test]
fn pump_liquidate_dump_where_nobody_trades_for_blocks_is_bounded_by_penalty_and_price_cap() {
    let (world, ids, price) = strained();
    let mut liquidated = false;
    for bps in [12_000, 12_500, 15_000] {
        for blocks in [1, 5, 25] {
            let mut world = world.clone();
            let escrow = world.state().market.escrow;
            let gain = profit(&mut world, ATTACKER, price, |world| {
                liquidated |= pump_liquidate_dump(world, &ids, bps, blocks);
            });
            let taken = i128::from(escrow - world.state().market.escrow);
            assert!(
                gain <= taken * 2_000 / 10_000,
                "{bps} for {blocks} blocks: {gain} of {taken}"
            );
            assert!(gain <= 0 || blocks == 25, "{bps} for {blocks} blocks: {gain}");
        }
    }
    assert!(liquidated, "some of these do liquidate: the attack is real");
}

#[test]
fn poking_often_moves_no_price_more_than_poking_once() {
    let mut world = mature();
    arm(&mut world);
    buy_until(&mut world, ATTACKER, 20_000);
    let mut patient = world.clone();
    for _ in 0..10 {
        world.blocks(1);
        world.by(ATTACKER).poke(0).unwrap();
        for _ in 0..3 {
            assert_eq!(world.by(ATTACKER).poke(0), Err(MarketError::Rule(Error::NothingToDo)));
        }
        // Trading back and forth within the block is no poke either.
        world.by(ATTACKER).swap_exact_in(Asset::Tao, COIN, 1, Ledger).unwrap();
        let back = world.account(ATTACKER).account.alpha - ARMS;
        world
            .by(ATTACKER)
            .swap_exact_in(Asset::Alpha, back.min(COIN / 2), 1, Ledger)
            .unwrap();
    }
    patient.blocks(10);
    let (often, once) = (world.state().prices, patient.state().prices);
    // Ten steps of 2 % at most, however often; the trades themselves only moved the far spot.
    assert_eq!(often.twap_short, once.twap_short);
    assert!(once.twap_short < PAR_E12 * 105 / 100, "{once:?}");
}

#[test]
fn liquidity_just_for_a_liquidation_takes_nothing_from_the_position() {
    let mut world = mature();
    arm(&mut world);
    let id = open(&mut world, SHORTER, 180 * COIN).id;
    pump(&mut world, 13_000);
    let price = world.state().prices.spot;
    let mut alone = world.clone();
    let plain = alone.by(KEEPER).liquidate(&[id], 0).unwrap().liquidated[0];
    let per_alpha = |l: &kernel::market::Liquidated| l.collateral_taken as f64 / l.debt_repaid as f64;

    let mut reward = 0;
    let gain = profit(&mut world, ATTACKER, price, |world| {
        let added = world
            .by(ATTACKER)
            .value(10 * POOL)
            .add_liquidity(10 * POOL, 1, Ledger)
            .unwrap();
        let report = world.by(ATTACKER).liquidate(&[id], 0).unwrap();
        reward = report.reward;
        assert!(
            per_alpha(&report.liquidated[0]) <= per_alpha(&plain),
            "deeper liquidity is cheaper for the position"
        );
        world.by(ATTACKER).remove_liquidity(added.shares, 1, 1, Ledger).unwrap();
    });
    // Beyond the bounty anybody gets there is only the fee on the buy-back, which the added liquidity really served.
    let fee = i128::from(plain.collateral_taken) * 30 / 10_000;
    let impact = i128::from(plain.collateral_taken) * 200 / 10_000;
    assert!(
        gain <= i128::from(reward) + fee + impact,
        "{gain} of which {reward} is the bounty"
    );
}

#[test]
fn liquidity_just_for_a_block_opens_no_larger_shorts() {
    let mut world = mature();
    arm(&mut world);
    world.by(LENDER).lend(3_000 * COIN).unwrap();
    world
        .by(ATTACKER)
        .value(10 * POOL)
        .add_liquidity(10 * POOL, 1, Ledger)
        .unwrap();
    let refused = world.by(ATTACKER).value(1_000 * COIN).open_short(1_000 * COIN, 1);
    let Err(MarketError::Rule(Error::PositionTooLarge { max, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        max <= POOL / 50 + COIN,
        "2 % of the liquidity that was there before, not {max}"
    );
}

#[test]
fn liquidity_just_for_a_harvest_earns_nothing() {
    let mut world = mature();
    arm(&mut world);
    world.set_dividend(HOTKEY, 500 * COIN);
    world.blocks(u32::from(TEMPO));
    let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
        let added = world
            .by(ATTACKER)
            .value(10 * POOL)
            .add_liquidity(10 * POOL, 1, Ledger)
            .unwrap();
        let lent = world.by(ATTACKER).lend(1_000 * COIN).unwrap();
        world.by(KEEPER).harvest(0).unwrap();
        world.by(ATTACKER).remove_liquidity(added.shares, 1, 1, Ledger).unwrap();
        world.by(ATTACKER).unlend(lent).unwrap();
    });
    assert!(gain <= 0, "{gain}");
}

#[test]
fn open_pump_close_does_not_pay() {
    for blocks in [0, 5, 25] {
        let mut world = mature();
        arm(&mut world);
        let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
            let id = open(world, ATTACKER, 190 * COIN).id;
            let before = world.account(ATTACKER).account.alpha;
            buy_until(world, ATTACKER, 13_000);
            world.blocks(blocks);
            world
                .by(ATTACKER)
                .value(500 * COIN)
                .close_short(id, u64::MAX, u64::MAX)
                .unwrap();
            let bought = world.account(ATTACKER).account.alpha - before;
            world
                .by(ATTACKER)
                .swap_exact_in(Asset::Alpha, bought, 1, Ledger)
                .unwrap();
        });
        assert!(gain <= 0, "{blocks} blocks: {gain}");
    }
}

#[test]
fn a_short_pumped_until_it_is_under_water_and_left_to_the_lenders_does_not_pay() {
    for (bps, blocks) in [(20_000, 0), (20_000, 25), (20_000, 170), (40_000, 170)] {
        let mut world = mature();
        arm(&mut world);
        let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
            let id = open(world, ATTACKER, 190 * COIN).id;
            pump_liquidate_dump(world, &[id], bps, blocks);
        });
        assert!(gain <= 0, "{bps} for {blocks} blocks: {gain}");
    }
}

#[test]
fn splitting_a_close_does_not_pay() {
    let mut world = mature();
    let opened = open(&mut world, SHORTER, 150 * COIN);
    world.by(SHORTER).value(100 * COIN).add_margin(opened.id).unwrap();
    world.blocks(100);
    let price = PAR_E12;
    let mut parts = world.clone();
    let whole = profit(&mut world, SHORTER, price, |world| {
        world.by(SHORTER).close_short(opened.id, u64::MAX, u64::MAX).unwrap();
    });
    let split = profit(&mut parts, SHORTER, price, |world| {
        for _ in 0..14 {
            world
                .by(SHORTER)
                .close_short(opened.id, 10 * COIN + 7, u64::MAX)
                .unwrap();
        }
        world.by(SHORTER).close_short(opened.id, u64::MAX, u64::MAX).unwrap();
    });
    assert!(split <= whole, "{split} in parts, {whole} at once");
}

#[test]
fn splitting_a_liquidation_does_not_pay_the_liquidator_more_per_debt() {
    let mut world = mature();
    arm(&mut world);
    let id = open(&mut world, SHORTER, 180 * COIN).id;
    pump(&mut world, 12_500);
    let mut parts = world.clone();
    let whole = world.by(ATTACKER).liquidate_with_alpha(id, u64::MAX, 1).unwrap();
    let (mut repaid, mut paid) = (0u64, 0u64);
    // Parts stop where the position is healthy again, before the target of a liquidation at once.
    while let Ok(part) = parts.by(ATTACKER).liquidate_with_alpha(id, 7 * COIN, 1) {
        repaid += part.debt_repaid;
        paid += part.bounty;
    }
    assert!(repaid > 14 * COIN, "several parts");
    assert!(
        u128::from(paid) * u128::from(whole.debt_repaid)
            <= u128::from(whole.bounty) * u128::from(repaid) + u128::from(u64::MAX),
        "{paid} for {repaid} in parts, {} for {} at once",
        whole.bounty,
        whole.debt_repaid
    );
}

#[test]
fn liquidating_the_same_position_again_in_a_batch_farms_no_bounty() {
    let mut world = mature();
    let id = open(&mut world, SHORTER, 180 * COIN).id;
    pump(&mut world, 13_000);
    let mut twice = world.clone();
    let once = world.by(ATTACKER).liquidate(&[id], 0).unwrap();
    let many = twice.by(ATTACKER).liquidate(&[id; 20], 0).unwrap();
    assert_eq!(many, once);
}

#[test]
fn a_donation_before_the_second_provider_inflates_no_first_share() {
    let mut world = World::new();
    world.by(ATTACKER).deposit_alpha(HOTKEY, 10_000 * COIN).unwrap();
    world.by(PROVIDER).deposit_alpha(HOTKEY, 10_000 * COIN).unwrap();
    let victim = wealth(&mut world, PROVIDER, PAR_E12);
    let market = world.market;
    let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
        let least = 1_000_000;
        let added = world.by(ATTACKER).value(least).add_liquidity(least, 1, Ledger).unwrap();
        world.transfer(ATTACKER, market, 100 * COIN);
        let gift = (market, HOTKEY, NETUID, NETUID, 100 * COIN);
        world.extrinsic(ATTACKER, Function::TransferStake, gift).unwrap();
        world
            .by(PROVIDER)
            .value(50 * COIN)
            .add_liquidity(50 * COIN, 1, Ledger)
            .unwrap();
        world.by(ATTACKER).remove_liquidity(added.shares, 0, 0, Ledger).unwrap();
    });
    assert!(gain <= -200 * i128::from(COIN) + 2_000, "the gift is lost: {gain}");
    let lost = victim - wealth(&mut world, PROVIDER, PAR_E12);
    assert!(lost <= 2_000, "the second provider loses {lost} rao of 100 TAO");
}

#[test]
fn a_first_lender_cannot_take_from_the_second() {
    let mut world = World::new();
    for who in [ATTACKER, LENDER] {
        world.by(who).deposit_alpha(HOTKEY, 10_000 * COIN).unwrap();
    }
    let victim = wealth(&mut world, LENDER, PAR_E12);
    let market = world.market;
    let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
        let shares = world.by(ATTACKER).lend(1).unwrap();
        let gift = (market, HOTKEY, NETUID, NETUID, 1_000 * COIN);
        world.extrinsic(ATTACKER, Function::TransferStake, gift).unwrap();
        world.by(LENDER).lend(100 * COIN).unwrap();
        world.by(ATTACKER).unlend(shares).unwrap();
    });
    assert!(gain <= -1_000 * i128::from(COIN), "the gift is lost: {gain}");
    let lost = victim - wealth(&mut world, LENDER, PAR_E12);
    assert!(lost <= 1, "the second lender loses {lost} alpha-rao");
}

#[test]
fn liquidating_oneself_is_no_cheaper_than_closing() {
    for bps in [12_500, 14_000, 16_000] {
        let mut world = mature();
        arm(&mut world);
        let id = open(&mut world, ATTACKER, 180 * COIN).id;
        pump(&mut world, bps);
        let price = world.state().prices.spot;
        let close = profit(&mut world.clone(), ATTACKER, price, |world| {
            world
                .by(ATTACKER)
                .value(COIN)
                .close_short(id, u64::MAX, u64::MAX)
                .unwrap();
        });
        let by_pool = profit(&mut world.clone(), ATTACKER, price, |world| {
            world.by(ATTACKER).liquidate(&[id], 0).unwrap();
            if world.position(id).is_ok() {
                world
                    .by(ATTACKER)
                    .value(COIN)
                    .close_short(id, u64::MAX, u64::MAX)
                    .unwrap();
            }
        });
        assert!(by_pool <= close, "{bps}: {by_pool} by the pool, {close} by closing");
        // Closing with one's own alpha costs neither fee nor price; bringing alpha as a liquidator cannot beat that.
        let repay = profit(&mut world.clone(), ATTACKER, price, |world| {
            world.by(ATTACKER).repay_with_alpha(id, u64::MAX).unwrap();
        });
        let by_alpha = profit(&mut world.clone(), ATTACKER, price, |world| {
            world.by(ATTACKER).liquidate_with_alpha(id, u64::MAX, 1).unwrap();
            if world.position(id).is_ok() {
                world.by(ATTACKER).repay_with_alpha(id, u64::MAX).unwrap();
            }
        });
        assert!(by_alpha <= repay, "{bps}: {by_alpha} with alpha, {repay} by repaying");
    }
}

#[test]
fn a_sandwich_takes_no_more_than_the_victims_limit_gives() {
    for tolerance_bps in [10u64, 50, 200] {
        let mut world = mature();
        arm(&mut world);
        let spend = 100 * COIN;
        let mut fair = world.clone();
        let quoted = fair
            .by(TRADER)
            .swap_exact_in(Asset::Tao, spend, 1, Ledger)
            .unwrap()
            .amount_out;
        let limit = quoted - quoted * tolerance_bps / 10_000;
        // The attacker pumps as far as the limit lets the victim's swap through.
        let (mut low, mut high) = (10_000u64, 11_000u64);
        while low + 1 < high {
            let middle = (low + high) / 2;
            let mut trial = world.clone();
            buy_until(&mut trial, ATTACKER, middle);
            match trial.by(TRADER).swap_exact_in(Asset::Tao, spend, limit, Ledger) {
                Ok(_) => low = middle,
                Err(MarketError::Rule(Error::SlippageExceeded { min, got })) => {
                    assert!(min == limit && got < limit);
                    high = middle;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        let mut received = 0;
        let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
            let before = world.account(ATTACKER).account.alpha;
            buy_until(world, ATTACKER, low);
            received = world
                .by(TRADER)
                .swap_exact_in(Asset::Tao, spend, limit, Ledger)
                .unwrap()
                .amount_out;
            let bought = world.account(ATTACKER).account.alpha - before;
            if bought != 0 {
                world
                    .by(ATTACKER)
                    .swap_exact_in(Asset::Alpha, bought, 1, Ledger)
                    .unwrap();
            }
        });
        assert!(received >= limit);
        let lost = i128::from(quoted - received) * 102 / 100;
        assert!(gain <= lost, "{tolerance_bps}: gains {gain}, the victim loses {lost}");
    }
}

/// Shorts opened at 60 % up to the cap on all debt, and a keeper who liquidates whatever is due.
fn crowded() -> (World, Vec<u32>) {
    let mut world = mature();
    arm(&mut world);
    let mut ids = Vec::new();
    for alpha in [190, 150, 100, 50] {
        ids.push(open(&mut world, SHORTER, alpha * COIN).id);
    }
    let refused = world.by(SHORTER).value(COIN * 50).open_short(20 * COIN, 1);
    assert!(
        matches!(refused, Err(MarketError::Rule(Error::TotalDebtTooLarge { .. }))),
        "{refused:?}"
    );
    // Back to par, where shorts were opened.
    buy_until(&mut world, TRADER, 10_000);
    world.blocks(200);
    (world, ids)
}

#[test]
fn squeezing_all_shorts_at_the_cap_does_not_pay() {
    let (world, ids) = crowded();
    for bps in [11_000, 12_000, 15_000] {
        for blocks in [25, 60, 200] {
            let mut world = world.clone();
            let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
                pump_liquidate_dump(world, &ids, bps, blocks);
            });
            assert!(gain <= 0, "{bps} for {blocks} blocks: {gain}");
        }
    }
}

/// Like the squeeze, but the chain's own pool is pumped as well, in the block of the liquidation and through the chain's own
/// extrinsics, and sold back after it: that lifts the bound which the chain's spot sets. It takes 25 blocks in which nobody
/// trades against the pumped market.
fn squeeze_with_the_chain(world: &mut World, ids: &[u32], bps: u64, contested: bool) -> bool {
    let before = world.account(ATTACKER).account.alpha;
    for _ in 0..30 {
        buy_until(world, ATTACKER, bps);
        world.blocks(1);
        if contested {
            sell_until(world, TRADER, 10_000);
        }
    }
    buy_until(world, ATTACKER, bps);
    let stake = world.stake(ATTACKER);
    let spend = 10_000 * COIN;
    world
        .extrinsic(ATTACKER, Function::AddStake, (HOTKEY, NETUID, spend))
        .unwrap();
    let got = world.stake(ATTACKER) - stake;
    let liquidated = world.by(ATTACKER).liquidate(ids, 0).is_ok();
    world
        .extrinsic(ATTACKER, Function::RemoveStake, (HOTKEY, NETUID, got))
        .unwrap();
    let bought = world.account(ATTACKER).account.alpha - before;
    world
        .by(ATTACKER)
        .swap_exact_in(Asset::Alpha, bought, 1, Ledger)
        .unwrap();
    liquidated
}

#[test]
fn squeezing_all_shorts_with_the_chains_price_pumped_does_not_pay_where_others_trade_too() {
    let (world, ids) = crowded();
    for bps in [12_000, 13_000] {
        let mut world = world.clone();
        world.by(TRADER).deposit_alpha(HOTKEY, ARMS).unwrap();
        let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
            squeeze_with_the_chain(world, &ids, bps, true);
        });
        assert!(gain <= 0, "{bps}: {gain}");
    }
}

#[test]
fn squeezing_all_shorts_with_the_chains_price_pumped_where_nobody_trades_is_bounded() {
    let (world, ids) = crowded();
    let mut liquidated = false;
    for bps in [11_000, 12_000, 13_000] {
        let mut world = world.clone();
        let escrow = world.state().market.escrow;
        let gain = profit(&mut world, ATTACKER, PAR_E12, |world| {
            liquidated |= squeeze_with_the_chain(world, &ids, bps, false);
        });
        let taken = i128::from(escrow - world.state().market.escrow);
        assert!(gain <= taken * 3_000 / 10_000, "{bps}: {gain} of {taken}");
        assert!(gain <= i128::from(POOL) * 50 / 10_000, "{bps}: {gain}");
    }
    assert!(liquidated, "the attack is real");
}
