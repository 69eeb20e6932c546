//! One subnet with one market, four shorts that become due one after the other in a rally, and keepers.

use crate::watch::Watch;
use crate::LOOK;
use anyhow::{ensure, Context, Result};
use harness::levers;
use harness::stage::{Plan, Stage, SubnetPlan, POOL_TAO};
use harness::{
    wait, Actor, Chain, Keeper, KeeperSetup, MarketClient, MarketPlan, Sealing, Seals, Settlement, SuitePlan, TAO,
};
use keeper_chain::BlockId;
use kernel::Asset;

/// The subnet.
pub const NETUID: u16 = 1;
/// Price at the beginning, rao per whole alpha.
pub const PRICE_E9: u64 = 100_000_000;
/// The subnet that has a market unless more are wanted.
const MARKET: SubnetPlan = SubnetPlan {
    netuid: NETUID,
    price_e9: PRICE_E9,
    dividend: 0,
};
/// No epoch of the chain in the time of a test: nothing is to be harvested.
pub const QUIET: u16 = u16::MAX;
/// The chain's price in the rally, above that of the market, so that it does not bound it.
const RALLY_PRICE_E9: u64 = 160_000_000;
/// TAO that buys at once before anything is due: from 0.093 to 0.113 TAO per alpha.
const JUMP_TAO: u64 = POOL_TAO / 1_000 * 102;
/// TAO that buys in each block of the rally: a fifth of a percent. Spot must stay within 5 % of the short average, beyond
/// which the pool sells to no liquidation.
const CREEP_TAO: u64 = POOL_TAO / 1_000;
/// Blocks from the first liquidity until shorts may be opened: the long average must be known.
const HISTORY: u32 = 160;
/// Blocks in which the short average follows the jump: ten steps of 2 % and a window of 25.
const CALM: u32 = 40;
/// Blocks of the rally, in which one short after the other becomes due.
pub const RALLY_BLOCKS: u32 = 75;
/// Margins of the shorts, TAO. A hundredth of the pool is worth 20 TAO and sells for as much, so the first begins at 59 % of
/// the highest loan-to-value of 60 %, at a price that a rally by a quarter makes due; the others follow at 1.7 % each.
const MARGINS: [u64; 4] = [14, 15, 16, 17];

/// Everything that runs.
pub struct World {
    /// Node, chain, actors and market.
    pub stage: Stage,
    /// What the blocks held so far.
    pub watch: Watch,
    /// Keeps the files.
    _folder: tempfile::TempDir,
}

impl World {
    /// A fresh chain with a market; no shorts yet.
    ///
    /// # Errors
    /// When anything could not be set up.
    pub async fn new(persistent: bool) -> Result<Self> {
        Self::built(None, persistent, QUIET, &[MARKET]).await
    }

    /// A fresh chain with a market that a suite governs: //Charlie is the core team, //Dave the guardian, //Alice, who
    /// deploys, the validator of root.
    ///
    /// # Errors
    /// When anything could not be set up.
    pub async fn with_suite() -> Result<Self> {
        Self::built(Some(suite()?), false, QUIET, &[MARKET]).await
    }

    /// The same at a hundredth of the time instead of a ten thousandth: the core team keeps its power for many epochs of
    /// emission, and what it schedules waits for 72 blocks. A market for each of `subnets`, an epoch of theirs every `tempo`
    /// blocks.
    ///
    /// # Errors
    /// When anything could not be set up.
    pub async fn with_economy(tempo: u16, subnets: &[SubnetPlan]) -> Result<Self> {
        let suite = SuitePlan {
            divisor: 100,
            ..suite()?
        };
        Self::built(Some(suite), false, tempo, subnets).await
    }

    async fn built(suite: Option<SuitePlan>, persistent: bool, tempo: u16, subnets: &[SubnetPlan]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let plan = Plan {
            folder: folder.path().to_owned(),
            sealing: Sealing::Manual,
            port: 0,
            persistent,
            traders: MARGINS.len() as u32,
            tempo,
            subnets: subnets.to_vec(),
            suite,
        };
        let stage = Stage::build(&plan).await?;
        Ok(Self {
            stage,
            watch: Watch::default(),
            _folder: folder,
        })
    }

    /// A fresh chain with a market and its shorts.
    ///
    /// # Errors
    /// When anything could not be set up.
    pub async fn with_shorts(persistent: bool) -> Result<Self> {
        let mut world = Self::new(persistent).await?;
        world.stage.chain.seal_many(HISTORY).await?;
        world.open_shorts().await?;
        Ok(world)
    }

    /// The chain.
    pub fn chain(&self) -> &Chain {
        &self.stage.chain
    }

    /// The market.
    ///
    /// # Errors
    /// When there is none.
    pub fn market(&self) -> Result<&MarketClient> {
        Ok(&self.stage.markets.first().context("no market")?.client)
    }

