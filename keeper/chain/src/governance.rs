//! The DAO and the handover: pages of what is open, and what events say about it.

use std::collections::BTreeSet;

use codec::{Decode, Encode};
use kernel::handover::{Hash, Record, State};
use kernel::referendum::{Phase, Referendum};
use kernel::AccountId;
use scale_info::TypeInfo;
use scale_value::{Value, ValueDef};

use crate::block::Emitted;
use crate::bundle::{Bundle, BundleError};
use crate::connection::{BlockId, Connection};
use crate::contract::{answers, Contract};
use crate::error::ChainError;
use crate::suite::FinalityReport;
use crate::value::{account, field, number};

/// Referenda asked for at once: what the DAO allows.
pub const REFERENDA_PAGE: u32 = 100;
/// Operations asked for at once: what the handover allows.
pub const OPERATIONS_PAGE: u32 = 50;

/// A referendum now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
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
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ReferendumPage {
    /// Referenda of the page; some of its ids are those of objections.
    pub referenda: Vec<ReferendumView>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<u32>,
}

/// An operation now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OperationView {
    /// As stored.
    pub record: Record,
    /// Where it stands now.
    pub state: State,
}

/// A page of operations.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OperationPage {
    /// Operations of the page; removed ones are left out.
    pub operations: Vec<OperationView>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<u32>,
}

/// What was objected against an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ObjectionView {
    /// The id under which ballots hold it; `None` when nobody objected.
    pub id: Option<u32>,
    /// Conviction that objects, in shares.
    pub weight: u128,
    /// Conviction that cancels the operation, in shares.
    pub threshold: u128,
    /// Whether it is cancelled.
    pub vetoed: bool,
}

/// Checks that the bundle of a DAO answers with the types that this keeper decides with.
///
/// # Errors
/// [`BundleError::Incompatible`] names what differs.
pub fn check_dao(bundle: &Bundle) -> Result<(), BundleError> {
    answers::<ReferendumPage>(bundle, "referenda")?;
    answers::<ObjectionView>(bundle, "objection")?;
    Ok(())
}

/// As [`check_dao`], for the handover.
///
/// # Errors
/// [`BundleError::Incompatible`] names what differs.
pub fn check_handover(bundle: &Bundle) -> Result<(), BundleError> {
    answers::<OperationPage>(bundle, "operations")?;
    answers::<FinalityReport>(bundle, "finality_report")?;
    Ok(())
}

/// What a DAO says about itself, as far as a keeper needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The subnet.
    pub netuid: u64,
    /// Its generation.
    pub generation: u64,
    /// Whether that generation is alive.
    pub alive: bool,
}

/// Whether the DAO's generation is alive at block `at`.
///
/// # Errors
/// As [`Contract::rehearse`].
pub async fn life(dao: &Contract, connection: &Connection, at: &BlockId) -> Result<Life, ChainError> {
    let call = dao.message("state", (), 0)?;
    let answer = dao.rehearse(connection, &dao.address, "state", &call, at).await?.answer;
    life_in(&answer).ok_or_else(|| ChainError::decode("a DAO", "it lacks netuid, generation or alive"))
}

fn life_in(answer: &Value<()>) -> Option<Life> {
    Some(Life {
        netuid: number(answer, "netuid")?,
        generation: number(answer, "generation")?,
        alive: field(answer, "alive")?.as_bool()?,
    })
}

/// The referenda and objections in which an account holds ballots at block `at`; `None` when it is not enrolled.
///
/// # Errors
/// As [`Contract::rehearse`].
pub async fn ballots(
    dao: &Contract,
    connection: &Connection,
    who: &AccountId,
    at: &BlockId,
) -> Result<Option<BTreeSet<u32>>, ChainError> {
    let call = dao.message("voter", who, 0)?;
    let answer = dao.rehearse(connection, &dao.address, "voter", &call, at).await?.answer;
    ballots_in(&answer).ok_or_else(|| ChainError::decode("a voter", "it lacks native or ballots"))
}

fn ballots_in(answer: &Value<()>) -> Option<Option<BTreeSet<u32>>> {
    let ValueDef::Variant(native) = &field(answer, "native")?.value else {
        return None;
    };
    let ValueDef::Composite(ballots) = &field(answer, "ballots")?.value else {
        return None;
    };
    if native.name == "None" {
        return Some(None);
    }
    let id = |ballot| number(ballot, "referendum").and_then(|id| u32::try_from(id).ok());
    ballots.values().map(id).collect::<Option<_>>().map(Some)
}

