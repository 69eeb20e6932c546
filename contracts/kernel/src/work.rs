//! How much alpha has been at work, over time.
//!
//! What one block can show is what somebody may have borrowed for it. So income is shared by averages over the last one to
//! two windows, and limits that scale with the pool use a depth that grows slowly: liquidity or loans that come and go
//! within a block count for nothing.

use crate::error::Result;
use crate::math::{add_wide, mul_div_down, narrow};

/// Blocks of a window: one tempo.
pub const WINDOW: u32 = 360;
/// Largest growth of the depth per block, percent.
pub const DEPTH_PERCENT: u32 = 2;

/// Alpha at work in the pool and idle in the vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Work {
    /// Block up to which work is recorded.
    pub recorded: u32,
    /// Block at which the running window began.
    pub since: u32,
    /// Sum of the pool's alpha over the blocks of the running window.
    pub pool_sum: u128,
    /// Sum of the vault's idle alpha over the blocks of the running window.
    pub idle_sum: u128,
    /// Blocks of the window before, 0 when there was none; at most [`WINDOW`], so that long silence does not outweigh the
    /// present.
    pub before: u32,
    /// Average of the pool's alpha over the window before.
    pub pool_before: u64,
    /// Average of the vault's idle alpha over the window before.
    pub idle_before: u64,
    /// The pool's alpha, as far as it has been there for a while.
    pub depth: u64,
}

impl Work {
    /// Nothing at work at block `now`.
    pub fn new(now: u32) -> Self {
        Self {
            recorded: now,
            since: now,
            ..Self::default()
        }
    }

    /// Records that `pool` and `idle` were at work since the last touch, up to `now`.
    pub fn advance(&mut self, now: u32, pool: u64, idle: u64) -> Result<()> {
        let elapsed = now.saturating_sub(self.recorded);
        if elapsed == 0 {
            return Ok(());
        }
        self.recorded = now;
        // Within u128: 2^64 times 2^32.
        self.pool_sum = add_wide(self.pool_sum, u128::from(pool).saturating_mul(elapsed.into()))?;
        self.idle_sum = add_wide(self.idle_sum, u128::from(idle).saturating_mul(elapsed.into()))?;
        let rise = u128::from(self.depth)
            .saturating_mul(elapsed.saturating_mul(DEPTH_PERCENT).into())
            .div_ceil(100);
        self.depth = u64::try_from(rise.saturating_add(self.depth.into()))
            .unwrap_or(u64::MAX)
            .min(pool);
        let blocks = now.saturating_sub(self.since);
        if blocks >= WINDOW {
            self.pool_before = average(self.pool_sum, blocks)?;
            self.idle_before = average(self.idle_sum, blocks)?;
            self.before = WINDOW;
            self.since = now;
            self.pool_sum = 0;
            self.idle_sum = 0;
        }
        Ok(())
    }

    /// Average alpha in the pool over the running window and the one before, rounded down; 0 in the first block.
    pub fn pool_average(&self) -> Result<u64> {
        self.average_with(self.pool_sum, self.pool_before)
    }

    /// Average idle alpha in the vault over the running window and the one before, rounded down; 0 in the first block.
    pub fn idle_average(&self) -> Result<u64> {
        self.average_with(self.idle_sum, self.idle_before)
    }

    fn average_with(&self, sum: u128, before: u64) -> Result<u64> {
        let total = add_wide(sum, u128::from(before).saturating_mul(self.before.into()))?;
        average(
            total,
            self.recorded.saturating_sub(self.since).saturating_add(self.before),
        )
    }
}

fn average(sum: u128, blocks: u32) -> Result<u64> {
    narrow(mul_div_down(sum, 1, u128::from(blocks).max(1))?)
}
