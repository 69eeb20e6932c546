//! Shares of the budget against exact big integers.

use kernel::emission::{shares, Error, Gate, Input, Model, MAX_MARKETS, SHARE_ONE};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use proptest::prelude::*;

use crate::exact::{cases, sized};

const GROSS: Model = Model::TaoFlow {
    net: false,
    exponent: 1,
    cutoff: 0,
};
const NET: Model = Model::TaoFlow {
    net: true,
    exponent: 1,
    cutoff: 0,
};

/// A gated share is within one part in so many of all there is.
const GATE_PRECISION: u64 = 1_000_000_000;

/// What the protocol paid is borne in whole units, rounded up: with a factor of 62 bits, the largest inputs bear so many more than
/// the exact ones, fewer than this.
const BORNE_MORE: u32 = 10;

/// What a market weighs, exactly; all weights have one common denominator that does not matter.
struct Exact {
    /// Before the power.
    excess: Vec<BigInt>,
    weight: Vec<BigInt>,
    /// One unit of the inputs in units of `excess`.
    unit: BigInt,
}

/// The formulas of the models as they are written down.
fn exact(model: Model, markets: &[Input], cutoff_scale: u32) -> Exact {
    match model {
        Model::TaoFlow { net, exponent, cutoff } => {
            let positive = |of: fn(&Input) -> i128| markets.iter().map(|m| BigInt::from(of(m).max(0))).sum::<BigInt>();
            let (earned, paid) = (positive(|m| m.user), positive(|m| m.protocol));
            // k = numerator/unit.
            let (numerator, unit) = if !net || paid <= earned {
                (BigInt::from(1), BigInt::from(1))
            } else {
                (earned, paid)
            };
            let floor = BigInt::from(cutoff) * cutoff_scale * &unit;
            let excess: Vec<BigInt> = markets
                .iter()
                .map(|market| {
                    let protocol = match net {
                        false => BigInt::zero(),
                        true if market.protocol > 0 => &numerator * market.protocol,
                        true => &unit * market.protocol,
                    };
                    (&unit * market.user - protocol - &floor).max(BigInt::zero())
                })
                .collect();
            let weight = excess.iter().map(|excess| excess.pow(exponent.into())).collect();
            Exact { excess, weight, unit }
        }
        Model::Price => {
            let kept: Vec<BigInt> = markets
                .iter()
                .map(|market| BigInt::from(market.price) * (1_000_000_000 - market.burned))
                .collect();
            let weight = if kept.iter().all(Zero::is_zero) {
                markets.iter().map(|market| BigInt::from(market.price)).collect()
            } else {
                kept
            };
            Exact {
                excess: weight.clone(),
                weight,
                unit: BigInt::from(1),
            }
        }
    }
}

/// Whether each share is within one part in 1e12 of all there is; in net mode, where what the protocol paid is borne in whole
/// units of the inputs, within [`BORNE_MORE`] units of each excess.
fn check(model: Model, markets: &[Input], cutoff_scale: u32, got: &[u64]) -> Result<(), TestCaseError> {
    let Exact { excess, weight, unit } = exact(model, markets, cutoff_scale);
    let sum: BigInt = weight.iter().sum();
    let (net, exponent) = match model {
        Model::TaoFlow { net, exponent, .. } => (net, exponent),
        Model::Price => (false, 1),
    };
    prop_assert_eq!(got.len(), markets.len());
    if sum.is_zero() && !net {
        prop_assert!(got.iter().all(|share| *share == 0));
        return Ok(());
    }
    let largest = excess.iter().max().cloned().unwrap_or_default();
    let slack = if net {
        // An excess that is so many units off, to the power, here and in the sum of all.
        let off = unit * BORNE_MORE * u32::from(exponent) * (got.len() + 1);
        if &off * 1_000u32 > largest {
            // Nobody earned more than dust.
            return Ok(());
        }
        BigInt::from(SHARE_ONE) * off / largest * 2
    } else {
        BigInt::zero()
    };
    let allowed = BigInt::from(SHARE_ONE / 1_000_000_000_000) + slack;
    for (got, weight) in got.iter().zip(&weight) {
        let off = (BigInt::from(*got) * &sum - weight * SHARE_ONE).abs();
        prop_assert!(off <= &allowed * &sum, "{} off by {}/1e18", got, off / &sum);
    }
    Ok(())
}

