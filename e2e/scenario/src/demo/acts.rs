//! The story, act by act.

use super::run::Run;
use super::TEMPO;
use anyhow::{Context, Result};
use harness::stage::{Market, POOL_TAO};
use harness::trade::{peg, random_swap, short};
use harness::{levers, Actor, Settlement, TAO};
use std::collections::BTreeSet;

/// Blocks until the long average is known, and a few more.
const HISTORY: u32 = 158;
/// Rise of the rally per block, in hundredths of a percent: slow enough that the short average stays within the price cap
/// of a buy-back.
const RISE: u64 = 22;
/// Blocks of the rally: 1.0022^120 = 1.30.
const RALLY: u32 = 120;
/// The jump, in percent of the price before: far beyond what a margin for 59 % covers (169 %).
const JUMP: u64 = 220;
/// Blocks without a keeper after the jump: 40 steps of 2 % until the recorded price is there, then a whole window.
const SILENCE: u32 = 68;
/// Blocks after which a liquidation is late.
pub const PROMPT: u32 = 2;
/// A subnet's end is settled within this many blocks.
const SETTLEMENT: u32 = 40;

/// Loan-to-values at which shorts are opened, in basis points. The first market's come due one after the other in the
/// rally; of the second's only the first is hurt by the jump; the third's are settled when their subnet ends.
const SHORTS: [&[u64]; 3] = [
    &[5_950, 5_900, 5_870, 5_830, 5_780, 5_720, 5_650, 4_500, 3_500],
    &[5_900, 2_800, 2_700, 2_600, 2_500, 2_400, 2_300, 2_200],
    &[5_800, 5_500, 5_000, 4_500, 4_200, 4_000, 3_500, 3_000],
];
/// Size of a short, in ten-thousandths of the pool.
const SHORT_SIZE: u64 = 30;

/// Trading until the oracle has enough history. Liquidity comes and goes, stake moves in and out.
pub async fn history(run: &mut Run) -> Result<()> {
    run.act(
        "history",
        "traders swap until the oracle knows its long average; the keeper harvests each tempo",
    );
    let traders = run.stage.traders.clone();
    let maker = run.stage.maker.clone();
    for step in 0..HISTORY {
        let mut orders = Vec::new();
        let index = run.random.between(0, run.stage.markets.len() as u64);
        let market = run.market(usize::try_from(index)?)?;
        let state = &run.watch.seen(market.plan.netuid)?.state;
        orders.push(random_swap(&mut run.random, &market, state, &traders)?);
        let other = run.market((usize::try_from(index)? + 1) % 3)?;
        let who = traders.get(step as usize % traders.len()).context("no traders")?;
        let part = other.plan.alpha_for(POOL_TAO) / 100;
        let client = &other.client;
        match step % 16 {
            3 => {
                let add = (2 * part, 0u128, u32::MAX, Settlement::Ledger);
                orders.push((client.call("add_liquidity", add, POOL_TAO / 100)?, who));
            }
            7 => orders.push((client.call("lend", part, 0)?, who)),
            11 => orders.push((client.call("withdraw_alpha", part, 0)?, who)),
            13 => orders.push((client.call("deposit_alpha", (other.hotkey.id, part), 0)?, who)),
            15 => orders.push((client.call("fund_incentives", (), TAO)?, &maker)),
            _ => {}
        }
        run.block(orders).await?;
    }
    Ok(())
}

/// Shorts in all markets, with swaps in between that keep prices near the chain's.
pub async fn open_shorts(run: &mut Run) -> Result<()> {
    run.act("shorts", "traders open shorts in every market");
    let traders = run.stage.traders.clone();
    let maker = run.stage.maker.clone();
    let most = SHORTS.iter().map(|ltvs| ltvs.len()).max().unwrap_or(0);
    for round in 0..most {
        for ltvs in [true, false] {
            let mut orders = Vec::new();
            for index in 0..SHORTS.len() {
                let market = run.market(index)?;
                let state = &run.watch.seen(market.plan.netuid)?.state;
                if !ltvs {
                    orders.extend(peg(&market, state, market.plan.price_e9, &maker)?);
                } else if let Some(ltv) = SHORTS.get(index).and_then(|ltvs| ltvs.get(round)) {
                    let owner = traders.get((round + index) % traders.len()).context("no traders")?;
                    orders.push(short(&market, state, SHORT_SIZE, *ltv, owner)?);
                }
            }
            run.block(orders).await?;
        }
    }
    let opened = run.watch.shorts;
    run.expect(format!("at least 20 shorts were opened ({opened})"), opened >= 20);
    Ok(())
}

