//! The ladder of one capability: who has it in which block.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::{Error, Result};

/// Longest time any operation waits, blocks: 28 days.
pub const MAX_DELAY: u32 = 201_600;

/// A block that never comes.
pub const NEVER: u32 = u32::MAX;

/// Who has a capability, in the only order in which it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Stage {
    /// The core team.
    Core,
    /// The core team, after a longer wait.
    CoreDelayed,
    /// The core team, unless conviction holders object.
    CoreVetoable,
    /// The DAO by referendum.
    Dao,
    /// Nobody.
    Frozen,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 5] = [
        Self::Core,
        Self::CoreDelayed,
        Self::CoreVetoable,
        Self::Dao,
        Self::Frozen,
    ];

    /// Stages that begin at some block.
    pub(super) const LATER: [Self; 4] = [Self::CoreDelayed, Self::CoreVetoable, Self::Dao, Self::Frozen];

    /// Stages in which operations can be scheduled.
    pub(super) const HELD: [Self; 4] = [Self::Core, Self::CoreDelayed, Self::CoreVetoable, Self::Dao];
}

/// One capability's way from the core team to nobody.
///
/// Begins of stages only ever move to earlier blocks, never before the block in which that happens: what a block in the past
/// was stays what it was. Delays only ever grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Ladder {
    /// First block of `CoreDelayed`, `CoreVetoable`, `Dao`, `Frozen`; [`NEVER`] for never.
    pub at: [u32; 4],
    /// Blocks that an operation scheduled in `Core`, `CoreDelayed`, `CoreVetoable`, `Dao` waits.
    pub delay: [u32; 4],
}

impl Ladder {
    /// The stage in a block: a function of calendar and block alone, and never lower in a later block.
    pub fn stage(&self, block: u32) -> Stage {
        let begun = |at: &u32| *at != NEVER && *at <= block;
        Stage::LATER
            .iter()
            .zip(&self.at)
            .rev()
            .find(|(_, at)| begun(at))
            .map_or(Stage::Core, |(stage, _)| *stage)
    }

    /// The stage after that of `block`, and its first block; `None` when none will come.
    pub fn next(&self, block: u32) -> Option<(Stage, u32)> {
        let at = *self.at.iter().find(|at| **at > block && **at != NEVER)?;
        Some((self.stage(at), at))
    }

    /// Blocks that an operation scheduled in `block` waits; [`NEVER`] once frozen.
    pub fn delay(&self, block: u32) -> u32 {
        self.delay_in(self.stage(block)).unwrap_or(NEVER)
    }

    /// Blocks that an operation scheduled in `stage` waits; `None` for `Frozen`, in which nothing is scheduled.
    pub fn delay_in(&self, stage: Stage) -> Option<u32> {
        self.delay.get(stage as usize).copied()
    }

    /// The first block without any power of the core team; [`NEVER`] for never.
    pub fn core_ends(&self) -> u32 {
        let [_, _, dao, _] = self.at;
        dao
    }

    /// The first block in which nobody has the capability; [`NEVER`] for never.
    pub fn frozen_at(&self) -> u32 {
        let [_, _, _, frozen] = self.at;
        frozen
    }

    /// Moves the capability up to `to` in `block`, unless it is there already. Later stages begin when they would have.
    ///
    /// # Errors
    /// [`Error::NotForward`].
    pub fn accelerate(&mut self, to: Stage, block: u32) -> Result<()> {
        let stage = self.stage(block);
        if to <= stage {
            return Err(Error::NotForward { stage, to }.into());
        }
        for at in self.at.iter_mut().take(to as usize) {
            *at = (*at).min(block);
        }
        Ok(())
    }

    /// Lets operations wait longer in `stage`, and at least as long in every later one (blocks). Operations that are
    /// scheduled already keep their block.
    ///
    /// # Errors
    /// [`Error::DelayMustGrow`], [`Error::DelayAboveMax`], [`Error::NoDelayWhenFrozen`].
    pub fn grow_delay(&mut self, stage: Stage, blocks: u32) -> Result<()> {
        let current = self.delay_in(stage).ok_or(Error::NoDelayWhenFrozen)?;
        if blocks <= current {
            return Err(Error::DelayMustGrow { current, got: blocks }.into());
        }
        if blocks > MAX_DELAY {
            return Err(Error::DelayAboveMax {
                max: MAX_DELAY,
                got: blocks,
            }
            .into());
        }
        for delay in self.delay.iter_mut().skip(stage as usize) {
            *delay = (*delay).max(blocks);
        }
        Ok(())
    }
}
