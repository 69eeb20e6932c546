//! Dry runs of every message on the populated market.

use super::populate::{Populated, SHORTS};
use super::{Contract, Cost, Overhead};
use anyhow::{ensure, Context, Result};
use codec::Encode;
use harness::{Settlement, TAO};
use keeper_chain::{BlockId, DryRun};
use kernel::params::MAX_PAUSE_BLOCKS;
use kernel::{Asset, FeeParams, RateParams, RiskParams};
use staking::{ref_time, Function};
use std::collections::BTreeMap;

/// Never too late.
const NO_DEADLINE: u32 = u32::MAX;
/// Positions that are really settled in one transaction, within its gas.
const TRANSACTION: usize = 10;
/// Positions in a batch.
const BATCH: u64 = 50;

/// All messages of the market.
pub async fn market() -> Result<Contract> {
    let populated = Populated::new().await?;
    let mut table = Table {
        at: populated.ready().await?,
        populated: &populated,
        messages: BTreeMap::new(),
    };
    table.liquidity().await?;
    table.swap().await?;
    table.ledger().await?;
    table.shorts().await?;
    table.income().await?;
    table.parameters().await?;
    table.views().await?;
    let overhead = table.overhead().await?;
    table.at = populated.compete().await?;
    table.competition().await?;
    table.at = populated.rally().await?;
    table.liquidation().await?;
    table.at = populated.end().await?;
    table.terminal().await?;
    Ok(Contract {
        wasm_bytes: populated.bundle.wasm().len() as u64,
        messages: table.messages,
        overhead,
    })
}

struct Table<'a> {
    populated: &'a Populated,
    at: BlockId,
    messages: BTreeMap<String, Cost>,
}