/// All of the budget but for one unit of the last place for each market, or nothing.
fn check_sum(got: &[u64]) -> Result<(), TestCaseError> {
    let sum: u128 = got.iter().map(|share| u128::from(*share)).sum();
    let least = u128::from(SHARE_ONE) - got.len() as u128;
    prop_assert!(sum == 0 || (least..=SHARE_ONE.into()).contains(&sum), "{sum}");
    Ok(())
}

fn flows() -> impl Strategy<Value = i128> {
    (sized(64), any::<bool>()).prop_map(|(size, out)| if out { -i128::from(size) } else { size.into() })
}

prop_compose! {
    fn inputs()(
        user in flows(),
        protocol in flows(),
        price in sized(64),
        burned in prop_oneof![Just(0), Just(1_000_000_000), 0u32..=1_000_000_000],
    ) -> Input {
        Input { user, protocol, price: price.into(), burned }
    }
}

fn markets() -> impl Strategy<Value = Vec<Input>> {
    prop_oneof![
        prop::collection::vec(inputs(), 0..6),
        prop::collection::vec(inputs(), 0..=MAX_MARKETS),
    ]
}

/// Everything that rules allow, and the inputs' scale.
fn models() -> impl Strategy<Value = (Model, u32)> {
    prop_oneof![
        4 => (any::<bool>(), 1u8..=4, prop_oneof![Just(0), 0u64..=1_000_000_000_000], prop_oneof![Just(1u32), Just(256)])
            .prop_map(|(net, exponent, cutoff, scale)| (Model::TaoFlow { net, exponent, cutoff }, scale)),
        1 => Just((Model::Price, 1)),
    ]
}

