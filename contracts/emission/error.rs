//! Why a message was refused. Nothing has changed then.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use ink::prelude::boxed::Box;
use subtensor::SubtensorError;

/// Every refusal of the emission contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum EmissionError {
    /// A rule of emission, with the numbers that prove it.
    Rule(kernel::emission::Error),
    /// The chain refused.
    Chain(SubtensorError),
    /// Only the authority may do this.
    NotAuthority,
    /// The block the caller allowed has passed.
    DeadlinePassed {
        /// Allowed.
        deadline: u32,
        /// Now.
        now: u32,
    },
    /// The reward is below what the caller wants (rao): settling pays nothing.
    RewardBelowMinimum {
        /// Wanted.
        min: u64,
        /// Paid.
        got: u64,
    },
    /// The suite does not say which registry there is: it is not wired yet.
    RegistryUnknown,
    /// The registry knows no such market.
    NoSuchMarket,
    /// The registry does not list the market.
    NotListed,
    /// The market has a seat already.
    SeatedAlready,
    /// The market has no seat.
    NotSeated,
    /// All seats are taken.
    NoSeatFree,
    /// The market is listed and its generation alive: it keeps its seat.
    SeatKept,
    /// The market did not answer.
    MarketSilent,
    /// A contract that was called took TAO (rao).
    FundsTaken {
        /// Gone beyond what was paid.
        gone: u64,
    },
    /// TAO could not be paid out (rao).
    TransferFailed {
        /// The payment.
        amount: u64,
    },
    /// Nothing was sent.
    NothingSent,
}

/// How an error travels through the shell: boxed, like the kernel's in Wasm.
pub type Failure = Box<EmissionError>;

impl From<kernel::emission::Error> for Failure {
    #[inline(never)]
    fn from(error: kernel::emission::Error) -> Self {
        Self::new(EmissionError::Rule(error))
    }
}

#[cfg(not(feature = "std"))]
impl From<kernel::emission::Failure> for Failure {
    fn from(failure: kernel::emission::Failure) -> Self {
        (*failure).into()
    }
}

impl From<SubtensorError> for Failure {
    fn from(error: SubtensorError) -> Self {
        Self::new(EmissionError::Chain(error))
    }
}

impl From<shell::Unpaid> for Failure {
    fn from(unpaid: shell::Unpaid) -> Self {
        Self::new(EmissionError::TransferFailed { amount: unpaid.amount })
    }
}
