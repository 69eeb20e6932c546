//! Mass and conviction, and how time changes them.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use crate::decay::{Decay, TAU};

/// Fractional bits with which unequal time constants are computed, so that all roundings together stay below two units.
const GUARD_BITS: u32 = 16;

/// What time does to the mass of a lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum LockKind {
    /// It stays, and conviction grows towards it.
    #[default]
    Perpetual,
    /// It decays, and so frees what was locked; conviction grows from what is left, then decays too.
    Decaying,
}

/// Mass and conviction in shares of an escrow. Both are linear: weights of one kind can be added and rolled together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Weight {
    /// What is locked.
    pub mass: u128,
    /// What it votes with.
    pub conviction: u128,
}

impl Weight {
    /// Newly locked: no conviction yet.
    pub fn new(mass: u128) -> Self {
        Self { mass, conviction: 0 }
    }

    /// Whether there is neither mass nor conviction.
    pub fn is_zero(&self) -> bool {
        self.mass == 0 && self.conviction == 0
    }

    /// Both sums, saturating.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            mass: self.mass.saturating_add(other.mass),
            conviction: self.conviction.saturating_add(other.conviction),
        }
    }

    /// Both differences, saturating: sums lose more to rounding than their parts.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            mass: self.mass.saturating_sub(other.mass),
            conviction: self.conviction.saturating_sub(other.conviction),
        }
    }

    /// This weight `blocks` later, both rounded down by less than two units: [`Self::rolled_with`] the chain's [`TAU`].
    #[must_use]
    pub fn rolled(self, kind: LockKind, blocks: u32) -> Self {
        if blocks == 0 || self.is_zero() {
            return self;
        }
        self.decayed(kind, Decay::of(blocks, TAU), blocks)
    }

    /// This weight `blocks` later for any time constants (blocks), both rounded down by less than two units and, for unequal
    /// constants, 1e-15 of the mass.
    ///
    /// Perpetual: the conviction closes in on the mass, e^(−blocks/maturity) of the distance is left. Decaying: e^(−blocks/unlock)
    /// of the mass is left; conviction decays with maturity, and grows meanwhile by the mass that was there.
    #[must_use]
    pub fn rolled_with(self, kind: LockKind, blocks: u32, unlock_tau: u32, maturity_tau: u32) -> Self {
        if blocks == 0 || self.is_zero() {
            return self;
        }
        if matches!(kind, LockKind::Perpetual) || unlock_tau == maturity_tau {
            let decay = Decay::of(blocks, maturity_tau);
            return self.decayed_at(kind, decay, blocks, maturity_tau);
        }
        self.decayed_unequally(blocks, unlock_tau, maturity_tau)
    }

    /// [`Self::rolled`] with the decay of those blocks at hand.
    pub(super) fn decayed(self, kind: LockKind, decay: Decay, blocks: u32) -> Self {
        self.decayed_at(kind, decay, blocks, TAU)
    }

    fn decayed_at(self, kind: LockKind, decay: Decay, blocks: u32, tau: u32) -> Self {
        let Self { mass, conviction } = self;
        match kind {
            LockKind::Perpetual => Self {
                mass,
                conviction: match mass.checked_sub(conviction) {
                    Some(missing) => mass.saturating_sub(decay.up(missing)),
                    None => mass.saturating_add(decay.down(conviction.saturating_sub(mass))),
                },
            },
            LockKind::Decaying => {
                let grown = share(mass, blocks, tau);
                Self {
                    mass: decay.down(mass),
                    conviction: decay.down(conviction.saturating_add(grown)),
                }
            }
        }
    }

    /// A decaying weight with γ = τu(u − v)/(τu − τm), for u = e^(−blocks/τu) and v = e^(−blocks/τm).
    ///
    /// The difference of two decays loses its digits where they are close. With s the slower of both and
    /// w = blocks·|1/τm − 1/τu|, the same γ is s·blocks/τm·(1 − e^(−w))/w, which does not.
    fn decayed_unequally(self, blocks: u32, unlock_tau: u32, maturity_tau: u32) -> Self {
        let unlocking = Decay::of(blocks, unlock_tau);
        let maturing = Decay::of(blocks, maturity_tau);
        let (slower, faster) = if unlock_tau > maturity_tau {
            (unlocking, maturing)
        } else {
            (maturing, unlocking)
        };
        let difference = unlock_tau.abs_diff(maturity_tau);
        // Of two u32 each.
        let span = u128::from(blocks).wrapping_mul(difference.into());
        let scale = u128::from(unlock_tau).wrapping_mul(maturity_tau.into());
        let mass = self.mass.saturating_mul(1 << GUARD_BITS);
        let conviction = self.conviction.saturating_mul(1 << GUARD_BITS);
        let grown = if span < scale >> 1 {
            let span = (span << 62).checked_div(scale).unwrap_or(0);
            Decay::average(u64::try_from(span).unwrap_or(u64::MAX)).down(share(mass, blocks, maturity_tau))
        } else {
            faster
                .over(slower)
                .complement()
                .down(share(mass, unlock_tau, difference))
        };
        Self {
            mass: unlocking.down(self.mass),
            conviction: maturing.down(conviction).saturating_add(slower.down(grown)) >> GUARD_BITS,
        }
    }
}

/// `x·part/whole`, rounded down.
fn share(x: u128, part: u32, whole: u32) -> u128 {
    x.saturating_mul(part.into()).checked_div(whole.into()).unwrap_or(0)
}
