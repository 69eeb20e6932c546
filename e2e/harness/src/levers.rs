//! The levers of the chain's stand-in, as calls for sudo.

use crate::chain::Extrinsic;
use subxt::dynamic::Value;

/// What a hotkey's stakers earn each epoch.
#[derive(Clone, Copy, Debug)]
pub enum Dividend {
    /// Billionths of the stake.
    Rate(u32),
    /// A fixed amount of alpha, in rao.
    Amount(u64),
}

/// A subnet to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewSubnet {
    /// Its number.
    pub netuid: u16,
    /// Owner's coldkey.
    pub owner: [u8; 32],
    /// A validator of the owner.
    pub hotkey: [u8; 32],
    /// Blocks between two epochs.
    pub tempo: u16,
    /// TAO in the chain's pool, rao.
    pub tao: u64,
    /// Alpha in the chain's pool.
    pub alpha: u64,
}

/// Fee of the chain's pools, in 1/65,535: 0.05 %, the chain's default.
const FEE_RATE: u64 = 33;

fn number(n: impl Into<u64>) -> Value {
    Value::u128(u128::from(n.into()))
}

fn lever(name: &'static str, arguments: Vec<Value>) -> Extrinsic {
    Extrinsic::new("StakingStandIn", name, arguments).as_sudo()
}

/// Registers a subnet.
pub fn create_subnet(new: &NewSubnet) -> Extrinsic {
    let spec = Value::named_composite([
        ("owner", Value::from_bytes(new.owner)),
        ("owner_hotkey", Value::from_bytes(new.hotkey)),
        ("tempo", number(new.tempo)),
        ("tao", number(new.tao)),
        ("alpha", number(new.alpha)),
        ("fee_rate", number(FEE_RATE)),
    ]);
    lever("create_subnet", vec![number(new.netuid), spec])
}

/// Registers a validator of a coldkey on a subnet.
pub fn register_hotkey(netuid: u16, hotkey: [u8; 32], coldkey: [u8; 32]) -> Extrinsic {
    let arguments = vec![number(netuid), Value::from_bytes(hotkey), Value::from_bytes(coldkey)];
    lever("register_hotkey", arguments)
}

/// Ends a subnet and pays its TAO to its stakers.
pub fn dissolve(netuid: u16) -> Extrinsic {
    lever("dissolve", vec![number(netuid)])
}

/// Sets what a hotkey's stakers earn.
pub fn set_dividend(netuid: u16, hotkey: [u8; 32], dividend: Dividend) -> Extrinsic {
    let dividend = match dividend {
        Dividend::Rate(per_billion) => Value::named_variant("Rate", [("per_billion", number(per_billion))]),
        Dividend::Amount(amount) => Value::unnamed_variant("Amount", [number(amount)]),
    };
    lever(
        "set_dividend",
        vec![number(netuid), Value::from_bytes(hotkey), dividend],
    )
}

/// Issues alpha as stake.
pub fn credit_stake(netuid: u16, hotkey: [u8; 32], coldkey: [u8; 32], amount: u64) -> Extrinsic {
    let arguments = vec![
        number(netuid),
        Value::from_bytes(hotkey),
        Value::from_bytes(coldkey),
        number(amount),
    ];
    lever("credit_stake", arguments)
}

/// Moves the chain's pool to a price in rao per whole alpha.
pub fn set_price(netuid: u16, price_e9: u64) -> Extrinsic {
    lever("set_price", vec![number(netuid), number(price_e9)])
}

/// Pays one epoch's dividends now.
pub fn run_epoch(netuid: u16) -> Extrinsic {
    lever("run_epoch", vec![number(netuid)])
}

/// Sets the blocks between two epochs.
pub fn set_tempo(netuid: u16, tempo: u16) -> Extrinsic {
    lever("set_tempo", vec![number(netuid), number(tempo)])
}

/// Locks stake by the chain's own conviction, or removes the lock when the mass is zero.
pub fn set_lock(netuid: u16, coldkey: [u8; 32], hotkey: [u8; 32], mass: u64, perpetual: bool) -> Extrinsic {
    let arguments = vec![
        number(netuid),
        Value::from_bytes(coldkey),
        Value::from_bytes(hotkey),
        number(mass),
        Value::bool(perpetual),
    ];
    lever("set_lock", arguments)
}
