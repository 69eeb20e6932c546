//! How the state lies in storage, and what views answer.
//!
//! Seats lie sixteen to a cell: a cell costs nearly the same whatever its length, and settling works through all of them.

use ink::prelude::boxed::Box;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use kernel::emission::{Contribution, Ladder, Measures, Round, Rules, State};
use shell::cell;

/// Seats in one cell.
pub const PAGE: u32 = 16;

/// What every message reads, in one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Hot {
    /// The only account that may change the rules and uphold appeals.
    pub authority: AccountId,
    /// The rules in force.
    pub rules: Rules,
    /// Their version.
    pub version: u32,
    /// The rules that take effect when the next epoch begins to be settled.
    pub pending: Option<Rules>,
    /// The next epoch to settle.
    pub next_epoch: u32,
    /// The epoch that is being settled.
    pub round: Option<Round>,
    /// Seats there are, vacant ones included.
    pub seats: u32,
    /// Seats without a market.
    pub vacant: Vec<u32>,
    /// Bonds held for challengers, rao. They are no budget.
    pub bonds: u64,
    /// The last epoch that was settled.
    pub last: Option<EpochReport>,
    /// Paid to markets since the beginning, rao.
    pub total_paid: u64,
}

cell!(
    /// The hot cell, boxed: handed around by address.
    HotCell,
    Box<Hot>
);
cell!(
    /// Sixteen seats; `None` where no market sits.
    PageCell,
    Vec<Option<Seat>>
);
cell!(
    /// A seat that was left.
    SeatCell,
    Seat
);
cell!(
    /// One version of the rules.
    RulesCell,
    Rules
);

/// A market that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Seat {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// Where the market lives.
    pub market: AccountId,
    /// Block of the market's creation.
    pub created: u32,
    /// Its averages.
    pub measures: Measures,
    /// Where it stands on the ladder of sanctions.
    pub ladder: Ladder,
    /// Its index of contribution when it was last measured.
    pub contribution: Contribution,
    /// Burned fraction for the price model, billionths, as governance sets it.
    pub burned: u32,
    /// Paid for the epoch last settled, rao.
    pub paid: u64,
    /// Paid since it took its seat, rao.
    pub total_paid: u64,
    /// Epochs in a row in which the market did not answer.
    pub silent: u32,
}

/// An epoch that was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct EpochReport {
    /// The epoch.
    pub epoch: u32,
    /// Version of the rules.
    pub version: u32,
    /// TAO there was when settling began, rao.
    pub budget: u64,
    /// Most that could be paid, rao.
    pub release: u64,
    /// Paid, rao.
    pub paid: u64,
    /// Not paid, rao: `budget` less `paid`.
    pub carried: u64,
}

/// What became of one market in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct MarketSettled {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// Paid, rao.
    pub paid: u64,
    /// Its share of what the epoch released, at 1e18.
    pub share: u64,
    /// Whether the epoch could be read.
    pub measured: bool,
    /// Index of contribution, basis points.
    pub index: i32,
}

/// What a call of `settle` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Settled {
    /// The epoch.
    pub epoch: u32,
    /// Seats settled by this call.
    pub seats: u32,
    /// Paid to markets by this call, rao.
    pub paid: u64,
    /// Whether the epoch is settled.
    pub finished: bool,
    /// TAO paid to the caller, rao: nothing.
    pub reward: u64,
}

/// Everything but the seats.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct EmissionState {
    /// As stored.
    pub stored: Hot,
    /// TAO that is no bond, rao.
    pub available: u64,
    /// The running epoch.
    pub epoch: u32,
}

/// A seat with its share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct SeatView {
    /// Number of the seat.
    pub number: u32,
    /// The seat.
    pub seat: Seat,
    /// Share of what the next epoch releases, at 1e18.
    pub share: u64,
    /// Index of contribution, basis points.
    pub index: i32,
}

impl SeatView {
    /// A seat as seen from outside.
    pub fn new(number: u32, seat: Seat, shares: &[u64]) -> Self {
        let share = shares.get(usize::try_from(number).unwrap_or(usize::MAX));
        Self {
            number,
            index: seat.contribution.index(),
            share: share.copied().unwrap_or(0),
            seat,
        }
    }
}

/// A page of seats.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct SeatPage {
    /// Seats of the page that are taken.
    pub seats: Vec<SeatView>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<u32>,
}

/// What the registry knows of a market.
#[ink::scale_derive(Decode)]
pub struct Entry {
    _netuid: u16,
    _generation: u64,
    /// Where the market lives.
    pub address: AccountId,
    _code_hash: [u8; 32],
    _creator: AccountId,
    _bond: u64,
    /// Whether it is eligible for emission.
    pub listed: bool,
    /// Block of its creation.
    pub created: u32,
}

/// How a market in this state is restricted.
pub fn standing(ladder: &Ladder) -> kernel::market::Standing {
    use kernel::market::Standing;
    match ladder.state {
        State::Active | State::Watch => Standing::Open,
        State::Quarantine { .. } if ladder.challenge.is_none() => Standing::Quarantined,
        State::Quarantine { .. } | State::Condemned { .. } => Standing::Contested,
        State::Delisted => Standing::Delisted,
    }
}
