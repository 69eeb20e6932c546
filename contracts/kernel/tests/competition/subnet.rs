//! A subnet whose validators pay dividends once per tempo, and a market that follows them.

use kernel::competition::{Seen, Validators, TEMPO};
use proptest::prelude::*;

/// One alpha.
pub const ALPHA: u64 = 1_000_000_000;
/// Net dividends of a tempo over stake, at 1e9: about 1 % in 30 days.
pub const YIELD: u64 = 16_600;
/// An operator's take, percent of gross dividends.
const TAKE: u128 = 18;

/// That many cases; what once failed is kept as a named test, not in a file.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

pub fn hotkey(n: usize) -> [u8; 32] {
    [n as u8 + 1; 32]
}

#[derive(Clone)]
pub struct Subnet {
    pub validators: Validators,
    /// The market's stake with each.
    pub held: Vec<u64>,
    /// Everybody else's stake with each.
    pub others: Vec<u64>,
    /// Net dividends of a tempo over stake, at 1e9.
    pub yields: Vec<u64>,
    pub registered: Vec<bool>,
    /// Paid to all stakers in the last tempo.
    pub dividends: Vec<u64>,
    /// What operators took of the gross dividends on the market's stake, alpha-rao.
    pub take: Vec<u128>,
    /// What operators gave away, alpha-rao.
    pub donated: Vec<u128>,
    /// Moved in the last rebalancing.
    pub moved: u64,
    pub now: u32,
}

impl Subnet {
    /// A market whose stake lies with these validators, which have been measured long enough and pay the same.
    pub fn settled(held: &[u64]) -> Self {
        let mut subnet = Self::young(held);
        for _ in 0..200 {
            subnet.pay(&[]);
            subnet.harvest();
        }
        subnet.take.fill(0);
        subnet
    }

    /// The same, measured by nobody yet.
    pub fn young(held: &[u64]) -> Self {
        let now = 100 * TEMPO + 10;
        let mut validators = Validators::new(hotkey(0), now);
        for n in 1..held.len() {
            validators.add(hotkey(n), now).expect("there is a place");
        }
        for (validator, held) in validators.all.iter_mut().zip(held) {
            validator.observe(0, *held, now);
        }
        Self {
            validators,
            held: held.to_vec(),
            others: vec![10_000_000 * ALPHA; held.len()],
            yields: vec![YIELD; held.len()],
            registered: vec![true; held.len()],
            dividends: vec![0; held.len()],
            take: vec![0; held.len()],
            donated: vec![0; held.len()],
            moved: 0,
            now,
        }
    }

    /// One more validator, without any stake of the market.
    pub fn add(&mut self) {
        self.validators
            .add(hotkey(self.held.len()), self.now)
            .expect("there is a place");
        self.held.push(0);
        self.others.push(10_000_000 * ALPHA);
        self.yields.push(YIELD);
        self.registered.push(true);
        self.dividends.push(0);
        self.take.push(0);
        self.donated.push(0);
    }

    pub fn total(&self) -> u64 {
        self.held.iter().sum()
    }

    /// A tempo passes; every validator pays, and operators add gifts to the market's stake.
    pub fn pay(&mut self, gifts: &[u64]) {
        self.now += TEMPO;
        for n in 0..self.held.len() {
            let of = |stake: u64| (u128::from(stake) * u128::from(self.yields[n]) / 1_000_000_000) as u64;
            let ours = of(self.held[n]);
            self.dividends[n] = ours + of(self.others[n]);
            self.take[n] += u128::from(ours) * TAKE / (100 - TAKE);
            self.held[n] += ours;
        }
        for (n, gift) in gifts.iter().enumerate() {
            self.give(n, *gift);
        }
    }

    pub fn give(&mut self, to: usize, gift: u64) {
        self.held[to] += gift;
        self.donated[to] += u128::from(gift);
    }

    pub fn harvest(&mut self) {
        let seen: Vec<Seen> = (0..self.held.len())
            .map(|n| Seen {
                stake: self.held[n],
                dividends: self.dividends[n],
                registered: self.registered[n],
            })
            .collect();
        self.validators.harvest(&seen, self.now);
    }

    /// Moves stake as planned; what the contract does around every move.
    pub fn rebalance(&mut self) {
        let total = self.total();
        self.moved = 0;
        let moves = self.validators.plan(&self.held, ALPHA / 10, 8, self.now);
        assert!(moves.len() <= 8);
        for planned in moves {
            assert!(planned.amount >= ALPHA / 10 && planned.from != planned.to);
            for (n, grows) in [(planned.from, false), (planned.to, true)] {
                let before = self.held[n];
                self.held[n] = if grows {
                    before + planned.amount
                } else {
                    before - planned.amount
                };
                self.validators.all[n].observe(before, self.held[n], self.now);
            }
            self.validators.moved(planned, planned.amount, planned.amount, self.now);
            self.moved += planned.amount;
        }
        assert_eq!(self.total(), total, "moves make and lose nothing");
        assert!(u128::from(self.moved) * 10 <= u128::from(total), "a tenth at most");
        assert!(u128::from(self.validators.moved) * 10 <= u128::from(total));
    }

    /// One epoch as it should go: paid, harvested, rebalanced.
    pub fn epoch(&mut self, gifts: &[u64]) {
        self.pay(gifts);
        self.harvest();
        self.rebalance();
    }

    /// What an operator of these hotkeys took less what it gave, alpha-rao.
    pub fn profit(&self, hotkeys: &[usize]) -> i128 {
        let sum = |of: &[u128]| hotkeys.iter().map(|n| of[*n] as i128).sum::<i128>();
        sum(&self.take) - sum(&self.donated)
    }
}
