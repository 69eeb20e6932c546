//! Attacks on the budget with TAO that is not there to stay. Profit is what was earned beyond what honest behaviour earns, less
//! what the capital costs at 5 % a year.
//!
//! The setting: 10,000 TAO of budget under the rules at birth, seven honest markets of 10,000 TAO that gain 5 each in an epoch,
//! and the attacker's own market, of which he is the only provider: he gets all that it is paid. Adding and removing liquidity
//! costs him nothing.

use kernel::emission::budget::LEAST_PAYMENT;
use kernel::emission::Ladder;
use kernel::emission::{Reason, State};
use kernel::flow::{Sample, EPOCH};
use proptest::prelude::*;

use crate::dice::Dice;
use crate::economy::{cost_of, held, honest, Economy, Pool, TAO, YEAR};
use crate::exact::cases;

/// Epochs before the attack, in which averages become those of a market that lives.
const BEFORE: u32 = 1_000;
/// Epochs after it, in which they forget it.
const AFTER: u32 = 2_000;

/// What the attacker's market is paid when it holds `pool(epoch of the attack)` for `epochs` and then `rest`.
fn earned(base: u64, epochs: u32, pool: impl Fn(u32) -> u64) -> i128 {
    let mut economy = Economy::new(10_000 * TAO, 8);
    economy.run(BEFORE, &honest(), |_| base);
    economy.pot = 10_000 * TAO;
    let before = economy.attacker_paid();
    economy.run(epochs, &honest(), |epoch| pool(epoch - BEFORE));
    economy.run(AFTER, &honest(), |_| base);
    i128::from(economy.attacker_paid() - before)
}

/// What one market is paid for each of the epochs that `moves` speak of: (block of the attack, TAO held from it on).
fn payments(base: u64, epochs: u32, moves: &[(u32, u64)]) -> Vec<u64> {
    let mut economy = Economy::new(10_000 * TAO, 8);
    let mut pool = Pool::new(base);
    let mut moves = moves.iter().peekable();
    let mut paid = Vec::new();
    for epoch in 0..BEFORE + epochs + AFTER {
        let ends = (epoch + 1) * EPOCH;
        while let Some((at, tao)) = moves.next_if(|(at, _)| BEFORE * EPOCH + at < ends) {
            pool.hold(BEFORE * EPOCH + at, *tao);
        }
        let mut samples: Vec<Sample> = honest().iter().map(|honest| honest.sample(epoch)).collect();
        samples.push(pool.sample(epoch, ends));
        paid.push(economy.settle(&samples)[7]);
    }
    paid
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn tao_in_and_out_within_an_epoch_earns_nothing(
        base in 1u64..2_000, extra in 1u64..100_000, come in 1u32..EPOCH - 1, stay in 1u32..EPOCH, every in 1u32..20,
    ) {
        let leave = (come + stay).min(EPOCH - 1);
        let moves: Vec<(u32, u64)> = (0..200u32)
            .filter(|epoch| epoch % every == 0)
            .flat_map(|epoch| [(epoch * EPOCH + come, (base + extra) * TAO), (epoch * EPOCH + leave, base * TAO)])
            .collect();
        prop_assert_eq!(payments(base * TAO, 200, &moves), payments(base * TAO, 200, &[]));
    }

    #[test]
    fn liquidity_added_just_before_and_removed_just_after_settlement_earns_nothing(
        base in 1u64..2_000, extra in 1u64..100_000, before in 1u32..EPOCH / 2, after in 0u32..EPOCH / 2,
    ) {
        let moves: Vec<(u32, u64)> = (1..=200u32)
            .flat_map(|epoch| [(epoch * EPOCH - before, (base + extra) * TAO), (epoch * EPOCH + after, base * TAO)])
            .collect();
        prop_assert_eq!(payments(base * TAO, 201, &moves), payments(base * TAO, 201, &[]));
    }
}

