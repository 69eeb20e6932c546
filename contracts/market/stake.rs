//! The market's stake on the chain: what comes in, what goes out, always as measured.

use crate::error::MarketError;
use crate::events::{AlphaDeposited, AlphaWithdrawn, HotkeyAdopted};
use crate::market::{AlphaMarket, Result};
use crate::storage::{HotkeyStake, Settlement, Stakes};
use ink::codegen::Env;
use ink::primitives::AccountId;
use kernel::Account;
use shell::emit;
use subtensor::stake_of;

/// A stake operation may move one unit more than asked for out of our stake, by rounding of the chain's shares; so much
/// less is asked for, at the cost of whom it is for.
const STAKE_ROUNDING: u64 = 1;
/// Most hotkeys of one market: what one withdrawal can afford to draw from.
const MAX_HOTKEYS: usize = 8;

impl AlphaMarket {
    /// Brings alpha that a message spends onto the caller's ledger when it comes as stake; returns what may be spent.
    pub(crate) fn take_alpha(
        &mut self,
        account: &mut Account,
        caller: AccountId,
        amount: u64,
        settlement: Settlement,
    ) -> Result<u64> {
        match settlement {
            Settlement::Ledger => Ok(amount),
            Settlement::Stake => self.deposit_stake(account, caller, None, amount),
        }
    }

    /// Sends alpha that a message credited on to the caller's stake if so settled; at least `min` must arrive.
    pub(crate) fn give_alpha(
        &mut self,
        account: &mut Account,
        caller: AccountId,
        amount: u64,
        min: u64,
        settlement: Settlement,
    ) -> Result<()> {
        if settlement == Settlement::Stake {
            let got = self.withdraw_stake(account, caller, amount)?;
            if got < min {
                return Err(kernel::Error::SlippageExceeded { min, got }.into());
            }
        }
        Ok(())
    }

    /// Pulls stake of the caller with `hotkey`, one of the market's (the first for `None`), and credits what arrived.
    pub(crate) fn deposit_stake(
        &mut self,
        account: &mut Account,
        caller: AccountId,
        hotkey: Option<AccountId>,
        amount: u64,
    ) -> Result<u64> {
        let mut stakes = self.stakes.get().unwrap_or_default();
        let entry = match hotkey {
            None => stakes.hotkeys.first_mut(),
            Some(hotkey) => stakes.hotkeys.iter_mut().find(|entry| entry.hotkey == hotkey),
        };
        let entry = entry.ok_or(MarketError::ForeignHotkey)?;
        let before = self.stake_with(entry.hotkey)?;
        let (me, netuid) = (self.env().account_id(), self.netuid);
        subtensor::extension().caller_transfer_stake(me, entry.hotkey, netuid, netuid, amount)?;
        let after = self.stake_with(entry.hotkey)?;
        let alpha = after.saturating_sub(before);
        if alpha == 0 {
            return Err(MarketError::StakeNotMoved {
                requested: amount,
                moved: 0,
            }
            .into());
        }
        entry.observe(before, after);
        self.stakes.set(&stakes);
        self.hot.0.deposit(account, alpha)?;
        emit(&AlphaDeposited { account: caller, alpha });
        Ok(alpha)
    }

    /// Debits `amount` and sends it as stake to `caller`; returns what arrived.
    pub(crate) fn withdraw_stake(&mut self, account: &mut Account, caller: AccountId, amount: u64) -> Result<u64> {
        self.hot.0.withdraw(account, amount)?;
        let stake = self.draw(amount, Some(caller))?;
        emit(&AlphaWithdrawn {
            account: caller,
            alpha: amount,
            stake,
            tao: 0,
        });
        Ok(stake)
    }

