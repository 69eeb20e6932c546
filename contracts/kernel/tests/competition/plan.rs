//! Moves of stake: bounded, kept, and no more of them than yields call for.

use kernel::competition::{Move, Validator, Validators, HYSTERESIS_BPS, SILENT_WINDOWS, YOUNG_WINDOWS};
use kernel::flow::EPOCH;
use kernel::Error;
use proptest::prelude::*;

use crate::subnet::{cases, hotkey, Subnet, ALPHA, YIELD};

fn validators() -> impl Strategy<Value = Validator> {
    (
        prop_oneof![1 => Just(0), 4 => 1u64..100_000_000_000],
        0..YOUNG_WINDOWS * 2,
        prop_oneof![5 => Just(0), 1 => Just(SILENT_WINDOWS)],
        prop::bool::weighted(0.85),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(score, windows, silent, registered, leaving)| Validator {
            fast: score,
            slow: score,
            windows,
            silent,
            registered,
            leaving,
            ..Validator::default()
        })
}

/// Validators and the market's stake with each.
fn markets() -> impl Strategy<Value = (Validators, Vec<u64>)> {
    prop::collection::vec(
        (validators(), prop_oneof![Just(0), 0u64..1 << 40, 0u64..1 << 54]),
        1..=8,
    )
    .prop_map(|all| {
        let (all, held): (Vec<Validator>, Vec<u64>) = all.into_iter().unzip();
        let validators = Validators {
            all,
            ..Validators::new(hotkey(0), EPOCH)
        };
        (validators, held)
    })
}

