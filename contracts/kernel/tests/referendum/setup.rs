//! Small referenda.

use kernel::referendum::{Curve, Phase, Referendum, Tally, Track, TrackId, ONE_E9};
use proptest::prelude::*;

pub const PROPOSER: [u8; 32] = [1; 32];
pub const DEPOSITOR: [u8; 32] = [2; 32];
pub const SUBMITTED: u32 = 1_000;

/// That many cases; what once failed is kept as a named test, not in a file.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

pub const fn flat(y_e9: u32) -> Curve {
    Curve::Linear {
        length_e9: ONE_E9,
        ceil_e9: y_e9,
        floor_e9: y_e9,
    }
}

/// A half of the votes, a tenth of the electorate, at any time.
pub fn rules() -> Track {
    Track {
        prepare: 5,
        decide: 20,
        confirm: 6,
        enact_delay: 3,
        enact_window: 4,
        undecided: 10,
        submission_deposit: 1_000_000_001,
        decision_deposit: 10_000_000_003,
        approval: flat(500_000_000),
        support: flat(100_000_000),
    }
}

pub fn submitted(rules: Track) -> Referendum {
    Referendum::new(TrackId::Parameters, rules, PROPOSER, [7; 32], 1_000, SUBMITTED)
}

/// Deposit in its first block, so that deciding begins in the block returned.
pub fn deciding(rules: Track) -> (Referendum, u32) {
    let mut referendum = submitted(rules);
    referendum
        .place_decision_deposit(DEPOSITOR, SUBMITTED)
        .expect("preparing");
    (referendum, SUBMITTED + rules.prepare)
}

pub fn aye(weight: u128) -> Tally {
    Tally {
        aye: weight,
        ..Tally::default()
    }
}

pub fn nay(weight: u128) -> Tally {
    Tally {
        nay: weight,
        ..Tally::default()
    }
}

pub fn put(referendum: &mut Referendum, tally: Tally, now: u32) {
    referendum.vote(Tally::default(), tally, now).expect("open");
}

/// One referendum of each way to end, and the block in which it does.
pub fn ended() -> Vec<(Referendum, Phase)> {
    let (mut approved, since) = deciding(rules());
    put(&mut approved, aye(100), since);
    let (mut rejected, _) = deciding(rules());
    put(&mut rejected, aye(99), since);
    let (mut killed, _) = deciding(rules());
    killed.kill(since).expect("open");
    let mut late = approved.clone();
    late.kill(since + 6).expect("approved");
    vec![
        (approved, Phase::Approved { at: since + 6 }),
        (rejected, Phase::Rejected { at: since + 20 }),
        (
            submitted(rules()),
            Phase::TimedOut {
                at: SUBMITTED + rules().undecided,
            },
        ),
        (killed, Phase::Killed { at: since }),
        (late, Phase::Killed { at: since + 6 }),
    ]
}

/// Any curve that passes its own check.
pub fn curve() -> impl Strategy<Value = Curve> {
    let part = || prop_oneof![0..=ONE_E9, Just(0), Just(ONE_E9), 0..1_000u32];
    let divisor = || prop_oneof![1..=ONE_E9, 1..1_000u32, Just(ONE_E9)];
    prop_oneof![
        (divisor(), part(), part()).prop_map(|(length_e9, a, b)| Curve::Linear {
            length_e9,
            ceil_e9: a.max(b),
            floor_e9: a.min(b)
        }),
        (any::<u32>(), divisor(), any::<u32>(), part()).prop_map(|(factor_e9, x_offset_e9, y_down_e9, floor_e9)| {
            Curve::Reciprocal {
                factor_e9,
                x_offset_e9,
                y_down_e9,
                floor_e9,
            }
        }),
        // One that falls visibly.
        (part(), part()).prop_map(|(x_offset_e9, floor_e9)| Curve::Reciprocal {
            factor_e9: x_offset_e9.max(1),
            x_offset_e9: x_offset_e9.max(1),
            y_down_e9: 0,
            floor_e9
        }),
        (part(), part(), any::<u32>(), divisor()).prop_map(|(a, b, step_e9, period_e9)| Curve::Stepped {
            begin_e9: a.max(b),
            end_e9: a.min(b),
            step_e9,
            period_e9
        }),
        (part(), part(), 1..20u32).prop_map(|(a, b, steps)| Curve::Stepped {
            begin_e9: a.max(b),
            end_e9: a.min(b),
            step_e9: a.abs_diff(b) / steps,
            period_e9: ONE_E9 / steps
        }),
    ]
}
