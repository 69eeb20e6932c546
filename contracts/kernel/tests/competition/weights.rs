//! Targets: proportional to the square of scores, under caps and above floors.

use kernel::competition::{Validator, Validators, PROBE_BPS, SILENT_WINDOWS, YOUNG_WINDOWS};
use proptest::prelude::*;

use crate::subnet::{cases, hotkey};

fn scored(score: u64) -> Validator {
    Validator {
        fast: score,
        slow: score,
        windows: YOUNG_WINDOWS * 2,
        registered: true,
        ..Validator::default()
    }
}

fn among(all: Vec<Validator>) -> Validators {
    Validators {
        all,
        ..Validators::new(hotkey(0), 1)
    }
}

fn weights(scores: &[u64]) -> Vec<u16> {
    among(scores.iter().copied().map(scored).collect()).weights()
}

fn validators() -> impl Strategy<Value = Validator> {
    (
        prop_oneof![
            Just(0),
            0u64..1_000,
            40_000_000_000u64..50_000_000_000,
            0u64..=1_000_000_000_000_000
        ],
        prop_oneof![3 => Just(YOUNG_WINDOWS), 2 => 0..=YOUNG_WINDOWS, 1 => 0..YOUNG_WINDOWS * 3],
        prop_oneof![5 => Just(0), 1 => 0..=SILENT_WINDOWS + 1],
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(score, windows, silent, registered, leaving)| Validator {
            windows,
            silent,
            registered,
            leaving,
            slow: score / 2,
            ..scored(score)
        })
}

