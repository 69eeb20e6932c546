//! What happened to the budget, the rules and the markets. Events carry no topic but their signature: every topic costs more than
//! all fields together.

use crate::storage::{EpochReport, MarketSettled};
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use kernel::emission::{Bond, Contribution, Rules, Transition};

/// TAO was given to the budget by a message. What comes as a plain transfer is budget too.
#[ink::event]
pub struct Funded {
    /// By whom.
    pub from: AccountId,
    /// Rao.
    pub amount: u64,
}

/// A market takes part.
#[ink::event]
pub struct Seated {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// Where the market lives.
    pub market: AccountId,
    /// Number of its seat.
    pub seat: u32,
}

/// A market takes part no longer.
#[ink::event]
pub struct Unseated {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
}

/// Markets were measured and paid.
#[ink::event]
pub struct MarketsSettled {
    /// For this epoch.
    pub epoch: u32,
    /// Each one.
    pub markets: Vec<MarketSettled>,
}

/// An epoch was settled.
#[ink::event]
pub struct EpochSettled {
    /// What it came to.
    pub report: EpochReport,
}

/// Epochs that markets no longer remember passed unsettled: nothing was paid for them, all of it stays budget.
#[ink::event]
pub struct EpochsSkipped {
    /// The first.
    pub from: u32,
    /// The first that is settled again.
    pub to: u32,
}

/// A market moved on the ladder of sanctions.
#[ink::event]
pub struct StandingMoved {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// After this epoch.
    pub epoch: u32,
    /// From where to where, and why.
    pub transition: Transition,
    /// The index that led there.
    pub contribution: Contribution,
}

/// A market was challenged.
#[ink::event]
pub struct Challenged {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// By whom.
    pub challenger: AccountId,
    /// The bond, rao.
    pub bond: u64,
    /// In this epoch: later ones count.
    pub epoch: u32,
}

/// A challenge is over.
#[ink::event]
pub struct ChallengeClosed {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// What became of the bond.
    pub bond: Bond,
}

/// Rules were chosen; they take effect when the next epoch begins to be settled.
#[ink::event]
pub struct RulesChosen {
    /// The rules.
    pub rules: Rules,
}

/// Rules took effect.
#[ink::event]
pub struct RulesInForce {
    /// Their version.
    pub version: u32,
    /// The first epoch settled by them.
    pub epoch: u32,
    /// The rules.
    pub rules: Rules,
}

/// Governance set a burned fraction for the price model.
#[ink::event]
pub struct BurnedSet {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// Billionths.
    pub burned: u32,
}
