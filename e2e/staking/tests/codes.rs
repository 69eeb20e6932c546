//! Every code a contract can receive, and that a failed call changes nothing (checked by `call`).

mod common;
use common::*;
use staking::{system_account, Code, DispatchError, Function, Ledger, MIN_STAKE, PROXY_DEPOSIT_BASE, ROOT};

#[test]
fn unknown_functions_and_bad_arguments_trap() {
    let mut world = world();
    assert_eq!(
        world.dispatch(37, &CONTRACT, &ALICE, &[]),
        Err(DispatchError::UnknownFunction(37))
    );
    for function in Function::ALL {
        let result = world.dispatch(function.id(), &CONTRACT, &ALICE, &[0]);
        assert_eq!(result, Err(DispatchError::BadArguments(function.id())));
    }
}

#[test]
fn add_stake_errors() {
    let mut world = world();
    let mut add = |hotkey, netuid: u16, tao: u64| code(&mut world, Function::AddStake, (hotkey, netuid, tao));
    assert_eq!(add(VALIDATOR, 7, TAO), Code::SubnetNotExists);
    assert_eq!(add(VALIDATOR, SUBNET, MIN_STAKE), Code::AmountTooLow);
    assert_eq!(add(VALIDATOR, SUBNET, 1_001 * TAO), Code::NotEnoughBalanceToStake);
    assert_eq!(add(NOBODY, SUBNET, TAO), Code::NotRegistered);
    assert_eq!(add(VALIDATOR, SUBNET, TAO), Code::Success);
    world.set_reserves(SUBNET, 0, 0).unwrap();
    assert_eq!(
        code(&mut world, Function::AddStake, (VALIDATOR, SUBNET, TAO)),
        Code::InsufficientLiquidity
    );
    world.set_subtoken(SUBNET, false).unwrap();
    assert_eq!(
        code(&mut world, Function::AddStake, (VALIDATOR, SUBNET, TAO)),
        Code::SubtokenDisabled
    );
}

#[test]
fn remove_stake_errors() {
    let mut world = with_stake(CONTRACT);
    let mut remove = |hotkey, netuid: u16, alpha: u64| code(&mut world, Function::RemoveStake, (hotkey, netuid, alpha));
    assert_eq!(remove(VALIDATOR, 7, TAO), Code::SubnetNotExists);
    assert_eq!(remove(VALIDATOR, SUBNET, 0), Code::AmountTooLow);
    assert_eq!(remove(VALIDATOR, SUBNET, 1_000_000), Code::AmountTooLow);
    assert_eq!(remove(VALIDATOR, SUBNET, 401 * TAO), Code::NotEnoughStakeToWithdraw);
    assert_eq!(remove(NOBODY, SUBNET, TAO), Code::NotRegistered);
    world.set_reserves(SUBNET, 0, 0).unwrap();
    assert_eq!(
        code(&mut world, Function::RemoveStake, (VALIDATOR, SUBNET, TAO)),
        Code::InsufficientLiquidity
    );
}

#[test]
fn the_way_out_as_tao_stays_open() {
    let mut world = with_stake(CONTRACT);
    world.set_transfers(SUBNET, false).unwrap();
    world.set_subtoken(SUBNET, false).unwrap();
    world.deregister_hotkey(SUBNET, VALIDATOR).unwrap();
    assert_eq!(
        code(&mut world, Function::RemoveStake, (VALIDATOR, SUBNET, 400 * TAO)),
        Code::Success
    );
    assert!(world.ledger.free(&CONTRACT) > 1_090 * TAO);
}

#[test]
fn limits_out_of_reach_and_slippage() {
    let mut world = with_stake(CONTRACT);
    let mut add = |tao: u64, price: u64, partial: bool| {
        code(
            &mut world,
            Function::AddStakeLimit,
            (VALIDATOR, SUBNET, tao, price, partial),
        )
    };
    assert_eq!(add(100 * TAO, 240_000_000, true), Code::RuntimeError);
    assert_eq!(add(100 * TAO, 260_000_000, false), Code::SlippageTooHigh);
    assert_eq!(add(100 * TAO, 260_000_000, true), Code::Success);
    assert_eq!(world.price_e9(SUBNET), 260_000_000);
    let mut remove = |alpha: u64, price: u64, partial: bool| {
        code(
            &mut world,
            Function::RemoveStakeLimit,
            (VALIDATOR, SUBNET, alpha, price, partial),
        )
    };
    assert_eq!(remove(300 * TAO, 270_000_000, true), Code::RuntimeError);
    assert_eq!(remove(300 * TAO, 250_000_000, false), Code::SlippageTooHigh);
    assert_eq!(remove(300 * TAO, 250_000_000, true), Code::Success);
    assert_eq!(world.price_e9(SUBNET), 250_000_000);
    let all = world.stake(&VALIDATOR, &CONTRACT, SUBNET);
    let full = |price: Option<u64>| (VALIDATOR, SUBNET, price);
    assert_eq!(
        code(&mut world, Function::RemoveStakeFullLimit, full(Some(249_000_000))),
        Code::SlippageTooHigh
    );
    assert_eq!(
        code(&mut world, Function::RemoveStakeFullLimit, full(Some(100_000_000))),
        Code::Success
    );
    assert_eq!(world.stake(&VALIDATOR, &CONTRACT, SUBNET), 0);
    world.credit_stake(SUBNET, VALIDATOR, CONTRACT, all).unwrap();
    assert_eq!(
        code(&mut world, Function::RemoveStakeFullLimit, full(None)),
        Code::Success
    );
}

