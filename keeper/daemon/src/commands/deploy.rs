//! `keeper deploy`: code and markets, at addresses that are known beforehand, so that a second run finds them and changes
//! nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{bail, ensure, Context};
use keeper_chain::contracts::{address, contract_address, market_salt, parse_account};
use keeper_chain::value::{outcome, to_json};
use keeper_chain::{Action, BlockId, Bundle, Chain, ChainError, Instantiation, MarketContract, Signer};
use serde::Deserialize;
use serde_json::json;

use crate::cli::Deploy;
use crate::commands::submit::submit;
use crate::config::{ChainSection, Config, ConfigError, SignerSection};
use crate::deployments::{Deployed, Deployments};
use crate::setup::NO_ENDPOINT;

/// Gas allowed beyond what the dry run needed; what is not used is refunded.
const GAS_MARGIN_PERCENT: u64 = 20;
/// Deposit allowed beyond what the dry run needed, in percent.
const DEPOSIT_MARGIN_PERCENT: u64 = 10;
/// Blocks a deployment's transaction is valid for: 13 minutes on a chain of 12 s, 16 s on one of 250 ms.
const MORTALITY: u32 = 64;

/// What is to be deployed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    /// How the chain is reached, as in the keeper's configuration.
    #[serde(default)]
    chain: ChainSection,
    /// Who pays, as in the keeper's configuration.
    #[serde(default)]
    signer: SignerSection,
    /// The bundles.
    bundles: Bundles,
    /// The markets.
    #[serde(default)]
    market: Vec<MarketPlan>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundles {
    market: PathBuf,
}

/// One market.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketPlan {
    /// The subnet.
    netuid: u16,
    /// Its generation; read from the chain when absent.
    generation: Option<u64>,
    /// The validator that gets the market's stake.
    hotkey: String,
    /// Who may set bounded parameters.
    authority: String,
    /// Where protocol income goes.
    sink: String,
    /// TAO sent along, in rao.
    #[serde(default)]
    value_rao: u64,
}

/// What a run changed.
#[derive(Default)]
struct Changes {
    uploaded: usize,
    instantiated: usize,
    unchanged: usize,
    fees: u64,
}

struct Deployer {
    chain: Chain,
    signer: Signer,
    bundle: Arc<Bundle>,
    changes: Changes,
}

/// Deploys what is missing, verifies all of it, and writes the deployment file. Prints a summary as JSON.
///
/// # Errors
/// When anything on the chain is not what the plan says.
pub async fn deploy(args: &Deploy) -> anyhow::Result<()> {
    let plan = read(&args.config)?;
    let mut config = Config {
        chain: plan.chain,
        signer: plan.signer,
        ..Config::default()
    };
    args.overrides.apply(&mut config.chain.endpoints, &mut config.signer);
    if config.chain.endpoints.is_empty() {
        return Err(NO_ENDPOINT.into());
    }
    let chain = Chain::new(config.chain()?)?;
    let signer = config.signer.load().context("the deployer's key")?;
    let bundle = Arc::new(Bundle::load(&plan.bundles.market).map_err(ChainError::from)?);
    let genesis = chain.ask(async |connection| Ok(connection.genesis())).await?;
    let file = args.directory.join(format!("{}.json", args.network));
    let genesis = format!("0x{}", hex::encode(genesis));
    let before = Deployments::load_if_present(&file)?;
    if let Some(before) = &before {
        ensure!(
            before.genesis == genesis,
            "{} is about chain {}, but this is {genesis}: a network's name belongs to one chain",
            file.display(),
            before.genesis
        );
    }
    let mut after = before.clone().unwrap_or(Deployments {
        network: args.network.clone(),
        genesis,
        contracts: vec![],
    });

    let mut deployer = Deployer {
        chain,
        signer,
        bundle,
        changes: Changes::default(),
    };
    for market in &plan.market {
        let what = || format!("the market of netuid {}", market.netuid);
        let deployed = deployer.market(market, &after, args.replace).await.with_context(what)?;
        let same = |other: &Deployed| {
            other.kind == deployed.kind && (other.netuid, other.generation) == (deployed.netuid, deployed.generation)
        };
        after.contracts.retain(|other| !same(other));
        after.contracts.push(deployed);
        after
            .contracts
            .sort_by_key(|contract| (contract.kind.clone(), contract.netuid, contract.generation));
        // Written market by market: what was paid for is on record even if a later one fails.
        if before.as_ref() != Some(&after) {
            after.save(&file)?;
        }
    }
    let Changes {
        uploaded,
        instantiated,
        unchanged,
        fees,
    } = deployer.changes;
    let summary = json!({
        "network": args.network,
        "file": file,
        "uploaded": uploaded,
        "instantiated": instantiated,
        "unchanged": unchanged,
        "transactions": uploaded.saturating_add(instantiated),
        "fees_rao": fees,
        "contracts": after.contracts,
    });
    super::print(&summary)
}

