//! The oracle against a list of every block's price.

use kernel::oracle::{Oracle, LONG_WINDOW, SHORT_WINDOW, SPACING};
use kernel::pool::MAX_PRICE_E12;
use kernel::Error;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::exact::sized;

/// One price per block since the start.
struct Naive {
    started: u32,
    prices: Vec<u64>,
}

impl Naive {
    fn now(&self) -> u32 {
        self.started + self.prices.len() as u32 - 1
    }

    fn advance(&mut self, now: u32, spot: u64) {
        while self.now() < now {
            let price = *self.prices.last().expect("starts with one");
            let step = (price * 2 / 100).max(1);
            self.prices.push(if spot > price {
                spot.min(price + step)
            } else {
                spot.max(price - step.min(price))
            });
        }
    }

    /// Average over the blocks after the last multiple of the spacing that is at least `window` back.
    fn twap(&self, window: u32) -> Option<u64> {
        let boundary = self.now().checked_sub(window)? / SPACING * SPACING;
        let from = boundary.checked_sub(self.started)? as usize + 1;
        let over = &self.prices[from..];
        let sum: u128 = over.iter().map(|p| u128::from(*p)).sum();
        Some((sum / over.len() as u128) as u64)
    }
}

fn prices() -> impl Strategy<Value = u64> {
    sized(57).prop_map(|p| p.clamp(1, MAX_PRICE_E12))
}

/// Blocks until the next touch, and the spot it leaves.
fn history() -> impl Strategy<Value = Vec<(u32, u64)>> {
    let gap = prop_oneof![4 => 0u32..4, 3 => 1u32..40, 1 => 100u32..900];
    // Prices near each other as well as far apart.
    vec((gap, prices(), any::<bool>(), 0u64..200), 1..60).prop_map(|steps| {
        let mut last = 1_000_000_000_000;
        steps
            .into_iter()
            .map(|(gap, far, jump, near)| {
                last = if jump {
                    far
                } else {
                    (last / 100 * (900 + near) / 10).clamp(1, MAX_PRICE_E12)
                };
                (gap, last)
            })
            .collect()
    })
}

fn started(at: u32, price: u64) -> Oracle {
    let mut oracle = Oracle::default();
    oracle.start(at, price);
    oracle
}

proptest! {
    #![proptest_config(crate::exact::cases(1_500))]

    #[test]
    fn every_answer_is_the_average_of_the_blocks_it_spans(start in 1u32..100, first in prices(), touches in history()) {
        let mut oracle = started(start, first);
        let mut naive = Naive { started: start, prices: vec![first] };
        let (mut now, mut spot) = (start, first);
        for (gap, next) in touches {
            now += gap;
            oracle.advance(now, spot);
            naive.advance(now, spot);
            prop_assert_eq!(oracle.price, *naive.prices.last().expect("never empty"));
            for window in [1, SHORT_WINDOW, 77, LONG_WINDOW] {
                match (oracle.twap(window), naive.twap(window)) {
                    (Ok(twap), expected) => prop_assert_eq!(Some(twap), expected),
                    (Err(Error::OracleTooYoung { ready_at, now: at }), _) => {
                        prop_assert!(at == now && now < ready_at);
                        prop_assert_eq!(ready_at, oracle.ready_at(window));
                        // Young means: no remembered height lies within history.
                        prop_assert!(now < window || (now - window) / SPACING * SPACING < start);
                    }
                    (Err(error), _) => prop_assert!(false, "{error:?}"),
                }
            }
            spot = next;
        }
    }

    #[test]
    fn touching_more_often_changes_nothing(first in prices(), touches in history(), extra in 1u32..7) {
        let mut seldom = started(50, first);
        let mut often = started(50, first);
        let (mut now, mut spot) = (50, first);
        for (gap, next) in touches {
            let until = now + gap;
            seldom.advance(until, spot);
            while now < until {
                now = (now + extra).min(until);
                often.advance(now, spot);
                often.advance(now, spot);
            }
            prop_assert_eq!(&seldom, &often);
            spot = next;
        }
    }

    #[test]
    fn what_the_spot_was_within_a_block_is_forgotten(first in prices(), wild in prices(), after in 1u32..400) {
        let mut quiet = started(50, first);
        let mut shaken = quiet;
        for oracle in [&mut quiet, &mut shaken] {
            oracle.advance(300, first);
        }
        // Somebody moves the price and touches again and again in block 300, then puts it back.
        for _ in 0..50 {
            shaken.advance(300, wild);
        }
        for oracle in [&mut quiet, &mut shaken] {
            oracle.advance(300 + after, first);
        }
        prop_assert_eq!(quiet, shaken);
    }

    #[test]
    fn the_recorded_price_moves_at_most_two_percent_a_block(first in prices(), spot in prices(), blocks in 1u32..60) {
        let mut oracle = started(50, first);
        for block in 1..=blocks {
            let before = oracle.price;
            oracle.advance(50 + block, spot);
            let moved = oracle.price.abs_diff(before);
            prop_assert!(u128::from(moved) * 100 <= u128::from(before) * 2 || moved == 1);
            prop_assert!(oracle.price.abs_diff(spot) <= before.abs_diff(spot), "moves toward the spot");
        }
    }

    #[test]
    fn one_block_moves_the_short_average_by_at_most_a_twenty_fifth_of_two_percent(first in 100_000u64..MAX_PRICE_E12, spot in prices()) {
        let mut oracle = started(50, first);
        oracle.advance(400, first);
        oracle.advance(401, spot);
        let twap = oracle.twap(SHORT_WINDOW).unwrap_or(0);
        prop_assert!(u128::from(twap.abs_diff(first)) * 100 * 25 <= u128::from(first) * 2 + 2_500);
    }

    #[test]
    fn a_gap_of_any_length_is_caught_up_within_a_bounded_number_of_steps(first in prices(), spot in prices(), gap in sized(32)) {
        // The recorded price arrives within 2,400 blocks from anywhere, so the catch-up loop never runs longer.
        let mut oracle = started(50, first);
        oracle.advance(50 + 2_400, spot);
        prop_assert_eq!(oracle.price, spot);
        let now = 3_000u32.saturating_add(gap as u32);
        oracle.advance(now, spot);
        prop_assert_eq!((oracle.recorded, oracle.price), (now, spot));
        prop_assert_eq!(oracle.twap(SHORT_WINDOW), Ok(spot));
        prop_assert_eq!(oracle.twap(LONG_WINDOW), Ok(spot));
    }
}

#[test]
fn an_oracle_that_never_started_records_nothing() {
    let mut oracle = Oracle::default();
    oracle.advance(1_000, 5);
    assert_eq!(oracle, Oracle::default());
    assert!(matches!(oracle.twap(SHORT_WINDOW), Err(Error::OracleTooYoung { .. })));
}

#[test]
fn the_highest_price_fits_the_longest_window() {
    let mut oracle = started(7, MAX_PRICE_E12);
    oracle.advance(7 + 100_000, MAX_PRICE_E12);
    for now in 100_008..100_030 {
        oracle.advance(now, MAX_PRICE_E12);
        assert_eq!(oracle.twap(LONG_WINDOW), Ok(MAX_PRICE_E12));
    }
}

#[test]
fn the_lowest_price_still_moves() {
    let mut oracle = started(7, 1);
    oracle.advance(8, 50);
    assert_eq!(oracle.price, 2);
    oracle.advance(9, 1);
    assert_eq!(oracle.price, 1);
}
