//! Keeps the markets' positions in step with the chain.
//!
//! What finalized blocks say is written to the store, each block once. What best blocks say beyond that lives in memory
//! only: when they are taken back, the positions they touched are restored from the store.

use std::collections::BTreeSet;
use std::sync::Arc;

use keeper_chain::governance::{news, News};
use keeper_chain::{BlockEvents, BlockId, ChainError, Class, Connection, Emitted, Holding};
use keeper_core::Duty;
use keeper_store::{BlockChanges, Cursor, Entry, Outcome, PositionChange};

use super::{Engine, EngineError};

/// A block of the best chain that is not finalized, as it was applied.
pub struct Applied {
    block: BlockId,
    touched: Vec<([u8; 32], u32)>,
    /// Journal entries it includes.
    included: Vec<u64>,
}

/// What a block means for the markets that are kept.
#[derive(Default)]
struct Reading {
    harvested: Vec<[u8; 32]>,
    /// Markets whose validators were measured, moved or changed.
    compared: BTreeSet<[u8; 32]>,
    holdings: Vec<([u8; 32], Holding)>,
    accounts: Vec<([u8; 32], [u8; 32])>,
    touched: BTreeSet<[u8; 32]>,
    /// What happened to what governs the markets, by contract.
    news: Vec<([u8; 32], News)>,
    /// Open journal entries that the block includes, and what became of them.
    ours: Vec<(u64, Outcome)>,
}

impl Engine {
    /// Processes every finalized block up to `finalized`, one by one, or by a sweep when there are too many of them or the node
    /// has forgotten them.
    ///
    /// # Errors
    /// Of the chain and the store. What was committed stays committed; the rest is done at the next attempt.
    pub(super) async fn follow_finalized(&mut self, finalized: &BlockId) -> Result<(), EngineError> {
        let Some(cursor) = self.store.cursor() else {
            return self.start(finalized).await;
        };
        let gap = finalized.number.saturating_sub(cursor.number);
        if gap > self.config.tempo.max_gap_blocks {
            tracing::warn!(gap, "too many blocks were missed; sweeping");
            return self.sweep_all(finalized).await;
        }
        for number in cursor.number.saturating_add(1)..=finalized.number {
            match self.finalize_at(number, finalized).await {
                Err(EngineError::Chain(error))
                    if number < finalized.number && (error.is_forgotten() || error.class() == Class::Permanent) =>
                {
                    tracing::warn!(number, %error, "a missed block cannot be read; sweeping");
                    return self.sweep_all(finalized).await;
                }
                other => other?,
            }
        }
        self.sweep_unknown().await?;
        let due = finalized.number.saturating_sub(self.config.tempo.sweep_blocks);
        let old: Vec<[u8; 32]> = self.swept_before(due)?;
        if old.is_empty() {
            return Ok(());
        }
        self.sweep(finalized, &old).await
    }

    /// Applies the best chain beyond the finalized block, taking back what is no longer part of it.
    ///
    /// # Errors
    /// Of the chain and the store.
    pub(super) async fn follow_best(&mut self, best: &BlockId) -> Result<(), EngineError> {
        let Some(cursor) = self.store.cursor() else {
            return Ok(());
        };
        if best.number < cursor.number {
            // An endpoint that lags behind the one asked before: nothing it says is new.
            return Ok(());
        }
        let mut branch = Vec::new();
        let mut next = *best;
        let joint = loop {
            if next.number <= cursor.number {
                break next.hash;
            }
            if self.applied.iter().any(|applied| applied.block.hash == next.hash) {
                break next.hash;
            }
            branch.push(next);
            let (parent, number) = (next.parent, next.number.saturating_sub(1));
            if number == cursor.number {
                break parent;
            }
            let found = self
                .chain
                .ask(async |connection| connection.block(parent).await)
                .await?;
            next = found.ok_or(ChainError::BlockUnavailable { number })?;
        };
        let head = self.applied.last().map_or(cursor.hash, |applied| applied.block.hash);
        if joint != head {
            if self.applied.is_empty() {
                // The endpoint's best chain lacks our finalized block: it is on a fork that was given up.
                return Err(ChainError::BlockUnavailable { number: cursor.number }.into());
            }
            self.take_back()?;
            return Box::pin(self.follow_best(best)).await;
        }
        for block in branch.iter().rev() {
            self.apply(block).await?;
        }
        Ok(())
    }

    async fn finalize_at(&mut self, number: u32, finalized: &BlockId) -> Result<(), EngineError> {
        let block = if number == finalized.number {
            *finalized
        } else {
            self.block_at(number).await?
        };
        self.finalize(&block).await
    }

