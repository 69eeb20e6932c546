//! Exits never close: whatever is paused, unsafe or over, everybody gets out.

use contract_tests::interface::MarketError;
use contract_tests::interface::Settlement::{Ledger, Stake};
use contract_tests::world::{AUTHORITY, HOTKEY, KEEPER, LENDER, OTHER_SHORTER, PROVIDER, SHORTER, TRADER};
use contract_tests::{World, COIN, NETUID};
use kernel::params::MAX_PAUSE_BLOCKS;
use kernel::{Asset, Error, RiskParams};

use crate::setup::{mature, open};

/// Two shorts and everything that entered a market.
fn busy() -> (World, u32, u32) {
    let mut world = mature();
    let first = open(&mut world, SHORTER, 150 * COIN).id;
    let second = open(&mut world, OTHER_SHORTER, 50 * COIN).id;
    (world, first, second)
}

/// Repays, closes, withdraws and leaves, all of it. `transfers`: whether stake may change hands.
fn everybody_leaves(world: &mut World, first: u32, second: u32, transfers: bool) {
    let stake = if transfers { Stake } else { Ledger };
    world.by(SHORTER).value(COIN).add_margin(first).unwrap();
    world.by(SHORTER).close_short(first, 50 * COIN, u64::MAX).unwrap();
    world.by(SHORTER).close_short(first, u64::MAX, u64::MAX).unwrap();
    world.by(OTHER_SHORTER).repay_with_alpha(second, 10 * COIN).unwrap();
    world.by(OTHER_SHORTER).repay_with_alpha(second, u64::MAX).unwrap();
    let shares = world.account(LENDER).account.lend_shares;
    world.by(LENDER).unlend(shares).unwrap();
    let shares = world.account(PROVIDER).account.lp_shares;
    world.by(PROVIDER).remove_liquidity(shares / 2, 1, 1, stake).unwrap();
    world
        .by(PROVIDER)
        .remove_liquidity(shares - shares / 2, 1, 1, Ledger)
        .unwrap();
    for who in [PROVIDER, LENDER, TRADER, SHORTER, OTHER_SHORTER] {
        let alpha = world.account(who).account.alpha;
        if transfers {
            world.by(who).withdraw_alpha(alpha / 2).unwrap();
        }
        let rest = world.account(who).account.alpha;
        world.by(who).withdraw_alpha_as_tao(rest, 1).unwrap();
        assert_eq!(world.account(who).account.alpha, 0);
    }
    assert_eq!(world.state().market.open_positions, 0);
}

#[test]
fn under_pause() {
    let (mut world, first, second) = busy();
    let until = world.block() + MAX_PAUSE_BLOCKS;
    world.by(AUTHORITY).pause_opening(until).unwrap();
    let paused = MarketError::Rule(Error::OpeningPaused);
    assert_eq!(world.by(SHORTER).value(COIN).open_short(COIN, 1), Err(paused.clone()));
    assert_eq!(world.by(SHORTER).withdraw_margin(first, 1), Err(paused));
    everybody_leaves(&mut world, first, second, true);
}

#[test]
fn in_safe_mode() {
    let (mut world, first, second) = busy();
    world.set_chain_price(2 * COIN);
    assert!(world.state().safe_mode);
    for refused in [
        world.by(SHORTER).value(COIN).open_short(COIN, 1).map(|_| ()),
        world.by(SHORTER).withdraw_margin(first, 1).map(|_| ()),
    ] {
        assert!(
            matches!(refused, Err(MarketError::Rule(Error::SafeMode { .. }))),
            "{refused:?}"
        );
    }
    world.by(TRADER).swap_exact_in(Asset::Tao, COIN, 1, Ledger).unwrap();
    everybody_leaves(&mut world, first, second, true);
}

#[test]
fn with_transfers_of_stake_switched_off() {
    let (mut world, first, second) = busy();
    world.control(|chain| chain.set_transfers(NETUID, false));
    everybody_leaves(&mut world, first, second, false);
}

#[test]
fn with_limits_that_forbid_all_shorts() {
    let (mut world, first, second) = busy();
    let none = RiskParams {
        max_total_debt_bps: 0,
        max_position_bps: 0,
        max_utilisation_bps: 0,
        ..RiskParams::default()
    };
    world.by(AUTHORITY).set_risk(none).unwrap();
    let refused = world.by(SHORTER).value(COIN).open_short(COIN, 1);
    assert_eq!(
        refused,
        Err(MarketError::Rule(Error::PositionTooLarge { max: 0, got: COIN }))
    );
    everybody_leaves(&mut world, first, second, true);
}

#[test]
fn after_a_long_silence() {
    let (mut world, first, second) = busy();
    world.blocks(1_000);
    everybody_leaves(&mut world, first, second, true);
}

#[test]
fn after_the_end_by_settlement_and_claims() {
    let (mut world, first, second) = busy();
    assert_eq!(world.by(KEEPER).freeze(), Err(MarketError::GenerationAlive));
    assert_eq!(world.by(KEEPER).claim(TRADER), Err(MarketError::Rule(Error::NotFrozen)));
    assert_eq!(
        world.by(KEEPER).settle_shorts(&[first]),
        Err(MarketError::Rule(Error::NotFrozen))
    );
    world.control(|chain| chain.dissolve(NETUID));
    world.by(KEEPER).freeze().unwrap();
    let ended = MarketError::GenerationEnded { generation: 1 };
    assert_eq!(world.by(PROVIDER).remove_liquidity(1, 0, 0, Ledger), Err(ended.clone()));
    assert_eq!(world.by(TRADER).deposit_alpha(HOTKEY, COIN), Err(ended));
    world.by(KEEPER).settle_shorts(&[first, second]).unwrap();
    assert_eq!(
        world.by(KEEPER).settle_shorts(&[first, second]),
        Err(MarketError::Rule(Error::NothingDue))
    );
    for who in [PROVIDER, LENDER, TRADER, SHORTER, OTHER_SHORTER] {
        assert!(world.by(KEEPER).claim(who).unwrap() > 0);
        assert_eq!(
            world.by(KEEPER).claim(who),
            Err(MarketError::Rule(Error::NothingToDo)),
            "once"
        );
    }
}
