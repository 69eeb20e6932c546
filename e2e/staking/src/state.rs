//! The cells of the state and their keys.

use crate::{AccountId, Dividend, Lock, NetUid, Pool, Staking, Store};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// A subnet of one generation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Subnet {
    /// The registration counter: together with the netuid it names the generation.
    pub counter: u64,
    /// Coldkey of the owner.
    pub owner: AccountId,
    /// Hotkey of the owner; a lock aimed at it has full conviction at once.
    pub owner_hotkey: AccountId,
    /// Blocks between two epochs.
    pub tempo: u16,
    /// The reserves. On root `pool.tao` is all TAO staked there and `pool.alpha` stays zero.
    pub pool: Pool,
    /// Alpha outside the pool, in rao: stake of everybody, plus what was burned.
    pub alpha_out: u64,
    /// Alpha burned, in rao; it still counts as outstanding.
    pub burned: u64,
    /// Whether stake may be transferred to another coldkey.
    pub transfers_enabled: bool,
    /// Whether the token is open: without it nothing can be added or moved.
    pub subtoken_enabled: bool,
    /// Block of registration.
    pub created_at: u64,
    /// Block of the latest epoch, zero before the first.
    pub last_epoch: u64,
}

/// The stake behind one hotkey on one subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct HotkeyPool {
    /// Alpha of all stakers together, in rao.
    pub total: u64,
    /// Shares of all stakers together.
    pub shares: u128,
    /// Whether the hotkey is registered on the subnet; only then does it earn.
    pub registered: bool,
    /// What it earns each epoch.
    pub dividend: Dividend,
    /// What its stakers got at the latest epoch, in rao, net of its take.
    pub last_dividend: u64,
}

/// TAO that the state holds besides the pools, in rao.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Custody {
    /// Deposits of proxies.
    pub proxy_deposits: u64,
    /// TAO that left circulation: reserves of subnets dissolved without any staker.
    pub recycled: u64,
}

/// A code to return instead of doing what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Failure {
    pub code: crate::Code,
    pub times: u32,
}

/// Keys are a tag and its parts, numbers big-endian, so that a prefix names a subnet or an account.
pub(crate) mod key {
    use super::{AccountId, NetUid};

    fn join(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let mut key = vec![tag];
        parts.iter().for_each(|part| key.extend_from_slice(part));
        key
    }

    pub const SUBNETS: &[u8] = b"n";
    pub const CUSTODY: &[u8] = b"g";

    pub fn subnet(netuid: NetUid) -> Vec<u8> {
        join(b'n', &[&netuid.to_be_bytes()])
    }
    pub fn counter(netuid: NetUid) -> Vec<u8> {
        join(b'c', &[&netuid.to_be_bytes()])
    }
    pub fn hotkey_owner(hotkey: &AccountId) -> Vec<u8> {
        join(b'o', &[hotkey])
    }
    pub fn pools(netuid: NetUid) -> Vec<u8> {
        join(b'h', &[&netuid.to_be_bytes()])
    }
    pub fn pool(netuid: NetUid, hotkey: &AccountId) -> Vec<u8> {
        join(b'h', &[&netuid.to_be_bytes(), hotkey])
    }
    /// Shares are reached from the coldkey: its positions are what the chain asks for most.
    pub fn positions_on(coldkey: &AccountId, netuid: NetUid) -> Vec<u8> {
        join(b's', &[coldkey, &netuid.to_be_bytes()])
    }
    pub fn shares(coldkey: &AccountId, netuid: NetUid, hotkey: &AccountId) -> Vec<u8> {
        join(b's', &[coldkey, &netuid.to_be_bytes(), hotkey])
    }
    /// The same positions by subnet, for the dissolution.
    pub fn stakers(netuid: NetUid) -> Vec<u8> {
        join(b'i', &[&netuid.to_be_bytes()])
    }
    pub fn staker(netuid: NetUid, coldkey: &AccountId, hotkey: &AccountId) -> Vec<u8> {
        join(b'i', &[&netuid.to_be_bytes(), coldkey, hotkey])
    }
    pub fn locks(netuid: NetUid) -> Vec<u8> {
        join(b'l', &[&netuid.to_be_bytes()])
    }
    pub fn lock(netuid: NetUid, coldkey: &AccountId) -> Vec<u8> {
        join(b'l', &[&netuid.to_be_bytes(), coldkey])
    }
    pub fn accepts_locked(coldkey: &AccountId) -> Vec<u8> {
        join(b'k', &[coldkey])
    }
    pub fn auto_stake(coldkey: &AccountId, netuid: NetUid) -> Vec<u8> {
        join(b'a', &[coldkey, &netuid.to_be_bytes()])
    }
    pub fn proxies(account: &AccountId) -> Vec<u8> {
        join(b'p', &[account])
    }
    pub fn proxy(account: &AccountId, delegate: &AccountId) -> Vec<u8> {
        join(b'p', &[account, delegate])
    }
    pub fn failure(account: &AccountId, function: u16) -> Vec<u8> {
        join(b'f', &[account, &function.to_be_bytes()])
    }