    /// The market as `keeper deploy` is told to deploy it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn market_plan(&self) -> Result<MarketPlan> {
        let at = self.chain().best().await?;
        let state = self.market()?.state(self.chain(), &at).await?;
        Ok(MarketPlan {
            netuid: NETUID,
            generation: state.generation,
            hotkey: self.stage.markets.first().context("no market")?.hotkey.id,
        })
    }

    async fn open_shorts(&mut self) -> Result<()> {
        let alpha = SubnetPlan::alpha_for(&self.stage.markets.first().context("no market")?.plan, POOL_TAO) / 100;
        let mut calls = Vec::new();
        for (trader, margin) in self.stage.traders.iter().zip(MARGINS) {
            let call = self
                .market()?
                .call("open_short", (alpha, 0u64, u32::MAX), margin * TAO)?;
            calls.push((call, trader));
        }
        let sealed = self.chain().run_sealed(&calls).await?;
        let open = self.market()?.positions(self.chain(), &sealed.block).await?;
        ensure!(open.len() == MARGINS.len(), "{} shorts are open", open.len());
        ensure!(
            self.market()?
                .liquidatable(self.chain(), &sealed.block)
                .await?
                .is_empty(),
            "a short is due from the beginning"
        );
        Ok(())
    }

    /// Ids of all shorts that were opened.
    pub fn shorts(&self) -> std::ops::Range<u32> {
        0..MARGINS.len() as u32
    }

    /// How a keeper that signs as `uri` is set up, with the node as its only endpoint.
    pub fn keeper_setup(&self, name: &str, uri: &str) -> KeeperSetup {
        self.stage.keeper_setup(name, uri, vec![self.stage.node.url()])
    }

    /// Starts a keeper and waits until it has looked at the last block.
    ///
    /// # Errors
    /// When it ends or takes too long.
    pub async fn keeper(&self, setup: &KeeperSetup) -> Result<Keeper> {
        let mut keeper = Keeper::start(setup)?;
        let best = self.chain().best().await?;
        looked(&mut keeper, best.number).await?;
        Ok(keeper)
    }

    /// Lets both prices jump, by less than makes a short due, and waits until the averages have followed.
    ///
    /// # Errors
    /// Of the chain, and when a short is due already.
    pub async fn before_the_rally(&mut self) -> Result<()> {
        let price = levers::set_price(NETUID, RALLY_PRICE_E9);
        self.chain().submit(&price, &self.stage.root).await?;
        self.buy(JUMP_TAO).await?;
        for _ in 0..CALM {
            self.seal().await?;
        }
        ensure!(
            self.watch.due.is_empty(),
            "{:?} are due before the rally",
            self.watch.due
        );
        Ok(())
    }

    /// Hands one block's part of the rally to the pool.
    ///
    /// # Errors
    /// Of the chain.
    pub async fn creep(&self) -> Result<()> {
        self.buy(CREEP_TAO).await
    }

    async fn buy(&self, tao: u64) -> Result<()> {
        let buy = (Asset::Tao, tao, 0u64, u32::MAX, Settlement::Ledger);
        let buy = self.market()?.call("swap_exact_in", buy, tao)?;
        self.chain().submit(&buy, &self.stage.maker).await?;
        Ok(())
    }

    /// Seals a block and looks at it, whatever keepers do.
    ///
    /// # Errors
    /// Of the chain.
    pub async fn seal(&mut self) -> Result<BlockId> {
        let sealed = self.stage.chain.seal().await?;
        let market = self.stage.markets.first().context("no market")?;
        self.watch.see(&self.stage.chain, &market.client, &sealed).await?;
        Ok(sealed.block)
    }

    /// Seals a block, fails if a position waits for too long at its end, and waits until the keepers have looked at it.
    ///
    /// # Errors
    /// As told, and when a keeper has ended.
    pub async fn step(&mut self, keepers: &mut [&mut Keeper]) -> Result<BlockId> {
        let block = self.seal().await?;
        let logs = || {
            keepers
                .iter()
                .map(|keeper| keeper.log_tail())
                .collect::<Vec<_>>()
                .join("\n\n")
        };
        self.watch.expect_prompt(block.number).with_context(logs)?;
        for keeper in keepers {
            looked(keeper, block.number).await?;
        }
        Ok(block)
    }

    /// Fails unless every short was liquidated, all of them by one of `keepers`, and the market owns what it owes.
    ///
    /// # Errors
    /// As told.
    pub async fn expect_all_liquidated(&self, keepers: &[&Actor]) -> Result<()> {
        let liquidated = self.watch.liquidated();
        ensure!(
            self.shorts().all(|id| liquidated.contains(&id)),
            "only {liquidated:?} were liquidated"
        );
        for done in &self.watch.liquidations {
            ensure!(
                keepers.iter().any(|keeper| keeper.id == done.by),
                "somebody else did {done:?}"
            );
        }
        self.expect_custody().await
    }

    /// Fails unless the market owns what it owes.
    ///
    /// # Errors
    /// As told.
    pub async fn expect_custody(&self) -> Result<()> {
        let best = self.chain().best().await?;
        let custody = self.market()?.custody(self.chain(), &best).await?;
        ensure!(
            custody.alpha_held >= custody.alpha_owed && custody.tao_held >= custody.tao_owed,
            "the market owes more than it owns: {custody:?}"
        );
        Ok(())
    }

    /// Connects anew, after the node was started again.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn reconnect(&mut self) -> Result<()> {
        self.stage.chain = Chain::connect(&self.stage.node.url(), Seals::OnRequest).await?;
        Ok(())
    }
}

/// The suite of //Charlie, the core team, and //Dave, the guardian.
fn suite() -> Result<SuitePlan> {
    let [core, guardian, hotkey] = ["//Charlie", "//Dave", "//Alice"].map(Actor::new);
    Ok(SuitePlan::compressed(core?.id, Some(guardian?.id), hotkey?.id))
}

/// Waits until a keeper has looked at block `number` and sent what it has to send.
///
/// # Errors
/// When it has ended or takes too long; the end of its log is told.
pub async fn looked(keeper: &mut Keeper, number: u32) -> Result<()> {
    let what = format!("the keeper to look at block {number}");
    let waiting = wait::until(&what, LOOK, async || {
        keeper.expect_running()?;
        // Before it listens, there is no status yet.
        let best = match keeper.status().await {
            Ok(status) => status.get("best").and_then(serde_json::Value::as_u64),
            Err(_) => None,
        };
        Ok(best.filter(|best| *best >= u64::from(number)).map(|_| ()))
    });
    let outcome = waiting.await;
    outcome.with_context(|| keeper.log_tail())
}
