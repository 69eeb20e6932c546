//! The mock behaves like the chain where contracts get hurt.
#![cfg(test)]
#![allow(missing_docs)]

use ink::primitives::AccountId;
use subtensor::mock::MockChain;
use subtensor::{extension, stake_of, SubtensorError};

const NETUID: u16 = 3;
const PRICE_E9: u64 = 250_000_000;

fn account(byte: u8) -> AccountId {
    [byte; 32].into()
}

const HOTKEY: u8 = 1;
const CONTRACT: u8 = 2;
const ALICE: u8 = 3;

fn chain() -> MockChain {
    let chain = MockChain::install(account(CONTRACT), account(ALICE));
    chain.register_subnet(NETUID, PRICE_E9);
    chain
}

#[test]
fn caller_functions_move_the_callers_stake_and_others_the_contracts() {
    let chain = chain();
    let (hotkey, contract, alice) = (account(HOTKEY), account(CONTRACT), account(ALICE));
    chain.set_stake(hotkey, alice, NETUID, 100_000_000);

    extension()
        .caller_transfer_stake(contract, hotkey, NETUID, NETUID, 60_000_000)
        .unwrap();
    assert_eq!(stake_of(hotkey, alice, NETUID), Ok(40_000_000));
    assert_eq!(stake_of(hotkey, contract, NETUID), Ok(60_000_000));

    extension()
        .transfer_stake(alice, hotkey, NETUID, NETUID, 10_000_000)
        .unwrap();
    assert_eq!(chain.stake(hotkey, alice, NETUID), 50_000_000);
    assert_eq!(chain.stake(hotkey, contract, NETUID), 50_000_000);
}

#[test]
fn a_transfer_is_capped_silently_by_stake_and_by_lock() {
    let chain = chain();
    let (hotkey, contract, alice) = (account(HOTKEY), account(CONTRACT), account(ALICE));
    chain.set_stake(hotkey, alice, NETUID, 100_000_000);
    chain.set_locked(alice, NETUID, 70_000_000);

    assert_eq!(
        extension().caller_transfer_stake(contract, hotkey, NETUID, NETUID, u64::MAX),
        Ok(())
    );
    assert_eq!(chain.stake(hotkey, contract, NETUID), 30_000_000);
    let availability = extension().get_stake_availability(alice, NETUID).unwrap();
    assert_eq!(
        (availability.total, availability.locked, availability.available),
        (70_000_000, 70_000_000, 0)
    );
}

#[test]
fn rounding_may_cost_the_receiver_a_unit() {
    let chain = chain();
    let (hotkey, contract) = (account(HOTKEY), account(CONTRACT));
    chain.set_stake(hotkey, account(ALICE), NETUID, 100_000_000);
    chain.set_rounding_loss(1);
    extension()
        .caller_transfer_stake(contract, hotkey, NETUID, NETUID, 50_000_000)
        .unwrap();
    assert_eq!(chain.stake(hotkey, contract, NETUID), 49_999_999);
}

#[test]
fn small_or_switched_off_transfers_are_refused() {
    let chain = chain();
    let (hotkey, contract) = (account(HOTKEY), account(CONTRACT));
    chain.set_stake(hotkey, account(ALICE), NETUID, 100_000_000);
    // 7,999,999 alpha at 0.25 is one rao short of 0.002 TAO.
    let transfer = |alpha| extension().caller_transfer_stake(contract, hotkey, NETUID, NETUID, alpha);
    assert_eq!(transfer(7_999_999), Err(SubtensorError::AmountTooLow));
    assert_eq!(transfer(8_000_000), Ok(()));
    chain.set_transfers(NETUID, false);
    assert_eq!(transfer(8_000_000), Err(SubtensorError::RuntimeError));
    // Moving between hotkeys is no transfer.
    assert_eq!(
        extension().caller_move_stake(hotkey, account(9), NETUID, NETUID, 8_000_000),
        Ok(())
    );
}

#[test]
fn swaps_happen_at_the_set_price() {
    let chain = chain();
    let (hotkey, contract) = (account(HOTKEY), account(CONTRACT));
    chain.set_tao(contract, 1_000_000_000);
    extension().add_stake(hotkey, NETUID, 500_000_000).unwrap();
    assert_eq!(chain.stake(hotkey, contract, NETUID), 2_000_000_000);
    extension().remove_stake(hotkey, NETUID, 1_000_000_000).unwrap();
    assert_eq!(chain.tao(contract), 750_000_000);
    assert_eq!(
        extension().add_stake(hotkey, NETUID, 750_000_001),
        Err(SubtensorError::NotEnoughBalanceToStake)
    );
    assert_eq!(
        extension().add_stake_limit(hotkey, NETUID, 2_000_000, PRICE_E9 - 1, false),
        Err(SubtensorError::SlippageTooHigh)
    );
    chain.sync_contract_balance();
    let balance: u128 = ink::env::test::get_account_balance::<ink::env::DefaultEnvironment>(contract).unwrap();
    assert_eq!(balance, 750_000_000);
}

