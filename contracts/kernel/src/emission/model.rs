//! From averages to shares: the chain's own models, as data with a version.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::error::{Error, Result};
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;

/// 1 at the scale of shares.
pub const SHARE_ONE: u64 = 1_000_000_000_000_000_000;
/// Most markets that share a budget: the chain has at most as many subnets.
pub const MAX_MARKETS: usize = 128;
/// 1 in billionths, the scale of burned fractions.
pub const BURNED_ONE: u32 = 1_000_000_000;

/// Largest absolute value of an input, so that sums over all markets and products with a factor fit.
const MAX_INPUT: u128 = 1 << 64;
/// Bits of weights before they become shares.
const BITS: u32 = 62;

/// How shares follow from averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Model {
    /// By TAO inflow: with `net`, what the protocol paid is subtracted. N = S − k·P where P > 0, k = min(1, ΣS⁺/ΣP⁺), and S − P
    /// elsewhere; L = max(cutoff, min(min N, 0)), z = max(N − L, 0), share = z^exponent / Σ z^exponent.
    TaoFlow {
        /// Whether protocol flow is subtracted.
        net: bool,
        /// 1 to 4.
        exponent: u8,
        /// Rao per epoch of inflow below which nothing is earned; not negative.
        cutoff: u64,
    },
    /// By price, less the burned fraction: share ∝ EMA·(1 − burned); by the EMA alone when all weights vanish.
    Price,
}

/// Pulls small shares down: g = w/(1 + (θ/w)³), renormalised, where θ is the share at which the descending sum of shares
/// reaches the quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Gate {
    /// The quantile, basis points of 1. Bounds 1..=10,000.
    pub quantile_bps: u16,
}

/// What the models know of a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Average of user flow. Any scale, the same for all markets and for the cutoff.
    pub user: i128,
    /// Average of protocol flow, same scale.
    pub protocol: i128,
    /// Average of the price. Any scale, the same for all markets.
    pub price: u128,
    /// Burned fraction, billionths.
    pub burned: u32,
}

/// Shares at 1e18, each rounded down: they sum to 1e18 less at most one unit for each market, keep the order of the weights, and
/// are all zero when nobody earned anything. `cutoff_scale` is the inputs' scale in units per rao.
///
/// # Errors
/// [`Error::TooManyMarkets`]; [`Error::Overflow`] for an input of 2^64 or more.
pub fn shares(model: Model, gate: Option<Gate>, markets: &[Input], cutoff_scale: u32) -> Result<Vec<u64>> {
    if markets.len() > MAX_MARKETS {
        return Err(Error::TooManyMarkets {
            max: u32::try_from(MAX_MARKETS).unwrap_or(u32::MAX),
            got: u32::try_from(markets.len()).unwrap_or(u32::MAX),
        }
        .into());
    }
    for market in markets {
        let largest = market.user.unsigned_abs().max(market.protocol.unsigned_abs());
        if largest.max(market.price) >= MAX_INPUT {
            return Err(Error::Overflow.into());
        }
    }
    let weights = match model {
        Model::TaoFlow { net, exponent, cutoff } => {
            let cutoff = i128::from(cutoff).saturating_mul(cutoff_scale.into());
            powers(excesses(&flows(markets, net), cutoff), exponent)
        }
        Model::Price => prices(markets),
    };
    let shares = normalised(&weights);
    Ok(match gate {
        None => shares,
        Some(gate) => normalised(&gated(&shares, gate)),
    })
}

/// User flow, less protocol flow if `net`.
fn flows(markets: &[Input], net: bool) -> Vec<i128> {
    if !net {
        return markets.iter().map(|market| market.user).collect();
    }
    let positive = |of: fn(&Input) -> i128| {
        markets
            .iter()
            .map(|market| u128::try_from(of(market)).unwrap_or(0))
            .fold(0u128, u128::saturating_add)
    };
    let (earned, paid) = (positive(|m| m.user), positive(|m| m.protocol));
    // k at 62 bits, rounded up, as is k·P: what rounding leaves must not become somebody's share. Both sums are below 2^71; the same
    // cut of both leaves a relative error below 2^-56.
    let cut = 128u32
        .saturating_sub(earned.max(paid).leading_zeros())
        .saturating_sub(64);
    let factor = if paid <= earned {
        1u128 << BITS
    } else {
        let earned = (earned >> cut).saturating_add(u128::from(cut != 0));
        (earned << BITS).div_ceil((paid >> cut).max(1))
    };
    markets
        .iter()
        .map(|market| match u128::try_from(market.protocol) {
            // 2^64 times 2^62.
            Ok(paid) => {
                let borne = paid.saturating_mul(factor).div_ceil(1 << BITS);
                market.user.saturating_sub(i128::try_from(borne).unwrap_or(i128::MAX))
            }
            Err(_) => market.user.saturating_sub(market.protocol),
        })
        .collect()
}

