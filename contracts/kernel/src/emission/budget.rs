//! What an epoch may pay.

use super::model::SHARE_ONE;
use super::rules::Rules;
use crate::math::mul_div_down;

/// Payments below this are not made, rao: they would cost more than they bring.
pub const LEAST_PAYMENT: u64 = 100_000;

/// An epoch that is being settled. Paid and carried are the budget, to the rao, however often settling stops and goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Round {
    /// The epoch.
    pub epoch: u32,
    /// TAO there was when settling began, rao. What comes later is the next epoch's.
    pub budget: u64,
    /// The most that may be paid of it, rao.
    pub release: u64,
    /// Paid so far, rao.
    pub paid: u64,
    /// The next seat to settle.
    pub next: u32,
    /// The rules in force.
    pub version: u32,
}

impl Round {
    /// Begins to settle `epoch` with `budget` rao.
    pub fn new(epoch: u32, budget: u64, rules: &Rules, version: u32) -> Self {
        let release = u128::from(budget).saturating_mul(rules.release_ppm.into()) / 1_000_000;
        Self {
            epoch,
            budget,
            release: u64::try_from(release)
                .unwrap_or(u64::MAX)
                .min(rules.max_release)
                .min(budget),
            paid: 0,
            next: 0,
            version,
        }
    }

    /// What a market with `share` of the release and `stayed` rao in its pool is due, rounded down; nothing below
    /// [`LEAST_PAYMENT`].
    pub fn due(&self, share: u64, stayed: u64, rules: &Rules) -> u64 {
        let part = mul_div_down(self.release.into(), share.into(), SHARE_ONE.into()).unwrap_or(0);
        let most = u128::from(stayed).saturating_mul(rules.max_yield_bps.into()) / 10_000;
        let due = u64::try_from(part.min(most)).unwrap_or(0);
        // Shares sum to at most one, so this bound is never reached; it holds whatever shares say.
        let due = due.min(self.release.saturating_sub(self.paid));
        if due < LEAST_PAYMENT {
            return 0;
        }
        due
    }

    /// What is not paid: the next epoch's budget, with what comes until then.
    pub fn carried(&self) -> u64 {
        self.budget.saturating_sub(self.paid)
    }
}
