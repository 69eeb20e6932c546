//! What every message of the market costs on the chain's schedule, and the keeper's decisions.

mod measure;
mod populate;

use anyhow::{Context, Result};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How to compare.
#[derive(Args)]
pub struct Arguments {
    /// Write the measured figures over the committed snapshot.
    #[arg(long)]
    pub update: bool,
    /// Fail when a figure is worse than the snapshot by more than the tolerance.
    #[arg(long)]
    pub strict: bool,
}

/// What one message costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// `gas_consumed`, picoseconds.
    pub ref_time: u64,
    /// Bytes.
    pub proof_size: u64,
    /// Storage deposit, rao: negative when some is refunded.
    pub deposit: i64,
}

/// A contract's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Size of its code.
    pub wasm_bytes: u64,
    /// Cost by message.
    pub messages: BTreeMap<String, Cost>,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// By contract.
    pub contracts: BTreeMap<String, Contract>,
}

/// Measures, writes `target/bench`, and compares.
pub async fn run(_arguments: &Arguments) -> Result<()> {
    let weights = Weights {
        contracts: [("market".to_owned(), measure::market().await?)].into(),
    };
    write(Path::new("target/bench/weights.json"), &weights)?;
    Ok(())
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let text = serde_json::to_string_pretty(value)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
