//! Who still has what power until when, and the certificate that nobody has any.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::{entitled, Calendar, Capability, Error, Guardian, Proposer, Result, Stage};
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;

/// Who can have power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Holder {
    /// The core team.
    Core,
    /// The guardian.
    Guardian,
    /// The DAO.
    Dao,
}

/// One power that somebody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Power {
    /// Over what; `None` for pausing and cancelling as guardian.
    pub capability: Option<Capability>,
    /// The capability's stage; for the guardian's power, that of the capability `Guardian`.
    pub stage: Stage,
    /// First block without this power at the latest; `u32::MAX` for never.
    pub until: u32,
}

/// Proof that nobody's key has power over the protocol.
#[derive(Clone, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Certificate {
    /// Since which block at the latest.
    pub block: u32,
    /// The stage of every capability in that block.
    pub stages: Vec<(Capability, Stage)>,
    /// Whether nobody can change any more which code markets run.
    pub code_final: bool,
}

/// Every power that `who` has in block `now`.
pub fn residual_powers(calendar: &Calendar, guardian: &Guardian, who: Holder, now: u32) -> Vec<Power> {
    let proposer = match who {
        Holder::Core => Proposer::Core,
        // Which referendum makes no difference to what the DAO may do.
        Holder::Dao => Proposer::Dao { referendum: 0 },
        Holder::Guardian => {
            let power = Power {
                capability: None,
                stage: calendar.ladder(Capability::Guardian).stage(now),
                until: guardian.until,
            };
            return guardian.is_active(now).then_some(power).into_iter().collect();
        }
    };
    Capability::ALL
        .into_iter()
        .filter_map(|capability| {
            let ladder = calendar.ladder(capability);
            let stage = ladder.stage(now);
            entitled(&proposer, stage).then_some(Power {
                capability: Some(capability),
                stage,
                until: match proposer {
                    Proposer::Core => ladder.core_ends(),
                    Proposer::Dao { .. } => ladder.frozen_at(),
                },
            })
        })
        .collect()
}

/// Certifies in block `now` that every capability is the DAO's or frozen, that nobody can pin code any more, and that there is
/// no guardian and never will be.
///
/// # Errors
/// [`Error::PowersRemain`] with how many powers stand against it.
pub fn certificate(calendar: &Calendar, guardian: &Guardian, now: u32) -> Result<Certificate> {
    let stages: Vec<_> = Capability::ALL
        .into_iter()
        .map(|capability| (capability, calendar.ladder(capability).stage(now)))
        .collect();
    let held = |(capability, stage): &&(Capability, Stage)| match capability {
        Capability::PinCode => *stage < Stage::Frozen,
        _ => *stage < Stage::Dao,
    };
    // Until its last block a guardian that was removed can be replaced, unless nobody can do that any more.
    let replaceable = calendar.ladder(Capability::Guardian).stage(now) < Stage::Frozen;
    let guarded = now < guardian.until && (guardian.account.is_some() || replaceable);
    let count = stages.iter().filter(held).count().saturating_add(usize::from(guarded));
    if count > 0 {
        return Err(Error::PowersRemain {
            count: u32::try_from(count).unwrap_or(u32::MAX),
        }
        .into());
    }
    Ok(Certificate {
        block: now,
        stages,
        code_final: true,
    })
}
