//! The scenario's levers over the staking stand-in, for root only, and its hook at the beginning of every block.

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
    use crate::host::{staking, StakingHost};
    use crate::AccountId;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use staking::{Code, ControlError, Dividend, Function, NewSubnet};

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<AccountId = AccountId> + StakingHost {}

    #[pallet::error]
    pub enum Error<T> {
        /// There is no such subnet.
        NoSubnet,
        /// The number is taken.
        SubnetExists,
        /// Not possible on root.
        RootSubnet,
        /// There is no such hotkey.
        NoHotkey,
        /// Another coldkey owns the hotkey.
        OwnedHotkey,
        /// A lock cannot be larger than the stake.
        LockTooLarge,
        /// The amount does not fit.
        OutOfRange,
        /// The extension has no such function.
        UnknownFunction,
    }

    impl<T> From<ControlError> for Error<T> {
        fn from(error: ControlError) -> Self {
            match error {
                ControlError::NoSubnet(_) => Error::NoSubnet,
                ControlError::SubnetExists(_) => Error::SubnetExists,
                ControlError::RootSubnet => Error::RootSubnet,
                ControlError::NoHotkey => Error::NoHotkey,
                ControlError::OwnedHotkey => Error::OwnedHotkey,
                ControlError::LockTooLarge { .. } => Error::LockTooLarge,
                ControlError::OutOfRange(_) => Error::OutOfRange,
            }
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        /// Pays dividends. The weight is nominal: blocks here must leave contracts the room they have on the chain.
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            staking::<T>().on_block();
            T::DbWeight::get().reads(1)
        }
    }

    /// A lever is free and nearly weightless: scenarios pull many in a block.
    fn lever() -> (Weight, Pays) {
        (Weight::from_parts(10_000_000, 0), Pays::No)
    }

    fn done<T: Config, Unused>(result: Result<Unused, ControlError>) -> DispatchResult {
        result.map(|_| ()).map_err(|error| Error::<T>::from(error).into())
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a subnet; its reserves are created.
        #[pallet::call_index(0)]
        #[pallet::weight(lever())]
        pub fn create_subnet(origin: OriginFor<T>, netuid: u16, spec: NewSubnet) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().create_subnet(netuid, spec))
        }

        /// Dissolves a subnet and pays its TAO to its stakers.
        #[pallet::call_index(1)]
        #[pallet::weight(lever())]
        pub fn dissolve(origin: OriginFor<T>, netuid: u16) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().dissolve(netuid))
        }

        /// Dissolves a subnet and registers another under its number, in one step.
        #[pallet::call_index(2)]
        #[pallet::weight(lever())]
        pub fn reuse(origin: OriginFor<T>, netuid: u16, spec: NewSubnet) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().reuse(netuid, spec))
        }

        /// Registers a hotkey of a coldkey on a subnet.
        #[pallet::call_index(3)]
        #[pallet::weight(lever())]
        pub fn register_hotkey(
            origin: OriginFor<T>,
            netuid: u16,
            hotkey: AccountId,
            coldkey: AccountId,
        ) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().register_hotkey(netuid, hotkey.into(), coldkey.into()))
        }

        /// Takes a hotkey off a subnet; its stake stays.
        #[pallet::call_index(4)]
        #[pallet::weight(lever())]
        pub fn deregister_hotkey(origin: OriginFor<T>, netuid: u16, hotkey: AccountId) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().deregister_hotkey(netuid, hotkey.into()))
        }

        /// Sets what a hotkey's stakers earn each epoch.
        #[pallet::call_index(5)]
        #[pallet::weight(lever())]
        pub fn set_dividend(
            origin: OriginFor<T>,
            netuid: u16,
            hotkey: AccountId,
            dividend: Dividend,
        ) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().set_dividend(netuid, hotkey.into(), dividend))
        }

        /// Issues alpha (rao) as stake.
        #[pallet::call_index(6)]
        #[pallet::weight(lever())]
        pub fn credit_stake(
            origin: OriginFor<T>,
            netuid: u16,
            hotkey: AccountId,
            coldkey: AccountId,
            amount: u64,
        ) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().credit_stake(netuid, hotkey.into(), coldkey.into(), amount))
        }

        /// Replaces the reserves (rao).
        #[pallet::call_index(7)]
        #[pallet::weight(lever())]
        pub fn set_reserves(origin: OriginFor<T>, netuid: u16, tao: u64, alpha: u64) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().set_reserves(netuid, tao, alpha))
        }

        /// Moves the reserves along the curve to a price in rao per whole alpha.
        #[pallet::call_index(8)]
        #[pallet::weight(lever())]
        pub fn set_price(origin: OriginFor<T>, netuid: u16, price_e9: u64) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().set_price(netuid, price_e9))
        }

        /// Sets the fee of the pool in 1/65,535.
        #[pallet::call_index(9)]
        #[pallet::weight(lever())]
        pub fn set_fee(origin: OriginFor<T>, netuid: u16, fee_rate: u16) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().set_fee(netuid, fee_rate))
        }

        /// Sets the blocks between two epochs.
        #[pallet::call_index(10)]
        #[pallet::weight(lever())]
        pub fn set_tempo(origin: OriginFor<T>, netuid: u16, tempo: u16) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().set_tempo(netuid, tempo))
        }

        /// Allows or forbids transfers of stake.
        #[pallet::call_index(11)]
        #[pallet::weight(lever())]
        pub fn set_transfers(origin: OriginFor<T>, netuid: u16, enabled: bool) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().set_transfers(netuid, enabled))
        }

        /// Opens or closes the subnet's token.
        #[pallet::call_index(12)]
        #[pallet::weight(lever())]
        pub fn set_subtoken(origin: OriginFor<T>, netuid: u16, enabled: bool) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().set_subtoken(netuid, enabled))
        }

        /// Locks stake (rao), or removes the lock when the mass is zero.
        #[pallet::call_index(13)]
        #[pallet::weight(lever())]
        pub fn set_lock(
            origin: OriginFor<T>,
            netuid: u16,
            coldkey: AccountId,
            hotkey: AccountId,
            mass: u64,
            perpetual: bool,
        ) -> DispatchResult {
            ensure_root(origin)?;
            done::<T, _>(staking::<T>().set_lock(netuid, coldkey.into(), hotkey.into(), mass, perpetual))
        }

        /// Sets whether an account agrees to receive locked alpha.
        #[pallet::call_index(14)]
        #[pallet::weight(lever())]
        pub fn set_accepts_locked(origin: OriginFor<T>, account: AccountId, accepts: bool) -> DispatchResult {
            ensure_root(origin)?;
            staking::<T>().set_accepts_locked(account.into(), accepts);
            Ok(())
        }

        /// Makes the next calls of an extension function by an account fail with a code.
        #[pallet::call_index(15)]
        #[pallet::weight(lever())]
        pub fn fail_next(
            origin: OriginFor<T>,
            account: AccountId,
            function: u16,
            code: Code,
            times: u32,
        ) -> DispatchResult {
            ensure_root(origin)?;
            let function = Function::from_id(function).ok_or(Error::<T>::UnknownFunction)?;
            staking::<T>().fail_next(account.into(), function, code, times);
            Ok(())
        }

        /// Pays the dividends of one epoch now.
        #[pallet::call_index(16)]
        #[pallet::weight(lever())]
        pub fn run_epoch(origin: OriginFor<T>, netuid: u16) -> DispatchResult {
            ensure_root(origin)?;
            staking::<T>().run_epoch(netuid);
            Ok(())
        }
    }
}
