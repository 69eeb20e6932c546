//! What an account says in a referendum.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::{error::overflow, Error, Result};
use crate::math::BPS;
use crate::referendum::Tally;

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Vote {
    /// For.
    Aye,
    /// Against.
    Nay,
    /// Support without a side.
    Abstain,
    /// Parts of the weight, in basis points of at most 10,000 together; the rest abstains.
    Split {
        /// For.
        aye_bps: u16,
        /// Against.
        nay_bps: u16,
    },
}

impl Vote {
    /// `weight` by side. Parts are rounded down, the rest abstains: together they are the weight.
    ///
    /// # Errors
    /// [`Error::SplitAboveWhole`]; [`Error::Overflow`] for a split weight of 2^114 or more.
    pub fn tally(self, weight: u128) -> Result<Tally> {
        let (aye, nay) = match self {
            Self::Aye => (weight, 0),
            Self::Nay => (0, weight),
            Self::Abstain => (0, 0),
            Self::Split { aye_bps, nay_bps } => {
                let bps = u32::from(aye_bps).saturating_add(nay_bps.into());
                if u64::from(bps) > BPS {
                    return Err(Error::SplitAboveWhole { bps }.into());
                }
                (part(weight, aye_bps)?, part(weight, nay_bps)?)
            }
        };
        Ok(Tally {
            aye,
            nay,
            abstain: weight.saturating_sub(aye).saturating_sub(nay),
        })
    }
}

fn part(weight: u128, bps: u16) -> Result<u128> {
    weight
        .checked_mul(bps.into())
        .and_then(|product| product.checked_div(BPS.into()))
        .ok_or_else(overflow)
}

/// A vote that was cast, with the weight it was cast with. It holds the account's lock until the referendum is over or the
/// ballot retracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Ballot {
    /// The referendum.
    pub referendum: u32,
    /// What was said.
    pub vote: Vote,
    /// Own and received conviction, shares.
    pub base: u128,
    /// Bonus of native conviction, shares.
    pub bonus: u128,
}

impl Ballot {
    /// Base and bonus.
    pub fn weight(&self) -> u128 {
        self.base.saturating_add(self.bonus)
    }

    /// The weight by side.
    ///
    /// # Errors
    /// As [`Vote::tally`].
    pub fn tally(&self) -> Result<Tally> {
        self.vote.tally(self.weight())
    }
}
