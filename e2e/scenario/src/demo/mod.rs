//! The main job from end to end: three markets, traders and shorts, a keeper that is killed midway, a rally, a jump that
//! leaves bad debt, and the end of a subnet; then governance, from a core team to nobody; then emission, from flows to a delisting.

mod acts;
mod emission;
mod governance;
mod run;
mod summary;
mod watch;

use anyhow::{bail, Result};
use clap::Args;
use harness::stage::{fresh_folder, Plan, Stage, SubnetPlan};
use harness::Sealing;
use run::Run;
use std::path::Path;
use std::time::Instant;

/// What the run depends on.
#[derive(Args)]
pub struct Arguments {
    /// Seed of the traders' choices.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Blocks between two epochs: Subtensor has 360, which would make the run too long.
pub const TEMPO: u16 = 25;
/// Accounts that trade.
const TRADERS: u32 = 10;

/// Runs it all, writes the summary, and fails unless everything is as expected.
pub async fn run(arguments: &Arguments) -> Result<()> {
    let started = Instant::now();
    let output = Path::new("target/demo");
    let subnet = |netuid, price_e9, dividend| SubnetPlan {
        netuid,
        price_e9,
        dividend,
    };
    let plan = Plan {
        folder: fresh_folder(&output.join("files"))?,
        sealing: Sealing::Manual,
        port: 0,
        persistent: false,
        traders: TRADERS,
        tempo: TEMPO,
        subnets: vec![
            subnet(1, 50_000_000, 100_000),
            subnet(2, 100_000_000, 150_000),
            subnet(3, 20_000_000, 200_000),
        ],
        suite: None,
    };
    println!("starting a node, three subnets, and `keeper deploy`");
    let stage = Stage::build(&plan).await?;
    let mut run = Run::new(stage, arguments.seed).await?;
    run.start_keeper().await?;
    acts::history(&mut run).await?;
    acts::open_shorts(&mut run).await?;
    acts::rally(&mut run).await?;
    acts::kill_and_jump(&mut run).await?;
    acts::end_of_a_subnet(&mut run).await?;
    run.stop_keeper().await?;
    acts::review(&mut run);
    let governance = governance::run(&plan.folder.join("governance"), |what, met| run.expect(what, met)).await?;
    let emission = emission::run(&plan.folder.join("emission"), |what, met| run.expect(what, met)).await?;
    let summary = summary::Summary::of(&run, governance, emission, started.elapsed());
    summary.print();
    summary.write(&output.join("summary.json"))?;
    let failed = run.expectations.iter().filter(|(_, met)| !met).count();
    if failed > 0 {
        bail!(
            "{failed} expectations were not met; logs are in {}",
            plan.folder.display()
        );
    }
    Ok(())
}
