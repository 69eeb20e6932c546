//! `keeper bench`: what a block costs the decision core, and how much memory it holds, with many open positions.

use std::time::Instant;

use anyhow::Context;
use keeper_core::{decide, Book, Exposure, Job, Standing, Tempo};
use kernel::{Account, Market};
use serde_json::json;

use crate::cli::Bench;

/// Open positions measured. The last one is more than a market can hold for years to come.
const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];
/// One in so many is due.
const ONE_IN: u32 = 10_000;
/// Positions that events change in one block: more than a block of 3 s of weight can change.
const CHANGES: u32 = 200;
/// The pool's price in the bench: 1 rao per alpha-rao.
const RESERVE: u64 = 1 << 54;
const DEBT: u64 = 1_000_000_000;
const START: u32 = 1_000;

/// Measures and writes the figures.
///
/// # Errors
/// When the file cannot be written, or the kernel refuses the synthetic market.
pub fn bench(args: &Bench) -> anyhow::Result<()> {
    let mut sizes = Vec::new();
    for positions in SIZES {
        let figures = measure(positions, args.blocks.max(1))?;
        super::say(&figures.to_string())?;
        sizes.push(figures);
    }
    if let Some(directory) = args.out.parent() {
        std::fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    }
    let text = serde_json::to_string_pretty(&json!({ "sizes": sizes }))?;
    std::fs::write(&args.out, text + "\n").with_context(|| format!("writing {}", args.out.display()))
}

fn measure(positions: u32, blocks: u32) -> anyhow::Result<serde_json::Value> {
    let due = (positions / ONE_IN).max(1);
    let mut book = book(positions, due)?;
    let tempo = Tempo {
        poke_blocks: u32::MAX,
        harvest_blocks: u32::MAX,
        batch: 50,
        batches: 1_000,
    };
    let mut planned = 0usize;
    let mut slowest = 0f64;
    let mut total = 0f64;
    for block in 0..blocks {
        let started = Instant::now();
        for change in 0..CHANGES.min(positions) {
            let id = block.wrapping_mul(CHANGES).wrapping_add(change.wrapping_mul(7_919)) % positions;
            if id >= due {
                book.index_mut().set(id, healthy(id.wrapping_add(block)));
            }
        }
        let decision = decide(&book, true, START.saturating_add(block), &tempo, &[], |_| {
            Standing::Free
        })
        .map_err(|error| anyhow::anyhow!("the kernel refused the market: {error:?}"))?;
        let seconds = started.elapsed().as_secs_f64();
        total += seconds;
        slowest = slowest.max(seconds);
        planned = decision
            .jobs
            .iter()
            .map(|job| if let Job::Liquidate(ids) = job { ids.len() } else { 0 })
            .sum();
    }
    anyhow::ensure!(
        planned == usize::try_from(due)?,
        "{planned} positions were found due, not {due}"
    );
    Ok(json!({
        "positions": positions,
        "due": due,
        "changes_per_block": CHANGES.min(positions),
        "time_per_block_us": round(total / f64::from(blocks) * 1e6),
        "slowest_block_us": round(slowest * 1e6),
        "rss_bytes": resident_bytes()?,
    }))
}

fn round(microseconds: f64) -> f64 {
    (microseconds * 10.0).round() / 10.0
}

/// A market with a mature oracle whose first `due` positions are above the limit.
fn book(positions: u32, due: u32) -> anyhow::Result<Book> {
    let refused = |error| anyhow::anyhow!("the kernel refused the market: {error:?}");
    let mut market = Market::new(1);
    let mut provider = Account {
        alpha: RESERVE,
        ..Account::default()
    };
    market.balances = RESERVE;
    market
        .add_liquidity(&mut provider, RESERVE, RESERVE, 0, 1)
        .map_err(refused)?;
    market.touch_debt(START.saturating_sub(1)).map_err(refused)?;
    let all = |id: u32| if id < due { endangered(id) } else { healthy(id) };
    market.vault.debt_scaled = u64::from(positions).saturating_mul(DEBT);
    market.escrow = (0..positions).map(|id| all(id).escrow).sum();
    market.open_positions = positions;
    let mut book = Book::new(market, 0, START);
    for id in 0..positions {
        book.index_mut().set(id, all(id));
    }
    Ok(book)
}

/// Loan-to-value of about 75 %: above the limit of 70 %, below the one that closes all of it.
fn endangered(id: u32) -> Exposure {
    Exposure {
        escrow: DEBT / 3 * 4 + u64::from(id % 1_000),
        debt_scaled: DEBT,
    }
}

/// Loan-to-value of 30 to 60 %.
fn healthy(id: u32) -> Exposure {
    let spread = u64::from(id.wrapping_mul(2_654_435_761) % 1_000_000) * (DEBT / 600_000);
    Exposure {
        escrow: DEBT / 3 * 5 + spread,
        debt_scaled: DEBT,
    }
}

/// Resident memory of this process.
fn resident_bytes() -> anyhow::Result<u64> {
    // Linux has pages of 4 KiB on every architecture the keeper is built for.
    const PAGE: u64 = 4_096;
    let statm = std::fs::read_to_string("/proc/self/statm").context("reading /proc/self/statm")?;
    let pages: u64 = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .context("/proc/self/statm")?;
    Ok(pages.saturating_mul(PAGE))
}