#[test]
fn tao_that_stays_through_less_than_four_whole_epochs_earns_nothing_however_often_it_comes() {
    for base in [1, 100, 2_000] {
        // In for all but two of every 1,800 blocks, a year long: just not through four whole epochs.
        let moves: Vec<(u32, u64)> = (0..YEAR / 5)
            .flat_map(|n| {
                [
                    (n * 5 * EPOCH + 1, (base + 10_000) * TAO),
                    ((n + 1) * 5 * EPOCH - 1, base * TAO),
                ]
            })
            .collect();
        assert_eq!(payments(base * TAO, YEAR, &moves), payments(base * TAO, YEAR, &[]));
        // Two blocks more, and it would count.
        let whole: Vec<(u32, u64)> = vec![(0, (base + 10_000) * TAO), (4 * EPOCH, base * TAO)];
        assert_ne!(payments(base * TAO, 10, &whole), payments(base * TAO, 10, &[]));
    }
}

#[test]
fn tao_that_stays_four_to_eight_epochs_earns_less_than_it_costs() {
    for capital in [100, 1_000, 10_000].map(|capital| capital * TAO) {
        for epochs in 4..=8 {
            let got = earned(0, 8, |epoch| if epoch < epochs { capital } else { 0 });
            let profit = got - i128::from(cost_of(capital, epochs));
            assert!(profit <= 0, "{profit} rao with {capital} for {epochs} epochs");
        }
    }
}

/// Where a market's own inflow fades, its slow average is above the fast one and delays nothing: an inflow counts as soon as it has
/// been held for four epochs. What leaves again takes it back, but for a little.
#[test]
fn short_stays_in_a_market_whose_inflow_fades_earn_a_two_hundred_and_fiftieth_of_the_tao_at_most() {
    let base = 1_000 * TAO;
    let still = earned(base, YEAR, |_| base);
    for capital in [10, 100, 1_000, 10_000].map(|capital| capital * TAO) {
        for (stay, every) in [
            (4, YEAR),
            (8, YEAR),
            (20, YEAR),
            (4, 8),
            (4, 20),
            (4, 100),
            (5, 300),
            (10, 600),
        ] {
            let got = earned(
                base,
                YEAR,
                |epoch| if epoch % every < stay { base + capital } else { base },
            ) - still;
            let profit = got - i128::from(cost_of(capital, stay * (YEAR / every)));
            assert!(
                profit <= i128::from(capital / 250),
                "{profit} rao with {capital}, {stay} of {every} epochs"
            );
        }
    }
}

#[test]
fn tao_that_comes_and_goes_every_ten_epochs_or_faster_earns_less_than_it_costs() {
    for capital in [100, 1_000, 10_000].map(|capital| capital * TAO) {
        for epochs in [2, 4, 5, 8, 10] {
            let got = earned(0, YEAR, |epoch| if (epoch / epochs) % 2 == 0 { capital } else { 0 });
            let profit = got - i128::from(cost_of(capital, YEAR / 2));
            assert!(profit <= 0, "{profit} rao with {capital} every {epochs} epochs");
        }
    }
}

/// TAO that stays is what emission is for, and slower cycles earn more than capital costs: at most what it earns by staying.
#[test]
fn tao_that_comes_and_goes_at_any_pace_earns_no_more_than_tao_that_stays_and_that_earns_an_eighth_of_itself_at_most() {
    for capital in [100, 1_000, 10_000].map(|capital| capital * TAO) {
        let staying = earned(0, YEAR, |_| capital);
        assert!(
            staying > 0 && staying <= i128::from(capital / 8),
            "{staying} of {capital}"
        );
        for epochs in [4, 10, 50, 140, 300, 600, 1_200, 2_400] {
            let got = earned(0, YEAR, |epoch| if (epoch / epochs) % 2 == 0 { capital } else { 0 });
            assert!(
                got <= staying,
                "{got} rao with {capital} every {epochs} epochs, {staying} by staying"
            );
        }
    }
}

/// Outflow earns nothing, but is not charged either: whoever takes TAO out and brings it back earns a little of what new TAO earns.
/// With a market that stands still, in this setting: at most a five-hundredth of the TAO in a year, and nothing when done often.
#[test]
fn taking_liquidity_out_for_an_epoch_and_back_earns_a_five_hundredth_of_it_a_year_at_most() {
    let pool = 1_000 * TAO;
    let still = earned(pool, YEAR, |_| pool);
    for every in [5, 8, 20, 50, 100, 200, 300, 600, 2_000] {
        let got = earned(pool, YEAR, |epoch| if epoch % every == 0 { 0 } else { pool }) - still;
        assert!(got <= i128::from(pool / 500), "{got} rao every {every} epochs");
        assert!(every > 50 || got < 0, "{got} rao every {every} epochs");
    }
}

