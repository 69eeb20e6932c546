//! Calls of the chain in the name of an account that delegated to the handover, as the chain encodes them.
//!
//! Facts of Subtensor (opentensor/subtensor):
//! - `runtime/src/lib.rs`, `construct_runtime!`: `Balances = 5`, `SubtensorModule = 7`, `Proxy = 16`, `AdminUtils = 19`;
//!   `type Address = MultiAddress<AccountId, ()>`, of which `Id` encodes as 0 and the 32 bytes.
//! - `pallets/proxy` (a fork of pallet-proxy), call 0: `proxy(real: AccountIdLookupOf, force_proxy_type: Option<ProxyType>,
//!   call: Box<RuntimeCall>)`; a box encodes as what is in it.
//! - pallet-balances, call 3: `transfer_keep_alive(dest: AccountIdLookupOf, #[pallet::compact] value)`.
//! - `pallets/subtensor/src/macros/dispatches.rs`, call 86: `transfer_stake(destination_coldkey: AccountId, hotkey: AccountId,
//!   origin_netuid: NetUid, destination_netuid: NetUid, alpha_amount: AlphaBalance)`.
//! - `pallets/admin-utils/src/lib.rs`: indices and arguments as at [`Hyperparameter`], and call 61
//!   `sudo_set_toggle_transfer(netuid: NetUid, toggle: bool)`. All of them begin with `ensure_sn_owner_or_root_with_limits` (the
//!   signed owner of the subnet, or root; rate-limited per subnet and parameter) and `ensure_admin_window_open`.
//! - `NetUid` is a `u16`, `TaoBalance` and `AlphaBalance` are `u64`, each as one field of a struct, which encodes as the field.
//! - `common/src/proxy.rs`: `ProxyType` is one byte, `Any` 0, `Owner` 1, `Transfer` 10; `None` lets the chain take whichever
//!   type was delegated. `runtime/src/proxy_filters`: `Owner` allows these calls of AdminUtils and no transfer, `Transfer`
//!   allows `transfer_keep_alive` and `transfer_stake` and no hyperparameter.
//! - `sudo_set_kappa` (16), `sudo_set_weights_set_rate_limit` (7) and `sudo_set_adjustment_interval` (8) begin with
//!   `ensure_root`: no owner can set those, so they are not here.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::{Error, Result};
use crate::AccountId;
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;
use scale::{Compact, Encode};

const BALANCES: u8 = 5;
const SUBTENSOR: u8 = 7;
const PROXY: u8 = 16;
const ADMIN_UTILS: u8 = 19;

const PROXY_PROXY: u8 = 0;
const BALANCES_TRANSFER_KEEP_ALIVE: u8 = 3;
const SUBTENSOR_TRANSFER_STAKE: u8 = 86;
const ADMIN_SET_TOGGLE_TRANSFER: u8 = 61;

/// `MultiAddress::Id`.
const ID: u8 = 0;

/// What a subnet's owner may set on the chain by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Hyperparameter {
    /// Call 3, `sudo_set_serving_rate_limit(netuid, u64)`: blocks.
    ServingRateLimit,
    /// Call 13, `sudo_set_immunity_period(netuid, u16)`: blocks.
    ImmunityPeriod,
    /// Call 14, `sudo_set_min_allowed_weights(netuid, u16)`.
    MinAllowedWeights,
    /// Call 17, `sudo_set_rho(netuid, u16)`.
    Rho,
    /// Call 22, `sudo_set_min_burn(netuid, TaoBalance)`: rao, below the highest price of a registration.
    MinBurn,
    /// Call 23, `sudo_set_max_burn(netuid, TaoBalance)`: rao, above the lowest price of a registration.
    MaxBurn,
    /// Call 49, `sudo_set_commit_reveal_weights_enabled(netuid, bool)`.
    CommitRevealWeights,
}

impl Hyperparameter {
    /// All of them, by index.
    pub const ALL: [Self; 7] = [
        Self::ServingRateLimit,
        Self::ImmunityPeriod,
        Self::MinAllowedWeights,
        Self::Rho,
        Self::MinBurn,
        Self::MaxBurn,
        Self::CommitRevealWeights,
    ];

