//! The staking transactions of the chain's own pallet, with its name, indices and arguments, so that a client that
//! stakes here stakes there.
//!
//! The sandbox of the contracts compiles this file, too, against another generation of FRAME.

pub use pallet::*;

#[frame_support::pallet]
#[allow(clippy::too_many_arguments)]
pub mod pallet {
    use super::super::host::{staking, StakingHost};
    use super::super::AccountId;
    use codec::Encode;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use staking::{ref_time, Code, Function};

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<AccountId = AccountId> + StakingHost {}

    /// The codes of the chain extension, as errors of a transaction.
    #[pallet::error]
    pub enum Error<T> {
        /// Any error without a code of its own: locked alpha, transfers switched off, a limit out of reach.
        RuntimeError,
        /// Free TAO is smaller than the amount to stake.
        NotEnoughBalanceToStake,
        /// The coldkey does not own the hotkey.
        NonAssociatedColdKey,
        /// The balance could not be taken.
        BalanceWithdrawalError,
        /// No such hotkey.
        HotKeyAccountNotExists,
        /// More was asked than is staked.
        NotEnoughStakeToWithdraw,
        /// Too many operations in a time.
        TxRateLimitExceeded,
        /// The limit price allows less than the amount.
        SlippageTooHigh,
        /// No such subnet.
        SubnetNotExists,
        /// Worth too little.
        AmountTooLow,
        /// The pool cannot serve the amount.
        InsufficientLiquidity,
        /// Nothing would move.
        SameNetuid,
        /// The account is the chain's own.
        CannotUseSystemAccount,
        /// The subnet's token is not open.
        SubtokenDisabled,
    }

    impl<T: Config> Pallet<T> {
        fn run(origin: OriginFor<T>, function: Function, arguments: impl Encode) -> DispatchResult {
            let who = ensure_signed(origin)?.into();
            let reply = staking::<T>()
                .dispatch(function.id(), &who, &who, &arguments.encode())
                .map_err(|_| DispatchError::Corruption)?;
            let error = match reply.code {
                Code::Success => return Ok(()),
                Code::NotEnoughBalanceToStake => Error::<T>::NotEnoughBalanceToStake,
                Code::NonAssociatedColdKey => Error::NonAssociatedColdKey,
                Code::BalanceWithdrawalError => Error::BalanceWithdrawalError,
                Code::NotRegistered => Error::HotKeyAccountNotExists,
                Code::NotEnoughStakeToWithdraw => Error::NotEnoughStakeToWithdraw,
                Code::TxRateLimitExceeded => Error::TxRateLimitExceeded,
                Code::SlippageTooHigh => Error::SlippageTooHigh,
                Code::SubnetNotExists => Error::SubnetNotExists,
                Code::AmountTooLow => Error::AmountTooLow,
                Code::InsufficientLiquidity => Error::InsufficientLiquidity,
                Code::SameNetuid => Error::SameNetuid,
                Code::CannotUseSystemAccount => Error::CannotUseSystemAccount,
                Code::SubtokenDisabled => Error::SubtokenDisabled,
                _ => Error::RuntimeError,
            };
            Err(error.into())
        }
    }

    fn weight(function: Function) -> Weight {
        Weight::from_parts(ref_time(function), 0)
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Buys alpha with free TAO (rao) and stakes it.
        #[pallet::call_index(2)]
        #[pallet::weight(weight(Function::AddStake))]
        pub fn add_stake(origin: OriginFor<T>, hotkey: AccountId, netuid: u16, amount_staked: u64) -> DispatchResult {
            Self::run(origin, Function::AddStake, (hotkey, netuid, amount_staked))
        }

        /// Sells stake (rao of alpha) for free TAO.
        #[pallet::call_index(3)]
        #[pallet::weight(weight(Function::RemoveStake))]
        pub fn remove_stake(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: u16,
            amount_unstaked: u64,
        ) -> DispatchResult {
            Self::run(origin, Function::RemoveStake, (hotkey, netuid, amount_unstaked))
        }

        /// Sells the stake with one hotkey on every subnet.
        #[pallet::call_index(83)]
        #[pallet::weight(weight(Function::UnstakeAll))]
        pub fn unstake_all(origin: OriginFor<T>, hotkey: AccountId) -> DispatchResult {
            Self::run(origin, Function::UnstakeAll, hotkey)
        }

        /// Sells the alpha with one hotkey on every subnet and stakes the TAO on root.
        #[pallet::call_index(84)]
        #[pallet::weight(weight(Function::UnstakeAllAlpha))]
        pub fn unstake_all_alpha(origin: OriginFor<T>, hotkey: AccountId) -> DispatchResult {
            Self::run(origin, Function::UnstakeAllAlpha, hotkey)
        }

        /// Moves at most the whole stake to another hotkey.
        #[pallet::call_index(85)]
        #[pallet::weight(weight(Function::MoveStake))]
        pub fn move_stake(
            origin: OriginFor<T>,
            origin_hotkey: AccountId,
            destination_hotkey: AccountId,
            origin_netuid: u16,
            destination_netuid: u16,
            alpha_amount: u64,
        ) -> DispatchResult {
            let arguments = (
                origin_hotkey,
                destination_hotkey,
                origin_netuid,
                destination_netuid,
                alpha_amount,
            );
            Self::run(origin, Function::MoveStake, arguments)
        }

        /// Transfers at most the whole stake to another coldkey.
        #[pallet::call_index(86)]
        #[pallet::weight(weight(Function::TransferStake))]
        pub fn transfer_stake(
            origin: OriginFor<T>,
            destination_coldkey: AccountId,
            hotkey: AccountId,
            origin_netuid: u16,
            destination_netuid: u16,
            alpha_amount: u64,
        ) -> DispatchResult {
            let arguments = (
                destination_coldkey,
                hotkey,
                origin_netuid,
                destination_netuid,
                alpha_amount,
            );
            Self::run(origin, Function::TransferStake, arguments)
        }

        /// Moves at most the whole stake to another subnet.
        #[pallet::call_index(87)]
        #[pallet::weight(weight(Function::SwapStake))]
        pub fn swap_stake(
            origin: OriginFor<T>,
            hotkey: AccountId,
            origin_netuid: u16,
            destination_netuid: u16,
            alpha_amount: u64,
        ) -> DispatchResult {
            Self::run(
                origin,
                Function::SwapStake,
                (hotkey, origin_netuid, destination_netuid, alpha_amount),
            )
        }

        /// As `add_stake`, up to a price in rao per whole alpha.
        #[pallet::call_index(88)]
        #[pallet::weight(weight(Function::AddStakeLimit))]
        pub fn add_stake_limit(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: u16,
            amount_staked: u64,
            limit_price: u64,
            allow_partial: bool,
        ) -> DispatchResult {
            Self::run(
                origin,
                Function::AddStakeLimit,
                (hotkey, netuid, amount_staked, limit_price, allow_partial),
            )
        }

        /// As `remove_stake`, down to a price in rao per whole alpha.
        #[pallet::call_index(89)]
        #[pallet::weight(weight(Function::RemoveStakeLimit))]
        pub fn remove_stake_limit(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: u16,
            amount_unstaked: u64,
            limit_price: u64,
            allow_partial: bool,
        ) -> DispatchResult {
            Self::run(
                origin,
                Function::RemoveStakeLimit,
                (hotkey, netuid, amount_unstaked, limit_price, allow_partial),
            )
        }
    }
}