fn total(held: &[u64]) -> u128 {
    held.iter().map(|held| u128::from(*held)).sum()
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn a_plan_moves_a_tenth_at_most_in_the_moves_allowed_and_only_toward_targets(
        (validators, held) in markets(), least in prop_oneof![Just(0u64), 1u64..1 << 30], limit in 0u32..12, earlier in 0u64..1 << 54,
    ) {
        let now = EPOCH + 7;
        let validators = Validators { moved: earlier, ..validators };
        let moves = validators.plan(&held, least, limit, now);
        prop_assert!(moves.len() <= limit as usize);
        let moved: u128 = moves.iter().map(|planned| u128::from(planned.amount)).sum();
        let allowed = (total(&held) / 10).saturating_sub(earlier.into());
        prop_assert!(moved <= allowed, "{moved} of {allowed}");
        let weights = validators.weights();
        let target = |n: usize| total(&held) * u128::from(weights[n]) / 10_000;
        let mut after: Vec<u128> = held.iter().map(|held| u128::from(*held)).collect();
        for Move { from, to, amount } in moves {
            prop_assert!(from != to && amount >= least.max(1));
            prop_assert!(after[from] >= amount.into(), "nobody gives more than it has");
            after[from] -= u128::from(amount);
            after[to] += u128::from(amount);
            prop_assert!(after[from] >= target(from), "nobody gives away what it should have");
            prop_assert!(validators.all[from].is_out() || after[to] <= target(to), "nobody gets more than it should have");
            prop_assert!(!validators.all[to].is_out(), "nothing goes to who is to go");
        }
        prop_assert_eq!(after.iter().sum::<u128>(), total(&held));
    }

    #[test]
    fn stake_moves_where_an_end_is_a_hundredth_of_all_stake_off_and_only_there((validators, mut held) in markets()) {
        let weights = validators.weights();
        let all = total(&held);
        let band = all * u128::from(HYSTERESIS_BPS) / 10_000;
        let target = |n: usize| all * u128::from(weights[n]) / 10_000;
        let mut moved = 0;
        let moves = validators.plan(&held, 1, 64, EPOCH);
        for Move { from, to, amount } in &moves {
            // As it stands before this move.
            let off = |n: usize| u128::from(held[n]).abs_diff(target(n));
            prop_assert!(validators.all[*from].is_out() || off(*from).max(off(*to)) >= band);
            held[*from] -= amount;
            held[*to] += amount;
            moved += u128::from(*amount);
        }
        // Then everybody is within the band, unless the epoch's limit is spent, or nobody is in.
        if weights.iter().any(|weight| *weight != 0) && moved < all / 10 {
            for (n, validator) in validators.all.iter().enumerate() {
                let off = u128::from(held[n]).abs_diff(target(n));
                if validator.is_out() {
                    // Targets are rounded down: a unit for each may be left. And whatever is less than what somebody who is in
                    // is above its target by stays with it: see below.
                    let above = (0..held.len()).filter(|n| !validators.all[*n].is_out()).map(|n| u128::from(held[n]).saturating_sub(target(n)));
                    let above = above.max().unwrap_or(0).max(8);
                    prop_assert!(u128::from(held[n]) <= above, "{} left, {above} above", held[n]);
                } else {
                    prop_assert!(off < band.max(9), "{off} off, band {band}");
                }
            }
        }
    }

    #[test]
    fn what_an_epoch_moved_is_not_moved_again_in_it(held in prop::collection::vec(0u64..1 << 40, 2..=8), scores in prop::collection::vec(1u64..1 << 40, 8)) {
        let mut subnet = Subnet::young(&held);
        for (validator, score) in subnet.validators.all.iter_mut().zip(&scores) {
            (validator.fast, validator.slow, validator.windows) = (*score, *score, YOUNG_WINDOWS);
        }
        let before = subnet.held.clone();
        for _ in 0..5 {
            subnet.now += 1;
            subnet.rebalance();
        }
        let left: u128 = before.iter().zip(&subnet.held).map(|(before, after)| u128::from(before.saturating_sub(*after))).sum();
        prop_assert!(left <= total(&before) / 10);
        prop_assert_eq!(u128::from(subnet.validators.moved), left, "moves of one epoch never go back");
        let net: i64 = subnet.validators.all.iter().map(|validator| validator.last_move).sum();
        prop_assert_eq!(net, 0);
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn equal_yields_mean_equal_stake_but_for_a_hundredth_of_all_soon_and_then_next_to_nothing_moves(
        held in prop::collection::vec(0u64..1_000_000 * ALPHA, 4..=8), rich in 0usize..4,
    ) {
        let mut held = held;
        held[rich] += 1_000 * ALPHA;
        let mut subnet = Subnet::young(&held);
        for _ in 0..300 {
            subnet.epoch(&[]);
        }
        let (total, count) = (subnet.total(), subnet.held.len() as u64);
        for held in &subnet.held {
            let off = held.abs_diff(total / count);
            prop_assert!(off <= total / 10_000 * (HYSTERESIS_BPS + 3), "{held} of {total}");
        }
        // Who rests at the very edge of the band may be moved once more, by the last basis point of a target.
        let mut moved = 0;
        for _ in 0..200 {
            subnet.epoch(&[]);
            moved += u128::from(subnet.moved);
        }
        prop_assert!(moved <= u128::from(total) / 50, "{moved} of {total}");
    }

    #[test]
    fn noise_of_a_hundredth_moves_next_to_nothing(seed in prop::collection::vec(0u64..=2_000, 200 * 6)) {
        let mut subnet = Subnet::settled(&[100_000 * ALPHA; 6]);
        let mut moved = 0u128;
        for noise in seed.chunks(6) {
            for (rate, noise) in subnet.yields.iter_mut().zip(noise) {
                *rate = YIELD * (99_000 + noise) / 100_000;
            }
            subnet.epoch(&[]);
            moved += u128::from(subnet.moved);
        }
        // All the stake once would be six times 100,000.
        prop_assert!(moved <= u128::from(subnet.total()) / 50, "{moved}");
    }
}

#[test]
fn who_pays_more_gets_more() {
    let mut subnet = Subnet::settled(&[100_000 * ALPHA; 8]);
    subnet.yields[3] = YIELD * 3 / 2;
    for _ in 0..150 {
        subnet.epoch(&[]);
    }
    // Its target is 2.25/9.25, to within the band.
    let total = subnet.total();
    let share = u128::from(subnet.held[3]) * 10_000 / u128::from(total);
    assert!((2_332..=2_533).contains(&share), "{share}");
}

/// Epochs until less than the least move is left with `who`.
fn drained(mut subnet: Subnet, who: usize) -> u32 {
    for epoch in 0..40 {
        if subnet.held[who] < ALPHA / 10 {
            return epoch;
        }
        let before = subnet.held[who];
        let total = subnet.total();
        subnet.epoch(&[]);
        let gone = before.saturating_sub(subnet.held[who]);
        assert!(u128::from(gone) * 10 <= u128::from(total) * 101 / 100);
    }
    panic!("{} left", subnet.held[who]);
}

#[test]
fn stake_with_who_is_to_go_is_gone_within_ten_epochs_and_a_tenth_at_a_time() {
    for held in [
        [50_000 * ALPHA; 4],
        [170_000 * ALPHA, 10_000 * ALPHA, 10_000 * ALPHA, 10_000 * ALPHA],
    ] {
        let subnet = Subnet::settled(&held);
        let least = (u128::from(held[0]) * 10).div_ceil(u128::from(held.iter().sum::<u64>())) as u32;
        let mut deregistered = subnet.clone();
        deregistered.registered[0] = false;
        let mut leaving = subnet.clone();
        leaving.validators.remove(hotkey(0)).expect("others are left");
        let mut silent = subnet.clone();
        silent.yields[0] = 0;
        for (gone, patience) in [(deregistered, 0), (leaving, 0), (silent, SILENT_WINDOWS.into())] {
            let epochs = drained(gone, 0);
            assert!(
                (least..=least + 2 + patience).contains(&epochs),
                "{epochs} epochs, {least} at least"
            );
        }
    }
}

#[test]
fn what_is_to_go_is_spread_over_the_others_even_when_they_are_at_their_targets() {
    // Seven at their targets, and a rest of less than the band with the one to go.
    let mut held = [100_000 * ALPHA; 8];
    held[7] = 1_000 * ALPHA;
    let mut subnet = Subnet::settled(&held);
    for (validator, held) in subnet.validators.all.iter_mut().zip(&held) {
        validator.observe(*held, *held, subnet.now);
    }
    subnet.held = held.to_vec();
    subnet.validators.remove(hotkey(7)).expect("others are left");
    subnet.rebalance();
    assert_eq!(subnet.held[7], 0);
    subnet.validators.drop_empty(0);
    assert_eq!(subnet.validators.all.len(), 7);
}

/// With six or seven equal others each was less than a hundredth above its target, and gave nothing for ever.
#[test]
fn a_newcomer_gets_its_probe_whatever_the_number_of_others() {
    for others in 1..8 {
        let mut subnet = Subnet::settled(&vec![100_000 * ALPHA; others]);
        subnet.add();
        subnet.epoch(&[]);
        let share = u128::from(subnet.held[others]) * 10_000 / u128::from(subnet.total());
        assert!((400..=501).contains(&share), "{share} among {others}");
    }
}

/// Targets are rounded down, and a unit that fits under nobody's was left for ever, and with it the place among eight.
#[test]
fn a_unit_that_is_left_with_who_left_takes_no_place() {
    for held in [
        [50_000 * ALPHA; 4],
        [50_000 * ALPHA + 1, 49_999 * ALPHA + 7, 3 * ALPHA, 50_003 * ALPHA + 3],
    ] {
        let mut subnet = Subnet::settled(&held);
        subnet.validators.remove(hotkey(0)).expect("others are left");
        for _ in 0..10 {
            subnet.epoch(&[]);
        }
        assert!(subnet.held[0] <= 3, "{}", subnet.held[0]);
        assert_eq!(subnet.validators.drop_empty(3), Some(subnet.held[0]));
        assert_eq!(subnet.validators.all.len(), 3);
        assert_eq!(subnet.validators.drop_empty(u64::MAX), None, "nobody else left");
    }
}

#[test]
fn who_left_is_forgotten_with_as_much_dust_as_is_named_and_not_with_a_unit_more() {
    for (held, dust, dropped) in [
        (0, 0, true),
        (1, 0, false),
        (1, 1, true),
        (2, 1, false),
        (u64::MAX, u64::MAX, true),
    ] {
        let mut validators = Validators::new(hotkey(0), 1);
        validators.add(hotkey(1), 1).expect("there is a place");
        validators.all[1].observe(0, held.max(1), 2);
        validators.remove(hotkey(1)).expect("others are left");
        validators.all[1].measured = held;
        assert_eq!(
            validators.drop_empty(dust),
            dropped.then_some(held),
            "{held} with dust {dust}"
        );
        assert_eq!(validators.all.len(), if dropped { 1 } else { 2 });
    }
}

/// The largest surplus was looked at first, and where that might stay nothing moved.
#[test]
fn what_is_to_go_does_not_wait_for_somebody_who_is_further_above_its_target() {
    // Targets are a third each but for the last.
    let held = [342_000, 326_000, 327_000, 5_000].map(|held| held * ALPHA);
    let mut subnet = Subnet::settled(&held);
    subnet.validators.remove(hotkey(3)).expect("others are left");
    subnet.epoch(&[]);
    assert!(subnet.held[3] <= 1, "{}", subnet.held[3]);
}

#[test]
fn a_validator_that_was_silent_is_a_stranger_when_it_pays_again() {
    let mut subnet = Subnet::settled(&[50_000 * ALPHA; 4]);
    subnet.yields[0] = 0;
    for _ in 0..SILENT_WINDOWS {
        subnet.epoch(&[]);
    }
    let silent = subnet.validators.all[0];
    assert!(silent.is_out());
    assert_eq!((silent.fast, silent.slow, silent.windows, silent.score()), (0, 0, 0, 0));
    subnet.yields[0] = YIELD;
    subnet.epoch(&[]);
    let again = subnet.validators.all[0];
    assert!(!again.is_out() && again.windows <= 1, "{again:?}");
}

#[test]
fn while_nobody_is_in_stake_stays_where_it_is() {
    let mut subnet = Subnet::settled(&[50_000 * ALPHA, 10_000 * ALPHA]);
    subnet.registered.fill(false);
    for _ in 0..5 {
        subnet.epoch(&[]);
        assert_eq!(subnet.moved, 0);
    }
}

#[test]
fn eight_compete_at_most_and_one_at_least() {
    let mut validators = Validators::new(hotkey(0), 1);
    assert_eq!(validators.remove(hotkey(0)), Err(Error::LastValidator));
    for n in 1..8 {
        validators.add(hotkey(n), 1).expect("there is a place");
    }
    assert_eq!(validators.add(hotkey(3), 1), Err(Error::NothingToDo));
    assert_eq!(validators.add(hotkey(8), 1), Err(Error::TooManyValidators));
    assert_eq!(validators.remove(hotkey(9)), Err(Error::NoSuchValidator));
    // One that holds nothing goes at once and makes room; one that holds something can come back.
    validators.remove(hotkey(3)).expect("others are left");
    validators.add(hotkey(8), 1).expect("there is a place");
    validators.all[0].observe(0, 5, 2);
    validators.remove(hotkey(0)).expect("others are left");
    assert_eq!(validators.remove(hotkey(0)), Err(Error::NothingToDo));
    assert!(validators.all[0].is_out());
    validators.add(hotkey(0), 3).expect("it comes back");
    assert!(!validators.all[0].is_out());
}
