//! What is known of one market: averages that move once for each epoch settled.

use super::ema::{over_steps, price_block, toward, FLOW_EPOCH, SLOW_EPOCH, WATCH_EPOCH};
use super::error::Result;
use super::model::Input;
use crate::flow::{Sample, EPOCH};

/// Units of an average of flow in one rao.
pub const FLOW_ONE: u32 = 256;
/// Epochs that TAO must have stayed through before it counts as inflow; an outflow counts at once.
pub const HOLD: usize = 4;

/// Prices above 1 TAO count as 1, as on the chain; `price_e12`.
const PRICE_CAP: u64 = 1_000_000_000_000;
/// Averages of the price have six digits more than `price_e12`.
const PRICE_DIGITS: u128 = 1_000_000;

/// Averages of one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Measures {
    /// What stayed in the pool in each of the last epochs, latest first, rao.
    pub recent: [u64; HOLD],
    /// TAO in the pool that counts: the least of [`Self::recent`], rao.
    pub settled: u64,
    /// Average of its change, the chain's smoothing, 1/256 rao per epoch.
    pub flow: i128,
    /// Average of [`Self::flow`] over 7 days.
    pub flow_slow: i128,
    /// Average of what the protocol paid, the chain's smoothing, 1/256 rao per epoch.
    pub protocol: i128,
    /// Average of the price, the chain's smoothing, at 1e18.
    pub price: u128,
    /// Average of [`Self::price`] over 7 days.
    pub price_slow: u128,
    /// Average of the flow of users less what the protocol paid, over 3 days, 1/256 rao per epoch.
    pub net_days: i128,
    /// Average of the sampled price over 3 days, begun with the first.
    pub price_days: u128,
    /// Average of the sampled price over 30 days, begun with the first.
    pub price_month: u128,
    /// Epochs measured.
    pub epochs: u32,
}

impl Measures {
    /// Moves the averages by one epoch, in which the protocol paid `paid` rao. `age` is the market's in blocks.
    ///
    /// # Errors
    /// [`super::Error::Overflow`] beyond amounts that exist.
    pub fn observe(&mut self, sample: Sample, paid: u64, age: u32) -> Result<()> {
        self.recent.rotate_right(1);
        if let Some(latest) = self.recent.first_mut() {
            *latest = sample.stayed;
        }
        let settled = self.recent.iter().copied().min().unwrap_or(0);
        let inflow = i128::from(settled).saturating_sub(self.settled.into());
        self.settled = settled;
        self.flow = toward(self.flow, units(inflow), FLOW_EPOCH)?;
        self.flow_slow = toward(self.flow_slow, self.flow, SLOW_EPOCH)?;
        self.protocol = toward(self.protocol, units(paid.into()), FLOW_EPOCH)?;
        // Being paid is no fault by itself: it counts against a market by at most a ten-thousandth of its pool, 6 % in 30 days.
        let most = i128::from(settled / 10_000);
        let net = inflow
            .saturating_sub(paid.into())
            .max(inflow.min(most.saturating_neg()));
        self.net_days = toward(self.net_days, units(net), WATCH_EPOCH)?;
        let price = u128::from(sample.price.min(PRICE_CAP)).saturating_mul(PRICE_DIGITS);
        if self.price_month == 0 {
            self.price_days = price;
            self.price_month = price;
        }
        let weight = over_steps(price_block(age), EPOCH);
        self.price = unsigned(toward(signed(self.price), signed(price), weight)?);
        self.price_slow = unsigned(toward(signed(self.price_slow), signed(self.price), SLOW_EPOCH)?);
        self.price_days = unsigned(toward(signed(self.price_days), signed(price), WATCH_EPOCH)?);
        self.price_month = unsigned(toward(signed(self.price_month), signed(price), FLOW_EPOCH)?);
        self.epochs = self.epochs.saturating_add(1);
        Ok(())
    }

    /// What models see: of flow and of price the lesser of the raw and the slow average, so that what came lately earns
    /// nothing until it has stayed.
    pub fn matured(&self, burned: u32) -> Input {
        Input {
            user: self.flow.min(self.flow_slow),
            protocol: self.protocol,
            price: self.price.min(self.price_slow),
            burned,
        }
    }
}

fn units(rao: i128) -> i128 {
    rao.saturating_mul(FLOW_ONE.into())
}

fn signed(x: u128) -> i128 {
    i128::try_from(x).unwrap_or(i128::MAX)
}

fn unsigned(x: i128) -> u128 {
    u128::try_from(x).unwrap_or(0)
}
