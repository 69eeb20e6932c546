//! `keeper audit`: who can still do what until when, and whether the chain agrees.
//!
//! Everything is found from the registry's address alone, at one block.

mod compare;
mod facts;
mod show;

use keeper_chain::contracts::parse_account;
use keeper_chain::suite::Bundles;
use keeper_chain::{Bundle, Chain, ChainError};

use anyhow::Context;
use std::sync::Arc;

use crate::cli;
use crate::config::{Config, ConfigError};
use crate::deployments::Deployments;
use crate::exit::AuditFailed;
use crate::setup::NO_ENDPOINT;

pub use compare::Check;
pub use facts::{gather, Found, Known};

/// Audits a suite and prints what it found.
///
/// # Errors
/// [`AuditFailed`] when anything does not match; the chain's errors when it cannot be read.
pub async fn audit(args: &cli::Audit) -> anyhow::Result<()> {
    let mut config = match &args.config {
        Some(path) => Config::load(path)?,
        None => Config::default(),
    };
    args.overrides.apply(&mut config.chain.endpoints, &mut config.signer);
    if config.chain.endpoints.is_empty() {
        return Err(NO_ENDPOINT.into());
    }
    let registry = registry(args)?;
    let mut known = Known::new(Bundles::from_folder(&args.bundles).map_err(ChainError::from)?);
    for path in &args.market_bundles {
        known
            .markets
            .push(Arc::new(Bundle::load(path).map_err(ChainError::from)?));
    }
    let chain = Chain::new(config.chain()?)?;
    let found = gather(&chain, &known, registry).await?;
    let checks = match &found {
        Found::Suite(facts) => facts.compare(),
        Found::Stranger(stranger) => vec![Check::failed("code", stranger.to_string())],
    };
    if args.json {
        super::print(&show::json(&registry, &found, &checks))?;
    } else {
        super::say(&show::table(&registry, &found, &checks))?;
    }
    match checks.iter().filter(|check| !check.matches).count() {
        0 => Ok(()),
        mismatches => Err(AuditFailed {
            mismatches,
            comparisons: checks.len(),
        }
        .into()),
    }
}

/// The registry that the command line or the deployment file names.
fn registry(args: &cli::Audit) -> anyhow::Result<[u8; 32]> {
    if let Some(text) = &args.registry {
        return parse_account(text).context("--registry");
    }
    let file = args.deployments.as_deref().ok_or(ConfigError::Missing {
        what: "a registry",
        how: "give --registry or --deployments",
    })?;
    let deployments = Deployments::load(file)?;
    let mut registries = deployments.registries();
    match (registries.next(), registries.next()) {
        (Some(only), None) => parse_account(&only.address).context("the registry of the deployment file"),
        (None, _) => anyhow::bail!("{} names no registry", file.display()),
        _ => anyhow::bail!("{} names several registries: give --registry", file.display()),
    }
}
