//! What happened to power. Nothing is indexed: a topic costs more than all fields together, and pages find operations.

use crate::storage::Wiring;
use ink::primitives::AccountId;
use kernel::handover::{Capability, Certificate, Operation, Stage};

/// The governed contracts were named, once for all.
#[ink::event]
pub struct Wired {
    /// The contracts and allow-lists.
    pub wiring: Wiring,
}

/// An operation waits.
#[ink::event]
pub struct Scheduled {
    /// Its id.
    pub id: [u8; 32],
    /// Under which capability.
    pub capability: Capability,
    /// The operation.
    pub operation: Operation,
    /// The first block in which it may be executed.
    pub ready: u32,
    /// The first block in which it may not any more.
    pub expires: u32,
}

/// An operation was executed.
#[ink::event]
pub struct OperationExecuted {
    /// Its id.
    pub id: [u8; 32],
    /// By whom.
    pub by: AccountId,
    /// Whether its effect is certain.
    pub verified: bool,
}

/// An operation was cancelled.
#[ink::event]
pub struct OperationCancelled {
    /// Its id.
    pub id: [u8; 32],
    /// By whom.
    pub by: AccountId,
    /// Whether the DAO's will cancelled it.
    pub vetoed: bool,
}

/// An operation was removed: its time, or its proposer's power, has passed.
#[ink::event]
pub struct OperationExpired {
    /// Its id.
    pub id: [u8; 32],
}

/// TAO left the treasury.
#[ink::event]
pub struct TreasuryPaid {
    /// To whom.
    pub to: AccountId,
    /// Rao.
    pub amount: u64,
}

/// TAO came to the treasury.
#[ink::event]
pub struct TreasuryFunded {
    /// By whom.
    pub from: AccountId,
    /// Rao.
    pub amount: u64,
}

/// Stake of the handover was sold into the treasury.
#[ink::event]
pub struct StakeSold {
    /// The validator it was with.
    pub hotkey: AccountId,
    /// Of which subnet.
    pub netuid: u16,
    /// Alpha sold.
    pub alpha: u64,
    /// What arrived, rao.
    pub tao: u64,
}

/// A capability moved up its ladder before its time.
#[ink::event]
pub struct Accelerated {
    /// The capability.
    pub capability: Capability,
    /// Its stage from now on.
    pub stage: Stage,
}

/// The guardian paused opening.
#[ink::event]
pub struct GuardianPaused {
    /// Until this block.
    pub until: u32,
    /// Markets.
    pub markets: u32,
    /// What is left of the budget, blocks.
    pub budget: u32,
}

/// The guardian was replaced or removed.
#[ink::event]
pub struct GuardianSet {
    /// The guardian.
    pub guardian: Option<AccountId>,
}

/// No key has any power left.
#[ink::event]
pub struct Certified {
    /// What was certified.
    pub certificate: Certificate,
}