/// What all own markets are paid in a year in which `capital` moves on every `epochs`.
fn moved_around(capital: u64, markets: u32, epochs: u32) -> i128 {
    let mut economy = Economy::new(10_000 * TAO, 7 + markets as usize);
    for epoch in 0..BEFORE + YEAR + AFTER {
        if epoch == BEFORE {
            economy.pot = 10_000 * TAO;
        }
        let here = epoch
            .checked_sub(BEFORE)
            .filter(|epoch| *epoch < YEAR)
            .map(|epoch| (epoch / epochs) % markets);
        let mut samples: Vec<Sample> = honest().iter().map(|honest| honest.sample(epoch)).collect();
        samples.extend((0..markets).map(|market| held(if here == Some(market) { capital } else { 0 })));
        economy.settle(&samples);
    }
    economy.seats[7..].iter().map(|seat| i128::from(seat.paid)).sum()
}

#[test]
fn tao_moved_over_own_markets_faster_than_every_four_epochs_earns_nothing() {
    for (markets, epochs) in [(2, 1), (2, 3), (5, 3), (40, 2)] {
        assert_eq!(
            moved_around(10_000 * TAO, markets, epochs),
            0,
            "{markets} markets, every {epochs}"
        );
    }
}

#[test]
fn tao_moved_over_own_markets_every_twenty_epochs_or_faster_earns_less_than_it_costs() {
    for capital in [100, 1_000, 10_000].map(|capital| capital * TAO) {
        for (markets, epochs) in [(2, 4), (4, 5), (4, 20), (20, 20), (100, 10)] {
            let profit = moved_around(capital, markets, epochs) - i128::from(cost_of(capital, YEAR));
            assert!(
                profit <= 0,
                "{profit} rao with {capital} over {markets} every {epochs} epochs"
            );
        }
    }
}

/// Moving does pay a little more than staying when it is slow: arriving counts, and leaving only lowers what the market left
/// behind would have earned.
#[test]
fn tao_moved_over_own_markets_at_any_pace_earns_a_fifth_more_than_by_staying_at_most() {
    let capital = 1_000 * TAO;
    let staying = moved_around(capital, 1, YEAR);
    for (markets, epochs) in [
        (2, 140),
        (2, 300),
        (30, 140),
        (4, 600),
        (12, 600),
        (2, 1_200),
        (3, 2_400),
    ] {
        let got = moved_around(capital, markets, epochs);
        assert!(
            got <= staying * 6 / 5,
            "{got} rao over {markets} every {epochs} epochs, {staying} by staying"
        );
    }
}

/// What `markets` own markets are paid in a year when each gains `inflow` in every epoch.
fn split(markets: usize, begin: u64, inflow: u64) -> u64 {
    let mut economy = Economy::new(10_000 * TAO, 7 + markets);
    for epoch in 0..YEAR {
        let mut samples: Vec<Sample> = honest().iter().map(|honest| honest.sample(epoch)).collect();
        samples.extend((0..markets).map(|_| held(begin + inflow * u64::from(epoch))));
        economy.settle(&samples);
    }
    economy.seats[7..].iter().map(|seat| seat.paid).sum()
}

#[test]
fn one_market_split_into_many_earns_no_more() {
    let whole = split(1, 1_200 * TAO, 12 * TAO);
    for markets in [2, 3, 10, 120] {
        let parts = split(markets, 1_200 * TAO / markets as u64, 12 * TAO / markets as u64);
        // The budget that rounding leaves is shared again, a year long.
        let rounding = u64::from(YEAR) * 128;
        assert!(parts <= whole + rounding, "{markets}: {parts} instead of {whole}");
    }
}

