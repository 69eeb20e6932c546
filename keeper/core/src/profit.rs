//! Whether a dry-run job is worth its fee.

use crate::budget::{Budget, Exhausted, Expense};

/// What the operator wants of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Smallest profit of a job that is done for its reward, in rao.
    pub min_profit: u64,
    /// Whether the job is also done at a loss, out of the subsidy budget.
    pub subsidised: bool,
}

/// Why a job is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// The reward does not cover the fee and the wanted profit, and the duty is not subsidised.
    #[error("a reward of {reward} rao does not cover a fee of {fee} rao and a profit of {min_profit} rao")]
    Unprofitable { reward: u64, fee: u64, min_profit: u64 },
    /// The budget does not allow it.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

/// The least reward to demand of the message, in rao, when the job is worth sending: enough for the wanted profit, so that
/// a lost race costs only the fee of an early revert. A subsidised job demands nothing.
///
/// # Errors
/// [`Declined`] says why it is not worth sending.
pub fn reward_to_demand(terms: Terms, expense: Expense, budget: &mut Budget) -> Result<u64, Declined> {
    let Expense { fee, reward, .. } = expense;
    let wanted = fee.saturating_add(terms.min_profit);
    if reward < wanted && !terms.subsidised {
        return Err(Declined::Unprofitable {
            reward,
            fee,
            min_profit: terms.min_profit,
        });
    }
    budget.check(expense)?;
    Ok(if reward >= wanted && !terms.subsidised {
        wanted
    } else {
        0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Limits;

    fn budget() -> Budget {
        Budget::new(Limits {
            period_blocks: 10,
            fees: 1_000,
            subsidy: 100,
        })
    }

    const PAID: Terms = Terms {
        min_profit: 10,
        subsidised: false,
    };
    const DUTY: Terms = Terms {
        min_profit: 10,
        subsidised: true,
    };

    #[test]
    fn a_job_is_done_when_the_reward_covers_fee_and_profit() {
        let at_least = Expense {
            block: 1,
            fee: 90,
            reward: 100,
        };
        assert_eq!(reward_to_demand(PAID, at_least, &mut budget()), Ok(100));
        let too_little = Expense { reward: 99, ..at_least };
        assert_eq!(
            reward_to_demand(PAID, too_little, &mut budget()),
            Err(Declined::Unprofitable {
                reward: 99,
                fee: 90,
                min_profit: 10
            })
        );
    }

    #[test]
    fn a_subsidised_duty_demands_nothing_and_stays_within_its_budget() {
        let unpaid = Expense {
            block: 1,
            fee: 90,
            reward: 0,
        };
        let mut budget = budget();
        assert_eq!(reward_to_demand(DUTY, unpaid, &mut budget), Ok(0));
        budget.book(unpaid);
        assert_eq!(
            reward_to_demand(DUTY, unpaid, &mut budget),
            Err(Declined::Exhausted(Exhausted::Subsidy {
                limit: 100,
                would_be: 180
            }))
        );
    }
}