    async fn finalize(&mut self, block: &BlockId) -> Result<(), EngineError> {
        let at = Cursor {
            number: block.number,
            hash: block.hash,
        };
        let reading = self.read(block).await?;
        let known = self
            .applied
            .first()
            .is_some_and(|applied| applied.block.hash == block.hash);
        if !known {
            self.take_back()?;
        }
        let mut closed = reading.ours.clone();
        closed.extend(self.settled(block, &reading.ours).await?);
        let changes = BlockChanges {
            swept: Vec::new(),
            positions: reading
                .holdings
                .iter()
                .map(|(market, holding)| change(*market, *holding))
                .collect(),
            accounts: reading.accounts.clone(),
            closed: closed.clone(),
        };
        let entries: Vec<(Entry, Outcome)> = closed
            .iter()
            .filter_map(|(seq, outcome)| {
                let entry = self.store.open_entries().find(|entry| entry.seq == *seq)?;
                Some((entry.clone(), *outcome))
            })
            .collect();
        self.store.commit_block(at, &changes)?;
        self.created.extend(self.markets_of_ours(&reading));
        for governed in &mut self.governed {
            governed.settle(block.number);
        }
        if known {
            self.applied.remove(0);
        } else {
            self.learn(block, &reading);
        }
        for (entry, outcome) in entries {
            self.account_for(&entry, outcome);
        }
        Ok(())
    }

    /// Open entries that `block` does not include and that can no longer be included.
    async fn settled(&self, block: &BlockId, included: &[(u64, Outcome)]) -> Result<Vec<(u64, Outcome)>, EngineError> {
        let open: Vec<&Entry> = self
            .store
            .open_entries()
            .filter(|entry| included.iter().all(|(seq, _)| *seq != entry.seq))
            .collect();
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.signer.account();
        let nonce = self
            .chain
            .ask(async |connection| connection.nonce(&account, block.hash).await)
            .await?;
        let judged = open
            .into_iter()
            .filter_map(|entry| match keeper_store::verdict(entry, block.number, nonce) {
                keeper_store::Verdict::Close(outcome) => Some((entry.seq, outcome)),
                keeper_store::Verdict::Pending => None,
            });
        Ok(judged.collect())
    }

    async fn apply(&mut self, block: &BlockId) -> Result<(), EngineError> {
        let reading = self.read(block).await?;
        self.learn(block, &reading);
        let touched = reading
            .holdings
            .iter()
            .map(|(market, holding)| (*market, holding.id))
            .collect();
        let included = reading.ours.iter().map(|(seq, _)| *seq).collect();
        self.applied.push(Applied {
            block: *block,
            touched,
            included,
        });
        Ok(())
    }

    /// Markets that the registry created with the code that this keeper knows.
    fn markets_of_ours(&self, reading: &Reading) -> Vec<[u8; 32]> {
        let known = self.suite.as_ref().map(|suite| suite.market_bundle.code_hash());
        let created = reading.news.iter().filter_map(|(_, news)| match news {
            News::Market { address, code_hash } if Some(*code_hash) == known => Some(*address),
            _ => None,
        });
        created.collect()
    }

    fn learn(&mut self, block: &BlockId, reading: &Reading) {
        for (contract, news) in &reading.news {
            for governed in &mut self.governed {
                // An objection is told by the DAO and concerns the handover: both are in the same place.
                if governed.contract(contract).is_some() {
                    governed.learn(news);
                }
            }
        }
        for (_, news) in &reading.news {
            if let Some(emission) = &mut self.emission {
                emission.learn(news);
            }
        }
        for (market, holding) in &reading.holdings {
            if let Some(kept) = self.markets.get_mut(market) {
                kept.set(*holding);
            }
        }
        for (market, account) in &reading.accounts {
            if let Some(kept) = self.markets.get_mut(market) {
                kept.accounts.insert(*account);
            }
        }
        for market in &reading.harvested {
            if let Some(kept) = self.markets.get_mut(market) {
                kept.book.harvest(block.number);
            }
            // What had nothing to move was measured anew.
            self.cooldowns.worked(&(*market, Duty::Rebalance));
        }
        for market in &reading.compared {
            if let Some(kept) = self.markets.get_mut(market) {
                kept.touch_validators();
            }
        }
        for market in &reading.touched {
            if let Some(kept) = self.markets.get_mut(market) {
                kept.touch();
                kept.book.touch(block.number);
            }
        }
    }