#[test]
fn dust_markets_are_paid_a_thousandth_of_their_tao_at_most_and_below_a_tenth_of_a_tao_nothing() {
    let mut economy = Economy::new(10_000 * TAO, 128);
    for epoch in 0..2_000u32 {
        // Each grows a hundred times faster than any honest market.
        let grown = |begin: u64| begin + begin / 20 * u64::from(epoch.min(18));
        let mut samples: Vec<Sample> = honest().iter().map(|honest| honest.sample(epoch)).collect();
        samples.extend((0..60).map(|_| held(grown(50_000_000).min(99_999_999))));
        samples.extend((0..61).map(|n| held(grown(TAO * (1 + n)))));
        let paid = economy.settle(&samples);
        for (paid, sample) in paid.iter().zip(&samples) {
            assert!(*paid <= sample.stayed / 1_000);
            assert!(*paid == 0 || *paid >= LEAST_PAYMENT);
        }
    }
    let paid = |from: usize, to: usize| economy.seats[from..to].iter().map(|seat| seat.paid).sum::<u64>();
    assert_eq!(paid(7, 67), 0, "below a tenth of a TAO");
    assert!(paid(67, 128) > 0);
    assert!(
        paid(67, 128) < paid(0, 7),
        "growing fast from nothing is not growing much"
    );
}

#[test]
fn settling_late_or_asking_twice_pays_what_settling_in_time_pays() {
    for seed in 0..10 {
        let late = |delay: u32, twice: bool| {
            let mut dice = Dice(seed);
            let mut pools: Vec<Pool> = (0..8).map(|_| Pool::new(TAO * (1 + dice.below(5_000)))).collect();
            let mut economy = Economy::new(10_000 * TAO, 8);
            let mut paid = Vec::new();
            for epoch in 0..600u32 {
                for pool in &mut pools {
                    for at in [1, 100, 359] {
                        pool.hold(epoch * EPOCH + at, TAO * (1 + dice.below(5_000) + u64::from(epoch)));
                    }
                }
                let Some(settled) = epoch.checked_sub(delay) else {
                    continue;
                };
                let now = (epoch + 1) * EPOCH;
                let samples: Vec<Sample> = pools.iter_mut().map(|pool| pool.sample(settled, now)).collect();
                if twice {
                    let again: Vec<Sample> = pools.iter_mut().map(|pool| pool.sample(settled, now + 1)).collect();
                    assert_eq!(again, samples);
                }
                paid.push(economy.settle(&samples));
            }
            paid
        };
        let in_time = late(0, false);
        assert!(in_time.iter().flatten().any(|paid| *paid > 0));
        for delay in 0..4 {
            let paid = late(delay, true);
            assert_eq!(paid, in_time[..paid.len()], "{delay} epochs late");
        }
    }
}

/// Epochs for which a market stays unpaid, from its quarantine on, when its index is `index`, and what bonds were lost.
fn quarantined_for(index: i32, challenge_at: Option<u32>) -> (u32, u64) {
    let rules = Economy::new(0, 0).rules.ladder;
    let mut ladder = Ladder::new(0);
    let mut epoch = 1;
    while !matches!(ladder.state, State::Quarantine { .. }) {
        ladder.step(-5_000, Reason::HoldersLose, epoch, (epoch + 1) * EPOCH, &rules);
        epoch += 1;
    }
    let (since, mut lost) = (epoch, 0);
    while !ladder.is_paid() {
        if challenge_at == Some(epoch - since) {
            ladder
                .challenge([6; 32], rules.bond, epoch, &rules)
                .expect("quarantined");
        }
        match ladder
            .step(index, Reason::HoldersLose, epoch, (epoch + 1) * EPOCH, &rules)
            .1
        {
            None => {}
            Some(kernel::emission::Bond::Slashed { amount, .. }) => lost += amount,
            Some(bond) => panic!("{bond:?}"),
        }
        epoch += 1;
    }
    (epoch - since, lost)
}

#[test]
fn a_challenge_of_a_market_that_recovers_costs_the_bond_and_takes_nothing_from_it() {
    let (alone, _) = quarantined_for(-200, None);
    for at in 0..alone {
        assert_eq!(quarantined_for(-200, Some(at)), (alone, 10 * TAO));
    }
}

#[test]
fn a_challenge_of_a_market_that_is_neither_bad_nor_good_costs_the_bond_and_prolongs_its_quarantine_by_nothing() {
    for index in [-2_000, -201] {
        let (alone, _) = quarantined_for(index, None);
        assert_eq!(alone, 141 - 1);
        for at in 0..alone {
            assert_eq!(
                quarantined_for(index, Some(at)),
                (alone, 10 * TAO),
                "opened in epoch {at} of it"
            );
        }
    }
}
