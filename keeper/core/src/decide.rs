//! Which jobs a market needs in the next block.

use kernel::{AccountId, Error};

use crate::book::Book;
use crate::job::{Duty, Job, Standing};
use crate::rebalance;

/// How often and in which portions the operator wants things done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tempo {
    /// Blocks without a touch after which the oracle is recorded.
    pub poke_blocks: u32,
    /// Blocks between two harvests.
    pub harvest_blocks: u32,
    /// Most positions of one transaction.
    pub batch: usize,
    /// Most transactions with positions per market and block.
    pub batches: usize,
}

/// What a market needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Jobs, the most urgent first.
    pub jobs: Vec<Job>,
    /// Positions above the liquidation limit.
    pub above_limit: usize,
}

/// Decides what `book` needs in block `at`. `alive` says whether the subnet's generation still is; `standing` whether a
/// duty may be worked on; `accounts` are those an ended market may owe something.
///
/// # Errors
/// A kernel error means that the state itself is inconsistent.
pub fn decide(
    book: &Book,
    alive: bool,
    at: u32,
    tempo: &Tempo,
    accounts: &[AccountId],
    standing: impl Fn(&Duty) -> Standing,
) -> Result<Decision, Error> {
    let free = |duty: &Duty| standing(duty) == Standing::Free;
    let state = book.state();
    if state.terminal.is_some() {
        return Ok(settle(book, tempo, accounts, free));
    }
    if !alive {
        // Until it is frozen, the market refuses everything else.
        let jobs = if free(&Duty::Freeze) {
            vec![Job::Freeze]
        } else {
            Vec::new()
        };
        return Ok(Decision { jobs, above_limit: 0 });
    }
    let limit = tempo.batch.saturating_mul(tempo.batches);
    let due = book.due(at, limit, |id| standing(&Duty::Position(id)))?;
    let mut jobs: Vec<Job> = batches(&due.ids, tempo).map(Job::Liquidate).collect();
    let mut whenever = |job: Job, duty: Duty, due: bool| {
        if due && free(&duty) {
            jobs.push(job);
        }
    };
    let empty = state.pool.is_empty();
    let harvest = !empty && at.saturating_sub(book.harvested_at()) >= tempo.harvest_blocks;
    whenever(Job::Harvest, Duty::Harvest, harvest);
    // Harvesting measures the validators, so it comes first, unless it does not work.
    let measured = !harvest || standing(&Duty::Harvest) == Standing::Resting;
    whenever(
        Job::Rebalance,
        Duty::Rebalance,
        measured
            && book
                .validators()
                .is_some_and(|validators| rebalance::is_due(validators, at)),
    );
    whenever(
        Job::Poke,
        Duty::Poke,
        !empty && at.saturating_sub(book.touched_at()) >= tempo.poke_blocks,
    );
    Ok(Decision {
        jobs,
        above_limit: due.above_limit,
    })
}

fn settle(book: &Book, tempo: &Tempo, accounts: &[AccountId], free: impl Fn(&Duty) -> bool) -> Decision {
    let mut open: Vec<u32> = book
        .index()
        .iter()
        .map(|(id, _)| id)
        .filter(|id| free(&Duty::Position(*id)))
        .collect();
    open.sort_unstable();
    let limit = tempo.batch.saturating_mul(tempo.batches);
    open.truncate(limit);
    let mut jobs: Vec<Job> = batches(&open, tempo).map(Job::SettleShorts).collect();
    // Lenders are paid only once no short is left, so an earlier claim would have to be repeated.
    if book.index().is_empty() {
        let claimants = accounts.iter().filter(|account| free(&Duty::Claim(**account)));
        jobs.extend(claimants.take(limit).map(|account| Job::Claim(*account)));
    }
    Decision { jobs, above_limit: 0 }
}

fn batches<'a>(ids: &'a [u32], tempo: &Tempo) -> impl Iterator<Item = Vec<u32>> + 'a {
    ids.chunks(tempo.batch.max(1)).map(<[u32]>::to_vec)
}
