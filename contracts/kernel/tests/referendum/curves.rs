//! Thresholds against exact fractions.

use kernel::referendum::{Bound, Curve, Error, ONE_E9};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use proptest::prelude::*;

use crate::{
    naive::exact,
    setup::{cases, curve},
};

fn rounded_up(curve: &Curve, x: u32) -> Option<u32> {
    let one = BigRational::from_integer(BigInt::from(ONE_E9));
    let x = BigRational::new(x.into(), ONE_E9.into());
    (exact(curve, &x) * one).ceil().to_integer().to_u32()
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn a_threshold_is_the_exact_value_rounded_up(curve in curve(), x in prop_oneof![0..=ONE_E9, 0..1_000u32]) {
        prop_assert_eq!(curve.check(), Ok(()));
        prop_assert_eq!(Some(curve.threshold_e9(x)), rounded_up(&curve, x));
    }

    #[test]
    fn no_curve_ever_rises_or_leaves_its_range(curve in curve(), a in any::<u32>(), b in any::<u32>(), step in 0..3u32) {
        let (early, late) = (a.min(b), a.max(b));
        prop_assert!(curve.threshold_e9(early) >= curve.threshold_e9(late));
        prop_assert!(curve.threshold_e9(early) >= curve.threshold_e9(early.saturating_add(step)));
        prop_assert!(curve.threshold_e9(early) <= ONE_E9);
        prop_assert_eq!(curve.threshold_e9(late.max(ONE_E9)), curve.threshold_e9(ONE_E9));
    }

    /// Even curves that nobody checked never rise above the whole, nor divide by zero.
    #[test]
    fn what_fails_its_check_still_stays_within_the_whole(numbers in prop::array::uniform4(prop_oneof![any::<u32>(), 0..2u32]), x in any::<u32>()) {
        let [a, b, c, d] = numbers;
        for curve in [
            Curve::Linear { length_e9: a, ceil_e9: b, floor_e9: c },
            Curve::Reciprocal { factor_e9: a, x_offset_e9: b, y_down_e9: c, floor_e9: d },
            Curve::Stepped { begin_e9: a, end_e9: b, step_e9: c, period_e9: d },
        ] {
            prop_assert!(curve.threshold_e9(x) <= ONE_E9);
        }
    }
}

#[test]
fn known_points_of_each_kind() {
    let linear = Curve::Linear {
        length_e9: 500_000_000,
        ceil_e9: ONE_E9,
        floor_e9: 500_000_000,
    };
    assert_eq!(
        [0, 1, 250_000_000, 500_000_000, ONE_E9].map(|x| linear.threshold_e9(x)),
        [ONE_E9, 999_999_999, 750_000_000, 500_000_000, 500_000_000]
    );
    let reciprocal = Curve::Reciprocal {
        factor_e9: ONE_E9,
        x_offset_e9: ONE_E9,
        y_down_e9: 0,
        floor_e9: 0,
    };
    assert_eq!(
        [0, 500_000_000, ONE_E9].map(|x| reciprocal.threshold_e9(x)),
        [ONE_E9, 666_666_667, 500_000_000]
    );
    let stepped = Curve::Stepped {
        begin_e9: 500_000_000,
        end_e9: 50_000_000,
        step_e9: 200_000_000,
        period_e9: 250_000_000,
    };
    assert_eq!(
        [0, 249_999_999, 250_000_000, 500_000_000, ONE_E9].map(|x| stepped.threshold_e9(x)),
        [500_000_000, 500_000_000, 300_000_000, 100_000_000, 50_000_000]
    );
}

#[test]
fn a_curve_that_divides_by_zero_or_rises_is_refused() {
    let refused = |curve: Curve| match curve.check() {
        Err(Error::OutOfBounds { bound, .. }) => Some(bound),
        other => panic!("{other:?}"),
    };
    let linear = |length_e9, ceil_e9, floor_e9| Curve::Linear {
        length_e9,
        ceil_e9,
        floor_e9,
    };
    let reciprocal = |x_offset_e9, floor_e9| Curve::Reciprocal {
        factor_e9: 1,
        x_offset_e9,
        y_down_e9: 0,
        floor_e9,
    };
    let stepped = |begin_e9, end_e9, period_e9| Curve::Stepped {
        begin_e9,
        end_e9,
        step_e9: 1,
        period_e9,
    };
    for curve in [
        linear(0, 2, 1),
        reciprocal(0, 1),
        stepped(2, 1, 0),
        linear(ONE_E9 + 1, 2, 1),
    ] {
        assert_eq!(refused(curve), Some(Bound::CurveDivisor));
    }
    for curve in [linear(1, ONE_E9 + 1, 1), stepped(ONE_E9 + 1, 1, 1)] {
        assert_eq!(refused(curve), Some(Bound::CurveCeil));
    }
    for curve in [linear(1, 1, 2), reciprocal(1, ONE_E9 + 1), stepped(1, 2, 1)] {
        assert_eq!(refused(curve), Some(Bound::CurveFloor));
    }
}
