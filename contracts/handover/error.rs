//! Why a message was refused. Nothing has changed then.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use ink::prelude::boxed::Box;
use ink::prelude::vec::Vec;
use kernel::handover::Capability;
use kernel::referendum::TrackId;
use subtensor::SubtensorError;

/// Every refusal of the handover.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum HandoverError {
    /// A rule of calendar, operations, guardian or treasury, with the numbers that prove it.
    Rule(kernel::handover::Error),
    /// The chain refused.
    Chain(SubtensorError),
    /// Only the core team may do this.
    NotCore,
    /// Only the guardian may do this.
    NotGuardian,
    /// Only who deployed the contract may wire it.
    NotDeployer,
    /// The contracts that are governed are named already, once for all.
    WiredAlready,
    /// The contracts that are governed are not named yet.
    NotWired,
    /// The operation names another proposer than who schedules it.
    WrongProposer,
    /// Nothing allows this capability to call this.
    NotGranted {
        /// Under which capability.
        capability: Capability,
        /// The message.
        selector: [u8; 4],
    },
    /// No contract lives at the address.
    NoContract,
    /// The target runs other code than the operation pins.
    CodeChanged {
        /// Pinned.
        pinned: [u8; 32],
        /// Running.
        running: [u8; 32],
    },
    /// More grants, markets or accounts than allowed.
    TooMany {
        /// Allowed.
        max: u32,
        /// Given.
        got: u32,
    },
    /// The operation was scheduled before.
    ScheduledAlready,
    /// No such operation.
    NoSuchOperation,
    /// The DAO could not be read.
    DaoSilent,
    /// The referendum may not be enacted now.
    NotEnactable {
        /// The referendum.
        referendum: u32,
    },
    /// The referendum is not approved any more.
    NotApproved {
        /// The referendum.
        referendum: u32,
    },
    /// The call of a referendum is no proposal.
    NotAProposal {
        /// The referendum.
        referendum: u32,
    },
    /// The referendum was decided on another track than its capability needs.
    WrongTrack {
        /// Needed.
        needed: TrackId,
        /// Decided on.
        got: TrackId,
    },
    /// Conviction holders object to the operation: it can only be cancelled.
    Vetoed,
    /// Too few object to the operation.
    NotVetoed,
    /// The target refused; what it answered, cut to 64 bytes. The operation stays scheduled.
    CallFailed {
        /// The encoded error.
        answer: Vec<u8>,
    },
    /// The target took TAO of the handover beyond what was sent along (rao).
    TargetTookFunds {
        /// Sent along.
        sent: u64,
        /// Gone.
        gone: u64,
    },
    /// The chain refused to run a call by proxy at all.
    ProxyRefused,
    /// Less free TAO than the payment (rao).
    InsufficientFunds {
        /// The payment.
        requested: u64,
        /// Free.
        available: u64,
    },
    /// TAO could not be paid out (rao): the receiver's account would stay below the existential deposit.
    TransferFailed {
        /// The payment.
        amount: u64,
    },
    /// Less TAO arrived than the operation asks for (rao).
    SlippageExceeded {
        /// Asked for.
        min: u64,
        /// Arrived.
        got: u64,
    },
    /// The certificate was issued already.
    CertifiedAlready,
    /// There is nothing to do now.
    NothingToDo,
}

/// How an error travels through the shell: boxed, like the kernel's in Wasm.
pub type Failure = Box<HandoverError>;

impl From<kernel::handover::Error> for Failure {
    #[inline(never)]
    fn from(error: kernel::handover::Error) -> Self {
        Self::new(HandoverError::Rule(error))
    }
}

#[cfg(not(feature = "std"))]
impl From<kernel::handover::Failure> for Failure {
    fn from(failure: kernel::handover::Failure) -> Self {
        (*failure).into()
    }
}

impl From<SubtensorError> for Failure {
    fn from(error: SubtensorError) -> Self {
        Self::new(HandoverError::Chain(error))
    }
}

impl From<shell::Unpaid> for Failure {
    fn from(unpaid: shell::Unpaid) -> Self {
        Self::new(HandoverError::TransferFailed { amount: unpaid.amount })
    }
}