fn gates() -> impl Strategy<Value = Option<Gate>> {
    proptest::option::of((1u16..=10_000).prop_map(|quantile_bps| Gate { quantile_bps }))
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn shares_are_the_exact_ones((model, scale) in models(), markets in markets()) {
        let got = shares(model, None, &markets, scale).expect("within bounds");
        check(model, &markets, scale, &got)?;
    }

    /// Rounded to the other side, a unit that is left is somebody's whole share.
    #[test]
    fn who_earned_nothing_gets_nothing((model, scale) in models(), gate in gates(), markets in markets()) {
        let got = shares(model, gate, &markets, scale).expect("within bounds");
        for (got, excess) in got.iter().zip(exact(model, &markets, scale).excess) {
            prop_assert!(!excess.is_zero() || *got == 0, "{got} for nothing");
        }
    }

    #[test]
    fn markets_that_were_paid_all_they_earned_get_nothing(earned in prop::collection::vec(sized(63), 1..10), times in 1i128..1 << 20, more in sized(20)) {
        // P = times·S, so that k·P = S for each; and a little more for the first.
        let mut markets: Vec<Input> = earned.iter().map(|s| flow(i128::from(*s), (i128::from(*s) * times).min((1 << 64) - 1))).collect();
        let alike = markets.iter().all(|m| m.protocol == m.user * times);
        markets[0].protocol = (markets[0].protocol + i128::from(more)).min((1 << 64) - 1);
        let got = shares(NET, None, &markets, 1).expect("within bounds");
        prop_assert_eq!(got[0] != 0 && alike, false, "it bears the most");
        if alike && more == 0 {
            prop_assert!(got.iter().all(|share| *share == 0), "{got:?}");
        }
    }

    /// N is read off the share beside a market of known N.
    #[test]
    fn what_is_borne_of_what_the_protocol_paid_is_k_times_it_rounded_up(
        user in 1i128..1 << 30, paid in 1i128..1 << 30, rest in 0i128..1 << 30,
    ) {
        let known = 1i128 << 30;
        // The last only bears: it makes k small.
        let markets = [flow(known, 0), flow(user, paid), flow(0, known * 2 + rest)];
        let got = shares(NET, None, &markets, 1).expect("within bounds");
        let net = (i128::from(got[1]) * known * 2 / i128::from(got[0]) + 1) / 2;
        let (earned, all) = (known + user, paid + known * 2 + rest);
        // Exactly k·P is between borne − 1 and borne.
        let borne = user - net;
        if net == 0 {
            prop_assert!(earned * paid > (user - 1) * all, "{user} borne by {paid}");
        } else {
            prop_assert!(borne * all >= earned * paid && (borne - 1) * all <= earned * paid, "{borne} borne of {paid}");
        }
    }

    #[test]
    fn shares_sum_to_one_less_a_unit_for_each_market_or_to_nothing(
        (model, scale) in models(), gate in gates(), markets in markets(),
    ) {
        check_sum(&shares(model, gate, &markets, scale).expect("within bounds"))?;
    }

    #[test]
    fn who_earned_more_never_gets_less((model, scale) in models(), gate in gates(), markets in markets()) {
        let got = shares(model, gate, &markets, scale).expect("within bounds");
        let Exact { excess, unit, .. } = exact(model, &markets, scale);
        // Only what the protocol paid is borne in whole units.
        let apart = if matches!(model, Model::TaoFlow { net: true, .. }) { unit * BORNE_MORE } else { BigInt::zero() };
        for (less, poorer) in excess.iter().zip(&got) {
            for (more, richer) in excess.iter().zip(&got) {
                prop_assert!(less + &apart > *more || poorer <= richer, "{less} gets {poorer}, {more} gets {richer}");
            }
        }
    }

    #[test]
    fn who_earned_as_much_gets_as_much((model, scale) in models(), gate in gates(), mut markets in markets()) {
        let Some(first) = markets.first().copied() else { return Ok(()) };
        markets.truncate(MAX_MARKETS - 1);
        markets.push(first);
        let got = shares(model, gate, &markets, scale).expect("within bounds");
        prop_assert_eq!(got.first(), got.last());
    }

    #[test]
    fn the_scale_of_inputs_does_not_matter(markets in markets(), exponent in 1u8..=4, cutoff in 0u64..1_000_000, bits in 0u32..20) {
        // So that the larger ones fit.
        let small: Vec<Input> = markets
            .iter()
            .map(|market| Input { user: market.user >> 20, price: market.price >> 20, ..*market })
            .collect();
        let large: Vec<Input> = small
            .iter()
            .map(|market| Input { user: market.user << bits, price: market.price << bits, ..*market })
            .collect();
        let flow = Model::TaoFlow { net: false, exponent, cutoff };
        prop_assert_eq!(shares(flow, None, &small, 1), shares(flow, None, &large, 1 << bits));
        prop_assert_eq!(shares(Model::Price, None, &small, 1), shares(Model::Price, None, &large, 1));
    }

    #[test]
    fn while_users_brought_more_than_the_protocol_paid_all_of_it_is_borne(mut markets in markets(), rich in 0usize..128) {
        // One market that outweighs the rest, all of which fit into one of its inputs.
        markets.iter_mut().for_each(|market| market.protocol >>= 8);
        let Some(count) = core::num::NonZeroUsize::new(markets.len()) else { return Ok(()) };
        markets[rich % count].user = (1 << 64) - 1;
        let differences: Vec<Input> = markets
            .iter()
            .map(|market| Input { user: (market.user - market.protocol) >> 1, ..Input::default() })
            .collect();
        let halved: Vec<Input> = markets
            .iter()
            .zip(&differences)
            .map(|(market, difference)| Input { user: difference.user + (market.protocol >> 1), protocol: market.protocol >> 1, ..*market })
            .collect();
        prop_assert_eq!(shares(NET, None, &halved, 1), shares(GROSS, None, &differences, 1));
    }

    #[test]
    fn a_gate_pulls_shares_to_its_exact_curve(
        (model, scale) in models(), quantile_bps in 1u16..=10_000, markets in markets(),
    ) {
        let open = shares(model, None, &markets, scale).expect("within bounds");
        let gated = shares(model, Some(Gate { quantile_bps }), &markets, scale).expect("within bounds");
        let theta = threshold(&open, quantile_bps);
        // w/(1 + (θ/w)³) = w⁴/(w³ + θ³), with 256 more bits.
        let cube = |w: u64| BigInt::from(w).pow(3);
        let weights: Vec<BigInt> = open
            .iter()
            .map(|w| if *w == 0 { BigInt::zero() } else { ((cube(*w) * *w) << 256) / (cube(*w) + cube(theta)) })
            .collect();
        let sum: BigInt = weights.iter().sum();
        for (got, weight) in gated.iter().zip(&weights) {
            let off = (BigInt::from(*got) * &sum - weight * SHARE_ONE).abs();
            prop_assert!(off <= &sum * (SHARE_ONE / GATE_PRECISION), "{got}");
        }
    }

    #[test]
    fn a_gate_keeps_the_order_and_takes_from_the_small_for_the_large(
        quantile_bps in 1u16..=10_000, markets in markets(),
    ) {
        let open = shares(GROSS, None, &markets, 1).expect("within bounds");
        let gated = shares(GROSS, Some(Gate { quantile_bps }), &markets, 1).expect("within bounds");
        let largest = open.iter().zip(&gated).max();
        for (before, after) in open.iter().zip(&gated) {
            for (other_before, other_after) in open.iter().zip(&gated) {
                prop_assert!(before > other_before || after <= other_after);
            }
            let (largest_before, largest_after) = largest.expect("there is one");
            // after/before is largest for the largest, but for the rounding of both.
            let (left, right) = (
                u128::from(after.saturating_sub(1)) * u128::from(*largest_before),
                u128::from(*largest_after + 1) * u128::from(*before),
            );
            prop_assert!(left <= right + right / 1_000_000_000, "{before} became {after}");
        }
    }
}

