//! Turns a job into a transaction: dry run, price, sign, journal, send.

use std::sync::Arc;

use codec::Encode;
use keeper_chain::value::number;
use keeper_chain::{
    Action, BlockId, Call, ChainError, Class, Connection, Contract, Rehearsal, Signed, Validity, Weight,
};
use keeper_core::{rebalance, reward_to_demand, Declined, Duty, Expense, Job, Kind};
use keeper_store::{Outcome, Planned};

use super::{Engine, EngineError};

/// The runtime's words for a call that needs more computation than there is.
const OUT_OF_GAS: &str = "OutOfGas";

/// The market's word for a liquidation that has to wait until the price has settled.
const PRICE_ABOVE_CAP: &str = "PriceAboveCap";

impl Engine {
    /// Does a job, or the part of it that fits a block. Returns whether a transaction was sent.
    ///
    /// # Errors
    /// Of the store, which must not be ignored, and of the chain when the endpoint is to blame. Anything else makes the job
    /// rest.
    pub(super) async fn execute(&mut self, contract: [u8; 32], job: Job, best: &BlockId) -> Result<bool, EngineError> {
        let kind = job.kind();
        if self.store.open_entries().count() >= self.config.transactions.max_in_flight {
            self.declined(kind, "in_flight");
            return Ok(false);
        }
        match self.try_execute(contract, &job, best).await {
            Ok(sent) => Ok(sent),
            Err(EngineError::Chain(error)) => self.failed(contract, &job, error),
            Err(error) => Err(error),
        }
    }

    async fn try_execute(&mut self, contract: [u8; 32], job: &Job, best: &BlockId) -> Result<bool, EngineError> {
        let kind = job.kind();
        let Some(terms) = self.config.terms(kind) else {
            return Ok(false);
        };
        let (job, rehearsal) = self.rehearse_what_fits(contract, job.clone(), best).await?;
        let reward = reward(kind, &rehearsal);
        if kind == Kind::Claim && paid_out(&rehearsal) < self.config.duties.min_claim_rao {
            self.declined(kind, "unprofitable");
            self.rest(contract, &job, self.config.tempo.sweep_blocks);
            return Ok(false);
        }
        if kind == Kind::Reconcile && number(&rehearsal.answer, "lowered") == Some(0) {
            // The contract accepts it, but no ballot would change.
            self.declined(kind, "lost_race");
            self.rest(contract, &job, self.config.governance.reconcile_blocks);
            return Ok(false);
        }
        let gas = rehearsal
            .run
            .required
            .plus_percent(self.config.transactions.gas_margin_percent);
        let validity = self.validity(best).await?;

        // The fee depends on the call's length and gas limit only, so one signature without a demand tells it.
        let draft = self.sign(contract, &job, 0, gas, &validity).await?;
        let fee = self
            .chain
            .ask(async |connection| connection.fee(&draft.bytes, best).await)
            .await?;
        let expense = Expense {
            block: best.number,
            fee,
            reward,
        };
        let demand = match reward_to_demand(terms, expense, &mut self.budget) {
            Ok(demand) => demand,
            Err(declined) => {
                tracing::debug!(contract = self.name(&contract), kind = kind.message(), %declined, "not sent");
                self.declined(
                    kind,
                    if matches!(declined, Declined::Exhausted(_)) {
                        "budget"
                    } else {
                        "unprofitable"
                    },
                );
                self.rest_after_failure(contract, &job);
                return Ok(false);
            }
        };
        let signed = if demand == 0 {
            draft
        } else {
            self.sign(contract, &job, demand, gas, &validity).await?
        };
        let seq = self.store.begin(Planned {
            contract,
            job: job.encode(),
            nonce: validity.nonce,
            hash: signed.hash,
            bytes: signed.bytes.clone(),
            signed_at: best.number,
            last_valid: signed.last_valid,
            fee,
            reward,
        })?;
        self.budget.book(expense);
        tracing::info!(
            contract = self.name(&contract),
            kind = kind.message(),
            positions = positions(&job),
            nonce = validity.nonce,
            fee,
            reward,
            best = best.number,
            hash = hex::encode(signed.hash),
            "sending"
        );
        self.metrics
            .transactions
            .with_label_values(&[kind.message(), "sent"])
            .inc();
        self.send(seq, &signed.bytes).await?;
        Ok(true)
    }