/// What an event of a DAO, a handover, a registry or an emission contract means for a keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A referendum is new or changed.
    Referendum(u32),
    /// A ballot was cast, changed or taken back.
    Ballot {
        /// In which referendum or objection.
        referendum: u32,
        /// Whose.
        account: AccountId,
    },
    /// An account enrolled.
    Enrolled(AccountId),
    /// Ballots of some accounts were lowered.
    Reconciled,
    /// Somebody objected to an operation.
    Objection(Hash),
    /// An operation is new or changed.
    Operation(Hash),
    /// Somebody's power changed.
    Powers,
    /// The DAO ended.
    Life,
    /// A market was created.
    Market {
        /// Where it lives.
        address: AccountId,
        /// The code it is made of.
        code_hash: Hash,
    },
    /// A market was listed, or is not listed any more.
    Listing,
    /// Seats or rules of emission changed, or an epoch was settled further.
    Emission,
}

/// What an event of `contract` means; `None` when it does not concern a keeper.
///
/// # Errors
/// [`BundleError::Decode`] when the event is not what the bundle says.
pub fn news(contract: &Contract, emitted: &Emitted) -> Result<Option<News>, BundleError> {
    let Some(event) = contract.bundle().decode_event(&emitted.topics, &emitted.data)? else {
        return Ok(None);
    };
    news_of(&event.name, &event.fields).map_err(|lacking| BundleError::Decode {
        what: event.name.clone(),
        reason: format!("it lacks {lacking}"),
    })
}

fn news_of(name: &str, fields: &Value<()>) -> Result<Option<News>, &'static str> {
    let id = || number(fields, "id").and_then(|id| u32::try_from(id).ok()).ok_or("id");
    let who = || account(fields, "account").ok_or("account");
    let hash = |name: &'static str| account(fields, name).ok_or(name);
    Ok(Some(match name {
        "Submitted" | "DecisionDepositPlaced" | "PhaseEntered" | "DepositsSettled" => News::Referendum(id()?),
        "Voted" | "Retracted" => News::Ballot {
            referendum: id()?,
            account: who()?,
        },
        "Enrolled" => News::Enrolled(who()?),
        "BallotsReconciled" => News::Reconciled,
        "Objected" => News::Objection(hash("operation")?),
        "Scheduled" | "OperationExecuted" | "OperationCancelled" | "OperationExpired" => News::Operation(hash("id")?),
        "Wired" | "Accelerated" | "GuardianSet" | "GuardianPaused" | "Certified" => News::Powers,
        "EscrowFrozen" => News::Life,
        "MarketCreated" => News::Market {
            address: hash("market")?,
            code_hash: hash("code_hash")?,
        },
        "ListingChanged" => News::Listing,
        "Funded" | "Seated" | "Unseated" | "MarketsSettled" | "EpochSettled" | "EpochsSkipped" | "StandingMoved"
        | "Challenged" | "ChallengeClosed" | "RulesChosen" | "RulesInForce" | "BurnedSet" => News::Emission,
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(byte: u8) -> Value<()> {
        Value::from_bytes([byte; 32])
    }

    #[test]
    fn events_say_what_has_to_be_read_again() {
        let numbered = Value::named_composite([("id", Value::u128(7)), ("account", bytes(1))]);
        let hashed = Value::named_composite([("id", bytes(2)), ("operation", bytes(3))]);
        assert_eq!(news_of("PhaseEntered", &numbered), Ok(Some(News::Referendum(7))));
        let ballot = News::Ballot {
            referendum: 7,
            account: [1; 32],
        };
        assert_eq!(news_of("Voted", &numbered), Ok(Some(ballot)));
        assert_eq!(news_of("Scheduled", &hashed), Ok(Some(News::Operation([2; 32]))));
        assert_eq!(news_of("Objected", &hashed), Ok(Some(News::Objection([3; 32]))));
        assert_eq!(news_of("ListingChanged", &numbered), Ok(Some(News::Listing)));
        assert_eq!(news_of("EpochSettled", &numbered), Ok(Some(News::Emission)));
        assert_eq!(news_of("AlphaLocked", &hashed), Ok(None));
        assert_eq!(news_of("Scheduled", &numbered), Err("id"));
    }

    #[test]
    fn ballots_are_read_of_enrolled_accounts_only() {
        let voter = |native: Value<()>, ids: &[u128]| {
            let ballots = ids
                .iter()
                .map(|id| Value::named_composite([("referendum", Value::u128(*id))]));
            Value::named_composite([(
                "voter",
                Value::named_composite([("native", native), ("ballots", Value::unnamed_composite(ballots))]),
            )])
        };
        let enrolled = Value::unnamed_variant("Some", [Value::u128(1)]);
        let stranger = Value::unnamed_variant("None", []);
        assert_eq!(
            ballots_in(&voter(enrolled.clone(), &[3, 1])),
            Some(Some(BTreeSet::from([1, 3])))
        );
        assert_eq!(ballots_in(&voter(enrolled, &[])), Some(Some(BTreeSet::new())));
        assert_eq!(ballots_in(&voter(stranger, &[3])), Some(None));
        assert_eq!(ballots_in(&Value::u128(0)), None);
    }
}