/// The share at which the sum of shares, largest first, reaches the quantile.
fn threshold(open: &[u64], quantile_bps: u16) -> u64 {
    let mut descending: Vec<u64> = open.iter().copied().filter(|share| *share != 0).collect();
    descending.sort_unstable_by_key(|share| core::cmp::Reverse(*share));
    let quantile = u128::from(SHARE_ONE) * u128::from(quantile_bps) / 10_000;
    (0..descending.len())
        .find(|last| {
            descending[..=*last]
                .iter()
                .map(|share| u128::from(*share))
                .sum::<u128>()
                >= quantile
        })
        .or(descending.len().checked_sub(1))
        .map_or(0, |last| descending[last])
}

fn flow(user: i128, protocol: i128) -> Input {
    Input {
        user,
        protocol,
        ..Input::default()
    }
}

#[test]
fn nobody_gets_anything_where_nobody_earned_anything() {
    for markets in [
        vec![],
        vec![flow(0, 0)],
        vec![flow(0, 0); MAX_MARKETS],
        vec![flow(-1, 0); 3],
        vec![flow(-(1 << 63), 1 << 63), flow(-1, 0)],
    ] {
        for exponent in 1..=4 {
            for net in [false, true] {
                let model = Model::TaoFlow {
                    net,
                    exponent,
                    cutoff: 0,
                };
                for gate in [None, Some(Gate { quantile_bps: 5_000 })] {
                    assert_eq!(shares(model, gate, &markets, 256), Ok(vec![0; markets.len()]));
                }
            }
        }
        assert_eq!(shares(Model::Price, None, &markets, 1), Ok(vec![0; markets.len()]));
    }
}

