//! A subnet's owner and its proxies: the chain's bytes, who may do what, and failures that the proxy does not see.

use codec::{Decode, Encode};
use devnet_runtime::admin_utils::{self, Hyperparameters};
use devnet_runtime::proxies::{ContractCalls, ProxyType};
use devnet_runtime::{
    genesis, host, subtensor_module, AccountId, Balances, Runtime, RuntimeCall, RuntimeEvent, System,
};
use frame_support::traits::{Contains, InstanceFilter};
use sp_io::TestExternalities;
use sp_runtime::traits::Dispatchable;
use sp_runtime::DispatchError;
use staking::NewSubnet;

const TAO: u64 = 1_000_000_000;
const VALIDATOR: [u8; 32] = [7; 32];
const OWNED: u16 = 1;
const OTHERS: u16 = 2;
const IMMUNITY_PERIOD: u8 = 13;

fn well_known(index: usize) -> AccountId {
    genesis::well_known()[index].1.clone()
}

/// Owns subnet [`OWNED`].
fn owner() -> AccountId {
    well_known(1)
}

/// A proxy of the owner.
fn delegate() -> AccountId {
    well_known(2)
}

fn state() -> TestExternalities {
    let mut state = TestExternalities::new(genesis::storage(0).expect("a valid genesis"));
    state.execute_with(|| {
        // Events are kept from the first block on.
        System::set_block_number(1);
        for (netuid, owner) in [(OWNED, owner()), (OTHERS, well_known(3))] {
            let spec = NewSubnet {
                owner: owner.into(),
                owner_hotkey: VALIDATOR,
                tempo: 10,
                tao: 1_000 * TAO,
                alpha: 4_000 * TAO,
                fee_rate: 33,
            };
            let mut staking = host::staking::<Runtime>();
            staking.create_subnet(netuid, spec).expect("the netuid is free");
        }
    });
    state
}

fn dispatch(who: AccountId, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
    let call: RuntimeCall = call.into();
    call.dispatch(Some(who).into())
        .map(|_| ())
        .map_err(|failed| failed.error)
}

fn add_proxy(kind: ProxyType) {
    let add = pallet_proxy::Call::<Runtime>::add_proxy {
        delegate: delegate().into(),
        proxy_type: kind,
        delay: 0,
    };
    dispatch(owner(), add).expect("the owner can pay the deposit");
}

fn proxied(call: impl Into<RuntimeCall>) -> RuntimeCall {
    pallet_proxy::Call::<Runtime>::proxy {
        real: owner().into(),
        force_proxy_type: None,
        call: Box::new(call.into()),
    }
    .into()
}

/// What came of the latest call a proxy made.
fn executed() -> Result<(), DispatchError> {
    let mut results = System::events().into_iter().filter_map(|record| match record.event {
        RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
        _ => None,
    });
    results.next_back().expect("a proxy made a call")
}

fn immunity_period(netuid: u16, immunity_period: u16) -> admin_utils::Call<Runtime> {
    admin_utils::Call::sudo_set_immunity_period {
        netuid,
        immunity_period,
    }
}

fn toggle_transfer(netuid: u16, toggle: bool) -> admin_utils::Call<Runtime> {
    admin_utils::Call::sudo_set_toggle_transfer { netuid, toggle }
}

fn transfer(to: AccountId, value: u64) -> pallet_balances::Call<Runtime> {
    pallet_balances::Call::transfer_keep_alive { dest: to.into(), value }
}

fn transfer_stake(to: AccountId, alpha_amount: u64) -> subtensor_module::Call<Runtime> {
    subtensor_module::Call::transfer_stake {
        destination_coldkey: to,
        hotkey: VALIDATOR.into(),
        origin_netuid: OWNED,
        destination_netuid: OWNED,
        alpha_amount,
    }
}

