//! Validators compete for the market's stake: what they really paid is measured, and stake follows within limits.

use contract_tests::interface::MarketError;
use contract_tests::world::{ATTACKER, AUTHORITY, HOTKEY, KEEPER, NETUID, OTHER_HOTKEY, OWNER, PROVIDER, TRADER};
use contract_tests::{World, COIN};
use kernel::competition::{CHURN_BPS, MAX_VALIDATORS};
use kernel::Error;
use staking::{AccountId, Code, Dividend, Function};

use crate::setup::liquid;

/// Two more validators of the subnet.
const THIRD: AccountId = [60; 32];
const FOURTH: AccountId = [61; 32];
/// All four.
const ALL: [AccountId; 4] = [HOTKEY, OTHER_HOTKEY, THIRD, FOURTH];
/// A tenth of a percent each tempo, in billionths.
const RATE: u32 = 1_000_000;

fn pays(world: &mut World, hotkey: AccountId, per_billion: u32) {
    world.control(|chain| chain.set_dividend(NETUID, hotkey, Dividend::Rate { per_billion }));
}

/// A market whose stake may go to four validators that pay the same.
fn competing() -> World {
    let mut world = liquid();
    for hotkey in [THIRD, FOURTH] {
        world.control(|chain| chain.register_hotkey(NETUID, hotkey, OWNER));
    }
    for hotkey in ALL {
        pays(&mut world, hotkey, RATE);
    }
    for hotkey in &ALL[1..] {
        world.by(AUTHORITY).add_hotkey(*hotkey).expect("a registered validator");
    }
    world
}

/// An epoch passes, validators pay, the keeper harvests and rebalances; what was moved.
fn epoch(world: &mut World) -> u64 {
    world.jump(360);
    world.control(|chain| {
        chain.run_epoch(NETUID);
        Ok(())
    });
    let total = held(world).iter().sum::<u64>();
    world.by(KEEPER).harvest(0).expect("validators paid");
    let moved = match world.by(KEEPER).rebalance(8) {
        Ok(rebalanced) => rebalanced.moves.iter().map(|done| done.amount).sum(),
        Err(MarketError::Rule(Error::NothingToDo)) => 0,
        Err(error) => panic!("{error:?}"),
    };
    assert!(
        moved <= total * CHURN_BPS / 10_000,
        "{moved} of {total} moved in an epoch"
    );
    moved
}

/// The market's stake with each of its validators.
fn held(world: &mut World) -> Vec<u64> {
    let market = world.market;
    let all = world.competition().state.all;
    world.chain(|chain| all.iter().map(|v| chain.stake(&v.hotkey, &market, NETUID)).collect())
}

#[test]
fn equal_yields_spread_the_stake_evenly_and_then_it_stands_still() {
    let mut world = competing();
    for _ in 0..25 {
        epoch(&mut world);
    }
    let stakes = held(&mut world);
    let total: u64 = stakes.iter().sum();
    for stake in &stakes {
        assert!(stake.abs_diff(total / 4) <= total / 100, "{stakes:?}");
    }
    for _ in 0..20 {
        assert_eq!(epoch(&mut world), 0, "nothing moves on equal yields");
    }
}

#[test]
fn stake_leaves_a_validator_that_stops_paying_and_goes_to_those_that_pay() {
    let mut world = competing();
    for _ in 0..25 {
        epoch(&mut world);
    }
    pays(&mut world, FOURTH, 0);
    for _ in 0..12 {
        epoch(&mut world);
    }
    let stakes = held(&mut world);
    assert!(stakes[3] < 1_000, "drained: {stakes:?}");
    // It pays again: it is measured anew with a little stake.
    pays(&mut world, FOURTH, RATE);
    world
        .by(ATTACKER)
        .deposit_alpha(HOTKEY, COIN)
        .expect("the first takes deposits");
    let mut back = world.clone();
    back.give_stake(ATTACKER, FOURTH, 10 * COIN);
    for _ in 0..6 {
        epoch(&mut back);
    }
    let total: u64 = held(&mut back).iter().sum();
    let returned = held(&mut back)[3];
    assert!(
        returned > total * 3 / 100 && returned < total * 8 / 100,
        "{returned} of {total}"
    );
}

#[test]
fn a_deregistered_or_removed_validator_is_drained_and_the_rest_takes_its_stake() {
    let mut world = competing();
    for _ in 0..25 {
        epoch(&mut world);
    }
    world.control(|chain| chain.deregister_hotkey(NETUID, THIRD));
    world.by(AUTHORITY).remove_hotkey(FOURTH).expect("others are left");
    for _ in 0..12 {
        epoch(&mut world);
    }
    let known = world.competition().state.all;
    assert!(
        known.iter().all(|v| v.hotkey != FOURTH),
        "forgotten once its stake is gone"
    );
    let stakes = held(&mut world);
    assert!(stakes[2] <= 1, "{stakes:?}");
    let total: u64 = stakes.iter().sum();
    assert!(stakes[0].abs_diff(stakes[1]) < total / 50, "{stakes:?}");
}

