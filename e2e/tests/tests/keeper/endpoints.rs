//! Endpoints that hang or die cost less than a liquidation's two blocks.

use anyhow::{ensure, Result};
use e2e_tests::endpoints::{Endpoint, Manner};
use e2e_tests::world::RALLY_BLOCKS;
use e2e_tests::World;
use harness::{Actor, KeeperSetup};

/// An answer takes milliseconds; a limit of seconds leaves room for a busy machine.
const TIMEOUT_MS: u64 = 2_000;
/// Blocks come as fast as the keeper looks at them.
const STALL_MS: u64 = 4_000;
/// Blocks between two failures.
const FAILURES: u32 = 15;

fn impatient(setup: KeeperSetup, endpoints: &[&Endpoint], last: Option<String>) -> KeeperSetup {
    KeeperSetup {
        endpoints: endpoints.iter().map(|endpoint| endpoint.url()).chain(last).collect(),
        timeout_ms: TIMEOUT_MS,
        stall_ms: STALL_MS,
        ..setup
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_endpoint_that_hangs_is_passed_over() -> Result<()> {
    let mut world = World::with_shorts(false).await?;
    let operator = Actor::new("//Eve")?;
    let hangs = Endpoint::start(world.stage.node.port(), Manner::Hangs).await?;
    let works = Some(world.stage.node.url());
    let setup = impatient(world.keeper_setup("keeper", &operator.uri), &[&hangs], works);
    let mut keeper = world.keeper(&setup).await?;
    ensure!(hangs.clients() > 0, "the first endpoint was not tried");
    world.before_the_rally().await?;
    for _ in 0..RALLY_BLOCKS {
        world.creep().await?;
        world.step(&mut [&mut keeper]).await?;
    }
    world.expect_all_liquidated(&[&operator]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_that_die_or_fall_silent_midway_are_left() -> Result<()> {
    let mut world = World::with_shorts(false).await?;
    let operator = Actor::new("//Eve")?;
    let port = world.stage.node.port();
    let endpoints = [
        Endpoint::start(port, Manner::Relays).await?,
        Endpoint::start(port, Manner::Relays).await?,
    ];
    let [first, second] = &endpoints;
    let setup = impatient(world.keeper_setup("keeper", &operator.uri), &[first, second], None);
    let mut keeper = world.keeper(&setup).await?;
    world.before_the_rally().await?;
    let failures = [Manner::Dies, Manner::Hangs, Manner::Hangs, Manner::Dies];
    let mut failures = failures.into_iter().zip(endpoints.iter().cycle());
    let mut failing: Option<&Endpoint> = None;
    for round in 1..=RALLY_BLOCKS {
        if round % FAILURES == 0 {
            if let Some(restored) = failing.take() {
                restored.set(Manner::Relays);
            }
            if let Some((manner, endpoint)) = failures.next() {
                endpoint.set(manner);
                failing = Some(endpoint);
            }
        }
        world.creep().await?;
        world.step(&mut [&mut keeper]).await?;
    }
    ensure!(failures.next().is_none(), "not every failure took place");
    ensure!(second.clients() > 0, "the second endpoint was not used");
    let failovers = keeper.metric("keeper_failovers").await?;
    ensure!(failovers >= 4, "{failovers} failovers only:\n{}", keeper.log());
    world.expect_all_liquidated(&[&operator]).await?;
    let transactions = world.watch.transactions(&operator.id);
    ensure!(transactions.failed == 0, "something was done twice: {transactions:?}");
    Ok(())
}
