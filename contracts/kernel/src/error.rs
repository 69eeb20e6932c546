//! What can go wrong, with the numbers that prove it.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

/// Why an operation was refused. Nothing has changed when one of these is returned.
///
/// Amounts are rao (TAO) or alpha-rao as the variant says, ratios are basis points of 1e4, prices are `price_e12`
/// (rao per alpha-rao × 1e12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[allow(
    missing_docs,
    reason = "the fields are the numbers that the variant's text speaks of"
)]
pub enum Error {
    /// A quantity left the range the maths is proven for.
    Overflow,
    /// The block the caller allowed has passed.
    DeadlinePassed { deadline: u32, now: u32 },
    /// An amount is zero, or rounds to nothing.
    ZeroAmount,
    /// The pool has no liquidity yet.
    PoolEmpty,
    /// The first liquidity of a pool is too small to lock the minimum shares.
    InitialLiquidityTooSmall { min: u64, got: u64 },
    /// The realised amount is below the caller's limit.
    SlippageExceeded { min: u64, got: u64 },
    /// The realised number of shares is below the caller's limit.
    SharesBelowMinimum { min: u128, got: u128 },
    /// The realised cost is above the caller's limit.
    CostExceeded { max: u64, needed: u64 },
    /// The pool or the vault does not hold that much.
    InsufficientLiquidity { requested: u64, available: u64 },
    /// The account does not own that much alpha on the ledger.
    InsufficientBalance { requested: u64, available: u64 },
    /// The account does not own that many shares.
    InsufficientShares { requested: u128, available: u128 },
    /// Opening new risk is paused.
    OpeningPaused,
    /// The oracle's history is shorter than its longest window.
    OracleTooYoung { ready_at: u32, now: u32 },
    /// The market's own price and the chain's differ too much to open risk (both `price_e12`).
    SafeMode { market: u64, chain: u64 },
    /// The margin, or what would be left of the escrow, is below the minimum (rao).
    MarginTooSmall { min: u64, got: u64 },
    /// The position would be larger than allowed (alpha).
    PositionTooLarge { max: u64, got: u64 },
    /// All debt together would be larger than allowed (alpha).
    TotalDebtTooLarge { max: u64, got: u64 },
    /// The vault would be lent out further than allowed.
    UtilisationTooHigh { max_bps: u32, got_bps: u32 },
    /// The position's loan-to-value would be above the limit.
    LtvTooHigh { max_bps: u32, got_bps: u32 },
    /// The position is healthy.
    NotLiquidatable { ltv_bps: u32, lltv_bps: u32 },
    /// Buying back is only possible above the price cap (`price_e12`); alpha brought by the caller still liquidates.
    PriceAboveCap { cap: u64, spot: u64 },
    /// No position of the batch is due.
    NothingDue,
    /// There is nothing to do now.
    NothingToDo,
    /// The reward is below what the caller wants (rao).
    RewardBelowMinimum { min: u64, got: u64 },
    /// No such position.
    NoSuchPosition { id: u32 },
    /// The market is frozen: its subnet's generation has ended; only claims remain.
    Frozen,
    /// The market is not frozen.
    NotFrozen,
    /// The market is delisted: everything that leaves it goes on, nothing enters.
    Delisted,
    /// No place is free among the market's validators.
    TooManyValidators,
    /// The market has no such validator.
    NoSuchValidator,
    /// A market needs a validator.
    LastValidator,
    /// A parameter is outside its hard bounds.
    ParameterOutOfBounds {
        parameter: Parameter,
        min: u64,
        max: u64,
        got: u64,
    },
}

/// Which parameter [`Error::ParameterOutOfBounds`] speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[allow(missing_docs, reason = "named as the fields of the parameter types")]
pub enum Parameter {
    SwapFee,
    ProtocolFeeShare,
    DividendShare,
    InterestShare,
    IncentiveLpShare,
    OpenLtv,
    Lltv,
    MaxTotalDebt,
    MaxPosition,
    MinMargin,
    MaxUtilisation,
    BaseRate,
    KinkUtilisation,
    KinkRate,
    FullRate,
    PauseEnd,
}

/// Defines how an error of a module travels, and the result of its operations. In Wasm the error is boxed: results are handed up
/// through many small functions, and moving one word instead of the largest error saves a sixth of a contract's code.
macro_rules! travels {
    ($error:ident) => {
        /// How an error travels: boxed.
        #[cfg(not(feature = "std"))]
        pub type Failure = alloc::boxed::Box<$error>;
        /// How an error travels: as it is; in Wasm it is boxed.
        #[cfg(feature = "std")]
        pub type Failure = $error;

        /// Result of every operation of this module.
        pub type Result<T> = core::result::Result<T, Failure>;

        /// The error of a [`Failure`].
        pub fn reason(failure: &Failure) -> &$error {
            core::borrow::Borrow::borrow(failure)
        }
    };
}
pub(crate) use travels;

travels!(Error);

#[cold]
#[inline(never)]
pub(crate) fn overflow() -> Failure {
    Error::Overflow.into()
}
