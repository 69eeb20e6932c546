//! Hosts the staking stand-in in this runtime: state in its storage, free TAO in pallet-balances.

use crate::{AccountId, Balance};
use frame_support::storage::unhashed;
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_support::traits::tokens::{Fortitude, Precision, Preservation};
use sp_io::hashing::twox_128;
use sp_runtime::traits::SaturatedConversion;
use staking::{Ledger, LedgerError, Staking, Store};
use std::marker::PhantomData;

/// What a pallet needs of a runtime to reach the stand-in.
pub trait StakingHost:
    frame_system::Config<AccountId = AccountId> + pallet_balances::Config<Balance = Balance>
{
}

impl<T> StakingHost for T where
    T: frame_system::Config<AccountId = AccountId> + pallet_balances::Config<Balance = Balance>
{
}

/// The stand-in over the state of the current block.
pub fn staking<T: StakingHost>() -> Staking<State, Balances<T>> {
    let now = frame_system::Pallet::<T>::block_number().saturated_into();
    Staking::new(State, Balances(PhantomData), now)
}

/// The cells of the stand-in, each under `twox128("StakingStandIn") ++ twox128("State") ++ key`, so that they have
/// the place of a storage map and its prefixes can be iterated.
#[derive(Clone, Copy, Default)]
pub struct State;

impl State {
    fn prefix() -> Vec<u8> {
        [twox_128(b"StakingStandIn"), twox_128(b"State")].concat()
    }

    fn full(key: &[u8]) -> Vec<u8> {
        let mut full = Self::prefix();
        full.extend_from_slice(key);
        full
    }
}

impl Store for State {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        unhashed::get_raw(&Self::full(key))
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>) {
        unhashed::put_raw(&Self::full(key), &value);
    }

    fn remove(&mut self, key: &[u8]) {
        unhashed::kill(&Self::full(key));
    }

    fn keys(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        let (start, skip) = (Self::full(prefix), Self::prefix().len());
        // The iteration asks for what follows a key, so the prefix itself is asked for first.
        let mut keys: Vec<Vec<u8>> = unhashed::exists(&start).then(|| start.clone()).into_iter().collect();
        let mut last = start.clone();
        while let Some(next) = sp_io::storage::next_key(&last).filter(|next| next.starts_with(&start)) {
            keys.push(next.clone());
            last = next;
        }
        keys.into_iter().map(|key| key[skip..].to_vec()).collect()
    }
}

/// Free TAO. What goes into stake is burned and minted again when it comes back, so that the total issuance of this
/// pallet is the TAO that is not staked.
pub struct Balances<T>(PhantomData<T>);

impl<T: StakingHost> Ledger for Balances<T> {
    fn free(&self, who: &staking::AccountId) -> u64 {
        pallet_balances::Pallet::<T>::reducible_balance(&(*who).into(), Preservation::Preserve, Fortitude::Polite)
    }

    fn withdraw(&mut self, who: &staking::AccountId, amount: u64) -> Result<(), LedgerError> {
        let (keep, exact) = (Preservation::Preserve, Precision::Exact);
        pallet_balances::Pallet::<T>::burn_from(&(*who).into(), amount, keep, exact, Fortitude::Polite)
            .map(|_| ())
            .map_err(|_| LedgerError::Insufficient {
                free: self.free(who),
                wanted: amount,
            })
    }

    fn deposit(&mut self, who: &staking::AccountId, amount: u64) -> Result<(), LedgerError> {
        pallet_balances::Pallet::<T>::mint_into(&(*who).into(), amount)
            .map(|_| ())
            .map_err(|_| LedgerError::Refused(amount))
    }
}