#[test]
fn moves_and_transfers_errors() {
    let mut world = with_stake(CONTRACT);
    let mut transfer = |to, hotkey, from: u16, netuid: u16, alpha: u64| {
        code(&mut world, Function::TransferStake, (to, hotkey, from, netuid, alpha))
    };
    assert_eq!(
        transfer(system_account(3), VALIDATOR, SUBNET, SUBNET, TAO),
        Code::CannotUseSystemAccount
    );
    assert_eq!(transfer(CONTRACT, VALIDATOR, SUBNET, SUBNET, TAO), Code::SameNetuid);
    assert_eq!(transfer(BOB, VALIDATOR, 7, SUBNET, TAO), Code::SubnetNotExists);
    assert_eq!(transfer(BOB, VALIDATOR, SUBNET, 7, TAO), Code::SubnetNotExists);
    assert_eq!(transfer(BOB, NOBODY, SUBNET, SUBNET, TAO), Code::NotRegistered);
    // Worth 0.002 TAO at a price of 0.25.
    assert_eq!(transfer(BOB, VALIDATOR, SUBNET, SUBNET, 8_000_000), Code::AmountTooLow);
    assert_eq!(transfer(BOB, VALIDATOR, SUBNET, SUBNET, 8_000_004), Code::Success);
    assert_eq!(transfer(BOB, SECOND, SUBNET, SUBNET, TAO), Code::AmountTooLow);
    let swap = |from: u16, to: u16| (VALIDATOR, from, to, TAO);
    assert_eq!(
        code(&mut world, Function::SwapStake, swap(SUBNET, SUBNET)),
        Code::SameNetuid
    );
    let limited = |price: u64, partial: bool| (VALIDATOR, SUBNET, OTHER, 300 * TAO, price, partial);
    assert_eq!(
        code(&mut world, Function::SwapStakeLimit, limited(1_100_000_000, true)),
        Code::RuntimeError
    );
    assert_eq!(
        code(&mut world, Function::SwapStakeLimit, limited(900_000_000, false)),
        Code::SlippageTooHigh
    );
    assert_eq!(
        code(&mut world, Function::SwapStakeLimit, limited(900_000_000, true)),
        Code::Success
    );
    world.set_transfers(OTHER, false).unwrap();
    let across = (BOB, VALIDATOR, SUBNET, OTHER, TAO);
    assert_eq!(code(&mut world, Function::TransferStake, across), Code::RuntimeError);
    world.set_subtoken(OTHER, false).unwrap();
    assert_eq!(
        code(&mut world, Function::TransferStake, across),
        Code::SubtokenDisabled
    );
}

#[test]
fn burning_errors() {
    let mut world = with_stake(CONTRACT);
    for function in [Function::RecycleAlpha, Function::BurnAlpha] {
        assert_eq!(
            code(&mut world, function, (VALIDATOR, 7u16, TAO)),
            Code::SubnetNotExists
        );
        assert_eq!(
            code(&mut world, function, (VALIDATOR, ROOT, TAO)),
            Code::CannotBurnOrRecycleOnRootSubnet
        );
        assert_eq!(code(&mut world, function, (NOBODY, SUBNET, TAO)), Code::NotRegistered);
    }
    for function in [Function::AddStakeRecycle, Function::AddStakeBurn] {
        assert_eq!(
            code(&mut world, function, (VALIDATOR, ROOT, TAO)),
            Code::CannotBurnOrRecycleOnRootSubnet
        );
        assert_eq!(
            code(&mut world, function, (VALIDATOR, SUBNET, 1u64)),
            Code::AmountTooLow
        );
    }
    world.set_subtoken(SUBNET, false).unwrap();
    assert_eq!(
        code(&mut world, Function::BurnAlpha, (VALIDATOR, SUBNET, TAO)),
        Code::SubtokenDisabled
    );
}

