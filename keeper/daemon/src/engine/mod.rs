//! The keeper's work: per new head, collect what happened, decide what is due, execute it.

mod economy;
mod emitting;
mod executor;
mod governed;
mod kept;
mod refresh;
mod status;
mod sync;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use codec::Decode;
use keeper_chain::suite::{markets, FinalityReport};
use keeper_chain::{
    BlockEvents, BlockId, Bundle, Chain, ChainError, Connection, Contract, Heads, MarketContract, Signer,
};
use keeper_core::{decide, Budget, Cooldowns, Duty, Expense, Job, Kind, Standing};
use keeper_store::{Entry, Identity, Outcome, Store, StoreError};
use kernel::handover::Capability;

use crate::config::Config;
use crate::metrics::{level, stage_level, Metrics};
use emitting::Emitting;
use governed::Governed;
use kept::Kept;
use sync::Applied;

pub use economy::{ChallengeStatus, EmissionStatus, SeatStatus, ValidatorStatus};
pub use status::{MarketStatus, Status};

/// Why the engine could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The chain failed.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A market to be kept, as configuration names it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its address.
    pub contract: MarketContract,
    /// Block of its deployment, if known.
    pub deployed: Option<u32>,
}

/// What governs the markets, as configuration names it.
#[derive(Clone, Debug)]
pub struct Suite {
    /// DAOs.
    pub daos: Vec<Contract>,
    /// The handover.
    pub handover: Option<Contract>,
    /// What settles emission.
    pub emission: Option<Contract>,
    /// Where markets are found.
    pub registry: Option<Contract>,
    /// The bundle of DAOs.
    pub dao_bundle: Arc<Bundle>,
    /// The bundle of markets.
    pub market_bundle: Arc<Bundle>,
}

/// Everything to be kept.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// The markets.
    pub markets: Vec<Target>,
    /// What governs them, if it is known.
    pub suite: Option<Suite>,
}

/// Everything the keeper works with.
pub struct Engine {
    chain: Arc<Chain>,
    signer: Signer,
    config: Config,
    store: Store,
    metrics: Arc<Metrics>,
    markets: BTreeMap<[u8; 32], Kept>,
    governed: Vec<Governed>,
    emission: Option<Emitting>,
    suite: Option<Suite>,
    /// Markets that the registry created in finalized blocks, to be kept from the next pass on.
    created: Vec<[u8; 32]>,
    cooldowns: Cooldowns<([u8; 32], Duty)>,
    budget: Budget,
    /// Blocks of the best chain after the cursor, oldest first.
    applied: Vec<Applied>,
    remembered: VecDeque<([u8; 32], Arc<BlockEvents>)>,
    /// Block of the first deployment, when that of every market is known.
    deployed: Option<u32>,
    /// Height of the best block of the last pass.
    best: u32,
    /// The finalized block of the last pass.
    finalized: BlockId,
    /// Endpoints left when everything in flight was last handed to the current one; none since the start.
    sent_after_failovers: Option<u64>,
}

/// What one pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pass {
    /// The best block it was based on.
    pub best: u32,
    /// Jobs that were due.
    pub due: usize,
    /// Transactions sent.
    pub sent: usize,
}

