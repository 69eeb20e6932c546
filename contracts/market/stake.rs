//! The market's stake on the chain: what comes in, what goes out, always as measured.

use crate::error::MarketError;
use crate::events::{AlphaDeposited, AlphaWithdrawn, HotkeyAdopted};
use crate::market::{AlphaMarket, Result};
use crate::storage::{Settlement, StakeMove, ValidatorsCell};
use ink::codegen::Env;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use kernel::competition::{Move, Seen, Validator, Validators, MAX_VALIDATORS};
use kernel::Account;
use shell::emit;
use subtensor::{stake_of, validator_stake, ValidatorStake};

/// A stake operation may move one unit more than asked for out of our stake, by rounding of the chain's shares; so much
/// less is asked for, at the cost of whom it is for.
const STAKE_ROUNDING: u64 = 1;
/// Least worth of stake that is moved, rao: below, the chain refuses a transfer.
const LEAST_MOVE: u64 = 2_000_000;

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
        let mut validators = self.validators();
        let entry = match hotkey {
            // One that is to go takes no more; while all are, the first does.
            None => {
                let stays = validators.all.iter().position(|entry| !entry.is_out());
                validators.all.get_mut(stays.unwrap_or(0))
            }
            Some(hotkey) => validators
                .all
                .iter_mut()
                .find(|entry| AccountId::from(entry.hotkey) == hotkey),
        };
        let entry = entry.ok_or(MarketError::ForeignHotkey)?;
        let key = AccountId::from(entry.hotkey);
        let before = self.stake_with(key)?;
        let (me, netuid) = (self.env().account_id(), self.netuid);
        subtensor::extension().caller_transfer_stake(me, key, netuid, netuid, amount)?;
        let after = self.stake_with(key)?;
        let alpha = after.saturating_sub(before);
        if alpha == 0 {
            return Err(MarketError::StakeNotMoved {
                requested: amount,
                moved: 0,
            }
            .into());
        }
        entry.observe(before, after, self.env().block_number());
        self.validators.set(&ValidatorsCell(validators));
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
    pub(crate) fn adopt(&mut self, hotkey: AccountId) -> Result<Validators> {
        let stake = self.stake_with(hotkey)?;
        let now = self.env().block_number();
        let mut validators = self.validators();
        let listed = validators
            .all
            .iter()
            .any(|entry| AccountId::from(entry.hotkey) == hotkey);
        // What moved with a key is all of its stake; dust sent under another key is not.
        let missing = self.hot.0.booked_alpha()?.saturating_sub(self.stake_owned()?);
        if listed || missing == 0 || stake < missing / 2 {
            return Err(kernel::Error::NothingToDo.into());
        }
        for entry in &mut validators.all {
            let held = self.stake_with(entry.hotkey.into())?;
            entry.observe(held, held, now);
        }
        let mut entry = Validator::new(*hotkey.as_ref(), now);
        entry.measured = stake;
        let all = &mut validators.all;
        if all.len() >= MAX_VALIDATORS {
            let least = all.iter_mut().min_by_key(|entry| entry.measured);
            if let Some(least) = least.filter(|least| least.measured < stake) {
                *least = entry;
            }
        } else if all.first().is_some_and(|first| first.measured >= stake) {
            all.push(entry);
        } else {
            all.insert(0, entry);
        }
        self.validators.set(&ValidatorsCell(validators.clone()));
        emit(&HotkeyAdopted { hotkey, stake });
        Ok(validators)
    }

    /// The validators as stored.
    pub(crate) fn validators(&self) -> Validators {
        self.validators.get().map_or_else(Validators::default, |cell| cell.0)
    }

    /// What the chain says of each validator.
    pub(crate) fn see(&self, validators: &Validators) -> Result<Vec<Seen>> {
        let mut all = Vec::with_capacity(validators.all.len());
        for entry in &validators.all {
            let ValidatorStake {
                stake,
                dividends,
                registered,
            } = self.validator(entry.hotkey.into())?;
            all.push(Seen {
                stake,
                dividends,
                registered,
            });
        }
        Ok(all)
    }

    /// What the chain says of a validator, and the market's stake with it.
    pub(crate) fn validator(&self, hotkey: AccountId) -> Result<ValidatorStake> {
        Ok(validator_stake(hotkey, self.env().account_id(), self.netuid)?)
    }

    /// All stake of the market.
    pub(crate) fn stake_owned(&self) -> Result<u64> {
        let mut sum = 0u64;
        for entry in self.validators().all {
            sum = sum.saturating_add(self.stake_with(entry.hotkey.into())?);
        }
        Ok(sum)
    }

    fn stake_with(&self, hotkey: AccountId) -> Result<u64> {
        Ok(stake_of(hotkey, self.env().account_id(), self.netuid)?)
    }

    /// Moves stake toward its targets, within this subnet. Each move may lose a unit by rounding of the chain's shares, so there
    /// are never more moves than unbooked units. A validator whose stake the chain does not let go stands in nobody's way.
    pub(crate) fn rebalance_stake(&mut self, limit: u32, now: u32) -> Result<Vec<StakeMove>> {
        let mut validators = self.validators();
        let seen = self.see(&validators)?;
        let held: Vec<u64> = seen.iter().map(|seen| seen.stake).collect();
        for (entry, seen) in validators.all.iter_mut().zip(seen) {
            entry.observe(seen.stake, seen.stake, now);
            entry.registered = seen.registered;
        }
        let stake = held.iter().copied().fold(0, u64::saturating_add);
        let spare = stake.saturating_sub(self.hot.0.booked_alpha()?);
        let limit = limit.min(u32::try_from(spare).unwrap_or(u32::MAX));
        let least = u64::try_from(
            u128::from(LEAST_MOVE)
                .saturating_mul(1_000_000_000)
                .checked_div(self.chain_price()?.into())
                .unwrap_or(u128::MAX),
        )
        .unwrap_or(u64::MAX)
        .saturating_add(1);
        let mut moves = Vec::new();
        let mut refusal = None;
        for planned in validators.plan(&held, least, limit, now) {
            match self.move_stake(&mut validators, planned, now) {
                Ok(done) => moves.push(done),
                Err(error) => refusal = Some(error),
            }
        }
        // What a forgotten validator keeps must be nobody's, like what moves may lose; what exceeds that is the protocol's loss.
        let lost = u64::try_from(MAX_VALIDATORS.saturating_add(moves.len())).unwrap_or(u64::MAX);
        let spare = spare.saturating_sub(lost);
        let protocol = self.hot.0.protocol_alpha;
        let dust = spare.saturating_add(protocol).min(least.saturating_sub(1));
        match validators.drop_empty(dust) {
            Some(forgotten) => {
                self.hot.0.protocol_alpha = protocol.saturating_sub(forgotten.saturating_sub(spare));
            }
            None if moves.is_empty() => {
                return Err(refusal.unwrap_or_else(|| kernel::Error::NothingToDo.into()));
            }
            None => {}
        }
        self.validators.set(&ValidatorsCell(validators));
        Ok(moves)
    }

    fn move_stake(&self, validators: &mut Validators, planned: Move, now: u32) -> Result<StakeMove> {
        let key = |index: usize| validators.all.get(index).map(|entry| AccountId::from(entry.hotkey));
        let missing = kernel::Error::NoSuchValidator;
        let (from, to) = (key(planned.from).ok_or(missing)?, key(planned.to).ok_or(missing)?);
        let had = (self.stake_with(from)?, self.stake_with(to)?);
        subtensor::extension().move_stake(from, to, self.netuid, self.netuid, planned.amount)?;
        let has = (self.stake_with(from)?, self.stake_with(to)?);
        let (gone, come) = (had.0.saturating_sub(has.0), has.1.saturating_sub(had.1));
        for (index, before, after) in [(planned.from, had.0, has.0), (planned.to, had.1, has.1)] {
            if let Some(entry) = validators.all.get_mut(index) {
                entry.observe(before, after, now);
            }
        }
        validators.moved(planned, gone, come, now);
        Ok(StakeMove { from, to, amount: come })
    }

    /// Takes `amount` less the rounding out of the market's stake: to another coldkey as stake, or for `None` sold on the
    /// chain's pool into the free balance. Returns what arrived, alpha or rao.
    ///
    /// From one hotkey if one has enough, else from several; a hotkey whose stake the chain does not let go is passed over. So no exit
    /// depends on one of them. Never more than `amount` leaves.
    pub(crate) fn draw(&mut self, amount: u64, to: Option<AccountId>) -> Result<u64> {
        let netuid = self.netuid;
        let now = self.env().block_number();
        let mut left = kernel::math::non_zero(amount.saturating_sub(STAKE_ROUNDING))?;
        let mut arrived = 0u64;
        let mut validators = self.validators();
        let mut refusal = None;
        for whole in [true, false] {
            for entry in &mut validators.all {
                let key = AccountId::from(entry.hotkey);
                if left == 0 {
                    break;
                }
                let before = self.stake_with(key)?;
                let part = left.min(before);
                if part == 0 || (whole && before < left) {
                    continue;
                }
                let held = |market: &Self| match to {
                    Some(coldkey) => stake_of(key, coldkey, netuid),
                    None => Ok(market.env().balance()),
                };
                let had = held(self)?;
                let done = match to {
                    Some(coldkey) => subtensor::extension().transfer_stake(coldkey, key, netuid, netuid, part),
                    None => subtensor::extension().remove_stake(key, netuid, part),
                };
                if let Err(error) = done {
                    refusal = Some(error);
                    continue;
                }
                arrived = arrived.saturating_add(held(self)?.saturating_sub(had));
                let after = self.stake_with(key)?;
                let moved = before.saturating_sub(after);
                // One unit either way is rounding; anything else is the chain doing something other than it was asked.
                if moved.abs_diff(part) > STAKE_ROUNDING {
                    return Err(MarketError::StakeNotMoved { requested: part, moved }.into());
                }
                entry.observe(before, after, now);
                left = left.saturating_sub(part);
            }
        }
        if left != 0 {
            return Err(match refusal {
                Some(error) => error.into(),
                None => MarketError::StakeNotMoved {
                    requested: amount,
                    moved: amount.saturating_sub(left),
                }
                .into(),
            });
        }
        self.validators.set(&ValidatorsCell(validators));
        Ok(arrived)
    }
}
