//! Operations: what is to be done, by whose power, and when it may be.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use super::{Calendar, Capability, Error, Hash, Ladder, OwnerCall, Result, Stage};
use crate::referendum::TrackId;
use crate::AccountId;
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;

/// Longest input of a call, bytes.
pub const MAX_INPUT: usize = 2_048;

/// By whose power an operation is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Proposer {
    /// The core team's.
    Core,
    /// The DAO's, by a referendum.
    Dao {
        /// Its number.
        referendum: u32,
    },
}

/// Whether a proposer has a capability at a stage.
pub fn entitled(proposer: &Proposer, stage: Stage) -> bool {
    match proposer {
        Proposer::Core => stage < Stage::Dao,
        Proposer::Dao { .. } => stage == Stage::Dao,
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Action {
    /// Calls a message of a governed contract.
    Call {
        /// By which capability; it must allow this message of this target.
        capability: Capability,
        /// The contract.
        target: AccountId,
        /// The code it must run, when scheduled and when executed.
        code_hash: Hash,
        /// The message.
        selector: [u8; 4],
        /// Its encoded arguments, at most [`MAX_INPUT`] bytes.
        input: Vec<u8>,
        /// TAO sent along out of the treasury's cap, rao; only by the capability `Treasury`.
        value: u64,
    },
    /// Pays out of the treasury.
    Pay {
        /// To whom.
        to: AccountId,
        /// Rao.
        amount: u64,
    },
    /// Puts another guardian into the place of the present one.
    SetGuardian {
        /// The new one; nobody for `None`.
        guardian: Option<AccountId>,
    },
    /// Moves a capability up its ladder before its time.
    Accelerate {
        /// Which one: by its own power.
        capability: Capability,
        /// To which stage; the core team at most to `Dao`.
        stage: Stage,
    },
    /// Lets operations of a capability wait longer.
    GrowDelay {
        /// Which one: by its own power.
        capability: Capability,
        /// From which stage on.
        stage: Stage,
        /// Blocks.
        blocks: u32,
    },
    /// Calls the chain in the name of an account that delegated to the handover.
    Proxied {
        /// The account.
        owner: AccountId,
        /// The call.
        call: OwnerCall,
    },
    /// Sells stake of the handover, which markets pay as protocol income, on the chain's pool into the treasury.
    SellStake {
        /// The validator it is with.
        hotkey: AccountId,
        /// Of which subnet.
        netuid: u16,
        /// Alpha-rao.
        alpha: u64,
        /// Least that has to arrive, rao.
        min_tao: u64,
    },
}

impl Action {
    /// By which capability it is done.
    pub fn capability(&self) -> Capability {
        match self {
            Self::Call { capability, .. }
            | Self::Accelerate { capability, .. }
            | Self::GrowDelay { capability, .. } => *capability,
            Self::Pay { .. } | Self::SellStake { .. } => Capability::Treasury,
            Self::SetGuardian { .. } => Capability::Guardian,
            Self::Proxied { .. } => Capability::SubnetOwner,
        }
    }

    /// The track on which the DAO decides it: that of its capability, but the strictest for what changes the calendar.
    pub fn track(&self) -> TrackId {
        match self {
            Self::Accelerate { .. } | Self::GrowDelay { .. } => TrackId::Code,
            _ => self.capability().track(),
        }
    }

    /// Checks what can be said without knowing any contract.
    ///
    /// # Errors
    /// [`Error::InputTooLong`], [`Error::ValueOutsideTreasury`], [`Error::ZeroAmount`], [`Error::BeyondProposer`], those of
    /// [`OwnerCall::check`].
    pub fn check(&self, proposer: &Proposer) -> Result<()> {
        match self {
            Self::Call {
                capability,
                input,
                value,
                ..
            } => {
                if input.len() > MAX_INPUT {
                    return Err(Error::InputTooLong {
                        max: MAX_INPUT as u32,
                        got: u32::try_from(input.len()).unwrap_or(u32::MAX),
                    }
                    .into());
                }
                if *value != 0 && *capability != Capability::Treasury {
                    return Err(Error::ValueOutsideTreasury {
                        capability: *capability,
                    }
                    .into());
                }
                Ok(())
            }
            Self::Pay { amount: 0, .. } | Self::SellStake { alpha: 0, .. } => Err(Error::ZeroAmount.into()),
            Self::Accelerate { stage, .. } if *proposer == Proposer::Core && *stage > Stage::Dao => {
                Err(Error::BeyondProposer { to: *stage }.into())
            }
            Self::Proxied { call, .. } => call.check(),
            _ => Ok(()),
        }
    }
}

/// Something to be done. Its id is a hash of all of this.
#[derive(Clone, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Operation {
    /// What.
    pub action: Action,
    /// Id of the operation that must be executed before.
    pub predecessor: Option<Hash>,
    /// Tells equal operations apart.
    pub salt: Hash,
    /// By whose power.
    pub proposer: Proposer,
}

/// What was done about an operation. Nothing leaves the last three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Status {
    /// Nothing yet.
    Scheduled,
    /// It was executed.
    Executed {
        /// In which block.
        at: u32,
    },
    /// It was cancelled.
    Cancelled {
        /// In which block.
        at: u32,
    },
    /// It was executed, but whether it had its effect could not be read.
    Unverified {
        /// In which block.
        at: u32,
    },
}

