//! The keeper's state for people and programs: `/status` and `keeper status`.

use std::collections::{BTreeMap, BTreeSet};

use codec::Decode;
use keeper_core::Job;
use keeper_store::{Entry, Outcome};
use kernel::handover::Capability;

use super::economy::{validators, EmissionStatus, SeatStatus, ValidatorStatus};
use super::governed::Governed;
use super::kept::Kept;
use super::Engine;

impl Engine {
    /// What `/status` and `keeper status` show.
    pub fn status(&self) -> Status {
        let included = self.included_at_best();
        Status {
            best: self.best,
            cursor: self.store.cursor().map(|cursor| cursor.number),
            markets: self
                .markets
                .iter()
                .map(|(address, kept)| market_status(address, kept, self.seat_status(address), self.best))
                .collect(),
            emission: self.emission_status(),
            governance: self
                .governed
                .iter()
                .map(|governed| governance_status(governed, self.best))
                .collect(),
            in_flight: self
                .store
                .open_entries()
                .map(|entry| transaction(entry, &included))
                .collect(),
            recent: self
                .store
                .recent_entries(RECENT)
                .unwrap_or_default()
                .iter()
                .map(|entry| transaction(entry, &included))
                .collect(),
            period_fees_rao: self.budget.spent().0,
            period_subsidy_rao: self.budget.spent().1,
        }
    }
}

/// Transactions that a status shows.
const RECENT: usize = 20;

/// The keeper's state for people and programs.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Status {
    /// The best block decided on.
    pub best: u32,
    /// The last finalized block processed.
    pub cursor: Option<u32>,
    /// The markets.
    pub markets: Vec<MarketStatus>,
    /// What settles emission.
    pub emission: Option<EmissionStatus>,
    /// What governs them.
    pub governance: Vec<GovernanceStatus>,
    /// Transactions without an outcome.
    pub in_flight: Vec<TransactionStatus>,
    /// The last transactions, newest first.
    pub recent: Vec<TransactionStatus>,
    /// Fees of the current budget period.
    pub period_fees_rao: u64,
    /// Uncovered fees of the current budget period.
    pub period_subsidy_rao: u64,
}

/// A market's state.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct MarketStatus {
    /// Its address.
    pub address: String,
    /// `netuid/generation`.
    pub name: String,
    /// Whether the generation is alive.
    pub alive: bool,
    /// Whether the market has been frozen.
    pub frozen: bool,
    /// What the ladder of sanctions allows.
    pub standing: String,
    /// Open positions.
    pub positions: usize,
    /// Positions above the liquidation limit now.
    pub above_limit: usize,
    /// Spot price, rao per alpha-rao × 1e12.
    pub spot_e12: u64,
    /// What it gives and gets; nothing without a seat.
    pub emission: Option<SeatStatus>,
    /// The validators of its stake.
    pub validators: Vec<ValidatorStatus>,
}

/// The state of a DAO and of the handover that obeys it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct GovernanceStatus {
    /// `netuid/generation` of the DAO.
    pub name: String,
    /// The DAO's address.
    pub dao: String,
    /// The handover's address, unless the DAO governs nothing.
    pub handover: Option<String>,
    /// Whether the DAO's generation is alive.
    pub alive: bool,
    /// Referenda whose votes still count.
    pub open_referenda: usize,
    /// Operations that wait or are ready.
    pub waiting_operations: usize,
    /// The stage of every capability.
    pub stages: BTreeMap<String, String>,
    /// Whether the certificate was issued.
    pub certified: bool,
}

/// A transaction's state.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct TransactionStatus {
    /// Position in the journal.
    pub seq: u64,
    /// The contract it calls.
    pub contract: String,
    /// The message.
    pub message: String,
    /// How many positions it works on.
    pub positions: usize,
    /// Its nonce.
    pub nonce: u64,
    /// Its hash.
    pub hash: String,
    /// Block at which it was signed.
    pub signed_at: u32,
    /// The last block that can include it.
    pub last_valid: u32,
    /// Its fee at most.
    pub fee_rao: u64,
    /// The reward its dry run promised.
    pub reward_rao: u64,
    /// `signed`, `sent`, `included`, or its outcome.
    pub state: String,
}

fn market_status(address: &[u8; 32], kept: &Kept, emission: Option<SeatStatus>, best: u32) -> MarketStatus {
    let state = kept.book.state();
    MarketStatus {
        address: keeper_chain::contracts::address(address),
        name: kept.name.clone(),
        alive: kept.alive,
        frozen: state.terminal.is_some(),
        standing: format!("{:?}", kept.standing),
        positions: kept.book.index().len(),
        above_limit: kept.book.above_limit(best).map_or(0, |above| above.len()),
        spot_e12: state.pool.price_down(),
        emission,
        validators: kept.competition.as_ref().map(validators).unwrap_or_default(),
    }
}

fn governance_status(governed: &Governed, best: u32) -> GovernanceStatus {
    let book = &governed.book;
    let stage = |capability: Capability| {
        let stage = book.powers()?.calendar.ladder(capability).stage(best);
        Some((format!("{capability:?}"), format!("{stage:?}")))
    };
    GovernanceStatus {
        name: governed.name.clone(),
        dao: keeper_chain::contracts::address(&governed.dao.address),
        handover: governed
            .handover
            .as_ref()
            .map(|handover| keeper_chain::contracts::address(&handover.address)),
        alive: book.alive(),
        open_referenda: book.open_referenda(best),
        waiting_operations: book.waiting_operations(best),
        stages: Capability::ALL.into_iter().filter_map(stage).collect(),
        certified: book.powers().is_some_and(|powers| powers.certified),
    }
}

fn transaction(entry: &Entry, included: &BTreeSet<u64>) -> TransactionStatus {
    let job = Job::decode(&mut entry.planned.job.as_slice()).ok();
    let state = match entry.state {
        _ if included.contains(&entry.seq) => "included".to_owned(),
        keeper_store::State::Signed => "signed".to_owned(),
        keeper_store::State::Sent => "sent".to_owned(),
        keeper_store::State::Closed(outcome) => match outcome {
            Outcome::Succeeded { block, .. } => format!("succeeded in block {block}"),
            Outcome::Reverted { block, .. } => format!("reverted in block {block}"),
            Outcome::Expired => "expired".to_owned(),
            Outcome::Superseded => "superseded".to_owned(),
            Outcome::Refused => "refused".to_owned(),
        },
    };
    TransactionStatus {
        seq: entry.seq,
        contract: keeper_chain::contracts::address(&entry.planned.contract),
        message: job.as_ref().map_or("?", |job| job.kind().message()).to_owned(),
        positions: job.map_or(0, |job| match job {
            Job::Liquidate(ids) | Job::SettleShorts(ids) => ids.len(),
            _ => 0,
        }),
        nonce: entry.planned.nonce,
        hash: format!("0x{}", hex::encode(entry.planned.hash)),
        signed_at: entry.planned.signed_at,
        last_valid: entry.planned.last_valid,
        fee_rao: entry.planned.fee,
        reward_rao: entry.planned.reward,
        state,
    }
}
