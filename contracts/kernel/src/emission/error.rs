//! What can go wrong, with the numbers that prove it.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

/// Why something was refused. Nothing has changed when one of these is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[allow(
    missing_docs,
    reason = "the fields are the numbers that the variant's text speaks of"
)]
pub enum Error {
    /// A quantity left the range the maths is proven for.
    Overflow,
    /// More markets than shares are computed for.
    TooManyMarkets { max: u32, got: u32 },
    /// A rule is outside its hard bounds.
    RuleOutOfBounds {
        parameter: Parameter,
        min: i64,
        max: i64,
        got: i64,
    },
    /// No epoch is over that is not settled; the next one ends before this block.
    NothingToSettle { ready_at: u32 },
    /// A challenge needs a market in quarantine.
    NotQuarantined,
    /// The market is challenged already.
    AlreadyChallenged,
    /// The bond sent is not the one asked for (rao).
    WrongBond { expected: u64, got: u64 },
    /// The market is in good standing: there is nothing to appeal against.
    NothingToAppeal,
}

/// Which rule [`Error::RuleOutOfBounds`] speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[allow(missing_docs, reason = "named as the fields of the rules")]
pub enum Parameter {
    Exponent,
    Cutoff,
    GateQuantile,
    Release,
    MaxRelease,
    MaxYield,
    DividendTarget,
    WatchBelow,
    QuarantineBelow,
    RecoverAbove,
    Patience,
    QuarantineEpochs,
    ChallengeEpochs,
    DelistDelay,
    Bond,
}

crate::error::travels!(Error);