#[test]
fn dissolution_pays_in_tao_and_reuse_changes_only_the_counter() {
    let chain = chain();
    let (hotkey, contract) = (account(HOTKEY), account(CONTRACT));
    chain.set_stake(hotkey, contract, NETUID, 10);
    let before = extension().get_subnet_registration_state(NETUID).unwrap();

    chain.dissolve_subnet(NETUID);
    let gone = extension().get_subnet_registration_state(NETUID).unwrap();
    assert_eq!(
        (gone.exists, gone.registered_subnet_counter),
        (false, before.registered_subnet_counter)
    );
    assert_eq!(chain.tao(contract), 2);
    assert_eq!(stake_of(hotkey, contract, NETUID), Ok(0));
    assert_eq!(extension().get_alpha_price(NETUID), Ok(1_000_000_000));

    chain.register_subnet(NETUID, PRICE_E9);
    let reused = extension().get_subnet_registration_state(NETUID).unwrap();
    assert_eq!(
        (reused.exists, reused.registered_subnet_counter),
        (true, before.registered_subnet_counter + 1)
    );
}

#[test]
fn dividends_grow_the_stake_and_show_as_emission() {
    let chain = chain();
    let (hotkey, contract) = (account(HOTKEY), account(CONTRACT));
    chain.set_stake(hotkey, contract, NETUID, 1_999);
    chain.set_stake(hotkey, account(ALICE), NETUID, 1_000);
    chain.pay_dividends(hotkey, NETUID, 10);
    let info = extension().get_stake_info(hotkey, contract, NETUID).unwrap().unwrap();
    assert_eq!((info.stake, info.emission, info.is_registered), (2_018, 29, true));
}

#[test]
fn failures_can_be_programmed_and_calls_are_recorded() {
    let chain = chain();
    let hotkey = account(HOTKEY);
    chain.set_tao(account(CONTRACT), 1_000_000_000);
    chain.fail_next(1, 7);
    assert_eq!(
        extension().add_stake(hotkey, NETUID, 2_000_000),
        Err(SubtensorError::TxRateLimitExceeded)
    );
    assert_eq!(extension().add_stake(hotkey, NETUID, 2_000_000), Ok(()));
    chain.fail_always(15, 99);
    assert_eq!(extension().get_alpha_price(NETUID), Err(SubtensorError::Unknown(99)));
    assert_eq!(extension().get_alpha_price(NETUID), Err(SubtensorError::Unknown(99)));
    chain.recover();
    assert_eq!(extension().get_alpha_price(NETUID), Ok(PRICE_E9));

    let calls = chain.take_calls();
    assert_eq!(
        calls.iter().map(|call| (call.function, call.code)).collect::<Vec<_>>(),
        [(1, 7), (1, 0), (15, 99), (15, 99), (15, 0)]
    );
    assert!(chain.take_calls().is_empty());
}

#[test]
fn proxies_and_auto_stake_answer_with_their_codes() {
    let _chain = chain();
    let delegate = account(8);
    assert_eq!(
        extension().add_proxy(account(CONTRACT)),
        Err(SubtensorError::ProxyNoSelfProxy)
    );
    assert_eq!(extension().add_proxy(delegate), Ok(()));
    assert_eq!(extension().add_proxy(delegate), Err(SubtensorError::ProxyDuplicate));
    assert_eq!(
        extension().caller_remove_proxy(delegate),
        Err(SubtensorError::ProxyNotFound)
    );
    assert_eq!(extension().remove_proxy(delegate), Ok(()));
    assert_eq!(extension().set_coldkey_auto_stake_hotkey(NETUID, delegate), Ok(()));
    assert_eq!(
        extension().set_coldkey_auto_stake_hotkey(NETUID, delegate),
        Err(SubtensorError::SameAutoStakeHotkeyAlreadySet)
    );
}

#[test]
fn recycled_alpha_is_what_was_there() {
    let chain = chain();
    let (hotkey, contract) = (account(HOTKEY), account(CONTRACT));
    chain.set_stake(hotkey, contract, NETUID, 500);
    assert_eq!(extension().recycle_alpha(hotkey, NETUID, 200), Ok(200));
    assert_eq!(extension().burn_alpha(hotkey, NETUID, 1_000), Ok(300));
    assert_eq!(
        extension().burn_alpha(hotkey, 9, 1),
        Err(SubtensorError::SubnetNotExists)
    );
    chain.set_tao(contract, 2_000_000);
    assert_eq!(extension().add_stake_burn(hotkey, NETUID, 2_000_000), Ok(8_000_000));
    assert_eq!(chain.stake(hotkey, contract, NETUID), 0);
}
