//! What the extension's reading functions return: 0, 15 and 34–36.

use crate::state::key;
use crate::{AccountId, NetUid, Staking, Store, PRICE_ONE, ROOT};
use codec::{Decode, Encode};

/// Function 0: a stake and what is known of its hotkey.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StakeInfo {
    /// The validator.
    pub hotkey: AccountId,
    /// The owner of the stake.
    pub coldkey: AccountId,
    /// The subnet.
    #[codec(compact)]
    pub netuid: NetUid,
    /// Stake, in rao.
    #[codec(compact)]
    pub stake: u64,
    /// Always zero: the chain keeps locks per coldkey (function 35).
    #[codec(compact)]
    pub locked: u64,
    /// The hotkey's latest dividend to all its stakers, in rao of alpha, net of its take.
    #[codec(compact)]
    pub emission: u64,
    /// Always zero.
    #[codec(compact)]
    pub tao_emission: u64,
    /// Always zero.
    #[codec(compact)]
    pub drain: u64,
    /// Whether the hotkey is registered on the subnet.
    pub is_registered: bool,
}

/// Function 34: which generation of a netuid is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RegistrationState {
    /// The subnet asked for.
    pub netuid: NetUid,
    /// Whether any generation is registered.
    pub exists: bool,
    /// Counts registrations; it stays after a dissolution.
    pub registered_subnet_counter: u64,
}

/// Function 35: a lock at the current block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ColdkeyLock {
    /// Locked alpha, in rao.
    pub locked_mass: u64,
    /// Conviction in rao, with 64 fractional bits.
    pub conviction_bits: u128,
    /// The current block.
    pub last_update: u64,
}

/// Function 36: how much of a stake may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StakeAvailability {
    /// The subnet asked for.
    pub netuid: NetUid,
    /// Stake over all hotkeys, in rao.
    pub total: u64,
    /// Locked part, in rao.
    pub locked: u64,
    /// The rest.
    pub available: u64,
}

impl<S: Store, L> Staking<S, L> {
    /// Function 0. The chain answers for any combination, with zeroes where there is nothing.
    pub fn stake_info(&self, hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid) -> Option<StakeInfo> {
        let pool = self.hotkey_pool(netuid, hotkey);
        Some(StakeInfo {
            hotkey: *hotkey,
            coldkey: *coldkey,
            netuid,
            stake: self.stake(hotkey, coldkey, netuid),
            locked: 0,
            emission: pool.last_dividend,
            tao_emission: 0,
            drain: 0,
            is_registered: pool.registered,
        })
    }

    /// Function 15: spot price in rao of TAO per whole alpha, rounded down.
    ///
    /// Like the chain, 1e9 for root **and for every subnet that does not exist**: a price alone proves nothing.
    pub fn price_e9(&self, netuid: NetUid) -> u64 {
        match (netuid, self.subnet(netuid)) {
            (ROOT, _) | (_, None) => PRICE_ONE,
            (_, Some(subnet)) => subnet.pool.price_e9(),
        }
    }

    /// Function 34.
    pub fn registration_state(&self, netuid: NetUid) -> RegistrationState {
        RegistrationState {
            netuid,
            exists: self.store.get(&key::subnet(netuid)).is_some(),
            registered_subnet_counter: self.registration_counter(netuid),
        }
    }

    /// Function 35.
    pub fn coldkey_lock(&self, coldkey: &AccountId, netuid: NetUid) -> Option<ColdkeyLock> {
        self.lock(coldkey, netuid).map(|lock| ColdkeyLock {
            locked_mass: lock.mass,
            conviction_bits: lock.conviction,
            last_update: lock.last_update,
        })
    }

    /// Function 36.
    pub fn stake_availability(&self, coldkey: &AccountId, netuid: NetUid) -> StakeAvailability {
        let total = self.total_stake(coldkey, netuid);
        let locked = self.locked(coldkey, netuid);
        StakeAvailability {
            netuid,
            total,
            locked,
            available: total.saturating_sub(locked),
        }
    }

    /// The hotkey that `coldkey` chose for its automatic stakes on `netuid`.
    pub fn auto_stake_hotkey(&self, coldkey: &AccountId, netuid: NetUid) -> Option<AccountId> {
        self.read(&key::auto_stake(coldkey, netuid))
    }
}
