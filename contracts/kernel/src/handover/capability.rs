//! Kinds of power.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use crate::referendum::TrackId;

/// A kind of power over the protocol: what an operation may touch. Whatever belongs to none cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Capability {
    /// Fees and how income is shared, within bounds.
    Fees,
    /// Limits of shorts and the rate model, within bounds.
    Risk,
    /// Listing and delisting of markets.
    Listing,
    /// The emission model.
    Emission,
    /// Pausing what opens risk.
    PauseOpening,
    /// The handover's TAO.
    Treasury,
    /// Which validators a market's stake may follow.
    ValidatorPolicy,
    /// Who the guardian is.
    Guardian,
    /// Which code future markets run.
    PinCode,
    /// Tracks and weights of the DAO.
    Governance,
    /// Accounts that delegated to the handover: a subnet's owner.
    SubnetOwner,
}

impl Capability {
    /// Number of capabilities.
    pub const COUNT: usize = 11;

    /// All capabilities, by index.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Fees,
        Self::Risk,
        Self::Listing,
        Self::Emission,
        Self::PauseOpening,
        Self::Treasury,
        Self::ValidatorPolicy,
        Self::Guardian,
        Self::PinCode,
        Self::Governance,
        Self::SubnetOwner,
    ];

    /// Whether its use can worsen the terms of somebody who is in: everything but a pause, which closes no exit.
    pub fn worsens_terms(self) -> bool {
        !matches!(self, Self::PauseOpening)
    }

    /// The track on which the DAO decides its use.
    pub fn track(self) -> TrackId {
        match self {
            Self::Fees | Self::Risk | Self::PauseOpening | Self::ValidatorPolicy => TrackId::Parameters,
            Self::Listing => TrackId::Listing,
            Self::Treasury => TrackId::Treasury,
            Self::Emission => TrackId::Emission,
            Self::Guardian | Self::PinCode | Self::Governance | Self::SubnetOwner => TrackId::Code,
        }
    }
}
