//! Stake of one coldkey with one hotkey on one subnet.

use crate::state::key;
use crate::{AccountId, Code, NetUid, Staking, Store};

/// Where a stake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub hotkey: AccountId,
    pub coldkey: AccountId,
    pub netuid: NetUid,
}

impl<S: Store, L> Staking<S, L> {
    pub(crate) fn shares(&self, place: &Place) -> u128 {
        self.read(&key::shares(&place.coldkey, place.netuid, &place.hotkey))
            .unwrap_or_default()
    }

    fn put_shares(&mut self, place: &Place, shares: u128) {
        let Place {
            hotkey,
            coldkey,
            netuid,
        } = place;
        let kept = shares > 0;
        self.write_or_remove(&key::shares(coldkey, *netuid, hotkey), kept.then_some(&shares));
        self.write_or_remove(&key::staker(*netuid, coldkey, hotkey), kept.then_some(&()));
    }

    pub(crate) fn stake_at(&self, place: &Place) -> u64 {
        self.hotkey_pool(place.netuid, &place.hotkey).value(self.shares(place))
    }

    /// Stake in rao of alpha (of TAO on root), rounded down.
    pub fn stake(&self, hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid) -> u64 {
        self.stake_at(&Place {
            hotkey: *hotkey,
            coldkey: *coldkey,
            netuid,
        })
    }

    /// The stakes of `coldkey` on `netuid`, by hotkey, in rao.
    pub fn stakes_on(&self, coldkey: &AccountId, netuid: NetUid) -> Vec<(AccountId, u64)> {
        let keys = self.store.keys(&key::positions_on(coldkey, netuid));
        let hotkeys = keys.iter().map(|k| key::last_account(k));
        hotkeys
            .map(|hotkey| (hotkey, self.stake(&hotkey, coldkey, netuid)))
            .collect()
    }

    /// The stake of `coldkey` on `netuid` over all hotkeys, in rao.
    pub fn total_stake(&self, coldkey: &AccountId, netuid: NetUid) -> u64 {
        self.stakes_on(coldkey, netuid).iter().map(|(_, stake)| stake).sum()
    }

    /// Credits stake. Writes nothing on an error.
    pub(crate) fn credit(&mut self, place: &Place, amount: u64) -> Result<(), Code> {
        let mut pool = self.hotkey_pool(place.netuid, &place.hotkey);
        let shares = self.shares(place) + pool.add(amount)?;
        self.put_pool(place.netuid, &place.hotkey, &pool);
        self.put_shares(place, shares);
        Ok(())
    }

    /// Debits stake. Writes nothing on an error.
    pub(crate) fn debit(&mut self, place: &Place, amount: u64) -> Result<(), Code> {
        let mut pool = self.hotkey_pool(place.netuid, &place.hotkey);
        let left = pool.take(self.shares(place), amount)?;
        self.put_pool(place.netuid, &place.hotkey, &pool);
        self.put_shares(place, left);
        Ok(())
    }

    /// Takes `taken` from one place and puts `given` to another. Writes nothing on an error.
    pub(crate) fn shift(&mut self, from: &Place, taken: u64, to: &Place, given: u64) -> Result<(), Code> {
        let mut source = self.hotkey_pool(from.netuid, &from.hotkey);
        let left = source.take(self.shares(from), taken)?;
        if (from.netuid, from.hotkey) == (to.netuid, to.hotkey) {
            // One pool on both sides: the second step must see the first.
            let held = if from == to { left } else { self.shares(to) };
            let shares = held + source.add(given)?;
            self.put_pool(from.netuid, &from.hotkey, &source);
            self.put_shares(from, left);
            self.put_shares(to, shares);
            return Ok(());
        }
        let mut target = self.hotkey_pool(to.netuid, &to.hotkey);
        let shares = self.shares(to) + target.add(given)?;
        self.put_pool(from.netuid, &from.hotkey, &source);
        self.put_shares(from, left);
        self.put_pool(to.netuid, &to.hotkey, &target);
        self.put_shares(to, shares);
        Ok(())
    }
}
