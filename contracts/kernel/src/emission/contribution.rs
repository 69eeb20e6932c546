//! What a market gives, in one number with reasons.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::measure::{Measures, FLOW_ONE};

/// Least value of one component, basis points.
pub const WORST_BPS: i32 = -5_000;
/// Largest value of one component, basis points: less than the least, so that one virtue hides no vice.
pub const BEST_BPS: i32 = 500;
/// Epochs of 30 days.
const MONTH_EPOCHS: i128 = 600;
/// Blocks of 30 days.
const MONTH_BLOCKS: u128 = 216_000;
/// Pools count as holding at least this much, rao: one TAO.
const LEAST_POOL: u64 = 1_000_000_000;

/// The index of contribution: the sum of its components, each basis points per 30 days, from [`WORST_BPS`] to
/// [`BEST_BPS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Contribution {
    /// Flow of users less what the protocol paid, the better of its averages over 3 and 30 days, over the TAO in the pool.
    pub flow_bps: i32,
    /// Change of the price: its average of 3 days over that of a month. With dividends, the holder's real return.
    pub price_bps: i32,
    /// Dividends over alpha at work, less what is expected of a market.
    pub dividends_bps: i32,
}

/// Why a market moved on the ladder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Reason {
    /// It was listed.
    #[default]
    Listed,
    /// More TAO left than came, what the protocol paid included.
    NetOutflow,
    /// Holders lost.
    HoldersLose,
    /// Validators paid less than is expected.
    DividendsMissing,
    /// The index recovered.
    Recovered,
    /// The quarantine ended without a ground to renew it.
    Expired,
    /// A challenge was upheld.
    ChallengeUpheld,
    /// The delay after an upheld challenge is over.
    DelayOver,
    /// A referendum reinstated it.
    Appeal,
}

impl Contribution {
    /// Of a market with these averages whose alpha earns `yield_e18` per block, where `target_bps` is expected in 30 days.
    pub fn of(measures: &Measures, yield_e18: u64, target_bps: u16) -> Self {
        let pool = i128::from(measures.settled.max(LEAST_POOL)).saturating_mul(FLOW_ONE.into());
        // An outflow counts once it shows in both averages: one withdrawal is no extraction, however large it looks in a week.
        let month = measures.flow.saturating_sub(measures.protocol);
        let net = measures.net_days.max(month);
        let days = i128::try_from(measures.price_days).unwrap_or(i128::MAX);
        let month = i128::try_from(measures.price_month).unwrap_or(i128::MAX);
        let dividends = u128::from(yield_e18).saturating_mul(MONTH_BLOCKS) / 100_000_000_000_000;
        let dividends = i128::try_from(dividends).unwrap_or(i128::MAX);
        Self {
            flow_bps: bps(net.saturating_mul(MONTH_EPOCHS), pool),
            price_bps: bps(days.saturating_sub(month), month),
            dividends_bps: clamped(dividends.saturating_sub(target_bps.into())),
        }
    }

    /// The index.
    pub fn index(&self) -> i32 {
        self.flow_bps
            .saturating_add(self.price_bps)
            .saturating_add(self.dividends_bps)
    }

    /// What weighs most against the market.
    pub fn worst(&self) -> Reason {
        if self.flow_bps <= self.price_bps && self.flow_bps <= self.dividends_bps {
            Reason::NetOutflow
        } else if self.price_bps <= self.dividends_bps {
            Reason::HoldersLose
        } else {
            Reason::DividendsMissing
        }
    }
}

fn bps(part: i128, whole: i128) -> i32 {
    clamped(part.saturating_mul(10_000).checked_div(whole).unwrap_or(0))
}

fn clamped(x: i128) -> i32 {
    i32::try_from(x.clamp(WORST_BPS.into(), BEST_BPS.into())).unwrap_or(0)
}