impl Engine {
    /// Opens the store and reads the markets.
    ///
    /// # Errors
    /// Of the chain, the store, or bundles that do not fit this keeper.
    pub async fn open(
        chain: Arc<Chain>,
        signer: Signer,
        config: Config,
        targets: &Targets,
        metrics: Arc<Metrics>,
    ) -> Result<Self, EngineError> {
        let genesis = chain.ask(async |connection| Ok(connection.genesis())).await?;
        let store = Store::open(
            &config.store.path,
            Identity {
                chain: genesis,
                signer: signer.account(),
            },
        )?;
        let best = chain.ask(async |connection| connection.best().await).await?;
        let mut markets = BTreeMap::new();
        for Target { contract, .. } in &targets.markets {
            let mut kept = chain
                .ask(async |connection| Kept::read(contract.clone(), &connection, &best).await)
                .await?;
            for (id, escrow, debt_scaled) in store.positions(&contract.address)? {
                kept.set(keeper_chain::Holding {
                    id,
                    escrow,
                    debt_scaled,
                });
            }
            kept.accounts.extend(store.accounts(&contract.address)?);
            tracing::info!(market = kept.name, positions = kept.book.index().len(), "keeping");
            metrics.positions.with_label_values(&[&kept.name]);
            metrics.above_limit.with_label_values(&[&kept.name]);
            markets.insert(contract.address, kept);
        }
        let mut budget = Budget::new(config.limits());
        for entry in store.entries_since(best.number.saturating_sub(config.budget.period_blocks))? {
            budget.book(expense_of(&entry));
        }
        let (governed, created) = governance(&chain, targets.suite.as_ref(), &store, &best).await?;
        // Of markets that only the registry names, nobody says whether they are older than the others.
        let all_known = created.iter().all(|market| markets.contains_key(market));
        let deployed = targets
            .markets
            .iter()
            .filter(|_| all_known)
            .map(|target| target.deployed)
            .collect::<Option<Vec<u32>>>();
        Ok(Self {
            cooldowns: Cooldowns::new(config.tempo.longest_rest_blocks),
            deployed: deployed.and_then(|blocks| blocks.into_iter().min()),
            chain,
            signer,
            config,
            store,
            metrics,
            markets,
            governed,
            emission: targets.suite.as_ref().and_then(|suite| {
                let contract = suite.emission.clone()?;
                Some(Emitting::new(contract, suite.registry.clone()))
            }),
            suite: targets.suite.clone(),
            created,
            budget,
            applied: Vec::new(),
            remembered: VecDeque::new(),
            best: best.number,
            finalized: best,
            sent_after_failovers: None,
        })
    }

    /// One pass: collect, decide, execute.
    ///
    /// # Errors
    /// Of the chain and the store; what was not done is still due at the next pass.
    pub async fn pass(&mut self, heads: &Heads) -> Result<Pass, EngineError> {
        let started = Instant::now();
        self.keep_created(&heads.finalized).await?;
        self.follow_finalized(&heads.finalized).await?;
        self.follow_best(&heads.best).await?;
        self.best = heads.best.number;
        self.finalized = heads.finalized;
        self.refresh(&heads.best).await?;
        self.resend(&heads.best).await?;
        let jobs = self.decide();
        let mut pass = Pass {
            best: self.best,
            due: jobs.len(),
            sent: 0,
        };
        for (market, job) in jobs {
            if self.execute(market, job, &heads.best).await? {
                pass.sent = pass.sent.saturating_add(1);
            }
        }
        self.report(heads);
        self.metrics.tick.observe(started.elapsed().as_secs_f64());
        Ok(pass)
    }

    /// Reads everything that a status shows, and decides nothing.
    ///
    /// # Errors
    /// As [`Engine::pass`].
    pub async fn look(&mut self, at: &BlockId) -> Result<(), EngineError> {
        self.best = at.number;
        self.refresh(at).await
    }

    /// A pass that starts nothing new: it only follows what is in flight.
    ///
    /// # Errors
    /// As [`Engine::pass`].
    pub async fn watch(&mut self, heads: &Heads) -> Result<(), EngineError> {
        self.follow_finalized(&heads.finalized).await?;
        self.follow_best(&heads.best).await?;
        self.best = heads.best.number;
        self.resend(&heads.best).await
    }

