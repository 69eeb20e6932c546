//! Who may act for whom: Subtensor's kinds of proxies, encoded like its own, and what contracts may call.
//!
//! The sandbox of the contracts compiles this file, too, against another generation of FRAME.

use super::RuntimeCall;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::{Contains, GetCallMetadata, InstanceFilter};
use scale_info::TypeInfo;

/// Rao reserved while an account has any proxy.
pub const PROXY_DEPOSIT_BASE: u64 = staking::PROXY_DEPOSIT_BASE;
/// Rao reserved for each proxy.
pub const PROXY_DEPOSIT_FACTOR: u64 = staking::PROXY_DEPOSIT_FACTOR;
/// Proxies an account may have.
pub const MAX_PROXIES: u32 = staking::MAX_PROXIES as u32;
/// Announcements a proxy may have open.
pub const MAX_PENDING: u32 = 75;
/// Rao reserved while a proxy has any announcement.
pub const ANNOUNCEMENT_DEPOSIT_BASE: u64 = 36_000_000;
/// Rao reserved for each announcement.
pub const ANNOUNCEMENT_DEPOSIT_FACTOR: u64 = 68_000_000;

/// Transfers below this many rao, of TAO or of alpha, are small.
pub const SMALL_TRANSFER_LIMIT: u64 = 500_000_000;

/// The chain's kinds of proxies by their numbers. What each may do is the chain's rule over the calls that exist here.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum ProxyType {
    /// Everything.
    #[default]
    Any,
    /// What a subnet's owner sets, but for its own hotkey.
    Owner,
    /// All but sudo, and on the chain the end of a subnet.
    NonCritical,
    /// All but transfers of TAO and stake.
    NonTransfer,
    /// Nothing any more.
    Senate,
    /// Nothing that moves TAO or stake.
    NonFungible,
    /// Nothing any more.
    Triumvirate,
    /// Nothing any more.
    Governance,
    /// Staking on the account's own behalf: no transfer.
    Staking,
    /// Registrations of neurons.
    Registration,
    /// Transfers of TAO and stake.
    Transfer,
    /// Such transfers below [`SMALL_TRANSFER_LIMIT`].
    SmallTransfer,
    /// Nothing any more.
    RootWeights,
    /// Child keys of hotkeys.
    ChildKeys,
    /// A new runtime, through sudo.
    SudoUncheckedSetCode,
    /// Swaps of hotkeys.
    SwapHotkey,
    /// What a leased subnet's beneficiary sets.
    SubnetLeaseBeneficiary,
    /// Claims of root dividends.
    RootClaim,
}

fn transfers_stake(call: &RuntimeCall) -> bool {
    matches!(
        call,
        RuntimeCall::SubtensorModule(super::subtensor_module::Call::transfer_stake { .. })
    )
}

fn transfers_tao(call: &RuntimeCall) -> bool {
    use pallet_balances::Call;
    matches!(
        call,
        RuntimeCall::Balances(
            Call::transfer_keep_alive { .. } | Call::transfer_allow_death { .. } | Call::transfer_all { .. }
        )
    )
}

fn transfers_little(call: &RuntimeCall) -> bool {
    use super::subtensor_module::Call::transfer_stake;
    use pallet_balances::Call::{transfer_allow_death, transfer_keep_alive};
    match call {
        RuntimeCall::Balances(transfer_keep_alive { value, .. } | transfer_allow_death { value, .. }) => {
            *value < SMALL_TRANSFER_LIMIT
        }
        RuntimeCall::SubtensorModule(transfer_stake { alpha_amount, .. }) => *alpha_amount < SMALL_TRANSFER_LIMIT,
        _ => false,
    }
}

impl InstanceFilter<RuntimeCall> for ProxyType {
    fn filter(&self, call: &RuntimeCall) -> bool {
        match self {
            ProxyType::Any => true,
            // Sudo is named by its name because the sandbox has none.
            ProxyType::NonCritical => call.get_call_metadata().pallet_name != "Sudo",
            ProxyType::Owner | ProxyType::SubnetLeaseBeneficiary => matches!(call, RuntimeCall::AdminUtils(_)),
            ProxyType::NonTransfer => !transfers_tao(call) && !transfers_stake(call),
            ProxyType::NonFungible => !matches!(
                call,
                RuntimeCall::Balances(_) | RuntimeCall::SubtensorModule(_) | RuntimeCall::Contracts(_)
            ),
            ProxyType::Staking => matches!(call, RuntimeCall::SubtensorModule(_)) && !transfers_stake(call),
            ProxyType::Transfer => transfers_tao(call) || transfers_stake(call),
            ProxyType::SmallTransfer => transfers_little(call),
            // Either the chain took them out of use, or there are no such calls here.
            ProxyType::Senate
            | ProxyType::Triumvirate
            | ProxyType::Governance
            | ProxyType::Registration
            | ProxyType::RootWeights
            | ProxyType::ChildKeys
            | ProxyType::SudoUncheckedSetCode
            | ProxyType::SwapHotkey
            | ProxyType::RootClaim => false,
        }
    }

    fn is_superset(&self, other: &Self) -> bool {
        match (self, other) {
            (ProxyType::Any, _) => true,
            (_, ProxyType::Any) => false,
            (ProxyType::NonTransfer, ProxyType::Transfer | ProxyType::SmallTransfer) => false,
            (ProxyType::NonTransfer, _) => true,
            (ProxyType::Transfer, ProxyType::SmallTransfer) => true,
            (this, other) => this == other,
        }
    }
}

/// What a contract may call of the runtime: `Proxy::proxy` and nothing else. The filter ends there: the call inside is
/// made by the account that named the contract its proxy, and passes the filter of the proxy's type.
pub struct ContractCalls;

impl Contains<RuntimeCall> for ContractCalls {
    fn contains(call: &RuntimeCall) -> bool {
        matches!(call, RuntimeCall::Proxy(pallet_proxy::Call::proxy { .. }))
    }
}
