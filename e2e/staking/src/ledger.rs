//! Free TAO balances, which belong to the host.

use crate::AccountId;
use std::collections::BTreeMap;

/// Why a balance did not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Less is free than was to be withdrawn.
    #[error("insufficient free balance: {free} rao free, {wanted} rao wanted")]
    Insufficient {
        /// Free balance.
        free: u64,
        /// Amount that was to leave.
        wanted: u64,
    },
    /// The host refused: below the existential deposit, frozen, or overflow.
    #[error("the host refused to move {0} rao")]
    Refused(u64),
}

/// Free TAO, in rao. TAO that is staked leaves the ledger and comes back when it is unstaked; the sum of the ledger and
/// [`total_tao`](crate::Staking::total_tao) is constant.
pub trait Ledger {
    /// What `who` can withdraw while staying alive.
    fn free(&self, who: &AccountId) -> u64;

    /// Takes `amount` out of the free balance. Nothing changes on an error.
    fn withdraw(&mut self, who: &AccountId, amount: u64) -> Result<(), LedgerError>;

    /// Adds `amount` to the free balance, creating the account if the host allows it. Nothing changes on an error.
    fn deposit(&mut self, who: &AccountId, amount: u64) -> Result<(), LedgerError>;
}

/// A ledger in memory, for tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapLedger(pub BTreeMap<AccountId, u64>);

impl Ledger for MapLedger {
    fn free(&self, who: &AccountId) -> u64 {
        self.0.get(who).copied().unwrap_or_default()
    }

    fn withdraw(&mut self, who: &AccountId, amount: u64) -> Result<(), LedgerError> {
        let free = self.free(who);
        let left = free
            .checked_sub(amount)
            .ok_or(LedgerError::Insufficient { free, wanted: amount })?;
        self.0.insert(*who, left);
        Ok(())
    }

    fn deposit(&mut self, who: &AccountId, amount: u64) -> Result<(), LedgerError> {
        let sum = self.free(who).checked_add(amount).ok_or(LedgerError::Refused(amount))?;
        self.0.insert(*who, sum);
        Ok(())
    }
}

impl<T: Ledger + ?Sized> Ledger for &mut T {
    fn free(&self, who: &AccountId) -> u64 {
        (**self).free(who)
    }

    fn withdraw(&mut self, who: &AccountId, amount: u64) -> Result<(), LedgerError> {
        (**self).withdraw(who, amount)
    }

    fn deposit(&mut self, who: &AccountId, amount: u64) -> Result<(), LedgerError> {
        (**self).deposit(who, amount)
    }
}
