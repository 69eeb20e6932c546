//! Objections of conviction holders to an operation that waits: enough of them cancel it.

use crate::math::BPS;

/// Part of the electorate whose objection cancels an operation, in basis points.
pub const OBJECTION_BPS: u64 = 1_000;

/// Blocks after which an objection no longer holds ballots: 56 days, no shorter than an operation can wait and be executed.
pub const OBJECTION_BLOCKS: u32 = 403_200;

/// What has been objected against one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Objection {
    /// The operation's id.
    pub operation: [u8; 32],
    /// Block of the first objection.
    pub started: u32,
    /// Conviction that could object then, in shares: fixed, so that nobody can move the threshold.
    pub electorate: u128,
    /// Conviction that objects, in shares.
    pub weight: u128,
    /// Whether the threshold was ever reached; nothing takes that back.
    pub vetoed: bool,
}

impl Objection {
    /// Nothing has been objected yet.
    pub fn new(operation: [u8; 32], electorate: u128, now: u32) -> Self {
        Self {
            operation,
            started: now,
            electorate,
            weight: 0,
            vetoed: false,
        }
    }

    /// Conviction that cancels the operation: [`OBJECTION_BPS`] of the electorate, rounded up and never nothing.
    pub fn threshold(&self) -> u128 {
        self.electorate
            .saturating_mul(OBJECTION_BPS.into())
            .div_ceil(BPS.into())
            .max(1)
    }

    /// Whether ballots still count and are still held at block `now`.
    pub fn is_open(&self, now: u32) -> bool {
        now < self.started.saturating_add(OBJECTION_BLOCKS)
    }

    /// Replaces a ballot of weight `take` (0 for a new one) by one of weight `put` (0 to retract). Without effect once
    /// closed.
    pub fn change(&mut self, take: u128, put: u128, now: u32) {
        if !self.is_open(now) {
            return;
        }
        self.weight = self.weight.saturating_sub(take).saturating_add(put);
        self.vetoed |= self.weight >= self.threshold();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_the_electorate_vetoes_and_nothing_takes_it_back() {
        let mut objection = Objection::new([1; 32], 1_001, 50);
        assert_eq!(objection.threshold(), 101);
        objection.change(0, 100, 60);
        assert!(!objection.vetoed);
        objection.change(100, 101, 61);
        assert!(objection.vetoed);
        objection.change(101, 0, 62);
        assert!(objection.vetoed);
        assert_eq!(objection.weight, 0);
    }

    #[test]
    fn nobody_vetoes_with_nothing() {
        let mut objection = Objection::new([1; 32], 0, 50);
        objection.change(0, 0, 51);
        assert!(!objection.vetoed);
    }

    #[test]
    fn a_closed_objection_changes_no_more() {
        let mut objection = Objection::new([1; 32], 10, 50);
        assert!(objection.is_open(50 + OBJECTION_BLOCKS - 1));
        objection.change(0, 10, 50 + OBJECTION_BLOCKS);
        assert_eq!((objection.weight, objection.vetoed), (0, false));
    }
}
