//! The sum of many locks.

use super::{LockKind, Weight};
use crate::decay::{Decay, TAU};

/// The sum of locks of both kinds, as of a block. Exact but for rounding: each roll loses less than two units per kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Aggregate {
    /// The perpetual locks.
    pub perpetual: Weight,
    /// The decaying locks.
    pub decaying: Weight,
    /// Block up to which both are rolled.
    pub at: u32,
}

impl Aggregate {
    /// Brings the sum to block `now`; without effect for an earlier one.
    pub fn roll(&mut self, now: u32) {
        let blocks = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        if blocks == 0 || self.is_zero() {
            return;
        }
        let decay = Decay::of(blocks, TAU);
        self.perpetual = self.perpetual.decayed(LockKind::Perpetual, decay, blocks);
        self.decaying = self.decaying.decayed(LockKind::Decaying, decay, blocks);
    }

    /// The sum at block `now`.
    #[must_use]
    pub fn rolled(mut self, now: u32) -> Self {
        self.roll(now);
        self
    }

    /// Adds a lock's weight as of the same block.
    pub fn add(&mut self, kind: LockKind, weight: Weight) {
        let sum = self.of_mut(kind);
        *sum = sum.plus(weight);
    }

    /// Takes a lock's weight as of the same block away.
    pub fn remove(&mut self, kind: LockKind, weight: Weight) {
        let sum = self.of_mut(kind);
        *sum = sum.minus(weight);
    }

    /// Conviction of both kinds.
    pub fn conviction(&self) -> u128 {
        self.perpetual.conviction.saturating_add(self.decaying.conviction)
    }

    /// Mass of both kinds.
    pub fn mass(&self) -> u128 {
        self.perpetual.mass.saturating_add(self.decaying.mass)
    }

    /// Whether there is neither mass nor conviction.
    pub fn is_zero(&self) -> bool {
        self.perpetual.is_zero() && self.decaying.is_zero()
    }

    fn of_mut(&mut self, kind: LockKind) -> &mut Weight {
        match kind {
            LockKind::Perpetual => &mut self.perpetual,
            LockKind::Decaying => &mut self.decaying,
        }
    }
}