    /// What is due in the state of the best block, which is also the one that dry runs see.
    fn decide(&mut self) -> Vec<([u8; 32], Job)> {
        let started = Instant::now();
        self.cooldowns.forget_old(self.best);
        let in_flight = self.duties_in_flight();
        let tempo = self.config.tempo();
        let mut jobs = Vec::new();
        for (address, kept) in &self.markets {
            let standing = |duty: &Duty| {
                let key = (*address, *duty);
                // What nobody here does is not waited for.
                if *duty == Duty::Harvest && self.config.terms(Kind::Harvest).is_none() {
                    Standing::Resting
                } else if in_flight.contains(&key) {
                    Standing::InFlight
                } else if self.cooldowns.ready(&key, self.best) {
                    Standing::Free
                } else {
                    Standing::Resting
                }
            };
            let ended = kept.book.state().terminal.is_some();
            let accounts: Vec<[u8; 32]> = if ended {
                kept.accounts.iter().copied().collect()
            } else {
                Vec::new()
            };
            let decided = decide(&kept.book, kept.alive, self.best, &tempo, &accounts, standing);
            let decision = match decided {
                Ok(decision) if kept.readable => decision,
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(market = kept.name, ?error, "the market's state contradicts the kernel");
                    continue;
                }
            };
            self.metrics
                .positions
                .with_label_values(&[&kept.name])
                .set(level(kept.book.index().len()));
            self.metrics
                .above_limit
                .with_label_values(&[&kept.name])
                .set(level(decision.above_limit));
            let wanted = decision
                .jobs
                .into_iter()
                .filter(|job| self.config.terms(job.kind()).is_some());
            jobs.extend(wanted.map(|job| (*address, job)));
        }
        jobs.extend(self.decide_emission(&in_flight));
        let tempo = self.config.governance.tempo();
        for governed in self.governed.iter_mut().filter(|governed| governed.readable) {
            let standing = |duty: &Duty| {
                let Some(contract) = governed.at_home(duty.home()) else {
                    return Standing::Resting;
                };
                let key = (contract.address, *duty);
                if in_flight.contains(&key) {
                    Standing::InFlight
                } else if self.cooldowns.ready(&key, self.best) {
                    Standing::Free
                } else {
                    Standing::Resting
                }
            };
            let due = governed.book.decide(self.best, &tempo, standing);
            if !due.iter().any(|job| matches!(job, Job::Reconcile(_))) {
                governed.book.reconciled(self.best, &tempo);
            }
            for job in due {
                let wanted = self.config.terms(job.kind()).is_some();
                if let Some(contract) = governed.at_home(job.kind().home()).filter(|_| wanted) {
                    jobs.push((contract.address, job));
                }
            }
            measure(&self.metrics, governed, self.best);
        }
        self.metrics.decision.observe(started.elapsed().as_secs_f64());
        jobs
    }

    /// What emission needs: epochs settled, seats given and taken.
    fn decide_emission(&self, in_flight: &HashSet<([u8; 32], Duty)>) -> Vec<([u8; 32], Job)> {
        let Some(emission) = self.emission.as_ref().filter(|emission| emission.readable) else {
            return Vec::new();
        };
        let address = emission.contract.address;
        let standing = |duty: &Duty| {
            let key = (address, *duty);
            if in_flight.contains(&key) {
                Standing::InFlight
            } else if self.cooldowns.ready(&key, self.best) {
                Standing::Free
            } else {
                Standing::Resting
            }
        };
        let due = emission.book.decide(self.best, standing);
        due.into_iter()
            .filter(|job| self.config.terms(job.kind()).is_some())
            .map(|job| (address, job))
            .collect()
    }

    /// Any contract that is kept.
    fn contract(&self, address: &[u8; 32]) -> Option<Contract> {
        if let Some(emission) = self.emitting(address) {
            return Some(emission.contract.clone());
        }
        match self.markets.get(address) {
            Some(kept) => Some(kept.contract.contract()),
            None => self
                .governed
                .iter()
                .find_map(|governed| governed.contract(address))
                .cloned(),
        }
    }

    /// The emission contract, if it is the one at an address.
    fn emitting(&self, address: &[u8; 32]) -> Option<&Emitting> {
        self.emission
            .as_ref()
            .filter(|emission| emission.contract.address == *address)
    }

    /// A kept contract's name, for people.
    fn name(&self, address: &[u8; 32]) -> &str {
        let governed = || {
            self.governed
                .iter()
                .find(|governed| governed.contract(address).is_some())
        };
        match self.markets.get(address) {
            Some(kept) => &kept.name,
            None if self.emitting(address).is_some() => "emission",
            None => governed().map_or("?", |governed| &governed.name),
        }
    }

    /// Notes that a contract's state may be another than was read.
    fn touch(&mut self, address: &[u8; 32]) {
        if let Some(kept) = self.markets.get_mut(address) {
            kept.touch();
        }
        for governed in &mut self.governed {
            if governed.contract(address).is_some() {
                governed.touch();
            }
        }
        if let Some(emission) = self.emission.as_mut() {
            if emission.contract.address == *address {
                emission.touch();
            }
        }
    }

    /// Duties of transactions that may still be included. Those in a block of the best chain count as done: should that block
    /// be taken back, they are in flight again.
    fn duties_in_flight(&self) -> HashSet<([u8; 32], Duty)> {
        let included = self.included_at_best();
        let mut duties = HashSet::new();
        for entry in self.store.open_entries().filter(|entry| !included.contains(&entry.seq)) {
            if let Ok(job) = Job::decode(&mut entry.planned.job.as_slice()) {
                duties.extend(job.duties().into_iter().map(|duty| (entry.planned.contract, duty)));
            }
        }
        duties
    }

    /// Books what became of a transaction.
    fn account_for(&mut self, entry: &Entry, outcome: Outcome) {
        let Ok(job) = Job::decode(&mut entry.planned.job.as_slice()) else {
            return;
        };
        let kind = job.kind().message();
        let contract = self.name(&entry.planned.contract);
        let label = match outcome {
            Outcome::Succeeded { block, fee } => {
                self.metrics.fees.inc_by(fee);
                self.metrics.rewards.inc_by(entry.planned.reward);
                tracing::info!(contract, kind, block, fee, reward = entry.planned.reward, "done");
                "succeeded"
            }
            Outcome::Reverted { block, fee } => {
                self.metrics.fees.inc_by(fee);
                tracing::info!(
                    contract,
                    kind,
                    block,
                    fee,
                    "reverted: somebody was faster, or the state moved"
                );
                "reverted"
            }
            Outcome::Expired => "expired",
            Outcome::Superseded => "superseded",
            Outcome::Refused => "refused",
        };
        self.metrics.transactions.with_label_values(&[kind, label]).inc();
        for duty in job.duties() {
            let key = (entry.planned.contract, duty);
            match outcome {
                Outcome::Succeeded { .. } if matches!(duty, Duty::Claim(_)) => {
                    self.cooldowns
                        .rest_until(key, self.best.saturating_add(self.config.tempo.sweep_blocks));
                }
                Outcome::Succeeded { .. } if matches!(duty, Duty::Reconcile(_)) => {
                    self.cooldowns
                        .rest_until(key, self.best.saturating_add(self.config.governance.reconcile_blocks));
                }
                Outcome::Succeeded { block, .. } => {
                    self.cooldowns.worked(&key);
                    if let Some(kept) = self.markets.get_mut(&entry.planned.contract) {
                        kept.book.touch(block);
                    }
                }
                _ => self.cooldowns.failed(key, self.best),
            }
        }
    }

    fn report(&mut self, heads: &Heads) {
        self.metrics.best_block.set(level(heads.best.number));
        self.metrics.finalized_block.set(level(heads.finalized.number));
        self.metrics
            .cursor_block
            .set(level(self.store.cursor().map_or(0, |cursor| cursor.number)));
        self.metrics.in_flight.set(level(self.store.open_entries().count()));
        self.metrics.failovers.set(level(self.chain.failovers()));
        let (fees, subsidy) = self.budget.spent();
        self.metrics.period_fees.set(level(fees));
        self.metrics.period_subsidy.set(level(subsidy));
        self.measure_emission();
    }

    /// Housekeeping that need not happen at every block.
    ///
    /// # Errors
    /// Of the chain and the store.
    pub async fn tidy(&mut self) -> Result<(), EngineError> {
        let first = self.best.saturating_sub(self.config.store.journal_blocks);
        let dropped = self.store.prune_journal(first)?;
        if dropped > 0 {
            tracing::debug!(dropped, "journal pruned");
        }
        let account = self.signer.account();
        let balance = self
            .chain
            .ask(async |connection| {
                let best = connection.best().await?;
                connection.balance(&account, &best).await
            })
            .await?;
        self.metrics.balance.set(level(balance));
        Ok(())
    }

    /// Whether nothing is in flight that no block of the best chain holds.
    pub fn is_idle(&self) -> bool {
        let included = self.included_at_best();
        self.store.open_entries().all(|entry| included.contains(&entry.seq))
    }
}

