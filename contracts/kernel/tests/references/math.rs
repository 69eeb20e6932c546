//! Fixed-point arithmetic.

use kernel::math::*;
use kernel::Error;
use num_bigint::BigUint;
use num_traits::ToPrimitive;
use proptest::prelude::*;

use crate::exact::{ceil_u128, exp, floor_u128, int, product, ratio, sized, sized_wide};

proptest! {
    #![proptest_config(crate::exact::cases(4_000))]

    #[test]
    fn mul_div_is_the_exact_quotient_rounded_as_named(a in sized_wide(), b in sized_wide(), d in sized_wide()) {
        let (down, up) = (mul_div_down(a, b, d), mul_div_up(a, b, d));
        let exact = product(a, b);
        if d == 0 || exact > BigUint::from(u128::MAX) {
            prop_assert_eq!((down, up), (Err(Error::Overflow), Err(Error::Overflow)));
        } else {
            let quotient = &exact / d;
            let rest = &exact - &quotient * d;
            prop_assert_eq!(down.ok(), quotient.to_u128());
            prop_assert_eq!(up.ok(), (quotient + u32::from(rest != BigUint::ZERO)).to_u128());
        }
    }

    #[test]
    fn parts_of_amounts_are_exact_or_refused(a in any::<u64>(), b in any::<u64>(), d in any::<u64>()) {
        let exact = (d != 0).then(|| ratio(a, 1) * ratio(b, d));
        let fits = |x: Option<u128>| x.and_then(|x| u64::try_from(x).ok());
        prop_assert_eq!(part_down(a, b, d).ok(), exact.as_ref().and_then(|x| fits(floor_u128(x))));
        prop_assert_eq!(part_up(a, b, d).ok(), exact.as_ref().and_then(|x| fits(ceil_u128(x))));
    }

    #[test]
    fn basis_points_add_up_to_the_whole(amount in sized(63), bps in 0u32..=10_000) {
        let taken = bps_down(amount, bps).unwrap_or_default();
        let left = less_bps_down(amount, bps).unwrap_or_default();
        prop_assert_eq!(u128::from(taken), u128::from(amount) * u128::from(bps) / 10_000);
        prop_assert_eq!(u128::from(left), u128::from(amount) * u128::from(10_000 - bps) / 10_000);
        prop_assert!(taken + left <= amount && amount - taken - left <= 1);
    }

    #[test]
    fn a_ratio_is_rounded_up_and_saturates(a in sized(64), b in sized(64)) {
        let expected = if a == 0 {
            0
        } else if b == 0 {
            u32::MAX
        } else {
            ceil_u128(&(ratio(a, b) * int(10_000))).and_then(|x| u32::try_from(x).ok()).unwrap_or(u32::MAX)
        };
        prop_assert_eq!(ratio_bps_up(a, b), expected);
    }

    #[test]
    fn a_value_is_alpha_times_price_rounded_as_named(alpha in sized(55), price in sized(57)) {
        let exact = ratio(alpha, 1) * ratio(price, 1_000_000_000_000u64);
        let fits = |x: Option<u128>| x.and_then(|x| u64::try_from(x).ok());
        prop_assert_eq!(value_down(alpha, price).ok(), fits(floor_u128(&exact)));
        prop_assert_eq!(value_up(alpha, price).ok(), fits(ceil_u128(&exact)));
    }

    #[test]
    fn a_square_root_is_rounded_down(x in sized_wide()) {
        let root = sqrt_down(x);
        prop_assert!(product(root, root) <= BigUint::from(x));
        prop_assert!(product(root + 1, root + 1) > BigUint::from(x));
    }

    #[test]
    fn sums_and_differences_are_exact_or_refused(a in any::<u64>(), b in any::<u64>(), c in any::<u128>(), d in any::<u128>()) {
        prop_assert_eq!(add(a, b).ok(), a.checked_add(b));
        prop_assert_eq!(sub(a, b).ok(), a.checked_sub(b));
        prop_assert_eq!(add_wide(c, d).ok(), c.checked_add(d));
        prop_assert_eq!(sub_wide(c, d).ok(), c.checked_sub(d));
        prop_assert_eq!(narrow(c).ok(), u64::try_from(c).ok());
    }
}

proptest! {
    #![proptest_config(crate::exact::cases(500))]

    #[test]
    fn compounding_never_exceeds_the_exponential_and_misses_only_its_fourth_order(rate in sized(41), blocks in sized(32)) {
        let blocks = blocks.min(u32::MAX.into()) as u32;
        let got = ratio(compound_e18(rate, blocks).unwrap_or_default(), E18);
        let x = (ratio(rate, E18) * int(blocks)).min(int(2));
        let exact = exp(&x) - int(1);
        prop_assert!(got <= &exact + ratio(1, u128::MAX), "above continuous compounding");
        let fourth = &x * &x * &x * &x / int(24) * exp(&x);
        // Three roundings down of 1e-18 each, passed on at most once through x/3 < 1.
        prop_assert!(exact - got <= fourth + ratio(4, E18), "further below than stated");
    }
}

#[test]
fn roots_of_the_extremes_are_exact() {
    assert_eq!(sqrt_down(u128::MAX), u128::from(u64::MAX));
    assert_eq!(sqrt_down(0), 0);
    for n in 1u128..2_000 {
        assert_eq!((sqrt_down(n * n), sqrt_down(n * n - 1)), (n, n - 1));
    }
}

#[test]
fn amounts_beyond_the_proven_range_and_zero_are_refused() {
    assert_eq!(checked_amount(MAX_AMOUNT), Ok(MAX_AMOUNT));
    assert_eq!(checked_amount(MAX_AMOUNT + 1), Err(Error::Overflow));
    assert_eq!(non_zero(0), Err(Error::ZeroAmount));
    assert_eq!(non_zero(1), Ok(1));
}
