//! Looks at every block: custody against the chain itself, what is due, and what happened.

use anyhow::{Context, Result};
use harness::market::Event;
use harness::stage::{Market, Stage};
use harness::{Chain, Sealed};
use keeper_chain::MarketState;
use kernel::market::Custody;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What an account must keep besides what it owes, rao.
const EXISTENTIAL_DEPOSIT: u64 = 500;

/// One liquidation.
#[derive(Clone, Debug, Serialize)]
pub struct Liquidation {
    /// The market's address.
    pub market: String,
    /// The position.
    pub id: u32,
    /// The first block at whose end the position could be liquidated, or that of the liquidation if it became due in it.
    pub due_block: u32,
    /// The block of the liquidation.
    pub executed_block: u32,
    /// Alpha repaid.
    pub debt_repaid: u64,
    /// TAO taken, rao.
    pub collateral_taken: u64,
    /// The keeper's part, rao.
    pub bounty: u64,
    /// What lenders lost, alpha.
    pub bad_debt: u64,
}

/// One market as it was at the last block.
pub struct Seen {
    /// Its state.
    pub state: MarketState,
    /// Positions that could be liquidated, and since when.
    pub due: BTreeMap<u32, u32>,
}

/// What was seen so far.
#[derive(Default)]
pub struct Watch {
    /// Blocks at which custody was checked in every market.
    pub checked: u32,
    /// What was wrong, in words.
    pub violations: Vec<String>,
    /// Swaps.
    pub swaps: u32,
    /// Shorts opened.
    pub shorts: u32,
    /// Liquidations.
    pub liquidations: Vec<Liquidation>,
    /// Harvests.
    pub harvests: u32,
    /// Claims paid, and rao.
    pub claims: (u32, u64),
    /// Shorts settled after the end.
    pub settled: u32,
    /// Transactions that the keeper's account signed, and their fees in rao.
    pub keeper_transactions: (u32, u64),
    /// Bounties of the keeper's account, rao.
    pub rewards: u64,
    /// The markets, by netuid.
    pub markets: BTreeMap<u16, Seen>,
    /// Blocks in which a market was harvested.
    pub harvested_at: BTreeMap<u16, BTreeSet<u32>>,
    keeper: [u8; 32],
}

impl Watch {
    /// Watches the markets, and what `keeper` does.
    pub fn new(keeper: [u8; 32]) -> Self {
        Self {
            keeper,
            ..Self::default()
        }
    }

    /// The last state of a market.
    pub fn seen(&self, netuid: u16) -> Result<&Seen> {
        self.markets.get(&netuid).context("a market that was not looked at")
    }