    /// The account that ends a key.
    pub fn last_account(key: &[u8]) -> AccountId {
        let mut account = [0u8; 32];
        account.copy_from_slice(&key[key.len() - 32..]);
        account
    }

    /// The netuid at `at` bytes into a key.
    pub fn netuid_at(key: &[u8], at: usize) -> NetUid {
        NetUid::from_be_bytes([key[at], key[at + 1]])
    }
}

impl<S: Store, L> Staking<S, L> {
    pub(crate) fn read<T: Decode>(&self, key: &[u8]) -> Option<T> {
        let bytes = self.store.get(key)?;
        Some(T::decode(&mut &bytes[..]).expect("cells are written by this crate only"))
    }

    pub(crate) fn write<T: Encode>(&mut self, key: &[u8], value: &T) {
        self.store.put(key, value.encode());
    }

    /// Writes a cell, or empties it when there is nothing worth keeping.
    pub(crate) fn write_or_remove<T: Encode>(&mut self, key: &[u8], value: Option<&T>) {
        match value {
            Some(value) => self.write(key, value),
            None => self.store.remove(key),
        }
    }

    /// The subnet, if `netuid` is registered.
    pub fn subnet(&self, netuid: NetUid) -> Option<Subnet> {
        self.read(&key::subnet(netuid))
    }

    /// Registrations `netuid` has seen; it survives dissolution.
    pub fn registration_counter(&self, netuid: NetUid) -> u64 {
        self.read(&key::counter(netuid)).unwrap_or_default()
    }

    pub(crate) fn put_subnet(&mut self, netuid: NetUid, subnet: &Subnet) {
        self.write(&key::subnet(netuid), subnet);
    }

    /// The registered netuids in ascending order.
    pub fn subnets(&self) -> Vec<NetUid> {
        let keys = self.store.keys(key::SUBNETS);
        keys.iter().map(|k| key::netuid_at(k, 1)).collect()
    }

    /// The stake behind `hotkey` on `netuid`; empty and unregistered if it was never seen there.
    pub fn hotkey_pool(&self, netuid: NetUid, hotkey: &AccountId) -> HotkeyPool {
        self.read(&key::pool(netuid, hotkey)).unwrap_or_default()
    }

    pub(crate) fn put_pool(&mut self, netuid: NetUid, hotkey: &AccountId, pool: &HotkeyPool) {
        self.write(&key::pool(netuid, hotkey), pool);
    }

    /// The hotkeys that are registered or staked to on `netuid`.
    pub fn hotkeys(&self, netuid: NetUid) -> Vec<AccountId> {
        let keys = self.store.keys(&key::pools(netuid));
        keys.iter().map(|k| key::last_account(k)).collect()
    }

    /// The coldkey that owns `hotkey`, if the hotkey exists at all.
    pub fn hotkey_owner(&self, hotkey: &AccountId) -> Option<AccountId> {
        self.read(&key::hotkey_owner(hotkey))
    }

    pub(crate) fn stored_lock(&self, coldkey: &AccountId, netuid: NetUid) -> Option<Lock> {
        self.read(&key::lock(netuid, coldkey))
    }

    pub(crate) fn custody(&self) -> Custody {
        self.read(key::CUSTODY).unwrap_or_default()
    }

    pub(crate) fn put_custody(&mut self, custody: &Custody) {
        self.write(key::CUSTODY, custody);
    }

    /// All TAO in custody, in rao: pools, root stake, deposits of proxies, and what was recycled. Together with the
    /// ledger it is constant under every function of the extension.
    pub fn total_tao(&self) -> u64 {
        let pools = self.subnets().into_iter().filter_map(|n| self.subnet(n));
        let custody = self.custody();
        pools.map(|s| s.pool.tao).sum::<u64>() + custody.proxy_deposits + custody.recycled
    }
}