#[test]
fn one_market_that_earned_anything_gets_everything() {
    for user in [1, 255, 1 << 32, (1 << 64) - 1] {
        for gate in [
            None,
            Some(Gate { quantile_bps: 1 }),
            Some(Gate { quantile_bps: 10_000 }),
        ] {
            let got = shares(NET, gate, &[flow(user, 0), flow(-5, 0)], 1).expect("within bounds");
            assert_eq!(got, [SHARE_ONE, 0]);
        }
    }
}

#[test]
fn as_many_markets_as_there_are_subnets_share_and_one_more_is_refused() {
    let got = shares(GROSS, None, &[flow(7, 0); MAX_MARKETS], 1).expect("within bounds");
    assert_eq!(got, [SHARE_ONE / 128; 128]);
    assert_eq!(
        shares(GROSS, None, &[flow(7, 0); MAX_MARKETS + 1], 1),
        Err(Error::TooManyMarkets { max: 128, got: 129 })
    );
}

#[test]
fn the_largest_inputs_of_all_markets_share_and_anything_larger_is_refused() {
    let most = (1i128 << 64) - 1;
    for market in [
        flow(most, most),
        flow(most, -most),
        Input {
            user: most,
            protocol: most,
            price: most.unsigned_abs(),
            burned: 1,
        },
    ] {
        for model in [
            GROSS,
            Model::TaoFlow {
                net: false,
                exponent: 4,
                cutoff: 0,
            },
            Model::Price,
        ] {
            let expected = if model == Model::Price && market.price == 0 {
                0
            } else {
                SHARE_ONE / 128
            };
            assert_eq!(
                shares(model, None, &[market; MAX_MARKETS], 1),
                Ok(vec![expected; MAX_MARKETS])
            );
        }
    }
    for too_large in [
        flow(1 << 64, 0),
        flow(-(1 << 64), 0),
        flow(0, 1 << 64),
        flow(0, -(1 << 64)),
        Input {
            price: 1 << 64,
            ..Input::default()
        },
    ] {
        for model in [NET, Model::Price] {
            assert_eq!(shares(model, None, &[flow(1, 0), too_large], 1), Err(Error::Overflow));
        }
    }
}

/// Rounded down, k·P left a unit of each, and with it the whole budget.
#[test]
fn a_market_that_was_paid_all_it_earned_gets_nothing() {
    let most = (1 << 64) - 1;
    for (user, protocol) in [
        (1, 3),
        (1, most),
        (most - 1, most),
        (1_000_000_000, 3_000_000_001),
        (5_000_000_000_007, 9_000_000_000_011),
    ] {
        assert_eq!(
            shares(NET, None, &[flow(user, protocol)], 1),
            Ok(vec![0]),
            "{user} {protocol}"
        );
        assert_eq!(
            shares(NET, None, &[flow(user, protocol); MAX_MARKETS], 1),
            Ok(vec![0; MAX_MARKETS]),
            "{user} {protocol}"
        );
    }
}

#[test]
fn what_the_protocol_paid_is_borne_only_as_far_as_users_brought_anything() {
    // k = min(1, 100/200) = 1/2: 60 − 40 and 40 − 60.
    assert_eq!(
        shares(NET, None, &[flow(60, 80), flow(40, 120)], 1),
        Ok(vec![SHARE_ONE, 0])
    );
    // k = 1: 60 − 10 and 40 − 15.
    assert_eq!(
        shares(NET, None, &[flow(60, 10), flow(40, 15)], 1).expect("within bounds"),
        [666_666_666_666_666_666, 333_333_333_333_333_333]
    );
    // What the protocol took back counts as the market's own, whatever k is: 60 + 40, and 100 − 80/2.
    let k_half = [flow(60, -40), flow(100, 80), flow(-5, 240)];
    assert_eq!(
        shares(NET, None, &k_half, 1).expect("within bounds"),
        [625_000_000_000_000_000, 375_000_000_000_000_000, 0]
    );
}

#[test]
fn nothing_is_earned_up_to_the_cutoff_and_only_what_is_above_it_counts() {
    let model = Model::TaoFlow {
        net: false,
        exponent: 1,
        cutoff: 10,
    };
    let markets = [flow(2_560, 0), flow(2_561, 0), flow(2_563, 0), flow(-9, 0)];
    assert_eq!(
        shares(model, None, &markets, 256),
        Ok(vec![0, SHARE_ONE / 4, SHARE_ONE / 4 * 3, 0])
    );
}

