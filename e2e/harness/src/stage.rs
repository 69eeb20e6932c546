//! The suite on a fresh chain: subnets with validators that pay, accounts with stake, markets deployed by the keeper, and
//! the first liquidity.

use crate::accounts::Actor;
use crate::chain::{Chain, Extrinsic, Seals};
use crate::keeper::{Deployment, Keeper, KeeperSetup, MarketPlan, SuitePlan};
use crate::levers::{self, Dividend, NewSubnet};
use crate::market::{self, MarketClient, Settlement};
use crate::node::{Node, Sealing};
use crate::suite::SuiteClient;
use crate::TAO;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// TAO that a market's pool begins with.
pub const POOL_TAO: u64 = 2_000 * TAO;
/// Depth of the chain's own pools: much larger than the markets'.
const CHAIN_TAO: u64 = 50_000 * TAO;
/// Each account's stake, and as much again on each ledger, as a share of the pool's alpha.
const TRADER_PART: u64 = 5;
/// What lenders supply, as a share of the pool's alpha.
const LENT_PART: u64 = 8;
/// Transactions of one kind that are sent at once.
const PER_BLOCK: usize = 100;

/// A subnet and what its market starts with.
#[derive(Clone, Copy, Debug)]
pub struct SubnetPlan {
    /// Its number.
    pub netuid: u16,
    /// Price in rao per whole alpha, on the chain and in the market.
    pub price_e9: u64,
    /// What its validator pays per epoch, in billionths of the stake.
    pub dividend: u32,
}

impl SubnetPlan {
    /// Alpha that is worth `tao` at the price.
    pub fn alpha_for(&self, tao: u64) -> u64 {
        u64::try_from(u128::from(tao) * u128::from(TAO) / u128::from(self.price_e9.max(1))).unwrap_or(u64::MAX)
    }
}

/// What a stage is built of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Folder of all files.
    pub folder: PathBuf,
    /// When blocks are sealed.
    pub sealing: Sealing,
    /// The node's port; 0 for a free one.
    pub port: u16,
    /// Whether the chain survives the node.
    pub persistent: bool,
    /// Accounts that trade.
    pub traders: u32,
    /// Blocks between two epochs.
    pub tempo: u16,
    /// The subnets.
    pub subnets: Vec<SubnetPlan>,
    /// The suite, if it governs the markets; its generation is read from the chain.
    pub suite: Option<SuitePlan>,
}

/// A deployed market.
#[derive(Clone)]
pub struct Market {
    /// Its subnet.
    pub plan: SubnetPlan,
    /// The contract.
    pub client: MarketClient,
    /// The validator.
    pub hotkey: Actor,
}

impl Market {
    /// How it is called in output.
    pub fn name(&self) -> String {
        format!("sn{}", self.plan.netuid)
    }
}

/// Everything that runs.
pub struct Stage {
    /// The node.
    pub node: Node,
    /// The connection.
    pub chain: Chain,
    /// Sudo and deployer; without a suite, authority and sink of the markets.
    pub root: Actor,
    /// Who provides the first liquidity and keeps prices together.
    pub maker: Actor,
    /// Accounts that trade.
    pub traders: Vec<Actor>,
    /// The markets.
    pub markets: Vec<Market>,
    /// What governs them.
    pub suite: Option<SuiteClient>,
    /// Folder of all files.
    pub folder: PathBuf,
    suite_plan: Option<SuitePlan>,
    tempo: u16,
    seals: Seals,
}

impl Stage {
    /// Starts the node, creates subnets, deploys markets and fills them.
    pub async fn build(plan: &Plan) -> Result<Self> {
        let node = Node::start(&plan.folder, plan.sealing, plan.traders, plan.persistent, plan.port).await?;
        let seals = match plan.sealing {
            Sealing::Manual => Seals::OnRequest,
            Sealing::Interval(_) => Seals::ByItself,
        };
        let chain = Chain::connect(&node.url(), seals).await?;
        let mut stage = Self {
            node,
            chain,
            root: Actor::new("//Alice")?,
            maker: Actor::new("//Bob")?,
            traders: (0..plan.traders).map(Actor::numbered).collect::<Result<_>>()?,
            markets: Vec::new(),
            suite: None,
            folder: plan.folder.clone(),
            suite_plan: plan.suite,
            tempo: plan.tempo,
            seals,
        };
        let hotkeys = stage.create_subnets(plan).await?;
        let plans = stage.market_plans(plan, &hotkeys).await?;
        if stage.suite_plan.is_some() {
            let generation = stage.generation(0).await?;
            stage
                .suite_plan
                .iter_mut()
                .for_each(|suite| suite.generation = generation);
        }
        stage.chain.with_blocks(stage.deploy(&plans)).await?;
        // The keeper signed as the deployer.
        stage.chain.forget_nonces().await;
        if stage.suite_plan.is_some() {
            stage.suite = Some(SuiteClient::of(&stage.deployment(&[]))?);
        }
        let bundle = market::bundle()?;
        for deployed in stage.deployment(&[]).read()? {
            let index = plan.subnets.iter().position(|s| s.netuid == deployed.netuid);
            let index = index.context("a market of a subnet that was not planned")?;
            stage.markets.push(Market {
                plan: *plan.subnets.get(index).context("no such subnet")?,
                client: MarketClient::new(deployed.address, bundle.clone()),
                hotkey: hotkeys.get(index).context("no such validator")?.clone(),
            });
        }
        for market in &stage.markets {
            stage.fill(market).await?;
        }
        Ok(stage)
    }