    /// Lists a hotkey that holds stake of the market, first if it holds the most. At the most hotkeys, it takes the place of the
    /// one that holds least.
    pub(crate) fn adopt(&mut self, hotkey: AccountId) -> Result<Stakes> {
        let stake = self.stake_with(hotkey)?;
        let mut stakes = self.stakes.get().unwrap_or_default();
        let listed = stakes.hotkeys.iter().any(|entry| entry.hotkey == hotkey);
        if listed || stake == 0 || self.stake_owned()? >= self.hot.0.booked_alpha()? {
            return Err(kernel::Error::NothingToDo.into());
        }
        for entry in &mut stakes.hotkeys {
            let held = self.stake_with(entry.hotkey)?;
            entry.observe(held, held);
        }
        let entry = HotkeyStake {
            hotkey,
            measured: stake,
            grown: 0,
        };
        if stakes.hotkeys.len() >= MAX_HOTKEYS {
            let least = stakes.hotkeys.iter_mut().min_by_key(|entry| entry.measured);
            if let Some(least) = least.filter(|least| least.measured < stake) {
                *least = entry;
            }
        } else if stakes.hotkeys.first().is_some_and(|first| first.measured >= stake) {
            stakes.hotkeys.push(entry);
        } else {
            stakes.hotkeys.insert(0, entry);
        }
        self.stakes.set(&stakes);
        emit(&HotkeyAdopted { hotkey, stake });
        Ok(stakes)
    }

    /// All stake of the market.
    pub(crate) fn stake_owned(&self) -> Result<u64> {
        let mut sum = 0u64;
        for entry in self.stakes.get().unwrap_or_default().hotkeys {
            sum = sum.saturating_add(self.stake_with(entry.hotkey)?);
        }
        Ok(sum)
    }

    fn stake_with(&self, hotkey: AccountId) -> Result<u64> {
        Ok(stake_of(hotkey, self.env().account_id(), self.netuid)?)
    }

    /// Takes `amount` less the rounding out of the market's stake: to another coldkey as stake, or for `None` sold on the
    /// chain's pool into the free balance. Returns what arrived, alpha or rao.
    ///
    /// From one hotkey if one has enough, else from several, so that no exit depends on one of them. Never more than `amount`
    /// leaves.
    pub(crate) fn draw(&mut self, amount: u64, to: Option<AccountId>) -> Result<u64> {
        let netuid = self.netuid;
        let mut left = kernel::math::non_zero(amount.saturating_sub(STAKE_ROUNDING))?;
        let mut arrived = 0u64;
        let mut stakes = self.stakes.get().unwrap_or_default();
        let mut enough = false;
        for entry in &stakes.hotkeys {
            enough |= self.stake_with(entry.hotkey)? >= left;
        }
        for entry in &mut stakes.hotkeys {
            let before = self.stake_with(entry.hotkey)?;
            let part = left.min(before);
            if part == 0 || (enough && before < left) {
                continue;
            }
            let held = |market: &Self| match to {
                Some(coldkey) => stake_of(entry.hotkey, coldkey, netuid),
                None => Ok(market.env().balance()),
            };
            let had = held(self)?;
            match to {
                Some(coldkey) => subtensor::extension().transfer_stake(coldkey, entry.hotkey, netuid, netuid, part)?,
                None => subtensor::extension().remove_stake(entry.hotkey, netuid, part)?,
            }
            arrived = arrived.saturating_add(held(self)?.saturating_sub(had));
            let after = self.stake_with(entry.hotkey)?;
            let moved = before.saturating_sub(after);
            // One unit either way is rounding; anything else is the chain doing something other than it was asked.
            if moved.abs_diff(part) > STAKE_ROUNDING {
                return Err(MarketError::StakeNotMoved { requested: part, moved }.into());
            }
            entry.observe(before, after);
            left = left.saturating_sub(part);
        }
        if left != 0 {
            return Err(MarketError::StakeNotMoved {
                requested: amount,
                moved: amount.saturating_sub(left),
            }
            .into());
        }
        self.stakes.set(&stakes);
        Ok(arrived)
    }
}