impl Table<'_> {
    /// A message as some provider's, who also lends, holds ledger alpha and has a short.
    async fn row(&mut self, name: &str, message: &str, arguments: impl Encode, value: u64) -> Result<()> {
        let user = self.populated.users.get(1).context("no users")?.id;
        self.row_by(user, name, message, arguments, value, 1).await
    }

    async fn row_by(
        &mut self,
        origin: [u8; 32],
        name: &str,
        message: &str,
        arguments: impl Encode,
        value: u64,
        among: u64,
    ) -> Result<()> {
        let Populated { chain, market, .. } = self.populated;
        let run = market.expect(chain, origin, message, arguments, value, &self.at).await;
        let DryRun {
            consumed,
            deposit,
            refund,
            ..
        } = run.with_context(|| format!("measuring {name}"))?;
        let signed = |rao: u64| i64::try_from(rao / among);
        let cost = Cost {
            ref_time: consumed.ref_time / among,
            proof_size: consumed.proof_size / among,
            deposit: signed(deposit)?.saturating_sub(signed(refund)?),
        };
        self.messages.insert(name.to_owned(), cost);
        Ok(())
    }

    async fn liquidity(&mut self) -> Result<()> {
        for (suffix, settlement) in [("", Settlement::Ledger), ("_stake", Settlement::Stake)] {
            let add = (50 * TAO, 0u128, NO_DEADLINE, settlement);
            self.row(&format!("add_liquidity{suffix}"), "add_liquidity", add, 4 * TAO)
                .await?;
            let remove = (u128::from(TAO), 0u64, 0u64, NO_DEADLINE, settlement);
            self.row(&format!("remove_liquidity{suffix}"), "remove_liquidity", remove, 0)
                .await?;
        }
        Ok(())
    }

    async fn swap(&mut self) -> Result<()> {
        for (suffix, settlement) in [("", Settlement::Ledger), ("_stake", Settlement::Stake)] {
            let buy = (Asset::Tao, TAO, 0u64, NO_DEADLINE, settlement);
            self.row(&format!("swap_exact_in{suffix}"), "swap_exact_in", buy, TAO)
                .await?;
            let sell = (Asset::Alpha, 10 * TAO, 0u64, NO_DEADLINE, settlement);
            self.row(&format!("swap_exact_in_sell{suffix}"), "swap_exact_in", sell, 0)
                .await?;
            let buy = (Asset::Alpha, 10 * TAO, u64::MAX, NO_DEADLINE, settlement);
            self.row(&format!("swap_exact_out{suffix}"), "swap_exact_out", buy, 2 * TAO)
                .await?;
            let sell = (Asset::Tao, TAO, 20 * TAO, NO_DEADLINE, settlement);
            self.row(&format!("swap_exact_out_sell{suffix}"), "swap_exact_out", sell, 0)
                .await?;
        }
        Ok(())
    }

    async fn ledger(&mut self) -> Result<()> {
        let hotkey = self.populated.hotkey.id;
        self.row("deposit_alpha", "deposit_alpha", (hotkey, TAO), 0).await?;
        self.row("withdraw_alpha", "withdraw_alpha", TAO, 0).await?;
        self.row(
            "withdraw_alpha_as_tao",
            "withdraw_alpha_as_tao",
            (TAO, 0u64, NO_DEADLINE),
            0,
        )
        .await?;
        self.row("lend", "lend", TAO, 0).await?;
        self.row("unlend", "unlend", u128::from(TAO), 0).await
    }

    async fn shorts(&mut self) -> Result<()> {
        // The second user's position.
        let id = 1u32;
        self.row("open_short", "open_short", (10 * TAO, 0u64, NO_DEADLINE), TAO)
            .await?;
        self.row("add_margin", "add_margin", id, TAO).await?;
        self.row("withdraw_margin", "withdraw_margin", (id, TAO / 100), 0)
            .await?;
        self.row("close_short", "close_short", (id, u64::MAX, u64::MAX, NO_DEADLINE), 0)
            .await?;
        self.row(
            "close_short_part",
            "close_short",
            (id, 10 * TAO, u64::MAX, NO_DEADLINE),
            0,
        )
        .await?;
        self.row("repay_with_alpha", "repay_with_alpha", (id, TAO), 0).await
    }

    async fn liquidation(&mut self) -> Result<()> {
        self.row("liquidate_1", "liquidate", (vec![2u32], 0u64, NO_DEADLINE), 0)
            .await?;
        let keeper = self.populated.users.last().context("no users")?.id;
        let ids: Vec<u32> = (0..BATCH as u32).collect();
        let done = self.rehearsed_liquidations(&ids).await?;
        ensure!(
            done == ids.len(),
            "only {done} of {} positions were liquidated",
            ids.len()
        );
        self.row_by(
            keeper,
            "liquidate_50_per_position",
            "liquidate",
            (ids, 0u64, NO_DEADLINE),
            0,
            BATCH,
        )
        .await?;
        self.row(
            "liquidate_with_alpha",
            "liquidate_with_alpha",
            (2u32, u64::MAX, 0u64, NO_DEADLINE),
            0,
        )
        .await
    }

    async fn rehearsed_liquidations(&self, ids: &[u32]) -> Result<usize> {
        let Populated {
            chain, market, users, ..
        } = self.populated;
        let keeper = users.last().context("no users")?.id;
        let run = market
            .expect(chain, keeper, "liquidate", (ids, 0u64, NO_DEADLINE), 0, &self.at)
            .await?;
        type Report = (u64, Vec<kernel::market::Liquidated>);
        let report: Result<Result<Report, ()>, ()> = codec::Decode::decode(&mut run.data.as_slice())?;
        Ok(report
            .ok()
            .and_then(Result::ok)
            .map_or(0, |(_, liquidated)| liquidated.len()))
    }

    async fn income(&mut self) -> Result<()> {
        self.row("poke", "poke", (0u64, NO_DEADLINE), 0).await?;
        self.row("fund_incentives", "fund_incentives", (), TAO).await?;
        self.row("claim_rewards", "claim_rewards", (), 0).await?;
        self.row("collect_fees", "collect_fees", (), 0).await
    }

    /// With as many validators as a market may have; what the chain charges for its own reads and moves is not counted.
    async fn competition(&mut self) -> Result<()> {
        let alive = ref_time(Function::GetSubnetRegistrationState);
        let reads = |count: u64| count * ref_time(Function::GetStakeInfo) + alive;
        let validators = kernel::competition::MAX_VALIDATORS as u64;
        self.row("harvest", "harvest", (0u64, NO_DEADLINE), 0).await?;
        self.less("harvest", reads(validators))?;
        let all = (8u32, 0u64, NO_DEADLINE);
        self.row("rebalance", "rebalance", all, 0).await?;
        let moves = self.rehearsed_moves(all).await?;
        // Two validators are looked at before and after each move.
        let chain =
            reads(validators + 4 * moves) + moves * ref_time(Function::MoveStake) + ref_time(Function::GetAlphaPrice);
        self.less("rebalance", chain)?;
        let root = self.populated.root.id;
        let hotkey = self.populated.hotkey.id;
        self.row_by(root, "remove_hotkey", "remove_hotkey", hotkey, 0, 1)
            .await?;
        self.row("competition", "competition", (), 0).await?;
        // What emission sends for every market and epoch.
        let epoch = (self.at.number / kernel::flow::EPOCH, kernel::market::Standing::Open);
        self.row_by(root, "settle_epoch", "settle_epoch", epoch, TAO, 1).await
    }

    fn less(&mut self, name: &str, chain: u64) -> Result<()> {
        let cost = self.messages.get_mut(name).context("measured")?;
        ensure!(cost.ref_time > chain, "{name} costs less than what the chain charges");
        cost.ref_time -= chain;
        Ok(())
    }

    async fn rehearsed_moves(&self, arguments: (u32, u64, u32)) -> Result<u64> {
        let Populated {
            chain, market, users, ..
        } = self.populated;
        let keeper = users.last().context("no users")?.id;
        let run = market
            .expect(chain, keeper, "rebalance", arguments, 0, &self.at)
            .await?;
        type Rebalanced = (u64, Vec<([u8; 32], [u8; 32], u64)>);
        let answer: Result<Result<Rebalanced, ()>, ()> = codec::Decode::decode(&mut run.data.as_slice())?;
        let moves = answer.ok().and_then(Result::ok).map_or(0, |(_, moves)| moves.len());
        Ok(u64::try_from(moves)?)
    }

    async fn parameters(&mut self) -> Result<()> {
        let root = self.populated.root.id;
        self.row_by(root, "set_fees", "set_fees", FeeParams::default(), 0, 1)
            .await?;
        self.row_by(root, "set_risk", "set_risk", RiskParams::default(), 0, 1)
            .await?;
        self.row_by(root, "set_rates", "set_rates", RateParams::default(), 0, 1)
            .await?;
        // Ahead of the young chain, and within the bound from its first block on.
        self.row_by(root, "pause_opening", "pause_opening", MAX_PAUSE_BLOCKS, 0, 1)
            .await
    }

    async fn views(&mut self) -> Result<()> {
        let user = self.populated.users.first().context("no users")?.id;
        self.row("market_state", "market_state", (), 0).await?;
        self.row("account", "account", user, 0).await?;
        self.row("position", "position", 1u32, 0).await?;
        self.row("positions_100", "positions", (0u32, 100u32), 0).await?;
        self.row("liquidatable_100", "liquidatable", (0u32, 100u32), 0).await?;
        self.row("custody", "custody", (), 0).await
    }

    /// What every message pays before it does anything.
    async fn overhead(&self) -> Result<Overhead> {
        let Populated {
            chain, market, users, ..
        } = self.populated;
        let user = users.get(1).context("no users")?.id;
        // No message has this selector: the code is entered, and left at once.
        let mut call = market.message("poke", (), 0)?;
        call.data = vec![0; 4];
        let enter = market.dry_run(chain, user, &call, &self.at).await?.consumed.ref_time;
        // Refused to whoever is not the authority, which only the loaded state can tell.
        let call = market.message("pause_opening", MAX_PAUSE_BLOCKS, 0)?;
        let refused = market.dry_run(chain, user, &call, &self.at).await?;
        ensure!(refused.reverted, "somebody else paused the market");
        Ok(Overhead {
            enter,
            load: refused.consumed.ref_time.saturating_sub(enter),
            alive: staking::ref_time(staking::Function::GetSubnetRegistrationState),
        })
    }

    async fn terminal(&mut self) -> Result<()> {
        let Populated {
            chain,
            market,
            root,
            users,
            ..
        } = self.populated;
        self.row("freeze", "freeze", (), 0).await?;
        let user = users.first().context("no users")?;
        let freeze = market.call("freeze", (), 0)?;
        self.at = chain.run_sealed(&[(freeze, user)]).await?.block;
        self.row("settle_shorts_1", "settle_shorts", vec![1u32], 0).await?;
        let ids: Vec<u32> = (0..BATCH as u32).collect();
        self.row_by(root.id, "settle_shorts_50_per_position", "settle_shorts", ids, 0, BATCH)
            .await?;
        let all: Vec<u32> = (0..SHORTS).collect();
        for some in all.chunks(TRANSACTION) {
            let settle = market.call("settle_shorts", some, 0)?;
            self.at = chain.run_sealed(&[(settle, user)]).await?.block;
        }
        self.row("claim", "claim", user.id, 0).await?;
        Ok(())
    }
}
