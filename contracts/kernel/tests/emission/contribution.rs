//! The index of contribution against exact rationals.

use kernel::emission::contribution::{BEST_BPS, WORST_BPS};
use kernel::emission::{Contribution, Ladder, LadderRules, Measures, Reason, State};
use kernel::flow::Sample;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use proptest::prelude::*;

use crate::exact::{cases, ratio, sized};

const TAO: u64 = 1_000_000_000;

/// Cut to whole basis points, toward zero, and within the bounds.
fn clamped(bps: &BigRational) -> i32 {
    let (least, most) = (ratio(WORST_BPS, 1), ratio(BEST_BPS, 1));
    let bps = bps.clone().max(least).min(most);
    bps.trunc().to_integer().to_i32().expect("within bounds")
}

/// In 30 days there are 600 epochs and 216,000 blocks.
fn exact(measures: &Measures, yield_e18: u64, target_bps: u16) -> Contribution {
    // An outflow counts once both averages show it.
    let net = ratio(measures.net_days.max(measures.flow - measures.protocol), 256);
    let pool = ratio(measures.settled.max(TAO), 1);
    let price = if measures.price_month == 0 {
        ratio(0, 1)
    } else {
        ratio(measures.price_days, measures.price_month) - ratio(1, 1)
    };
    let dividends = (ratio(yield_e18, 10u64.pow(18)) * ratio(216_000 * 10_000u64, 1)).floor();
    Contribution {
        flow_bps: clamped(&(net * ratio(600 * 10_000, 1) / pool)),
        price_bps: clamped(&(price * ratio(10_000, 1))),
        dividends_bps: clamped(&(dividends - ratio(target_bps, 1))),
    }
}

fn flows() -> impl Strategy<Value = i128> {
    (sized(63), 0u32..=8, any::<bool>()).prop_map(|(size, bits, out)| {
        let flow = i128::from(size) << bits;
        if out {
            -flow
        } else {
            flow
        }
    })
}

prop_compose! {
    fn measures()(
        settled in sized(60), net_days in flows(), flow in flows(), protocol in 0i128..1 << 60, month in sized(60), days in sized(60),
        // Near each other, as averages of one price are.
        near in proptest::option::of(0u64..20_000),
    ) -> Measures {
        let price_days = near.map_or(u128::from(days), |near| u128::from(month) * u128::from(near) / 10_000);
        Measures { settled, net_days, flow, protocol, price_days, price_month: month.into(), ..Measures::default() }
    }
}

/// A flow of the pool's own order, so that no bound hides it.
fn modest() -> impl Strategy<Value = Measures> {
    (measures(), -6_000i64..2_000).prop_map(|(measures, bps)| {
        let net_days = i128::from(measures.settled.max(TAO)) * i128::from(bps) / 10_000 * 256 / 600;
        Measures {
            net_days,
            flow: net_days - i128::from(bps) * 7,
            protocol: 0,
            ..measures
        }
    })
}

proptest! {
    #![proptest_config(cases(5_000))]

    #[test]
    fn every_component_is_the_exact_one_cut_to_basis_points_within_its_bounds(
        measures in prop_oneof![measures(), modest()], yield_e18 in prop_oneof![sized(64), 0u64..500_000_000_000], target_bps in 0u16..=500,
    ) {
        let got = Contribution::of(&measures, yield_e18, target_bps);
        prop_assert_eq!(got, exact(&measures, yield_e18, target_bps));
        prop_assert_eq!(got.index(), got.flow_bps + got.price_bps + got.dividends_bps);
        prop_assert!((3 * WORST_BPS..=3 * BEST_BPS).contains(&got.index()));
    }

    #[test]
    fn more_flow_a_higher_price_or_more_dividends_never_lower_the_index(
        measures in prop_oneof![measures(), modest()], yield_e18 in 0u64..500_000_000_000, more in sized(60),
    ) {
        let before = Contribution::of(&measures, yield_e18, 10).index();
        let flow = Measures { net_days: measures.net_days + i128::from(more), ..measures };
        let price = Measures { price_days: measures.price_days + u128::from(more), ..measures };
        prop_assert!(Contribution::of(&flow, yield_e18, 10).index() >= before);
        prop_assert!(Contribution::of(&price, yield_e18, 10).index() >= before);
        prop_assert!(Contribution::of(&measures, yield_e18 + more, 10).index() >= before);
    }

    #[test]
    fn the_worst_is_the_first_of_the_least(flow_bps in -3..3i32, price_bps in -3..3i32, dividends_bps in -3..3i32) {
        let all = [
            (flow_bps, Reason::NetOutflow),
            (price_bps, Reason::HoldersLose),
            (dividends_bps, Reason::DividendsMissing),
        ];
        let least = all.iter().map(|(bps, _)| *bps).min();
        let first = all.iter().find(|(bps, _)| Some(*bps) == least).map(|(_, reason)| *reason);
        prop_assert_eq!(Some(Contribution { flow_bps, price_bps, dividends_bps }.worst()), first);
    }
}

