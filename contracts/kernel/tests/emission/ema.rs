//! Averages against exact powers.

use kernel::emission::ema::{over_steps, price_block, toward, FLOW_BLOCK, FLOW_EPOCH, SLOW_EPOCH, WATCH_EPOCH};
use kernel::emission::Error;
use kernel::flow::EPOCH;
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use proptest::prelude::*;

use crate::exact::{cases, ratio, sized};

/// The scale of weights.
const ONE: u64 = 1 << 63;
/// Fractional bits of the reference.
const BITS: u32 = 384;

/// (1 − weight/2^63)^steps with [`BITS`] fractional bits, below its value by less than 2^-340.
fn kept(weight: u64, steps: u32) -> BigInt {
    let one = BigInt::from(1) << BITS;
    let base = (&one * (ONE - weight)) >> 63;
    (0..32).rev().fold(one, |kept, bit| {
        let squared = (&kept * &kept) >> BITS;
        if steps >> bit & 1 == 1 {
            (squared * &base) >> BITS
        } else {
            squared
        }
    })
}

#[test]
fn the_weight_of_an_epoch_is_that_of_its_blocks_to_the_last_unit() {
    let exact = ratio(
        BigInt::from(ONE - FLOW_BLOCK).pow(EPOCH),
        BigInt::from(ONE).pow(EPOCH - 1),
    );
    let off = ratio(ONE - FLOW_EPOCH, 1) - exact;
    assert!(off >= ratio(-1, 1) && off <= ratio(1, 1), "{off}");
}

#[test]
fn half_of_a_slow_average_is_forgotten_after_140_epochs_and_half_of_what_the_index_watches_after_60() {
    for (weight, epochs) in [(SLOW_EPOCH, 140), (WATCH_EPOCH, 60)] {
        // Of all weights, the nearest: one unit more or less is on the other side of a half, or further from it.
        let half = BigInt::from(1) << (BITS - 1);
        let off = |weight| {
            let kept = kept(weight, epochs);
            (&kept - &half).max(&half - &kept)
        };
        assert!(off(weight) <= off(weight - 1));
        assert!(off(weight) <= off(weight + 1));
    }
}

#[test]
fn half_of_a_flow_is_forgotten_after_thirty_days() {
    let kept = over_kept(FLOW_BLOCK, 216_000);
    assert!(kept.abs_diff(ONE / 2) < ONE / 1_000_000, "{kept}");
    let kept = over_kept(FLOW_EPOCH, 600);
    assert!(kept.abs_diff(ONE / 2) < ONE / 1_000_000, "{kept}");
}

fn over_kept(weight: u64, steps: u32) -> u64 {
    ONE - over_steps(weight, steps)
}

fn signed() -> impl Strategy<Value = i128> {
    (sized(63), any::<bool>()).prop_map(|(size, out)| if out { -i128::from(size) } else { size.into() })
}

proptest! {
    #![proptest_config(cases(5_000))]

    #[test]
    fn many_steps_at_once_are_the_exact_power_within_a_unit_for_each(weight in sized(63), steps in sized(32)) {
        let steps = steps as u32;
        let got = BigInt::from(over_kept(weight, steps)) << (BITS - 63);
        let exact = kept(weight, steps);
        let units = (&exact - &got) >> (BITS - 63);
        // Rounded down every time, so that an average never lags behind.
        prop_assert!(got <= exact);
        prop_assert!(units <= BigInt::from(steps), "{} units", units);
    }

    #[test]
    fn a_step_is_the_exact_one_rounded_down_and_never_overshoots(value in signed(), sample in signed(), weight in 0..=ONE) {
        let got = toward(value, sample, weight).expect("less than 2^64 apart");
        let step = ratio(BigInt::from(sample - value) * weight, ONE).floor().to_integer();
        prop_assert_eq!(BigInt::from(got), step + value);
        prop_assert!((value.min(sample)..=value.max(sample)).contains(&got));
    }

    #[test]
    fn an_epoch_with_the_same_flow_in_each_block_is_one_step(value in signed(), sample in signed()) {
        let mut blocks = value;
        for _ in 0..EPOCH {
            blocks = toward(blocks, sample, FLOW_BLOCK).expect("fits");
        }
        let epoch = toward(value, sample, FLOW_EPOCH).expect("fits");
        // Each step rounds down by less than one unit, and the weight is one unit off at most.
        prop_assert!((-2..=i128::from(EPOCH) + 2).contains(&(epoch - blocks)), "{epoch} {blocks}");
    }

    #[test]
    fn the_smoothing_of_prices_is_the_chain_s_rounded_down(blocks in prop_oneof![any::<u32>(), 0u32..1_000_000]) {
        let exact = ratio(BigInt::from(ONE) * 3u32 * blocks, BigInt::from(1_000_000u32) * (BigInt::from(blocks) + 201_600));
        prop_assert_eq!(Some(price_block(blocks)), exact.floor().to_integer().to_u64());
        prop_assert!(price_block(blocks) <= price_block(blocks.saturating_add(1)), "never slower with age");
    }
}

#[test]
fn nothing_more_than_2_64_apart_is_averaged() {
    let apart = 1i128 << 64;
    for (value, sample) in [(0, apart + 1), (apart + 1, 0), (i128::MIN, i128::MAX), (i128::MAX, -1)] {
        assert_eq!(toward(value, sample, FLOW_EPOCH), Err(Error::Overflow));
    }
    for (value, sample) in [(0, apart), (apart, 0)] {
        let got = toward(value, sample, ONE / 2).expect("within bounds");
        assert_eq!(got, apart / 2);
    }
}

#[test]
fn no_steps_move_nothing_and_the_whole_weight_moves_everything() {
    for weight in [0, 1, FLOW_BLOCK, ONE] {
        assert_eq!(over_steps(weight, 0), 0);
        assert_eq!(over_steps(weight, 1), weight);
    }
    assert_eq!(over_steps(ONE, 7), ONE);
    assert_eq!(over_steps(0, u32::MAX), 0);
}
