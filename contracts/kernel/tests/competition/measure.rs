//! Yields as measured around deposits and withdrawals, and what gifts do to them.

use kernel::competition::{Seen, Validator, Validators, TEMPO};
use proptest::prelude::*;

use crate::subnet::{cases, hotkey, Subnet, ALPHA, YIELD};

/// A deposit (or withdrawal) of parts per thousand of the stake, so many blocks into the run.
fn operations() -> impl Strategy<Value = Vec<(u32, bool, u64)>> {
    prop::collection::vec((0u32..20 * TEMPO, any::<bool>(), 0u64..500), 0..40)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_a_validator_paid_and_the_stake_that_worked_for_it_are_those_of_every_block(
        mut operations in operations(), begin in ALPHA..1_000_000 * ALPHA, rate in 0u64..1_000_000,
    ) {
        operations.sort_unstable();
        let first = 50 * TEMPO;
        let mut validator = Validator::new(hotkey(0), first);
        validator.observe(0, begin, first);
        let mut validators = Validators { all: vec![validator], ..Validators::new(hotkey(0), first) };
        // Only what is scored is taken out of the sums; nothing is.
        validators.scored = u32::MAX;
        let (mut stake, mut paid, mut worked) = (begin, 0u64, 0u128);
        let mut operations = operations.into_iter().peekable();
        for block in 1..=20 * TEMPO {
            worked += u128::from(stake);
            let now = first + block;
            if block % TEMPO == 0 {
                let dividends = (u128::from(stake) * u128::from(rate) / 1_000_000_000) as u64;
                stake += dividends;
                paid += dividends;
                // Harvested as soon as it can be seen; the chain says what all stakers got.
                let seen = Seen { stake, dividends: dividends + 5, registered: true };
                validators.harvest(&[seen], now);
            }
            while let Some((_, out, parts)) = operations.next_if(|(at, _, _)| *at == block) {
                let before = stake;
                let change = stake / 1_000 * parts;
                stake = if out { stake - change } else { (stake + change).min(1 << 50) };
                validators.all[0].observe(before, stake, now);
            }
        }
        let measured = validators.all[0];
        prop_assert_eq!(measured.paid, paid, "to the unit");
        prop_assert_eq!(measured.grown, 0);
        prop_assert_eq!(measured.worked, worked, "block by block");
    }

    #[test]
    fn a_score_is_close_to_the_yield_whatever_users_do(operations in operations(), rate in 1_000u64..100_000) {
        let mut subnet = Subnet::young(&[100_000 * ALPHA, 100_000 * ALPHA]);
        subnet.yields = vec![rate, rate];
        for epoch in 0..200u32 {
            // In the middle of a tempo, so that what comes or goes has worked for half of it.
            subnet.now += TEMPO / 2;
            for (at, out, parts) in &operations {
                if at % 200 == epoch {
                    let before = subnet.held[0];
                    let change = before / 10_000 * parts;
                    subnet.held[0] = if *out { before - change } else { before + change };
                    let now = subnet.now;
                    subnet.validators.all[0].observe(before, subnet.held[0], now);
                }
            }
            subnet.now -= TEMPO / 2;
            subnet.pay(&[]);
            subnet.harvest();
        }
        let exact = u128::from(rate) * 1_000_000_000 / u128::from(TEMPO);
        for validator in &subnet.validators.all {
            let score = u128::from(validator.score());
            prop_assert!(score.abs_diff(exact) <= exact / 20, "{score} instead of {exact}");
        }
        let quiet = u128::from(subnet.validators.all[1].score());
        prop_assert!(quiet.abs_diff(exact) <= exact / 1_000, "{quiet} instead of {exact}");
    }

    #[test]
    fn growth_beyond_what_dividends_explain_counts_for_no_score_then_or_later(
        gift in 0u64..10_000 * ALPHA, when in 0usize..50, late in 0u32..4,
    ) {
        let mut honest = Subnet::settled(&[100_000 * ALPHA; 4]);
        // Nobody else's stake: dividends to all stakers are those to the market.
        honest.others.fill(0);
        let mut gifted = honest.clone();
        for epoch in 0..100 {
            honest.pay(&[]);
            gifted.pay(&[if epoch == when { gift } else { 0 }]);
            // Whoever harvests late makes room for one tempo more, not for the gift.
            if late == 0 || epoch as u32 % (late + 1) == 0 {
                honest.harvest();
                gifted.harvest();
            }
            let (with, without) = (gifted.validators.all[0], honest.validators.all[0]);
            prop_assert_eq!(with.grown, 0, "nothing is kept for later");
            // Once, by one tempo's dividends more: the room that the estimate leaves.
            prop_assert!(with.slow <= without.slow + without.slow / 18, "{} {}", with.slow, without.slow);
            prop_assert!(with.fast <= without.fast + without.fast / 3, "{} {}", with.fast, without.fast);
        }
        prop_assert!(gifted.validators.all[0].score() <= honest.validators.all[0].score() + honest.validators.all[0].score() / 100);
    }

    #[test]
    fn the_most_that_dividends_can_have_been_is_that_of_the_tempos_that_passed_and_one_more(
        blocks in 0u32..10 * TEMPO, dividends in prop::collection::vec(0u64..1 << 40, 3),
    ) {
        let mut subnet = Subnet::settled(&[100_000 * ALPHA; 3]);
        let seen: Vec<Seen> = dividends
            .iter()
            .zip(&subnet.held)
            .map(|(dividends, held)| Seen { stake: *held, dividends: *dividends, registered: true })
            .collect();
        let most = subnet.validators.harvest(&seen, subnet.now + blocks);
        let tempos = u64::from(blocks / TEMPO) + 1;
        prop_assert_eq!(most, dividends.iter().sum::<u64>() * tempos);
    }
}

#[test]
fn nobody_is_scored_twice_within_a_tempo() {
    let mut subnet = Subnet::settled(&[100_000 * ALPHA; 4]);
    let windows = subnet.validators.all[0].windows;
    subnet.pay(&[]);
    subnet.harvest();
    for _ in 0..TEMPO - 1 {
        subnet.now += 1;
        subnet.harvest();
    }
    assert_eq!(subnet.validators.all[0].windows, windows + 1);
    subnet.now += 1;
    subnet.harvest();
    assert_eq!(subnet.validators.all[0].windows, windows + 2);
}

#[test]
fn a_score_follows_a_cut_at_once_and_a_rise_slowly() {
    let mut subnet = Subnet::settled(&[100_000 * ALPHA; 4]);
    let before = subnet.validators.all[0].score();
    subnet.yields[0] = YIELD * 2;
    subnet.yields[1] = YIELD / 2;
    for _ in 0..4 {
        subnet.pay(&[]);
        subnet.harvest();
    }
    let score = |n: usize| subnet.validators.all[n].score();
    assert!(score(0) < before * 5 / 4, "{}", score(0));
    assert!(score(1) < before * 7 / 10, "{}", score(1));
}