#[test]
fn moves_in_pages_of_one_come_to_the_same_and_the_epochs_limit_holds() {
    let mut at_once = competing();
    at_once.jump(360);
    at_once.control(|chain| {
        chain.run_epoch(NETUID);
        Ok(())
    });
    at_once.by(KEEPER).harvest(0).unwrap();
    let mut paged = at_once.clone();
    let done = at_once.by(KEEPER).rebalance(8).unwrap();
    assert!(done.moves.iter().all(|m| m.from == HOTKEY), "{done:?}");
    let mut steps = 0;
    while paged.by(KEEPER).rebalance(1).is_ok() {
        steps += 1;
    }
    assert!(steps >= 1);
    assert_eq!(
        at_once.by(KEEPER).rebalance(8),
        Err(MarketError::Rule(Error::NothingToDo)),
        "once in an epoch"
    );
    for (a, b) in held(&mut at_once).iter().zip(held(&mut paged)) {
        assert!(a.abs_diff(b) <= 8, "{a} and {b}");
    }
}

#[test]
fn withdrawals_draw_from_every_validator_and_pass_over_one_that_refuses() {
    let mut world = competing();
    for _ in 0..25 {
        epoch(&mut world);
    }
    let market = world.market;
    let before = world.stake(TRADER);
    // More than any one of them holds.
    let shares = world.account(PROVIDER).account.lp_shares;
    world
        .by(PROVIDER)
        .remove_liquidity(shares / 2, 0, 0, contract_tests::interface::Settlement::Ledger)
        .unwrap();
    let all = world.account(PROVIDER).account.alpha;
    assert!(all > *held(&mut world).iter().max().unwrap(), "a large withdrawal");
    world.by(PROVIDER).withdraw_alpha(all).expect("from several");
    // The chain refuses the first try: another validator's stake is taken.
    world.control(|chain| {
        chain.fail_next(market, Function::TransferStake, Code::RuntimeError, 1);
        Ok(())
    });
    let got = world.by(TRADER).withdraw_alpha(100 * COIN).expect("from another");
    assert!(got >= 100 * COIN - 2);
    assert!(world.stake(TRADER) >= before + got);
}

#[test]
fn only_governance_chooses_who_competes() {
    let mut world = competing();
    for who in [OWNER, ATTACKER, KEEPER, HOTKEY] {
        assert_eq!(world.by(who).add_hotkey(THIRD), Err(MarketError::NotAuthority));
        assert_eq!(world.by(who).remove_hotkey(THIRD), Err(MarketError::NotAuthority));
    }
    assert_eq!(
        world.by(AUTHORITY).add_hotkey(ATTACKER),
        Err(MarketError::HotkeyNotRegistered)
    );
    let refused = |error| Err(MarketError::Rule(error));
    assert_eq!(world.by(AUTHORITY).add_hotkey(THIRD), refused(Error::NothingToDo));
    for number in 0..MAX_VALIDATORS - ALL.len() {
        let hotkey = [70 + u8::try_from(number).unwrap(); 32];
        world.control(|chain| chain.register_hotkey(NETUID, hotkey, OWNER));
        world.by(AUTHORITY).add_hotkey(hotkey).unwrap();
    }
    world.control(|chain| chain.register_hotkey(NETUID, [90; 32], OWNER));
    assert_eq!(
        world.by(AUTHORITY).add_hotkey([90; 32]),
        refused(Error::TooManyValidators)
    );
    let all = world.competition().state.all;
    for validator in &all[1..] {
        world.by(AUTHORITY).remove_hotkey(validator.hotkey).unwrap();
    }
    assert_eq!(world.by(AUTHORITY).remove_hotkey(HOTKEY), refused(Error::LastValidator));
}

#[test]
fn a_donation_buys_no_score() {
    let mut honest = competing();
    for _ in 0..10 {
        epoch(&mut honest);
    }
    let mut bribed = honest.clone();
    let market = bribed.market;
    // As much as a hundred tempos pay, given as stake with one validator.
    bribed.give_stake(market, FOURTH, 2_000 * COIN);
    for world in [&mut honest, &mut bribed] {
        epoch(world);
    }
    let score = |world: &mut World| world.competition().scores[3];
    let (without, with) = (score(&mut honest), score(&mut bribed));
    // What the chain says all stakers got, twice at most.
    assert!(with <= without * 2, "{with} against {without}");
    for _ in 0..10 {
        epoch(&mut honest);
        epoch(&mut bribed);
    }
    let (without, with) = (score(&mut honest), score(&mut bribed));
    assert!(
        with <= without * 5 / 4,
        "the excess never counts: {with} against {without}"
    );
    let shares = held(&mut bribed);
    let total: u64 = shares.iter().sum();
    assert!(shares[3] <= total / 4 + total / 20, "{shares:?}");
}

#[test]
fn dust_left_with_a_removed_validator_does_not_keep_its_place() {
    let mut world = competing();
    for _ in 0..25 {
        epoch(&mut world);
    }
    world.by(AUTHORITY).remove_hotkey(HOTKEY).expect("others are left");
    // The first that has enough is drawn from: a withdrawal leaves less with it than the chain moves.
    let with_first = held(&mut world)[0];
    world
        .by(PROVIDER)
        .withdraw_alpha(with_first - 1_000)
        .expect("an ordinary withdrawal");
    assert!(held(&mut world)[0] < 2_000);
    for _ in 0..3 {
        epoch(&mut world);
    }
    let known = world.competition().state.all;
    assert!(known.iter().all(|validator| validator.hotkey != HOTKEY), "{known:?}");
}