fn read(path: &Path) -> Result<Plan, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|source| ConfigError::Malformed {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

impl Deployer {
    async fn best(&self) -> Result<BlockId, ChainError> {
        self.chain.ask(async |connection| connection.best().await).await
    }

    async fn market(&mut self, plan: &MarketPlan, known: &Deployments, replace: bool) -> anyhow::Result<Deployed> {
        let generation = self.generation(plan).await?;
        let new = self.instantiation(plan, generation)?;
        let place = contract_address(&self.signer.account(), &new);
        let entry = known
            .markets()
            .find(|m| (m.netuid, m.generation) == (plan.netuid, generation));
        if let Some(entry) = entry.filter(|entry| entry.address != address(&place) && !replace) {
            bail!(
                "generation {generation} already has a market at {}, from other code, arguments or another deployer; \
                 --replace deploys a second one",
                entry.address
            );
        }
        let recorded = entry
            .filter(|entry| entry.address == address(&place))
            .and_then(|entry| entry.block);
        let best = self.best().await?;
        let there = self
            .chain
            .ask(async |connection| connection.contract_code(&place, &best).await)
            .await?;
        let block = if there.is_some() {
            self.changes.unchanged = self.changes.unchanged.saturating_add(1);
            recorded
        } else {
            self.upload_if_missing().await?;
            Some(self.instantiate(&new, &place).await?)
        };
        self.verify(&place, plan, generation).await?;
        Ok(Deployed {
            kind: "market".into(),
            netuid: plan.netuid,
            generation,
            address: address(&place),
            code_hash: format!("0x{}", hex::encode(new.code_hash)),
            salt: format!("0x{}", hex::encode(&new.salt)),
            deployer: address(&self.signer.account()),
            block,
        })
    }

    async fn generation(&self, plan: &MarketPlan) -> anyhow::Result<u64> {
        let best = self.best().await?;
        let netuid = plan.netuid;
        let found = self
            .chain
            .ask(async |connection| connection.generation(netuid, &best).await)
            .await?;
        match (found, plan.generation) {
            (Some(found), Some(planned)) => {
                ensure!(
                    found == planned,
                    "the subnet is in generation {found}, the plan says {planned}"
                );
                Ok(found)
            }
            (Some(only), None) | (None, Some(only)) => Ok(only),
            (None, None) => bail!("this chain does not tell the subnet's generation: set it in the plan"),
        }
    }

    fn instantiation(&self, plan: &MarketPlan, generation: u64) -> anyhow::Result<Instantiation> {
        let account = |what: &'static str, text: &str| {
            parse_account(text)
                .map(|account| format!("0x{}", hex::encode(account)))
                .context(what)
        };
        let arguments = [
            plan.netuid.to_string(),
            account("hotkey", &plan.hotkey)?,
            account("authority", &plan.authority)?,
            account("sink", &plan.sink)?,
        ];
        Ok(Instantiation {
            value: plan.value_rao,
            code_hash: self.bundle.code_hash(),
            data: self
                .bundle
                .encode_constructor("new", &arguments)
                .map_err(ChainError::from)?,
            salt: market_salt(plan.netuid, generation),
        })
    }

    async fn upload_if_missing(&mut self) -> anyhow::Result<()> {
        let best = self.best().await?;
        let hash = self.bundle.code_hash();
        if self
            .chain
            .ask(async |connection| connection.code_exists(&hash, &best).await)
            .await?
        {
            return Ok(());
        }
        let account = self.signer.account();
        let wasm = self.bundle.wasm().to_vec();
        let deposit = self
            .chain
            .ask(async |connection| connection.dry_run_upload(&account, &wasm, &best).await)
            .await?;
        let action = Action::Upload {
            wasm,
            deposit_limit: with_margin(deposit),
        };
        let included = submit(&self.chain, &self.signer, &action, MORTALITY)
            .await
            .context("uploading the code")?;
        tracing::info!(
            code = hex::encode(hash),
            block = included.block.number,
            deposit,
            "uploaded"
        );
        let block = included.block;
        let stored = self
            .chain
            .ask(async |connection| connection.code_exists(&hash, &block).await)
            .await?;
        ensure!(
            stored,
            "the chain stored the code under another hash than 0x{}",
            hex::encode(hash)
        );
        self.changes.uploaded = self.changes.uploaded.saturating_add(1);
        self.changes.fees = self.changes.fees.saturating_add(included.fate.fee);
        Ok(())
    }

    /// Instantiates, and returns the block.
    async fn instantiate(&mut self, new: &Instantiation, place: &[u8; 32]) -> anyhow::Result<u32> {
        let best = self.best().await?;
        let account = self.signer.account();
        let (run, rehearsed) = self
            .chain
            .ask(async |connection| connection.dry_run_instantiate(&account, new, &best).await)
            .await?;
        if let Err(refusal) = outcome(
            self.bundle
                .decode_constructor_return("new", &run.data)
                .map_err(ChainError::from)?,
        ) {
            let name = keeper_chain::value::innermost_variant(&refusal).unwrap_or_default();
            let error = keeper_chain::ContractRefusal {
                text: to_json(&refusal).to_string(),
                name,
            };
            return Err(ChainError::Contract { error }.into());
        }
        ensure!(
            rehearsed == *place,
            "this chain would create the contract at {}, not at {}: it derives addresses in another way",
            address(&rehearsed),
            address(place)
        );
        let gas = run.required.plus_percent(GAS_MARGIN_PERCENT);
        let action = Action::Instantiate {
            new: new.clone(),
            gas,
            deposit_limit: with_margin(run.deposit),
        };
        let included = submit(&self.chain, &self.signer, &action, MORTALITY)
            .await
            .context("instantiating")?;
        tracing::info!(
            address = address(place),
            block = included.block.number,
            deposit = run.deposit,
            "instantiated"
        );
        self.changes.instantiated = self.changes.instantiated.saturating_add(1);
        self.changes.fees = self.changes.fees.saturating_add(included.fate.fee);
        Ok(included.block.number)
    }

    /// Reads the contract back and compares it with the plan.
    async fn verify(&self, place: &[u8; 32], plan: &MarketPlan, generation: u64) -> anyhow::Result<()> {
        let contract = MarketContract::new(*place, self.bundle.clone()).map_err(ChainError::from)?;
        let best = self.best().await?;
        let (code, state) = self
            .chain
            .ask(async |connection| {
                let code = connection.contract_code(place, &best).await?;
                Ok((code, contract.state(&connection, &best).await?))
            })
            .await?;
        let place = address(place);
        ensure!(
            code == Some(self.bundle.code_hash()),
            "{place} does not run the bundle's code"
        );
        ensure!(
            state.netuid == plan.netuid,
            "{place} is about netuid {}, not {}",
            state.netuid,
            plan.netuid
        );
        ensure!(
            state.generation == generation,
            "{place} is about generation {}, not {generation}",
            state.generation
        );
        ensure!(
            state.authority == parse_account(&plan.authority)?,
            "{place} has another authority"
        );
        ensure!(state.sink == parse_account(&plan.sink)?, "{place} has another sink");
        Ok(())
    }
}

fn with_margin(deposit: u64) -> u64 {
    deposit.saturating_add(deposit / 100 * DEPOSIT_MARGIN_PERCENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_valid_plan() {
        let plan: Plan = toml::from_str(include_str!("../../../deploy.example.toml")).unwrap();
        assert_eq!(plan.market.len(), 2);
        assert_eq!(plan.market[0].generation, None);
    }
}
