//! The market contract: calls by its bundle's metadata, answers as typed values.

use crate::accounts::Actor;
use crate::chain::{Chain, Extrinsic};
use crate::places;
use anyhow::{bail, Context, Result};
use codec::{Decode, Encode};
use keeper_chain::value::{number, to_json};
use keeper_chain::{BlockId, Bundle, Call, ContractEvent, DryRun, Emitted, MarketState};
use kernel::market::{Harvested, Health, Liquidated, SettledShort};
use kernel::{Account, Position};
use std::sync::Arc;
use subxt::dynamic::Value;

/// Gas that every message but a large batch fits into: 20 ms, of which 150 fit a block. What is unused is refunded.
const GAS: u64 = 20_000_000_000;

/// Where a trader's alpha comes from and goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub enum Settlement {
    /// The market's internal ledger.
    Ledger,
    /// The trader's own stake.
    Stake,
}

/// An account, its earnings credited.
#[derive(Clone, Debug, Decode)]
pub struct AccountView {
    /// The account.
    pub account: Account,
    /// TAO its liquidity shares are worth, rao.
    pub liquidity_tao: u64,
    /// Alpha its liquidity shares are worth.
    pub liquidity_alpha: u64,
    /// Alpha its lenders' shares are worth.
    pub lent_alpha: u64,
}

/// A position and its health.
#[derive(Clone, Debug, Decode)]
pub struct PositionView {
    /// Id.
    pub id: u32,
    /// The position.
    pub position: Position,
    /// Its health.
    pub health: Health,
}

/// A page of positions.
#[derive(Clone, Debug, Decode)]
pub struct PositionPage {
    /// Open positions.
    pub positions: Vec<PositionView>,
    /// Where the next page starts.
    pub next: Option<u32>,
}

#[derive(Clone, Debug, Decode)]
struct DuePage {
    ids: Vec<u32>,
    next: Option<u32>,
}

/// Both ledger identities, as the contract sees them.
#[derive(Clone, Copy, Debug, Decode, PartialEq, Eq)]
pub struct CustodyView {
    /// Alpha owed.
    pub alpha_owed: u64,
    /// Stake owned.
    pub alpha_held: u64,
    /// TAO owed, rao.
    pub tao_owed: u64,
    /// TAO held beyond the existential deposit, rao.
    pub tao_held: u64,
}

/// An event of the market.
#[derive(Clone, Debug)]
pub enum Event {
    /// A swap.
    Traded,
    /// A short was opened.
    ShortOpened(u32),
    /// A short was liquidated.
    ShortLiquidated {
        /// By whom.
        by: [u8; 32],
        /// How.
        liquidated: Liquidated,
    },
    /// A short was repaid by its owner; 0 of scaled debt left when it is gone.
    ShortRepaid,
    /// A short was settled after the end.
    ShortSettled(SettledShort),
    /// Growth was booked.
    DividendsHarvested {
        /// Alpha.
        booked: u64,
        /// The caller's reward, rao.
        reward: u64,
    },
    /// The market was frozen.
    MarketFrozen,
    /// An account was paid after the end.
    ClaimPaid([u8; 32], u64),
    /// Anything else.
    Other,
}

/// A market at an address.
#[derive(Clone)]
pub struct MarketClient {
    /// Its address.
    pub address: [u8; 32],
    bundle: Arc<Bundle>,
}

/// Reads the market's bundle.
pub fn bundle() -> Result<Arc<Bundle>> {
    Ok(Arc::new(Bundle::load(&places::market_bundle()?)?))
}

impl MarketClient {
    /// A market of a bundle.
    pub fn new(address: [u8; 32], bundle: Arc<Bundle>) -> Self {
        Self { address, bundle }
    }

    /// A message with SCALE arguments and TAO.
    pub fn message(&self, name: &str, arguments: impl Encode, value: u64) -> Result<Call> {
        let mut data = self.bundle.message_selector(name)?.to_vec();
        arguments.encode_to(&mut data);
        Ok(Call {
            contract: self.address,
            value,
            data,
        })
    }

