use ink::env::chain_extension::FromStatusCode;

/// Why the chain refused.
///
/// The SCALE index of each variant is the chain's own code, so an encoded error shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum SubtensorError {
    /// Any failure without a code of its own: transfers switched off, locked alpha refused by its receiver, ….
    #[codec(index = 1)]
    RuntimeError,
    /// The coldkey has less TAO than it wants to stake.
    #[codec(index = 2)]
    NotEnoughBalanceToStake,
    /// The coldkey does not own the hotkey.
    #[codec(index = 3)]
    NonAssociatedColdKey,
    /// TAO could not be withdrawn from the coldkey.
    #[codec(index = 4)]
    BalanceWithdrawalError,
    /// The hotkey does not exist or is not registered on the subnet.
    #[codec(index = 5)]
    NotRegistered,
    /// Less stake than asked for.
    #[codec(index = 6)]
    NotEnoughStakeToWithdraw,
    /// Too many operations in too few blocks.
    #[codec(index = 7)]
    TxRateLimitExceeded,
    /// The price limit cannot be kept.
    #[codec(index = 8)]
    SlippageTooHigh,
    /// No such subnet.
    #[codec(index = 9)]
    SubnetNotExists,
    /// Defined by the chain, which reports this case as [`Self::NotRegistered`].
    #[codec(index = 10)]
    HotKeyNotRegisteredInSubNet,
    /// The hotkey already is the auto-stake destination.
    #[codec(index = 11)]
    SameAutoStakeHotkeyAlreadySet,
    /// Too little free TAO.
    #[codec(index = 12)]
    InsufficientBalance,
    /// Worth less than the chain's minimum of 0.002 TAO.
    #[codec(index = 13)]
    AmountTooLow,
    /// The subnet's pool cannot fill the swap.
    #[codec(index = 14)]
    InsufficientLiquidity,
    /// Origin and destination subnet are the same.
    #[codec(index = 15)]
    SameNetuid,
    /// The account has as many proxies as the chain allows.
    #[codec(index = 16)]
    ProxyTooMany,
    /// The proxy exists already.
    #[codec(index = 17)]
    ProxyDuplicate,
    /// An account cannot be its own proxy.
    #[codec(index = 18)]
    ProxyNoSelfProxy,
    /// No such proxy.
    #[codec(index = 19)]
    ProxyNotFound,
    /// One of the accounts is reserved by the chain.
    #[codec(index = 20)]
    CannotUseSystemAccount,
    /// Root stake cannot be burned or recycled.
    #[codec(index = 21)]
    CannotBurnOrRecycleOnRootSubnet,
    /// The subnet has not started.
    #[codec(index = 22)]
    SubtokenDisabled,
    /// A code this version does not know.
    #[codec(index = 254)]
    Unknown(u32),
    /// The chain's answer did not decode.
    #[codec(index = 255)]
    InvalidOutput,
}

impl FromStatusCode for SubtensorError {
    fn from_status_code(code: u32) -> Result<(), Self> {
        Err(match code {
            0 => return Ok(()),
            1 => Self::RuntimeError,
            2 => Self::NotEnoughBalanceToStake,
            3 => Self::NonAssociatedColdKey,
            4 => Self::BalanceWithdrawalError,
            5 => Self::NotRegistered,
            6 => Self::NotEnoughStakeToWithdraw,
            7 => Self::TxRateLimitExceeded,
            8 => Self::SlippageTooHigh,
            9 => Self::SubnetNotExists,
            10 => Self::HotKeyNotRegisteredInSubNet,
            11 => Self::SameAutoStakeHotkeyAlreadySet,
            12 => Self::InsufficientBalance,
            13 => Self::AmountTooLow,
            14 => Self::InsufficientLiquidity,
            15 => Self::SameNetuid,
            16 => Self::ProxyTooMany,
            17 => Self::ProxyDuplicate,
            18 => Self::ProxyNoSelfProxy,
            19 => Self::ProxyNotFound,
            20 => Self::CannotUseSystemAccount,
            21 => Self::CannotBurnOrRecycleOnRootSubnet,
            22 => Self::SubtokenDisabled,
            unknown => Self::Unknown(unknown),
        })
    }
}

impl From<ink::scale::Error> for SubtensorError {
    fn from(_: ink::scale::Error) -> Self {
        Self::InvalidOutput
    }
}
