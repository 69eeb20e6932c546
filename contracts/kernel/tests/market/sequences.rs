//! Random sequences of all operations by several actors; every identity is checked after every step.
//!
//! `AUTONOMY_SEQUENCES` sets how many sequences each test here runs (10,000 without it); `AUTONOMY_TRACE` prints their steps.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::ops::{blocks_before, kind_of, perform};
use crate::support::{exits, identities, setup, transitions, wind_down, Kind, RawOp, World};

/// Operations, printed so that a failure can be pasted into a named test.
#[derive(Clone)]
struct Sequence(Vec<RawOp>);

impl std::fmt::Debug for Sequence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// How often each kind of operation succeeded and failed.
type Tally = BTreeMap<Kind, (u64, u64)>;

fn run_sequence(mut w: World, ops: &[RawOp], tally: &mut Tally) -> World {
    let trace = std::env::var_os("AUTONOMY_TRACE").is_some();
    identities::check(&w);
    for (turn, raw) in ops.iter().enumerate() {
        w.now += blocks_before(raw.4);
        let kind = kind_of(&w, raw);
        let mut after = w.clone();
        let count = tally.entry(kind).or_default();
        match perform(&mut after, kind, raw) {
            Ok(outcome) => {
                count.0 += 1;
                identities::check(&after);
                transitions::check(&w, &after, &outcome);
                if trace {
                    println!(
                        "{} {kind:?} {raw:?}\n{:?}\n{:?}",
                        after.now, after.market.pool, after.market.vault
                    );
                }
                w = after;
            }
            // The shell reverts a message that fails: what it changed is gone.
            Err(_) => count.1 += 1,
        }
        exits::check(&w, turn);
    }
    wind_down::terminal(w.clone(), w.stake / 10);
    if w.market.terminal.is_none() {
        wind_down::live(w.clone());
    }
    w
}

fn sequences() -> u32 {
    std::env::var("AUTONOMY_SEQUENCES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(10_000)
}

fn run(lengths: std::ops::Range<usize>, world: impl Fn(u8) -> World) -> Tally {
    let tally = Mutex::new(Tally::new());
    let config = Config {
        cases: sequences(),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let strategy = (any::<u8>(), vec(any::<RawOp>(), lengths).prop_map(Sequence));
    TestRunner::new(config)
        .run(&strategy, |(start, ops)| {
            let mut seen = Tally::new();
            run_sequence(world(start), &ops.0, &mut seen);
            let mut all = tally.lock().expect("no other panic");
            for (kind, (ok, failed)) in seen {
                let entry = all.entry(kind).or_default();
                entry.0 += ok;
                entry.1 += failed;
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    tally.into_inner().expect("no other panic")
}

/// A harness that never reaches a rule proves nothing about it.
fn assert_reached(tally: &Tally, kinds: &[Kind]) {
    for kind in kinds {
        let (ok, _) = tally.get(kind).copied().unwrap_or_default();
        assert!(ok > 0, "{kind:?} never succeeded: {tally:?}");
    }
}

#[test]
fn identities_hold_from_the_first_liquidity_on() {
    let tally = run(1..100, |start| {
        World::new(1 << (30 + start % 21), 1_000 + u32::from(start % 7))
    });
    assert_reached(&tally, &[Kind::AddLiquidity, Kind::Lend, Kind::Freeze, Kind::Claim]);
}

#[test]
fn identities_hold_in_a_market_with_history() {
    let tally = run(1..100, |start| setup::seeded(10u64.pow(10 + u32::from(start % 5))));
    println!("{tally:?}");
    assert_reached(
        &tally,
        &[Kind::Open, Kind::CloseShort, Kind::RepayWithAlpha, Kind::WithdrawMargin],
    );
}

#[test]
fn identities_hold_while_shorts_are_squeezed() {
    let tally = run(1..100, |start| {
        setup::with_shorts(
            10u64.pow(11 + u32::from(start % 4)),
            1 + usize::from(start % 4),
            30 + u64::from(start % 90),
        )
    });
    println!("{tally:?}");
    assert_reached(
        &tally,
        &[
            Kind::Liquidate,
            Kind::LiquidateWithAlpha,
            Kind::LiquidateAll,
            Kind::SettleShort,
        ],
    );
}
