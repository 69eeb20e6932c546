//! A market contract: its views, and what its events say about positions.

use std::sync::Arc;

use codec::{Decode, Encode};
use kernel::market::{Market, Prices, Standing};
use scale_info::TypeInfo;
use scale_value::Value;

use crate::block::Emitted;
use crate::bundle::{Bundle, BundleError};
use crate::connection::{BlockId, Connection};
use crate::contract::{answers, Contract};
use crate::dry_run::{Call, DryRun};
use crate::emission::Competition;
use crate::error::{ChainError, ContractRefusal};
use crate::same_type;
use crate::value::{account, field, innermost_variant, number, outcome, to_json};

/// Positions asked for at once: what the contract allows.
const PAGE: u32 = 500;

/// What `market_state` answers.
#[derive(Clone, Debug, Decode, TypeInfo)]
pub struct MarketState {
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// Whether that generation is alive.
    pub alive: bool,
    /// Who may set parameters.
    pub authority: [u8; 32],
    /// Where protocol income goes.
    pub sink: [u8; 32],
    /// Who may restrict it by the ladder of sanctions and reads its epochs.
    pub emission: [u8; 32],
    /// What the ladder of sanctions allows now.
    pub standing: Standing,
    /// The block of this state.
    pub block: u32,
    /// The chain's spot price × 1e9.
    pub chain_price_e9: u64,
    /// Whether opening is refused.
    pub safe_mode: bool,
    /// Prices at `block`.
    pub prices: Prices,
    /// The whole state.
    pub market: Market,
}

/// A position, as far as a keeper needs it. Without debt it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Its number.
    pub id: u32,
    /// Its escrow in rao.
    pub escrow: u64,
    /// Its scaled debt.
    pub debt_scaled: u64,
}

/// What an event of a market means for a keeper.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meaning {
    /// The event's name.
    pub name: String,
    /// A position as it is after the event.
    pub position: Option<Holding>,
    /// An account that owns something in the market from now on.
    pub account: Option<[u8; 32]>,
}

/// What a message that was only dry run would do.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// Computation, deposit and answer.
    pub run: DryRun,
    /// What the message returns when it succeeds.
    pub answer: Value<()>,
}

/// A market contract at an address.
#[derive(Clone, Debug)]
pub struct MarketContract {
    /// Its address.
    pub address: [u8; 32],
    bundle: Arc<Bundle>,
}

impl MarketContract {
    /// A market whose bundle has the types this keeper decides with.
    ///
    /// # Errors
    /// [`BundleError::Incompatible`] names what differs.
    pub fn new(address: [u8; 32], bundle: Arc<Bundle>) -> Result<Self, BundleError> {
        let ty = bundle.success_type("market_state")?;
        same_type::check::<MarketState>(bundle.registry(), ty).map_err(|difference| BundleError::Incompatible {
            what: "market_state",
            difference,
        })?;
        answers::<Competition>(&bundle, "competition")?;
        Ok(Self { address, bundle })
    }

    /// The contract, whatever it is.
    pub fn contract(&self) -> Contract {
        Contract::new(self.address, self.bundle.clone())
    }

    /// The bundle it was made from.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// A message with SCALE-encodable arguments, sending no TAO.
    ///
    /// # Errors
    /// [`BundleError::Unknown`].
    pub fn message(&self, name: &str, arguments: impl Encode) -> Result<Call, BundleError> {
        let mut data = self.bundle.message_selector(name)?.to_vec();
        arguments.encode_to(&mut data);
        Ok(Call {
            contract: self.address,
            value: 0,
            data,
        })
    }

    /// Dry-runs a message as `origin` on the state of block `at`.
    ///
    /// # Errors
    /// [`ChainError::Contract`] when the contract refuses it, [`ChainError::Dispatch`] when the runtime does.
    pub async fn rehearse(
        &self,
        connection: &Connection,
        origin: &[u8; 32],
        name: &str,
        call: &Call,
        at: &BlockId,
    ) -> Result<Rehearsal, ChainError> {
        rehearse(connection, &self.bundle, origin, name, call, at).await
    }

    /// The market at block `at`.
    ///
    /// # Errors
    /// As [`MarketContract::rehearse`].
    pub async fn state(&self, connection: &Connection, at: &BlockId) -> Result<MarketState, ChainError> {
        let call = self.message("market_state", ())?;
        let run = connection.dry_run_call(&self.address, &call, at).await?;
        // Decoded by the kernel's own types, which `new` has compared with the bundle's.
        type Answer = Result<Result<MarketState, ()>, ()>;
        match Answer::decode(&mut run.data.as_slice()) {
            Ok(Ok(Ok(state))) => Ok(state),
            _ => match refusal(&self.bundle, "market_state", &run.data)? {
                Err(error) => Err(ChainError::Contract { error }),
                Ok(_) => Err(ChainError::decode("market_state", "the answer is not a state")),
            },
        }
    }

