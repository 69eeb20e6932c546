//! Why a message was refused. Nothing has changed then.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use ink::prelude::boxed::Box;
use subtensor::SubtensorError;

/// Every refusal of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum MarketError {
    /// A rule of the market, with the numbers that prove it.
    Rule(kernel::Error),
    /// The chain refused.
    Chain(SubtensorError),
    /// Only the market's authority may do this.
    NotAuthority,
    /// Only the emission contract may do this.
    NotEmission,
    /// The validator is not registered on the subnet.
    HotkeyNotRegistered,
    /// Only the owner of the position may do this.
    NotOwner,
    /// The TAO sent with the call is not what the message needs (rao).
    ValueMismatch {
        /// Needed.
        expected: u64,
        /// Sent.
        got: u64,
    },
    /// The subnet does not exist.
    NoSuchSubnet {
        /// The subnet asked for.
        netuid: u16,
    },
    /// The subnet's generation has ended: freeze the market, then claim.
    GenerationEnded {
        /// The generation of this market.
        generation: u64,
    },
    /// The subnet's generation is alive.
    GenerationAlive,
    /// The chain has not paid out the market's alpha yet.
    DissolutionPending {
        /// Stake that is still there.
        stake: u64,
    },
    /// The chain moved another amount of stake than it was asked for (alpha).
    StakeNotMoved {
        /// Asked for.
        requested: u64,
        /// Moved.
        moved: u64,
    },
    /// TAO could not be paid out (rao): the receiver's account would stay below the existential deposit.
    TransferFailed {
        /// The payment.
        amount: u64,
    },
    /// The market has no stake with this hotkey: move yours to one of the market's first.
    ForeignHotkey,
    /// More positions than one message takes.
    BatchTooLarge {
        /// Allowed.
        max: u32,
        /// Given.
        got: u32,
    },
}

/// How an error travels through the shell: boxed, like the kernel's in Wasm.
pub type Failure = Box<MarketError>;

impl From<kernel::Error> for Failure {
    #[inline(never)]
    fn from(error: kernel::Error) -> Self {
        Self::new(MarketError::Rule(error))
    }
}

#[cfg(not(feature = "std"))]
impl From<kernel::Failure> for Failure {
    fn from(failure: kernel::Failure) -> Self {
        (*failure).into()
    }
}

impl From<SubtensorError> for Failure {
    #[inline(never)]
    fn from(error: SubtensorError) -> Self {
        Self::new(MarketError::Chain(error))
    }
}

impl From<shell::Unpaid> for Failure {
    #[inline(never)]
    fn from(unpaid: shell::Unpaid) -> Self {
        Self::new(MarketError::TransferFailed { amount: unpaid.amount })
    }
}