#[test]
fn calls_have_the_bytes_of_the_chain() {
    use admin_utils::Call::*;
    let (netuid, account) = (0x0201u16, AccountId::new([9; 32]));
    let bytes = |call: RuntimeCall| call.encode();
    let owner_calls: [(admin_utils::Call<Runtime>, u8, Vec<u8>); 8] = [
        (
            sudo_set_serving_rate_limit {
                netuid,
                serving_rate_limit: 5,
            },
            3,
            5u64.encode(),
        ),
        (immunity_period(netuid, 5), 13, 5u16.encode()),
        (
            sudo_set_min_allowed_weights {
                netuid,
                min_allowed_weights: 5,
            },
            14,
            5u16.encode(),
        ),
        (sudo_set_rho { netuid, rho: 5 }, 17, 5u16.encode()),
        (sudo_set_min_burn { netuid, min_burn: 5 }, 22, 5u64.encode()),
        (sudo_set_max_burn { netuid, max_burn: 5 }, 23, 5u64.encode()),
        (
            sudo_set_commit_reveal_weights_enabled { netuid, enabled: true },
            49,
            vec![1],
        ),
        (toggle_transfer(netuid, true), 61, vec![1]),
    ];
    for (call, index, argument) in owner_calls {
        assert_eq!(bytes(call.into()), [vec![19, index, 1, 2], argument].concat());
    }

    let id = [vec![0], account.encode()].concat();
    let expected = [vec![5, 3], id.clone(), codec::Compact(TAO).encode()].concat();
    assert_eq!(bytes(transfer(account.clone(), TAO).into()), expected);
    let stake = (account.clone(), VALIDATOR, OWNED, OWNED, TAO).encode();
    assert_eq!(
        bytes(transfer_stake(account.clone(), TAO).into()),
        [vec![7, 86], stake].concat()
    );

    let proxy = pallet_proxy::Call::<Runtime>::proxy {
        real: account.clone().into(),
        force_proxy_type: None,
        call: Box::new(toggle_transfer(netuid, false).into()),
    };
    let expected = [vec![16, 0], id.clone(), vec![0], vec![19, 61, 1, 2, 0]].concat();
    assert_eq!(bytes(proxy.into()), expected);
    let add = pallet_proxy::Call::<Runtime>::add_proxy {
        delegate: account.into(),
        proxy_type: ProxyType::Owner,
        delay: 0,
    };
    assert_eq!(bytes(add.into()), [vec![16, 1], id, vec![1, 0, 0, 0, 0]].concat());
}

#[test]
fn proxy_types_have_the_numbers_of_the_chain() {
    let numbers = [
        (ProxyType::Any, 0u8),
        (ProxyType::Owner, 1),
        (ProxyType::NonTransfer, 3),
        (ProxyType::Staking, 8),
        (ProxyType::Transfer, 10),
        (ProxyType::SmallTransfer, 11),
        (ProxyType::RootClaim, 17),
    ];
    for (kind, number) in numbers {
        assert_eq!(kind.encode(), [number]);
    }
    assert!(ProxyType::decode(&mut &[18u8][..]).is_err());
}

#[test]
fn contracts_may_call_proxy_and_nothing_else() {
    state().execute_with(|| {
        assert!(ContractCalls::contains(&proxied(toggle_transfer(OWNED, false))));
        let others: [RuntimeCall; 6] = [
            toggle_transfer(OWNED, false).into(),
            transfer(delegate(), 1).into(),
            transfer_stake(delegate(), 1).into(),
            frame_system::Call::<Runtime>::remark { remark: Vec::new() }.into(),
            pallet_proxy::Call::<Runtime>::add_proxy {
                delegate: delegate().into(),
                proxy_type: ProxyType::Any,
                delay: 0,
            }
            .into(),
            pallet_utility::Call::<Runtime>::batch_all {
                calls: vec![proxied(toggle_transfer(OWNED, false))],
            }
            .into(),
        ];
        for call in others {
            assert!(!ContractCalls::contains(&call), "{call:?}");
        }
    });
}

