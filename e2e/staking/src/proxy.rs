//! Proxies of the type Staking: functions 13 and 14.

use crate::state::key;
use crate::{AccountId, Code, Ledger, Staking, Store};

/// Proxies an account may have, as on the chain.
pub const MAX_PROXIES: usize = 20;

/// TAO (rao) held while an account has any proxy.
pub const PROXY_DEPOSIT_BASE: u64 = 60_000_000;

/// TAO (rao) held for each proxy.
pub const PROXY_DEPOSIT_FACTOR: u64 = 33_000_000;

impl<S: Store, L: Ledger> Staking<S, L> {
    /// The proxies of `account`, in the order of their keys.
    pub fn proxies(&self, account: &AccountId) -> Vec<AccountId> {
        let keys = self.store.keys(&key::proxies(account));
        keys.iter().map(|k| key::last_account(k)).collect()
    }

    pub(crate) fn add_proxy(&mut self, account: &AccountId, delegate: &AccountId) -> Result<(), Code> {
        if account == delegate {
            return Err(Code::ProxyNoSelfProxy);
        }
        let proxies = self.proxies(account);
        if proxies.contains(delegate) {
            return Err(Code::ProxyDuplicate);
        }
        if proxies.len() >= MAX_PROXIES {
            return Err(Code::ProxyTooMany);
        }
        let deposit = PROXY_DEPOSIT_FACTOR + if proxies.is_empty() { PROXY_DEPOSIT_BASE } else { 0 };
        self.ledger
            .withdraw(account, deposit)
            .map_err(|_| Code::InsufficientBalance)?;
        let mut custody = self.custody();
        custody.proxy_deposits += deposit;
        self.put_custody(&custody);
        self.write(&key::proxy(account, delegate), &());
        Ok(())
    }

    pub(crate) fn remove_proxy(&mut self, account: &AccountId, delegate: &AccountId) -> Result<(), Code> {
        let proxies = self.proxies(account);
        if !proxies.contains(delegate) {
            return Err(Code::ProxyNotFound);
        }
        let deposit = PROXY_DEPOSIT_FACTOR + if proxies.len() == 1 { PROXY_DEPOSIT_BASE } else { 0 };
        self.ledger.deposit(account, deposit).map_err(|_| Code::RuntimeError)?;
        let mut custody = self.custody();
        custody.proxy_deposits = custody.proxy_deposits.saturating_sub(deposit);
        self.put_custody(&custody);
        self.store.remove(&key::proxy(account, delegate));
        Ok(())
    }
}
