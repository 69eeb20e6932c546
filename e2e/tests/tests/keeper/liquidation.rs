//! Prompt liquidation: in a block at most two after the one at whose end the position could first be liquidated.

use anyhow::{ensure, Result};
use e2e_tests::world::RALLY_BLOCKS;
use e2e_tests::World;
use harness::Actor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_are_liquidated_within_two_blocks_of_becoming_due() -> Result<()> {
    let mut world = World::with_shorts(false).await?;
    let operator = Actor::new("//Eve")?;
    let mut keeper = world.keeper(&world.keeper_setup("keeper", &operator.uri)).await?;
    world.before_the_rally().await?;
    for _ in 0..RALLY_BLOCKS {
        world.creep().await?;
        world.step(&mut [&mut keeper]).await?;
    }
    world.expect_all_liquidated(&[&operator]).await?;

    let transactions = world.watch.transactions(&operator.id);
    ensure!(transactions.failed == 0, "{transactions:?} without a competitor");
    let (fees, bounties) = (
        keeper.metric("keeper_fees_rao_total").await?,
        keeper.metric("keeper_rewards_rao_total").await?,
    );
    let paid: u64 = world.watch.liquidations.iter().map(|done| done.bounty).sum();
    ensure!(
        fees == transactions.fees && bounties == paid,
        "the keeper counts {fees} rao of fees and {bounties} of bounties, the chain {} and {paid}",
        transactions.fees
    );
    // Paid work: an operator need not be subsidised.
    ensure!(paid > fees, "bounties of {paid} rao do not cover fees of {fees}");

    let ended = keeper.terminate().await?;
    ensure!(ended.success(), "a keeper that is told to stop ended with {ended}");
    Ok(())
}
