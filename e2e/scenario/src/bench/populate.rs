//! The market that costs are measured on: 50 liquidity providers, 10 lenders, 100 shorts, a full oracle.

use anyhow::{ensure, Context, Result};
use harness::levers::{self, NewSubnet};
use harness::market::{bundle, instantiate, instantiated_address};
use harness::{Actor, Chain, Dividend, Extrinsic, MarketClient, Node, Sealing, Seals, Settlement, TAO};
use keeper_chain::{BlockId, Bundle};
use kernel::competition::MAX_VALIDATORS;
use kernel::flow::EPOCH;
use kernel::Asset;
use std::sync::Arc;

/// The subnet.
pub const NETUID: u16 = 1;
/// Shorts.
pub const SHORTS: u32 = 100;
const PROVIDERS: u32 = 50;
const LENDERS: u32 = 10;
/// Blocks until the long average is known.
const HISTORY: u32 = 160;
/// Blocks after which the short average has followed the price: 23 steps of 2 %, then a whole window.
const SHORT_AVERAGE: u32 = 60;
/// More transactions of one kind than this do not fit a block.
const PER_BLOCK: usize = 100;

/// A node with a populated market.
pub struct Populated {
    /// Keeps the node and its files alive.
    _node: Node,
    _folder: tempfile::TempDir,
    /// The connection.
    pub chain: Chain,
    /// The market.
    pub market: MarketClient,
    /// Its code.
    pub bundle: Arc<Bundle>,
    /// Sudo, and the market's authority.
    pub root: Actor,
    /// The validator.
    pub hotkey: Actor,
    /// Accounts that provide liquidity, lend, and have alpha on the ledger and as stake.
    pub users: Vec<Actor>,
}

