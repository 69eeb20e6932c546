//! A subnet ends: the keeper freezes its market, settles the shorts, and pays everybody.

use anyhow::{ensure, Result};
use e2e_tests::world::NETUID;
use e2e_tests::World;
use harness::{levers, Actor};
use std::collections::BTreeSet;

/// Blocks in which a market with a handful of accounts is wound up: two until the keeper looks again, one to freeze, one to
/// settle, one to pay, and as many again for what it learns on the way.
const WIND_UP: u32 = 10;
/// Blocks in which nothing may happen any more.
const QUIET: u32 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dissolved_subnet_s_market_is_wound_up() -> Result<()> {
    let mut world = World::with_shorts(false).await?;
    let operator = Actor::new("//Eve")?;
    let mut keeper = world.keeper(&world.keeper_setup("keeper", &operator.uri)).await?;
    let owners: BTreeSet<[u8; 32]> = world
        .stage
        .traders
        .iter()
        .chain([&world.stage.maker])
        .map(|actor| actor.id)
        .collect();

    let dissolve = levers::dissolve(NETUID);
    world.chain().submit(&dissolve, &world.stage.root).await?;
    for _ in 0..WIND_UP {
        world.step(&mut [&mut keeper]).await?;
    }
    let watch = &world.watch;
    ensure!(watch.frozen == 1, "frozen {} times:\n{}", watch.frozen, keeper.log());
    ensure!(watch.liquidations.is_empty(), "{:?}", watch.liquidations);
    ensure!(
        watch.settled.iter().copied().collect::<BTreeSet<_>>() == world.shorts().collect()
            && watch.settled.len() == world.shorts().len(),
        "settled {:?}:\n{}",
        watch.settled,
        keeper.log()
    );
    let paid: BTreeSet<[u8; 32]> = watch.claims.iter().map(|(account, _)| *account).collect();
    ensure!(
        paid.is_superset(&owners) && paid.len() == watch.claims.len(),
        "{} claims to {} accounts, of {} that own something:\n{}",
        watch.claims.len(),
        paid.len(),
        owners.len(),
        keeper.log()
    );
    ensure!(watch.claims.iter().all(|(_, tao)| *tao > 0), "an empty claim");
    let at = world.chain().best().await?;
    let open = world.market()?.positions(world.chain(), &at).await?;
    ensure!(open.is_empty(), "{} positions are left", open.len());
    world.expect_custody().await?;

    let done = world.watch.transactions(&operator.id);
    ensure!(done.failed == 0, "something was done twice: {done:?}");
    for _ in 0..QUIET {
        world.step(&mut [&mut keeper]).await?;
    }
    ensure!(
        world.watch.transactions(&operator.id) == done,
        "the keeper goes on after the end:\n{}",
        keeper.log()
    );
    Ok(())
}