    /// Looks at one block; says what is worth a line.
    pub async fn look(&mut self, stage: &Stage, sealed: &Sealed) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for outcome in sealed.outcomes().filter(|o| o.signer == Some(self.keeper)) {
            self.keeper_transactions.0 += 1;
            self.keeper_transactions.1 += outcome.fee;
        }
        for market in &stage.markets {
            self.events(market, sealed, &mut lines)?;
        }
        let before = self.violations.len();
        for market in &stage.markets {
            self.market(&stage.chain, market, sealed).await?;
        }
        self.checked += 1;
        lines.extend(self.violations.iter().skip(before).map(|v| format!("VIOLATION {v}")));
        Ok(lines)
    }

    fn events(&mut self, market: &Market, sealed: &Sealed, lines: &mut Vec<String>) -> Result<()> {
        let block = sealed.block.number;
        let name = market.name();
        for emitted in &sealed.emitted {
            match market.client.event(emitted)? {
                Some(Event::Traded) => self.swaps += 1,
                Some(Event::ShortOpened(_)) => self.shorts += 1,
                Some(Event::ShortLiquidated { by, liquidated }) => {
                    if by == self.keeper {
                        self.rewards += liquidated.bounty;
                    }
                    let due = self.markets.get_mut(&market.plan.netuid).map(|seen| &mut seen.due);
                    let due_block = due.and_then(|due| due.remove(&liquidated.id)).unwrap_or(block);
                    lines.push(format!(
                        "{name}: short {} liquidated at {:.1} % LTV, due since block {due_block}; repaid {:.3} alpha for {:.3} TAO, \
                         bounty {:.4} TAO, bad debt {:.3} alpha",
                        liquidated.id,
                        f64::from(liquidated.ltv_before_bps) / 100.0,
                        units(liquidated.debt_repaid),
                        units(liquidated.collateral_taken),
                        units(liquidated.bounty),
                        units(liquidated.bad_debt),
                    ));
                    self.liquidations.push(Liquidation {
                        market: keeper_chain::contracts::address(&market.client.address),
                        id: liquidated.id,
                        due_block,
                        executed_block: block,
                        debt_repaid: liquidated.debt_repaid,
                        collateral_taken: liquidated.collateral_taken,
                        bounty: liquidated.bounty,
                        bad_debt: liquidated.bad_debt,
                    });
                }
                Some(Event::DividendsHarvested { booked, reward }) => {
                    self.harvests += 1;
                    // Nobody else harvests here.
                    self.rewards += reward;
                    self.harvested_at.entry(market.plan.netuid).or_default().insert(block);
                    lines.push(format!("{name}: harvested {:.3} alpha", units(booked)));
                }
                Some(Event::MarketFrozen) => lines.push(format!("{name}: frozen after its subnet's end")),
                Some(Event::ShortSettled(settled)) => {
                    self.settled += 1;
                    lines.push(format!("{name}: short {} settled", settled.id));
                }
                Some(Event::ClaimPaid(account, tao)) => {
                    self.claims.0 += 1;
                    self.claims.1 += tao;
                    let account = keeper_chain::contracts::address(&account);
                    lines.push(format!("{name}: claim of {:.3} TAO paid to {account}", units(tao)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Custody and what is due, as they are at the end of the block.
    async fn market(&mut self, chain: &Chain, market: &Market, sealed: &Sealed) -> Result<()> {
        let (client, at) = (&market.client, &sealed.block);
        let (state, view, stake, free, due) = tokio::try_join!(
            client.state(chain, at),
            client.custody(chain, at),
            chain.stake(client.address, market.plan.netuid, at),
            chain.free(client.address, at),
            client.liquidatable(chain, at),
        )?;
        let mut wrong = |what: String| {
            self.violations
                .push(format!("block {}, {}: {what}", at.number, market.name()));
        };
        let owed = state.market.custody().ok().context("custody cannot be computed")?;
        broken_identities(owed, stake, free, state.alive)
            .into_iter()
            .for_each(&mut wrong);
        if (view.alpha_owed, view.tao_owed) != (owed.alpha, owed.tao) {
            wrong(format!("the custody view says {view:?}, the state {owed:?}"));
        }
        if state.alive && view.alpha_held != stake {
            wrong(format!(
                "the contract sees {} of stake, the chain {stake}",
                view.alpha_held
            ));
        }
        let seen = self.markets.remove(&market.plan.netuid);
        let mut since = seen.map_or_else(BTreeMap::new, |seen| seen.due);
        let due: BTreeSet<u32> = if state.alive {
            due.into_iter().collect()
        } else {
            BTreeSet::new()
        };
        since.retain(|id, _| due.contains(id));
        for id in due {
            since.entry(id).or_insert(at.number);
        }
        self.markets.insert(market.plan.netuid, Seen { state, due: since });
        Ok(())
    }
}

/// What is wrong with what a market holds on the chain, compared with what it owes. Between a subnet's end and the freeze the
/// alpha has become TAO already, which the freeze then books: only the TAO is compared then.
fn broken_identities(owed: Custody, stake: u64, free: u64, alive: bool) -> Vec<String> {
    let mut broken = Vec::new();
    if alive && stake < owed.alpha {
        broken.push(format!("{} alpha owed, {stake} held as stake", owed.alpha));
    }
    let needed = owed.tao.saturating_add(EXISTENTIAL_DEPOSIT);
    if free < needed {
        broken.push(format!("{needed} rao needed, {free} rao held"));
    }
    broken
}

/// Rao as whole units.
pub fn units(rao: u64) -> f64 {
    rao as f64 / harness::TAO as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_too_little_breaks_an_identity() {
        let owed = Custody { alpha: 10, tao: 20 };
        let enough = 20 + EXISTENTIAL_DEPOSIT;
        assert!(broken_identities(owed, 10, enough, true).is_empty());
        assert_eq!(broken_identities(owed, 9, enough, true).len(), 1);
        assert_eq!(broken_identities(owed, 10, enough - 1, true).len(), 1);
        assert_eq!(broken_identities(owed, 0, enough - 1, false).len(), 1);
    }
}