impl Populated {
    /// Starts the node and fills the market.
    pub async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let node = Node::start(folder.path(), Sealing::Manual, SHORTS, false, 0).await?;
        let chain = Chain::connect(&node.url(), Seals::OnRequest).await?;
        let root = Actor::new("//Alice")?;
        let hotkey = Actor::new("//Validator")?;
        let bundle = bundle()?;
        let parties = parties(&hotkey, &root);
        let market = MarketClient::new(instantiated_address(&bundle, &root, NETUID, parties)?, bundle.clone());
        let users = (0..SHORTS).map(Actor::numbered).collect::<Result<Vec<_>>>()?;
        let populated = Self {
            _node: node,
            _folder: folder,
            chain,
            market,
            bundle,
            root,
            hotkey,
            users,
        };
        populated.create().await?;
        populated.provide().await?;
        populated.chain.seal_many(HISTORY).await?;
        populated.short().await?;
        Ok(populated)
    }

    async fn create(&self) -> Result<()> {
        let new = NewSubnet {
            netuid: NETUID,
            owner: self.root.id,
            hotkey: self.hotkey.id,
            // No epoch by itself: they are run where they are measured.
            tempo: u16::MAX,
            tao: 100_000 * TAO,
            alpha: 1_000_000 * TAO,
        };
        let dividend = levers::set_dividend(NETUID, self.hotkey.id, Dividend::Rate(100_000));
        self.sudo(vec![levers::create_subnet(&new), dividend]).await?;
        let credit = |user: &Actor| levers::credit_stake(NETUID, self.hotkey.id, user.id, 100_000 * TAO);
        self.sudo(self.users.iter().map(credit).collect()).await?;
        let new = instantiate(&self.bundle, NETUID, parties(&self.hotkey, &self.root))?;
        self.chain.run_sealed(&[(new, &self.root)]).await?;
        Ok(())
    }

    async fn provide(&self) -> Result<()> {
        let market = &self.market;
        self.each(self.users.len(), |_| {
            market.call("deposit_alpha", (self.hotkey.id, 50_000 * TAO), 0)
        })
        .await?;
        let add = |tao: u64, alpha: u64| {
            let arguments = (alpha, 0u128, u32::MAX, Settlement::Ledger);
            market.call("add_liquidity", arguments, tao)
        };
        let first = self.users.first().context("no users")?;
        let first_add = add(4_000 * TAO, 40_000 * TAO)?;
        self.chain.run_sealed(&[(first_add, first)]).await?;
        self.each(PROVIDERS as usize, |_| add(320 * TAO, 3_200 * TAO)).await?;
        self.each(LENDERS as usize, |_| market.call("lend", 2_000 * TAO, 0))
            .await
    }

    async fn short(&self) -> Result<()> {
        // Debt is valued before the sale: 4 of 4 and 3.5 TAO. All together, half of them can be bought back within the price cap.
        self.each(SHORTS as usize, |_| {
            self.market.call("open_short", (40 * TAO, 0u64, u32::MAX), 7 * TAO / 2)
        })
        .await?;
        // A trade on each side and an epoch: fees, dividends and streams are at work as in any market in use.
        let buy = (Asset::Tao, 20 * TAO, 0u64, u32::MAX, Settlement::Ledger);
        let sell = (Asset::Alpha, 50 * TAO, 0u64, u32::MAX, Settlement::Ledger);
        let user = self.users.last().context("no users")?;
        let trades = [
            (self.market.call("swap_exact_in", buy, 20 * TAO)?, user),
            (self.market.call("swap_exact_in", sell, 0)?, user),
            (self.market.call("fund_incentives", (), 10 * TAO)?, user),
            (levers::run_epoch(NETUID), &self.root),
        ];
        self.chain.run_sealed(&trades).await?;
        let harvest = self.market.call("harvest", (0u64, u32::MAX), 0)?;
        self.chain.run_sealed(&[(harvest, user)]).await?;
        self.sudo(vec![levers::run_epoch(NETUID)]).await?;
        Ok(())
    }

    /// A block later than the last message: every message finds one block to catch up with, as in a market in use.
    pub async fn ready(&self) -> Result<BlockId> {
        self.chain.seal_many(2).await
    }

    /// As many validators as a market may have, all paying; stake has begun to spread.
    pub async fn compete(&self) -> Result<BlockId> {
        let mut sudo = Vec::new();
        let mut added = Vec::new();
        for number in 1..MAX_VALIDATORS {
            let hotkey = Actor::new(&format!("//Validator{number}"))?;
            sudo.push(levers::register_hotkey(NETUID, hotkey.id, self.root.id));
            sudo.push(levers::set_dividend(NETUID, hotkey.id, Dividend::Rate(100_000)));
            sudo.push(levers::credit_stake(NETUID, hotkey.id, self.root.id, 1_000 * TAO));
            added.push(self.market.call("add_hotkey", hotkey.id, 0)?);
        }
        self.sudo(sudo).await?;
        self.sudo(added).await?;
        for _ in 0..2 {
            let now = self.chain.best().await?.number;
            self.chain.skip(EPOCH - now % EPOCH).await?;
            self.sudo(vec![levers::run_epoch(NETUID)]).await?;
            let harvest = self.market.call("harvest", (0u64, u32::MAX), 0)?;
            let rebalance = self.market.call("rebalance", (2u32, 0u64, u32::MAX), 0)?;
            self.sudo(vec![harvest, rebalance]).await?;
        }
        let now = self.chain.best().await?.number;
        self.chain.skip(EPOCH - now % EPOCH).await?;
        self.sudo(vec![levers::run_epoch(NETUID)]).await?;
        self.ready().await
    }

    /// Raises both prices until every short is due.
    pub async fn rally(&self) -> Result<BlockId> {
        let at = self.chain.best().await?;
        let state = self.market.state(&self.chain, &at).await?;
        // Price goes with the square of the TAO reserve: 1.25² = 1.56.
        let tao = state.market.pool.tao / 4;
        let buy = (Asset::Tao, tao, 0u64, u32::MAX, Settlement::Ledger);
        let buy = self.market.call("swap_exact_in", buy, tao)?;
        let user = self.users.last().context("no users")?;
        let price = state.chain_price_e9.saturating_mul(16) / 10;
        self.chain
            .run_sealed(&[(buy, user), (levers::set_price(NETUID, price), &self.root)])
            .await?;
        let at = self.chain.seal_many(SHORT_AVERAGE).await?;
        let due = self.market.liquidatable(&self.chain, &at).await?;
        ensure!(due.len() == SHORTS as usize, "{} of {SHORTS} shorts are due", due.len());
        // One touch, so that what is measured catches up with one block.
        let poke = self.market.call("poke", (0u64, u32::MAX), 0)?;
        self.chain.run_sealed(&[(poke, user)]).await?;
        self.ready().await
    }

    /// Ends the subnet.
    pub async fn end(&self) -> Result<BlockId> {
        self.sudo(vec![levers::dissolve(NETUID)]).await?;
        self.chain.best().await
    }

    async fn sudo(&self, calls: Vec<Extrinsic>) -> Result<()> {
        let calls = calls.into_iter().map(|call| (call, &self.root)).collect::<Vec<_>>();
        for some in calls.chunks(PER_BLOCK) {
            self.chain.run_sealed(some).await?;
        }
        Ok(())
    }

    async fn each(&self, count: usize, call: impl Fn(&Actor) -> Result<Extrinsic>) -> Result<()> {
        for some in self.users.iter().take(count).collect::<Vec<_>>().chunks(PER_BLOCK) {
            let calls = some
                .iter()
                .map(|user| Ok((call(user)?, *user)))
                .collect::<Result<Vec<_>>>()?;
            self.chain.run_sealed(&calls).await?;
        }
        Ok(())
    }
}

/// Sudo is the market's authority, sink and emission, so that it can measure what only they may send.
fn parties(hotkey: &Actor, root: &Actor) -> harness::market::Parties {
    [hotkey.id, root.id, root.id, root.id]
}