#[test]
fn the_owner_and_root_set_hyperparameters() {
    state().execute_with(|| {
        assert_eq!(Hyperparameters::<Runtime>::get(OWNED, IMMUNITY_PERIOD), None);
        assert_eq!(dispatch(owner(), immunity_period(OWNED, 4_096)), Ok(()));
        assert_eq!(Hyperparameters::<Runtime>::get(OWNED, IMMUNITY_PERIOD), Some(4_096));

        let by_root = |call: admin_utils::Call<Runtime>| {
            let call = RuntimeCall::from(call);
            let done = call.dispatch(frame_system::RawOrigin::Root.into());
            done.map(|_| ()).map_err(|failed| failed.error)
        };
        assert_eq!(by_root(immunity_period(OTHERS, 7)), Ok(()));
        assert_eq!(Hyperparameters::<Runtime>::get(OTHERS, IMMUNITY_PERIOD), Some(7));
        let missing = admin_utils::Error::<Runtime>::SubnetDoesNotExist;
        assert_eq!(by_root(immunity_period(9, 7)), Err(missing.into()));
    });
}

#[test]
fn nobody_else_sets_hyperparameters() {
    state().execute_with(|| {
        for (who, netuid) in [(delegate(), OWNED), (owner(), OTHERS), (owner(), 9)] {
            let refused = Err(DispatchError::BadOrigin);
            assert_eq!(dispatch(who.clone(), immunity_period(netuid, 1)), refused);
            assert_eq!(dispatch(who, toggle_transfer(netuid, false)), refused);
            assert_eq!(Hyperparameters::<Runtime>::get(netuid, IMMUNITY_PERIOD), None);
        }
        let transfers = |netuid| {
            let subnet = host::staking::<Runtime>().subnet(netuid);
            subnet.expect("it was created").transfers_enabled
        };
        assert!(transfers(OWNED) && transfers(OTHERS));
    });
}

#[test]
fn burns_bound_each_other() {
    state().execute_with(|| {
        let min = |min_burn| admin_utils::Call::<Runtime>::sudo_set_min_burn {
            netuid: OWNED,
            min_burn,
        };
        let max = |max_burn| admin_utils::Call::<Runtime>::sudo_set_max_burn {
            netuid: OWNED,
            max_burn,
        };
        let refused = Err(admin_utils::Error::<Runtime>::ValueNotInBounds.into());
        assert_eq!(dispatch(owner(), max(500_000)), refused);
        assert_eq!(dispatch(owner(), max(TAO)), Ok(()));
        assert_eq!(dispatch(owner(), min(TAO)), refused);
        assert_eq!(dispatch(owner(), min(TAO - 1)), Ok(()));
    });
}

#[test]
fn a_proxy_of_the_owner_sets_what_the_owner_may() {
    state().execute_with(|| {
        add_proxy(ProxyType::Owner);
        assert_eq!(Balances::reserved_balance(owner()), 93_000_000);
        assert_eq!(dispatch(delegate(), proxied(immunity_period(OWNED, 100))), Ok(()));
        assert_eq!(executed(), Ok(()));
        assert_eq!(Hyperparameters::<Runtime>::get(OWNED, IMMUNITY_PERIOD), Some(100));
    });
}

#[test]
fn a_proxy_switches_transfers_off_and_on() {
    state().execute_with(|| {
        add_proxy(ProxyType::Owner);
        let mut staking = host::staking::<Runtime>();
        let alice: [u8; 32] = owner().into();
        staking
            .credit_stake(OWNED, VALIDATOR, alice, 10 * TAO)
            .expect("the hotkey exists");

        assert_eq!(dispatch(delegate(), proxied(toggle_transfer(OWNED, false))), Ok(()));
        let refused = subtensor_module::Error::<Runtime>::RuntimeError;
        assert_eq!(dispatch(owner(), transfer_stake(delegate(), TAO)), Err(refused.into()));
        assert_eq!(dispatch(delegate(), proxied(toggle_transfer(OWNED, true))), Ok(()));
        assert_eq!(dispatch(owner(), transfer_stake(delegate(), TAO)), Ok(()));
    });
}

