//! A year of up to 128 markets: measured, shared, paid and judged every epoch.

use kernel::emission::measure::HOLD;
use kernel::emission::{
    shares, Bond, Contribution, Gate, Input, Ladder, Measures, Model, Round, Rules, State, SHARE_ONE,
};
use kernel::flow::{Sample, EPOCH};

use crate::dice::Dice;

/// 365 days.
const EPOCHS: u32 = 7_300;
const TAO: u64 = 1_000_000_000;

/// What the people of a market do.
#[derive(Clone, Copy)]
enum Temper {
    /// TAO comes and goes, a little more comes.
    Grows,
    /// It only leaves, from some epoch on.
    Extracts(u32),
    /// It leaves for some weeks, and then comes back.
    Recovers,
    /// Half of it comes and goes every few epochs.
    Washes,
    /// Too little to be paid.
    Dust,
}

struct Market {
    temper: Temper,
    born: u32,
    sample: Sample,
    recent: Vec<u64>,
    measures: Measures,
    ladder: Ladder,
    yield_e18: u64,
    /// Paid for the last epoch.
    last: u64,
}

impl Market {
    fn new(dice: &mut Dice, epoch: u32) -> Self {
        let temper = match dice.below(8) {
            0..=3 => Temper::Grows,
            4 => Temper::Extracts(epoch + 200 + dice.below(3_000) as u32),
            5 => Temper::Recovers,
            6 => Temper::Washes,
            _ => Temper::Dust,
        };
        let stayed = match temper {
            Temper::Dust => dice.below(TAO / 10),
            _ => TAO * (100 + dice.below(20_000)),
        };
        Self {
            temper,
            born: epoch,
            sample: Sample {
                stayed,
                price: dice.below(2_000_000_000_000),
            },
            recent: Vec::new(),
            measures: Measures::default(),
            ladder: Ladder::new(epoch),
            yield_e18: dice.below(10_000_000_000),
            last: 0,
        }
    }

    /// One epoch passes.
    fn live(&mut self, dice: &mut Dice, epoch: u32) {
        let stayed = self.sample.stayed;
        let ppm = |ppm: u64| (u128::from(stayed) * u128::from(ppm) / 1_000_000) as u64;
        let (to_come, to_go) = match self.temper {
            Temper::Grows => (ppm(dice.below(3_000)), ppm(dice.below(2_000))),
            Temper::Extracts(from) if epoch > from => (0, ppm(dice.below(4_000))),
            Temper::Recovers if (epoch / 500) % 2 == 1 => (0, ppm(dice.below(1_500))),
            Temper::Recovers => (ppm(dice.below(1_800)), 0),
            Temper::Washes if epoch % 6 < 3 => (stayed / 2, 0),
            Temper::Washes => (0, stayed / 3),
            Temper::Extracts(_) | Temper::Dust => (ppm(dice.below(1_000)), ppm(dice.below(1_000))),
        };
        self.sample.stayed = (stayed + to_come - to_go).min(1_000_000 * TAO);
        let price = self.sample.price;
        self.sample.price = match self.temper {
            Temper::Extracts(from) if epoch > from => price - price / 1_000,
            _ => price + price * dice.below(21) / 10_000 - price * dice.below(21) / 10_000,
        };
        self.recent.push(self.sample.stayed);
    }

    /// What the averages must be whatever happened.
    fn check(&self) {
        let held = self.recent.iter().rev().take(HOLD).copied().min().expect("lived");
        let settled = if self.recent.len() < HOLD { 0 } else { held };
        assert_eq!(self.measures.settled, settled, "counts what stayed through every epoch");
        let seen = self.measures.matured(0);
        assert!(seen.user <= self.measures.flow && seen.user <= self.measures.flow_slow);
        assert!(seen.price <= self.measures.price && seen.price <= self.measures.price_slow);
        assert!(
            self.measures.price <= 1_000_000_000_000_000_000,
            "no price counts above 1 TAO"
        );
        assert!(self.measures.protocol >= 0);
    }
}

/// What happened, so that a year in which nothing did is no test.
#[derive(Default)]
struct Tally {
    paid: u128,
    at_the_yield_bound: u32,
    quarantined: u32,
    delisted: u32,
    recovered: u32,
    returned: u128,
    slashed: u128,
}