    /// How its validators compete for its stake at block `at`.
    ///
    /// # Errors
    /// As [`MarketContract::rehearse`].
    pub async fn competition(&self, connection: &Connection, at: &BlockId) -> Result<Competition, ChainError> {
        self.contract().view(connection, "competition", (), at).await
    }

    /// All open positions at block `at`, page by page.
    ///
    /// # Errors
    /// As [`MarketContract::rehearse`].
    pub async fn positions(&self, connection: &Connection, at: &BlockId) -> Result<Vec<Holding>, ChainError> {
        let mut all = Vec::new();
        let mut from = 0u32;
        loop {
            let call = self.message("positions", (from, PAGE))?;
            let page = self
                .rehearse(connection, &self.address, "positions", &call, at)
                .await?
                .answer;
            let entries = field(&page, "positions").map(elements).unwrap_or_default();
            for entry in entries {
                let holding = holding(entry)
                    .ok_or_else(|| ChainError::decode("a position", "it lacks id, escrow or debt_scaled"))?;
                all.push(holding);
            }
            match field(&page, "next").and_then(some_number) {
                Some(next) if next > from => from = next,
                _ => return Ok(all),
            }
        }
    }

    /// What an event of this market means; `None` for events of others and for those that do not concern a keeper.
    ///
    /// # Errors
    /// [`BundleError::Decode`] when the event is not what the bundle says.
    pub fn meaning(&self, emitted: &Emitted) -> Result<Option<Meaning>, BundleError> {
        if emitted.contract != self.address {
            return Ok(None);
        }
        let Some(event) = self.bundle.decode_event(&emitted.topics, &emitted.data)? else {
            return Ok(None);
        };
        let position = match event.name.as_str() {
            "ShortSettled" => id_of(&event.fields).map(|id| Holding {
                id,
                escrow: 0,
                debt_scaled: 0,
            }),
            name if name.starts_with("Short") => Some(holding(&event.fields).ok_or_else(|| BundleError::Decode {
                what: event.name.clone(),
                reason: "it lacks id, escrow or debt_scaled".into(),
            })?),
            _ => None,
        };
        let owner = ["provider", "account", "trader", "lender"]
            .iter()
            .find_map(|role| account(&event.fields, role));
        Ok(Some(Meaning {
            name: event.name,
            position,
            account: owner,
        }))
    }
}

/// Dry-runs a message of any contract as `origin` on the state of block `at`.
///
/// # Errors
/// [`ChainError::Contract`] when the contract refuses it, [`ChainError::Dispatch`] when the runtime does.
pub async fn rehearse(
    connection: &Connection,
    bundle: &Bundle,
    origin: &[u8; 32],
    name: &str,
    call: &Call,
    at: &BlockId,
) -> Result<Rehearsal, ChainError> {
    let run = connection.dry_run_call(origin, call, at).await?;
    match refusal(bundle, name, &run.data)? {
        Ok(answer) => Ok(Rehearsal { run, answer }),
        Err(error) => Err(ChainError::Contract { error }),
    }
}

fn refusal(bundle: &Bundle, name: &str, data: &[u8]) -> Result<Result<Value<()>, ContractRefusal>, BundleError> {
    Ok(
        outcome(bundle.decode_return(name, data)?).map_err(|error| ContractRefusal {
            text: to_json(&error).to_string(),
            name: innermost_variant(&error).unwrap_or_default(),
        }),
    )
}

fn id_of(value: &Value<()>) -> Option<u32> {
    number(value, "id").and_then(|id| u32::try_from(id).ok())
}

fn holding(value: &Value<()>) -> Option<Holding> {
    Some(Holding {
        id: id_of(value)?,
        escrow: number(value, "escrow")?,
        debt_scaled: number(value, "debt_scaled")?,
    })
}

fn elements(value: &Value<()>) -> Vec<&Value<()>> {
    match &value.value {
        scale_value::ValueDef::Composite(composite) => composite.values().collect(),
        _ => Vec::new(),
    }
}

fn some_number(value: &Value<()>) -> Option<u32> {
    match &value.value {
        scale_value::ValueDef::Variant(variant) if variant.name == "Some" => variant
            .values
            .values()
            .next()?
            .as_u128()
            .and_then(|number| u32::try_from(number).ok()),
        _ => None,
    }
}
