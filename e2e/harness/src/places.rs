//! Where the programs and bundles are that the commands hand over.

use anyhow::{bail, Context, Result};
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
    let path = from_environment("AUTONOMY_BUNDLES")?.join("market.contract");
    if !path.is_file() {
        bail!("there is no {}: run `make contracts`", path.display());
    }
    Ok(path)
}

fn from_environment(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os(name).with_context(|| format!("{name} is not set: run this through make"))?;
    let path = PathBuf::from(path);
    if !path.exists() {
        bail!("{name} names {}, which does not exist", path.display());
    }
    Ok(path)
}
