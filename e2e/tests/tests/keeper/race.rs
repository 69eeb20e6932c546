//! Two keepers that know nothing of each other.

use anyhow::{ensure, Result};
use e2e_tests::world::RALLY_BLOCKS;
use e2e_tests::World;
use harness::Actor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn losing_a_race_is_no_error() -> Result<()> {
    let mut world = World::with_shorts(false).await?;
    let (eve, ferdie) = (Actor::new("//Eve")?, Actor::new("//Ferdie")?);
    let mut first = world.keeper(&world.keeper_setup("first", &eve.uri)).await?;
    let mut second = world.keeper(&world.keeper_setup("second", &ferdie.uri)).await?;
    world.before_the_rally().await?;
    for _ in 0..RALLY_BLOCKS {
        world.creep().await?;
        world.step(&mut [&mut first, &mut second]).await?;
    }
    world.expect_all_liquidated(&[&eve, &ferdie]).await?;

    // Both saw every duty, and each was done once: somebody lost, in a block or in a dry run.
    let mut lost = 0;
    for (keeper, operator) in [(&mut first, &eve), (&mut second, &ferdie)] {
        let declined = keeper.sum("keeper_declined_total", "reason=\"lost_race\"").await?;
        lost += world.watch.transactions(&operator.id).failed + declined;
        for class in ["permanent", "fatal", "transient"] {
            let errors = keeper.sum("keeper_errors_total", &format!("class=\"{class}\"")).await?;
            ensure!(errors == 0, "{errors} {class} errors:\n{}", keeper.log());
        }
        ensure!(keeper.is_ready().await?.is_some(), "not ready:\n{}", keeper.log_tail());
    }
    ensure!(lost > 0, "nobody lost: the keepers did not race");
    for keeper in [&mut first, &mut second] {
        let ended = keeper.terminate().await?;
        ensure!(ended.success(), "a keeper that is told to stop ended with {ended}");
    }
    Ok(())
}
