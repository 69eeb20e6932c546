//! From the command line and the configuration to what a command works with.

use std::sync::Arc;

use anyhow::Context;
use keeper_chain::contracts::parse_account;
use keeper_chain::emission::check_emission;
use keeper_chain::governance::{check_dao, check_handover};
use keeper_chain::suite::Part;
use keeper_chain::{Bundle, Chain, ChainError, Contract, MarketContract, Signer};

use crate::cli::{Common, Overrides};
use crate::config::{Config, ConfigError, SignerSection};
use crate::deployments::Deployments;
use crate::engine::{Suite, Target, Targets};

/// The environment variable that may hold the secret URI.
const KEY_VARIABLE: &str = "KEEPER_KEY";

/// Reads the configuration and lets the command line and the environment override it.
///
/// # Errors
/// As [`Config::load`]; [`ConfigError::Missing`] without endpoints.
pub fn configuration(common: &Common) -> Result<Config, ConfigError> {
    let mut config = Config::load(&common.config)?;
    common.overrides.apply(&mut config.chain.endpoints, &mut config.signer);
    if config.chain.endpoints.is_empty() {
        return Err(NO_ENDPOINT);
    }
    Ok(config)
}

/// What is said when no endpoint is known.
pub const NO_ENDPOINT: ConfigError = ConfigError::Missing {
    what: "an endpoint",
    how: "set chain.endpoints in the configuration, KEEPER_ENDPOINTS in the environment, or --endpoint",
};

impl Overrides {
    /// Replaces what the file says by what the command line or the environment says.
    pub fn apply(&self, endpoints: &mut Vec<String>, signer: &mut SignerSection) {
        if !self.endpoints.is_empty() {
            endpoints.clone_from(&self.endpoints);
        }
        if let Some(file) = &self.key_file {
            signer.key_file = Some(file.clone());
        } else if std::env::var_os(KEY_VARIABLE).is_some() {
            *signer = SignerSection {
                key_file: None,
                key_env: Some(KEY_VARIABLE.to_owned()),
            };
        }
    }
}

/// The chain of a configuration, not connected yet.
///
/// # Errors
/// [`ConfigError`], [`ChainError::NoEndpoint`].
pub fn chain(config: &Config) -> anyhow::Result<Arc<Chain>> {
    Ok(Arc::new(Chain::new(config.chain()?)?))
}

/// The signer of a configuration.
///
/// # Errors
/// As [`SignerSection::load`].
pub fn signer(config: &Config) -> anyhow::Result<Signer> {
    config.signer.load().context("the signing key")
}

/// The markets of a configuration, and what governs them.
///
/// # Errors
/// When a bundle or the deployments cannot be used, or there are neither markets nor a registry.
pub fn targets(config: &Config) -> anyhow::Result<Targets> {
    let bundle = Arc::new(Bundle::load(&config.markets.bundle).map_err(ChainError::from)?);
    let mut addresses: Vec<([u8; 32], Option<u32>)> = Vec::new();
    let mut suite = None;
    if let Some(path) = &config.markets.deployments {
        let deployments = Deployments::load(path)?;
        for market in deployments.markets() {
            addresses.push((parse_account(&market.address)?, market.block));
        }
        suite = governance(config, &deployments, &bundle)?;
    }
    for address in &config.markets.addresses {
        addresses.push((parse_account(address)?, None));
    }
    if addresses.is_empty() && suite.as_ref().is_none_or(|suite| suite.registry.is_none()) {
        let how = "set markets.deployments or markets.addresses";
        return Err(ConfigError::Missing { what: "a market", how }.into());
    }
    let target = |(address, deployed)| {
        let contract = MarketContract::new(address, bundle.clone()).map_err(ChainError::from)?;
        Ok(Target { contract, deployed })
    };
    let markets = addresses.into_iter().map(target).collect::<anyhow::Result<_>>()?;
    Ok(Targets { markets, suite })
}

/// What governs the markets; `None` when nothing of the kind is deployed.
fn governance(
    config: &Config,
    deployments: &Deployments,
    market_bundle: &Arc<Bundle>,
) -> anyhow::Result<Option<Suite>> {
    let kinds = Part::SINGLE.map(Part::name);
    if !deployments
        .contracts
        .iter()
        .any(|contract| kinds.contains(&contract.kind.as_str()))
    {
        return Ok(None);
    }
    let load = |path| Bundle::load(path).map(Arc::new).map_err(ChainError::from);
    let section = &config.governance;
    let dao_bundle = load(&section.conviction)?;
    let handover_bundle = load(&section.handover)?;
    check_dao(&dao_bundle).map_err(ChainError::from)?;
    check_handover(&handover_bundle).map_err(ChainError::from)?;
    let of = |part: Part, bundle: &Arc<Bundle>| {
        let deployed = deployments
            .contracts
            .iter()
            .filter(move |found| found.kind == part.name());
        deployed
            .map(|found| Ok(Contract::new(parse_account(&found.address)?, bundle.clone())))
            .collect::<anyhow::Result<Vec<Contract>>>()
    };
    let only = |part: Part, bundle: &Arc<Bundle>| {
        let mut found = of(part, bundle)?;
        let name = part.name();
        anyhow::ensure!(
            found.len() <= 1,
            "more than one {name} is deployed: a keeper serves one"
        );
        Ok(found.pop())
    };
    // Deployments from before there was emission need no bundle of it.
    let name = Part::Emission.name();
    let emission = if deployments.contracts.iter().any(|found| found.kind == name) {
        let bundle = load(&section.emission)?;
        check_emission(&bundle).map_err(ChainError::from)?;
        only(Part::Emission, &bundle)?
    } else {
        None
    };
    Ok(Some(Suite {
        emission,
        daos: of(Part::Dao, &dao_bundle)?,
        handover: only(Part::Handover, &handover_bundle)?,
        registry: only(Part::Registry, &load(&section.registry)?)?,
        dao_bundle,
        market_bundle: market_bundle.clone(),
    }))
}
