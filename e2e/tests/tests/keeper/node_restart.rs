//! The keeper outlives its node.

use anyhow::{ensure, Result};
use e2e_tests::world::RALLY_BLOCKS;
use e2e_tests::World;
use harness::Actor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_node_delays_no_liquidation() -> Result<()> {
    let mut world = World::with_shorts(true).await?;
    let operator = Actor::new("//Eve")?;
    let mut keeper = world.keeper(&world.keeper_setup("keeper", &operator.uri)).await?;
    world.before_the_rally().await?;
    let mut restarts = 0;
    for _ in 0..RALLY_BLOCKS {
        world.creep().await?;
        let block = world.step(&mut [&mut keeper]).await?;
        let fresh = world.watch.due.values().any(|since| *since == block.number);
        if fresh && restarts < 2 {
            // The liquidation is in the node's pool, which is lost; the chain is not.
            let ended = world.stage.node.terminate().await?;
            ensure!(ended.success(), "a node that is told to stop ended with {ended}");
            world.stage.node.restart().await?;
            world.reconnect().await?;
            let best = world.chain().best().await?;
            ensure!(best == block, "the node came back at {best:?}, not at {block:?}");
            restarts += 1;
        }
    }
    ensure!(restarts == 2, "the node was restarted {restarts} times only");
    world.expect_all_liquidated(&[&operator]).await?;
    let transactions = world.watch.transactions(&operator.id);
    ensure!(transactions.failed == 0, "something was done twice: {transactions:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed_comes_back_with_its_chain() -> Result<()> {
    let mut world = World::with_shorts(true).await?;
    let operator = Actor::new("//Eve")?;
    let mut keeper = world.keeper(&world.keeper_setup("keeper", &operator.uri)).await?;
    world.before_the_rally().await?;
    // Nothing is due yet: what a killed node may lose, its last blocks, says nothing about positions.
    let before = world.step(&mut [&mut keeper]).await?;
    world.stage.node.kill().await?;
    world.stage.node.restart().await?;
    world.reconnect().await?;
    let shorts = world.shorts().len();
    let best = world.chain().best().await?;
    let open = world.market()?.positions(world.chain(), &best).await?;
    ensure!(open.len() == shorts, "{} of {shorts} shorts are left", open.len());
    // The keeper believes what was final: it goes on where the chain has grown beyond that.
    while world.seal().await?.number <= before.number {}
    for _ in 0..RALLY_BLOCKS {
        world.creep().await?;
        world.step(&mut [&mut keeper]).await?;
    }
    world.expect_all_liquidated(&[&operator]).await?;
    let transactions = world.watch.transactions(&operator.id);
    ensure!(transactions.failed == 0, "something was done twice: {transactions:?}");
    Ok(())
}