#[test]
fn an_exponent_is_a_power() {
    for (exponent, weights) in [(1, [1u64, 3]), (2, [1, 9]), (3, [1, 27]), (4, [1, 81])] {
        let model = Model::TaoFlow {
            net: false,
            exponent,
            cutoff: 0,
        };
        let got = shares(model, None, &[flow(1 << 40, 0), flow(3 << 40, 0)], 1).expect("within bounds");
        let sum = weights.iter().sum::<u64>();
        for (got, weight) in got.iter().zip(weights) {
            let want = u128::from(SHARE_ONE) * u128::from(weight) / u128::from(sum);
            assert!(u128::from(*got).abs_diff(want) < 10, "{got}");
        }
    }
}

#[test]
fn a_burned_fraction_counts_for_nothing_unless_all_of_everybody_is_burned() {
    let market = |price, burned| Input {
        price,
        burned,
        ..Input::default()
    };
    let shares_of = |markets: &[Input]| shares(Model::Price, None, markets, 1).expect("within bounds");
    assert_eq!(
        shares_of(&[market(100, 750_000_000), market(75, 0)]),
        [SHARE_ONE / 4, SHARE_ONE / 4 * 3]
    );
    assert_eq!(shares_of(&[market(100, 1_000_000_000), market(75, 0)]), [0, SHARE_ONE]);
    assert_eq!(
        shares_of(&[market(100, 1_000_000_000), market(300, 1_000_000_000)]),
        [SHARE_ONE / 4, SHARE_ONE / 4 * 3]
    );
}

/// 0.9 % of what the curve gives was cut to 20 bits: off by up to 1.23e-7.
#[test]
fn a_gate_is_exact_where_a_share_is_a_third_of_the_threshold() {
    let price = |price| Input {
        price,
        ..Input::default()
    };
    let markets = [price(1_859_159_119_079_454_502), price(737_298_797_856_281_447)];
    let open = shares(Model::Price, None, &markets, 1).expect("within bounds");
    let got = shares(Model::Price, Some(Gate { quantile_bps: 1 }), &markets, 1).expect("within bounds");
    let cube = |w: u64| BigInt::from(w).pow(3);
    let weight = |w: u64| ((cube(w) * w) << 256) / (cube(w) + cube(open[0]));
    let sum = weight(open[0]) + weight(open[1]);
    for (got, open) in got.iter().zip(&open) {
        let off: BigInt = BigInt::from(*got) * &sum - weight(*open) * SHARE_ONE;
        let off = off.abs() / &sum;
        assert!(off <= BigInt::from(SHARE_ONE / GATE_PRECISION), "{off}e-18");
    }
}

#[test]
fn a_gate_halves_the_weight_of_the_share_at_its_threshold() {
    // 0.8 reaches 60 %: θ = 0.8, its weight is 0.4, that of 0.2 is 0.2/65.
    let markets = [flow(8, 0), flow(2, 0)];
    let got = shares(GROSS, Some(Gate { quantile_bps: 6_000 }), &markets, 1).expect("within bounds");
    assert!(got[1].abs_diff(7_633_587_786_259_541) < 1_000_000_000, "{}", got[1]);
    // Beyond 80 % the threshold is 0.2: 0.8/(1 + 1/64) and 0.1.
    let got = shares(GROSS, Some(Gate { quantile_bps: 8_001 }), &markets, 1).expect("within bounds");
    assert!(got[1].abs_diff(112_651_646_447_140_381) < 1_000_000_000, "{}", got[1]);
    let exactly = shares(GROSS, Some(Gate { quantile_bps: 8_000 }), &markets, 1).expect("within bounds");
    assert!(exactly[1] < 8_000_000_000_000_000, "80 % is reached by 0.8 alone");
}
