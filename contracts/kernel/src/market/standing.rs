//! How a market is restricted by the ladder of sanctions. Restrictions only tighten what opens risk; every exit stays open.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::{chain_bound, Market};
use crate::error::{Error, Result};
use crate::flow::Sample;
use crate::math::{sub, value_up};
use crate::oracle::{LONG_WINDOW, SHORT_WINDOW};

/// Blocks after which a restriction ends by itself unless it is renewed: eight epochs. Whoever restricts must go on doing so.
pub const RESTRICTED_BLOCKS: u32 = 2_880;

/// What the ladder of sanctions allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Standing {
    /// Everything.
    #[default]
    Open,
    /// No new shorts, no withdrawal of margin.
    Quarantined,
    /// As in quarantine; and shorts repay at no less than the averages from before the challenge, so that nobody profits from
    /// a delisting it triggers.
    Contested,
    /// Exits only, at the same price; anyone may close shorts. Does not end by itself.
    Delisted,
}

/// The standing in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Restriction {
    /// As last told.
    pub standing: Standing,
    /// First block in which it no longer holds; no matter for a delisted market.
    pub until: u32,
    /// Least price at which shorts repay, `price_e12`: the larger average from before the challenge.
    pub floor: u64,
}

/// What emission reads from a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Reading {
    /// The epoch asked for; `None` when it is forgotten or still runs.
    pub sample: Option<Sample>,
    /// Dividends per block over alpha at work, at 1e18, as last measured.
    pub dividend_yield_e18: u64,
}

impl Market {
    /// The standing in force at `now`.
    pub fn standing(&self, now: u32) -> Standing {
        match self.restriction.standing {
            Standing::Quarantined | Standing::Contested if now >= self.restriction.until => Standing::Open,
            standing => standing,
        }
    }

    /// Restricts the market, or lifts its restriction. The price floor is fixed when the market is first contested, from prices recorded
    /// before this block, and holds until the market is neither contested nor delisted.
    ///
    /// Nor is it more than 10 % above the chain's spot (`chain_price_e9`; 0 when unknown, which bounds nothing), as in every price of
    /// debt.
    pub fn restrict(&mut self, standing: Standing, chain_price_e9: u64, now: u32) {
        let floored = |standing| matches!(standing, Standing::Contested | Standing::Delisted);
        if !floored(standing) {
            self.restriction.floor = 0;
        } else if !floored(self.restriction.standing) {
            let short = self.oracle.twap(SHORT_WINDOW).unwrap_or(0);
            let larger = short.max(self.oracle.twap(LONG_WINDOW).unwrap_or(0));
            self.restriction.floor = larger.min(chain_bound(chain_price_e9));
        }
        self.restriction.standing = standing;
        self.restriction.until = now.saturating_add(RESTRICTED_BLOCKS);
    }

    /// Refuses what enters a delisted market.
    pub(super) fn check_entry(&self) -> Result<()> {
        if self.restriction.standing == Standing::Delisted {
            return Err(Error::Delisted.into());
        }
        Ok(())
    }

    /// Refuses opening risk while quarantined, contested or delisted.
    pub(super) fn check_standing(&self, now: u32) -> Result<()> {
        if self.standing(now) != Standing::Open {
            return Err(Error::OpeningPaused.into());
        }
        Ok(())
    }

    /// What repaying `repaid` alpha at a cost of `cost` rao misses to the price floor, at most `funds`; 0 without a floor.
    pub(super) fn below_floor(&self, repaid: u64, cost: u64, funds: u64, now: u32) -> Result<u64> {
        if !matches!(self.standing(now), Standing::Contested | Standing::Delisted) {
            return Ok(0);
        }
        // A value beyond every amount is owed as far as there is money: no price may close an exit.
        let least = value_up(repaid, self.restriction.floor).unwrap_or(u64::MAX);
        Ok(sub(least.max(cost), cost)?.min(funds))
    }

    /// What emission reads of `epoch`. Touch first.
    pub fn reading(&self, epoch: u32) -> Reading {
        Reading {
            sample: self.flow.sample(epoch),
            dividend_yield_e18: self.vault.dividend_yield_e18,
        }
    }
}
