//! SIGKILL at any point neither loses nor doubles anything.

use anyhow::{ensure, Context, Result};
use e2e_tests::endpoints::{Endpoint, Manner};
use e2e_tests::world::{looked, RALLY_BLOCKS};
use e2e_tests::{World, LOOK, PROMPT};
use harness::{wait, Actor, Keeper};

/// When the keeper is killed, counted from a block at whose end a position is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// At once: it may have heard of the block or not.
    Head,
    /// When the transaction is in the journal and on its way, but not at the node.
    Journalled,
    /// When the node has the transaction, but the keeper does not know that.
    Submitted,
    /// When it is done; the transaction is included while the keeper is dead.
    Done,
}

/// One for each of the shorts.
const POINTS: [Point; 4] = [Point::Journalled, Point::Submitted, Point::Done, Point::Head];
/// Shorts that wait for a dead keeper. More would not fit: the pool sells to liquidations only up to 5 % above the average.
const WAITING: usize = 2;
/// Between two kills while nothing is due, in blocks.
const IDLE_KILLS: u32 = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_point_loses_and_doubles_nothing() -> Result<()> {
    let mut world = World::with_shorts(false).await?;
    let operator = Actor::new("//Eve")?;
    let endpoint = Endpoint::start(world.stage.node.port(), Manner::Relays).await?;
    let mut setup = world.keeper_setup("keeper", &operator.uri);
    setup.endpoints = vec![endpoint.url()];
    let mut keeper = world.keeper(&setup).await?;
    world.before_the_rally().await?;
    looked(&mut keeper, world.chain().best().await?.number).await?;
    let mut points = POINTS.into_iter();
    let mut next = points.next();
    for round in 0..RALLY_BLOCKS {
        world.creep().await?;
        match next {
            Some(Point::Journalled) => endpoint.set(Manner::HoldsBack),
            Some(Point::Submitted) => endpoint.set(Manner::Withholds),
            _ => endpoint.set(Manner::Relays),
        }
        let caught_before = endpoint.caught();
        let block = world.seal().await?;
        world.watch.expect_prompt(block.number)?;
        let fresh = world.watch.due.values().any(|since| *since == block.number);
        let Some(point) = next.filter(|_| fresh) else {
            looked(&mut keeper, block.number).await?;
            if round % IDLE_KILLS == 0 {
                keeper.kill().await?;
                keeper = world.keeper(&setup).await?;
            }
            continue;
        };
        match point {
            Point::Head => {}
            Point::Journalled | Point::Submitted => caught(&mut keeper, &endpoint, caught_before + 1).await?,
            Point::Done => looked(&mut keeper, block.number).await?,
        }
        keeper.kill().await?;
        next = points.next();
        endpoint.set(Manner::Relays);
        if point == Point::Done {
            let liquidations = world.watch.liquidations.len();
            world.seal().await?;
            ensure!(
                world.watch.liquidations.len() > liquidations,
                "what was sent before the kill is not in the next block"
            );
        }
        keeper = world.keeper(&setup).await?;
    }
    ensure!(next.is_none(), "nothing was due for the kill at {next:?}");
    world.expect_all_liquidated(&[&operator]).await?;
    expect_accounts(&world, &keeper, &operator).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_due_while_the_keeper_was_dead_is_done_first() -> Result<()> {
    let mut world = World::with_shorts(false).await?;
    let operator = Actor::new("//Eve")?;
    let setup = world.keeper_setup("keeper", &operator.uri);
    let mut keeper = world.keeper(&setup).await?;
    world.before_the_rally().await?;
    looked(&mut keeper, world.chain().best().await?.number).await?;
    keeper.kill().await?;
    for _ in 0..RALLY_BLOCKS {
        if world.watch.due.len() >= WAITING {
            break;
        }
        world.creep().await?;
        world.seal().await?;
    }
    let waiting: Vec<u32> = world.watch.due.keys().copied().collect();
    ensure!(waiting.len() >= WAITING, "only {waiting:?} became due");

    let mut keeper = world.keeper(&setup).await?;
    let back = world.chain().best().await?.number;
    for _ in 0..PROMPT {
        let block = world.seal().await?;
        looked(&mut keeper, block.number).await?;
    }
    for id in &waiting {
        let done = world.watch.liquidations.iter().find(|done| done.id == *id);
        let done = done.with_context(|| format!("position {id} was forgotten:\n{}", keeper.log_tail()))?;
        ensure!(done.executed <= back + PROMPT, "too late after block {back}: {done:?}");
    }
    world.expect_custody().await?;
    expect_accounts(&world, &keeper, &operator).await
}

/// Waits until the endpoint has caught `count` submissions.
async fn caught(keeper: &mut Keeper, endpoint: &Endpoint, count: u64) -> Result<()> {
    let waiting = wait::until("a submission", LOOK, async || {
        keeper.expect_running()?;
        Ok((endpoint.caught() >= count).then_some(()))
    });
    waiting.await.with_context(|| keeper.log_tail())
}

/// Fails unless every transaction of the keeper in a block succeeded, and its journal has each of them once.
async fn expect_accounts(world: &World, keeper: &Keeper, operator: &Actor) -> Result<()> {
    let transactions = world.watch.transactions(&operator.id);
    ensure!(
        transactions.failed == 0,
        "something was done twice: {transactions:?}\n{}",
        keeper.log()
    );
    let status = keeper.status().await?;
    let recent = status
        .get("recent")
        .and_then(|recent| recent.as_array())
        .context("no journal")?;
    let succeeded = recent.iter().filter(|entry| {
        let state = entry.get("state").and_then(|state| state.as_str());
        state.is_some_and(|state| state.starts_with("succeeded"))
    });
    let succeeded = u64::try_from(succeeded.count())?;
    ensure!(
        succeeded == transactions.succeeded && u64::try_from(recent.len())? == succeeded,
        "blocks hold {} transactions of the keeper, its journal: {recent:?}",
        transactions.succeeded
    );
    Ok(())
}