    /// Hands journalled bytes to a node. A failure to reach one is not final: the entry stays open and is sent again.
    async fn send(&mut self, seq: u64, bytes: &[u8]) -> Result<(), EngineError> {
        let sending = self.chain.ask(async |connection| connection.submit(bytes).await).await;
        match sending {
            Ok(()) => self.store.mark_sent(seq)?,
            Err(error) if error.is_already_known() => self.store.mark_sent(seq)?,
            Err(error @ ChainError::Pool { .. }) if error.class() == Class::Permanent => {
                tracing::warn!(seq, %error, "refused by the pool");
                let entry = self.store.close(seq, Outcome::Refused)?;
                self.account_for(&entry, Outcome::Refused);
            }
            Err(error) => {
                self.metrics.errors.with_label_values(&[error.class().name()]).inc();
                tracing::warn!(seq, %error, "not sent yet");
            }
        }
        Ok(())
    }

    /// Sends again what no block holds although it should: after a crash, a lost connection, or a node that forgot its pool.
    pub(super) async fn resend(&mut self, best: &BlockId) -> Result<(), EngineError> {
        let included = self.included_at_best();
        let patience = self.config.transactions.resend_blocks;
        // Another node, or the same one after a restart, may never have heard of what is in flight.
        let failovers = Some(self.chain.failovers());
        let moved = failovers != self.sent_after_failovers;
        let mut pending = Vec::new();
        for entry in self.store.open_entries().filter(|entry| !included.contains(&entry.seq)) {
            let age = best.number.saturating_sub(entry.planned.signed_at);
            let unsent = entry.state == keeper_store::State::Signed;
            let overdue = age >= patience && age % patience.max(1) == 0;
            if (unsent || overdue || moved) && best.number < entry.planned.last_valid {
                pending.push((entry.seq, entry.planned.bytes.clone()));
            }
        }
        for (seq, bytes) in pending {
            tracing::debug!(seq, "sending again");
            let sending = self.chain.ask(async |connection| connection.submit(&bytes).await).await;
            match sending {
                Ok(()) => self.store.mark_sent(seq)?,
                Err(error) if error.is_already_known() => self.store.mark_sent(seq)?,
                // Included in the meantime, or never to be: finalized blocks will tell.
                Err(ChainError::Pool { code, message }) => tracing::debug!(seq, code, message, "refused again"),
                Err(error) => return Err(error.into()),
            }
        }
        self.sent_after_failovers = failovers;
        Ok(())
    }

    /// Dry-runs a job, halving it until it fits the gas limit and the contract accepts it.
    async fn rehearse_what_fits(
        &mut self,
        contract: [u8; 32],
        mut job: Job,
        best: &BlockId,
    ) -> Result<(Job, Rehearsal), EngineError> {
        loop {
            let call = self.call(contract, &job, 0, u32::MAX)?;
            let party = self.party(&contract)?;
            let origin = self.signer.account();
            let name = job.kind().message();
            let rehearsal = self
                .chain
                .ask(async |connection: Arc<Connection>| party.rehearse(&connection, &origin, name, &call, best).await)
                .await;
            let too_much = match &rehearsal {
                Ok(rehearsal) => rehearsal.run.required.ref_time > self.config.transactions.max_ref_time,
                Err(ChainError::Dispatch { error }) => error.contains(OUT_OF_GAS),
                // One position that the contract chokes on must not hold up the others.
                Err(error @ ChainError::Contract { .. }) => error.class() == Class::Permanent,
                Err(_) => false,
            };
            match job.halved().filter(|_| too_much) {
                Some(half) => job = half,
                None => return Ok((job, rehearsal?)),
            }
        }
    }

    async fn validity(&self, best: &BlockId) -> Result<Validity, EngineError> {
        let account = self.signer.account();
        let chain_nonce = self
            .chain
            .ask(async |connection| connection.nonce(&account, best.hash).await)
            .await?;
        Ok(Validity {
            nonce: self.store.next_nonce(chain_nonce),
            from: self.era_start(best),
            blocks: self.config.transactions.mortality_blocks,
        })
    }

    /// The block a transaction is valid from. Were that block taken back, the transaction could never be included, so it is the
    /// finalized one, unless finality lags so far behind that little of the era would be left.
    fn era_start(&self, best: &BlockId) -> BlockId {
        let lag = best.number.saturating_sub(self.finalized.number);
        if lag <= self.config.transactions.mortality_blocks / 4 {
            self.finalized
        } else {
            *best
        }
    }

