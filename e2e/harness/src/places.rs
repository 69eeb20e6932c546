//! Where the programs and bundles are that the commands hand over.

use anyhow::{bail, Context, Result};
use keeper_chain::suite::Part;
use std::path::PathBuf;

/// The node's binary.
pub fn node() -> Result<PathBuf> {
    from_environment("AUTONOMY_NODE")
}

/// The keeper's binary.
pub fn keeper() -> Result<PathBuf> {
    from_environment("AUTONOMY_KEEPER")
}

/// The market's bundle.
pub fn market_bundle() -> Result<PathBuf> {
    bundle(Part::Market)
}

/// The bundle of a part of the suite.
pub fn bundle(part: Part) -> Result<PathBuf> {
    let path = bundles()?.join(part.file());
    if !path.is_file() {
        bail!("there is no {}: run `make contracts`", path.display());
    }
    Ok(path)
}

/// The folder of all bundles.
pub fn bundles() -> Result<PathBuf> {
    from_environment("AUTONOMY_BUNDLES")
}

fn from_environment(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os(name).with_context(|| format!("{name} is not set: run this through make"))?;
    let path = PathBuf::from(path);
    if !path.exists() {
        bail!("{name} names {}, which does not exist", path.display());
    }
    Ok(path)
}