#[test]
fn auto_stake_errors() {
    let mut world = world();
    let mut set = |netuid: u16, hotkey| code(&mut world, Function::SetColdkeyAutoStakeHotkey, (netuid, hotkey));
    assert_eq!(set(7, VALIDATOR), Code::SubnetNotExists);
    assert_eq!(set(SUBNET, NOBODY), Code::NotRegistered);
    assert_eq!(set(SUBNET, VALIDATOR), Code::Success);
    assert_eq!(set(SUBNET, VALIDATOR), Code::SameAutoStakeHotkeyAlreadySet);
    assert_eq!(set(SUBNET, SECOND), Code::Success);
    assert_eq!(world.auto_stake_hotkey(&CONTRACT, SUBNET), Some(SECOND));
}

#[test]
fn proxy_errors() {
    let mut world = world();
    assert_eq!(code(&mut world, Function::AddProxy, CONTRACT), Code::ProxyNoSelfProxy);
    assert_eq!(code(&mut world, Function::RemoveProxy, BOB), Code::ProxyNotFound);
    assert_eq!(code(&mut world, Function::AddProxy, BOB), Code::Success);
    assert_eq!(code(&mut world, Function::AddProxy, BOB), Code::ProxyDuplicate);
    for i in 0..19u8 {
        assert_eq!(code(&mut world, Function::AddProxy, [100 + i; 32]), Code::Success);
    }
    assert_eq!(code(&mut world, Function::AddProxy, NOBODY), Code::ProxyTooMany);
    for proxy in world.proxies(&CONTRACT) {
        assert_eq!(code(&mut world, Function::RemoveProxy, proxy), Code::Success);
    }
    assert_eq!(world.ledger.free(&CONTRACT), 1_000 * TAO);
    world.ledger.0.insert(CONTRACT, PROXY_DEPOSIT_BASE);
    assert_eq!(code(&mut world, Function::AddProxy, BOB), Code::InsufficientBalance);
}

#[test]
fn faults_of_the_chain_can_be_injected() {
    let mut world = with_stake(CONTRACT);
    let args = (VALIDATOR, SUBNET, TAO);
    for injected in [
        Code::NonAssociatedColdKey,
        Code::TxRateLimitExceeded,
        Code::HotKeyNotRegisteredInSubNet,
    ] {
        world.fail_next(CONTRACT, Function::AddStake, injected, 1);
        let reply = world
            .dispatch(
                Function::AddStake.id(),
                &CONTRACT,
                &ALICE,
                &codec::Encode::encode(&args),
            )
            .unwrap();
        assert_eq!(reply.code, injected);
        assert_eq!(code(&mut world, Function::AddStake, args), Code::Success);
    }
    // A caller function acts as the caller, so that its failure is the caller's.
    world.fail_next(ALICE, Function::CallerAddStake, Code::BalanceWithdrawalError, 1);
    assert_eq!(code(&mut world, Function::AddStake, args), Code::Success);
    let reply = world
        .dispatch(
            Function::CallerAddStake.id(),
            &CONTRACT,
            &ALICE,
            &codec::Encode::encode(&args),
        )
        .unwrap();
    assert_eq!(reply.code, Code::BalanceWithdrawalError);
}

/// A host that promises more than it gives.
#[derive(Default)]
struct Lying;

impl Ledger for Lying {
    fn free(&self, _: &staking::AccountId) -> u64 {
        u64::MAX
    }
    fn withdraw(&mut self, _: &staking::AccountId, amount: u64) -> Result<(), staking::LedgerError> {
        Err(staking::LedgerError::Refused(amount))
    }
    fn deposit(&mut self, _: &staking::AccountId, _: u64) -> Result<(), staking::LedgerError> {
        Ok(())
    }
}

#[test]
fn a_failing_withdrawal_has_its_own_code() {
    let world = world();
    let mut lying = staking::Staking::new(world.store, Lying, 100);
    let args = codec::Encode::encode(&(VALIDATOR, SUBNET, TAO));
    let reply = lying
        .dispatch(Function::AddStake.id(), &CONTRACT, &ALICE, &args)
        .unwrap();
    assert_eq!(reply.code, Code::BalanceWithdrawalError);
}

#[test]
fn codes_have_the_numbers_of_the_chain() {
    let numbers = [
        Code::Success,
        Code::RuntimeError,
        Code::SubnetNotExists,
        Code::AmountTooLow,
        Code::SubtokenDisabled,
    ];
    assert_eq!(numbers.map(Code::as_u32), [0, 1, 9, 13, 22]);
}
