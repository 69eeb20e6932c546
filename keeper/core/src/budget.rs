//! What the keeper may spend: on everything, and on duties that pay less than they cost.

use std::collections::VecDeque;

/// Limits per period, in rao.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the sliding period in blocks.
    pub period_blocks: u32,
    /// Fees of all transactions of a period.
    pub fees: u64,
    /// Fees of a period that no reward covered.
    pub subsidy: u64,
}

/// Why a transaction is not affordable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exhausted {
    /// All fees together would exceed the period's limit.
    #[error("fees of this period would reach {would_be} rao, the limit is {limit}")]
    Fees { limit: u64, would_be: u64 },
    /// Uncovered fees would exceed the period's limit.
    #[error("subsidies of this period would reach {would_be} rao, the limit is {limit}")]
    Subsidy { limit: u64, would_be: u64 },
}

/// One transaction's cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expense {
    /// Block at which it was sent.
    pub block: u32,
    /// Its fee, in rao.
    pub fee: u64,
    /// The reward expected for it, in rao.
    pub reward: u64,
}

impl Expense {
    /// The part of the fee that no reward covers.
    pub fn subsidy(&self) -> u64 {
        self.fee.saturating_sub(self.reward)
    }
}

/// Expenses of the sliding period that ends now.
#[derive(Clone, Debug)]
pub struct Budget {
    limits: Limits,
    recent: VecDeque<Expense>,
}

impl Budget {
    /// An unspent budget.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            recent: VecDeque::new(),
        }
    }

    /// Whether `expense` fits what is left at its block.
    ///
    /// # Errors
    /// [`Exhausted`] names the limit it would break.
    pub fn check(&mut self, expense: Expense) -> Result<(), Exhausted> {
        self.forget_before(expense.block);
        let (fees, subsidy) = self.spent();
        let would_be = fees.saturating_add(expense.fee);
        if would_be > self.limits.fees {
            return Err(Exhausted::Fees {
                limit: self.limits.fees,
                would_be,
            });
        }
        let would_be = subsidy.saturating_add(expense.subsidy());
        if expense.subsidy() > 0 && would_be > self.limits.subsidy {
            return Err(Exhausted::Subsidy {
                limit: self.limits.subsidy,
                would_be,
            });
        }
        Ok(())
    }

    /// Books `expense`, also one from before a restart. Expenses are booked in the order of their blocks.
    pub fn book(&mut self, expense: Expense) {
        self.recent.push_back(expense);
    }

    /// Fees and subsidies of the period so far.
    pub fn spent(&self) -> (u64, u64) {
        self.recent.iter().fold((0, 0), |(fees, subsidy): (u64, u64), expense| {
            (
                fees.saturating_add(expense.fee),
                subsidy.saturating_add(expense.subsidy()),
            )
        })
    }

    fn forget_before(&mut self, now: u32) {
        let first = now.saturating_sub(self.limits.period_blocks);
        while self.recent.front().is_some_and(|expense| expense.block < first) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> Budget {
        Budget::new(Limits {
            period_blocks: 100,
            fees: 1_000,
            subsidy: 200,
        })
    }

    #[test]
    fn a_duty_that_pays_is_not_a_subsidy() {
        let mut budget = budget();
        let paid = Expense {
            block: 1,
            fee: 300,
            reward: 300,
        };
        for _ in 0..3 {
            assert_eq!(budget.check(paid), Ok(()));
            budget.book(paid);
        }
        assert_eq!(budget.spent(), (900, 0));
        assert_eq!(
            budget.check(paid),
            Err(Exhausted::Fees {
                limit: 1_000,
                would_be: 1_200
            })
        );
    }

    #[test]
    fn subsidies_end_at_their_own_limit_while_paid_work_goes_on() {
        let mut budget = budget();
        budget.book(Expense {
            block: 1,
            fee: 150,
            reward: 0,
        });
        let unpaid = Expense {
            block: 2,
            fee: 100,
            reward: 40,
        };
        assert_eq!(
            budget.check(unpaid),
            Err(Exhausted::Subsidy {
                limit: 200,
                would_be: 210
            })
        );
        assert_eq!(
            budget.check(Expense {
                block: 2,
                fee: 100,
                reward: 100
            }),
            Ok(())
        );
    }

    #[test]
    fn the_period_slides() {
        let mut budget = budget();
        budget.book(Expense {
            block: 1,
            fee: 200,
            reward: 0,
        });
        let next = Expense {
            block: 101,
            fee: 200,
            reward: 0,
        };
        assert!(budget.check(next).is_err());
        assert_eq!(budget.check(Expense { block: 102, ..next }), Ok(()));
        assert_eq!(budget.spent(), (0, 0));
    }
}