    /// Restores positions as they were at the cursor.
    fn take_back(&mut self) -> Result<(), EngineError> {
        for applied in std::mem::take(&mut self.applied) {
            self.metrics.retracted.inc();
            for (market, id) in applied.touched {
                let (escrow, debt_scaled) = self.store.position(&market, id)?.unwrap_or_default();
                if let Some(kept) = self.markets.get_mut(&market) {
                    kept.set(Holding {
                        id,
                        escrow,
                        debt_scaled,
                    });
                }
            }
        }
        for kept in self.markets.values_mut() {
            kept.touch();
            kept.touch_validators();
        }
        for governed in &mut self.governed {
            governed.take_back();
        }
        if let Some(emission) = &mut self.emission {
            emission.touch();
        }
        Ok(())
    }

    /// Journal entries that a block of the best chain includes: they need not be sent again, and their duties are free.
    pub(super) fn included_at_best(&self) -> BTreeSet<u64> {
        self.applied
            .iter()
            .flat_map(|applied| applied.included.iter().copied())
            .collect()
    }

    async fn read(&mut self, block: &BlockId) -> Result<Reading, EngineError> {
        let events = self.events(block).await?;
        let mut reading = Reading::default();
        for emitted in &events.emitted {
            let Some(kept) = self.markets.get(&emitted.contract) else {
                if let Some(news) = self.news(emitted)? {
                    if let News::Enrolled(account) = news {
                        reading.accounts.push((emitted.contract, account));
                    }
                    reading.news.push((emitted.contract, news));
                }
                continue;
            };
            reading.touched.insert(emitted.contract);
            let Some(meaning) = kept.contract.meaning(emitted).map_err(ChainError::from)? else {
                continue;
            };
            tracing::debug!(market = kept.name, block = block.number, event = meaning.name, "event");
            if meaning.name == "DividendsHarvested" {
                reading.harvested.push(emitted.contract);
            }
            if COMPETING.contains(&meaning.name.as_str()) {
                reading.compared.insert(emitted.contract);
            }
            reading
                .holdings
                .extend(meaning.position.map(|holding| (emitted.contract, holding)));
            reading
                .accounts
                .extend(meaning.account.map(|account| (emitted.contract, account)));
        }
        if self.store.open_entries().next().is_some() {
            let extrinsics = self
                .chain
                .ask(async |connection| connection.extrinsics(block).await)
                .await?;
            for (index, bytes) in extrinsics.iter().enumerate() {
                let hash = keeper_chain::block::transaction_hash(bytes);
                let Some(entry) = self.store.open_entries().find(|entry| entry.planned.hash == hash) else {
                    continue;
                };
                let fate = events.fates.get(index).cloned().unwrap_or_default();
                let (block, fee) = (block.number, fate.fee);
                let outcome = match fate.error {
                    None => Outcome::Succeeded { block, fee },
                    Some(error) => {
                        tracing::debug!(block, %error, "a transaction of ours failed");
                        Outcome::Reverted { block, fee }
                    }
                };
                reading.ours.push((entry.seq, outcome));
            }
        }
        Ok(reading)
    }

    /// What an event of a DAO, a handover, the registry or the emission contract means.
    fn news(&self, emitted: &Emitted) -> Result<Option<News>, ChainError> {
        let registry = self.suite.as_ref().and_then(|suite| suite.registry.as_ref());
        let contract = self
            .governed
            .iter()
            .find_map(|governed| governed.contract(&emitted.contract))
            .or(registry.filter(|registry| registry.address == emitted.contract))
            .or(self.emitting(&emitted.contract).map(|emission| &emission.contract));
        match contract {
            Some(contract) => Ok(news(contract, emitted)?),
            None => Ok(None),
        }
    }

    /// A block's events; those of the last blocks are remembered, because each is read as a best block and as a finalized one.
    async fn events(&mut self, block: &BlockId) -> Result<Arc<BlockEvents>, EngineError> {
        if let Some((_, events)) = self.remembered.iter().find(|(hash, _)| *hash == block.hash) {
            return Ok(events.clone());
        }
        let events = Arc::new(
            self.chain
                .ask(async |connection| connection.events(block).await)
                .await?,
        );
        if self.remembered.len() >= REMEMBERED {
            self.remembered.pop_front();
        }
        self.remembered.push_back((block.hash, events.clone()));
        Ok(events)
    }

    async fn block_at(&self, number: u32) -> Result<BlockId, ChainError> {
        self.chain
            .ask(async |connection| connection.block_at(number).await)
            .await
    }

