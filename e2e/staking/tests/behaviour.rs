//! What the functions do when they succeed, and the chain's traps.

mod common;
use codec::{Decode, Encode};
use common::*;
use staking::{
    Code, ColdkeyLock, Dividend, Function, Ledger, RegistrationState, StakeAvailability, StakeInfo, PRICE_ONE, ROOT,
};

#[test]
fn stake_is_bought_and_sold_at_the_pool_with_a_fee() {
    let mut world = world();
    let tao = all_tao(&world);
    assert_eq!(
        code(&mut world, Function::AddStake, (VALIDATOR, SUBNET, 10 * TAO)),
        Code::Success
    );
    let stake = world.stake(&VALIDATOR, &CONTRACT, SUBNET);
    // 4000 · n / (1000 + n) for n = 10 TAO less 0.05 %.
    assert_eq!(stake, 39_584_215_260);
    assert_eq!(world.ledger.free(&CONTRACT), 990 * TAO);
    assert!(world.price_e9(SUBNET) > 250_000_000);
    assert_eq!(
        code(&mut world, Function::RemoveStake, (VALIDATOR, SUBNET, stake)),
        Code::Success
    );
    let back = world.ledger.free(&CONTRACT);
    assert!(back < 1_000 * TAO && back > 999 * TAO - 20_000_000 && all_tao(&world) == tao);
}

#[test]
fn root_takes_tao_one_to_one() {
    let mut world = world();
    assert_eq!(
        code(&mut world, Function::AddStake, (VALIDATOR, ROOT, 5 * TAO)),
        Code::Success
    );
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, ROOT), 5 * TAO);
    assert_eq!(
        code(&mut world, Function::RemoveStake, (VALIDATOR, ROOT, 5 * TAO)),
        Code::Success
    );
    assert_eq!(world.ledger.free(&CONTRACT), 1_000 * TAO);
}

#[test]
fn stake_info_has_the_layout_of_the_chain() {
    let mut world = with_stake(CONTRACT);
    world.set_dividend(SUBNET, VALIDATOR, Dividend::Amount(7)).unwrap();
    world.run_epoch(SUBNET);
    let output = call(&mut world, Function::GetStakeInfo, (VALIDATOR, CONTRACT, SUBNET)).output;
    let mut expected = vec![1];
    expected.extend([VALIDATOR, CONTRACT].concat());
    expected.push(1 << 2);
    expected.extend(codec::Compact(400 * TAO + 7).encode());
    expected.extend([0, 7 << 2, 0, 0, 1]);
    assert_eq!(output, expected);
    let info = Option::<StakeInfo>::decode(&mut &output[..]).unwrap().unwrap();
    assert_eq!(
        (info.stake, info.emission, info.is_registered),
        (400 * TAO + 7, 7, true)
    );
    // Zeroes, not None, for what does not exist.
    let output = call(&mut world, Function::GetStakeInfo, (NOBODY, CONTRACT, 77u16)).output;
    let info = Option::<StakeInfo>::decode(&mut &output[..]).unwrap().unwrap();
    assert_eq!((info.stake, info.is_registered), (0, false));
}

#[test]
fn moves_are_capped_in_silence() {
    let more = 1_000_000 * TAO;
    let cases: [(Function, Vec<u8>); 3] = [
        (Function::MoveStake, (VALIDATOR, SECOND, SUBNET, SUBNET, more).encode()),
        (Function::TransferStake, (BOB, VALIDATOR, SUBNET, SUBNET, more).encode()),
        (Function::SwapStake, (VALIDATOR, SUBNET, OTHER, more).encode()),
    ];
    for (function, args) in cases {
        for (id, holder) in [(function.id(), CONTRACT), (function.id() + 19, ALICE)] {
            let mut world = with_stake(holder);
            let reply = world.dispatch(id, &CONTRACT, &ALICE, &args).unwrap();
            assert_eq!(reply.code, Code::Success);
            assert_eq!(
                world.stake(&VALIDATOR, &holder, SUBNET),
                0,
                "all of it, by {function:?}"
            );
            check(&world);
        }
    }
}

#[test]
fn a_move_within_a_subnet_costs_nothing_and_leaves_the_price() {
    let mut world = with_stake(CONTRACT);
    let args = (VALIDATOR, SECOND, SUBNET, SUBNET, 100 * TAO);
    assert_eq!(code(&mut world, Function::MoveStake, args), Code::Success);
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, SUBNET), 300 * TAO);
    assert_eq!(world.stake(&SECOND, &CONTRACT, SUBNET), 100 * TAO);
    assert_eq!(world.price_e9(SUBNET), 250_000_000);
}

#[test]
fn caller_functions_move_the_callers_stake() {
    let mut world = with_stake(ALICE);
    let args = (CONTRACT, VALIDATOR, SUBNET, SUBNET, 150 * TAO);
    assert_eq!(code(&mut world, Function::CallerTransferStake, args), Code::Success);
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, SUBNET), 150 * TAO);
    assert_eq!(world.stake(&VALIDATOR, &ALICE, SUBNET), 250 * TAO);
}