/// z = max(N − L, 0).
fn excesses(flows: &[i128], cutoff: i128) -> Vec<u128> {
    let least = flows.iter().copied().min().unwrap_or(0).min(0);
    let floor = cutoff.max(least);
    flows
        .iter()
        .map(|flow| u128::try_from(flow.saturating_sub(floor)).unwrap_or(0))
        .collect()
}

/// z^exponent, the largest z scaled to 62 bits.
fn powers(excesses: Vec<u128>, exponent: u8) -> Vec<u128> {
    let mut weights = scaled(&excesses);
    let bases = weights.clone();
    for _ in 1..exponent {
        for (weight, base) in weights.iter_mut().zip(&bases) {
            *weight = weight.saturating_mul(*base) >> BITS;
        }
    }
    weights
}

/// EMA·(1 − burned), or the EMA alone when all weights vanish.
fn prices(markets: &[Input]) -> Vec<u128> {
    let weights: Vec<u128> = markets
        .iter()
        .map(|market| {
            let kept = BURNED_ONE.saturating_sub(market.burned);
            market.price.saturating_mul(kept.into())
        })
        .collect();
    if weights.iter().all(|weight| *weight == 0) {
        return scaled(&markets.iter().map(|market| market.price).collect::<Vec<_>>());
    }
    scaled(&weights)
}

fn gated(shares: &[u64], gate: Gate) -> Vec<u128> {
    /// Bits of θ/w.
    const RATIO: u32 = 40;
    let mut descending = shares.to_vec();
    descending.sort_unstable_by(|a, b| b.cmp(a));
    let quantile = u128::from(SHARE_ONE).saturating_mul(gate.quantile_bps.into()) / 10_000;
    let mut sum = 0u128;
    let mut theta = 0u64;
    for share in descending.iter().copied().filter(|share| *share != 0) {
        theta = share;
        sum = sum.saturating_add(share.into());
        if sum >= quantile {
            break;
        }
    }
    let one = 1u128 << RATIO;
    let weights: Vec<u128> = shares
        .iter()
        .map(|share| {
            let Some(ratio) = (u128::from(theta) << RATIO).checked_div((*share).into()) else {
                return 0;
            };
            // From 2^14 on the cube leaves less than 2^-42, and below it everything fits.
            if ratio >= one << 14 {
                return 0;
            }
            let square = ratio.saturating_mul(ratio) >> RATIO;
            let cube = square.saturating_mul(ratio) >> RATIO;
            (u128::from(*share) << RATIO)
                .checked_div(one.saturating_add(cube))
                .unwrap_or(0)
        })
        .collect();
    scaled(&weights)
}

/// All weights shifted alike, so that the largest has exactly 62 bits.
fn scaled(weights: &[u128]) -> Vec<u128> {
    let largest = weights.iter().copied().max().unwrap_or(0);
    let bits = 128u32.saturating_sub(largest.leading_zeros());
    weights
        .iter()
        .map(|weight| match bits.checked_sub(BITS) {
            Some(down) => weight.checked_shr(down).unwrap_or(0),
            None => weight.checked_shl(BITS.saturating_sub(bits)).unwrap_or(0),
        })
        .collect()
}

/// Weights of at most 62 bits as shares at 1e18, rounded down.
fn normalised(weights: &[u128]) -> Vec<u64> {
    let sum = weights.iter().fold(0u128, |sum, weight| sum.saturating_add(*weight));
    weights
        .iter()
        .map(|weight| {
            weight
                .saturating_mul(SHARE_ONE.into())
                .checked_div(sum)
                .and_then(|share| u64::try_from(share).ok())
                .unwrap_or(0)
        })
        .collect()
}
