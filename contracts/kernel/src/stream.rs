//! Income that is paid out over time, per share.
//!
//! What arrives is released block by block over [`DURATION`], so nobody who joins just before it arrives, and leaves just
//! after, takes a part that others earned. Shares earn by an index; nothing here moves the price of a share.

use crate::error::Result;
use crate::math::{add, add_wide, mul_div_down, narrow, part_down, sub, E18};

/// Blocks over which income is released: one tempo.
pub const DURATION: u32 = 360;

/// One kind of income for one kind of share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Stream {
    /// All that was funded and not credited to an account yet, released or not.
    pub held: u64,
    /// The part of `held` that is not released yet.
    pub unreleased: u64,
    /// Block up to which income is released.
    pub released: u32,
    /// Block at which everything will be released.
    pub end: u32,
    /// Released income per share at 1e18, modulo 2^128.
    pub index: u128,
}

impl Stream {
    /// Adds income. The end moves to the average of the old end and [`DURATION`] from now, weighted by the amounts and
    /// rounded down, so that dust cannot delay what is under way. Never sooner: [`DURATION`] is at least what was left.
    pub fn fund(&mut self, amount: u64, now: u32, shares: u128) -> Result<()> {
        self.release(now, shares)?;
        let left = u128::from(self.end.saturating_sub(now)).saturating_mul(self.unreleased.into());
        let new = u128::from(DURATION).saturating_mul(amount.into());
        let total = add(self.unreleased, amount)?;
        if total == 0 {
            return Ok(());
        }
        let blocks = add_wide(left, new)?.checked_div(total.into()).unwrap_or(0);
        self.end = now.saturating_add(u32::try_from(blocks).unwrap_or(DURATION));
        self.unreleased = total;
        self.held = add(self.held, amount)?;
        self.released = now;
        Ok(())
    }

    /// Releases what is due at `now` to `shares`. While nobody holds a share nothing is released and the end moves along.
    pub fn release(&mut self, now: u32, shares: u128) -> Result<()> {
        let elapsed = now.saturating_sub(self.released);
        if elapsed == 0 {
            return Ok(());
        }
        if shares == 0 {
            self.end = self.end.max(self.released).saturating_add(elapsed);
            self.released = now;
            return Ok(());
        }
        let amount = if now >= self.end {
            self.unreleased
        } else {
            part_down(
                self.unreleased,
                elapsed.into(),
                self.end.saturating_sub(self.released).into(),
            )?
        };
        self.give(amount, shares)?;
        self.released = now;
        Ok(())
    }

    /// Releases everything at once. Returns what nobody earns because there are no shares: it is no longer held.
    pub fn finish(&mut self, now: u32, shares: u128) -> Result<u64> {
        self.end = now;
        self.released = now;
        if shares == 0 {
            let rest = core::mem::take(&mut self.unreleased);
            self.held = sub(self.held, rest)?;
            return Ok(rest);
        }
        self.give(self.unreleased, shares)?;
        Ok(0)
    }

    fn give(&mut self, amount: u64, shares: u128) -> Result<()> {
        self.index = self.index.wrapping_add(mul_div_down(amount.into(), E18, shares)?);
        self.unreleased = sub(self.unreleased, amount)?;
        Ok(())
    }

    /// Credits what `shares` earned since `snapshot` and renews the snapshot; rounded down. [`Stream::release`] first.
    pub fn collect(&mut self, shares: u128, snapshot: &mut u128) -> Result<u64> {
        let since = self.index.wrapping_sub(*snapshot);
        *snapshot = self.index;
        if since == 0 || shares == 0 {
            return Ok(0);
        }
        let earned = narrow(mul_div_down(since, shares, E18)?)?;
        self.held = sub(self.held, earned)?;
        Ok(earned)
    }
}
