//! Markets that share a budget, settled epoch by epoch with the kernel's own functions.

use kernel::emission::measure::FLOW_ONE;
use kernel::emission::{shares, Input, Measures, Round, Rules};
use kernel::flow::{Flow, Sample, EPOCH};
use kernel::oracle::Oracle;

pub const TAO: u64 = 1_000_000_000;
/// Epochs of a year.
pub const YEAR: u32 = 7_300;
/// The price of every market that does not say otherwise, `price_e12`.
pub const PRICE: u64 = 100_000_000_000;

/// A market's place in the budget.
#[derive(Clone, Default)]
pub struct Seat {
    pub measures: Measures,
    /// Paid for the last epoch settled, rao.
    pub last: u64,
    /// Paid in all, rao.
    pub paid: u64,
    /// In quarantine or worse.
    pub unpaid: bool,
}

#[derive(Clone)]
pub struct Economy {
    pub rules: Rules,
    /// The budget, rao.
    pub pot: u64,
    pub seats: Vec<Seat>,
    /// The next epoch to settle.
    pub epoch: u32,
}

impl Economy {
    pub fn new(pot: u64, seats: usize) -> Self {
        Self {
            rules: Rules::default(),
            pot,
            seats: vec![Seat::default(); seats],
            epoch: 0,
        }
    }

    /// Settles the next epoch, of which the markets' samples are given; returns what each is paid.
    pub fn settle(&mut self, samples: &[Sample]) -> Vec<u64> {
        assert_eq!(samples.len(), self.seats.len());
        let age = 1_000_000 + self.epoch * EPOCH;
        for (seat, sample) in self.seats.iter_mut().zip(samples) {
            seat.measures.observe(*sample, seat.last, age).expect("in range");
        }
        let inputs: Vec<Input> = self
            .seats
            .iter()
            .map(|seat| {
                if seat.unpaid {
                    Input::default()
                } else {
                    seat.measures.matured(0)
                }
            })
            .collect();
        let shares = shares(self.rules.model, self.rules.gate, &inputs, FLOW_ONE).expect("in range");
        let mut round = Round::new(self.epoch, self.pot, &self.rules, 0);
        let mut paid = Vec::new();
        for ((seat, share), sample) in self.seats.iter_mut().zip(shares).zip(samples) {
            seat.last = round.due(share, sample.stayed, &self.rules);
            seat.paid += seat.last;
            round.paid += seat.last;
            paid.push(seat.last);
        }
        self.pot = round.carried();
        self.epoch += 1;
        paid
    }

    /// Settles epochs in which the first markets are those of `others` and the last is the attacker's, as `pool` says.
    pub fn run(&mut self, epochs: u32, others: &[Honest], mut pool: impl FnMut(u32) -> u64) {
        for _ in 0..epochs {
            let mut samples: Vec<Sample> = others.iter().map(|honest| honest.sample(self.epoch)).collect();
            samples.push(held(pool(self.epoch)));
            self.settle(&samples);
        }
    }

    /// What the last market was paid, rao.
    pub fn attacker_paid(&self) -> u64 {
        self.seats.last().expect("seats").paid
    }
}

/// An epoch through which a pool held so much.
pub fn held(stayed: u64) -> Sample {
    Sample { stayed, price: PRICE }
}

/// A market to which TAO comes steadily.
#[derive(Clone, Copy)]
pub struct Honest {
    pub begin: u64,
    /// Rao of every epoch.
    pub inflow: u64,
}

impl Honest {
    pub fn sample(&self, epoch: u32) -> Sample {
        held(self.begin + self.inflow * u64::from(epoch))
    }
}

/// Seven markets of 10,000 TAO that gain 5 each in an epoch.
pub fn honest() -> [Honest; 7] {
    [Honest {
        begin: 10_000 * TAO,
        inflow: 5 * TAO,
    }; 7]
}

/// A pool whose TAO somebody moves block by block.
#[derive(Clone)]
pub struct Pool {
    flow: Flow,
    oracle: Oracle,
    tao: u64,
}

impl Pool {
    /// Holds `tao` from block 1 on.
    pub fn new(tao: u64) -> Self {
        let mut pool = Self {
            flow: Flow::new(0),
            oracle: Oracle::default(),
            tao: 0,
        };
        pool.hold(1, tao);
        pool.oracle.start(1, PRICE);
        pool
    }

    /// Holds `tao` from block `now` on.
    pub fn hold(&mut self, now: u32, tao: u64) {
        self.flow.advance(now, self.tao, &mut self.oracle, PRICE);
        self.oracle.advance(now, PRICE);
        self.tao = tao;
    }

    /// What is remembered of an epoch that is over in block `now`.
    pub fn sample(&mut self, epoch: u32, now: u32) -> Sample {
        self.hold(now, self.tao);
        self.flow.sample(epoch).expect("remembered")
    }
}

/// What holding capital costs at 5 % a year, rao.
pub fn cost_of(capital: u64, epochs: u32) -> u64 {
    (u128::from(capital) * u128::from(epochs) * 5 / 100 / u128::from(YEAR)) as u64
}