    /// The first block of a new store: the one before the markets were deployed when that is near, because then the blocks
    /// since tell everything; a sweep otherwise.
    async fn start(&mut self, finalized: &BlockId) -> Result<(), EngineError> {
        let first = self.deployed.map(|block| block.saturating_sub(1));
        let Some(first) = first.filter(|first| {
            *first <= finalized.number && finalized.number.abs_diff(*first) <= self.config.tempo.max_gap_blocks
        }) else {
            return self.sweep_all(finalized).await;
        };
        let block = self.block_at(first).await?;
        let swept = self.markets.keys().copied().collect();
        let changes = BlockChanges {
            swept,
            ..BlockChanges::default()
        };
        self.store.commit_block(
            Cursor {
                number: block.number,
                hash: block.hash,
            },
            &changes,
        )?;
        Box::pin(self.follow_finalized(finalized)).await
    }

    async fn sweep_all(&mut self, at: &BlockId) -> Result<(), EngineError> {
        let all: Vec<[u8; 32]> = self.markets.keys().copied().collect();
        self.sweep(at, &all).await
    }

    /// Sweeps markets that have been added to the configuration since the store was written.
    async fn sweep_unknown(&mut self) -> Result<(), EngineError> {
        let Some(cursor) = self.store.cursor() else {
            return Ok(());
        };
        let mut unknown = Vec::new();
        for market in self.markets.keys() {
            if self.store.swept_at(market)?.is_none() {
                unknown.push(*market);
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let block = BlockId {
            number: cursor.number,
            hash: cursor.hash,
            parent: [0; 32],
        };
        self.sweep(&block, &unknown).await
    }

    fn swept_before(&self, due: u32) -> Result<Vec<[u8; 32]>, EngineError> {
        let mut old = Vec::new();
        for market in self.markets.keys() {
            if self.store.swept_at(market)?.is_none_or(|block| block < due) {
                old.push(*market);
            }
        }
        Ok(old)
    }

    /// Reads all positions of `markets` at the finalized block `at` and replaces what is known of them.
    async fn sweep(&mut self, at: &BlockId, markets: &[[u8; 32]]) -> Result<(), EngineError> {
        self.take_back()?;
        let mut changes = BlockChanges {
            swept: markets.to_vec(),
            ..BlockChanges::default()
        };
        for market in markets {
            let Some(kept) = self.markets.get(market) else { continue };
            let contract = kept.contract.clone();
            let holdings = self
                .chain
                .ask(async |connection: Arc<Connection>| contract.positions(&connection, at).await)
                .await?;
            let known: BTreeSet<(u32, u64, u64)> = kept
                .book
                .index()
                .iter()
                .map(|(id, e)| (id, e.escrow, e.debt_scaled))
                .collect();
            let found: BTreeSet<(u32, u64, u64)> = holdings.iter().map(|h| (h.id, h.escrow, h.debt_scaled)).collect();
            let repaired = known.symmetric_difference(&found).count();
            tracing::info!(
                market = kept.name,
                positions = holdings.len(),
                repaired,
                block = at.number,
                "swept"
            );
            if self.store.swept_at(market)?.is_some() {
                self.metrics.repairs.inc_by(u64::try_from(repaired).unwrap_or(u64::MAX));
            }
            changes
                .positions
                .extend(holdings.into_iter().map(|holding| change(*market, holding)));
        }
        changes.closed = self.settled(at, &[]).await?;
        self.store.commit_block(
            Cursor {
                number: at.number,
                hash: at.hash,
            },
            &changes,
        )?;
        for market in markets {
            if let Some(kept) = self.markets.get_mut(market) {
                kept.book.index_mut().clear();
                kept.touch();
            }
        }
        for PositionChange {
            market,
            id,
            escrow,
            debt_scaled,
        } in changes.positions
        {
            if let Some(kept) = self.markets.get_mut(&market) {
                kept.set(Holding {
                    id,
                    escrow,
                    debt_scaled,
                });
            }
        }
        Ok(())
    }
}

/// Events after which a market's validators hold, or have been measured to hold, something else.
const COMPETING: [&str; 4] = [
    "DividendsHarvested",
    "StakeRebalanced",
    "ValidatorChanged",
    "HotkeyAdopted",
];

/// Blocks whose events are remembered: more than are between the best and the finalized one on a healthy chain.
const REMEMBERED: usize = 64;

fn change(market: [u8; 32], holding: Holding) -> PositionChange {
    let Holding {
        id,
        escrow,
        debt_scaled,
    } = holding;
    PositionChange {
        market,
        id,
        escrow,
        debt_scaled,
    }
}
