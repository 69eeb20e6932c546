//! What is remembered of a pool's TAO against the pool at the end of every block.

use kernel::flow::{Flow, Sample, EPOCH, REMEMBERED};
use kernel::oracle::{Oracle, LONG_WINDOW};
use proptest::prelude::*;

use crate::exact::{cases, sized};

/// A pool that somebody touches: what the contract does around every operation.
#[derive(Clone)]
struct Touched {
    flow: Flow,
    oracle: Oracle,
    tao: u64,
    spot: u64,
}

impl Touched {
    fn new(born: u32) -> Self {
        Self {
            flow: Flow::new(born),
            oracle: Oracle::default(),
            tao: 0,
            spot: 0,
        }
    }

    fn touch(&mut self, now: u32) {
        self.flow.advance(now, self.tao, &mut self.oracle, self.spot);
        self.oracle.advance(now, self.spot);
    }

    fn change(&mut self, now: u32, tao: u64, spot: u64) {
        self.touch(now);
        if self.oracle.started == 0 {
            self.oracle.start(now, spot);
        }
        self.tao = tao;
        self.spot = spot;
    }
}

/// Every block from birth on: what the pool held when it ended, and the long average recorded up to the next one.
struct Blocks {
    born: u32,
    ended_with: Vec<u64>,
    average: Vec<u64>,
}

impl Blocks {
    /// Replays changes, sorted by block, block by block up to `until`.
    fn of(born: u32, changes: &[Change], until: u32) -> Self {
        let mut oracle = Oracle::default();
        let (mut tao, mut spot) = (0, 0);
        let mut changes = changes.iter().peekable();
        let (mut ended_with, mut average) = (Vec::new(), Vec::new());
        for block in born..until {
            while let Some(change) = changes.next_if(|change| change.at == block) {
                (tao, spot) = (change.tao, change.spot);
                if oracle.started == 0 {
                    oracle.start(block, spot);
                }
            }
            ended_with.push(tao);
            oracle.advance(block + 1, spot);
            average.push(oracle.twap(LONG_WINDOW).unwrap_or(0));
        }
        Self {
            born,
            ended_with,
            average,
        }
    }

    /// The naive sample of an epoch that is over. In the epoch of its birth nothing stayed.
    fn sample(&self, epoch: u32) -> Sample {
        let last = ((epoch + 1) * EPOCH - 1 - self.born) as usize;
        if epoch == self.born / EPOCH {
            return Sample {
                stayed: 0,
                price: self.average[last],
            };
        }
        let first = (epoch * EPOCH - self.born) as usize;
        Sample {
            stayed: *self.ended_with[first..=last].iter().min().expect("blocks"),
            price: self.average[last],
        }
    }
}

/// The pool is changed.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: u32,
    tao: u64,
    spot: u64,
}

/// A birth, changes after it, several of them in some blocks and silence of many epochs between others, and blocks at which
/// somebody pokes.
#[derive(Clone, Debug)]
struct History {
    born: u32,
    changes: Vec<Change>,
    pokes: Vec<u32>,
    until: u32,
}

fn gaps() -> impl Strategy<Value = u32> {
    prop_oneof![
        3 => Just(0),
        4 => 1u32..20,
        4 => 20u32..EPOCH,
        2 => EPOCH..3 * EPOCH,
        1 => 3 * EPOCH..9 * EPOCH,
        // To the very border of an epoch, whatever the block is.
        2 => Just(u32::MAX),
    ]
}

fn histories() -> impl Strategy<Value = History> {
    let change = (gaps(), sized(55), 1u64..1_000_000_000_000_000);
    // Births at an epoch's border are as delicate as changes there; block 0 means "no oracle".
    let born = prop_oneof![1u32..2 * EPOCH, Just(EPOCH), Just(EPOCH + 1), Just(2 * EPOCH - 1)];
    (
        born,
        prop::collection::vec(change, 1..40),
        prop::collection::vec(any::<u32>(), 0..40),
        gaps(),
    )
        .prop_map(|(born, changes, pokes, rest)| {
            let after = |at: u32, gap| {
                if gap == u32::MAX {
                    (at / EPOCH + 1) * EPOCH
                } else {
                    at + gap
                }
            };
            let mut at = born;
            let changes: Vec<Change> = changes
                .into_iter()
                .map(|(gap, tao, spot)| {
                    at = after(at, gap);
                    Change { at, tao, spot }
                })
                .collect();
            let until = after(at, rest) + 1;
            let pokes = pokes.into_iter().map(|poke| born + poke % (until - born)).collect();
            History {
                born,
                changes,
                pokes,
                until,
            }
        })
}

