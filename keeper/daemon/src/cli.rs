//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit;
use crate::logging::Format;

/// Pokes, liquidates, harvests and settles markets, and does an operator's work on the chain.
#[derive(Debug, Parser)]
#[command(version, after_help = exit::HELP)]
pub struct Cli {
    /// How log lines look; they go to standard error.
    #[arg(long, global = true, env = "KEEPER_LOG_FORMAT", default_value = "text")]
    pub log_format: Format,
    /// What is logged, for example `info` or `keeper=debug`.
    #[arg(long, global = true, env = "KEEPER_LOG", default_value = "info")]
    pub log: String,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep the markets until stopped.
    Run(Common),
    /// Do what is due now, wait until it is included, and stop.
    Once(Common),
    /// Show a running keeper's state, or the stored one.
    Status(Status),
    /// Check configuration, key, endpoints, store and markets.
    Check(Common),
    /// Deploy the suite and markets. A second time changes nothing.
    Deploy(Deploy),
    /// Show who can still do what until when, and compare the chain with what the suite says of itself.
    Audit(Audit),
    /// Send a message to a contract: a dry run, unless told to execute it.
    Call(Call),
    /// Measure decisions and memory with many positions.
    Bench(Bench),
}

/// Where the configuration and the chain are.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Configuration file.
    #[arg(long, env = "KEEPER_CONFIG", default_value = "keeper.toml")]
    pub config: PathBuf,
    #[command(flatten)]
    pub overrides: Overrides,
}

/// What overrides the configuration file.
#[derive(Clone, Debug, Default, Args)]
pub struct Overrides {
    /// WebSocket addresses, the preferred one first.
    #[arg(long = "endpoint", env = "KEEPER_ENDPOINTS", value_delimiter = ',')]
    pub endpoints: Vec<String>,
    /// File whose first line is the secret URI. The secret itself may be in the environment variable KEEPER_KEY.
    #[arg(long, env = "KEEPER_KEY_FILE")]
    pub key_file: Option<PathBuf>,
}

/// `keeper status`.
#[derive(Clone, Debug, Args)]
pub struct Status {
    /// Print text for people instead of JSON.
    #[arg(long)]
    pub text: bool,
    #[command(flatten)]
    pub common: Common,
}

/// `keeper deploy`.
#[derive(Clone, Debug, Args)]
pub struct Deploy {
    /// Name of the network: the deployment is written to `<directory>/<network>.json`.
    #[arg(long)]
    pub network: String,
    /// What to deploy.
    #[arg(long, default_value = "deploy.toml")]
    pub config: PathBuf,
    /// Directory of deployment files.
    #[arg(long, default_value = "deployments")]
    pub directory: PathBuf,
    /// Deploy other code for a generation that has a market already: the old one stays where it is, only its entry goes.
    #[arg(long)]
    pub replace: bool,
    #[command(flatten)]
    pub overrides: Overrides,
}

/// `keeper audit`.
#[derive(Clone, Debug, Args)]
#[group(id = "suite", required = true, multiple = false, args = ["registry", "deployments"])]
pub struct Audit {
    /// The registry's address: everything else is found from it.
    #[arg(long)]
    pub registry: Option<String>,
    /// A deployment file that names the registry.
    #[arg(long)]
    pub deployments: Option<PathBuf>,
    /// Folder of the bundles the contracts are compared with.
    #[arg(long, default_value = "target/ink")]
    pub bundles: PathBuf,
    /// Further bundles of markets, whose code was or will be pinned.
    #[arg(long = "market-bundle")]
    pub market_bundles: Vec<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Configuration file, for endpoints.
    #[arg(long, env = "KEEPER_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub overrides: Overrides,
}

/// `keeper call`.
#[derive(Clone, Debug, Args)]
pub struct Call {
    /// The contract's bundle.
    #[arg(long)]
    pub bundle: PathBuf,
    /// The contract's address.
    #[arg(long)]
    pub contract: String,
    /// The message.
    pub message: String,
    /// Its arguments, for example: 5, true, [1, 2], Tao, "Some (7)", "{ field: 1 }", 0x…, an SS58 address.
    #[arg(allow_negative_numbers = true)]
    pub arguments: Vec<String>,
    /// TAO to send along, in rao.
    #[arg(long, default_value_t = 0)]
    pub value: u64,
    /// Send it, and wait until it is included. Without this it is only dry run.
    #[arg(long)]
    pub execute: bool,
    /// Account on whose behalf a dry run is made, when there is no key.
    #[arg(long, conflicts_with = "execute")]
    pub origin: Option<String>,
    /// Blocks the transaction is valid for: a power of two.
    #[arg(long, default_value_t = 64)]
    pub mortality: u32,
    /// Configuration file, for endpoints and key.
    #[arg(long, env = "KEEPER_CONFIG")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub overrides: Overrides,
}

/// `keeper bench`.
#[derive(Clone, Debug, Args)]
pub struct Bench {
    /// Where to write the figures.
    #[arg(long, default_value = "target/bench/keeper.json")]
    pub out: PathBuf,
    /// Blocks measured per size.
    #[arg(long, default_value_t = 200)]
    pub blocks: u32,
}
