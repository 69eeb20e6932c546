//! Random sequences of every function by several actors: TAO and alpha are conserved, rounding costs a rao at most.

mod common;
use codec::Encode;
use common::*;
use proptest::prelude::*;
use staking::{AccountId, Code, Dividend, Function, Ledger, ROOT};

#[derive(Clone, Debug)]
struct Step {
    function: u16,
    hotkeys: (AccountId, AccountId),
    netuids: (u16, u16),
    amount: u64,
    price: u64,
    partial: bool,
    blocks: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let hotkey = || prop_oneof![Just(VALIDATOR), Just(SECOND), Just(OWNER_HOT), Just(NOBODY)];
    let netuid = || prop_oneof![Just(ROOT), Just(SUBNET), Just(SUBNET), Just(OTHER)];
    let amount = prop_oneof![0u64..10_000_000, 0u64..500 * TAO];
    let price = prop_oneof![Just(0u64), 100_000_000u64..1_500_000_000];
    let step = (
        0u16..37,
        (hotkey(), hotkey()),
        (netuid(), netuid()),
        amount,
        price,
        any::<bool>(),
        0u64..12,
    );
    let step = step.prop_map(|(function, hotkeys, netuids, amount, price, partial, blocks)| Step {
        function,
        hotkeys,
        netuids,
        amount,
        price,
        partial,
        blocks,
    });
    proptest::collection::vec(step, 1..60)
}

fn arguments(step: &Step) -> Vec<u8> {
    let ((hot, other_hot), (from, to)) = (step.hotkeys, step.netuids);
    match Function::from_id(step.function).unwrap().operation() {
        Function::GetStakeInfo => (hot, CONTRACT, from).encode(),
        Function::UnstakeAll | Function::UnstakeAllAlpha => hot.encode(),
        Function::MoveStake => (hot, other_hot, from, to, step.amount).encode(),
        Function::TransferStake => (BOB, hot, from, to, step.amount).encode(),
        Function::SwapStake => (hot, from, to, step.amount).encode(),
        Function::AddStakeLimit | Function::RemoveStakeLimit => {
            (hot, from, step.amount, step.price, step.partial).encode()
        }
        Function::SwapStakeLimit => (hot, from, to, step.amount, step.price, step.partial).encode(),
        Function::RemoveStakeFullLimit => (hot, from, step.partial.then_some(step.price)).encode(),
        Function::SetColdkeyAutoStakeHotkey => (from, hot).encode(),
        Function::AddProxy | Function::RemoveProxy => other_hot.encode(),
        Function::GetAlphaPrice | Function::GetSubnetRegistrationState => from.encode(),
        Function::GetColdkeyLock | Function::GetStakeAvailability => (CONTRACT, from).encode(),
        _ => (hot, from, step.amount).encode(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_created_or_lost(steps in steps()) {
        let mut world = with_stake(CONTRACT);
        world.credit_stake(SUBNET, SECOND, ALICE, 77 * TAO + 3).unwrap();
        world.credit_stake(OTHER, VALIDATOR, ALICE, 5 * TAO + 1).unwrap();
        world.set_lock(SUBNET, ALICE, SECOND, 30 * TAO, false).unwrap();
        world.set_accepts_locked(BOB, true);
        world.set_dividend(SUBNET, VALIDATOR, Dividend::Amount(12_345_679)).unwrap();
        world.set_dividend(OTHER, VALIDATOR, Dividend::Rate { per_billion: 333 }).unwrap();
        let tao = all_tao(&world);
        for step in &steps {
            for _ in 0..step.blocks {
                world.now += 1;
                let before = all_alpha(&world, SUBNET);
                let had = world.subnet(SUBNET).unwrap().last_epoch;
                world.on_block();
                let paid = match world.subnet(SUBNET).unwrap().last_epoch == had {
                    true => 0,
                    false => world.last_dividend(SUBNET, &VALIDATOR),
                };
                prop_assert_eq!(all_alpha(&world, SUBNET), before + paid);
            }
            let before = [SUBNET, OTHER].map(|n| all_alpha(&world, n));
            let function = Function::from_id(step.function).unwrap();
            let others: Vec<u64> = world.hotkeys(SUBNET).iter().map(|h| world.stake(h, &BOB, SUBNET)).collect();
            let reply = world.dispatch(step.function, &CONTRACT, &ALICE, &arguments(step)).unwrap();
            check(&world);
            prop_assert_eq!(all_tao(&world), tao, "{:?} -> {:?}", function, reply.code);
            let recycled = matches!(function, Function::RecycleAlpha | Function::AddStakeRecycle)
                && reply.code == Code::Success;
            for (netuid, before) in [SUBNET, OTHER].into_iter().zip(before) {
                let destroyed = match recycled && netuid == step.netuids.0 {
                    true => u64::from_le_bytes(reply.output[..].try_into().unwrap()),
                    false => 0,
                };
                prop_assert_eq!(all_alpha(&world, netuid) + destroyed, before, "{:?} -> {:?}", function, reply.code);
            }
            // Nobody who did nothing loses anything.
            for (hotkey, had) in world.hotkeys(SUBNET).iter().zip(others) {
                prop_assert!(world.stake(hotkey, &BOB, SUBNET) >= had);
            }
        }
        let stakers: u64 = [CONTRACT, ALICE, BOB].iter().map(|who| world.total_stake(who, SUBNET)).sum();
        prop_assert!(stakers <= world.subnet(SUBNET).unwrap().alpha_out);
        world.dissolve(SUBNET).unwrap();
        prop_assert_eq!(all_tao(&world), tao);
        prop_assert!(world.ledger.free(&BOB) >= 1_000 * TAO);
    }

    /// A failed call leaves state and balances untouched, whatever it was.
    #[test]
    fn failures_change_nothing(steps in steps()) {
        let mut world = with_stake(CONTRACT);
        for step in &steps {
            let before = (world.store.clone(), world.ledger.clone());
            let reply = world.dispatch(step.function, &CONTRACT, &ALICE, &arguments(step)).unwrap();
            if reply.code != Code::Success {
                prop_assert!(before == (world.store.clone(), world.ledger.clone()), "{:?}", reply.code);
            }
        }
    }

    /// What arrives is what was sent, or one rao less.
    #[test]
    fn a_transfer_is_one_rao_off_at_most(first in TAO..1_000 * TAO, growth in 0u64..500 * TAO, amount in 10_000_000u64..300 * TAO) {
        let mut world = with_stake(CONTRACT);
        world.credit_stake(SUBNET, VALIDATOR, ALICE, first).unwrap();
        world.set_dividend(SUBNET, VALIDATOR, Dividend::Amount(growth)).unwrap();
        world.run_epoch(SUBNET);
        let had = world.stake(&VALIDATOR, &CONTRACT, SUBNET);
        let args = (BOB, VALIDATOR, SUBNET, SUBNET, amount);
        prop_assert_eq!(code(&mut world, Function::TransferStake, args), Code::Success);
        let (left, got) = (world.stake(&VALIDATOR, &CONTRACT, SUBNET), world.stake(&VALIDATOR, &BOB, SUBNET));
        prop_assert!(got <= amount && got + 1 >= amount);
        // What stays is rounded, too: it can be one more than what was there less what was asked for, or one less.
        prop_assert!(left.abs_diff(had - amount) <= 1, "{left} of {had} left after {amount}");
    }
}
