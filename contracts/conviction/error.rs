//! Why a message was refused. Nothing has changed then.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use ink::prelude::boxed::Box;
use subtensor::SubtensorError;

/// Every refusal of the DAO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum ConvictionError {
    /// A rule of escrow, locks and ballots, with the numbers that prove it.
    Rule(kernel::conviction::Error),
    /// A rule of referenda.
    Referendum(kernel::referendum::Error),
    /// The chain refused.
    Chain(SubtensorError),
    /// Only the DAO's authority may do this.
    NotAuthority,
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
    /// The subnet's generation has ended: votes are void; freeze the escrow, then exit.
    GenerationEnded {
        /// The generation of this DAO.
        generation: u64,
    },
    /// The subnet's generation is alive.
    GenerationAlive,
    /// The chain has not paid out the escrow's alpha yet.
    DissolutionPending {
        /// Stake that is still there.
        stake: u64,
    },
    /// The escrow is frozen already.
    Frozen,
    /// The escrow is not frozen yet.
    NotFrozen,
    /// The chain moved another amount of stake than it was asked for (alpha).
    StakeNotMoved {
        /// Asked for.
        requested: u64,
        /// Moved.
        moved: u64,
    },
    /// What arrived is below the caller's limit (rao).
    SlippageExceeded {
        /// Wanted at least.
        min: u64,
        /// Arrived.
        got: u64,
    },
    /// The block the caller allowed has passed.
    DeadlinePassed {
        /// Allowed.
        deadline: u32,
        /// Now.
        now: u32,
    },
    /// TAO could not be paid out (rao): the receiver's account would stay below the existential deposit.
    TransferFailed {
        /// The payment.
        amount: u64,
    },
    /// No such referendum.
    NoSuchReferendum {
        /// Asked for.
        id: u32,
    },
    /// The account has no ballot there.
    NoBallot {
        /// Of this referendum or objection.
        id: u32,
    },
    /// The call of a referendum is too long (bytes).
    CallTooLong {
        /// Allowed.
        max: u32,
        /// Given.
        got: u32,
    },
    /// The referendum named is no approved veto of the other, or its time to be enacted has not come or has passed.
    NotItsVeto {
        /// The veto.
        by: u32,
    },
    /// More accounts than one message takes.
    BatchTooLarge {
        /// Allowed.
        max: u32,
        /// Given.
        got: u32,
    },
    /// Parameters outside their hard bounds.
    OutOfBounds {
        /// Smallest allowed.
        min: u64,
        /// Largest allowed.
        max: u64,
        /// Given.
        got: u64,
    },
    /// There is nothing to do now.
    NothingToDo,
    /// The chain's own conviction counts for nothing here.
    NativeDisabled,
}

/// How an error travels through the shell: boxed, like the kernel's in Wasm.
pub type Failure = Box<ConvictionError>;

impl From<kernel::conviction::Error> for Failure {
    #[inline(never)]
    fn from(error: kernel::conviction::Error) -> Self {
        Self::new(ConvictionError::Rule(error))
    }
}

impl From<kernel::referendum::Error> for Failure {
    #[inline(never)]
    fn from(error: kernel::referendum::Error) -> Self {
        Self::new(ConvictionError::Referendum(error))
    }
}

#[cfg(not(feature = "std"))]
impl From<kernel::conviction::Failure> for Failure {
    fn from(failure: kernel::conviction::Failure) -> Self {
        (*failure).into()
    }
}

#[cfg(not(feature = "std"))]
impl From<kernel::referendum::Failure> for Failure {
    fn from(failure: kernel::referendum::Failure) -> Self {
        (*failure).into()
    }
}

impl From<SubtensorError> for Failure {
    #[inline(never)]
    fn from(error: SubtensorError) -> Self {
        Self::new(ConvictionError::Chain(error))
    }
}

impl From<shell::Unpaid> for Failure {
    fn from(unpaid: shell::Unpaid) -> Self {
        Self::new(ConvictionError::TransferFailed { amount: unpaid.amount })
    }
}
