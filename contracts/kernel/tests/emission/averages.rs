//! The averages of the sampled price over three days and a month against exact rationals.

use kernel::emission::ema::{FLOW_EPOCH, WATCH_EPOCH};
use kernel::emission::Measures;
use kernel::flow::Sample;
use num_rational::BigRational;
use proptest::prelude::*;

use crate::exact::{cases, ratio, sized};

/// 1 TAO at 1e18.
const ONE: u64 = 1_000_000_000_000_000_000;

fn observed(prices: &[u64]) -> Measures {
    let mut measures = Measures::default();
    for (epoch, price) in (0..).zip(prices) {
        let sample = Sample {
            stayed: 7,
            price: *price,
        };
        measures.observe(sample, 0, epoch * 360).expect("in range");
    }
    measures
}

/// An average that loses nothing, begun with the first price.
fn exact(prices: &[u64], weight: u64) -> BigRational {
    let mut prices = prices
        .iter()
        .map(|price| ratio((*price).min(1_000_000_000_000), 1) * ratio(1_000_000, 1));
    let first = prices.next().expect("a price");
    let weight = ratio(weight, 1u64 << 63);
    prices.fold(first, |average, price| &average + (price - &average) * &weight)
}

/// Epochs: what stayed in the pool, and what the protocol paid for the one before.
fn flows() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((sized(53), sized(40)), 1..60)
}

/// `prices` are positive: a market is priced as long as it has a pool.
fn prices() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(
        prop_oneof![4 => sized(41), 1 => sized(60)].prop_map(|price| price.max(1)),
        1..60,
    )
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn the_averages_of_three_days_and_of_a_month_are_the_exact_ones_less_a_unit_for_each_epoch(prices in prices()) {
        let measures = observed(&prices);
        for (got, weight) in [(measures.price_days, WATCH_EPOCH), (measures.price_month, FLOW_EPOCH)] {
            let off = exact(&prices, weight) - ratio(got, 1);
            prop_assert!(off >= ratio(0, 1) && off < ratio(prices.len(), 1), "{off}");
        }
    }

    #[test]
    fn every_epoch_is_the_exact_step_rounded_down(prices in prices(), next in sized(60)) {
        let before = observed(&prices);
        let after = observed(&[&prices[..], &[next]].concat());
        let price = ratio(next.min(1_000_000_000_000), 1) * ratio(1_000_000, 1);
        for (from, to, weight) in [
            (before.price_days, after.price_days, WATCH_EPOCH),
            (before.price_month, after.price_month, FLOW_EPOCH),
        ] {
            let step = (&price - ratio(from, 1)) * ratio(weight, 1u64 << 63);
            prop_assert_eq!(ratio(to, 1), ratio(from, 1) + step.floor());
        }
    }

    /// TAO counts as inflow once it stayed through four epochs, as outflow at once; what the protocol paid counts against it.
    #[test]
    fn the_average_of_net_flow_over_three_days_is_the_exact_one_less_a_unit_for_each_epoch(flows in flows()) {
        let mut measures = Measures::default();
        let weight = ratio(WATCH_EPOCH, 1u64 << 63);
        let (mut average, mut settled) = (ratio(0, 1), 0);
        for (epoch, (stayed, paid)) in (0u32..).zip(&flows) {
            measures.observe(Sample { stayed: *stayed, price: 1 }, *paid, epoch * 360).expect("in range");
            let last = &flows[(epoch as usize).saturating_sub(3)..=epoch as usize];
            let held = if epoch < 3 { 0 } else { last.iter().map(|(stayed, _)| *stayed).min().expect("four") };
            let inflow = i128::from(held) - i128::from(settled);
            // Being paid counts for a ten-thousandth of the pool at most.
            let net = (inflow - i128::from(*paid)).max(inflow.min(-i128::from(held / 10_000)));
            settled = held;
            average = &average + (ratio(net, 1) * ratio(256, 1) - &average) * &weight;
            let off = &average - ratio(measures.net_days, 1);
            prop_assert!(off >= ratio(0, 1) && off < ratio(epoch + 1, 1), "{off}");
        }
    }

    #[test]
    fn averages_lie_between_the_lowest_and_the_highest_price(prices in prices()) {
        let measures = observed(&prices);
        let at = |price: u64| u128::from(price.min(1_000_000_000_000)) * 1_000_000;
        let (least, most) = (*prices.iter().min().expect("one"), *prices.iter().max().expect("one"));
        for average in [measures.price_days, measures.price_month] {
            prop_assert!((at(least)..=at(most)).contains(&average));
        }
    }
}

#[test]
fn both_begin_with_the_first_price_and_no_price_is_above_one_tao() {
    for (price, average) in [
        (1, 1_000_000),
        (999_999_999_999, ONE - 1_000_000),
        (1_000_000_000_000, ONE),
        (u64::MAX, ONE),
    ] {
        let measures = observed(&[price]);
        assert_eq!(
            (measures.price_days, measures.price_month),
            (average.into(), average.into())
        );
    }
    // What has no price yet has no averages; they begin with the first.
    let measures = observed(&[0, 0, 5]);
    assert_eq!((measures.price_days, measures.price_month), (5_000_000, 5_000_000));
}

#[test]
fn half_of_a_fall_is_in_the_average_of_days_after_three_and_in_that_of_the_month_after_thirty() {
    for (epochs, of) in [
        (60, (|m: &Measures| m.price_days) as fn(&Measures) -> u128),
        (600, |m| m.price_month),
    ] {
        let mut prices = vec![500_000_000_000; epochs + 1];
        prices[0] = 1_000_000_000_000;
        let average = of(&observed(&prices));
        assert!(
            average.abs_diff(u128::from(ONE) * 3 / 4) < u128::from(ONE) / 1_000_000,
            "{average}"
        );
    }
}
