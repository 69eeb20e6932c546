//! Staking and unstaking: functions 1–4, 8, 9 and 11.

use crate::limits::{max_buy, max_sell, Limit};
use crate::stake::Place;
use crate::{AccountId, Code, Ledger, NetUid, Pool, Staking, Store, Subnet, MIN_STAKE, ROOT};

/// What a trade with a subnet's pool gives, and the pool afterwards.
pub(crate) type Quote = (u64, Pool);

/// The alpha for `tao`. Root takes TAO one to one.
pub(crate) fn quote_buy(netuid: NetUid, pool: &Pool, tao: u64) -> Result<Quote, Code> {
    match netuid {
        ROOT => {
            let sum = pool.tao.checked_add(tao).ok_or(Code::InsufficientLiquidity)?;
            Ok((tao, Pool { tao: sum, ..*pool }))
        }
        _ => pool.buy_alpha(tao).ok_or(Code::InsufficientLiquidity),
    }
}

/// The TAO for `alpha`.
pub(crate) fn quote_sell(netuid: NetUid, pool: &Pool, alpha: u64) -> Result<Quote, Code> {
    match netuid {
        ROOT => {
            let left = pool.tao.checked_sub(alpha).ok_or(Code::InsufficientLiquidity)?;
            Ok((alpha, Pool { tao: left, ..*pool }))
        }
        _ => pool.sell_alpha(alpha).ok_or(Code::InsufficientLiquidity),
    }
}

/// The part of an amount that may execute, given the most that the limit allows.
pub(crate) fn within(amount: u64, max: u64, partial: bool) -> Result<u64, Code> {
    match (max, partial) {
        // The chain has no code for a limit that the price is beyond already.
        (0, _) => Err(Code::RuntimeError),
        (_, true) => Ok(amount.min(max)),
        (_, false) if amount <= max => Ok(amount),
        _ => Err(Code::SlippageTooHigh),
    }
}

impl<S: Store, L: Ledger> Staking<S, L> {
    pub(crate) fn existing(&self, netuid: NetUid) -> Result<Subnet, Code> {
        self.subnet(netuid).ok_or(Code::SubnetNotExists)
    }

    pub(crate) fn ensure_hotkey(&self, hotkey: &AccountId) -> Result<(), Code> {
        self.hotkey_owner(hotkey).map(|_| ()).ok_or(Code::NotRegistered)
    }

    /// Buys alpha with `tao` rao of the coldkey's free balance and stakes it. Returns the alpha, rounded down.
    pub(crate) fn add_stake(
        &mut self,
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        tao: u64,
        limit: Option<Limit>,
    ) -> Result<u64, Code> {
        let mut subnet = self.existing(netuid)?;
        if !subnet.subtoken_enabled {
            return Err(Code::SubtokenDisabled);
        }
        let fee = if netuid == ROOT { 0 } else { subnet.pool.fee(MIN_STAKE) };
        if tao < MIN_STAKE + fee {
            return Err(Code::AmountTooLow);
        }
        let tao = match limit {
            None => tao,
            Some(limit) => within(tao, max_buy(netuid, &subnet.pool, tao, limit.price), limit.partial)?,
        };
        if self.ledger.free(coldkey) < tao {
            return Err(Code::NotEnoughBalanceToStake);
        }
        self.ensure_hotkey(hotkey)?;
        if tao < MIN_STAKE {
            return Err(Code::AmountTooLow);
        }
        let (alpha, pool) = quote_buy(netuid, &subnet.pool, tao)?;
        let place = Place {
            hotkey: *hotkey,
            coldkey: *coldkey,
            netuid,
        };
        self.hotkey_pool(netuid, hotkey).add(alpha)?;
        subnet.alpha_out = subnet.alpha_out.checked_add(alpha).ok_or(Code::InsufficientLiquidity)?;
        subnet.pool = pool;
        self.ledger
            .withdraw(coldkey, tao)
            .map_err(|_| Code::BalanceWithdrawalError)?;
        self.credit(&place, alpha)?;
        self.put_subnet(netuid, &subnet);
        Ok(alpha)
    }

