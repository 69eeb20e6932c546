//! Dividends, once a tempo.

use crate::{AccountId, Dividend, HotkeyPool, Ledger, NetUid, Staking, Store, ROOT};

impl<S: Store, L: Ledger> Staking<S, L> {
    /// To be called once at the beginning of every block, with [`now`](Self::now) being that block.
    ///
    /// Runs the epoch of each subnet whose tempo is over: every registered hotkey's stake grows by its dividend, which
    /// is newly issued alpha. Returns the number of hotkeys that were paid.
    pub fn on_block(&mut self) -> u32 {
        let due: Vec<NetUid> = self.subnets().into_iter().filter(|n| self.is_epoch(*n)).collect();
        due.into_iter().map(|netuid| self.run_epoch(netuid)).sum()
    }

    /// Epochs of different subnets fall into different blocks, as on the chain; none is in the block of registration.
    fn is_epoch(&self, netuid: NetUid) -> bool {
        self.subnet(netuid).is_some_and(|subnet| {
            let tempo = u64::from(subnet.tempo.max(1));
            netuid != ROOT && self.now > subnet.created_at && (self.now + u64::from(netuid)).is_multiple_of(tempo)
        })
    }

    /// Pays the dividends of one epoch now, whatever the tempo. Returns the number of hotkeys that were paid.
    pub fn run_epoch(&mut self, netuid: NetUid) -> u32 {
        let Some(mut subnet) = self.subnet(netuid) else {
            return 0;
        };
        let mut paid = 0;
        for hotkey in self.hotkeys(netuid) {
            let mut pool = self.hotkey_pool(netuid, &hotkey);
            let due = dividend(&pool);
            let room = u64::MAX - subnet.alpha_out.max(pool.total);
            pool.last_dividend = due.min(room);
            pool.total += pool.last_dividend;
            subnet.alpha_out += pool.last_dividend;
            paid += u32::from(pool.last_dividend > 0);
            self.put_pool(netuid, &hotkey, &pool);
        }
        subnet.last_epoch = self.now;
        self.put_subnet(netuid, &subnet);
        paid
    }

    /// The hotkey's latest dividend to its stakers, in rao, net of its take.
    pub fn last_dividend(&self, netuid: NetUid, hotkey: &AccountId) -> u64 {
        self.hotkey_pool(netuid, hotkey).last_dividend
    }
}

/// Nothing is paid to a hotkey that is not registered or that nobody stakes to.
fn dividend(pool: &HotkeyPool) -> u64 {
    if !pool.registered || pool.total == 0 {
        return 0;
    }
    match pool.dividend {
        Dividend::None => 0,
        Dividend::Amount(rao) => rao,
        Dividend::Rate { per_billion } => {
            let due = u128::from(pool.total) * u128::from(per_billion) / 1_000_000_000;
            u64::try_from(due).unwrap_or(u64::MAX)
        }
    }
}