/// The price of the first subnet rises steadily, on the chain and in the market.
pub async fn rally(run: &mut Run) -> Result<()> {
    run.act(
        "rally",
        "the price of sn1 rises by 0.22 % per block; the keeper liquidates",
    );
    let market = run.market(0)?;
    let root = run.stage.root.clone();
    let traders = run.stage.traders.clone();
    let maker = run.stage.maker.clone();
    let before = run.watch.liquidations.len();
    let mut price = market.plan.price_e9;
    for _ in 0..RALLY {
        price += price * RISE / 10_000;
        let state = &run.watch.seen(market.plan.netuid)?.state;
        let mut orders = vec![(levers::set_price(market.plan.netuid, price), &root)];
        orders.extend(peg(&market, state, price, &maker)?);
        let index = usize::try_from(run.random.between(1, 3))?;
        let other = run.market(index)?;
        let state = &run.watch.seen(other.plan.netuid)?.state;
        orders.push(random_swap(&mut run.random, &other, state, &traders)?);
        run.block(orders).await?;
    }
    let of_market = keeper_chain::contracts::address(&market.client.address);
    let ids: BTreeSet<u32> = run
        .watch
        .liquidations
        .iter()
        .skip(before)
        .filter(|l| l.market == of_market)
        .map(|l| l.id)
        .collect();
    let liquidated = ids.len();
    run.expect(
        format!("the rally made at least 5 shorts liquidatable and the keeper liquidated them ({liquidated})"),
        liquidated >= 5,
    );
    Ok(())
}

/// The keeper is killed; the price of the second subnet more than doubles before it is back.
pub async fn kill_and_jump(run: &mut Run) -> Result<()> {
    run.act("jump", "the keeper is killed, then the price of sn2 jumps by 120 %");
    let market = run.market(1)?;
    let netuid = market.plan.netuid;
    let root = run.stage.root.clone();
    let traders = run.stage.traders.clone();
    let maker = run.stage.maker.clone();
    run.kill_keeper().await?;
    let price = market.plan.price_e9 / 100 * JUMP;
    for step in 0..SILENCE {
        let mut orders = Vec::new();
        if step == 0 {
            orders.push((levers::set_price(netuid, price), &root));
        }
        let state = &run.watch.seen(netuid)?.state;
        orders.extend(peg(&market, state, price, &maker)?);
        let other = run.market(2)?;
        let state = &run.watch.seen(other.plan.netuid)?.state;
        orders.push(random_swap(&mut run.random, &other, state, &traders)?);
        run.block(orders).await?;
    }
    let waiting = run.watch.seen(netuid)?.due.len();
    run.expect(
        format!("a short came due while the keeper was down ({waiting})"),
        waiting >= 1,
    );
    run.start_keeper().await?;
    for _ in 0..4 {
        run.block(Vec::new()).await?;
    }
    let left = run.watch.seen(netuid)?.due.len();
    run.expect(
        format!("after its restart nothing due was forgotten ({left} left)"),
        left == 0,
    );
    let bad = run.watch.liquidations.iter().filter(|l| l.bad_debt > 0).count();
    run.expect(format!("the jump left bad debt ({bad} positions)"), bad >= 1);
    Ok(())
}

/// The third subnet is dissolved; the keeper freezes its market, settles its shorts and pays the claims.
pub async fn end_of_a_subnet(run: &mut Run) -> Result<()> {
    run.act(
        "end",
        "subnet 3 is dissolved; the keeper freezes the market, settles shorts and pays claims",
    );
    let market = run.market(2)?;
    let root = run.stage.root.clone();
    let open = run.watch.seen(market.plan.netuid)?.state.market.open_positions;
    run.ended = run.blocks.1;
    run.block(vec![(levers::dissolve(market.plan.netuid), &root)]).await?;
    let mut owners = run.stage.traders.clone();
    owners.push(run.stage.maker.clone());
    for _ in 0..SETTLEMENT {
        run.block(Vec::new()).await?;
        if unpaid(run, &market, &owners).await?.iter().all(|(_, dust)| *dust) && settled(run, &market)? {
            break;
        }
    }
    // The keeper leaves what is worth less than its fee; anybody may still pay it.
    for (owner, dust) in unpaid(run, &market, &owners).await? {
        run.expect(format!("the keeper paid the claim of {}", owner.uri), dust);
        run.block(vec![(market.client.call("claim", owner.id, 0)?, &root)])
            .await?;
    }
    run.block(vec![(market.client.call("collect_fees", (), 0)?, &root)])
        .await?;
    let left = unpaid(run, &market, &owners).await?.len();
    let state = &run.watch.seen(market.plan.netuid)?.state.market;
    let frozen = state.terminal.is_some();
    let (settled, paid) = (run.watch.settled, run.watch.claims.0);
    run.expect("the market of the dissolved subnet was frozen", frozen);
    run.expect(
        format!("all its shorts were settled ({settled} of {open})"),
        settled == open,
    );
    run.expect(
        format!("all claims were paid ({paid} paid, {left} left)"),
        left == 0 && paid > 0,
    );
    Ok(())
}

