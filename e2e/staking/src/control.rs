//! Levers for scenarios and tests. A host must offer them to its root only: they create and destroy money.

use crate::stake::Place;
use crate::state::{key, Failure};
use crate::{
    AccountId, Code, Function, HotkeyPool, Ledger, Lock, NetUid, Pool, Staking, Store, Subnet, PRICE_ONE, ROOT,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What a hotkey's stakers earn each epoch, net of its take.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Dividend {
    /// Nothing.
    #[default]
    None,
    /// A fixed amount of alpha, in rao, shared by all stakers.
    Amount(u64),
    /// A fraction of the stake, in 1e-9, rounded down.
    Rate {
        /// Billionths of the stake per epoch.
        per_billion: u32,
    },
}

/// Why a control was refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// There is no such subnet.
    #[error("subnet {0} does not exist")]
    NoSubnet(NetUid),
    /// The number is taken.
    #[error("subnet {0} exists already")]
    SubnetExists(NetUid),
    /// Root has no pool and no end.
    #[error("not possible on the root subnet")]
    RootSubnet,
    /// There is no such hotkey.
    #[error("hotkey does not exist")]
    NoHotkey,
    /// Another coldkey owns the hotkey.
    #[error("another coldkey owns the hotkey")]
    OwnedHotkey,
    /// A lock cannot be larger than the stake.
    #[error("lock of {wanted} rao is larger than the stake of {stake} rao")]
    LockTooLarge {
        /// Stake on the subnet.
        stake: u64,
        /// Mass asked for.
        wanted: u64,
    },
    /// The amount does not fit.
    #[error("the amount of {0} rao is out of range")]
    OutOfRange(u64),
}

impl<S: Store, L: Ledger> Staking<S, L> {
    pub(crate) fn adopt_hotkey(&mut self, hotkey: &AccountId, coldkey: &AccountId) {
        if self.hotkey_owner(hotkey).is_none() {
            self.write(&key::hotkey_owner(hotkey), coldkey);
        }
    }

    fn change(&mut self, netuid: NetUid, f: impl FnOnce(&mut Subnet)) -> Result<(), ControlError> {
        let mut subnet = self.subnet(netuid).ok_or(ControlError::NoSubnet(netuid))?;
        f(&mut subnet);
        self.put_subnet(netuid, &subnet);
        Ok(())
    }

    fn change_pool(
        &mut self,
        netuid: NetUid,
        hotkey: &AccountId,
        f: impl FnOnce(&mut HotkeyPool),
    ) -> Result<(), ControlError> {
        self.subnet(netuid).ok_or(ControlError::NoSubnet(netuid))?;
        self.hotkey_owner(hotkey).ok_or(ControlError::NoHotkey)?;
        let mut pool = self.hotkey_pool(netuid, hotkey);
        f(&mut pool);
        self.put_pool(netuid, hotkey, &pool);
        Ok(())
    }

    /// Registers `hotkey` of `coldkey` on `netuid`, creating it if it is new.
    pub fn register_hotkey(
        &mut self,
        netuid: NetUid,
        hotkey: AccountId,
        coldkey: AccountId,
    ) -> Result<(), ControlError> {
        self.subnet(netuid).ok_or(ControlError::NoSubnet(netuid))?;
        if self.hotkey_owner(&hotkey).is_some_and(|owner| owner != coldkey) {
            return Err(ControlError::OwnedHotkey);
        }
        self.adopt_hotkey(&hotkey, &coldkey);
        self.change_pool(netuid, &hotkey, |pool| pool.registered = true)
    }

    /// Takes `hotkey` off `netuid`: its stake stays and can be moved, but earns nothing.
    pub fn deregister_hotkey(&mut self, netuid: NetUid, hotkey: AccountId) -> Result<(), ControlError> {
        self.change_pool(netuid, &hotkey, |pool| pool.registered = false)
    }

    /// Sets what the stakers of `hotkey` earn from the next epoch on.
    pub fn set_dividend(&mut self, netuid: NetUid, hotkey: AccountId, dividend: Dividend) -> Result<(), ControlError> {
        self.change_pool(netuid, &hotkey, |pool| pool.dividend = dividend)
    }

    /// Issues `amount` rao of alpha as stake. On root the TAO is created with it.
    pub fn credit_stake(
        &mut self,
        netuid: NetUid,
        hotkey: AccountId,
        coldkey: AccountId,
        amount: u64,
    ) -> Result<(), ControlError> {
        let mut subnet = self.subnet(netuid).ok_or(ControlError::NoSubnet(netuid))?;
        self.hotkey_owner(&hotkey).ok_or(ControlError::NoHotkey)?;
        let out_of_range = ControlError::OutOfRange(amount);
        subnet.alpha_out = subnet.alpha_out.checked_add(amount).ok_or(out_of_range)?;
        if netuid == ROOT {
            subnet.pool.tao = subnet.pool.tao.checked_add(amount).ok_or(out_of_range)?;
        }
        self.credit(
            &Place {
                hotkey,
                coldkey,
                netuid,
            },
            amount,
        )
        .map_err(|_| out_of_range)?;
        self.put_subnet(netuid, &subnet);
        Ok(())
    }

