//! Why a message was refused. Nothing has changed then.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use ink::prelude::vec::Vec;
use subtensor::SubtensorError;

/// Every refusal of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum RegistryError {
    /// The chain refused.
    Chain(SubtensorError),
    /// Only the registry's authority may do this.
    NotAuthority,
    /// The TAO sent with the call is not the bond (rao).
    ValueMismatch {
        /// Needed.
        expected: u64,
        /// Sent.
        got: u64,
    },
    /// The subnet does not exist, or is root, which has no alpha to trade.
    NoSuchSubnet {
        /// The subnet asked for.
        netuid: u16,
    },
    /// This generation has its market.
    MarketExists {
        /// Its address.
        market: ink::primitives::AccountId,
    },
    /// No market of this generation.
    NoSuchMarket {
        /// The subnet.
        netuid: u16,
        /// Its generation.
        generation: u64,
    },
    /// The hotkey is no validator of the subnet.
    HotkeyNotRegistered,
    /// The pinned code refused to become a market; what it answered, cut to 64 bytes.
    CreationFailed {
        /// The encoded error.
        answer: Vec<u8>,
    },
    /// The new market took TAO of the registry (rao).
    MarketTookFunds {
        /// Gone.
        gone: u64,
    },
    /// The bond was paid back already.
    BondReturned,
    /// The bond stays while the market is neither listed nor over.
    BondHeld,
    /// Nothing would change.
    NothingToDo,
    /// TAO could not be paid out (rao).
    TransferFailed {
        /// The payment.
        amount: u64,
    },
}

impl From<SubtensorError> for RegistryError {
    fn from(error: SubtensorError) -> Self {
        Self::Chain(error)
    }
}

impl From<shell::Unpaid> for RegistryError {
    fn from(unpaid: shell::Unpaid) -> Self {
        Self::TransferFailed { amount: unpaid.amount }
    }
}
