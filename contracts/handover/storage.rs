//! How the handover's state lies in storage, and what views answer.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use ink::prelude::boxed::Box;
use ink::prelude::string::String;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use kernel::handover::{Action, Calendar, Capability, Certificate, Guardian, Record, Stage, State, Treasury};
use shell::cell;

/// What nearly every message reads, in one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Hot {
    /// The core team.
    pub core: AccountId,
    /// Who may still name the governed contracts: the deployer, until it did.
    pub deployer: Option<AccountId>,
    /// The DAO that decides: the one with netuid 0 for the whole protocol. Meaningless before wiring.
    pub dao: AccountId,
    /// Where markets are found. Meaningless before wiring.
    pub registry: AccountId,
    /// Who may do what until when.
    pub calendar: Calendar,
    /// The guardian.
    pub guardian: Guardian,
    /// Limits of what leaves.
    pub treasury: Treasury,
    /// Operations scheduled so far.
    pub operations: u32,
    /// The certificate, once issued.
    pub certificate: Option<Certificate>,
}

cell!(
    /// The hot cell, boxed: handed around by address.
    HotCell,
    Box<Hot>
);
cell!(
    /// One operation.
    RecordCell,
    Record
);

/// What a capability may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Target {
    /// One contract, with the code it runs at wiring.
    Account(AccountId),
    /// Any market: whatever runs code that was pinned for markets.
    Market,
}

/// One entry of the allow-lists.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Grant {
    /// The capability.
    pub capability: Capability,
    /// What it may call.
    pub target: Target,
    /// Which message.
    pub selector: [u8; 4],
}

/// The contracts that are governed, named once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Wiring {
    /// The DAO that decides.
    pub dao: AccountId,
    /// Where markets are found.
    pub registry: AccountId,
    /// Code hash of the first markets.
    pub market_code: [u8; 32],
    /// What capabilities may call; what is not listed is denied for ever.
    pub grants: Vec<Grant>,
}

/// The allow-lists as sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Sealed {
    /// What capabilities may call.
    pub grants: Vec<Grant>,
    /// Code of each governed contract at wiring.
    pub codes: Vec<(AccountId, [u8; 32])>,
    /// Code that was pinned for markets, oldest first.
    pub market_codes: Vec<[u8; 32]>,
}

cell!(
    /// The allow-lists.
    SealedCell,
    Sealed
);

/// What a referendum decides on; the handover adds the proposer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Proposal {
    /// What is to be done.
    pub action: Action,
    /// What must be done before.
    pub predecessor: Option<[u8; 32]>,
    /// Tells equal proposals apart.
    pub salt: [u8; 32],
}

/// What an execution came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Executed {
    /// Whether its effect is certain. A call by proxy whose effect could not be read back is not.
    pub verified: bool,
    /// TAO paid to the caller, rao: nothing.
    pub reward: u64,
}

/// An operation now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct OperationView {
    /// As stored.
    pub record: Record,
    /// Where it stands now.
    pub state: State,
}

/// A page of operations.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct OperationPage {
    /// Operations of the page.
    pub operations: Vec<OperationView>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<u32>,
}

/// One capability now, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct CapabilityReport {
    /// The capability.
    pub capability: Capability,
    /// Its stage now.
    pub stage: Stage,
    /// Who may propose now; nobody once frozen.
    pub holder: Option<AccountId>,
    /// Blocks an operation scheduled now would wait.
    pub delay: u32,
    /// The next stage, and its first block.
    pub next: Option<(Stage, u32)>,
    /// The first block without any power of the core team.
    pub core_ends: u32,
    /// The first block in which nobody has it; `u32::MAX` for never.
    pub frozen_at: u32,
}

/// Every power that is left, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct FinalityReport {
    /// The block of this report.
    pub block: u32,
    /// Who may still name the governed contracts; nobody after wiring.
    pub deployer: Option<AccountId>,
    /// The core team.
    pub core: AccountId,
    /// The DAO.
    pub dao: AccountId,
    /// The registry.
    pub registry: AccountId,
    /// The guardian, its last block and what is left of its budget of pause.
    pub guardian: Guardian,
    /// All capabilities.
    pub capabilities: Vec<CapabilityReport>,
    /// What may leave the treasury.
    pub treasury: Treasury,
    /// The certificate, once issued.
    pub certificate: Option<Certificate>,
    /// What no contract can take away from anybody.
    pub outside: String,
}
