//! The guardian: may pause opening for a while, and cancel what takes no power from anybody.

use super::{Action, Capability, Error, Result};
use crate::AccountId;

/// Most blocks that all pauses of a guardian last together: as long as a single one of the market may.
pub use crate::params::MAX_PAUSE_BLOCKS;

/// The guardian. Neither its last block nor its budget ever grows, whoever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Guardian {
    /// Who it is, if anybody.
    pub account: Option<AccountId>,
    /// First block in which it may do nothing more.
    pub until: u32,
    /// Blocks of pause that are left.
    pub budget: u32,
    /// First block after all pauses so far.
    pub window_end: u32,
}

impl Guardian {
    /// A guardian until block `until` with so many blocks of pause.
    ///
    /// # Errors
    /// [`Error::PauseBudgetTooLarge`] above [`MAX_PAUSE_BLOCKS`].
    pub fn new(account: Option<AccountId>, until: u32, budget: u32) -> Result<Self> {
        if budget > MAX_PAUSE_BLOCKS {
            return Err(Error::PauseBudgetTooLarge {
                max: MAX_PAUSE_BLOCKS,
                got: budget,
            }
            .into());
        }
        Ok(Self {
            account,
            until,
            budget,
            window_end: 0,
        })
    }

    /// Whether there is a guardian that may act in block `now`.
    pub fn is_active(&self, now: u32) -> bool {
        self.account.is_some() && now < self.until
    }

    /// Pauses for `blocks` from `now`; returns the first block after the pause. Only blocks that no earlier pause covers cost
    /// budget; a pause inside an earlier one lasts as long as that one.
    ///
    /// # Errors
    /// [`Error::GuardianOver`], [`Error::ZeroAmount`], [`Error::PauseBeyondGuardian`], [`Error::PauseBudgetExceeded`].
    pub fn pause(&mut self, blocks: u32, now: u32) -> Result<u32> {
        if !self.is_active(now) {
            return Err(Error::GuardianOver { until: self.until, now }.into());
        }
        if blocks == 0 {
            return Err(Error::ZeroAmount.into());
        }
        let end = now.saturating_add(blocks);
        if end > self.until {
            return Err(Error::PauseBeyondGuardian {
                until: self.until,
                got: end,
            }
            .into());
        }
        let needed = end.saturating_sub(now.max(self.window_end));
        let left = self.budget.checked_sub(needed).ok_or(Error::PauseBudgetExceeded {
            left: self.budget,
            needed,
        })?;
        self.budget = left;
        self.window_end = self.window_end.max(end);
        Ok(self.window_end)
    }

    /// Whether it may cancel an operation with this action in block `now`: nothing that concerns the guardian, moves a
    /// capability up or lets operations wait longer.
    pub fn may_cancel(&self, action: &Action, now: u32) -> bool {
        self.is_active(now)
            && action.capability() != Capability::Guardian
            && !matches!(
                action,
                Action::SetGuardian { .. } | Action::Accelerate { .. } | Action::GrowDelay { .. }
            )
    }

    /// Puts another one, or nobody, into its place; budget and last block stay.
    pub fn replace(&mut self, account: Option<AccountId>) {
        self.account = account;
    }
}