#[test]
fn unstake_all_empties_every_subnet() {
    let mut world = with_stake(CONTRACT);
    world.credit_stake(OTHER, VALIDATOR, CONTRACT, 40 * TAO).unwrap();
    world.credit_stake(ROOT, VALIDATOR, CONTRACT, 5 * TAO).unwrap();
    assert_eq!(code(&mut world, Function::UnstakeAllAlpha, VALIDATOR), Code::Success);
    assert!(world.stake(&VALIDATOR, &CONTRACT, ROOT) > 100 * TAO);
    assert_eq!(
        world.total_stake(&CONTRACT, SUBNET) + world.total_stake(&CONTRACT, OTHER),
        0
    );
    assert_eq!(
        code(&mut world, Function::UnstakeAllAlpha, VALIDATOR),
        Code::AmountTooLow
    );
    assert_eq!(code(&mut world, Function::UnstakeAll, VALIDATOR), Code::Success);
    assert!(world.ledger.free(&CONTRACT) > 1_100 * TAO);
    assert_eq!(code(&mut world, Function::UnstakeAll, VALIDATOR), Code::AmountTooLow);
}

#[test]
fn recycled_alpha_is_gone_and_burned_alpha_still_counts() {
    let mut world = with_stake(CONTRACT);
    let issued = |world: &World| world.subnet(SUBNET).unwrap().alpha_out;
    let reply = call(&mut world, Function::RecycleAlpha, (VALIDATOR, SUBNET, 100 * TAO));
    assert_eq!((reply.code, reply.output), (Code::Success, (100 * TAO).encode()));
    assert_eq!(issued(&world), 300 * TAO);
    // More than there is burns what there is.
    let reply = call(&mut world, Function::BurnAlpha, (VALIDATOR, SUBNET, 900 * TAO));
    assert_eq!((reply.code, reply.output), (Code::Success, (300 * TAO).encode()));
    assert_eq!(issued(&world), 300 * TAO);
    let reply = call(&mut world, Function::AddStakeBurn, (VALIDATOR, SUBNET, TAO));
    assert_eq!(reply.code, Code::Success);
    assert!(u64::decode(&mut &reply.output[..]).unwrap() > 3 * TAO);
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, SUBNET), 0);
}

#[test]
fn dividends_grow_every_stake_of_a_registered_hotkey_once_a_tempo() {
    let mut world = with_stake(CONTRACT);
    world.credit_stake(SUBNET, VALIDATOR, ALICE, 1_200 * TAO).unwrap();
    world.credit_stake(SUBNET, SECOND, BOB, 100 * TAO).unwrap();
    world
        .set_dividend(SUBNET, VALIDATOR, Dividend::Amount(16 * TAO))
        .unwrap();
    world
        .set_dividend(
            SUBNET,
            SECOND,
            Dividend::Rate {
                per_billion: 10_000_000,
            },
        )
        .unwrap();
    let epochs: Vec<u64> = (101..=130)
        .filter(|now| {
            world.now = *now;
            world.on_block() > 0
        })
        .collect();
    assert_eq!(epochs, [109, 119, 129]);
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, SUBNET), 412 * TAO);
    assert_eq!(world.stake(&SECOND, &BOB, SUBNET), 103_030_100_000);
    assert_eq!(world.last_dividend(SUBNET, &SECOND), 1_020_100_000);
    world.deregister_hotkey(SUBNET, VALIDATOR).unwrap();
    world.run_epoch(SUBNET);
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, SUBNET), 412 * TAO);
    assert_eq!(world.last_dividend(SUBNET, &VALIDATOR), 0);
    check(&world);
}

#[test]
fn a_dissolved_subnet_pays_tao_without_asking() {
    let mut world = with_stake(CONTRACT);
    world.credit_stake(SUBNET, SECOND, BOB, 800 * TAO).unwrap();
    let (tao, custody) = (all_tao(&world), world.total_tao());
    assert_eq!(world.dissolve(SUBNET), Ok(1_000 * TAO));
    assert_eq!(world.ledger.free(&CONTRACT), 1_000 * TAO + 333_333_333_333);
    assert_eq!(world.ledger.free(&BOB), 1_000 * TAO + 666_666_666_667);
    assert_eq!((all_tao(&world), world.total_tao()), (tao, custody - 1_000 * TAO));
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, SUBNET), 0);
    let output = call(&mut world, Function::GetSubnetRegistrationState, SUBNET).output;
    let state = RegistrationState::decode(&mut &output[..]).unwrap();
    assert_eq!((state.exists, state.registered_subnet_counter), (false, 1));
    // The price of a subnet that is gone reads as one TAO.
    assert_eq!(
        call(&mut world, Function::GetAlphaPrice, SUBNET).output,
        PRICE_ONE.encode()
    );
}

