//! The return codes of the extension.

use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// What a state-changing function of the extension returns, as the u32 of its discriminant.
///
/// The chain declares 10 but maps an unregistered hotkey to 5, so 10 is reachable here only through
/// [`fail_next`](crate::Staking::fail_next). Anything without a code of its own arrives as 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, thiserror::Error)]
#[repr(u8)]
pub enum Code {
    /// Done.
    #[error("success")]
    Success = 0,
    /// Any error of the chain that has no code: locked alpha, transfers switched off, a limit out of reach.
    #[error("runtime error without a code of its own")]
    RuntimeError = 1,
    /// Free TAO is smaller than the amount to stake.
    #[error("not enough balance to stake")]
    NotEnoughBalanceToStake = 2,
    /// The coldkey does not own the hotkey.
    #[error("coldkey is not associated with the hotkey")]
    NonAssociatedColdKey = 3,
    /// The balance could not be taken although it seemed to suffice.
    #[error("balance withdrawal failed")]
    BalanceWithdrawalError = 4,
    /// No such hotkey.
    #[error("hotkey does not exist")]
    NotRegistered = 5,
    /// More was asked than is staked.
    #[error("not enough stake to withdraw")]
    NotEnoughStakeToWithdraw = 6,
    /// Too many operations in a time.
    #[error("rate limit exceeded")]
    TxRateLimitExceeded = 7,
    /// The limit price allows less than the amount, and partial execution was not allowed.
    #[error("slippage too high")]
    SlippageTooHigh = 8,
    /// No such subnet.
    #[error("subnet does not exist")]
    SubnetNotExists = 9,
    /// Declared by the chain, never returned by it.
    #[error("hotkey is not registered in the subnet")]
    HotKeyNotRegisteredInSubNet = 10,
    /// The hotkey is already the one set.
    #[error("same auto-stake hotkey already set")]
    SameAutoStakeHotkeyAlreadySet = 11,
    /// Free TAO does not cover a deposit.
    #[error("insufficient balance")]
    InsufficientBalance = 12,
    /// Worth too little ([`MIN_STAKE`](crate::MIN_STAKE)).
    #[error("amount too low")]
    AmountTooLow = 13,
    /// The pool cannot serve the amount.
    #[error("insufficient liquidity")]
    InsufficientLiquidity = 14,
    /// Nothing would move.
    #[error("same netuid")]
    SameNetuid = 15,
    /// The account has all the proxies it may have.
    #[error("too many proxies")]
    ProxyTooMany = 16,
    /// The delegate is a proxy already.
    #[error("duplicate proxy")]
    ProxyDuplicate = 17,
    /// An account cannot be its own proxy.
    #[error("an account cannot be its own proxy")]
    ProxyNoSelfProxy = 18,
    /// The delegate is not a proxy.
    #[error("proxy not found")]
    ProxyNotFound = 19,
    /// The account is the chain's own.
    #[error("a system account cannot be used")]
    CannotUseSystemAccount = 20,
    /// Root stake is TAO and cannot be burned.
    #[error("cannot burn or recycle on the root subnet")]
    CannotBurnOrRecycleOnRootSubnet = 21,
    /// The subnet's token is not open yet.
    #[error("subtoken disabled")]
    SubtokenDisabled = 22,
}

impl Code {
    /// The number a contract receives.
    pub const fn as_u32(self) -> u32 {
        self as u32
    }
}
