//! One account's lock.

use super::{LockKind, Weight};

/// What an account has locked, as of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Lock {
    /// What time does to it.
    pub kind: LockKind,
    /// As of `at`.
    pub weight: Weight,
    /// Block up to which it is rolled.
    pub at: u32,
}

impl Lock {
    /// Brings the lock to block `now`; without effect for an earlier one.
    pub fn roll(&mut self, now: u32) {
        self.weight = self.weight_at(now);
        self.at = self.at.max(now);
    }

    /// The weight at block `now`.
    pub fn weight_at(&self, now: u32) -> Weight {
        self.weight.rolled(self.kind, now.saturating_sub(self.at))
    }
}
