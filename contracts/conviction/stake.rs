//! The escrow's stake on the chain: what comes in, what goes out, always as measured.

use crate::conviction::{Conviction, Result};
use crate::error::ConvictionError;
use ink::codegen::Env;
use ink::primitives::AccountId;
use subtensor::{extension, stake_of};

/// A stake operation may move one unit more or less than asked for, by rounding of the chain's shares; so much less is asked for.
pub(crate) const STAKE_ROUNDING: u64 = 1;

impl Conviction {
    /// The escrow's stake, dividends included.
    pub(crate) fn stake(&self) -> Result<u64> {
        Ok(stake_of(self.hot.0.hotkey, self.env().account_id(), self.hot.0.netuid)?)
    }

    /// Pulls stake of the caller; returns the escrow's stake before, and what arrived.
    pub(crate) fn pull(&mut self, amount: u64) -> Result<(u64, u64)> {
        let before = self.stake()?;
        let (hotkey, netuid) = (self.hot.0.hotkey, self.hot.0.netuid);
        extension().caller_transfer_stake(self.env().account_id(), hotkey, netuid, netuid, amount)?;
        let arrived = self.stake()?.saturating_sub(before);
        if arrived == 0 {
            return Err(ConvictionError::StakeNotMoved {
                requested: amount,
                moved: 0,
            }
            .into());
        }
        Ok((before, arrived))
    }

    /// Sends stake to an account; returns what arrived there.
    pub(crate) fn send(&mut self, to: AccountId, alpha: u64) -> Result<u64> {
        let (hotkey, netuid) = (self.hot.0.hotkey, self.hot.0.netuid);
        let had = stake_of(hotkey, to, netuid)?;
        self.moving(alpha, || {
            extension().transfer_stake(to, hotkey, netuid, netuid, alpha)?;
            Ok(())
        })?;
        Ok(stake_of(hotkey, to, netuid)?.saturating_sub(had))
    }

    /// Sells stake on the chain's own pool; returns the TAO that arrived in the free balance.
    pub(crate) fn sell(&mut self, alpha: u64) -> Result<u64> {
        let (hotkey, netuid) = (self.hot.0.hotkey, self.hot.0.netuid);
        let had = self.env().balance();
        self.moving(alpha, || {
            extension().remove_stake(hotkey, netuid, alpha)?;
            Ok(())
        })?;
        Ok(self.env().balance().saturating_sub(had))
    }

    /// Runs an operation that must take exactly `alpha` out of the escrow, but for rounding.
    fn moving(&self, alpha: u64, operation: impl FnOnce() -> Result<()>) -> Result<()> {
        let before = self.stake()?;
        operation()?;
        let moved = before.saturating_sub(self.stake()?);
        if moved.abs_diff(alpha) > STAKE_ROUNDING {
            return Err(ConvictionError::StakeNotMoved {
                requested: alpha,
                moved,
            }
            .into());
        }
        Ok(())
    }

    /// Takes `hotkey` for the escrow's stake if more is with it than with the present one, and moves the rest there.
    pub(crate) fn adopt(&mut self, hotkey: AccountId) -> Result<u64> {
        let (me, netuid, old) = (self.env().account_id(), self.hot.0.netuid, self.hot.0.hotkey);
        let rest = self.stake()?;
        if stake_of(hotkey, me, netuid)? <= rest {
            return Err(ConvictionError::NothingToDo.into());
        }
        if rest != 0 {
            extension().move_stake(old, hotkey, netuid, netuid, rest)?;
        }
        self.hot.0.hotkey = hotkey;
        self.stake()
    }
}
