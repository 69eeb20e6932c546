//! Destroying alpha: functions 16–19.

use crate::stake::Place;
use crate::{AccountId, Code, Ledger, NetUid, Staking, Store, ROOT};

/// What happens to destroyed alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destroy {
    /// It no longer counts as issued.
    Recycle,
    /// It still counts as outstanding, but nobody owns it.
    Burn,
}

impl<S: Store, L: Ledger> Staking<S, L> {
    /// Destroys `min(alpha, stake)` and returns it.
    pub(crate) fn destroy(
        &mut self,
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        alpha: u64,
        how: Destroy,
    ) -> Result<u64, Code> {
        let mut subnet = self.existing(netuid)?;
        if netuid == ROOT {
            return Err(Code::CannotBurnOrRecycleOnRootSubnet);
        }
        if !subnet.subtoken_enabled {
            return Err(Code::SubtokenDisabled);
        }
        self.ensure_hotkey(hotkey)?;
        let place = Place {
            hotkey: *hotkey,
            coldkey: *coldkey,
            netuid,
        };
        let alpha = alpha.min(self.stake_at(&place));
        self.ensure_available(coldkey, netuid, alpha)?;
        match how {
            Destroy::Recycle => {
                subnet.alpha_out = subnet.alpha_out.checked_sub(alpha).ok_or(Code::InsufficientLiquidity)?;
            }
            Destroy::Burn => subnet.burned = subnet.burned.saturating_add(alpha),
        }
        self.debit(&place, alpha)?;
        self.put_subnet(netuid, &subnet);
        Ok(alpha)
    }

    /// Buys alpha for `tao` and destroys what was bought. Returns it; after dividends it may be one rao less.
    pub(crate) fn add_and_destroy(
        &mut self,
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        tao: u64,
        how: Destroy,
    ) -> Result<u64, Code> {
        // Before the purchase, so that a code leaves nothing behind.
        if netuid == ROOT && self.subnet(ROOT).is_some() {
            return Err(Code::CannotBurnOrRecycleOnRootSubnet);
        }
        let bought = self.add_stake(coldkey, hotkey, netuid, tao, None)?;
        // The rao that the shares may have lost must not come out of a lock.
        let alpha = bought.min(self.available(coldkey, netuid));
        self.destroy(coldkey, hotkey, netuid, alpha, how)
    }
}
