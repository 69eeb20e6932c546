//! From an empty market to the last claim.

use contract_tests::interface::Settlement::{Ledger, Stake};
use contract_tests::world::{HOTKEY, KEEPER, LENDER, OTHER_SHORTER, PROVIDER, SHORTER, SINK, TEMPO, TRADER};
use contract_tests::{COIN, NETUID};
use kernel::Asset;

use crate::setup::{mature, open, pump};

#[test]
fn a_market_lives_from_its_first_liquidity_to_the_last_claim() {
    let mut world = mature();

    // Trade both ways, on the ledger and as stake.
    let bought = world.by(TRADER).swap_exact_in(Asset::Tao, 50 * COIN, 1, Stake).unwrap();
    world
        .by(TRADER)
        .swap_exact_in(Asset::Alpha, bought.amount_out, 1, Ledger)
        .unwrap();
    world
        .by(TRADER)
        .swap_exact_out(Asset::Alpha, 20 * COIN, 21 * COIN, Ledger)
        .unwrap();
    world
        .by(TRADER)
        .swap_exact_out(Asset::Tao, 20 * COIN, 21 * COIN, Stake)
        .unwrap();

    // Two shorts; one closes with a profit or loss of its own, the other stays until it is due.
    let kept = open(&mut world, SHORTER, 150 * COIN).id;
    let closed = open(&mut world, OTHER_SHORTER, 50 * COIN).id;
    world.by(OTHER_SHORTER).value(COIN).add_margin(closed).unwrap();
    world.by(OTHER_SHORTER).withdraw_margin(closed, COIN).unwrap();
    world
        .by(OTHER_SHORTER)
        .close_short(closed, 20 * COIN, 30 * COIN)
        .unwrap();
    world.by(OTHER_SHORTER).repay_with_alpha(closed, 5 * COIN).unwrap();
    let before = world.tao(OTHER_SHORTER);
    let done = world
        .by(OTHER_SHORTER)
        .close_short(closed, u64::MAX, 1_000 * COIN)
        .unwrap();
    assert_eq!((done.debt_scaled, done.escrow), (0, 0));
    assert!(world.tao(OTHER_SHORTER) >= before + done.returned);

    // Dividends and incentives reach providers and lenders.
    world.set_dividend(HOTKEY, 500 * COIN);
    world.by(KEEPER).value(10 * COIN).fund_incentives().unwrap();
    world.blocks(u32::from(TEMPO));
    let harvested = world.by(KEEPER).harvest(0).unwrap();
    assert!(harvested.to_providers > 0 && harvested.to_lenders > 0 && harvested.to_protocol > 0);
    assert_eq!(harvested.reward, 3_000_000, "the keeper's fee is paid for");
    world.blocks(u32::from(TEMPO));
    for who in [PROVIDER, LENDER] {
        let income = world.by(who).claim_rewards().unwrap();
        assert!(income.tao > 0 && income.alpha > 0, "{income:?}");
    }
    let sink = (world.tao(SINK), world.stake(SINK));
    let collected = world.by(KEEPER).collect_fees().unwrap();
    assert_eq!(world.tao(SINK), sink.0 + collected.tao);
    assert_eq!(
        world.stake(SINK) + 1,
        sink.1 + collected.alpha,
        "the rounding is the sink's"
    );

    // A rally, on the chain's pool as well: the short is due and is liquidated.
    pump(&mut world, 13_000);
    assert_eq!(world.liquidatable(0, 100).ids, [kept]);
    let report = world.by(KEEPER).liquidate(&[kept], 1).unwrap();
    assert_eq!(report.reward, report.liquidated[0].bounty);
    assert!(report.liquidated[0].debt_repaid > 0 && report.liquidated[0].bad_debt == 0);

    // The end: shorts are settled, and everybody gets everything.
    world.control(|chain| chain.dissolve(NETUID));
    world.by(KEEPER).freeze().unwrap();
    let open = world.all_positions().iter().map(|p| p.id).collect::<Vec<_>>();
    world.by(KEEPER).settle_shorts(&open).unwrap();
    for who in [PROVIDER, LENDER, TRADER, SHORTER, OTHER_SHORTER] {
        let before = world.tao(who);
        let paid = world.by(KEEPER).claim(who).unwrap();
        assert_eq!(world.tao(who), before + paid);
    }
    world.by(KEEPER).collect_fees().unwrap();
    let left = world.market_tao();
    assert!(
        left < 1_000_000,
        "only locked liquidity and roundings stay behind, not {left} rao"
    );
}
