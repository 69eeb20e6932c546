//! What may leave the treasury.

use super::{Error, Result};

/// Limits of what leaves the handover's TAO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Treasury {
    /// Blocks of an epoch; epoch n begins in block n · `epoch_blocks`.
    pub epoch_blocks: u32,
    /// Most that leaves in an epoch, rao.
    pub cap: u64,
    /// The epoch of the last payment.
    pub epoch: u32,
    /// What left in that epoch, rao.
    pub spent: u64,
}

impl Treasury {
    /// A treasury from which at most `cap` rao leave in every `epoch_blocks` blocks.
    ///
    /// # Errors
    /// [`Error::EmptyEpoch`] when an epoch has no blocks.
    pub fn new(epoch_blocks: u32, cap: u64) -> Result<Self> {
        if epoch_blocks == 0 {
            return Err(Error::EmptyEpoch.into());
        }
        Ok(Self {
            epoch_blocks,
            cap,
            epoch: 0,
            spent: 0,
        })
    }

    /// What may still leave in the epoch of block `now`, rao.
    pub fn left(&self, now: u32) -> u64 {
        if self.epoch_of(now) > self.epoch {
            self.cap
        } else {
            self.cap.saturating_sub(self.spent)
        }
    }

    /// Counts a payment of `amount` rao in block `now`.
    ///
    /// # Errors
    /// [`Error::ZeroAmount`], [`Error::OutflowCapExceeded`].
    pub fn spend(&mut self, amount: u64, now: u32) -> Result<()> {
        if amount == 0 {
            return Err(Error::ZeroAmount.into());
        }
        let left = self.left(now);
        if amount > left {
            return Err(Error::OutflowCapExceeded {
                cap: self.cap,
                left,
                requested: amount,
            }
            .into());
        }
        let epoch = self.epoch_of(now);
        if epoch > self.epoch {
            self.epoch = epoch;
            self.spent = 0;
        }
        self.spent = self.spent.saturating_add(amount);
        Ok(())
    }

    fn epoch_of(&self, block: u32) -> u32 {
        block.checked_div(self.epoch_blocks).unwrap_or(0)
    }
}
