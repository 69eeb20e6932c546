//! The development network: a node with the suite deployed, until stopped.

use anyhow::{Context, Result};
use clap::Args;
use harness::stage::{fresh_folder, Plan, Stage, SubnetPlan};
use harness::Sealing;
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{signal, SignalKind};

/// How the network is run.
#[derive(Args)]
pub struct Arguments {
    /// Port of the node; 0 chooses a free one.
    #[arg(long, default_value_t = 9944)]
    pub port: u16,
    /// Milliseconds between two blocks; the chain has 12,000.
    #[arg(long, default_value_t = 1_000)]
    pub block_ms: u64,
    /// Blocks between two epochs; the chain has 360.
    #[arg(long, default_value_t = 60)]
    pub tempo: u16,
}

/// Accounts with stake and ledger alpha in every market.
const TRADERS: u32 = 10;
/// Pause between two looks at whether the node is still there.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until SIGINT or SIGTERM.
pub async fn run(arguments: &Arguments) -> Result<()> {
    let subnet = |netuid, price_e9, dividend| SubnetPlan {
        netuid,
        price_e9,
        dividend,
    };
    let plan = Plan {
        folder: fresh_folder(Path::new("target/devnet"))?,
        sealing: Sealing::Interval(arguments.block_ms.max(1)),
        port: arguments.port,
        persistent: false,
        traders: TRADERS,
        tempo: arguments.tempo,
        subnets: vec![
            subnet(1, 50_000_000, 100_000),
            subnet(2, 100_000_000, 150_000),
            subnet(3, 20_000_000, 200_000),
        ],
        suite: None,
    };
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be handled")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
    println!("starting a node, three subnets, and `keeper deploy` (a few blocks)");
    let mut stage = tokio::select! {
        stage = Stage::build(&plan) => stage?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    describe(&stage, arguments);
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = looks.tick() => stage.node.expect_running()?,
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
        }
    }
    println!("stopping");
    stage.node.terminate().await?;
    Ok(())
}

fn describe(stage: &Stage, arguments: &Arguments) {
    println!();
    println!(
        "endpoint     {} (a block every {} ms, an epoch every {} blocks)",
        stage.node.url(),
        arguments.block_ms,
        arguments.tempo
    );
    for market in &stage.markets {
        println!(
            "market sn{}   {}  price {:.4} TAO, validator {}",
            market.plan.netuid,
            keeper_chain::contracts::address(&market.client.address),
            market.plan.price_e9 as f64 / harness::TAO as f64,
            market.hotkey.address(),
        );
    }
    println!("deployments  {}", stage.deployment(&[]).file().display());
    println!(
        "accounts     {} {} (sudo, authority, sink)",
        stage.root.uri,
        stage.root.address()
    );
    println!(
        "             {} {} (liquidity provider and lender)",
        stage.maker.uri,
        stage.maker.address()
    );
    for trader in &stage.traders {
        println!(
            "             {} {} (stake and ledger alpha in every market)",
            trader.uri,
            trader.address()
        );
    }
    println!("             //Charlie, //Dave, //Eve, //Ferdie hold TAO only: use one for a keeper");
    println!("Ctrl-C stops it; nothing is kept.");
}
