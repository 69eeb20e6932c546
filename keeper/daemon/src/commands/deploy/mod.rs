//! `keeper deploy`: code, the suite and markets, at addresses that are known beforehand, so that a second run finds them and
//! changes nothing, and an interrupted one is continued.

mod deployer;
mod market;
mod plan;
mod rules;
mod suite;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{ensure, Context};
use keeper_chain::{Bundle, Chain, ChainError};
use serde_json::json;

use crate::cli::Deploy;
use crate::config::Config;
use crate::deployments::{Deployed, Deployments};
use crate::setup::NO_ENDPOINT;
use deployer::{Changes, Deployer};
use plan::Plan;

/// What is known to be deployed, and the file that says so.
struct Record {
    file: PathBuf,
    saved: Option<Deployments>,
    known: Deployments,
}

impl Record {
    /// Takes a contract in. What was paid for is on record even if a later step fails.
    fn put(&mut self, deployed: Deployed) -> anyhow::Result<()> {
        self.known.put(deployed);
        self.save()
    }

    fn save(&mut self) -> anyhow::Result<()> {
        if self.saved.as_ref() != Some(&self.known) {
            self.known.save(&self.file)?;
            self.saved = Some(self.known.clone());
        }
        Ok(())
    }
}

/// Deploys what is missing, verifies all of it, and writes the deployment file. Prints a summary as JSON.
///
/// # Errors
/// When anything on the chain is not what the plan says, or the deployer of a suite has any power left.
pub async fn deploy(args: &Deploy) -> anyhow::Result<()> {
    let plan = Plan::read(&args.config)?;
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
    let bundles = plan.suite.as_ref().map(|_| plan.bundles.suite()).transpose()?;
    let market_bundle = match &bundles {
        Some(bundles) => bundles.market.clone(),
        None => Arc::new(Bundle::load(&plan.bundles.market).map_err(ChainError::from)?),
    };
    let genesis = chain.ask(async |connection| Ok(connection.genesis())).await?;
    let mut record = record(args, &format!("0x{}", hex::encode(genesis)))?;
    let mut deployer = Deployer {
        chain,
        signer,
        replace: args.replace,
        changes: Changes::default(),
    };

    let suite = match (&plan.suite, bundles) {
        (Some(plan), Some(bundles)) => {
            let suite = suite::deploy(&mut deployer, plan, bundles, &mut record).await;
            Some((plan, suite.context("the suite")?))
        }
        _ => None,
    };
    for market in &plan.market {
        let what = || format!("the market of netuid {}", market.netuid);
        match (&market.authority, &market.sink, &suite) {
            (Some(authority), Some(sink), _) => {
                let emission = market.emission.as_deref();
                let parties = market::Parties {
                    authority,
                    sink,
                    emission,
                };
                market::deploy(&mut deployer, &market_bundle, market, parties, &mut record).await
            }
            (_, _, Some((_, suite))) => suite.create_market(&mut deployer, market, &mut record).await,
            _ => Err(anyhow::anyhow!("it has neither parties nor a registry")),
        }
        .with_context(what)?;
    }
    let suite = match suite {
        Some((plan, suite)) => {
            let outcome = suite.confirm(&deployer, plan).await;
            Some(outcome.context("the suite is deployed, but not as it should be")?)
        }
        None => None,
    };

    let Changes {
        uploaded,
        instantiated,
        called,
        unchanged,
        fees,
    } = deployer.changes;
    let mut summary = json!({
        "network": args.network,
        "file": record.file,
        "uploaded": uploaded,
        "instantiated": instantiated,
        "called": called,
        "unchanged": unchanged,
        "transactions": uploaded.saturating_add(instantiated).saturating_add(called),
        "fees_rao": fees,
        "contracts": record.known.contracts,
    });
    if let (Some(summary), Some(suite)) = (summary.as_object_mut(), suite) {
        summary.insert("suite".into(), suite);
    }
    super::print(&summary)
}

/// The record of a network, which belongs to one chain for ever.
fn record(args: &Deploy, genesis: &str) -> anyhow::Result<Record> {
    let file = args.directory.join(format!("{}.json", args.network));
    let saved = Deployments::load_if_present(&file)?;
    if let Some(saved) = &saved {
        ensure!(
            saved.genesis == genesis,
            "{} is about chain {}, but this is {genesis}: a network's name belongs to one chain",
            file.display(),
            saved.genesis
        );
    }
    let known = saved.clone().unwrap_or(Deployments {
        network: args.network.clone(),
        genesis: genesis.to_owned(),
        suite: None,
        contracts: vec![],
    });
    Ok(Record { file, saved, known })
}
