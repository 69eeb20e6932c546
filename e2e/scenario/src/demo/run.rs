//! One run: what is going on, and how a block is made.

use super::watch::{units, Watch};
use anyhow::Result;
use harness::random::Random;
use harness::stage::{Market, Stage};
use harness::trade::Order;
use harness::{wait, Actor, Keeper, KeeperSetup, Sealed};
use std::time::{Duration, Instant};

/// A block of the chain takes 12 s. Here the next one is sealed as soon as the keeper has acted on the last, but it gets no
/// longer than it would there.
const BLOCK: Duration = Duration::from_secs(12);
/// Blocks between two lines of progress.
const REPORT: u32 = 10;

/// The account of the keeper: a funded one that does nothing else.
const KEEPER: &str = "//Ferdie";

/// The state of a run.
pub struct Run {
    /// Everything that runs.
    pub stage: Stage,
    /// What was seen.
    pub watch: Watch,
    /// The traders' choices.
    pub random: Random,
    /// What was expected, and whether it is so.
    pub expectations: Vec<(String, bool)>,
    /// Blocks from which to which the keeper did not run: the kill's, and the first that it acted on again.
    pub downtime: Option<(u32, u32)>,
    /// The last block in which the dissolved subnet was alive.
    pub ended: u32,
    /// How often the keeper was started again.
    pub restarts: u32,
    /// The first block that was looked at, and the last.
    pub blocks: (u32, u32),
    keeper: Option<Keeper>,
    setup: KeeperSetup,
    act: &'static str,
    started: Instant,
}

impl Run {
    /// A run that has not begun.
    pub async fn new(stage: Stage, seed: u64) -> Result<Self> {
        let keeper = Actor::new(KEEPER)?;
        let setup = stage.keeper_setup("keeper", KEEPER, vec![stage.node.url()]);
        let first = stage.chain.best().await?.number.saturating_add(1);
        let mut run = Self {
            watch: Watch::new(keeper.id),
            random: Random::new(seed),
            expectations: Vec::new(),
            downtime: None,
            ended: u32::MAX,
            restarts: 0,
            blocks: (first, first),
            keeper: None,
            setup,
            act: "beginning",
            started: Instant::now(),
            stage,
        };
        run.block(Vec::new()).await?;
        Ok(run)
    }

    /// The market of a subnet.
    pub fn market(&self, index: usize) -> Result<Market> {
        use anyhow::Context;
        Ok(self.stage.markets.get(index).context("no such market")?.clone())
    }

    /// A new part of the story.
    pub fn act(&mut self, name: &'static str, what: &str) {
        self.act = name;
        println!("--- {name}: {what}");
    }

    /// Says whether something is as it should be.
    pub fn expect(&mut self, what: impl Into<String>, met: bool) {
        self.expectations.push((what.into(), met));
    }

    /// Sends orders, seals one block, checks that all of them succeeded, looks at it, and lets the keeper act on it.
    pub async fn block(&mut self, orders: Vec<Order<'_>>) -> Result<Sealed> {
        let mut sent = Vec::new();
        for (call, from) in orders {
            sent.push((self.stage.chain.submit(&call, from).await?, from.uri.clone()));
        }
        let sealed = self.stage.chain.seal().await?;
        let number = sealed.block.number;
        self.blocks.1 = number;
        for (hash, from) in &sent {
            sealed
                .outcome(hash)?
                .success(&format!("an order of {from} in block {number}"))?;
        }
        for line in self.watch.look(&self.stage, &sealed).await? {
            println!("{number:>5}  {line}");
        }
        self.wait_for_keeper(number).await?;
        if number % REPORT == 0 {
            self.report(number)?;
        }
        Ok(sealed)
    }

    async fn wait_for_keeper(&mut self, number: u32) -> Result<()> {
        let Some(keeper) = &mut self.keeper else {
            return Ok(());
        };
        wait::until("the keeper to act on a block", BLOCK, async || {
            keeper.expect_running()?;
            let best = keeper.metric("keeper_best_block").await?;
            Ok((best >= u64::from(number)).then_some(()))
        })
        .await
        .map_err(|error| error.context(keeper.log_tail()))
    }

    fn report(&self, number: u32) -> Result<()> {
        let mut prices = Vec::new();
        let mut open = 0;
        for market in &self.stage.markets {
            let state = &self.watch.seen(market.plan.netuid)?.state;
            prices.push(format!("{} {:.4}", market.name(), state.prices.spot as f64 / 1e12));
            open += state.market.open_positions;
        }
        let watch = &self.watch;
        println!(
            "{number:>5}  {:<9} {:>3} s | {} | swaps {}, shorts {} ({open} open), liquidations {}, harvests {} | keeper {} tx, {:.3} TAO \
             fees, {:.3} TAO rewards | custody {} blocks, {} violations",
            self.act,
            self.started.elapsed().as_secs(),
            prices.join(", "),
            watch.swaps,
            watch.shorts,
            watch.liquidations.len(),
            watch.harvests,
            watch.keeper_transactions.0,
            units(watch.keeper_transactions.1),
            units(watch.rewards),
            watch.checked,
            watch.violations.len(),
        );
        Ok(())
    }

    /// Starts the keeper, and again after it was killed; blocks go on meanwhile.
    pub async fn start_keeper(&mut self) -> Result<()> {
        let mut keeper = Keeper::start(&self.setup)?;
        let deadline = Instant::now() + Duration::from_secs(60);
        while keeper.is_ready().await?.is_none() {
            anyhow::ensure!(
                Instant::now() < deadline,
                "the keeper is not ready:\n{}",
                keeper.log_tail()
            );
            self.block(Vec::new()).await?;
        }
        self.keeper = Some(keeper);
        let number = self.blocks.1;
        if let Some(downtime) = &mut self.downtime {
            downtime.1 = number;
            self.restarts += 1;
        }
        println!("{number:>5}  the keeper is ready");
        self.block(Vec::new()).await?;
        Ok(())
    }

    /// SIGKILL.
    pub async fn kill_keeper(&mut self) -> Result<()> {
        if let Some(mut keeper) = self.keeper.take() {
            keeper.kill().await?;
            let number = self.blocks.1;
            self.downtime = Some((number, u32::MAX));
            println!("{number:>5}  the keeper was killed (SIGKILL)");
        }
        Ok(())
    }

    /// SIGTERM; it must end in order.
    pub async fn stop_keeper(&mut self) -> Result<()> {
        if let Some(mut keeper) = self.keeper.take() {
            let failed = keeper.sum("keeper_transactions_total", "outcome=\"reverted\"").await?;
            self.expect("no transaction of the keeper was in vain", failed == 0);
            // What it sent last is followed to its end: blocks must go on.
            let status = self.stage.chain.with_blocks(keeper.terminate()).await?;
            self.expect("the keeper ends in order when asked", status.success());
        }
        Ok(())
    }
}
