//! What a contract can do as somebody's proxy, with bytes of its own making, and that nobody tells it when it failed.

use codec::{Compact, Encode};
use contract_tests::calls::proxies::ProxyType;
use contract_tests::puppet::{self, answer, dispatching};
use contract_tests::world::{ATTACKER, HOTKEY, KEEPER, OWNER};
use contract_tests::{World, COIN, NETUID};
use frame_support::sp_runtime::DispatchError;
use staking::AccountId;

/// pallet-contracts' code for a call of the runtime that failed or was not allowed.
const CALL_RUNTIME_FAILED: u32 = 10;
/// Index of `AdminUtils::sudo_set_immunity_period`.
const IMMUNITY_PERIOD: u8 = 13;

/// A chain without a market, and a contract that is the subnet owner's proxy.
fn with_proxy(kind: ProxyType) -> (World, AccountId) {
    let mut world = World::without_market();
    let contract = puppet::create(&mut world, COIN);
    world.add_proxy(OWNER, contract, kind);
    (world, contract)
}

fn id(account: AccountId) -> Vec<u8> {
    [vec![0], account.to_vec()].concat()
}

fn proxied(real: AccountId, call: &[u8]) -> Vec<u8> {
    [&[16, 0], id(real).as_slice(), &[0], call].concat()
}

fn immunity_period(netuid: u16, blocks: u16) -> Vec<u8> {
    [vec![19, IMMUNITY_PERIOD], (netuid, blocks).encode()].concat()
}

fn toggle_transfer(netuid: u16, enabled: bool) -> Vec<u8> {
    [vec![19, 61], (netuid, enabled).encode()].concat()
}

fn transfer(to: AccountId, rao: u64) -> Vec<u8> {
    [vec![5, 3], id(to), Compact(rao).encode()].concat()
}

fn transfer_stake(to: AccountId, alpha: u64) -> Vec<u8> {
    [vec![7, 86], (to, HOTKEY, NETUID, NETUID, alpha).encode()].concat()
}

/// Makes the contract call the runtime; the code of the host function.
fn call(world: &mut World, contract: AccountId, call: &[u8]) -> u32 {
    let (code, output) = answer(world.run(KEEPER, contract, 0, dispatching(call)));
    assert!(output.is_empty());
    code
}

/// Makes the contract act as the proxy of an account; the code of the host function.
fn act(world: &mut World, contract: AccountId, real: AccountId, inner: Vec<u8>) -> u32 {
    call(world, contract, &proxied(real, &inner))
}

fn transfers(world: &mut World) -> bool {
    world.chain(|chain| chain.subnet(NETUID).expect("it lives").transfers_enabled)
}

#[test]
fn a_contract_sets_what_the_owner_may() {
    let (mut world, contract) = with_proxy(ProxyType::Owner);
    assert_eq!(act(&mut world, contract, OWNER, immunity_period(NETUID, 77)), 0);
    assert_eq!(world.hyperparameter(NETUID, IMMUNITY_PERIOD), Some(77));
    assert_eq!(act(&mut world, contract, OWNER, toggle_transfer(NETUID, false)), 0);
    assert!(!transfers(&mut world));
    assert_eq!(world.proxied(), [Ok(()), Ok(())]);
}

#[test]
fn a_contract_does_not_learn_that_its_proxied_call_failed() {
    let (mut world, contract) = with_proxy(ProxyType::Owner);
    world.add_proxy(ATTACKER, contract, ProxyType::Owner);
    // The attacker owns no subnet.
    assert_eq!(act(&mut world, contract, ATTACKER, toggle_transfer(NETUID, false)), 0);
    assert_eq!(world.proxied(), [Err(DispatchError::BadOrigin)]);
    assert!(transfers(&mut world));
    // The owner's proxy for the subnet may not move the owner's TAO.
    let before = world.tao(OWNER);
    assert_eq!(act(&mut world, contract, OWNER, transfer(contract, COIN)), 0);
    assert!(world.proxied()[1].is_err());
    assert_eq!(world.tao(OWNER), before);
}

#[test]
fn a_contract_moves_what_it_is_a_transfer_proxy_of() {
    let (mut world, contract) = with_proxy(ProxyType::Transfer);
    let (tao, stake) = (world.tao(contract), world.stake(contract));
    assert_eq!(act(&mut world, contract, OWNER, transfer(contract, 5 * COIN)), 0);
    assert_eq!(world.tao(contract), tao + 5 * COIN);
    assert_eq!(act(&mut world, contract, OWNER, transfer_stake(contract, 5 * COIN)), 0);
    assert_eq!(world.stake(contract), stake + 5 * COIN);
}

#[test]
fn a_contract_calls_nothing_but_proxy() {
    let (mut world, contract) = with_proxy(ProxyType::Any);
    let add_proxy = [vec![16, 1], id(ATTACKER), vec![0, 0, 0, 0, 0]].concat();
    let remark = vec![0, 0, 0];
    let refused = [
        transfer(ATTACKER, 1),
        transfer_stake(ATTACKER, COIN),
        toggle_transfer(NETUID, false),
        add_proxy,
        remark,
    ];
    let before = world.tao(contract);
    for bytes in refused {
        assert_eq!(call(&mut world, contract, &bytes), CALL_RUNTIME_FAILED, "{bytes:?}");
    }
    assert_eq!(world.tao(contract), before);
    assert_eq!(world.proxied(), []);
}

#[test]
fn a_contract_is_nobodys_proxy_unasked() {
    let (mut world, contract) = with_proxy(ProxyType::Owner);
    let stranger = puppet::create(&mut world, COIN);
    let bytes = proxied(OWNER, &toggle_transfer(NETUID, false));
    assert_eq!(call(&mut world, stranger, &bytes), CALL_RUNTIME_FAILED);
    let bytes = proxied(ATTACKER, &toggle_transfer(NETUID, false));
    assert_eq!(call(&mut world, contract, &bytes), CALL_RUNTIME_FAILED);
    assert!(transfers(&mut world));
}
