//! Tracks: how a referendum of a kind is decided.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

/// Kinds of referenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum TrackId {
    /// Bounded parameters of markets.
    Parameters,
    /// Listing and delisting of markets.
    Listing,
    /// Payments of the treasury.
    Treasury,
    /// The emission model.
    Emission,
    /// Code of future markets, governance itself, and early handover of power.
    Code,
    /// Ends another referendum.
    FastVeto,
}

impl TrackId {
    /// All tracks, by index.
    pub const ALL: [Self; 6] = [
        Self::Parameters,
        Self::Listing,
        Self::Treasury,
        Self::Emission,
        Self::Code,
        Self::FastVeto,
    ];
}
