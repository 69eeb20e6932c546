//! The extension's wire format against bytes derived by hand from the chain's source: the contracts, the development node
//! and the chain have to agree on it, and a round trip through our own types would not notice if they did not.

use crate::{extension, stake_of, ColdkeyLock, StakeAvailability, StakeInfo, SubnetRegistrationState, SubtensorError};
use ink::env::chain_extension::FromStatusCode;
use ink::primitives::AccountId;
use ink::scale::{Decode, Encode};
use std::cell::RefCell;
use std::rc::Rc;

const HOT: [u8; 32] = [0x11; 32];
const COLD: [u8; 32] = [0x22; 32];
const OTHER: [u8; 32] = [0x33; 32];

const HOT_HEX: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const COLD_HEX: &str = "2222222222222222222222222222222222222222222222222222222222222222";
const OTHER_HEX: &str = "3333333333333333333333333333333333333333333333333333333333333333";

/// 7 as u16, little endian.
const NETUID_HEX: &str = "0700";
/// 258 = 0x0102 as u16, little endian.
const NETUID_B_HEX: &str = "0201";
const AMOUNT: u64 = 0x0807_0605_0403_0201;
const AMOUNT_HEX: &str = "0102030405060708";
/// 1e9 = 0x3b9aca00.
const LIMIT: u64 = 1_000_000_000;
const LIMIT_HEX: &str = "00ca9a3b00000000";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

#[derive(Default)]
struct Wire {
    function: u16,
    input: String,
    code: u32,
    output: Vec<u8>,
}

struct Tap(Rc<RefCell<Wire>>);

impl ink::env::test::ChainExtension for Tap {
    fn ext_id(&self) -> u16 {
        0x1000
    }

    fn call(&mut self, function: u16, input: &[u8], output: &mut Vec<u8>) -> u32 {
        let mut wire = self.0.borrow_mut();
        wire.function = function;
        wire.input = hex(&crate::mock::unwrapped(input));
        output.extend(&wire.output);
        wire.code
    }
}

fn tap() -> Rc<RefCell<Wire>> {
    let wire = Rc::new(RefCell::new(Wire::default()));
    ink::env::test::register_chain_extension(Tap(wire.clone()));
    wire
}

/// Makes the call and compares its number and arguments. A state-changing call succeeds without any output.
macro_rules! sends {
    ($function:literal, $method:ident($($argument:expr),*), $($hex:expr),+) => {{
        let wire = tap();
        assert_eq!(extension().$method($($argument),*), Ok(()), stringify!($method));
        assert_eq!(wire.borrow().function, $function, stringify!($method));
        assert_eq!(wire.borrow().input, [$($hex),+].concat(), stringify!($method));
    }};
}

#[test]
fn state_changing_calls_have_their_arguments_in_the_chains_order() {
    let (hot, cold, other) = (AccountId::from(HOT), AccountId::from(COLD), AccountId::from(OTHER));
    sends!(1, add_stake(hot, 7, AMOUNT), HOT_HEX, NETUID_HEX, AMOUNT_HEX);
    sends!(2, remove_stake(hot, 7, AMOUNT), HOT_HEX, NETUID_HEX, AMOUNT_HEX);
    sends!(3, unstake_all(hot), HOT_HEX);
    sends!(4, unstake_all_alpha(hot), HOT_HEX);
    sends!(
        5,
        move_stake(hot, other, 7, 258, AMOUNT),
        HOT_HEX,
        OTHER_HEX,
        NETUID_HEX,
        NETUID_B_HEX,
        AMOUNT_HEX
    );
    sends!(
        6,
        transfer_stake(cold, hot, 7, 258, AMOUNT),
        COLD_HEX,
        HOT_HEX,
        NETUID_HEX,
        NETUID_B_HEX,
        AMOUNT_HEX
    );
    sends!(
        7,
        swap_stake(hot, 7, 258, AMOUNT),
        HOT_HEX,
        NETUID_HEX,
        NETUID_B_HEX,
        AMOUNT_HEX
    );
    sends!(
        8,
        add_stake_limit(hot, 7, AMOUNT, LIMIT, true),
        HOT_HEX,
        NETUID_HEX,
        AMOUNT_HEX,
        LIMIT_HEX,
        "01"
    );
    sends!(
        9,
        remove_stake_limit(hot, 7, AMOUNT, LIMIT, false),
        HOT_HEX,
        NETUID_HEX,
        AMOUNT_HEX,
        LIMIT_HEX,
        "00"
    );
    sends!(
        10,
        swap_stake_limit(hot, 7, 258, AMOUNT, LIMIT, true),
        HOT_HEX,
        NETUID_HEX,
        NETUID_B_HEX,
        AMOUNT_HEX,
        LIMIT_HEX,
        "01"
    );
    sends!(11, remove_stake_full_limit(hot, 7, None), HOT_HEX, NETUID_HEX, "00");
    sends!(
        11,
        remove_stake_full_limit(hot, 7, Some(LIMIT)),
        HOT_HEX,
        NETUID_HEX,
        "01",
        LIMIT_HEX
    );
    sends!(12, set_coldkey_auto_stake_hotkey(7, hot), NETUID_HEX, HOT_HEX);
    sends!(13, add_proxy(other), OTHER_HEX);
    sends!(14, remove_proxy(other), OTHER_HEX);
}