#[test]
fn a_reused_netuid_differs_only_in_its_counter() {
    let mut world = with_stake(CONTRACT);
    assert_eq!(world.reuse(SUBNET, spec()), Ok(2));
    let state = world.registration_state(SUBNET);
    assert_eq!((state.exists, state.registered_subnet_counter), (true, 2));
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, SUBNET), 0);
    assert_eq!(world.ledger.free(&CONTRACT), 2_000 * TAO);
    assert!(!world.hotkey_pool(SUBNET, &VALIDATOR).registered);
    check(&world);
}

#[test]
fn a_subnet_dissolved_without_stakers_recycles_its_tao() {
    let mut world = world();
    let tao = all_tao(&world);
    assert_eq!(world.dissolve(SUBNET), Ok(0));
    assert_eq!(all_tao(&world), tao);
}

#[test]
fn locked_alpha_does_not_leave() {
    let mut world = with_stake(CONTRACT);
    world.set_lock(SUBNET, CONTRACT, SECOND, 300 * TAO, true).unwrap();
    let output = call(&mut world, Function::GetStakeAvailability, (CONTRACT, SUBNET)).output;
    let expected = StakeAvailability {
        netuid: SUBNET,
        total: 400 * TAO,
        locked: 300 * TAO,
        available: 100 * TAO,
    };
    assert_eq!(output, expected.encode());
    assert_eq!(
        code(&mut world, Function::RemoveStake, (VALIDATOR, SUBNET, 101 * TAO)),
        Code::RuntimeError
    );
    assert_eq!(code(&mut world, Function::UnstakeAll, VALIDATOR), Code::RuntimeError);
    assert_eq!(
        code(&mut world, Function::BurnAlpha, (VALIDATOR, SUBNET, 101 * TAO)),
        Code::RuntimeError
    );
    assert_eq!(
        code(&mut world, Function::SwapStake, (VALIDATOR, SUBNET, OTHER, 101 * TAO)),
        Code::RuntimeError
    );
    // Between hotkeys of the same subnet it may move, and what is free may leave.
    let args = (VALIDATOR, SECOND, SUBNET, SUBNET, 400 * TAO);
    assert_eq!(code(&mut world, Function::MoveStake, args), Code::Success);
    assert_eq!(
        code(&mut world, Function::RemoveStake, (SECOND, SUBNET, 100 * TAO)),
        Code::Success
    );
}

#[test]
fn locked_alpha_is_refused_by_those_who_did_not_opt_in() {
    let mut world = with_stake(CONTRACT);
    world.set_lock(SUBNET, CONTRACT, SECOND, 400 * TAO, true).unwrap();
    world.now += 10_000;
    let before = world.lock(&CONTRACT, SUBNET).unwrap();
    let args = (BOB, VALIDATOR, SUBNET, SUBNET, 100 * TAO);
    assert_eq!(code(&mut world, Function::TransferStake, args), Code::RuntimeError);
    world.set_accepts_locked(BOB, true);
    assert_eq!(code(&mut world, Function::TransferStake, args), Code::Success);
    // The conviction went along with the stake: a quarter of both.
    let (left, moved) = (
        world.lock(&CONTRACT, SUBNET).unwrap(),
        world.lock(&BOB, SUBNET).unwrap(),
    );
    assert_eq!((left.mass, moved.mass), (300 * TAO, 100 * TAO));
    assert!(moved.conviction > 0 && left.conviction + moved.conviction == before.conviction);
    assert!(moved.conviction.abs_diff(before.conviction / 4) < 1 << 64);
}

#[test]
fn conviction_matures_and_decays() {
    let mut world = with_stake(CONTRACT);
    world.set_lock(SUBNET, CONTRACT, SECOND, 400 * TAO, true).unwrap();
    world.now += 648_000;
    let lock = |world: &mut World| {
        let output = call(world, Function::GetColdkeyLock, (CONTRACT, SUBNET)).output;
        Option::<ColdkeyLock>::decode(&mut &output[..]).unwrap().unwrap()
    };
    let ninety_days = lock(&mut world);
    assert_eq!(ninety_days.locked_mass, 400 * TAO);
    // τ · ln 2 is 90 days to within seven blocks.
    let half = |amount: u64| amount.abs_diff(200 * TAO) < 200 * TAO / 1_000_000;
    assert!(half((ninety_days.conviction_bits >> 64) as u64));
    assert_eq!(ninety_days.last_update, world.now);
    world.set_lock(SUBNET, CONTRACT, SECOND, 400 * TAO, false).unwrap();
    world.now += 648_000;
    assert!(half(lock(&mut world).locked_mass));
    // Aimed at the owner's hotkey it is mature at once.
    world.set_lock(SUBNET, CONTRACT, OWNER_HOT, 400 * TAO, true).unwrap();
    assert_eq!(lock(&mut world).conviction_bits >> 64, u128::from(400 * TAO));
}

#[test]
fn prices_can_be_set_along_the_curve() {
    let mut world = world();
    world.set_price(SUBNET, 500_000_000).unwrap();
    let pool = world.subnet(SUBNET).unwrap().pool;
    assert!(world.price_e9(SUBNET).abs_diff(500_000_000) <= 1);
    let product = pool.tao as f64 * pool.alpha as f64;
    assert!((product / 4e24 - 1.0).abs() < 1e-6);
}