#[test]
fn what_fails_inside_succeeds_outside() {
    state().execute_with(|| {
        add_proxy(ProxyType::Owner);
        assert_eq!(dispatch(delegate(), proxied(immunity_period(OTHERS, 100))), Ok(()));
        assert_eq!(executed(), Err(DispatchError::BadOrigin));
        assert_eq!(Hyperparameters::<Runtime>::get(OTHERS, IMMUNITY_PERIOD), None);

        // The owner's own, but out of bounds.
        let call = admin_utils::Call::<Runtime>::sudo_set_max_burn {
            netuid: OWNED,
            max_burn: 0,
        };
        assert_eq!(dispatch(delegate(), proxied(call)), Ok(()));
        let refused = admin_utils::Error::<Runtime>::ValueNotInBounds;
        assert_eq!(executed(), Err(refused.into()));
    });
}

#[test]
fn nobody_is_a_proxy_of_somebody_who_did_not_say_so() {
    state().execute_with(|| {
        let not_proxy = Err(pallet_proxy::Error::<Runtime>::NotProxy.into());
        assert_eq!(dispatch(delegate(), proxied(immunity_period(OWNED, 100))), not_proxy);
        add_proxy(ProxyType::Owner);
        assert_eq!(dispatch(well_known(4), proxied(immunity_period(OWNED, 100))), not_proxy);
    });
}

#[test]
fn a_transfer_proxy_moves_tao_and_stake_and_sets_nothing() {
    state().execute_with(|| {
        add_proxy(ProxyType::Transfer);
        let (from, to): ([u8; 32], [u8; 32]) = (owner().into(), well_known(4).into());
        let mut staking = host::staking::<Runtime>();
        staking
            .credit_stake(OWNED, VALIDATOR, from, 10 * TAO)
            .expect("the hotkey exists");

        let before = Balances::free_balance(well_known(4));
        assert_eq!(dispatch(delegate(), proxied(transfer(well_known(4), TAO))), Ok(()));
        assert_eq!(executed(), Ok(()));
        assert_eq!(Balances::free_balance(well_known(4)), before + TAO);

        assert_eq!(
            dispatch(delegate(), proxied(transfer_stake(well_known(4), TAO))),
            Ok(())
        );
        assert_eq!(executed(), Ok(()));
        assert_eq!(host::staking::<Runtime>().stake(&VALIDATOR, &to, OWNED), TAO);

        assert_eq!(dispatch(delegate(), proxied(immunity_period(OWNED, 1))), Ok(()));
        assert_eq!(executed(), Err(frame_system::Error::<Runtime>::CallFiltered.into()));
        assert_eq!(Hyperparameters::<Runtime>::get(OWNED, IMMUNITY_PERIOD), None);
    });
}

#[test]
fn types_allow_what_the_chains_do() {
    let owner_call = RuntimeCall::from(toggle_transfer(OWNED, false));
    let (tao, little) = (
        transfer(delegate(), TAO).into(),
        transfer(delegate(), 499_999_999).into(),
    );
    let stake = RuntimeCall::from(transfer_stake(delegate(), TAO));
    let add_stake = RuntimeCall::from(subtensor_module::Call::<Runtime>::add_stake {
        hotkey: VALIDATOR.into(),
        netuid: OWNED,
        amount_staked: TAO,
    });
    let sudo = RuntimeCall::from(pallet_sudo::Call::<Runtime>::set_key { new: owner().into() });
    let calls = [owner_call, tao, little, stake, add_stake, sudo];
    let allowed = |kind: ProxyType| calls.each_ref().map(|call| kind.filter(call));
    assert_eq!(allowed(ProxyType::Any), [true; 6]);
    assert_eq!(allowed(ProxyType::Owner), [true, false, false, false, false, false]);
    assert_eq!(allowed(ProxyType::NonCritical), [true, true, true, true, true, false]);
    assert_eq!(allowed(ProxyType::NonTransfer), [true, false, false, false, true, true]);
    assert_eq!(allowed(ProxyType::Staking), [false, false, false, false, true, false]);
    assert_eq!(allowed(ProxyType::Transfer), [false, true, true, true, false, false]);
    assert_eq!(
        allowed(ProxyType::SmallTransfer),
        [false, false, true, false, false, false]
    );
    assert_eq!(allowed(ProxyType::Governance), [false; 6]);
    assert!(ProxyType::Any.is_superset(&ProxyType::Owner) && !ProxyType::Owner.is_superset(&ProxyType::Any));
    assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::SmallTransfer));
}