/// What governs the markets, nothing of it read yet, and the markets that the registry knows.
async fn governance(
    chain: &Chain,
    suite: Option<&Suite>,
    store: &Store,
    at: &BlockId,
) -> Result<(Vec<Governed>, Vec<[u8; 32]>), EngineError> {
    let Some(suite) = suite else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut daos = suite.daos.clone();
    let mut obeyed = None;
    if let Some(handover) = &suite.handover {
        let report: FinalityReport = chain
            .ask(async |connection: Arc<Connection>| handover.view(&connection, "finality_report", (), at).await)
            .await?;
        if report.deployer.is_some() {
            tracing::warn!("the handover is not wired yet; start again once it is");
        } else {
            if daos.iter().all(|dao| dao.address != report.dao) {
                daos.push(Contract::new(report.dao, suite.dao_bundle.clone()));
            }
            obeyed = Some(report.dao);
        }
    }
    let mut governed = Vec::new();
    for dao in daos {
        let handover = suite.handover.clone().filter(|_| obeyed == Some(dao.address));
        let enrolled = store.accounts(&dao.address)?;
        governed.push(Governed::new(dao, handover, enrolled));
    }
    let mut created = Vec::new();
    if let Some(registry) = &suite.registry {
        let finalized = chain.ask(async |connection| connection.finalized().await).await?;
        let all = chain
            .ask(async |connection: Arc<Connection>| markets(registry, &connection, &finalized).await)
            .await?;
        let known = suite.market_bundle.code_hash();
        created.extend(
            all.iter()
                .filter(|market| market.code_hash == known)
                .map(|market| market.address),
        );
    }
    Ok((governed, created))
}