/// Where an operation stands in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum State {
    /// It has to wait.
    Waiting,
    /// Anyone may execute it.
    Ready,
    /// It was executed.
    Executed,
    /// It was executed, with unknown effect.
    Unverified,
    /// It was cancelled.
    Cancelled,
    /// Nobody executed it in time.
    Expired,
    /// Who proposed it lost the power to do so before it was executed.
    PowerEnded,
}

/// An operation that was scheduled.
#[derive(Clone, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Record {
    /// The operation.
    pub operation: Operation,
    /// Its id.
    pub id: Hash,
    /// How many were scheduled before it.
    pub number: u32,
    /// By which capability.
    pub capability: Capability,
    /// In which block it was scheduled.
    pub scheduled: u32,
    /// First block in which it may be executed.
    pub ready: u32,
    /// First block in which it may not be executed any more.
    pub expires: u32,
    /// What was done about it.
    pub status: Status,
}

impl Record {
    /// Schedules an operation in block `now`: it waits as long as its capability's stage says now, whatever changes later.
    ///
    /// # Errors
    /// [`Error::NotEntitled`] when the proposer does not have the capability now; those of [`Action::check`].
    pub fn schedule(operation: Operation, id: Hash, number: u32, calendar: &Calendar, now: u32) -> Result<Self> {
        let capability = operation.action.capability();
        let ladder = calendar.ladder(capability);
        let stage = ladder.stage(now);
        if !entitled(&operation.proposer, stage) {
            return Err(Error::NotEntitled { capability, stage }.into());
        }
        operation.action.check(&operation.proposer)?;
        let ready = now.saturating_add(ladder.delay(now));
        Ok(Self {
            operation,
            id,
            number,
            capability,
            scheduled: now,
            ready,
            expires: ready.saturating_add(calendar.grace_blocks),
            status: Status::Scheduled,
        })
    }

    /// Where it stands in block `now`, with the ladder of its capability. Of expiry and the end of its proposer's power, the
    /// one that came first is told.
    pub fn state(&self, ladder: &Ladder, now: u32) -> State {
        match self.status {
            Status::Executed { .. } => return State::Executed,
            Status::Unverified { .. } => return State::Unverified,
            Status::Cancelled { .. } => return State::Cancelled,
            Status::Scheduled => {}
        }
        let power_ends = match self.operation.proposer {
            Proposer::Core => ladder.core_ends(),
            Proposer::Dao { .. } => ladder.frozen_at(),
        };
        let expired = now >= self.expires;
        if expired && self.expires <= power_ends {
            State::Expired
        } else if !entitled(&self.operation.proposer, ladder.stage(now)) {
            State::PowerEnded
        } else if expired {
            State::Expired
        } else if now < self.ready {
            State::Waiting
        } else {
            State::Ready
        }
    }

    /// Marks it executed in block `now`, before anything is done: whatever the action calls finds it done. `predecessor` is
    /// the status of the operation that it names as such, if there is one.
    ///
    /// # Errors
    /// [`Error::NotScheduled`], [`Error::TooEarly`], [`Error::Expired`], [`Error::PowerEnded`],
    /// [`Error::PredecessorNotDone`] unless that was executed with a known effect.
    pub fn begin_execution(&mut self, ladder: &Ladder, now: u32, predecessor: Option<Status>) -> Result<()> {
        match self.state(ladder, now) {
            State::Ready => {}
            State::Waiting => return Err(Error::TooEarly { ready: self.ready, now }.into()),
            State::Expired => {
                return Err(Error::Expired {
                    expires: self.expires,
                    now,
                }
                .into());
            }
            State::PowerEnded => {
                return Err(Error::PowerEnded {
                    capability: self.capability,
                    stage: ladder.stage(now),
                }
                .into());
            }
            State::Executed | State::Unverified | State::Cancelled => return Err(Error::NotScheduled.into()),
        }
        if self.operation.predecessor.is_some() && !matches!(predecessor, Some(Status::Executed { .. })) {
            return Err(Error::PredecessorNotDone.into());
        }
        self.status = Status::Executed { at: now };
        Ok(())
    }

    /// Cancels it in block `now`, for ever.
    ///
    /// # Errors
    /// [`Error::NotScheduled`] when it was executed or cancelled before.
    pub fn cancel(&mut self, now: u32) -> Result<()> {
        if self.status != Status::Scheduled {
            return Err(Error::NotScheduled.into());
        }
        self.status = Status::Cancelled { at: now };
        Ok(())
    }

    /// Says of an operation that was executed in block `now` that its effect could not be read.
    pub fn mark_unverified(&mut self, now: u32) {
        if matches!(self.status, Status::Executed { .. }) {
            self.status = Status::Unverified { at: now };
        }
    }
}