    /// Sells `alpha` rao of stake for TAO into the free balance. Returns the TAO, rounded down.
    ///
    /// Unlike moves, more than the stake is an error. It works while the subtoken is disabled and transfers are off.
    pub(crate) fn remove_stake(
        &mut self,
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        alpha: u64,
        limit: Option<Limit>,
    ) -> Result<u64, Code> {
        let mut subnet = self.existing(netuid)?;
        let place = Place {
            hotkey: *hotkey,
            coldkey: *coldkey,
            netuid,
        };
        if alpha == 0 {
            return Err(Code::AmountTooLow);
        }
        let stake = self.stake_at(&place);
        if alpha > stake {
            // The chain looks at the hotkey after the amount, but reads no stake of one that does not exist.
            self.ensure_hotkey(hotkey)?;
            return Err(Code::NotEnoughStakeToWithdraw);
        }
        let alpha = match limit {
            None => alpha,
            Some(limit) => within(alpha, max_sell(netuid, &subnet.pool, alpha, limit.price), limit.partial)?,
        };
        let (tao, pool) = quote_sell(netuid, &subnet.pool, alpha)?;
        if tao < MIN_STAKE && alpha < stake {
            return Err(Code::AmountTooLow);
        }
        self.ensure_hotkey(hotkey)?;
        self.ensure_available(coldkey, netuid, alpha)?;
        subnet.alpha_out = subnet.alpha_out.checked_sub(alpha).ok_or(Code::InsufficientLiquidity)?;
        subnet.pool = pool;
        self.ledger.deposit(coldkey, tao).map_err(|_| Code::RuntimeError)?;
        self.debit(&place, alpha)?;
        self.put_subnet(netuid, &subnet);
        Ok(tao)
    }

    /// Sells the whole stake with one hotkey; with a limit, all or nothing.
    pub(crate) fn remove_stake_full(
        &mut self,
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        limit_price: Option<u64>,
    ) -> Result<u64, Code> {
        let limit = limit_price.map(|price| Limit { price, partial: false });
        let alpha = self.stake(hotkey, coldkey, netuid);
        self.remove_stake(coldkey, hotkey, netuid, alpha, limit)
    }

    /// Sells the stake with one hotkey on every subnet; positions that cannot be sold stay. With `keep_on_root`, root is
    /// left alone and the TAO is staked there. Returns the TAO.
    ///
    /// [`Code::AmountTooLow`] if nothing could be sold, [`Code::RuntimeError`] if any position is locked.
    pub(crate) fn unstake_all(
        &mut self,
        coldkey: &AccountId,
        hotkey: &AccountId,
        keep_on_root: bool,
    ) -> Result<u64, Code> {
        self.ensure_hotkey(hotkey)?;
        let netuids = self.subnets().into_iter().filter(|n| !(keep_on_root && *n == ROOT));
        let stakes: Vec<_> = netuids
            .map(|n| (n, self.stake(hotkey, coldkey, n)))
            .filter(|(_, s)| *s > 0)
            .collect();
        for (netuid, alpha) in &stakes {
            self.ensure_available(coldkey, *netuid, *alpha)?;
        }
        if keep_on_root {
            return self.swap_all_to_root(coldkey, hotkey, &stakes);
        }
        let mut sum = 0;
        for (netuid, alpha) in stakes {
            sum += self.remove_stake(coldkey, hotkey, netuid, alpha, None).unwrap_or(0);
        }
        if sum == 0 {
            return Err(Code::AmountTooLow);
        }
        Ok(sum)
    }

    /// The TAO goes from pool to pool without touching the free balance, so that it cannot fail halfway.
    fn swap_all_to_root(
        &mut self,
        coldkey: &AccountId,
        hotkey: &AccountId,
        stakes: &[(NetUid, u64)],
    ) -> Result<u64, Code> {
        let mut root = self.existing(ROOT)?;
        let mut sold = Vec::new();
        for (netuid, alpha) in stakes {
            let mut subnet = self.existing(*netuid)?;
            if let Ok((tao, pool)) = quote_sell(*netuid, &subnet.pool, *alpha) {
                subnet.pool = pool;
                subnet.alpha_out = subnet.alpha_out.saturating_sub(*alpha);
                sold.push((*netuid, subnet, *alpha, tao));
            }
        }
        let tao: u64 = sold.iter().map(|(.., tao)| tao).sum();
        if tao < MIN_STAKE {
            return Err(Code::AmountTooLow);
        }
        (_, root.pool) = quote_buy(ROOT, &root.pool, tao)?;
        root.alpha_out = root.alpha_out.checked_add(tao).ok_or(Code::InsufficientLiquidity)?;
        self.credit(
            &Place {
                hotkey: *hotkey,
                coldkey: *coldkey,
                netuid: ROOT,
            },
            tao,
        )?;
        self.put_subnet(ROOT, &root);
        for (netuid, subnet, alpha, _) in sold {
            self.debit(
                &Place {
                    hotkey: *hotkey,
                    coldkey: *coldkey,
                    netuid,
                },
                alpha,
            )?;
            self.put_subnet(netuid, &subnet);
        }
        Ok(tao)
    }
}