#[test]
fn calls_as_the_caller_send_the_same_arguments_under_their_own_numbers() {
    let (hot, cold, other) = (AccountId::from(HOT), AccountId::from(COLD), AccountId::from(OTHER));
    sends!(20, caller_add_stake(hot, 7, AMOUNT), HOT_HEX, NETUID_HEX, AMOUNT_HEX);
    sends!(21, caller_remove_stake(hot, 7, AMOUNT), HOT_HEX, NETUID_HEX, AMOUNT_HEX);
    sends!(22, caller_unstake_all(hot), HOT_HEX);
    sends!(23, caller_unstake_all_alpha(hot), HOT_HEX);
    sends!(
        24,
        caller_move_stake(hot, other, 7, 258, AMOUNT),
        HOT_HEX,
        OTHER_HEX,
        NETUID_HEX,
        NETUID_B_HEX,
        AMOUNT_HEX
    );
    sends!(
        25,
        caller_transfer_stake(cold, hot, 7, 258, AMOUNT),
        COLD_HEX,
        HOT_HEX,
        NETUID_HEX,
        NETUID_B_HEX,
        AMOUNT_HEX
    );
    sends!(
        26,
        caller_swap_stake(hot, 7, 258, AMOUNT),
        HOT_HEX,
        NETUID_HEX,
        NETUID_B_HEX,
        AMOUNT_HEX
    );
    sends!(
        27,
        caller_add_stake_limit(hot, 7, AMOUNT, LIMIT, true),
        HOT_HEX,
        NETUID_HEX,
        AMOUNT_HEX,
        LIMIT_HEX,
        "01"
    );
    sends!(
        28,
        caller_remove_stake_limit(hot, 7, AMOUNT, LIMIT, false),
        HOT_HEX,
        NETUID_HEX,
        AMOUNT_HEX,
        LIMIT_HEX,
        "00"
    );
    sends!(
        29,
        caller_swap_stake_limit(hot, 7, 258, AMOUNT, LIMIT, true),
        HOT_HEX,
        NETUID_HEX,
        NETUID_B_HEX,
        AMOUNT_HEX,
        LIMIT_HEX,
        "01"
    );
    sends!(
        30,
        caller_remove_stake_full_limit(hot, 7, None),
        HOT_HEX,
        NETUID_HEX,
        "00"
    );
    sends!(
        30,
        caller_remove_stake_full_limit(hot, 7, Some(LIMIT)),
        HOT_HEX,
        NETUID_HEX,
        "01",
        LIMIT_HEX
    );
    sends!(31, caller_set_coldkey_auto_stake_hotkey(7, hot), NETUID_HEX, HOT_HEX);
    sends!(32, caller_add_proxy(other), OTHER_HEX);
    sends!(33, caller_remove_proxy(other), OTHER_HEX);
}

/// Makes a call that answers `$output` and compares its number, its arguments and the decoded answer.
macro_rules! answers {
    ($function:literal, $method:ident($($argument:expr),*), $input:expr, $output:expr => $expected:expr) => {{
        let wire = tap();
        wire.borrow_mut().output = bytes($output);
        assert_eq!(extension().$method($($argument),*), Ok($expected), stringify!($method));
        assert_eq!(wire.borrow().function, $function, stringify!($method));
        assert_eq!(wire.borrow().input, $input, stringify!($method));
    }};
}

fn stake_info() -> StakeInfo {
    StakeInfo {
        hotkey: HOT.into(),
        coldkey: COLD.into(),
        netuid: 258,
        stake: 1_000_000_000,
        locked: 0,
        emission: 69,
        tao_emission: 0,
        drain: 0,
        is_registered: true,
    }
}

/// `Some`, the accounts, then compact integers: 258 as two bytes (258·4 + 1 = 0x0409), 1e9 as four (1e9·4 + 2 = 0xee6b2802),
/// 0 as one, 69 as two (69·4 + 1 = 0x0115), 0, 0; and the flag.
fn stake_info_hex() -> String {
    [
        "01", HOT_HEX, COLD_HEX, "0904", "02286bee", "00", "1501", "00", "00", "01",
    ]
    .concat()
}

