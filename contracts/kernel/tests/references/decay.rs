//! e^(−blocks/τ) against 384 fractional bits.

use kernel::decay::{Decay, TAU};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;
use proptest::prelude::*;
use scale::{Decode, Encode};

use crate::exact::{cases, int, ratio, sized, sized_wide};

/// Fractional bits of the reference.
const BITS: u32 = 384;

/// e^(−blocks/tau) within 2^−370 of its value, for a `tau` above 0 and up to 64 `tau`.
pub fn exact(blocks: u32, tau: u32) -> BigRational {
    let one = BigInt::from(1) << BITS;
    // Halved ten times, 64 τ are a sixteenth: 2^(−4·80)/80! is below 2^−700.
    let x = ((BigInt::from(blocks) << BITS) / tau) >> 10;
    let (mut sum, mut term) = (one.clone(), one.clone());
    for n in 1..80 {
        term = ((term * &x) >> BITS) / n;
        sum += &term;
    }
    let mut value = (&one * &one) / sum;
    for _ in 0..10 {
        value = (&value * &value) >> BITS;
    }
    BigRational::new(value, one)
}

/// The exact value of a decay.
pub fn value(decay: Decay) -> BigRational {
    let (mantissa, shift) = <(u64, u32)>::decode(&mut &decay.encode()[..]).expect("two fields");
    ratio(mantissa, BigInt::from(1) << (62 + shift))
}

/// Time constants of every size, the chain's among them.
pub fn taus() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(TAU),
        Just(311_622),
        sized(32).prop_map(|tau| u32::try_from(tau).unwrap_or(u32::MAX).max(1)),
    ]
}

/// Blocks up to 64 τ, and τ.
fn times() -> impl Strategy<Value = (u32, u32)> {
    (taus(), any::<u64>(), sized(38)).prop_map(|(tau, uniform, size)| {
        let end = u64::from(tau) * 64;
        let blocks = if uniform % 2 == 0 { uniform % end } else { size % end };
        (u32::try_from(blocks).unwrap_or(u32::MAX), tau)
    })
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn a_decay_is_the_exact_value_to_one_part_in_1e16_for_any_time_constant((blocks, tau) in times()) {
        let exact = exact(blocks, tau);
        let off = (value(Decay::of(blocks, tau)) - &exact).abs();
        prop_assert!(off * int(BigInt::from(10u32).pow(16)) <= exact);
    }

    #[test]
    fn a_decay_never_rises_with_time((blocks, tau) in times(), more in sized(32)) {
        let later = blocks.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        prop_assert!(value(Decay::of(blocks.saturating_add(1), tau)) <= value(Decay::of(blocks, tau)));
        prop_assert!(value(Decay::of(later, tau)) <= value(Decay::of(blocks, tau)));
    }

    #[test]
    fn a_decay_never_rises_where_its_shift_changes(tau in taus(), halvings in 1u64..93, near in -2i128..=2) {
        // Blocks around halvings · ln(2) · τ.
        let halving = u128::from(tau) * 693_147_180_559_945 * u128::from(halvings) / 1_000_000_000_000_000;
        let blocks = halving.saturating_add_signed(near).min(u128::from(u32::MAX - 1)) as u32;
        prop_assert!(value(Decay::of(blocks + 1, tau)) <= value(Decay::of(blocks, tau)));
    }

    #[test]
    fn what_is_left_of_any_number_is_the_exact_product_rounded_as_named((blocks, tau) in times(), x in sized_wide()) {
        let decay = Decay::of(blocks, tau);
        let product = value(decay) * int(x);
        prop_assert_eq!(int(decay.down(x)), product.floor());
        prop_assert_eq!(int(decay.up(x)), product.ceil());
    }

    #[test]
    fn nothing_is_left_after_64_time_constants(tau in taus(), later in any::<u32>()) {
        if let Some(end) = tau.checked_mul(64) {
            prop_assert_eq!(Decay::of(end.saturating_add(later), tau), Decay::ZERO);
            prop_assert!(value(Decay::of(end - 1, tau)).is_positive());
        }
        prop_assert_eq!(Decay::of(later, 0), Decay::ZERO);
    }
}

#[test]
fn everything_is_left_after_no_time() {
    for tau in [1, 2, 311_622, TAU, u32::MAX] {
        assert_eq!(Decay::of(0, tau), Decay::ONE);
        assert_eq!(Decay::of(0, tau).down(u128::MAX), u128::MAX);
        assert_eq!(Decay::of(0, tau).up(u128::MAX), u128::MAX);
    }
}

#[test]
fn half_is_left_after_ninety_days() {
    let half = Decay::of(648_000, TAU).down(1_000_000_000);
    assert!(half.abs_diff(500_000_000) <= 500, "{half}");
}
