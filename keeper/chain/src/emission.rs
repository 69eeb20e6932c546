//! What settles emission, and how validators compete for a market's stake: pages of seats, what is stored, and what events say
//! about it.

use codec::{Decode, Encode};
use kernel::competition::Validators;
use kernel::emission::{Contribution, Ladder, Measures, Round, Rules};
use kernel::AccountId;
use scale_info::TypeInfo;

use crate::bundle::{Bundle, BundleError};
use crate::connection::{BlockId, Connection};
use crate::contract::{answers, Contract};
use crate::error::ChainError;

/// Seats asked for at once: what the emission contract allows.
const PAGE: u32 = 32;

/// Everything but the seats, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Stored {
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
    /// Bonds held for challengers, rao.
    pub bonds: u64,
    /// The last epoch that was settled.
    pub last: Option<EpochReport>,
    /// Paid to markets since the beginning, rao.
    pub total_paid: u64,
}

/// An epoch that was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
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
    /// Not paid, rao.
    pub carried: u64,
}

/// What `state` answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EmissionState {
    /// As stored.
    pub stored: Stored,
    /// TAO that is no bond, rao.
    pub available: u64,
    /// The running epoch.
    pub epoch: u32,
}

/// A market that takes part.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
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
    /// Burned fraction for the price model, billionths.
    pub burned: u32,
    /// Paid for the epoch last settled, rao.
    pub paid: u64,
    /// Paid since it took its seat, rao.
    pub total_paid: u64,
    /// Epochs in a row in which the market did not answer.
    pub silent: u32,
}

/// A seat with its share.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
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

/// A page of seats.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SeatPage {
    /// Seats of the page that are taken.
    pub seats: Vec<SeatView>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<u32>,
}

/// What a market's `competition` answers; all lists in the order of `state.all`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Competition {
    /// The validators as last measured.
    pub state: Validators,
    /// The yield each is trusted to pay, per block at 1e18.
    pub scores: Vec<u64>,
    /// Share of all stake each is to have, basis points.
    pub weights_bps: Vec<u16>,
}

/// Checks that the bundle of an emission contract answers with the types that this keeper decides with.
///
/// # Errors
/// [`BundleError::Incompatible`] names what differs.
pub fn check_emission(bundle: &Bundle) -> Result<(), BundleError> {
    answers::<EmissionState>(bundle, "state")?;
    answers::<SeatPage>(bundle, "seats")?;
    Ok(())
}

/// All seats that are taken at block `at`, page by page.
///
/// # Errors
/// As [`Contract::view`].
pub async fn seats(emission: &Contract, connection: &Connection, at: &BlockId) -> Result<Vec<SeatView>, ChainError> {
    let mut all = Vec::new();
    let mut from = 0u32;
    loop {
        let page: SeatPage = emission.view(connection, "seats", (from, PAGE), at).await?;
        all.extend(page.seats);
        match page.next {
            Some(next) if next > from => from = next,
            _ => return Ok(all),
        }
    }
}
