//! The suite end to end on a development node.

mod bench;
mod demo;
mod devnet;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs the suite on a development node. `make` sets the environment that says where programs and bundles are.
#[derive(Parser)]
#[command(name = "autonomy-scenario", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The node with the suite deployed, until stopped.
    Devnet(devnet::Arguments),
    /// The main job from end to end; writes target/demo/summary.json.
    Demo(demo::Arguments),
    /// What every message of the market costs, and the keeper's decisions.
    Bench(bench::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Devnet(arguments) => devnet::run(&arguments).await,
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Bench(arguments) => bench::run(&arguments).await,
    }
}
