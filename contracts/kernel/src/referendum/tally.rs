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