/// The largest share anyone may have.
fn cap(scoring: usize) -> u16 {
    match scoring {
        0 | 1 => 10_000,
        2 => 7_500,
        3 => 5_000,
        _ => 2_500,
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn weights_are_the_clamped_squares(all in prop::collection::vec(validators(), 1..=8)) {
        let validators = among(all);
        let all = &validators.all;
        let got = validators.weights();
        let sum: u32 = got.iter().map(|weight| u32::from(*weight)).sum();
        let out = |v: &Validator| v.leaving || !v.registered || v.silent >= SILENT_WINDOWS;
        let longest = all.iter().map(|v| v.windows).max().expect("one at least");
        let young = |v: &Validator| !out(v) && v.windows < (longest / 2).clamp(1, YOUNG_WINDOWS);
        if all.iter().all(out) {
            prop_assert_eq!(sum, 0);
            return Ok(());
        }
        prop_assert_eq!(sum, 10_000);
        // Nobody competes who is out or not measured long enough; and nobody with less than a tenth of the best.
        let score = |v: &Validator| if out(v) || young(v) { 0 } else { u128::from(v.fast.min(v.slow)) };
        let mut scores: Vec<u128> = all.iter().map(score).collect();
        let best = scores.iter().copied().max().expect("one at least");
        scores.iter_mut().filter(|score| **score * 10 < best).for_each(|score| *score = 0);
        let scoring = scores.iter().filter(|score| **score != 0).count();
        for (index, (v, weight)) in all.iter().zip(&got).enumerate() {
            if out(v) {
                prop_assert_eq!(*weight, 0);
            } else if scoring == 0 {
                // Everybody who is in shares alike.
                let each = 10_000 / all.iter().filter(|v| !out(v)).count() as u16;
                prop_assert!(weight.abs_diff(each) < 8);
            } else if scores[index] == 0 {
                prop_assert_eq!(*weight, if young(v) { PROBE_BPS } else { 0 });
            }
        }
        for (weight, score) in got.iter().zip(&scores).filter(|(_, score)| **score != 0) {
            // What rounding leaves goes to somebody.
            prop_assert!(*weight < cap(scoring) + 8, "above the cap: {weight}");
            for (theirs, other) in got.iter().zip(&scores).filter(|(_, score)| **score != 0) {
                // Who pays more gets no less, but for what rounding leaves.
                prop_assert!(score < other || *weight + 8 >= *theirs, "{weight} {theirs}");
                // Below the cap, proportional: each is rounded by less than one, and one gets what is left.
                if weight.max(theirs) < &(cap(scoring) - 8) {
                    let times = |weight: u16, score: u128| u128::from(weight) * score * score;
                    prop_assert!(times(weight.saturating_sub(8), *other) <= times(*theirs + 1, *score));
                }
            }
        }
    }
}

#[test]
fn one_alone_has_everything_and_caps_bind_the_better_of_two_three_and_more() {
    assert_eq!(weights(&[7]), [10_000]);
    assert_eq!(weights(&[7, 0]), [10_000, 0]);
    assert_eq!(weights(&[1, 1]), [5_000, 5_000]);
    assert_eq!(weights(&[1, 9]), [2_500, 7_500]);
    assert_eq!(weights(&[1, 1, 9]), [2_500, 2_500, 5_000]);
    assert_eq!(weights(&[1, 1, 1, 9]), [2_500; 4]);
    assert_eq!(weights(&[1, 1, 1, 1, 1, 9]), [1_500, 1_500, 1_500, 1_500, 1_500, 2_500]);
}

#[test]
fn twice_the_yield_is_four_times_the_share() {
    assert_eq!(weights(&[2, 1, 1, 1, 1, 1, 1, 1])[..4], [2_500, 1_071, 1_071, 1_071]);
    assert_eq!(
        weights(&[20, 20, 20, 20, 20, 10, 10, 10]),
        [1_739, 1_739, 1_739, 1_739, 1_742, 434, 434, 434]
    );
    assert_eq!(
        weights(&[10, 10, 10, 10, 20, 20]),
        [1_250, 1_250, 1_250, 1_250, 2_500, 2_500]
    );
}

#[test]
fn who_pays_less_than_a_tenth_of_the_best_gets_nothing() {
    assert_eq!(weights(&[100, 100, 10, 9])[3], 0);
    assert_ne!(weights(&[100, 100, 10, 9])[2], 0);
}

#[test]
fn who_is_not_measured_long_enough_gets_a_twentieth_whatever_it_pays() {
    let young = |score| Validator {
        windows: YOUNG_WINDOWS - 1,
        ..scored(score)
    };
    for score in [0, 1, 5, 1_000_000_000_000_000] {
        assert_eq!(among(vec![scored(5), young(score)]).weights(), [9_500, 500]);
    }
    // Among strangers only, what was measured so far is all there is.
    assert_eq!(among(vec![young(1), young(9)]).weights(), [2_500, 7_500]);
}

#[test]
fn long_enough_is_half_as_long_as_the_one_measured_longest_and_a_day_at_most() {
    for (longest, enough) in [
        (0, 1),
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 2),
        (11, 5),
        (39, 19),
        (40, 20),
        (1_000, 20),
    ] {
        let measured = |score, windows| Validator {
            windows,
            ..scored(score)
        };
        let best = measured(100, longest);
        // Nobody's score but its own share tells who competes: three times less is a tenth.
        let share = |windows| among(vec![best, measured(40, windows)]).weights()[1];
        if longest >= enough {
            assert_eq!(share(enough), 2_500, "{longest}");
            assert_eq!(share(enough - 1), PROBE_BPS, "{longest}");
        }
    }
}

/// Who is out is not young, but its windows count: they are the market's age.
#[test]
fn the_one_measured_longest_counts_though_it_is_out() {
    let gone = Validator {
        leaving: true,
        windows: 40,
        ..scored(9)
    };
    let young = Validator {
        windows: 19,
        ..scored(9)
    };
    assert_eq!(among(vec![gone, scored(9), young]).weights(), [0, 9_500, 500]);
}

#[test]
fn while_nobody_is_measured_everybody_who_is_in_has_as_much() {
    let gone = Validator {
        registered: false,
        ..scored(0)
    };
    let got = among(vec![scored(0), gone, scored(0), scored(0)]).weights();
    assert_eq!((got[1], got.iter().sum::<u16>()), (0, 10_000));
    assert!(got.iter().all(|weight| *weight == 0 || weight.abs_diff(3_333) <= 1));
}

#[test]
fn where_nobody_is_in_nobody_has_a_target() {
    let gone = Validator {
        leaving: true,
        ..scored(9)
    };
    assert_eq!(among(vec![gone, gone]).weights(), [0, 0]);
}

#[test]
fn only_the_lesser_of_both_averages_counts() {
    let spike = Validator {
        fast: 100,
        ..scored(10)
    };
    let fading = Validator {
        slow: 100,
        ..scored(10)
    };
    assert_eq!((spike.score(), fading.score()), (10, 10));
}