    async fn create_subnets(&self, plan: &Plan) -> Result<Vec<Actor>> {
        let mut calls = Vec::new();
        let mut hotkeys = Vec::new();
        for subnet in &plan.subnets {
            let hotkey = Actor::new(&format!("//Validator{}", subnet.netuid))?;
            calls.push(levers::create_subnet(&NewSubnet {
                netuid: subnet.netuid,
                owner: self.root.id,
                hotkey: hotkey.id,
                tempo: plan.tempo,
                tao: CHAIN_TAO,
                alpha: subnet.alpha_for(CHAIN_TAO),
            }));
            let rate = Dividend::Rate(subnet.dividend);
            calls.push(levers::set_dividend(subnet.netuid, hotkey.id, rate));
            let pool = subnet.alpha_for(POOL_TAO);
            for trader in &self.traders {
                let amount = 2 * (pool / TRADER_PART);
                calls.push(levers::credit_stake(subnet.netuid, hotkey.id, trader.id, amount));
            }
            calls.push(levers::credit_stake(subnet.netuid, hotkey.id, self.maker.id, 4 * pool));
            hotkeys.push(hotkey);
        }
        let calls: Vec<_> = calls.into_iter().map(|call| (call, &self.root)).collect();
        for some in calls.chunks(PER_BLOCK) {
            self.chain.execute(some).await?;
        }
        Ok(hotkeys)
    }

    /// What `keeper deploy` is told about these subnets.
    pub async fn market_plans(&self, plan: &Plan, hotkeys: &[Actor]) -> Result<Vec<MarketPlan>> {
        let mut plans = Vec::new();
        for (subnet, hotkey) in plan.subnets.iter().zip(hotkeys) {
            plans.push(MarketPlan {
                netuid: subnet.netuid,
                generation: self.generation(subnet.netuid).await?,
                hotkey: hotkey.id,
            });
        }
        Ok(plans)
    }

    /// The generation of the subnet that lives under `netuid` now.
    pub async fn generation(&self, netuid: u16) -> Result<u64> {
        let best = self.chain.best().await?;
        let found: Option<staking::Subnet> = self.chain.ask("StakingStandInApi_subnet", netuid, &best).await?;
        Ok(found.context("there is no such subnet")?.counter)
    }

    async fn deploy(&self, plans: &[MarketPlan]) -> Result<()> {
        self.deployment(plans).run(&self.node.url()).await?;
        Ok(())
    }

    /// `keeper deploy` for these markets.
    pub fn deployment<'a>(&'a self, markets: &'a [MarketPlan]) -> Deployment<'a> {
        Deployment {
            folder: &self.folder,
            deployer: &self.root,
            suite: self.suite_plan.as_ref(),
            markets,
        }
    }

    /// Ledger alpha for everybody, the first liquidity, and lenders.
    async fn fill(&self, market: &Market) -> Result<()> {
        let Market { plan, client, hotkey } = market;
        let pool = plan.alpha_for(POOL_TAO);
        let deposit = |amount: u64| client.call("deposit_alpha", (hotkey.id, amount), 0);
        let mut calls = vec![(deposit(3 * pool)?, &self.maker)];
        for trader in &self.traders {
            calls.push((deposit(pool / TRADER_PART)?, trader));
        }
        self.chain.execute(&calls).await?;
        let add = (pool, 0u128, u32::MAX, Settlement::Ledger);
        let add = client.call("add_liquidity", add, POOL_TAO)?;
        let lend = client.call("lend", pool / LENT_PART, 0)?;
        self.chain.execute(&[(add, &self.maker), (lend, &self.maker)]).await
    }

    /// Connects again, after the node was restarted.
    pub async fn reconnect(&mut self) -> Result<()> {
        self.chain = Chain::connect(&self.node.url(), self.seals).await?;
        Ok(())
    }

    /// A keeper for these markets, signing as `uri` and reaching the chain through `endpoints`.
    pub fn keeper_setup(&self, name: &str, uri: &str, endpoints: Vec<String>) -> KeeperSetup {
        KeeperSetup {
            name: name.to_owned(),
            folder: self.folder.clone(),
            endpoints,
            uri: uri.to_owned(),
            deployments: self.deployment(&[]).file(),
            harvest_blocks: u32::from(self.tempo),
            timeout_ms: 10_000,
            stall_ms: 60_000,
        }
    }

    /// Starts a keeper and waits until it is ready, sealing blocks meanwhile if nobody else does.
    pub async fn start_keeper(&self, setup: &KeeperSetup) -> Result<Keeper> {
        let mut keeper = Keeper::start(setup)?;
        self.chain.with_blocks(keeper.ready()).await?;
        Ok(keeper)
    }

    /// Sudo's calls.
    pub async fn sudo(&self, calls: Vec<Extrinsic>) -> Result<()> {
        let calls: Vec<_> = calls.into_iter().map(|call| (call, &self.root)).collect();
        self.chain.execute(&calls).await
    }
}

/// An empty folder.
pub fn fresh_folder(path: &Path) -> Result<PathBuf> {
    if path.exists() {
        std::fs::remove_dir_all(path).with_context(|| format!("cannot clear {}", path.display()))?;
    }
    std::fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))?;
    Ok(path.canonicalize()?)
}