    /// Replaces the reserves, creating or destroying the difference.
    pub fn set_reserves(&mut self, netuid: NetUid, tao: u64, alpha: u64) -> Result<(), ControlError> {
        if netuid == ROOT {
            return Err(ControlError::RootSubnet);
        }
        self.change(netuid, |s| s.pool = Pool { tao, alpha, ..s.pool })
    }

    /// Moves the reserves along the curve to a spot price, in rao per whole alpha; the result is within the rounding
    /// of the reserves to whole rao.
    pub fn set_price(&mut self, netuid: NetUid, price_e9: u64) -> Result<(), ControlError> {
        let pool = self.subnet(netuid).ok_or(ControlError::NoSubnet(netuid))?.pool;
        let product = u128::from(pool.tao) * u128::from(pool.alpha);
        let price = u128::from(price_e9.max(1));
        // alpha² = product · 1e9 / price, which fits: 21e15² is below 2^109.
        let alpha = (product / price * u128::from(PRICE_ONE)).isqrt().max(1);
        let tao = alpha * price / u128::from(PRICE_ONE);
        let fits = |reserve: u128| u64::try_from(reserve).map_err(|_| ControlError::OutOfRange(price_e9));
        self.set_reserves(netuid, fits(tao)?, fits(alpha)?)
    }

    /// Sets the fee of the pool, in 1/65,535 of the input.
    pub fn set_fee(&mut self, netuid: NetUid, fee_rate: u16) -> Result<(), ControlError> {
        self.change(netuid, |s| s.pool.fee_rate = fee_rate)
    }

    /// Sets the number of blocks between two epochs.
    pub fn set_tempo(&mut self, netuid: NetUid, tempo: u16) -> Result<(), ControlError> {
        self.change(netuid, |s| s.tempo = tempo)
    }

    /// Allows or forbids the transfer of stake to other coldkeys.
    pub fn set_transfers(&mut self, netuid: NetUid, enabled: bool) -> Result<(), ControlError> {
        self.change(netuid, |s| s.transfers_enabled = enabled)
    }

    /// Opens or closes the subnet's token.
    pub fn set_subtoken(&mut self, netuid: NetUid, enabled: bool) -> Result<(), ControlError> {
        self.change(netuid, |s| s.subtoken_enabled = enabled)
    }

    /// Locks `mass` rao of the coldkey's stake, or removes the lock when it is zero. Conviction begins at zero.
    pub fn set_lock(
        &mut self,
        netuid: NetUid,
        coldkey: AccountId,
        hotkey: AccountId,
        mass: u64,
        perpetual: bool,
    ) -> Result<(), ControlError> {
        self.subnet(netuid).ok_or(ControlError::NoSubnet(netuid))?;
        self.hotkey_owner(&hotkey).ok_or(ControlError::NoHotkey)?;
        let stake = self.total_stake(&coldkey, netuid);
        if mass > stake {
            return Err(ControlError::LockTooLarge { stake, wanted: mass });
        }
        let lock = Lock {
            hotkey,
            mass,
            conviction: 0,
            last_update: self.now,
            perpetual,
        };
        self.put_lock(&coldkey, netuid, &lock);
        Ok(())
    }

    /// Sets whether `account` agrees to receive locked alpha. Nobody does at first.
    pub fn set_accepts_locked(&mut self, account: AccountId, accepts: bool) {
        self.write_or_remove(&key::accepts_locked(&account), accepts.then_some(&()));
    }

    /// Makes the next `times` calls of `function` acting as `account` return `code` without doing anything, for codes
    /// that need a fault of the chain, such as 4, 7 or 10. For a `Caller*` function the account is the caller.
    pub fn fail_next(&mut self, account: AccountId, function: Function, code: Code, times: u32) {
        let failure = Failure { code, times };
        let key = key::failure(&account, function.operation().id());
        self.write_or_remove(&key, (times > 0).then_some(&failure));
    }

    pub(crate) fn take_failure(&mut self, account: &AccountId, function: Function) -> Option<Code> {
        let key = key::failure(account, function.operation().id());
        let Failure { code, times } = self.read(&key)?;
        let left = Failure { code, times: times - 1 };
        self.write_or_remove(&key, (left.times > 0).then_some(&left));
        Some(code)
    }
}