    /// Index of its call in AdminUtils.
    pub fn call_index(self) -> u8 {
        match self {
            Self::ServingRateLimit => 3,
            Self::ImmunityPeriod => 13,
            Self::MinAllowedWeights => 14,
            Self::Rho => 17,
            Self::MinBurn => 22,
            Self::MaxBurn => 23,
            Self::CommitRevealWeights => 49,
        }
    }

    /// The largest value that the type of its argument has.
    pub fn max_value(self) -> u64 {
        match self {
            Self::ServingRateLimit | Self::MinBurn | Self::MaxBurn => u64::MAX,
            Self::ImmunityPeriod | Self::MinAllowedWeights | Self::Rho => u16::MAX as u64,
            Self::CommitRevealWeights => 1,
        }
    }
}

/// A call in the name of an account that delegated to the handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum OwnerCall {
    /// Switches transfers of a subnet's alpha.
    SetTransfers {
        /// The subnet.
        netuid: u16,
        /// On or off.
        enabled: bool,
    },
    /// Sets a hyperparameter of a subnet.
    SetHyperparameter {
        /// The subnet.
        netuid: u16,
        /// Which one.
        parameter: Hyperparameter,
        /// Its value; 0 or 1 for a switch.
        value: u64,
    },
    /// Sends TAO of the account to the handover.
    SendTao {
        /// Rao.
        amount: u64,
    },
    /// Sends stake of the account to another account on the same subnet and hotkey.
    SendStake {
        /// To whom.
        to: AccountId,
        /// The hotkey.
        hotkey: AccountId,
        /// The subnet.
        netuid: u16,
        /// Alpha-rao.
        amount: u64,
    },
}

impl OwnerCall {
    /// Checks that the value fits the type the chain takes, and that something is sent.
    ///
    /// # Errors
    /// [`Error::ValueTooLarge`], [`Error::ZeroAmount`].
    pub fn check(&self) -> Result<()> {
        match *self {
            Self::SetHyperparameter { parameter, value, .. } if value > parameter.max_value() => {
                Err(Error::ValueTooLarge {
                    max: parameter.max_value(),
                    got: value,
                }
                .into())
            }
            Self::SendTao { amount: 0 } | Self::SendStake { amount: 0, .. } => Err(Error::ZeroAmount.into()),
            _ => Ok(()),
        }
    }

    /// The encoded call of the chain, before it is made by proxy. A value that [`Self::check`] refuses is cut to the largest
    /// its type has.
    pub fn runtime_call(&self, handover: AccountId) -> Vec<u8> {
        match *self {
            Self::SetTransfers { netuid, enabled } => {
                (ADMIN_UTILS, ADMIN_SET_TOGGLE_TRANSFER, netuid, enabled).encode()
            }
            Self::SetHyperparameter {
                netuid,
                parameter,
                value,
            } => {
                let mut call = (ADMIN_UTILS, parameter.call_index(), netuid).encode();
                match parameter.max_value() {
                    1 => (value != 0).encode_to(&mut call),
                    u64::MAX => value.encode_to(&mut call),
                    _ => u16::try_from(value).unwrap_or(u16::MAX).encode_to(&mut call),
                }
                call
            }
            Self::SendTao { amount } => {
                (BALANCES, BALANCES_TRANSFER_KEEP_ALIVE, ID, handover, Compact(amount)).encode()
            }
            Self::SendStake {
                to,
                hotkey,
                netuid,
                amount,
            } => (SUBTENSOR, SUBTENSOR_TRANSFER_STAKE, to, hotkey, netuid, netuid, amount).encode(),
        }
    }

    /// The encoded call of the chain that makes this one in the name of `owner`.
    pub fn proxied(&self, owner: AccountId, handover: AccountId) -> Vec<u8> {
        proxied(owner, &self.runtime_call(handover))
    }
}

/// The encoded `Proxy::proxy` of an encoded call, by whichever proxy type `owner` delegated.
pub fn proxied(owner: AccountId, inner: &[u8]) -> Vec<u8> {
    let mut call = (PROXY, PROXY_PROXY, ID, owner, None::<u8>).encode();
    call.extend_from_slice(inner);
    call
}