fn settled(run: &Run, market: &Market) -> Result<bool> {
    let state = &run.watch.seen(market.plan.netuid)?.state.market;
    Ok(state.terminal.is_some() && state.open_positions == 0)
}

/// Accounts that still own something in an ended market, and whether that is less than a keeper pays out.
async fn unpaid(run: &Run, market: &Market, owners: &[Actor]) -> Result<Vec<(Actor, bool)>> {
    /// What the keeper's configuration leaves alone by default, rao.
    const MIN_CLAIM: u64 = 5_000_000;
    let at = run.stage.chain.best().await?;
    let rate = run
        .watch
        .seen(market.plan.netuid)?
        .state
        .market
        .terminal
        .map_or(0, |t| t.rate_e18);
    let mut found = Vec::new();
    for owner in owners {
        let view = market.client.account(&run.stage.chain, owner.id, &at).await?;
        if view.account.is_empty() {
            continue;
        }
        let alpha = view.account.alpha + view.liquidity_alpha + view.lent_alpha;
        let worth = u128::from(alpha) * rate / 1_000_000_000_000_000_000;
        let rao = u128::from(view.account.tao + view.liquidity_tao) + worth;
        found.push((owner.clone(), rate > 0 && rao < u128::from(MIN_CLAIM)));
    }
    Ok(found)
}

/// What must be true of the whole run.
pub fn review(run: &mut Run) {
    let blocks = run.blocks.1 - run.blocks.0 + 1;
    run.expect(format!("at least 300 blocks ({blocks})"), blocks >= 300);
    let swaps = run.watch.swaps;
    run.expect(format!("at least 200 swaps ({swaps})"), swaps >= 200);
    let (from, to) = run.downtime.unwrap_or((u32::MAX, u32::MAX));
    // What came due while the keeper was down is to be done within two blocks of its being back.
    let late = run
        .watch
        .liquidations
        .iter()
        .filter(|l| {
            let due = if l.due_block >= from && l.due_block <= to {
                to
            } else {
                l.due_block
            };
            l.executed_block > due + PROMPT
        })
        .count();
    run.expect(
        format!("every liquidation within {PROMPT} blocks of becoming due, or of the keeper's return ({late} late)"),
        late == 0,
    );
    let last = run.blocks.1;
    let forgotten = [1, 2]
        .into_iter()
        .filter_map(|netuid| run.watch.markets.get(&netuid))
        .flat_map(|seen| seen.due.values())
        .filter(|since| **since + PROMPT < last)
        .count();
    run.expect(
        format!("nothing that is due was left alone ({forgotten})"),
        forgotten == 0,
    );
    for (netuid, end) in [(1, last), (2, last), (3, run.ended)] {
        let (tempos, harvested) = harvested_tempos(run, netuid, end);
        run.expect(
            format!("sn{netuid} was harvested in each tempo the keeper saw ({harvested} of {tempos})"),
            tempos > 0 && harvested == tempos,
        );
    }
    let violations = run.watch.violations.len();
    let checked = run.watch.checked;
    run.expect(
        format!("custody held at every block ({checked} of {blocks} checked, {violations} violations)"),
        violations == 0 && checked == blocks,
    );
}

/// Epochs of a market in which the keeper ran for all of the tempo that followed, and how many of those were harvested.
fn harvested_tempos(run: &Run, netuid: u16, last: u32) -> (u32, u32) {
    let tempo = u32::from(TEMPO);
    let (first, _) = run.blocks;
    let harvests = run.watch.harvested_at.get(&netuid).cloned().unwrap_or_default();
    let mut counts = (0, 0);
    for epoch in (first..last.saturating_sub(tempo)).filter(|block| (block + u32::from(netuid)) % tempo == 0) {
        let until = epoch + tempo;
        let down = run.downtime.is_some_and(|(from, to)| from < until && epoch < to);
        if !down {
            counts.0 += 1;
            counts.1 += u32::from(harvests.range(epoch..=until + 1).next().is_some());
        }
    }
    counts
}
