//! What the suite's contracts answer and take. The types are this crate's own, not the contracts': what decodes here decodes for anybody who
//! follows the metadata.

use codec::{Decode, Encode};
use kernel::conviction::{Escrow, Voter};
use kernel::handover::{Action, Capability, Certificate, Guardian, Record, Stage, State, Treasury};
use kernel::referendum::{Phase, Referendum, TrackId};
use staking::AccountId;

/// What the DAO keeps in its hot cell.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Hot {
    pub netuid: u16,
    pub generation: u64,
    pub hotkey: AccountId,
    pub authority: AccountId,
    pub sink: AccountId,
    pub escrow: Escrow,
    pub electorate_floor: u128,
    pub native_cap_bps: u16,
    pub next: u32,
    pub deposits: u64,
    pub slashed: u64,
    pub end: Option<End>,
}

/// What the end of a generation left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct End {
    pub block: u32,
    pub proceeds: u64,
    pub shares: u128,
    pub left: u64,
}

/// The whole DAO.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct DaoState {
    pub hot: Hot,
    pub alive: bool,
    pub block: u32,
    pub stake: u64,
    pub tao: u64,
    pub electorate: u128,
}

/// An account of the DAO.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct VoterView {
    pub voter: Voter,
    pub power: u128,
    pub alpha: u64,
    pub free_shares: u128,
    pub free_alpha: u64,
}

/// A referendum now.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct ReferendumView {
    pub id: u32,
    pub referendum: Referendum,
    pub phase: Phase,
    pub enactable: bool,
}

/// What a referendum decided.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Decision {
    pub call: Vec<u8>,
    pub track: TrackId,
    pub approved: bool,
    pub enactable: bool,
}

/// What was objected against an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct ObjectionView {
    pub id: Option<u32>,
    pub weight: u128,
    pub threshold: u128,
    pub vetoed: bool,
}

/// What was refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Refunded {
    pub paid: u64,
    pub slashed: u64,
}

/// What was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Locked {
    pub alpha: u64,
    pub shares: u128,
}

/// What a reconciliation changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Reconciled {
    pub lowered: u32,
    pub reward: u64,
}

/// What a capability may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Target {
    Account(AccountId),
    Market,
}

/// One entry of the allow-lists.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Grant {
    pub capability: Capability,
    pub target: Target,
    pub selector: [u8; 4],
}

/// The governed contracts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Wiring {
    pub dao: AccountId,
    pub registry: AccountId,
    pub market_code: [u8; 32],
    pub grants: Vec<Grant>,
}

/// What a referendum decides on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proposal {
    pub action: Action,
    pub predecessor: Option<[u8; 32]>,
    pub salt: [u8; 32],
}

/// What an execution came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Executed {
    pub verified: bool,
    pub reward: u64,
}

/// An operation now.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct OperationView {
    pub record: Record,
    pub state: State,
}

/// A page of operations.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct OperationPage {
    pub operations: Vec<OperationView>,
    pub next: Option<u32>,
}

/// One capability now.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct CapabilityReport {
    pub capability: Capability,
    pub stage: Stage,
    pub holder: Option<AccountId>,
    pub delay: u32,
    pub next: Option<(Stage, u32)>,
    pub core_ends: u32,
    pub frozen_at: u32,
}

/// Every power that is left.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct FinalityReport {
    pub block: u32,
    pub deployer: Option<AccountId>,
    pub core: AccountId,
    pub dao: AccountId,
    pub registry: AccountId,
    pub guardian: Guardian,
    pub capabilities: Vec<CapabilityReport>,
    pub treasury: Treasury,
    pub certificate: Option<Certificate>,
    pub outside: String,
}

/// The suite as the registry names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Found {
    pub authority: AccountId,
    pub dao: AccountId,
    pub sink: AccountId,
    pub emission: AccountId,
    pub market_code: [u8; 32],
    pub bond: u64,
    pub markets: u32,
}

/// A market of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct MarketEntry {
    pub netuid: u16,
    pub generation: u64,
    pub address: AccountId,
    pub code_hash: [u8; 32],
    pub creator: AccountId,
    pub bond: u64,
    pub listed: bool,
    pub created: u32,
}