/// Plays a history and calls `see` after every touch.
fn play(
    history: &History,
    pokes: &[u32],
    mut see: impl FnMut(&Touched, u32) -> Result<(), TestCaseError>,
) -> Result<Touched, TestCaseError> {
    let mut pool = Touched::new(history.born);
    let mut pokes = pokes.to_vec();
    pokes.sort_unstable();
    let mut pokes = pokes.into_iter().peekable();
    for change in &history.changes {
        while let Some(poke) = pokes.next_if(|poke| *poke <= change.at) {
            pool.touch(poke);
            see(&pool, poke)?;
        }
        pool.change(change.at, change.tao, change.spot);
        see(&pool, change.at)?;
    }
    for poke in pokes {
        pool.touch(poke);
        see(&pool, poke)?;
    }
    pool.touch(history.until);
    see(&pool, history.until)?;
    Ok(pool)
}

proptest! {
    #![proptest_config(cases(1_500))]

    #[test]
    fn what_is_remembered_of_an_epoch_is_the_least_at_the_end_of_its_blocks(history in histories()) {
        let blocks = Blocks::of(history.born, &history.changes, history.until);
        play(&history, &history.pokes, |pool, now| {
            let running = now / EPOCH;
            for epoch in (history.born / EPOCH).max(running.saturating_sub(REMEMBERED))..running {
                prop_assert_eq!(pool.flow.sample(epoch), Some(blocks.sample(epoch)), "epoch {} in block {}", epoch, now);
            }
            Ok(())
        })?;
    }

    #[test]
    fn whoever_pokes_how_often_changes_nothing(history in histories()) {
        let alone = play(&history, &[], |_, _| Ok(()))?;
        let poked = play(&history, &history.pokes, |_, _| Ok(()))?;
        let every_block: Vec<u32> = (history.born..history.until).collect();
        let always = play(&history, &every_block, |_, _| Ok(()))?;
        prop_assert_eq!(alone.flow, poked.flow);
        prop_assert_eq!(alone.flow, always.flow);
        prop_assert_eq!(alone.oracle, poked.oracle);
        prop_assert_eq!(alone.oracle, always.oracle);
    }

    #[test]
    fn running_and_forgotten_epochs_are_not_told(history in histories()) {
        play(&history, &history.pokes, |pool, now| {
            let running = now / EPOCH;
            prop_assert_eq!(pool.flow.sample(running), None);
            prop_assert_eq!(pool.flow.sample(running + 1), None);
            prop_assert_eq!(pool.flow.sample(u32::MAX), None);
            if let Some(forgotten) = running.checked_sub(REMEMBERED + 1) {
                prop_assert_eq!(pool.flow.sample(forgotten), None);
            }
            Ok(())
        })?;
    }

    #[test]
    fn tao_that_comes_and_goes_within_an_epoch_is_never_seen(
        level in sized(54),
        extra in 1u64..1 << 54,
        first in 1u32..EPOCH,
        length in 1u32..EPOCH,
        spans_border in any::<bool>(),
    ) {
        let born = EPOCH;
        let start = 3 * EPOCH;
        let mut pool = Touched::new(born);
        pool.change(born, level, 1_000_000);
        // In for less than an epoch: it may lie across a border, but it covers no epoch whole.
        let came = start + first;
        let gone = if spans_border { came + length } else { (came + length).min(start + EPOCH - 1).max(came) };
        pool.change(came, level + extra, 1_000_000);
        pool.change(gone, level, 1_000_000);
        pool.touch(start + 3 * EPOCH);
        for epoch in 2..6 {
            prop_assert_eq!(pool.flow.sample(epoch).map(|sample| sample.stayed), Some(level));
        }
    }
}

#[test]
fn tao_counts_for_an_epoch_once_it_is_there_at_the_end_of_its_first_block_and_of_its_last() {
    let stayed = |came: u32, gone: u32| {
        let mut pool = Touched::new(1);
        pool.change(came, 100, 1);
        pool.change(gone, 40, 1);
        pool.touch(3 * EPOCH);
        pool.flow.sample(1).expect("over").stayed
    };
    assert_eq!(stayed(EPOCH - 1, 2 * EPOCH), 100, "all of it");
    assert_eq!(
        stayed(EPOCH, 2 * EPOCH),
        100,
        "it came in the first block and was there at its end"
    );
    assert_eq!(stayed(EPOCH + 1, 2 * EPOCH), 0, "a block late");
    assert_eq!(stayed(EPOCH, 2 * EPOCH - 1), 40, "it left before the last block ended");
}

#[test]
fn a_pool_that_nobody_touches_for_years_is_remembered_as_it_was() {
    let mut pool = Touched::new(5);
    pool.change(7, 1_000, 500);
    pool.change(900, 800, 600);
    pool.touch(5_000_000);
    let running = 5_000_000 / EPOCH;
    for epoch in running - REMEMBERED..running {
        let sample = Sample {
            stayed: 800,
            price: 600,
        };
        assert_eq!(pool.flow.sample(epoch), Some(sample));
    }
    assert_eq!(pool.flow.sample(running - REMEMBERED - 1), None);
}
