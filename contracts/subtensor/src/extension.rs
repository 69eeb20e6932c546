//! The typed chain extension. Arguments are in the chain's order; `golden.rs` pins every encoding.

use crate::{
    Alpha, ColdkeyLock, NetUid, PriceE9, Rao, StakeAvailability, StakeInfo, SubnetRegistrationState, SubtensorError,
};
use ink::primitives::AccountId;
use ink::ChainExtensionInstance;

/// A single-use handle on the extension, for code that has no `self.env()`.
pub fn extension() -> <SubtensorExtension as ChainExtensionInstance>::Instance {
    <SubtensorExtension as ChainExtensionInstance>::instantiate()
}

type ChainResult<T> = Result<T, SubtensorError>;

/// All functions of chain extension `0x1000`.
///
/// Functions named `caller_*` act as the contract's **immediate caller**, all others as the contract itself. The caller
/// signs nothing beyond the call, so whoever calls this contract trusts it with all of its stake; and a contract that
/// holds stake must call no code it does not pin, for that code could use `caller_*` against it.
///
/// Unused functions cost nothing: each is a generic call that vanishes from the Wasm.
#[ink::chain_extension(extension = 0x1000)]
pub trait SubtensorExtension {
    type ErrorCode = SubtensorError;

    /// Stake of one coldkey with one hotkey; always `Some`. See [`stake_of`](crate::stake_of) for the stake alone.
    #[ink(function = 0)]
    fn get_stake_info(hotkey: AccountId, coldkey: AccountId, netuid: NetUid) -> ChainResult<Option<StakeInfo>>;

    /// Buys alpha with `tao` at the pool's price and stakes it with `hotkey`.
    ///
    /// The amount of alpha depends on the pool: measure it with [`stake_of`](crate::stake_of) before and after.
    #[ink(function = 1)]
    fn add_stake(hotkey: AccountId, netuid: NetUid, tao: Rao) -> ChainResult<()>;

    /// Sells `alpha` of the stake with `hotkey` to the pool; the TAO arrives in the free balance.
    #[ink(function = 2)]
    fn remove_stake(hotkey: AccountId, netuid: NetUid, alpha: Alpha) -> ChainResult<()>;

    /// Sells all stake with `hotkey` on all subnets.
    #[ink(function = 3)]
    fn unstake_all(hotkey: AccountId) -> ChainResult<()>;

    /// Sells all alpha with `hotkey` on all subnets and stakes the TAO on root.
    #[ink(function = 4)]
    fn unstake_all_alpha(hotkey: AccountId) -> ChainResult<()>;

    /// Moves stake to another hotkey; within one subnet without swap or fee.
    ///
    /// Moves `min(alpha, available)` and still reports success: credit what was measured.
    #[ink(function = 5)]
    fn move_stake(
        from_hotkey: AccountId,
        to_hotkey: AccountId,
        from_netuid: NetUid,
        to_netuid: NetUid,
        alpha: Alpha,
    ) -> ChainResult<()>;

    /// Gives stake with `hotkey` to another coldkey.
    ///
    /// Moves `min(alpha, available)` and still reports success: credit what was measured.
    /// Less than 0.002 TAO worth is refused with [`SubtensorError::AmountTooLow`]; a subnet's owner can switch transfers off.
    #[ink(function = 6)]
    fn transfer_stake(
        to_coldkey: AccountId,
        hotkey: AccountId,
        from_netuid: NetUid,
        to_netuid: NetUid,
        alpha: Alpha,
    ) -> ChainResult<()>;

    /// Swaps stake with `hotkey` from one subnet into another through both pools.
    ///
    /// Moves `min(alpha, available)` and still reports success: credit what was measured.
    #[ink(function = 7)]
    fn swap_stake(hotkey: AccountId, from_netuid: NetUid, to_netuid: NetUid, alpha: Alpha) -> ChainResult<()>;

    /// `add_stake` at no more than `limit_price`; the rest is left unstaked if `allow_partial`.
    #[ink(function = 8)]
    fn add_stake_limit(
        hotkey: AccountId,
        netuid: NetUid,
        tao: Rao,
        limit_price: PriceE9,
        allow_partial: bool,
    ) -> ChainResult<()>;

    /// `remove_stake` at no less than `limit_price`; the rest stays staked if `allow_partial`.
    #[ink(function = 9)]
    fn remove_stake_limit(
        hotkey: AccountId,
        netuid: NetUid,
        alpha: Alpha,
        limit_price: PriceE9,
        allow_partial: bool,
    ) -> ChainResult<()>;

    /// `swap_stake` at a ratio of prices no less than `limit_price`.
    #[ink(function = 10)]
    fn swap_stake_limit(
        hotkey: AccountId,
        from_netuid: NetUid,
        to_netuid: NetUid,
        alpha: Alpha,
        limit_price: PriceE9,
        allow_partial: bool,
    ) -> ChainResult<()>;

    /// Sells all stake with `hotkey` on one subnet, at no less than `limit_price` if given.
    #[ink(function = 11)]
    fn remove_stake_full_limit(hotkey: AccountId, netuid: NetUid, limit_price: Option<PriceE9>) -> ChainResult<()>;

    /// Names the hotkey that mining rewards on `netuid` are staked with.
    #[ink(function = 12)]
    fn set_coldkey_auto_stake_hotkey(netuid: NetUid, hotkey: AccountId) -> ChainResult<()>;

    /// Lets `delegate` act for the account in staking calls.
    #[ink(function = 13)]
    fn add_proxy(delegate: AccountId) -> ChainResult<()>;