fn measure(metrics: &Metrics, governed: &Governed, best: u32) {
    let name = governed.name.as_str();
    let book = &governed.book;
    metrics
        .referenda
        .with_label_values(&[name])
        .set(level(book.open_referenda(best)));
    let Some(powers) = book.powers() else { return };
    metrics
        .operations
        .with_label_values(&[name])
        .set(level(book.waiting_operations(best)));
    for capability in Capability::ALL {
        let stage = powers.calendar.ladder(capability).stage(best);
        metrics
            .stages
            .with_label_values(&[name, &format!("{capability:?}")])
            .set(stage_level(stage));
    }
    metrics
        .certified
        .with_label_values(&[name])
        .set(powers.certified.into());
}

/// What an entry of the journal counts in the budget: what it really cost, once that is known.
fn expense_of(entry: &Entry) -> Expense {
    let (fee, reward) = match entry.state {
        keeper_store::State::Closed(Outcome::Succeeded { fee, .. }) => (fee, entry.planned.reward),
        keeper_store::State::Closed(Outcome::Reverted { fee, .. }) => (fee, 0),
        keeper_store::State::Closed(_) => (0, 0),
        keeper_store::State::Signed | keeper_store::State::Sent => (entry.planned.fee, entry.planned.reward),
    };
    Expense {
        block: entry.planned.signed_at,
        fee,
        reward,
    }
}
