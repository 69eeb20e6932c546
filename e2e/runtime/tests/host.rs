//! The stand-in on this runtime's storage and balances behaves as it does in memory.

use devnet_runtime::{genesis, host, AccountId, Balances, Runtime, EXISTENTIAL_DEPOSIT};
use frame_support::traits::fungible::Inspect;
use sp_io::TestExternalities;
use staking::{Code, Dividend, Function, Ledger, NewSubnet, Store};

const TAO: u64 = 1_000_000_000;
const VALIDATOR: [u8; 32] = [7; 32];

fn alice() -> [u8; 32] {
    let (_, alice): (_, AccountId) = genesis::well_known()[0].clone();
    alice.into()
}

fn state() -> TestExternalities {
    let mut state = TestExternalities::new(genesis::storage(3).expect("a valid genesis"));
    state.execute_with(|| {
        let spec = NewSubnet {
            owner: alice(),
            owner_hotkey: VALIDATOR,
            tempo: 10,
            tao: 1_000 * TAO,
            alpha: 4_000 * TAO,
            fee_rate: 33,
        };
        host::staking::<Runtime>()
            .create_subnet(1, spec)
            .expect("the netuid is free");
    });
    state
}

fn call(function: Function, arguments: impl codec::Encode) -> Code {
    let reply = host::staking::<Runtime>().dispatch(function.id(), &alice(), &alice(), &arguments.encode());
    reply.expect("the arguments decode").code
}

#[test]
fn genesis_funds_the_accounts_it_was_asked_for() {
    state().execute_with(|| {
        assert_eq!(Balances::total_balance(&genesis::numbered(2)), genesis::ENDOWMENT);
        assert_eq!(Balances::total_balance(&genesis::numbered(3)), 0);
        assert_eq!(host::staking::<Runtime>().subnets(), [0, 1]);
    });
}

#[test]
fn tao_goes_from_balances_into_custody_and_back() {
    state().execute_with(|| {
        let all = || Balances::total_issuance() + host::staking::<Runtime>().total_tao();
        let before = all();
        assert_eq!(call(Function::AddStake, (VALIDATOR, 1u16, 10 * TAO)), Code::Success);
        let stake = host::staking::<Runtime>().stake(&VALIDATOR, &alice(), 1);
        assert!(stake > 39 * TAO);
        assert_eq!(
            (all(), Balances::total_balance(&alice().into())),
            (before, genesis::ENDOWMENT - 10 * TAO)
        );
        assert_eq!(call(Function::RemoveStake, (VALIDATOR, 1u16, stake)), Code::Success);
        assert_eq!(all(), before);
        assert_eq!(call(Function::AddProxy, [9u8; 32]), Code::Success);
        assert_eq!(all(), before);
        assert_eq!(call(Function::RemoveProxy, [9u8; 32]), Code::Success);
        assert_eq!(all(), before);
    });
}

#[test]
fn the_existential_deposit_cannot_be_staked() {
    state().execute_with(|| {
        let free = host::staking::<Runtime>().ledger.free(&alice());
        assert_eq!(free, genesis::ENDOWMENT - EXISTENTIAL_DEPOSIT);
        assert_eq!(
            call(Function::AddStake, (VALIDATOR, 1u16, free + 1)),
            Code::NotEnoughBalanceToStake
        );
        assert_eq!(call(Function::AddStake, (VALIDATOR, 1u16, free)), Code::Success);
    });
}

#[test]
fn a_dissolution_pays_into_the_balance() {
    state().execute_with(|| {
        assert_eq!(call(Function::AddStake, (VALIDATOR, 1u16, 10 * TAO)), Code::Success);
        assert_eq!(host::staking::<Runtime>().dissolve(1), Ok(1_010 * TAO));
        assert_eq!(
            Balances::total_balance(&alice().into()),
            genesis::ENDOWMENT + 1_000 * TAO
        );
    });
}

#[test]
fn dividends_come_with_the_block() {
    state().execute_with(|| {
        use frame_support::traits::Hooks;
        let mut staking = host::staking::<Runtime>();
        staking
            .credit_stake(1, VALIDATOR, alice(), 100 * TAO)
            .expect("the hotkey exists");
        staking
            .set_dividend(1, VALIDATOR, Dividend::Amount(TAO))
            .expect("the hotkey exists");
        for block in 1..=20u32 {
            frame_system::Pallet::<Runtime>::set_block_number(block);
            devnet_runtime::StakingStandIn::on_initialize(block);
        }
        assert_eq!(host::staking::<Runtime>().stake(&VALIDATOR, &alice(), 1), 102 * TAO);
    });
}

#[test]
fn prefixes_find_their_keys_and_no_others() {
    state().execute_with(|| {
        let mut store = host::State;
        for key in [&b"zz"[..], b"zza", b"zzb", b"zy", b"z"] {
            store.put(key, vec![1]);
        }
        assert_eq!(store.keys(b"zz"), [b"zz".to_vec(), b"zza".to_vec(), b"zzb".to_vec()]);
        store.remove(b"zza");
        assert_eq!(store.keys(b"zz").len(), 2);
        assert_eq!(store.get(b"zza"), None);
    });
}
