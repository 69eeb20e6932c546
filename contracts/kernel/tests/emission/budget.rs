//! What an epoch pays and what it leaves, to the rao.

use kernel::emission::budget::LEAST_PAYMENT;
use kernel::emission::{Round, Rules, SHARE_ONE};
use num_traits::ToPrimitive;
use proptest::prelude::*;
use scale::{Decode, Encode};

use crate::exact::{cases, ratio, sized};

fn rules() -> impl Strategy<Value = Rules> {
    let release_ppm = prop_oneof![0u32..=20_000, Just(20_000)];
    (
        release_ppm,
        prop_oneof![0u64..=1_000_000_000_000, sized(40)],
        0u16..=100,
    )
        .prop_map(|(release_ppm, max_release, max_yield_bps)| Rules {
            release_ppm,
            max_release,
            max_yield_bps,
            ..Rules::default()
        })
}

/// Shares that sum to one at most, and pools.
fn markets() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((sized(63), sized(55)), 0..128).prop_map(|markets| {
        let sum = markets
            .iter()
            .map(|(weight, _)| u128::from(*weight))
            .sum::<u128>()
            .max(1);
        markets
            .into_iter()
            .map(|(weight, stayed)| ((u128::from(weight) * u128::from(SHARE_ONE) / sum) as u64, stayed))
            .collect()
    })
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn an_epoch_releases_its_part_of_the_budget_up_to_the_bound(rules in rules(), budget in sized(64)) {
        let round = Round::new(7, budget, &rules, 3);
        let part = ratio(budget, 1_000_000) * ratio(rules.release_ppm, 1);
        let part = part.floor().to_integer().to_u64().expect("two percent at most");
        prop_assert_eq!(round.release, part.min(rules.max_release));
        prop_assert!(round.release <= budget / 50);
        prop_assert_eq!((round.epoch, round.budget, round.paid, round.next, round.version), (7, budget, 0, 0, 3));
        prop_assert_eq!(round.carried(), budget);
    }

    #[test]
    fn paid_and_carried_are_the_budget_after_every_market(rules in rules(), budget in sized(64), markets in markets()) {
        let mut round = Round::new(7, budget, &rules, 3);
        for (share, stayed) in markets {
            let due = round.due(share, stayed, &rules);
            // min(share · release, yield · stayed), rounded down, or nothing.
            let part = ratio(round.release, SHARE_ONE) * ratio(share, 1);
            let most = ratio(stayed, 10_000) * ratio(rules.max_yield_bps, 1);
            let exact = part.min(most).floor().to_integer().to_u64().expect("fits");
            prop_assert_eq!(due, if exact < LEAST_PAYMENT { 0 } else { exact });
            round.paid += due;
            prop_assert!(round.paid <= round.release && round.release <= round.budget);
            prop_assert_eq!(u128::from(round.paid) + u128::from(round.carried()), u128::from(budget));
        }
    }

    #[test]
    fn no_shares_whatever_they_say_pay_more_than_is_released(
        rules in rules(), budget in sized(64), markets in prop::collection::vec((any::<u64>(), any::<u64>()), 0..40),
    ) {
        let mut round = Round::new(7, budget, &rules, 3);
        for (share, stayed) in markets {
            let due = round.due(share, stayed, &rules);
            prop_assert!(due == 0 || due >= LEAST_PAYMENT);
            prop_assert!(u128::from(due) <= u128::from(stayed) * u128::from(rules.max_yield_bps) / 10_000);
            round.paid += due;
            prop_assert!(round.paid <= round.release);
        }
    }

    #[test]
    fn settling_that_stops_and_goes_on_pays_the_same(rules in rules(), budget in sized(64), markets in markets(), stop in 0usize..128) {
        let pay = |round: &mut Round, markets: &[(u64, u64)]| -> Vec<u64> {
            markets
                .iter()
                .map(|(share, stayed)| {
                    let due = round.due(*share, *stayed, &rules);
                    round.paid += due;
                    round.next += 1;
                    due
                })
                .collect()
        };
        let mut whole = Round::new(7, budget, &rules, 3);
        let paid = pay(&mut whole, &markets);
        let (first, rest) = markets.split_at(stop.min(markets.len()));
        let mut round = Round::new(7, budget, &rules, 3);
        let mut parts = pay(&mut round, first);
        let mut stored = Round::decode(&mut &round.encode()[..]).expect("a round");
        parts.extend(pay(&mut stored, rest));
        prop_assert_eq!(parts, paid);
        prop_assert_eq!(stored, whole);
    }
}

#[test]
fn nothing_is_paid_below_the_least_payment() {
    let rules = Rules::default();
    let round = Round::new(0, 10_000_000_000_000, &rules, 0);
    assert_eq!(round.release, 20_000_000_000);
    // 0.1 % of 0.1 TAO.
    assert_eq!(round.due(SHARE_ONE, 100_000_000, &rules), LEAST_PAYMENT);
    assert_eq!(round.due(SHARE_ONE, 99_999_999, &rules), 0);
    // A two-hundred-thousandth of 20 TAO.
    assert_eq!(round.due(SHARE_ONE / 200_000, u64::MAX, &rules), LEAST_PAYMENT);
    assert_eq!(round.due(SHARE_ONE / 200_000 - 1, u64::MAX, &rules), 0);
}
