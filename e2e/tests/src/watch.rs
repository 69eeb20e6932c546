//! Reads every block: what is due by the contract's own view, what happened, and what keepers' transactions came to.

use crate::PROMPT;
use anyhow::{ensure, Result};
use harness::market::Event;
use harness::{Chain, MarketClient, Sealed};
use std::collections::{BTreeMap, BTreeSet};

/// A liquidation that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// The position.
    pub id: u32,
    /// Who did it.
    pub by: [u8; 32],
    /// The first block at whose end the position could be liquidated; that of the liquidation if it became due in it.
    pub due: u32,
    /// The block of the liquidation.
    pub executed: u32,
    /// What the liquidator got, rao.
    pub bounty: u64,
}

/// A keeper's transactions in blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transactions {
    /// Those that succeeded.
    pub succeeded: u64,
    /// Those that failed.
    pub failed: u64,
    /// Their fees, rao.
    pub fees: u64,
}

/// What was seen so far.
#[derive(Default)]
pub struct Watch {
    /// Positions that could be liquidated at the last block, and since when.
    pub due: BTreeMap<u32, u32>,
    /// All liquidations.
    pub liquidations: Vec<Liquidation>,
    /// Positions settled after the end, in order.
    pub settled: Vec<u32>,
    /// Accounts paid after the end, in order.
    pub claims: Vec<([u8; 32], u64)>,
    /// How often the market was frozen.
    pub frozen: u32,
    signers: BTreeMap<[u8; 32], Transactions>,
}

impl Watch {
    /// Takes a block in.
    ///
    /// # Errors
    /// Of the chain.
    pub async fn see(&mut self, chain: &Chain, market: &MarketClient, sealed: &Sealed) -> Result<()> {
        let number = sealed.block.number;
        for outcome in sealed.outcomes() {
            let Some(signer) = outcome.signer else { continue };
            let transactions = self.signers.entry(signer).or_default();
            let counted = match outcome.error {
                None => &mut transactions.succeeded,
                Some(_) => &mut transactions.failed,
            };
            *counted = counted.saturating_add(1);
            transactions.fees = transactions.fees.saturating_add(outcome.fee);
        }
        for emitted in &sealed.emitted {
            match market.event(emitted)? {
                Some(Event::ShortLiquidated { by, liquidated }) => self.liquidations.push(Liquidation {
                    id: liquidated.id,
                    by,
                    due: self.due.remove(&liquidated.id).unwrap_or(number),
                    executed: number,
                    bounty: liquidated.bounty,
                }),
                Some(Event::ShortSettled(settled)) => self.settled.push(settled.id),
                Some(Event::ClaimPaid(account, tao)) => self.claims.push((account, tao)),
                Some(Event::MarketFrozen) => self.frozen = self.frozen.saturating_add(1),
                _ => {}
            }
        }
        // An ended market liquidates nothing: its shorts are settled.
        let due: BTreeSet<u32> = if self.frozen > 0 {
            BTreeSet::new()
        } else {
            market.liquidatable(chain, &sealed.block).await?.into_iter().collect()
        };
        self.due.retain(|id, _| due.contains(id));
        for id in due {
            self.due.entry(id).or_insert(number);
        }
        Ok(())
    }

    /// Fails when a position waits for longer than it may at block `number`, or was liquidated too late.
    ///
    /// # Errors
    /// Names the position.
    pub fn expect_prompt(&self, number: u32) -> Result<()> {
        for (id, since) in &self.due {
            ensure!(
                number.saturating_sub(*since) < PROMPT,
                "position {id} is due since block {since} and still open in block {number}"
            );
        }
        for done in &self.liquidations {
            ensure!(done.executed.saturating_sub(done.due) <= PROMPT, "too late: {done:?}");
        }
        Ok(())
    }

    /// Positions that were liquidated.
    pub fn liquidated(&self) -> BTreeSet<u32> {
        self.liquidations.iter().map(|done| done.id).collect()
    }

    /// What an account's transactions came to.
    pub fn transactions(&self, account: &[u8; 32]) -> Transactions {
        self.signers.get(account).copied().unwrap_or_default()
    }
}
