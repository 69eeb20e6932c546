//! The rules told block by block, with exact fractions: slow, and short enough to be seen to be right.

use kernel::referendum::{Curve, Phase, Tally, Track};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;

const ONE: u32 = 1_000_000_000;

fn int(x: impl Into<BigInt>) -> BigRational {
    BigRational::from_integer(x.into())
}

fn ratio(a: impl Into<BigInt>, b: impl Into<BigInt>) -> BigRational {
    BigRational::new(a.into(), b.into())
}

/// A curve's value at x (both fractions of one), without rounding.
pub fn exact(curve: &Curve, x: &BigRational) -> BigRational {
    let part = |x: u32| ratio(x, ONE);
    let y = match *curve {
        Curve::Linear {
            length_e9,
            ceil_e9,
            floor_e9,
        } => {
            let gone = (x / part(length_e9)).min(int(1));
            part(ceil_e9) - gone * (part(ceil_e9) - part(floor_e9))
        }
        Curve::Reciprocal {
            factor_e9,
            x_offset_e9,
            y_down_e9,
            floor_e9,
        } => (part(factor_e9) / (x + part(x_offset_e9)) - part(y_down_e9)).max(part(floor_e9)),
        Curve::Stepped {
            begin_e9,
            end_e9,
            step_e9,
            period_e9,
        } => {
            let steps = (x / part(period_e9)).floor();
            (part(begin_e9) - steps * part(step_e9)).max(part(end_e9))
        }
    };
    y.min(int(1))
}

/// What a tally has to reach at a time, both rounded to 1e-9 as promised: time down, threshold up.
fn threshold(curve: &Curve, passed: u32, decide: u32) -> BigRational {
    let x = (ratio(passed, decide).min(int(1)) * int(ONE)).floor() / int(ONE);
    (exact(curve, &x) * int(ONE)).ceil() / int(ONE)
}

/// A referendum that is told of every block.
pub struct Naive {
    pub rules: Track,
    pub electorate: u128,
    pub submitted: u32,
    pub placed: Option<u32>,
    pub ballots: [Tally; 4],
    pub phase: Phase,
}

impl Naive {
    pub fn new(rules: Track, electorate: u128, submitted: u32) -> Self {
        Self {
            rules,
            electorate,
            submitted,
            placed: None,
            ballots: Default::default(),
            phase: Phase::Preparing,
        }
    }

    pub fn passes(&self, since: u32, block: u32) -> bool {
        let sum = |side: fn(&Tally) -> u128| self.ballots.iter().map(|b| int(side(b))).sum::<BigRational>();
        let (aye, nay, abstain) = (sum(|b| b.aye), sum(|b| b.nay), sum(|b| b.abstain));
        let voted = &aye + nay;
        let passed = block - since;
        !voted.is_zero()
            && &aye / voted >= threshold(&self.rules.approval, passed, self.rules.decide)
            && (aye + abstain) / int(self.electorate) >= threshold(&self.rules.support, passed, self.rules.decide)
    }

    /// A new block begins.
    pub fn block(&mut self, block: u32) {
        match self.phase {
            Phase::Preparing if self.placed.is_some() => self.begin(block),
            Phase::Preparing if block == self.submitted + self.rules.undecided => {
                self.phase = Phase::TimedOut { at: block };
            }
            Phase::Deciding { since } => {
                self.pass(since, block);
                if block == since + self.rules.decide && self.phase == (Phase::Deciding { since }) {
                    self.phase = Phase::Rejected { at: block };
                }
            }
            Phase::Confirming { since, .. } if block == since + self.rules.confirm => {
                self.phase = Phase::Approved { at: block };
            }
            _ => {}
        }
    }

    /// The decision deposit comes, for the first time and while preparing.
    pub fn place(&mut self, block: u32) {
        self.placed = Some(block);
        self.begin(block);
    }

    /// A ballot is set, or emptied, if the referendum is open.
    pub fn vote(&mut self, voter: usize, ballot: Tally, block: u32) -> bool {
        if !self.phase.is_open() {
            return false;
        }
        self.ballots[voter] = ballot;
        match self.phase {
            Phase::Deciding { since } => self.pass(since, block),
            Phase::Confirming { deciding, .. } if !self.passes(deciding, block) => {
                self.phase = if block < deciding + self.rules.decide {
                    Phase::Deciding { since: deciding }
                } else {
                    Phase::Rejected { at: block }
                };
            }
            _ => {}
        }
        true
    }

    pub fn kill(&mut self, block: u32) -> bool {
        let may = self.phase.is_open() || matches!(self.phase, Phase::Approved { .. });
        if may {
            self.phase = Phase::Killed { at: block };
        }
        may
    }

    fn begin(&mut self, block: u32) {
        if block >= self.submitted + self.rules.prepare {
            self.phase = Phase::Deciding { since: block };
            self.pass(block, block);
        }
    }

    fn pass(&mut self, since: u32, block: u32) {
        if self.passes(since, block) {
            self.phase = Phase::Confirming {
                deciding: since,
                since: block,
            };
        }
    }
}
