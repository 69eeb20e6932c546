//! A clamped accumulator over the pool's own spot price.
//!
//! For every block the recorded price moves from its last value toward the spot at the end of the previous touch, by at
//! most 2 %. Blocks nobody touched are caught up one by one with the reserves they ended with, so what the oracle says is a
//! function of the pool's history alone: touching it more or less often changes nothing.
//!
//! Cumulative prices at block heights that are multiples of [`SPACING`] are kept in a ring; a time-weighted average reaches
//! back to the last such height that is at least `window` blocks ago, so it spans `window` to `window + SPACING − 1` blocks.

use crate::error::{overflow, Error, Result};
use crate::pool::MAX_PRICE_E12;

/// Blocks between two remembered cumulative prices.
pub const SPACING: u32 = 5;
/// How many cumulative prices are remembered: enough for the long window and one spacing more.
pub const SLOTS: usize = 32;
/// Blocks of the short window.
pub const SHORT_WINDOW: u32 = 25;
/// Blocks of the long window, and the history that must exist before a short opens.
pub const LONG_WINDOW: u32 = 150;
/// Largest move of the recorded price per block, percent.
pub const STEP_PERCENT: u64 = 2;

/// Blocks the ring covers.
const REACH: u32 = 160;

/// The oracle's state. Prices are `price_e12`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Oracle {
    /// Block of the first liquidity; 0 before.
    pub started: u32,
    /// Block up to which prices are recorded.
    pub recorded: u32,
    /// The recorded, clamped price.
    pub price: u64,
    /// Sum of the recorded prices of all blocks, modulo 2^64. Only differences over at most [`REACH`] blocks are used, and
    /// those fit: 160 × 1e17 < 2^64.
    pub cumulative: u64,
    /// `cumulative` at the heights that are multiples of [`SPACING`].
    pub ring: [u64; SLOTS],
}

impl Oracle {
    /// Starts recording at `now` with the price of the first liquidity.
    pub fn start(&mut self, now: u32, price: u64) {
        *self = Self {
            started: now,
            recorded: now,
            price,
            cumulative: 0,
            ring: [0; SLOTS],
        };
    }

    /// Records every block up to `now` with `spot`, the price at the end of the previous touch.
    ///
    /// Work is bounded: the recorded price reaches any spot within ln(MAX_PRICE_E12)/ln(1.02) < 2,000 steps plus those that
    /// rounding costs at the smallest prices, after which the remaining blocks are added at once.
    pub fn advance(&mut self, now: u32, spot: u64) {
        if self.started == 0 {
            return;
        }
        while self.recorded < now {
            if self.price == spot {
                self.repeat(now);
                return;
            }
            self.price = step_toward(self.price, spot);
            self.record_one();
        }
    }

    fn record_one(&mut self) {
        self.recorded = self.recorded.saturating_add(1);
        self.cumulative = self.cumulative.wrapping_add(self.price);
        if self.recorded % SPACING == 0 {
            if let Some(slot) = self.ring.get_mut(slot_of(self.recorded)) {
                *slot = self.cumulative;
            }
        }
    }

    /// Adds blocks of an unchanging price up to `now`: what lies beyond the ring's reach in one step, then boundary by
    /// boundary.
    fn repeat(&mut self, now: u32) {
        let beyond = now.saturating_sub(self.recorded).saturating_sub(REACH);
        self.add_blocks(beyond);
        while self.recorded < now {
            let boundary = self
                .recorded
                .saturating_sub(self.recorded % SPACING)
                .saturating_add(SPACING);
            self.add_blocks(boundary.min(now).saturating_sub(self.recorded));
            if self.recorded == boundary {
                if let Some(slot) = self.ring.get_mut(slot_of(boundary)) {
                    *slot = self.cumulative;
                }
            }
        }
    }

    fn add_blocks(&mut self, blocks: u32) {
        self.cumulative = self.cumulative.wrapping_add(self.price.wrapping_mul(blocks.into()));
        self.recorded = self.recorded.saturating_add(blocks);
    }

    /// The first block at which a window of `window` blocks can be answered.
    pub fn ready_at(&self, window: u32) -> u32 {
        let first_boundary = self.started.div_ceil(SPACING).saturating_mul(SPACING);
        first_boundary.saturating_add(window)
    }

    /// Time-weighted average of the recorded prices over at least `window` blocks up to the last recorded one, rounded
    /// down. `window` is at most [`LONG_WINDOW`].
    ///
    /// # Errors
    /// [`Error::OracleTooYoung`] when history does not reach back that far.
    pub fn twap(&self, window: u32) -> Result<u64> {
        let ready_at = self.ready_at(window);
        if self.started == 0 || self.recorded < ready_at {
            return Err(Error::OracleTooYoung {
                ready_at,
                now: self.recorded,
            }
            .into());
        }
        let start = self.recorded.saturating_sub(window);
        let boundary = start.saturating_sub(start % SPACING);
        let then = self.ring.get(slot_of(boundary)).copied().ok_or(Error::Overflow)?;
        let blocks = u64::from(self.recorded.saturating_sub(boundary));
        self.cumulative
            .wrapping_sub(then)
            .checked_div(blocks)
            .ok_or_else(overflow)
    }
}

fn slot_of(block: u32) -> usize {
    const COUNT: u32 = 32;
    const _: () = assert!(SLOTS == 32 && REACH == SPACING * COUNT && REACH >= LONG_WINDOW + 2 * SPACING);
    usize::try_from((block / SPACING) % COUNT).unwrap_or(0)
}

/// `price` moved toward `target` by at most 2 % (at least one unit, so that the smallest prices move too).
fn step_toward(price: u64, target: u64) -> u64 {
    let step = (price.min(MAX_PRICE_E12).saturating_mul(STEP_PERCENT) / 100).max(1);
    if target > price {
        target.min(price.saturating_add(step))
    } else {
        target.max(price.saturating_sub(step))
    }
}