    /// Withdraws what `add_proxy` gave.
    #[ink(function = 14)]
    fn remove_proxy(delegate: AccountId) -> ChainResult<()>;

    /// The pool's **spot** price, rounded down; 1e9 for a subnet that does not exist. Anybody can move it within one
    /// block: never act on a single sample.
    #[ink(function = 15)]
    fn get_alpha_price(netuid: NetUid) -> ChainResult<PriceE9>;

    /// Destroys staked alpha and lets the subnet issue it again. Returns the alpha really recycled.
    #[ink(function = 16)]
    fn recycle_alpha(hotkey: AccountId, netuid: NetUid, alpha: Alpha) -> ChainResult<Alpha>;

    /// Destroys staked alpha for good. Returns the alpha really burned.
    #[ink(function = 17)]
    fn burn_alpha(hotkey: AccountId, netuid: NetUid, alpha: Alpha) -> ChainResult<Alpha>;

    /// Buys alpha and recycles it in one step. Returns the alpha recycled.
    #[ink(function = 18)]
    fn add_stake_recycle(hotkey: AccountId, netuid: NetUid, tao: Rao) -> ChainResult<Alpha>;

    /// Buys alpha and burns it in one step. Returns the alpha burned.
    #[ink(function = 19)]
    fn add_stake_burn(hotkey: AccountId, netuid: NetUid, tao: Rao) -> ChainResult<Alpha>;

    /// `add_stake` as the caller.
    #[ink(function = 20)]
    fn caller_add_stake(hotkey: AccountId, netuid: NetUid, tao: Rao) -> ChainResult<()>;

    /// `remove_stake` as the caller.
    #[ink(function = 21)]
    fn caller_remove_stake(hotkey: AccountId, netuid: NetUid, alpha: Alpha) -> ChainResult<()>;

    /// `unstake_all` as the caller.
    #[ink(function = 22)]
    fn caller_unstake_all(hotkey: AccountId) -> ChainResult<()>;

    /// `unstake_all_alpha` as the caller.
    #[ink(function = 23)]
    fn caller_unstake_all_alpha(hotkey: AccountId) -> ChainResult<()>;

    /// `move_stake` as the caller.
    #[ink(function = 24)]
    fn caller_move_stake(
        from_hotkey: AccountId,
        to_hotkey: AccountId,
        from_netuid: NetUid,
        to_netuid: NetUid,
        alpha: Alpha,
    ) -> ChainResult<()>;

    /// `transfer_stake` as the caller.
    ///
    /// With this contract as `to_coldkey` it is a deposit without an approval: credit what was measured.
    #[ink(function = 25)]
    fn caller_transfer_stake(
        to_coldkey: AccountId,
        hotkey: AccountId,
        from_netuid: NetUid,
        to_netuid: NetUid,
        alpha: Alpha,
    ) -> ChainResult<()>;

    /// `swap_stake` as the caller.
    #[ink(function = 26)]
    fn caller_swap_stake(hotkey: AccountId, from_netuid: NetUid, to_netuid: NetUid, alpha: Alpha) -> ChainResult<()>;

    /// `add_stake_limit` as the caller.
    #[ink(function = 27)]
    fn caller_add_stake_limit(
        hotkey: AccountId,
        netuid: NetUid,
        tao: Rao,
        limit_price: PriceE9,
        allow_partial: bool,
    ) -> ChainResult<()>;

    /// `remove_stake_limit` as the caller.
    #[ink(function = 28)]
    fn caller_remove_stake_limit(
        hotkey: AccountId,
        netuid: NetUid,
        alpha: Alpha,
        limit_price: PriceE9,
        allow_partial: bool,
    ) -> ChainResult<()>;

    /// `swap_stake_limit` as the caller.
    #[ink(function = 29)]
    fn caller_swap_stake_limit(
        hotkey: AccountId,
        from_netuid: NetUid,
        to_netuid: NetUid,
        alpha: Alpha,
        limit_price: PriceE9,
        allow_partial: bool,
    ) -> ChainResult<()>;

    /// `remove_stake_full_limit` as the caller.
    #[ink(function = 30)]
    fn caller_remove_stake_full_limit(
        hotkey: AccountId,
        netuid: NetUid,
        limit_price: Option<PriceE9>,
    ) -> ChainResult<()>;

    /// `set_coldkey_auto_stake_hotkey` as the caller.
    #[ink(function = 31)]
    fn caller_set_coldkey_auto_stake_hotkey(netuid: NetUid, hotkey: AccountId) -> ChainResult<()>;

    /// `add_proxy` as the caller.
    #[ink(function = 32)]
    fn caller_add_proxy(delegate: AccountId) -> ChainResult<()>;

    /// `remove_proxy` as the caller.
    #[ink(function = 33)]
    fn caller_remove_proxy(delegate: AccountId) -> ChainResult<()>;

    /// Whether a subnet exists, and the generation it belongs to.
    #[ink(function = 34)]
    fn get_subnet_registration_state(netuid: NetUid) -> ChainResult<SubnetRegistrationState>;

    /// The coldkey's conviction lock on a subnet, rolled forward to now.
    #[ink(function = 35)]
    fn get_coldkey_lock(coldkey: AccountId, netuid: NetUid) -> ChainResult<Option<ColdkeyLock>>;

    /// How much of the coldkey's alpha on a subnet can move.
    #[ink(function = 36)]
    fn get_stake_availability(coldkey: AccountId, netuid: NetUid) -> ChainResult<StakeAvailability>;
}