    async fn sign(
        &self,
        contract: [u8; 32],
        job: &Job,
        min_reward: u64,
        gas: Weight,
        validity: &Validity,
    ) -> Result<Signed, EngineError> {
        let call = self.call(contract, job, min_reward, validity.last_block())?;
        let action = Action::Call {
            call,
            gas,
            deposit_limit: self.config.transactions.max_deposit_rao,
        };
        let signer = self.signer.clone();
        Ok(self
            .chain
            .ask(async |connection| connection.sign(&action, validity, &signer).await)
            .await?)
    }

    fn call(&self, contract: [u8; 32], job: &Job, min_reward: u64, deadline: u32) -> Result<Call, ChainError> {
        let party = self.party(&contract)?;
        let name = job.kind().message();
        let call = match job {
            Job::Poke | Job::Harvest => party.message(name, (min_reward, deadline), 0),
            Job::Liquidate(ids) => party.message(name, (ids, min_reward, deadline), 0),
            Job::SettleShorts(ids) => party.message(name, ids, 0),
            Job::Freeze | Job::Certify => party.message(name, (), 0),
            Job::Claim(account) => party.message(name, account, 0),
            Job::Advance(id) | Job::Refund(id) | Job::Enact(id) => party.message(name, id, 0),
            Job::Reconcile(accounts) => party.message(name, accounts, 0),
            Job::Veto(id) | Job::Execute(id) | Job::Expire(id) => party.message(name, id, 0),
            Job::Settle(seats) => party.message(name, (seats, min_reward, deadline), 0),
            Job::Rebalance => party.message(name, (rebalance::MOVES, min_reward, deadline), 0),
            Job::Enroll(netuid, generation) | Job::Unseat(netuid, generation) => {
                party.message(name, (netuid, generation), 0)
            }
        };
        Ok(call?)
    }

    fn party(&self, address: &[u8; 32]) -> Result<Contract, ChainError> {
        self.contract(address)
            .ok_or(ChainError::BlockUnavailable { number: self.best })
    }

    fn failed(&mut self, contract: [u8; 32], job: &Job, error: ChainError) -> Result<bool, EngineError> {
        let class = error.class();
        let name = self.name(&contract);
        let kind = job.kind();
        self.metrics.errors.with_label_values(&[class.name()]).inc();
        match class {
            Class::LostRace => {
                tracing::debug!(contract = name, kind = kind.message(), %error, "nothing left to do");
                self.declined(kind, "lost_race");
            }
            Class::Permanent => {
                tracing::warn!(contract = name, kind = kind.message(), %error, "refused");
                self.declined(kind, "refused");
            }
            Class::Transient => {
                self.declined(kind, "transient");
                return Err(error.into());
            }
            Class::Fatal => return Err(error.into()),
        }
        self.touch(&contract);
        match &error {
            // Nothing is owed, and after the end nothing more comes.
            _ if kind == Kind::Claim && class == Class::LostRace => {
                self.rest(contract, job, self.config.tempo.sweep_blocks);
            }
            // Until the next epoch, or the next harvest, nothing changes that.
            _ if kind == Kind::Rebalance && class == Class::LostRace => {
                let rest = rebalance::next_epoch(self.best).saturating_sub(self.best);
                self.rest(contract, job, rest);
            }
            // The cap follows the price from block to block.
            ChainError::Contract { error } if error.name == PRICE_ABOVE_CAP => self.rest(contract, job, 1),
            _ => self.rest_after_failure(contract, job),
        }
        Ok(false)
    }

    fn declined(&self, kind: Kind, reason: &str) {
        self.metrics.declined.with_label_values(&[kind.message(), reason]).inc();
    }

    fn rest_after_failure(&mut self, contract: [u8; 32], job: &Job) {
        for duty in job.duties() {
            self.cooldowns.failed((contract, duty), self.best);
        }
    }

    fn rest(&mut self, contract: [u8; 32], job: &Job, blocks: u32) {
        let until = self.best.saturating_add(blocks);
        for duty in job.duties() {
            self.cooldowns.rest_until((contract, duty), until);
        }
    }
}

/// What the caller gets, in rao.
fn reward(kind: Kind, rehearsal: &Rehearsal) -> u64 {
    match kind {
        Kind::Liquidate | Kind::Harvest | Kind::Poke => number(&rehearsal.answer, "reward").unwrap_or(0),
        _ => 0,
    }
}

/// What a claim pays its owner, in rao.
fn paid_out(rehearsal: &Rehearsal) -> u64 {
    rehearsal
        .answer
        .as_u128()
        .and_then(|rao| u64::try_from(rao).ok())
        .unwrap_or(0)
}

fn positions(job: &Job) -> usize {
    job.duties()
        .iter()
        .filter(|duty| matches!(duty, Duty::Position(_)))
        .count()
}
