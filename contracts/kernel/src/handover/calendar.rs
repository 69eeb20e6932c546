//! The calendar: the ladders of all capabilities, and what bounds them.

use super::ladder::{Ladder, Stage, MAX_DELAY, NEVER};
use super::{Capability, Error, Result};

/// Longest time the core team keeps anything, blocks: 18 months.
pub const MAX_CORE_BLOCKS: u32 = 3_944_700;

/// Longest time in which an operation that is ready may be executed, blocks: 28 days.
pub const MAX_GRACE_BLOCKS: u32 = 201_600;

/// Delays of the standard calendar by stage, blocks: 1, 3, 7 and 7 days.
const STANDARD_DELAYS: [u32; 4] = [7_200, 21_600, 50_400, 50_400];

/// Time to execute in the standard calendar, blocks: 14 days.
const STANDARD_GRACE: u32 = 100_800;

/// Parts into which the standard calendar divides its length: half months of 18 months.
const PARTS: u64 = 36;

/// Every capability's ladder, fixed at deployment. Nothing in it moves to a later block.
#[derive(Clone, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Calendar {
    /// Ladders by index of the capability.
    pub ladders: [Ladder; Capability::COUNT],
    /// Longest time that any user needs to leave, blocks: no operation that can worsen terms waits shorter.
    pub exit_blocks: u32,
    /// Time in which an operation that is ready may be executed, blocks.
    pub grace_blocks: u32,
    /// First block without a guardian, whoever it is.
    pub guardian_until: u32,
}

impl Calendar {
    /// The default calendar from block `now`: `core_blocks` long (18 months: [`MAX_CORE_BLOCKS`]) and all of its times, delays
    /// included, divided by `divisor`, at least 1 block where something has to wait.
    ///
    /// Everything gets its delay after 3 months and the DAO's veto after 6; pausing is the DAO's after 9 months, what is
    /// bounded in code after 12, emission, treasury and governance after 15, accounts of subnet owners after 18. The
    /// guardian ends after 12. After 18 months code, guardian, pause and governance are frozen.
    pub fn standard(now: u32, core_blocks: u32, divisor: u32) -> Self {
        let divisor = divisor.max(1);
        let part = |part: u64| {
            let blocks = u64::from(core_blocks)
                .saturating_mul(part)
                .checked_div(PARTS.saturating_mul(divisor.into()))
                .unwrap_or(0);
            now.saturating_add(u32::try_from(blocks).unwrap_or(NEVER))
        };
        let scaled = |blocks: u32| blocks.checked_div(divisor).unwrap_or(0).max(1);
        let ladder = |capability: Capability| {
            let (dao, frozen) = match capability {
                Capability::Fees | Capability::Risk | Capability::Listing | Capability::ValidatorPolicy => (24, None),
                Capability::Emission | Capability::Treasury => (30, None),
                Capability::PauseOpening => (18, Some(36)),
                Capability::Guardian | Capability::PinCode => (24, Some(36)),
                Capability::Governance => (30, Some(36)),
                Capability::SubnetOwner => (36, None),
            };
            Ladder {
                at: [part(6), part(12), part(dao), frozen.map_or(NEVER, part)],
                delay: if capability.worsens_terms() {
                    STANDARD_DELAYS.map(scaled)
                } else {
                    [0; 4]
                },
            }
        };
        let [exit_blocks, ..] = STANDARD_DELAYS.map(scaled);
        Self {
            ladders: Capability::ALL.map(ladder),
            exit_blocks,
            grace_blocks: scaled(STANDARD_GRACE),
            guardian_until: part(24),
        }
    }

    /// Checks that no stage begins before the one below it, that the core team keeps nothing for longer than
    /// [`MAX_CORE_BLOCKS`] from `now`, nor does the guardian, that delays never shrink, are at most [`MAX_DELAY`] and at least
    /// the longest exit where terms can worsen, and that operations can be executed for a while.
    ///
    /// # Errors
    /// Which of this is not so.
    pub fn check(&self, now: u32) -> Result<()> {
        // A calendar that ends in NEVER does not end.
        let max = now.saturating_add(MAX_CORE_BLOCKS).min(NEVER.saturating_sub(1));
        if self.exit_blocks == 0 || self.exit_blocks > MAX_DELAY {
            return Err(Error::ExitOutOfBounds {
                min: 1,
                max: MAX_DELAY,
                got: self.exit_blocks,
            }
            .into());
        }
        if self.grace_blocks == 0 || self.grace_blocks > MAX_GRACE_BLOCKS {
            return Err(Error::GraceOutOfBounds {
                min: 1,
                max: MAX_GRACE_BLOCKS,
                got: self.grace_blocks,
            }
            .into());
        }
        if self.guardian_until > max {
            return Err(Error::GuardianTooLong {
                until: self.guardian_until,
                max,
            }
            .into());
        }
        for (capability, ladder) in Capability::ALL.into_iter().zip(&self.ladders) {
            self.check_ladder(capability, ladder, max)?;
        }
        Ok(())
    }

    fn check_ladder(&self, capability: Capability, ladder: &Ladder, max: u32) -> Result<()> {
        let mut previous = 0;
        for (stage, at) in Stage::LATER.into_iter().zip(ladder.at) {
            if at < previous {
                return Err(Error::StageBeforePrevious {
                    capability,
                    stage,
                    at,
                    previous,
                }
                .into());
            }
            previous = at;
        }
        if ladder.core_ends() > max {
            return Err(Error::CoreTooLong {
                capability,
                at: ladder.core_ends(),
                max,
            }
            .into());
        }
        let mut previous = 0;
        for (stage, delay) in Stage::HELD.into_iter().zip(ladder.delay) {
            if delay < previous {
                return Err(Error::DelayShrinks {
                    capability,
                    stage,
                    delay,
                    previous,
                }
                .into());
            }
            if delay > MAX_DELAY {
                return Err(Error::DelayTooLong {
                    capability,
                    stage,
                    max: MAX_DELAY,
                    got: delay,
                }
                .into());
            }
            if capability.worsens_terms() && delay < self.exit_blocks {
                return Err(Error::DelayBelowExit {
                    capability,
                    stage,
                    delay,
                    exit: self.exit_blocks,
                }
                .into());
            }
            previous = delay;
        }
        Ok(())
    }

    /// The ladder of a capability.
    pub fn ladder(&self, capability: Capability) -> Ladder {
        // No capability lacks a ladder; one that did would be nobody's.
        self.ladders.get(capability as usize).copied().unwrap_or(Ladder {
            at: [0; 4],
            delay: [MAX_DELAY; 4],
        })
    }

    /// The ladder of a capability, to move it up.
    pub fn ladder_mut(&mut self, capability: Capability) -> &mut Ladder {
        let [fees, risk, listing, emission, pause, treasury, validators, guardian, code, governance, owner] =
            &mut self.ladders;
        match capability {
            Capability::Fees => fees,
            Capability::Risk => risk,
            Capability::Listing => listing,
            Capability::Emission => emission,
            Capability::PauseOpening => pause,
            Capability::Treasury => treasury,
            Capability::ValidatorPolicy => validators,
            Capability::Guardian => guardian,
            Capability::PinCode => code,
            Capability::Governance => governance,
            Capability::SubnetOwner => owner,
        }
    }
}
