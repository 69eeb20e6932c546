//! One account: what it owns and locked, whom it trusts, who trusts it, and how it voted.

use super::{Aggregate, Ballot, Error, Lock, Result};
use crate::math::BPS;
use crate::referendum::Tally;
use crate::AccountId;
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;

/// Most ballots an account holds at a time.
pub const MAX_BALLOTS: usize = 16;

/// Conviction on the chain itself, for which an account enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Native {
    /// The least that was seen since the enrolment, shares.
    pub conviction: u128,
    /// Block of the enrolment.
    pub since: u32,
}

/// A change of a tally: what to take out, and what to put in instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Change {
    /// The referendum.
    pub referendum: u32,
    /// What was counted.
    pub take: Tally,
    /// What counts now.
    pub put: Tally,
}

/// An account's part of an escrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Voter {
    /// Shares of the escrow's stake, locked or free.
    pub shares: u128,
    /// What of them is locked.
    pub lock: Lock,
    /// Who votes with the own lock instead.
    pub delegate: Option<AccountId>,
    /// Block of the last end of a delegation, until the account delegates again.
    pub undelegated: Option<u32>,
    /// Locks of others that this account votes with. Delegation has one level: they are not passed on.
    pub received: Aggregate,
    /// Enrolment of native conviction.
    pub native: Option<Native>,
    /// At most [`MAX_BALLOTS`].
    pub ballots: Vec<Ballot>,
}

impl Voter {
    /// Shares that are not locked at block `now`.
    pub fn free(&self, now: u32) -> u128 {
        self.shares.saturating_sub(self.lock.weight_at(now).mass)
    }

    /// Own conviction at block `now` that the account itself casts in a referendum submitted at block `submitted`: nothing
    /// while it delegates, nor in referenda in which a former delegate may have cast it.
    pub fn own(&self, now: u32, submitted: u32) -> u128 {
        if self.delegate.is_some() || self.undelegated.is_some_and(|at| at >= submitted) {
            return 0;
        }
        self.lock.weight_at(now).conviction
    }

    /// What the account votes with at block `now` in a referendum submitted at block `submitted`: own and received
    /// conviction, shares.
    pub fn power(&self, now: u32, submitted: u32) -> u128 {
        self.own(now, submitted)
            .saturating_add(self.received.rolled(now).conviction())
    }

    /// Bonus of native conviction for the same: at most `cap_bps` of what the account itself casts, rounded down. Nothing
    /// for who enrolled at or after `submitted`.
    pub fn bonus(&self, now: u32, cap_bps: u16, submitted: u32) -> u128 {
        match self.native {
            Some(native) if cap_bps != 0 && native.since < submitted => {
                let own = self.own(now, submitted);
                let cap = own.saturating_mul(cap_bps.into()).checked_div(BPS.into()).unwrap_or(0);
                native.conviction.min(cap)
            }
            _ => 0,
        }
    }

    /// Enrols native conviction of that many shares as seen at block `now`. It counts in referenda submitted later.
    pub fn enrol(&mut self, conviction: u128, now: u32) {
        self.native = Some(Native { conviction, since: now });
    }

    /// The ballot in a referendum.
    pub fn ballot(&self, referendum: u32) -> Option<&Ballot> {
        self.ballots.iter().find(|ballot| ballot.referendum == referendum)
    }

    /// Holds a ballot; returns the one it replaces.
    ///
    /// # Errors
    /// [`Error::TooManyBallots`].
    pub fn set_ballot(&mut self, ballot: Ballot) -> Result<Option<Ballot>> {
        if let Some(held) = self.ballots.iter_mut().find(|b| b.referendum == ballot.referendum) {
            return Ok(Some(core::mem::replace(held, ballot)));
        }
        if self.ballots.len() >= MAX_BALLOTS {
            return Err(Error::TooManyBallots {
                max: u32::try_from(MAX_BALLOTS).unwrap_or(u32::MAX),
            }
            .into());
        }
        self.ballots.push(ballot);
        Ok(None)
    }

    /// Lets go of the ballot in a referendum, if there is one.
    pub fn take_ballot(&mut self, referendum: u32) -> Option<Ballot> {
        let index = self.ballots.iter().position(|ballot| ballot.referendum == referendum)?;
        Some(self.ballots.swap_remove(index))
    }

    /// Lowers enrolled native conviction to `native_now` shares where that is less, and every ballot's bonus to what is
    /// left. Returns how tallies change; nothing ever rises.
    pub fn reconcile(&mut self, native_now: u128) -> Vec<Change> {
        let Some(native) = self.native.as_mut() else {
            return Vec::new();
        };
        native.conviction = native.conviction.min(native_now);
        let most = native.conviction;
        self.ballots
            .iter_mut()
            .filter(|ballot| ballot.bonus > most)
            .filter_map(|ballot| {
                let lowered = Ballot { bonus: most, ..*ballot };
                // A ballot that was cast can be counted.
                let (take, put) = (ballot.tally().ok()?, lowered.tally().ok()?);
                *ballot = lowered;
                Some(Change {
                    referendum: lowered.referendum,
                    take,
                    put,
                })
            })
            .collect()
    }

    /// Whether nothing would be lost with this account: no shares, lock, delegation, waiting time, enrolment or ballot.
    pub fn is_empty(&self) -> bool {
        self.shares == 0
            && self.lock.weight.is_zero()
            && self.delegate.is_none()
            && self.undelegated.is_none()
            && self.received.is_zero()
            && self.native.is_none()
            && self.ballots.is_empty()
    }
}
