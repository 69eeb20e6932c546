//! Moving stake between hotkeys, coldkeys and subnets: functions 5, 6, 7 and 10.

use crate::limits::{max_move, Limit};
use crate::stake::Place;
use crate::trade::{quote_buy, quote_sell, within};
use crate::{is_system_account, AccountId, Code, Ledger, NetUid, Staking, Store, Subnet, MIN_STAKE, PRICE_ONE, ROOT};

impl<S: Store, L: Ledger> Staking<S, L> {
    /// Function 5: to another hotkey, on the same subnet or another.
    pub(crate) fn move_stake(
        &mut self,
        coldkey: &AccountId,
        (from_hotkey, from_netuid): (AccountId, NetUid),
        (to_hotkey, to_netuid): (AccountId, NetUid),
        alpha: u64,
    ) -> Result<u64, Code> {
        let from = Place {
            hotkey: from_hotkey,
            coldkey: *coldkey,
            netuid: from_netuid,
        };
        let to = Place {
            hotkey: to_hotkey,
            coldkey: *coldkey,
            netuid: to_netuid,
        };
        self.transition(from, to, alpha, None)
    }

    /// Function 6: to another coldkey, with the same hotkey.
    pub(crate) fn transfer_stake(
        &mut self,
        coldkey: &AccountId,
        to_coldkey: &AccountId,
        hotkey: &AccountId,
        (from_netuid, to_netuid): (NetUid, NetUid),
        alpha: u64,
    ) -> Result<u64, Code> {
        if is_system_account(to_coldkey) {
            return Err(Code::CannotUseSystemAccount);
        }
        let from = Place {
            hotkey: *hotkey,
            coldkey: *coldkey,
            netuid: from_netuid,
        };
        let to = Place {
            hotkey: *hotkey,
            coldkey: *to_coldkey,
            netuid: to_netuid,
        };
        self.transition(from, to, alpha, None)
    }

    /// Functions 7 and 10: to another subnet, with the same hotkey.
    pub(crate) fn swap_stake(
        &mut self,
        coldkey: &AccountId,
        hotkey: &AccountId,
        (from_netuid, to_netuid): (NetUid, NetUid),
        alpha: u64,
        limit: Option<Limit>,
    ) -> Result<u64, Code> {
        let from = Place {
            hotkey: *hotkey,
            coldkey: *coldkey,
            netuid: from_netuid,
        };
        let to = Place {
            netuid: to_netuid,
            ..from
        };
        self.transition(from, to, alpha, limit)
    }

    /// Moves `min(alpha, stake)`: like the chain, a larger amount is capped in silence. Returns the alpha that left.
    fn transition(&mut self, from: Place, to: Place, alpha: u64, limit: Option<Limit>) -> Result<u64, Code> {
        let mut alpha = alpha.min(self.stake_at(&from));
        if from == to {
            return Err(Code::SameNetuid);
        }
        let origin = self.existing(from.netuid)?;
        let target = self.existing(to.netuid)?;
        if !origin.subtoken_enabled || !target.subtoken_enabled {
            return Err(Code::SubtokenDisabled);
        }
        self.ensure_hotkey(&from.hotkey)?;
        self.ensure_hotkey(&to.hotkey)?;
        if let Some(limit) = limit {
            let max = max_move(
                (from.netuid, &origin.pool),
                (to.netuid, &target.pool),
                alpha,
                limit.price,
            );
            alpha = within(alpha, max, limit.partial)?;
        }
        if self.worth(&from, &origin, &to, alpha)? <= MIN_STAKE {
            return Err(Code::AmountTooLow);
        }
        let changes_owner = from.coldkey != to.coldkey;
        if changes_owner && !(origin.transfers_enabled && target.transfers_enabled) {
            return Err(Code::RuntimeError);
        }
        match from.netuid == to.netuid {
            true => self.move_within(&from, &to, alpha)?,
            false => self.move_across(&from, origin, &to, target, alpha)?,
        }
        Ok(alpha)
    }

    /// What a move is worth in rao of TAO: at the spot price within a subnet, after the swap across two.
    fn worth(&self, from: &Place, origin: &Subnet, to: &Place, alpha: u64) -> Result<u64, Code> {
        if from.netuid != to.netuid && alpha > 0 {
            return Ok(quote_sell(from.netuid, &origin.pool, alpha)?.0);
        }
        let price = if from.netuid == ROOT {
            PRICE_ONE
        } else {
            origin.pool.price_e9()
        };
        let worth = u128::from(alpha) * u128::from(price) / u128::from(PRICE_ONE);
        Ok(u64::try_from(worth).unwrap_or(u64::MAX))
    }

    /// No swap and no fee. Locked alpha may change its hotkey freely, but its owner only with its lock.
    fn move_within(&mut self, from: &Place, to: &Place, alpha: u64) -> Result<(), Code> {
        let locks = match from.coldkey == to.coldkey {
            true => None,
            false => self.locks_after_transfer(&from.coldkey, &to.coldkey, from.netuid, alpha)?,
        };
        self.shift(from, alpha, to, alpha)?;
        if let Some((source, target)) = locks {
            self.put_lock(&from.coldkey, from.netuid, &source);
            self.put_lock(&to.coldkey, to.netuid, &target);
        }
        Ok(())
    }

    /// Sold on one subnet, bought on the other; locked alpha cannot leave.
    fn move_across(
        &mut self,
        from: &Place,
        mut origin: Subnet,
        to: &Place,
        mut target: Subnet,
        alpha: u64,
    ) -> Result<(), Code> {
        self.ensure_available(&from.coldkey, from.netuid, alpha)?;
        let (tao, origin_pool) = quote_sell(from.netuid, &origin.pool, alpha)?;
        let (bought, target_pool) = quote_buy(to.netuid, &target.pool, tao)?;
        origin.alpha_out = origin.alpha_out.checked_sub(alpha).ok_or(Code::InsufficientLiquidity)?;
        target.alpha_out = target
            .alpha_out
            .checked_add(bought)
            .ok_or(Code::InsufficientLiquidity)?;
        (origin.pool, target.pool) = (origin_pool, target_pool);
        self.shift(from, alpha, to, bought)?;
        self.put_subnet(from.netuid, &origin);
        self.put_subnet(to.netuid, &target);
        Ok(())
    }
}
