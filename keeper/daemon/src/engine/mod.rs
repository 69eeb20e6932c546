//! The keeper's work: per new head, collect what happened, decide what is due, execute it.

mod executor;
mod kept;
mod status;
mod sync;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use codec::Decode;
use keeper_chain::{BlockEvents, BlockId, Chain, ChainError, Class, Heads, MarketContract, Signer};
use keeper_core::{decide, Budget, Cooldowns, Duty, Expense, Job, Standing};
use keeper_store::{Entry, Identity, Outcome, Store, StoreError};

use crate::config::Config;
use crate::metrics::{level, Metrics};
use kept::Kept;
use sync::Applied;

pub use status::Status;

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

/// Everything the keeper works with.
pub struct Engine {
    chain: Arc<Chain>,
    signer: Signer,
    config: Config,
    store: Store,
    metrics: Arc<Metrics>,
    markets: BTreeMap<[u8; 32], Kept>,
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
        targets: &[Target],
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
        for Target { contract, .. } in targets {
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
        let deployed = targets
            .iter()
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
        self.follow_finalized(&heads.finalized).await?;
        self.follow_best(&heads.best).await?;
        self.best = heads.best.number;
        self.finalized = heads.finalized;
        let oldest = self.config.tempo.refresh_blocks;
        let chain = self.chain.clone();
        let connection = chain.connection().await?;
        for kept in self.markets.values_mut() {
            match kept.refresh(&connection, &heads.best, oldest).await {
                Err(error) if error.class() == Class::Transient => {
                    if error.blames_endpoint() {
                        chain.leave(&connection, &error).await;
                    }
                    return Err(error.into());
                }
                // One market that cannot be read is no reason to leave the others alone.
                Err(error) => {
                    self.metrics.errors.with_label_values(&[error.class().name()]).inc();
                    tracing::error!(market = kept.name, %error, "the market cannot be read");
                }
                Ok(()) => {}
            }
        }
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
                if in_flight.contains(&key) {
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
        self.metrics.decision.observe(started.elapsed().as_secs_f64());
        jobs
    }

    /// Duties of transactions that may still be included. Those in a block of the best chain count as done: should that block
    /// be taken back, they are in flight again.
    fn duties_in_flight(&self) -> HashSet<([u8; 32], Duty)> {
        let included = self.included_at_best();
        let mut duties = HashSet::new();
        for entry in self.store.open_entries().filter(|entry| !included.contains(&entry.seq)) {
            if let Ok(job) = Job::decode(&mut entry.planned.job.as_slice()) {
                duties.extend(job.duties().into_iter().map(|duty| (entry.planned.market, duty)));
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
        let market = self
            .markets
            .get(&entry.planned.market)
            .map_or("?", |kept| kept.name.as_str());
        let label = match outcome {
            Outcome::Succeeded { block, fee } => {
                self.metrics.fees.inc_by(fee);
                self.metrics.rewards.inc_by(entry.planned.reward);
                tracing::info!(market, kind, block, fee, reward = entry.planned.reward, "done");
                "succeeded"
            }
            Outcome::Reverted { block, fee } => {
                self.metrics.fees.inc_by(fee);
                tracing::info!(
                    market,
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
            let key = (entry.planned.market, duty);
            match outcome {
                Outcome::Succeeded { .. } if matches!(duty, Duty::Claim(_)) => {
                    self.cooldowns
                        .rest_until(key, self.best.saturating_add(self.config.tempo.sweep_blocks));
                }
                Outcome::Succeeded { block, .. } => {
                    self.cooldowns.worked(&key);
                    if let Some(kept) = self.markets.get_mut(&entry.planned.market) {
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