#[test]
fn reads_decode_the_bare_value_from_the_output() {
    let (hot, cold) = (AccountId::from(HOT), AccountId::from(COLD));
    let stake_input = [HOT_HEX, COLD_HEX, NETUID_B_HEX].concat();
    answers!(0, get_stake_info(hot, cold, 258), stake_input, &stake_info_hex() => Some(stake_info()));
    answers!(0, get_stake_info(hot, cold, 258), stake_input, "00" => None);
    answers!(15, get_alpha_price(7), NETUID_HEX, LIMIT_HEX => LIMIT);
    answers!(
        34, get_subnet_registration_state(7), NETUID_HEX, &[NETUID_HEX, "01", AMOUNT_HEX].concat()
        => SubnetRegistrationState { netuid: 7, exists: true, registered_subnet_counter: AMOUNT }
    );
    let cold_input = [COLD_HEX, NETUID_HEX].concat();
    // Conviction 1.5 in 64.64 fixed point: the fraction's eight bytes first, then the integer's.
    answers!(
        35, get_coldkey_lock(cold, 7), cold_input,
        &["01", AMOUNT_HEX, "00000000000000800100000000000000", LIMIT_HEX].concat()
        => Some(ColdkeyLock { locked_mass: AMOUNT, conviction_bits: 3 << 63, last_update: LIMIT })
    );
    answers!(35, get_coldkey_lock(cold, 7), cold_input, "00" => None);
    answers!(
        36, get_stake_availability(cold, 7), cold_input,
        &[NETUID_HEX, AMOUNT_HEX, LIMIT_HEX, "0500000000000000"].concat()
        => StakeAvailability { netuid: 7, total: AMOUNT, locked: LIMIT, available: 5 }
    );
}

#[test]
fn burning_and_recycling_answer_an_amount() {
    let hot = AccountId::from(HOT);
    let input = [HOT_HEX, NETUID_HEX, AMOUNT_HEX].concat();
    answers!(16, recycle_alpha(hot, 7, AMOUNT), input, LIMIT_HEX => LIMIT);
    answers!(17, burn_alpha(hot, 7, AMOUNT), input, LIMIT_HEX => LIMIT);
    answers!(18, add_stake_recycle(hot, 7, AMOUNT), input, LIMIT_HEX => LIMIT);
    answers!(19, add_stake_burn(hot, 7, AMOUNT), input, LIMIT_HEX => LIMIT);
}

#[test]
fn stake_of_is_function_zero_and_reads_the_same_stake() {
    let wire = tap();
    wire.borrow_mut().output = bytes(&stake_info_hex());
    assert_eq!(stake_of(HOT.into(), COLD.into(), 258), Ok(1_000_000_000));
    assert_eq!(wire.borrow().function, 0);
    assert_eq!(wire.borrow().input, [HOT_HEX, COLD_HEX, NETUID_B_HEX].concat());

    wire.borrow_mut().output = bytes("00");
    assert_eq!(stake_of(HOT.into(), COLD.into(), 258), Ok(0));
    wire.borrow_mut().output = bytes("02");
    assert_eq!(
        stake_of(HOT.into(), COLD.into(), 258),
        Err(SubtensorError::InvalidOutput)
    );
}

#[test]
fn the_code_is_the_return_value_and_the_output_is_ignored_with_it() {
    let wire = tap();
    wire.borrow_mut().code = 13;
    wire.borrow_mut().output = bytes(LIMIT_HEX);
    assert_eq!(
        extension().add_stake(HOT.into(), 7, 1),
        Err(SubtensorError::AmountTooLow)
    );
    assert_eq!(
        extension().burn_alpha(HOT.into(), 7, 1),
        Err(SubtensorError::AmountTooLow)
    );
    assert_eq!(stake_of(HOT.into(), COLD.into(), 7), Err(SubtensorError::AmountTooLow));
}

#[test]
fn a_short_answer_is_an_error_not_a_panic() {
    let wire = tap();
    wire.borrow_mut().output = bytes("0102");
    assert_eq!(extension().get_alpha_price(7), Err(SubtensorError::InvalidOutput));
    assert_eq!(
        extension().get_stake_info(HOT.into(), COLD.into(), 7),
        Err(SubtensorError::InvalidOutput)
    );
}

#[test]
fn every_code_has_its_error_and_every_error_encodes_as_its_code() {
    let names = [
        "RuntimeError",
        "NotEnoughBalanceToStake",
        "NonAssociatedColdKey",
        "BalanceWithdrawalError",
        "NotRegistered",
        "NotEnoughStakeToWithdraw",
        "TxRateLimitExceeded",
        "SlippageTooHigh",
        "SubnetNotExists",
        "HotKeyNotRegisteredInSubNet",
        "SameAutoStakeHotkeyAlreadySet",
        "InsufficientBalance",
        "AmountTooLow",
        "InsufficientLiquidity",
        "SameNetuid",
        "ProxyTooMany",
        "ProxyDuplicate",
        "ProxyNoSelfProxy",
        "ProxyNotFound",
        "CannotUseSystemAccount",
        "CannotBurnOrRecycleOnRootSubnet",
        "SubtokenDisabled",
    ];
    assert_eq!(SubtensorError::from_status_code(0), Ok(()));
    for (code, name) in (1u32..).zip(names) {
        let error = SubtensorError::from_status_code(code).unwrap_err();
        assert_eq!(format!("{error:?}"), name);
        assert_eq!(error.encode(), [code as u8]);
        assert_eq!(SubtensorError::decode(&mut &[code as u8][..]), Ok(error));
    }
    assert_eq!(SubtensorError::from_status_code(23), Err(SubtensorError::Unknown(23)));
    assert_eq!(SubtensorError::Unknown(23).encode(), [254, 23, 0, 0, 0]);
    assert_eq!(SubtensorError::InvalidOutput.encode(), [255]);
}
