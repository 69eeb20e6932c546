//! What the run came to, for people and for programs.

use super::acts::PROMPT;
use super::emission::Figures;
use super::governance::Governance;
use super::run::Run;
use super::watch::{units, Liquidation};
use anyhow::{Context, Result};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// What the keeper did.
#[derive(Serialize)]
struct KeeperFigures {
    restarts: u32,
    transactions: u32,
    fees_rao: u64,
    rewards_rao: u64,
}

/// Both ledger identities, at every block in every market.
#[derive(Serialize)]
struct Custody {
    blocks_checked: u32,
    violations: usize,
    details: Vec<String>,
}

/// The file.
#[derive(Serialize)]
pub struct Summary {
    blocks: u32,
    swaps: u32,
    shorts_opened: u32,
    liquidations: Vec<Liquidation>,
    harvests: u32,
    claims_paid: u32,
    keeper: KeeperFigures,
    custody: Custody,
    governance: Governance,
    #[serde(flatten)]
    emission: Figures,
    wall_seconds: f64,
    expectations: Vec<Expectation>,
}

#[derive(Serialize)]
struct Expectation {
    what: String,
    met: bool,
}

impl Summary {
    /// Of a run that has ended.
    pub fn of(run: &Run, governance: Governance, emission: Figures, wall: Duration) -> Self {
        let watch = &run.watch;
        let expectations = run.expectations.iter().map(|(what, met)| Expectation {
            what: what.clone(),
            met: *met,
        });
        Self {
            blocks: run.blocks.1 - run.blocks.0 + 1,
            swaps: watch.swaps,
            shorts_opened: watch.shorts,
            liquidations: watch.liquidations.clone(),
            harvests: watch.harvests,
            claims_paid: watch.claims.0,
            keeper: KeeperFigures {
                restarts: run.restarts,
                transactions: watch.keeper_transactions.0,
                fees_rao: watch.keeper_transactions.1,
                rewards_rao: watch.rewards,
            },
            custody: Custody {
                blocks_checked: watch.checked,
                violations: watch.violations.len(),
                details: watch.violations.clone(),
            },
            governance,
            emission,
            wall_seconds: (wall.as_secs_f64() * 10.0).round() / 10.0,
            expectations: expectations.collect(),
        }
    }

    /// For people.
    pub fn print(&self) {
        let prompt = self
            .liquidations
            .iter()
            .filter(|l| l.executed_block <= l.due_block + PROMPT)
            .count();
        let bad: u64 = self.liquidations.iter().map(|l| l.bad_debt).sum();
        let bounty: u64 = self.liquidations.iter().map(|l| l.bounty).sum();
        println!();
        println!("summary");
        println!("  blocks           {}", self.blocks);
        println!("  swaps            {}", self.swaps);
        println!("  shorts opened    {}", self.shorts_opened);
        println!(
            "  liquidations     {} ({} after at most {PROMPT} blocks, {} while the keeper was down or just back; bounties {:.4} TAO, bad debt \
             {:.3} alpha)",
            self.liquidations.len(),
            prompt,
            self.liquidations.len() - prompt,
            units(bounty),
            units(bad),
        );
        println!("  harvests         {}", self.harvests);
        println!("  claims paid      {}", self.claims_paid);
        println!(
            "  keeper           {} restart, {} transactions, {:.4} TAO fees, {:.4} TAO rewards",
            self.keeper.restarts,
            self.keeper.transactions,
            units(self.keeper.fees_rao),
            units(self.keeper.rewards_rao),
        );
        println!(
            "  custody          {} blocks checked in every market, {} violations",
            self.custody.blocks_checked, self.custody.violations
        );
        self.governance.print();
        self.emission.print();
        println!("  time             {:.0} s", self.wall_seconds);
        println!("expectations");
        for Expectation { what, met } in &self.expectations {
            println!("  {} {what}", if *met { "ok    " } else { "FAILED" });
        }
    }

    /// For programs.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}