    /// The same as a transaction.
    pub fn call(&self, name: &str, arguments: impl Encode, value: u64) -> Result<Extrinsic> {
        let Call { contract, value, data } = self.message(name, arguments, value)?;
        let arguments = vec![
            Value::unnamed_variant("Id", [Value::from_bytes(contract)]),
            Value::u128(value.into()),
            gas(),
            Value::unnamed_variant("None", []),
            Value::from_bytes(data),
        ];
        Ok(Extrinsic::new("Contracts", "call", arguments))
    }

    /// A dry run, whatever its outcome.
    pub async fn dry_run(&self, chain: &Chain, origin: [u8; 32], call: &Call, at: &BlockId) -> Result<DryRun> {
        Ok(chain.connection.dry_run_call(&origin, call, at).await?)
    }

    /// A dry run that must succeed.
    pub async fn expect(
        &self,
        chain: &Chain,
        origin: [u8; 32],
        name: &str,
        arguments: impl Encode,
        value: u64,
        at: &BlockId,
    ) -> Result<DryRun> {
        let call = self.message(name, arguments, value)?;
        let run = self.dry_run(chain, origin, &call, at).await.context(name.to_owned())?;
        if run.reverted {
            bail!("{name} refused: {}", self.answer(name, &run.data)?);
        }
        Ok(run)
    }

    /// What a message answered, as text.
    pub fn answer(&self, name: &str, data: &[u8]) -> Result<String> {
        Ok(to_json(&self.bundle.decode_return(name, data)?).to_string())
    }

    async fn view<T: Decode>(&self, chain: &Chain, name: &str, arguments: impl Encode, at: &BlockId) -> Result<T> {
        let call = self.message(name, arguments, 0)?;
        let run = self
            .dry_run(chain, self.address, &call, at)
            .await
            .context(name.to_owned())?;
        // The outer result is ink's, the inner one the message's.
        match Result::<Result<T, ()>, ()>::decode(&mut run.data.as_slice()) {
            Ok(Ok(Ok(value))) => Ok(value),
            _ => bail!("{name} answered {}", self.answer(name, &run.data)?),
        }
    }

    /// The market's state.
    pub async fn state(&self, chain: &Chain, at: &BlockId) -> Result<MarketState> {
        self.view(chain, "market_state", (), at).await
    }

    /// Both ledger identities.
    pub async fn custody(&self, chain: &Chain, at: &BlockId) -> Result<CustodyView> {
        self.view(chain, "custody", (), at).await
    }

    /// An account.
    pub async fn account(&self, chain: &Chain, who: [u8; 32], at: &BlockId) -> Result<AccountView> {
        self.view(chain, "account", who, at).await
    }

    /// All positions that are open.
    pub async fn positions(&self, chain: &Chain, at: &BlockId) -> Result<Vec<PositionView>> {
        let mut all = Vec::new();
        let mut from = Some(0u32);
        while let Some(start) = from {
            let page: PositionPage = self.view(chain, "positions", (start, u32::MAX), at).await?;
            all.extend(page.positions);
            from = page.next;
        }
        Ok(all)
    }

    /// All positions that may be liquidated.
    pub async fn liquidatable(&self, chain: &Chain, at: &BlockId) -> Result<Vec<u32>> {
        let mut all = Vec::new();
        let mut from = Some(0u32);
        while let Some(start) = from {
            let page: DuePage = self.view(chain, "liquidatable", (start, u32::MAX), at).await?;
            all.extend(page.ids);
            from = page.next;
        }
        Ok(all)
    }

    /// The first hotkey.
    pub async fn hotkey(&self, chain: &Chain, at: &BlockId) -> Result<[u8; 32]> {
        let call = self.message("competition", (), 0)?;
        let run = self.dry_run(chain, self.address, &call, at).await?;
        // Infallible: only ink's own result around; scores and weights follow.
        match Result::<kernel::competition::Validators, ()>::decode(&mut run.data.as_slice()) {
            Ok(Ok(validators)) => Ok(validators.all.first().context("a market without a hotkey")?.hotkey),
            _ => bail!("competition answered {}", self.answer("competition", &run.data)?),
        }
    }

