//! What has been voted.

/// Weight by side, in shares of conviction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Tally {
    /// For.
    pub aye: u128,
    /// Against.
    pub nay: u128,
    /// Counted as support only.
    pub abstain: u128,
}

impl Tally {
    /// All sides together, saturating.
    pub fn total(&self) -> u128 {
        self.aye.saturating_add(self.nay).saturating_add(self.abstain)
    }

    /// Both added side by side; `None` when a side would overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            aye: self.aye.checked_add(other.aye)?,
            nay: self.nay.checked_add(other.nay)?,
            abstain: self.abstain.checked_add(other.abstain)?,
        })
    }

    /// The other taken out side by side; `None` when a side has less.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Some(Self {
            aye: self.aye.checked_sub(other.aye)?,
            nay: self.nay.checked_sub(other.nay)?,
            abstain: self.abstain.checked_sub(other.abstain)?,
        })
    }
}