fn year(seed: u64, count: usize, rules: Rules) -> Tally {
    rules.check().expect("within bounds");
    let mut dice = Dice(seed);
    let mut tally = Tally::default();
    let mut markets: Vec<Market> = Vec::new();
    let (mut pot, mut given, mut bonds_in) = (0u64, 0u128, 0u128);
    for epoch in 0..EPOCHS {
        // Seats fill up during the first month.
        if markets.len() < count && (epoch == 0 || dice.once_in(4)) {
            markets.push(Market::new(&mut dice, epoch));
        }
        if dice.once_in(200) {
            let gift = dice.below(20_000 * TAO);
            pot += gift;
            given += u128::from(gift);
        }
        let mut slashed_now = 0;
        for market in &mut markets {
            market.live(&mut dice, epoch);
            let age = (epoch - market.born) * EPOCH;
            let last = market.last;
            market.measures.observe(market.sample, last, age).expect("in range");
            market.check();
        }
        let inputs: Vec<Input> = markets
            .iter()
            .map(|market| {
                if market.ladder.is_paid() {
                    market.measures.matured(0)
                } else {
                    Input::default()
                }
            })
            .collect();
        let shares = shares(rules.model, rules.gate, &inputs, kernel::emission::measure::FLOW_ONE).expect("in range");
        let sum: u128 = shares.iter().map(|share| u128::from(*share)).sum();
        assert!(
            sum == 0 || (u128::from(SHARE_ONE) - 128..=SHARE_ONE.into()).contains(&sum),
            "{sum}"
        );
        let mut round = Round::new(epoch, pot, &rules, 0);
        for (market, share) in markets.iter_mut().zip(shares) {
            let due = round.due(share, market.sample.stayed, &rules);
            let most = u128::from(market.sample.stayed) * u128::from(rules.max_yield_bps) / 10_000;
            assert!(u128::from(due) <= most, "no more than the bound of the yield");
            assert!(
                due == 0 || market.ladder.is_paid(),
                "nothing for who is quarantined or worse"
            );
            tally.at_the_yield_bound += u32::from(due != 0 && u128::from(due) == most);
            market.last = due;
            round.paid += due;
            tally.paid += u128::from(due);
        }
        assert!(round.paid <= round.release && round.release <= round.budget);
        pot = round.carried();
        let now = (epoch + 1) * EPOCH + 3;
        for market in &mut markets {
            let index = Contribution::of(&market.measures, market.yield_e18, rules.dividend_target_bps);
            assert!((-15_000..=3_000).contains(&index.index()));
            let before = market.ladder;
            let (transition, bond) = market
                .ladder
                .step(index.index(), index.worst(), epoch, now, &rules.ladder);
            if let Some(transition) = transition {
                assert_eq!(transition.from, before.state);
                match transition.to {
                    State::Quarantine { .. } => {
                        assert!(matches!(transition.from, State::Watch | State::Quarantine { .. }));
                        tally.quarantined += 1;
                    }
                    State::Condemned { .. } => assert!(before.challenge.is_some()),
                    State::Delisted => {
                        assert!(matches!(before.state, State::Condemned { at } if at <= now));
                        tally.delisted += 1;
                    }
                    State::Active | State::Watch => {
                        assert!(before.state != State::Delisted);
                        tally.recovered += u32::from(matches!(before.state, State::Quarantine { .. }));
                    }
                }
            }
            match bond {
                None => {}
                Some(Bond::Returned { amount, .. }) => tally.returned += u128::from(amount),
                Some(Bond::Slashed { amount, .. }) => {
                    tally.slashed += u128::from(amount);
                    slashed_now += amount;
                }
            }
            if matches!(market.ladder.state, State::Quarantine { .. }) && dice.once_in(400) {
                let opened = market
                    .ladder
                    .challenge([9; 32], rules.ladder.bond, epoch, &rules.ladder);
                bonds_in += u128::from(if opened.is_ok() { rules.ladder.bond } else { 0 });
            }
        }
        pot += slashed_now;
        let open: u128 = markets
            .iter()
            .filter_map(|market| market.ladder.challenge)
            .map(|c| u128::from(c.bond))
            .sum();
        assert_eq!(bonds_in, tally.returned + tally.slashed + open, "bonds");
        assert_eq!(
            given + tally.slashed,
            tally.paid + u128::from(pot),
            "the budget, to the rao"
        );
    }
    tally
}

/// What happened in all of these years together.
fn years(seeds: core::ops::Range<u64>, count: usize, rules: Rules) -> Tally {
    let mut all = Tally::default();
    for seed in seeds {
        let one = year(seed, count, rules);
        assert!(one.paid > 0, "something was paid in year {seed}");
        all.paid += one.paid;
        all.at_the_yield_bound += one.at_the_yield_bound;
        all.quarantined += one.quarantined;
        all.delisted += one.delisted;
        all.recovered += one.recovered;
        all.returned += one.returned;
        all.slashed += one.slashed;
    }
    assert!(all.quarantined > all.delisted && all.delisted > 0 && all.returned > 0);
    all
}

#[test]
fn a_year_of_a_few_markets_keeps_every_identity() {
    let all = years(1..40, 8, Rules::default());
    // A year without any of these would not be one.
    assert!(all.at_the_yield_bound > 0 && all.recovered > 0 && all.slashed > 0);
}

#[test]
fn a_year_of_some_markets_keeps_every_identity_under_any_model() {
    let gated = Rules {
        model: Model::TaoFlow {
            net: false,
            exponent: 4,
            cutoff: TAO / 10,
        },
        gate: Some(Gate { quantile_bps: 7_000 }),
        release_ppm: 20_000,
        max_yield_bps: 100,
        ..Rules::default()
    };
    years(110..118, 24, gated);
    let by_price = Rules {
        model: Model::Price,
        ..Rules::default()
    };
    years(120..128, 24, by_price);
}

#[test]
fn a_year_of_as_many_markets_as_there_are_subnets_keeps_every_identity() {
    years(130..133, 128, Rules::default());
}
