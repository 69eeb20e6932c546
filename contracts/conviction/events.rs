//! What happened. A topic costs more than all fields together, so none is indexed: pages of referenda find what events would.

use crate::storage::Refunded;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use kernel::conviction::{LockKind, Vote};
use kernel::referendum::{Phase, Tally, Track, TrackId};

/// Alpha was locked.
#[ink::event]
pub struct AlphaLocked {
    /// Whose.
    pub account: AccountId,
    /// Credited: what arrived.
    pub alpha: u64,
    /// Shares minted.
    pub shares: u128,
    /// How it is locked.
    pub kind: LockKind,
}

/// A lock became perpetual or began to decay.
#[ink::event]
pub struct LockKindSet {
    /// Whose.
    pub account: AccountId,
    /// How it is locked from now on.
    pub kind: LockKind,
}

/// Unlocked alpha left.
#[ink::event]
pub struct AlphaUnlocked {
    /// Whose.
    pub account: AccountId,
    /// Shares burnt.
    pub shares: u128,
    /// What arrived: alpha as stake.
    pub stake: u64,
    /// What arrived: TAO, rao.
    pub tao: u64,
}

/// An account votes through another from now on.
#[ink::event]
pub struct Delegated {
    /// Who delegates.
    pub account: AccountId,
    /// To whom.
    pub to: AccountId,
}

/// An account votes for itself again, in referenda submitted from now on.
#[ink::event]
pub struct Undelegated {
    /// Who.
    pub account: AccountId,
    /// Who voted for it.
    pub from: AccountId,
}

/// The chain's own conviction of an account counts from now on, within the cap.
#[ink::event]
pub struct Enrolled {
    /// Whose.
    pub account: AccountId,
    /// What counts at most, in shares.
    pub conviction: u128,
}

/// Accounts were lowered to what the chain's own conviction is now: one event for all, since the signature of each costs more
/// than its fields.
#[ink::event]
pub struct BallotsReconciled {
    /// Whose, and what counts at most from now on, in shares.
    pub accounts: Vec<(AccountId, u128)>,
    /// Ballots that were lowered.
    pub lowered: u32,
}

/// A referendum was submitted.
#[ink::event]
pub struct Submitted {
    /// Its id.
    pub id: u32,
    /// Its track.
    pub track: TrackId,
    /// Who submitted it.
    pub proposer: AccountId,
    /// What it decides on.
    pub call: Vec<u8>,
    /// The deposit, rao.
    pub deposit: u64,
    /// What support is measured against, in shares.
    pub electorate: u128,
}

/// The decision deposit was placed.
#[ink::event]
pub struct DecisionDepositPlaced {
    /// The referendum.
    pub id: u32,
    /// By whom.
    pub by: AccountId,
    /// The deposit, rao.
    pub deposit: u64,
}

/// An account voted, or changed its ballot.
#[ink::event]
pub struct Voted {
    /// The referendum.
    pub id: u32,
    /// Who.
    pub account: AccountId,
    /// How.
    pub vote: Vote,
    /// With what, in shares.
    pub weight: u128,
    /// All votes afterwards.
    pub tally: Tally,
}

/// A ballot was taken back, or its hold ended.
#[ink::event]
pub struct Retracted {
    /// The referendum or objection.
    pub id: u32,
    /// Whose.
    pub account: AccountId,
}

/// A referendum entered another phase.
#[ink::event]
pub struct PhaseEntered {
    /// The referendum.
    pub id: u32,
    /// The phase.
    pub phase: Phase,
    /// All votes.
    pub tally: Tally,
}

/// Deposits of a referendum were refunded or slashed.
#[ink::event]
pub struct DepositsSettled {
    /// The referendum.
    pub id: u32,
    /// What went where.
    pub refunded: Refunded,
}

/// Slashed deposits went to the sink.
#[ink::event]
pub struct SlashedCollected {
    /// Rao.
    pub amount: u64,
}

/// An account objected to an operation.
#[ink::event]
pub struct Objected {
    /// The id that ballots name.
    pub id: u32,
    /// The operation.
    pub operation: [u8; 32],
    /// Who.
    pub account: AccountId,
    /// All objections together, in shares.
    pub weight: u128,
    /// What cancels the operation, in shares.
    pub threshold: u128,
    /// Whether it is cancelled.
    pub vetoed: bool,
}

/// The escrow's stake is with another hotkey.
#[ink::event]
pub struct HotkeyAdopted {
    /// The hotkey.
    pub hotkey: AccountId,
    /// Stake with it, alpha.
    pub stake: u64,
}

/// The generation ended; what is left is shared at one rate.
#[ink::event]
pub struct EscrowFrozen {
    /// TAO to share, rao.
    pub proceeds: u64,
    /// Shares it is for.
    pub shares: u128,
}

/// An account was paid out after the end.
#[ink::event]
pub struct Exited {
    /// Whose.
    pub account: AccountId,
    /// Shares burnt.
    pub shares: u128,
    /// Paid, rao.
    pub tao: u64,
}

/// The rules of a track for referenda submitted from now on.
#[ink::event]
pub struct TrackSet {
    /// The track.
    pub id: TrackId,
    /// Its rules.
    pub track: Track,
}

/// How much the chain's own conviction may add.
#[ink::event]
pub struct NativeCapSet {
    /// Basis points of an account's own conviction.
    pub bps: u16,
}
