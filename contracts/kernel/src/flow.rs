//! TAO that stayed in a market's pool, epoch by epoch.
//!
//! The flow of a market is the change of the TAO in its pool, whatever moved it: swaps, liquidity, short sales and the
//! buy-backs that end them. Counting trades alone would let one provider trade with itself, take the TAO out with its
//! liquidity and begin again. What counts for an epoch is the least that the pool held at the end of any of its blocks, so TAO that comes
//! and goes within an epoch is never seen. What is remembered is a function of the pool's history alone: whoever reads it late
//! reads the same.

use crate::oracle::{Oracle, LONG_WINDOW};

/// Blocks of an epoch: the chain's tempo.
pub const EPOCH: u32 = 360;
/// Epochs remembered.
pub const REMEMBERED: u32 = 4;

/// One epoch of a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Sample {
    /// Least TAO in the pool at the end of any block of the epoch, rao.
    pub stayed: u64,
    /// The long average of the market's price at the epoch's end, `price_e12`; 0 before there is one.
    pub price: u64,
}

/// The running epoch and those remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Flow {
    /// The running epoch: blocks `epoch`·360 and the 359 after it.
    pub epoch: u32,
    /// Block up to which the pool is recorded.
    pub recorded: u32,
    /// Least TAO in the pool at the end of the running epoch's blocks so far, rao; the largest number before the first.
    pub low: u64,
    /// Epochs that are over, by number modulo [`REMEMBERED`].
    pub past: [Sample; REMEMBERED as usize],
}

impl Flow {
    /// An empty pool at block `now`.
    pub fn new(now: u32) -> Self {
        Self {
            epoch: now / EPOCH,
            recorded: now,
            low: 0,
            past: [Sample::default(); REMEMBERED as usize],
        }
    }

    /// Records that the pool held `tao` at the price `spot` at the end of every block from the last touch up to `now`, and brings the
    /// oracle along, so that prices are those of the epochs' ends and not of the block that happens to ask.
    pub fn advance(&mut self, now: u32, tao: u64, oracle: &mut Oracle, spot: u64) {
        if now <= self.recorded {
            return;
        }
        let running = now / EPOCH;
        // Of longer silence only the last epochs are remembered; their pool was the same.
        if running.saturating_sub(self.epoch) > REMEMBERED {
            self.epoch = running.saturating_sub(REMEMBERED);
            self.low = tao;
        }
        while self.epoch < running {
            let end = self.epoch.saturating_add(1).saturating_mul(EPOCH);
            oracle.advance(end, spot);
            let sample = Sample {
                stayed: self.low.min(tao),
                price: oracle.twap(LONG_WINDOW).unwrap_or(0),
            };
            if let Some(slot) = self.past.get_mut(slot_of(self.epoch)) {
                *slot = sample;
            }
            self.epoch = self.epoch.saturating_add(1);
            self.low = if now > end { tao } else { u64::MAX };
        }
        self.low = self.low.min(if now > self.epoch.saturating_mul(EPOCH) {
            tao
        } else {
            u64::MAX
        });
        self.recorded = now;
    }

    /// What is remembered of `epoch`; `None` while it runs and once it is forgotten. Record up to now first.
    pub fn sample(&self, epoch: u32) -> Option<Sample> {
        if epoch >= self.epoch || epoch < self.epoch.saturating_sub(REMEMBERED) {
            return None;
        }
        self.past.get(slot_of(epoch)).copied()
    }
}

fn slot_of(epoch: u32) -> usize {
    usize::try_from(epoch % REMEMBERED).unwrap_or(0)
}