    /// An event of this market; `None` for those of other contracts.
    pub fn event(&self, emitted: &Emitted) -> Result<Option<Event>> {
        if emitted.contract != self.address {
            return Ok(None);
        }
        let Some(event) = self.bundle.decode_event(&emitted.topics, &emitted.data)? else {
            bail!("an event that the bundle does not know");
        };
        Ok(Some(known_event(&event, &emitted.data)?))
    }
}

fn known_event(event: &ContractEvent, mut data: &[u8]) -> Result<Event> {
    let input = &mut data;
    Ok(match event.name.as_str() {
        "Traded" => Event::Traded,
        "ShortOpened" => Event::ShortOpened(u32::try_from(number(&event.fields, "id").context("no id")?)?),
        "ShortLiquidated" => {
            let (by, liquidated) = Decode::decode(input)?;
            Event::ShortLiquidated { by, liquidated }
        }
        "ShortRepaid" => Event::ShortRepaid,
        "ShortSettled" => Event::ShortSettled(Decode::decode(input)?),
        "DividendsHarvested" => {
            let harvested = Harvested::decode(input)?;
            Event::DividendsHarvested {
                booked: harvested.booked,
                reward: harvested.reward,
            }
        }
        "MarketFrozen" => Event::MarketFrozen,
        "ClaimPaid" => {
            let (account, tao) = Decode::decode(input)?;
            Event::ClaimPaid(account, tao)
        }
        _ => Event::Other,
    })
}

/// Uploads the bundle's code and creates a market, as one transaction.
pub fn instantiate(bundle: &Bundle, netuid: u16, parties: Parties) -> Result<Extrinsic> {
    Ok(instantiate_with(bundle, &instantiation(bundle, netuid, parties)?))
}

/// Uploads a bundle's code and creates a contract of it, as one transaction.
pub fn instantiate_with(bundle: &Bundle, new: &keeper_chain::Instantiation) -> Extrinsic {
    let arguments = vec![
        Value::u128(new.value.into()),
        gas(),
        Value::unnamed_variant("None", []),
        Value::from_bytes(bundle.wasm()),
        Value::from_bytes(&new.data),
        Value::from_bytes(&new.salt),
    ];
    Extrinsic::new("Contracts", "instantiate_with_code", arguments)
}

/// Uploads a bundle's code.
pub fn upload(bundle: &Bundle) -> Extrinsic {
    let arguments = vec![
        Value::from_bytes(bundle.wasm()),
        Value::unnamed_variant("None", []),
        Value::unnamed_variant("Enforced", []),
    ];
    Extrinsic::new("Contracts", "upload_code", arguments)
}

/// Where [`instantiate`] puts the market.
pub fn instantiated_address(bundle: &Bundle, deployer: &Actor, netuid: u16, parties: Parties) -> Result<[u8; 32]> {
    let new = instantiation(bundle, netuid, parties)?;
    Ok(keeper_chain::contracts::contract_address(&deployer.id, &new))
}

/// Hotkey, authority, sink and emission of a market.
pub type Parties = [[u8; 32]; 4];

fn instantiation(bundle: &Bundle, netuid: u16, parties: Parties) -> Result<keeper_chain::Instantiation> {
    let parties = parties.map(|id| format!("0x{}", hex::encode(id)));
    let arguments: Vec<String> = std::iter::once(netuid.to_string()).chain(parties).collect();
    Ok(keeper_chain::Instantiation {
        value: 0,
        code_hash: bundle.code_hash(),
        data: bundle.encode_constructor("new", &arguments)?,
        salt: netuid.to_le_bytes().to_vec(),
    })
}

fn gas() -> Value {
    Value::named_composite([
        ("ref_time", Value::u128(GAS.into())),
        // Subtensor does not limit it.
        ("proof_size", Value::u128(1 << 32)),
    ])
}
