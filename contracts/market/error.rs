//! Why a message was refused. Nothing has changed then.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

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
    /// More positions than one message takes.
    BatchTooLarge {
        /// Allowed.
        max: u32,
        /// Given.
        got: u32,
    },
}

impl From<kernel::Error> for MarketError {
    fn from(error: kernel::Error) -> Self {
        Self::Rule(error)
    }
}

impl From<SubtensorError> for MarketError {
    fn from(error: SubtensorError) -> Self {
        Self::Chain(error)
    }
}