#[test]
fn a_market_that_stands_still_and_pays_what_is_expected_is_at_zero() {
    let measures = Measures {
        settled: 1_000 * TAO,
        price_days: 5,
        price_month: 5,
        ..Measures::default()
    };
    // A thousandth in 216,000 blocks.
    let got = Contribution::of(&measures, 4_629_629_630, 10);
    assert_eq!(got, Contribution::default());
    assert_eq!((got.index(), got.worst()), (0, Reason::NetOutflow));
}

#[test]
fn a_pool_counts_as_one_tao_at_least_and_a_market_without_a_price_has_not_fallen() {
    // A thousandth of a TAO in each of 600 epochs.
    let measures = |settled| Measures {
        settled,
        net_days: -1_000_000 * 256 / 10,
        flow: -1_000_000 * 256 / 10,
        price_days: 5,
        ..Measures::default()
    };
    let flow = |settled| Contribution::of(&measures(settled), 0, 0).flow_bps;
    assert_eq!((flow(0), flow(1), flow(TAO), flow(2 * TAO)), (-600, -600, -600, -300));
    assert_eq!(Contribution::of(&measures(0), 0, 0).price_bps, 0);
}

#[test]
fn one_virtue_hides_no_vice() {
    let measures = Measures {
        settled: TAO,
        net_days: -(1 << 70),
        flow: -(1 << 70),
        price_days: 1 << 60,
        price_month: 1,
        ..Measures::default()
    };
    let got = Contribution::of(&measures, u64::MAX, 0);
    assert_eq!(
        (got.flow_bps, got.price_bps, got.dividends_bps),
        (WORST_BPS, BEST_BPS, BEST_BPS)
    );
    // Below the threshold of quarantine whatever else it does.
    assert!(got.index() < LadderRules::default().quarantine_below_bps);
    assert_eq!(
        (got.index(), got.worst()),
        (WORST_BPS + 2 * BEST_BPS, Reason::NetOutflow)
    );
}

/// An eighth of a healthy pool that left once was enough for a quarantine, and a challenge would have done the rest.
#[test]
fn one_withdrawal_of_a_fifth_leads_no_market_beyond_watch() {
    let rules = LadderRules::default();
    for part in [8, 15, 20] {
        let mut measures = Measures::default();
        let mut ladder = Ladder::new(0);
        let mut pool = 1_000 * TAO;
        for epoch in 0..6_000u32 {
            if epoch == 5_000 {
                pool -= pool * part / 100;
            }
            let sample = Sample {
                stayed: pool,
                price: 100_000_000_000,
            };
            measures.observe(sample, 0, epoch * 360).expect("in range");
            let index = Contribution::of(&measures, 4_629_629_630, 10);
            ladder.step(index.index(), index.worst(), epoch, epoch * 360, &rules);
            assert!(
                matches!(ladder.state, State::Active | State::Watch),
                "{part} %: {ladder:?} {index:?} in epoch {epoch}"
            );
        }
        assert_eq!(ladder.state, State::Active, "{part} %");
    }
}

/// What the bound on payments reads as: ten basis points of the pool in every epoch.
#[test]
fn being_paid_leads_no_market_beyond_watch() {
    let rules = LadderRules::default();
    let (mut measures, mut ladder) = (Measures::default(), Ladder::new(0));
    for epoch in 0..8_000u32 {
        let sample = Sample {
            stayed: 1_000 * TAO,
            price: 100_000_000_000,
        };
        measures.observe(sample, TAO, epoch * 360).expect("in range");
        let index = Contribution::of(&measures, 4_629_629_630, 10);
        ladder.step(index.index(), index.worst(), epoch, epoch * 360, &rules);
        assert!(
            matches!(ladder.state, State::Active | State::Watch),
            "{ladder:?} {index:?} in epoch {epoch}"
        );
    }
}
