//! What messages cost on the chain's schedule, and the keeper's decisions.

mod emission;
mod governance;
mod keeper;
mod measure;
mod populate;
mod report;

use anyhow::{bail, Context, Result};
use clap::Args;
use codec::Encode;
use harness::{Actor, Chain, MarketClient as Client};
use keeper_chain::suite::{Bundles, Part};
use keeper_chain::Instantiation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How to compare.
#[derive(Args)]
pub struct Arguments {
    /// Write the measured figures over the committed snapshot.
    #[arg(long)]
    pub update: bool,
    /// Fail when a figure is worse than the snapshot.
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
    /// The part of it that every message pays.
    #[serde(default)]
    pub overhead: Overhead,
}

/// What every message pays, picoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overhead {
    /// Loading the code and finding the message.
    pub enter: u64,
    /// Reading the market's state.
    pub load: u64,
    /// Asking whether the subnet's generation is alive; the chain charges nothing for it at present.
    pub alive: u64,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// By contract.
    pub contracts: BTreeMap<String, Contract>,
}

/// Where the figures go.
const OUTPUT: &str = "target/bench";
/// The committed figures.
const SNAPSHOT: &str = "e2e/bench";

/// Measures, writes `target/bench`, and compares with the snapshot. A worse figure is shown but fails only when asked to:
/// whoever changes a cost on purpose commits the new snapshot, and its diff is what a review sees.
pub async fn run(arguments: &Arguments) -> Result<()> {
    let (output, snapshot) = (Path::new(OUTPUT), Path::new(SNAPSHOT));
    let mut weights = Weights::default();
    weights.contracts.insert("market".to_owned(), measure::market().await?);
    weights.contracts.extend(governance::measure().await?);
    weights
        .contracts
        .insert("emission".to_owned(), emission::measure().await?);
    write(&output.join("weights.json"), &weights)?;
    let decisions = keeper::measure(&output.join("keeper.json")).await?;
    let before: Option<Weights> = read(&snapshot.join("weights.json"))?;
    let worse = report::compare(&weights, &before.unwrap_or_default());
    keeper::compare(&decisions, read(&snapshot.join("keeper.json"))?.as_ref());
    if arguments.update {
        write(&snapshot.join("weights.json"), &weights)?;
        write(&snapshot.join("keeper.json"), &decisions)?;
        println!("\nthe snapshot in {SNAPSHOT} was updated");
        return Ok(());
    }
    println!("\n{worse} figures worse than the snapshot; `scripts/host.sh bench --update` accepts what was measured");
    if arguments.strict && worse > 0 {
        bail!("{worse} figures are worse than the snapshot");
    }
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match std::fs::read(path) {
        Ok(text) => {
            Ok(Some(serde_json::from_slice(&text).with_context(|| {
                format!("{} is not what it should be", path.display())
            })?))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let text = serde_json::to_string_pretty(value)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Instantiates a part of the suite.
async fn create(
    chain: &Chain,
    root: &Actor,
    bundles: &Bundles,
    part: Part,
    arguments: impl Encode,
    value: u64,
) -> Result<Client> {
    let bundle = bundles.of(part);
    let new = Instantiation {
        value,
        code_hash: bundle.code_hash(),
        data: bundle.constructor_data("new", arguments)?,
        salt: part.name().as_bytes().to_vec(),
    };
    let address = keeper_chain::contracts::contract_address(&root.id, &new);
    chain
        .run_sealed(&[(harness::market::instantiate_with(bundle, &new), root)])
        .await?;
    Ok(Client::new(address, bundle.clone()))
}
