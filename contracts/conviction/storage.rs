//! How the DAO's state lies in storage, and what views answer.
//!
//! What nearly every message needs is one cell, since a cell costs nearly the same whatever its length; a voter with all
//! its ballots is another, so that a vote writes three cells in all.

use ink::prelude::boxed::Box;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use kernel::conviction::{Escrow, Voter};
use kernel::objection::Objection;
use kernel::referendum::{Phase, Referendum, Track, TrackId};
use shell::cell;

/// What nearly every message reads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Hot {
    /// The subnet; 0 is root.
    pub netuid: u16,
    /// Its registration that this DAO belongs to.
    pub generation: u64,
    /// The validator that the escrow's stake is with.
    pub hotkey: AccountId,
    /// The only account that may set bounded parameters.
    pub authority: AccountId,
    /// Where slashed deposits go.
    pub sink: AccountId,
    /// All shares and their conviction.
    pub escrow: Escrow,
    /// Smallest electorate that support is measured against, in shares.
    pub electorate_floor: u128,
    /// Part of an account's own conviction that the chain's may add, in basis points; 0 counts none.
    pub native_cap_bps: u16,
    /// The next id of a referendum or objection.
    pub next: u32,
    /// Deposits of referenda that may be due back, rao.
    pub deposits: u64,
    /// Deposits that were slashed and not collected yet, rao.
    pub slashed: u64,
    /// What the end of the generation left to share, once frozen.
    pub end: Option<End>,
}

/// What the end of a generation left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct End {
    /// Block of the freeze.
    pub block: u32,
    /// TAO that the chain paid for the escrow's alpha, rao.
    pub proceeds: u64,
    /// Shares it is for.
    pub shares: u128,
    /// Not paid out yet, rao.
    pub left: u64,
}

cell!(
    /// The hot cell, boxed: handed around by address.
    HotCell,
    Box<Hot>
);
cell!(
    /// One account.
    VoterCell,
    Voter
);
cell!(
    /// One referendum.
    ReferendumCell,
    Referendum
);
cell!(
    /// One objection.
    ObjectionCell,
    Objection
);
cell!(
    /// The rules of one track.
    TrackCell,
    Track
);

/// What was locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Locked {
    /// Alpha credited: what arrived.
    pub alpha: u64,
    /// Shares minted.
    pub shares: u128,
}

/// What a reconciliation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Reconciled {
    /// Ballots whose weight was lowered.
    pub lowered: u32,
    /// TAO paid to the caller, rao: nothing, because every keeper of a vote has its own interest in it.
    pub reward: u64,
}

/// What was refunded of a referendum's deposits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Refunded {
    /// Paid back, rao.
    pub paid: u64,
    /// Slashed, rao.
    pub slashed: u64,
}

/// Everything about the DAO.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct ConvictionState {
    /// As stored, totals recorded up to `block`.
    pub hot: Box<Hot>,
    /// Whether its generation is alive.
    pub alive: bool,
    /// The block of this state.
    pub block: u32,
    /// Stake of the escrow, alpha.
    pub stake: u64,
    /// TAO held beyond the existential deposit, rao. Deposits, slashed ones, and what the end left are owed out of it.
    pub tao: u64,
    /// What support would be measured against, were a referendum submitted now, in shares.
    pub electorate: u128,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct VoterView {
    /// Its lock, recorded up to now, delegation and ballots.
    pub voter: Voter,
    /// What it would vote with in a referendum submitted now, in shares.
    pub power: u128,
    /// What all its shares are worth, alpha.
    pub alpha: u64,
    /// Shares it may take out.
    pub free_shares: u128,
    /// What they are worth, alpha.
    pub free_alpha: u64,
}

/// A referendum now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct ReferendumView {
    /// Its id.
    pub id: u32,
    /// As stored.
    pub referendum: Referendum,
    /// Its phase now.
    pub phase: Phase,
    /// Whether its result may be pulled now.
    pub enactable: bool,
}

/// A page of referenda.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct ReferendumPage {
    /// Referenda of the page.
    pub referenda: Vec<ReferendumView>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<u32>,
}

/// What whoever enacts a referendum pulls.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Decision {
    /// The call that was decided on.
    pub call: Vec<u8>,
    /// The track it was decided on.
    pub track: TrackId,
    /// Whether it is approved, and neither killed nor void.
    pub approved: bool,
    /// Whether it may be enacted now.
    pub enactable: bool,
}

/// What was objected against an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct ObjectionView {
    /// The id under which ballots hold it; `None` when nobody objected.
    pub id: Option<u32>,
    /// Conviction that objects, in shares.
    pub weight: u128,
    /// Conviction that cancels the operation, in shares.
    pub threshold: u128,
    /// Whether it is cancelled. Void once the generation has ended.
    pub vetoed: bool,
}
