//! Native locks: mass that cannot leave, and the conviction it gathers.

use crate::exp::{exp_neg, mul, ONE};
use crate::state::key;
use crate::{AccountId, Code, NetUid, Staking, Store};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// The chain's time constant, in blocks, of both unlocking and maturing: half of a perpetual lock's conviction is
/// there after 90 days.
pub const TAU: u64 = 934_866;

/// The lock of a coldkey on a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Lock {
    /// The hotkey it is aimed at.
    pub hotkey: AccountId,
    /// Locked alpha, in rao.
    pub mass: u64,
    /// Conviction in rao, with 64 fractional bits.
    pub conviction: u128,
    /// Block that mass and conviction are of.
    pub last_update: u64,
    /// Whether the mass stays; otherwise it decays with the unlock constant.
    pub perpetual: bool,
}

/// Mass (rao) and conviction (rao with 64 fractional bits) of a lock `dt` blocks later. Both are rounded down.
///
/// With u = e^(−dt/τu) and v = e^(−dt/τm): a perpetual lock keeps m and has c' = v·c + m·(1 − v); a decaying one has
/// m' = u·m and c' = v·c + m·γ, where γ = τu(u − v)/(τu − τm), or (dt/τ)·v when both constants are equal.
/// The constants must not be zero.
pub fn roll(mass: u64, conviction: u128, dt: u64, perpetual: bool, unlock_tau: u64, maturity_tau: u64) -> (u64, u128) {
    let v = exp_neg(dt, maturity_tau);
    let kept = mul(conviction, v);
    if perpetual {
        return (mass, kept.saturating_add(u128::from(mass) * (ONE - v)));
    }
    let u = exp_neg(dt, unlock_tau);
    let gamma = match unlock_tau == maturity_tau {
        // dt·v is below 2^64·τ, because v vanishes after 45 τ.
        true => u128::from(dt).saturating_mul(v) / u128::from(unlock_tau),
        false => u128::from(unlock_tau) * u.abs_diff(v) / u128::from(unlock_tau.abs_diff(maturity_tau)),
    };
    let left = mul(u128::from(mass) << 64, u) >> 64;
    (left as u64, kept.saturating_add(u128::from(mass).saturating_mul(gamma)))
}

impl<S: Store, L> Staking<S, L> {
    /// The lock of `coldkey`, rolled to the current block.
    ///
    /// A lock aimed at the subnet owner's hotkey has full conviction at once.
    pub fn lock(&self, coldkey: &AccountId, netuid: NetUid) -> Option<Lock> {
        let mut lock = self.stored_lock(coldkey, netuid)?;
        let dt = self.now.saturating_sub(lock.last_update);
        (lock.mass, lock.conviction) = roll(lock.mass, lock.conviction, dt, lock.perpetual, TAU, TAU);
        lock.last_update = self.now;
        if self.subnet(netuid).is_some_and(|s| s.owner_hotkey == lock.hotkey) {
            lock.conviction = u128::from(lock.mass) << 64;
        }
        Some(lock)
    }

    /// Locked alpha of `coldkey` at the current block, in rao.
    pub fn locked(&self, coldkey: &AccountId, netuid: NetUid) -> u64 {
        self.lock(coldkey, netuid).map_or(0, |lock| lock.mass)
    }

    /// Alpha of `coldkey`, over all hotkeys, that may leave the subnet or its owner: in rao.
    pub fn available(&self, coldkey: &AccountId, netuid: NetUid) -> u64 {
        self.total_stake(coldkey, netuid)
            .saturating_sub(self.locked(coldkey, netuid))
    }

    pub(crate) fn ensure_available(&self, coldkey: &AccountId, netuid: NetUid, amount: u64) -> Result<(), Code> {
        match amount <= self.available(coldkey, netuid) {
            true => Ok(()),
            false => Err(Code::RuntimeError),
        }
    }

    /// Whether `account` agreed to receive locked alpha.
    pub fn accepts_locked(&self, account: &AccountId) -> bool {
        self.store.get(&key::accepts_locked(account)).is_some()
    }

    /// The locks of both sides after `amount` goes from one coldkey to another on the same subnet: what is not covered
    /// by unlocked stake takes its mass, and its part of the conviction, along.
    ///
    /// [`Code::RuntimeError`] if the receiver did not agree to locked alpha, or has a lock aimed elsewhere.
    pub(crate) fn locks_after_transfer(
        &self,
        from: &AccountId,
        to: &AccountId,
        netuid: NetUid,
        amount: u64,
    ) -> Result<Option<(Lock, Lock)>, Code> {
        let excess = amount.saturating_sub(self.available(from, netuid));
        let Some(mut source) = self.lock(from, netuid).filter(|_| excess > 0) else {
            return Ok(None);
        };
        if !self.accepts_locked(to) {
            return Err(Code::RuntimeError);
        }
        let part = excess.min(source.mass);
        // Divided first: the remainder (below the mass) stays with the sender.
        let conviction = (source.conviction / u128::from(source.mass.max(1))).saturating_mul(u128::from(part));
        let mut target = match self.lock(to, netuid) {
            Some(lock) if lock.hotkey != source.hotkey => return Err(Code::RuntimeError),
            Some(lock) => lock,
            None => Lock {
                mass: 0,
                conviction: 0,
                ..source
            },
        };
        source.mass -= part;
        source.conviction = source.conviction.saturating_sub(conviction);
        target.mass = target.mass.saturating_add(part);
        target.conviction = target.conviction.saturating_add(conviction);
        Ok(Some((source, target)))
    }

    pub(crate) fn put_lock(&mut self, coldkey: &AccountId, netuid: NetUid, lock: &Lock) {
        self.write_or_remove(&key::lock(netuid, coldkey), (lock.mass > 0).then_some(lock));
    }
}
