//! What a subnet's owner may set, with the chain's name, indices and arguments.
//!
//! Transfers of stake are really switched; the other hyperparameters have no effect here but that they can be read. The
//! chain also refuses such a call within a rate limit and shortly before an epoch, which is not reproduced.
//!
//! The sandbox of the contracts compiles this file, too, against another generation of FRAME.

pub use pallet::*;

#[frame_support::pallet]
pub mod pallet {
    use super::super::host::{staking, StakingHost};
    use super::super::AccountId;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<AccountId = AccountId> + StakingHost {}

    /// Hyperparameters by netuid and the index of the call that sets them; a flag is 0 or 1. Nothing is there before it
    /// is set, and what was set stays when the subnet ends.
    #[pallet::storage]
    pub type Hyperparameters<T> = StorageDoubleMap<_, Identity, u16, Identity, u8, u64>;

    #[pallet::error]
    pub enum Error<T> {
        /// There is no such subnet.
        SubnetDoesNotExist,
        /// The value is not within what other hyperparameters allow.
        ValueNotInBounds,
    }

    const SERVING_RATE_LIMIT: u8 = 3;
    const IMMUNITY_PERIOD: u8 = 13;
    const MIN_ALLOWED_WEIGHTS: u8 = 14;
    const RHO: u8 = 17;
    const MIN_BURN: u8 = 22;
    const MAX_BURN: u8 = 23;
    const COMMIT_REVEAL_WEIGHTS: u8 = 49;

    /// Rao that a registration burns at least, until the owner sets it: the chain's default.
    const DEFAULT_MIN_BURN: u64 = 500_000;
    /// Rao that a registration burns at most, until the owner sets it: the chain's default.
    const DEFAULT_MAX_BURN: u64 = 100_000_000_000;

    /// About what the chain's own calls cost.
    fn cost<T: Config>() -> Weight {
        Weight::from_parts(30_000_000, 0).saturating_add(T::DbWeight::get().reads_writes(3, 1))
    }

    impl<T: Config> Pallet<T> {
        /// Whoever does not own the subnet is refused, also if there is no such subnet.
        fn ensure_owner_or_root(origin: OriginFor<T>, netuid: u16) -> DispatchResult {
            let subnet = staking::<T>().subnet(netuid);
            match ensure_signed_or_root(origin)? {
                Some(who) => {
                    let who: [u8; 32] = who.into();
                    let owns = subnet.is_some_and(|subnet| subnet.owner == who);
                    ensure!(owns, DispatchError::BadOrigin);
                }
                None => ensure!(subnet.is_some(), Error::<T>::SubnetDoesNotExist),
            }
            Ok(())
        }

        fn value(netuid: u16, parameter: u8) -> Option<u64> {
            Hyperparameters::<T>::get(netuid, parameter)
        }

        fn set(origin: OriginFor<T>, netuid: u16, parameter: u8, value: impl Into<u64>) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            Self::put(netuid, parameter, value.into());
            Ok(())
        }

        fn put(netuid: u16, parameter: u8, value: u64) {
            Hyperparameters::<T>::insert(netuid, parameter, value);
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets the blocks between two announcements of an axon.
        #[pallet::call_index(3)]
        #[pallet::weight(cost::<T>())]
        pub fn sudo_set_serving_rate_limit(
            origin: OriginFor<T>,
            netuid: u16,
            serving_rate_limit: u64,
        ) -> DispatchResult {
            Self::set(origin, netuid, SERVING_RATE_LIMIT, serving_rate_limit)
        }

        /// Sets the blocks in which a new neuron cannot be replaced.
        #[pallet::call_index(13)]
        #[pallet::weight(cost::<T>())]
        pub fn sudo_set_immunity_period(origin: OriginFor<T>, netuid: u16, immunity_period: u16) -> DispatchResult {
            Self::set(origin, netuid, IMMUNITY_PERIOD, immunity_period)
        }

        /// Sets how many weights a validator must set.
        #[pallet::call_index(14)]
        #[pallet::weight(cost::<T>())]
        pub fn sudo_set_min_allowed_weights(
            origin: OriginFor<T>,
            netuid: u16,
            min_allowed_weights: u16,
        ) -> DispatchResult {
            Self::set(origin, netuid, MIN_ALLOWED_WEIGHTS, min_allowed_weights)
        }

        /// Sets the steepness of consensus.
        #[pallet::call_index(17)]
        #[pallet::weight(cost::<T>())]
        pub fn sudo_set_rho(origin: OriginFor<T>, netuid: u16, rho: u16) -> DispatchResult {
            Self::set(origin, netuid, RHO, rho)
        }

        /// Sets the rao that a registration burns at least; less than the most.
        #[pallet::call_index(22)]
        #[pallet::weight(cost::<T>())]
        pub fn sudo_set_min_burn(origin: OriginFor<T>, netuid: u16, min_burn: u64) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            let most = Self::value(netuid, MAX_BURN).unwrap_or(DEFAULT_MAX_BURN);
            ensure!(min_burn < most, Error::<T>::ValueNotInBounds);
            Self::put(netuid, MIN_BURN, min_burn);
            Ok(())
        }

        /// Sets the rao that a registration burns at most; more than the least.
        #[pallet::call_index(23)]
        #[pallet::weight(cost::<T>())]
        pub fn sudo_set_max_burn(origin: OriginFor<T>, netuid: u16, max_burn: u64) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            let least = Self::value(netuid, MIN_BURN).unwrap_or(DEFAULT_MIN_BURN);
            ensure!(max_burn > least, Error::<T>::ValueNotInBounds);
            Self::put(netuid, MAX_BURN, max_burn);
            Ok(())
        }

        /// Sets whether weights are committed before they are revealed.
        #[pallet::call_index(49)]
        #[pallet::weight(cost::<T>())]
        pub fn sudo_set_commit_reveal_weights_enabled(
            origin: OriginFor<T>,
            netuid: u16,
            enabled: bool,
        ) -> DispatchResult {
            Self::set(origin, netuid, COMMIT_REVEAL_WEIGHTS, enabled)
        }

        /// Allows or forbids transfers of stake to other coldkeys.
        #[pallet::call_index(61)]
        #[pallet::weight(cost::<T>())]
        pub fn sudo_set_toggle_transfer(origin: OriginFor<T>, netuid: u16, toggle: bool) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            staking::<T>()
                .set_transfers(netuid, toggle)
                .map_err(|_| Error::<T>::SubnetDoesNotExist.into())
        }
    }
}
