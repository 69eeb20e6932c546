//! The chain's own encoding of calls made for an owner, byte by byte.

use kernel::handover::{proxied, Error, Hyperparameter, OwnerCall};

const OWNER: [u8; 32] = [0x11; 32];
const HANDOVER: [u8; 32] = [0x22; 32];

fn inner(call: OwnerCall) -> Vec<u8> {
    call.runtime_call(HANDOVER)
}

fn set(parameter: Hyperparameter, netuid: u16, value: u64) -> OwnerCall {
    OwnerCall::SetHyperparameter {
        netuid,
        parameter,
        value,
    }
}

#[test]
fn a_switch_of_transfers_is_call_61_of_pallet_19() {
    let call = OwnerCall::SetTransfers {
        netuid: 25,
        enabled: true,
    };
    assert_eq!(inner(call), [0x13, 0x3d, 0x19, 0x00, 0x01]);
    let call = OwnerCall::SetTransfers {
        netuid: 0x0102,
        enabled: false,
    };
    assert_eq!(inner(call), [0x13, 0x3d, 0x02, 0x01, 0x00]);
}

#[test]
fn every_hyperparameter_has_its_call_and_the_width_of_its_argument() {
    let long = [0x20, 0xa1, 0x07, 0, 0, 0, 0, 0];
    for (parameter, value, call, argument) in [
        (Hyperparameter::ServingRateLimit, 500_000, 0x03, &long[..]),
        (Hyperparameter::ImmunityPeriod, 5_000, 0x0d, &[0x88, 0x13]),
        (Hyperparameter::MinAllowedWeights, 8, 0x0e, &[0x08, 0x00]),
        (Hyperparameter::Rho, 10, 0x11, &[0x0a, 0x00]),
        (Hyperparameter::MinBurn, 500_000, 0x16, &long[..]),
        (Hyperparameter::MaxBurn, 500_000, 0x17, &long[..]),
        (Hyperparameter::CommitRevealWeights, 1, 0x31, &[0x01]),
        (Hyperparameter::CommitRevealWeights, 0, 0x31, &[0x00]),
    ] {
        let expected = [&[0x13, call, 0x02, 0x01][..], argument].concat();
        assert_eq!(inner(set(parameter, 0x0102, value)), expected, "{parameter:?}");
    }
}

#[test]
fn tao_goes_to_the_handover_and_nowhere_else() {
    let expected = [&[0x05, 0x03, 0x00][..], &HANDOVER, &[0x02, 0x28, 0x6b, 0xee]].concat();
    assert_eq!(inner(OwnerCall::SendTao { amount: 1_000_000_000 }), expected);
    // Beyond 2^30 the compact form names its length.
    let expected = [&[0x05, 0x03, 0x00][..], &HANDOVER, &[0x0b, 0, 0, 0, 0, 0, 1]].concat();
    assert_eq!(inner(OwnerCall::SendTao { amount: 1 << 40 }), expected);
}

#[test]
fn stake_stays_on_its_subnet_and_hotkey() {
    let call = OwnerCall::SendStake {
        to: [0x33; 32],
        hotkey: [0x44; 32],
        netuid: 7,
        amount: 2_000_000_000,
    };
    let expected = [
        &[0x07, 0x56][..],
        &[0x33; 32],
        &[0x44; 32],
        &[7, 0, 7, 0],
        &[0x00, 0x94, 0x35, 0x77, 0, 0, 0, 0],
    ]
    .concat();
    assert_eq!(inner(call), expected);
}

#[test]
fn by_proxy_the_owner_comes_first_and_no_type_is_forced() {
    let call = OwnerCall::SetTransfers {
        netuid: 25,
        enabled: true,
    };
    let expected = [
        &[0x10, 0x00, 0x00][..],
        &OWNER,
        &[0x00],
        &[0x13, 0x3d, 0x19, 0x00, 0x01],
    ]
    .concat();
    assert_eq!(call.proxied(OWNER, HANDOVER), expected);
    assert_eq!(proxied(OWNER, &inner(call)), expected);
}

#[test]
fn a_value_that_the_chain_could_not_hold_is_refused() {
    for parameter in Hyperparameter::ALL {
        let max = parameter.max_value();
        assert_eq!(set(parameter, 1, max).check(), Ok(()));
        if let Some(got) = max.checked_add(1) {
            assert_eq!(set(parameter, 1, got).check(), Err(Error::ValueTooLarge { max, got }));
            assert_eq!(inner(set(parameter, 1, got)), inner(set(parameter, 1, max)));
        }
    }
    assert_eq!(OwnerCall::SendTao { amount: 0 }.check(), Err(Error::ZeroAmount));
    assert_eq!(OwnerCall::SendTao { amount: 1 }.check(), Ok(()));
    let nothing = OwnerCall::SendStake {
        to: OWNER,
        hotkey: OWNER,
        netuid: 1,
        amount: 0,
    };
    assert_eq!(nothing.check(), Err(Error::ZeroAmount));
}
