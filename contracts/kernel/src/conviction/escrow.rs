//! The escrow: shares of the stake, and the locks on them.

use super::{error::overflow, Aggregate, Error, LockKind, Result, Voter, Weight};
use crate::math::{mul_div_down, narrow};
use crate::vault::{MAX_SHARES, VIRTUAL_ALPHA, VIRTUAL_SHARES};
use crate::AccountId;

/// Shares for `alpha` that came to `stake`, rounded down: `alpha·(total + 1e3)/(stake + 1)`.
///
/// # Errors
/// [`Error::Overflow`].
pub fn shares_down(alpha: u64, total_shares: u128, stake: u64) -> Result<u128> {
    mul_div_down(
        alpha.into(),
        total_shares.saturating_add(VIRTUAL_SHARES),
        u128::from(stake).saturating_add(VIRTUAL_ALPHA),
    )
    .map_err(|_| overflow())
}

/// Alpha that `shares` of `stake` are worth, rounded down: `shares·(stake + 1)/(total + 1e3)`.
///
/// # Errors
/// [`Error::Overflow`].
pub fn alpha_down(shares: u128, total_shares: u128, stake: u64) -> Result<u64> {
    mul_div_down(
        shares,
        u128::from(stake).saturating_add(VIRTUAL_ALPHA),
        total_shares.saturating_add(VIRTUAL_SHARES),
    )
    .and_then(narrow)
    .map_err(|_| overflow())
}

/// What all accounts own and locked together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Escrow {
    /// Sum of the accounts' shares; at most 2^70.
    pub total_shares: u128,
    /// Sum of the accounts' locks.
    pub total: Aggregate,
    /// Longest life that any referendum had so far, blocks; only grows.
    pub longest_lifetime: u32,
}

impl Escrow {
    /// Makes sure that delegations wait for a referendum that lives that many blocks.
    pub fn expect_lifetime(&mut self, blocks: u32) {
        self.longest_lifetime = self.longest_lifetime.max(blocks);
    }

    /// Credits `shares` and locks them. What was locked before keeps its conviction, what is new has none.
    ///
    /// # Errors
    /// [`Error::ZeroAmount`], [`Error::KindMismatch`] when mass of another kind is locked, [`Error::DelegateMismatch`],
    /// [`Error::Overflow`] above 2^70 shares.
    pub fn lock(
        &mut self,
        voter: &mut Voter,
        delegate: Option<&mut Voter>,
        shares: u128,
        kind: LockKind,
        now: u32,
    ) -> Result<()> {
        expect_delegate(voter, &delegate)?;
        if shares == 0 {
            return Err(Error::ZeroAmount.into());
        }
        let total = self
            .total_shares
            .checked_add(shares)
            .filter(|total| *total <= MAX_SHARES)
            .ok_or_else(overflow)?;
        let current = voter.lock.weight_at(now);
        if current.mass != 0 && voter.lock.kind != kind {
            return Err(Error::KindMismatch { kind: voter.lock.kind }.into());
        }
        // What a lock leaves behind when its last mass is gone does not help the next one.
        let next = if current.mass == 0 {
            Weight::new(shares)
        } else {
            current.plus(Weight::new(shares))
        };
        self.replace(voter, delegate, kind, next, now);
        self.total_shares = total;
        voter.shares = voter.shares.saturating_add(shares);
        Ok(())
    }

    /// Changes the kind of a lock, with mass and conviction as of block `now`.
    ///
    /// # Errors
    /// [`Error::NothingToDo`] when it is of that kind, [`Error::DelegateMismatch`].
    pub fn set_kind(
        &mut self,
        voter: &mut Voter,
        delegate: Option<&mut Voter>,
        kind: LockKind,
        now: u32,
    ) -> Result<()> {
        expect_delegate(voter, &delegate)?;
        if voter.lock.kind == kind {
            return Err(Error::NothingToDo.into());
        }
        let weight = voter.lock.weight_at(now);
        self.replace(voter, delegate, kind, weight, now);
        Ok(())
    }

    /// Burns `shares` that are free at block `now`.
    ///
    /// # Errors
    /// [`Error::ZeroAmount`], [`Error::BallotsHold`], [`Error::NotFree`].
    pub fn release(&mut self, voter: &mut Voter, shares: u128, now: u32) -> Result<()> {
        if shares == 0 {
            return Err(Error::ZeroAmount.into());
        }
        expect_no_ballots(voter)?;
        let free = voter.free(now);
        if shares > free {
            return Err(Error::NotFree {
                free,
                requested: shares,
            }
            .into());
        }
        voter.lock.roll(now);
        voter.shares = voter.shares.saturating_sub(shares);
        self.total_shares = self.total_shares.saturating_sub(shares);
        self.forget_waiting(voter, now);
        Ok(())
    }

    /// After the end of a generation: burns all shares of an account, whatever is locked, delegated or voted, and forgets
    /// the account. Returns the shares burnt.
    pub fn exit(&mut self, voter: &mut Voter) -> u128 {
        let burnt = voter.shares;
        self.total_shares = self.total_shares.saturating_sub(burnt);
        *voter = Voter::default();
        burnt
    }

    /// Lets `target`, the account `to`, vote with the lock of `voter`, the account `me`.
    ///
    /// # Errors
    /// [`Error::DelegateToSelf`], [`Error::AlreadyDelegating`], [`Error::BallotsHold`], [`Error::RedelegationTooSoon`] while
    /// a referendum may be open in which a former delegate voted with the lock.
    pub fn delegate(
        &mut self,
        voter: &mut Voter,
        to: AccountId,
        target: &mut Voter,
        now: u32,
        me: AccountId,
    ) -> Result<()> {
        if to == me {
            return Err(Error::DelegateToSelf.into());
        }
        if voter.delegate.is_some() {
            return Err(Error::AlreadyDelegating.into());
        }
        expect_no_ballots(voter)?;
        if let Some(at) = self.waits_until(voter, now) {
            return Err(Error::RedelegationTooSoon { at }.into());
        }
        voter.lock.roll(now);
        target.received.roll(now);
        target.received.add(voter.lock.kind, voter.lock.weight);
        voter.delegate = Some(to);
        voter.undelegated = None;
        Ok(())
    }

    /// Takes the lock of `voter` back from its delegate `target`.
    ///
    /// # Errors
    /// [`Error::NotDelegating`].
    pub fn undelegate(&mut self, voter: &mut Voter, target: &mut Voter, now: u32) -> Result<()> {
        if voter.delegate.take().is_none() {
            return Err(Error::NotDelegating.into());
        }
        voter.lock.roll(now);
        target.received.roll(now);
        target.received.remove(voter.lock.kind, voter.lock.weight);
        voter.undelegated = Some(now);
        Ok(())
    }

    /// Block from which the account may delegate again, if that is after `now`.
    pub fn waits_until(&self, voter: &Voter, now: u32) -> Option<u32> {
        voter
            .undelegated
            .map(|at| at.saturating_add(self.longest_lifetime))
            .filter(|at| *at > now)
    }

    /// Forgets the end of a delegation that no referendum can be older than any more.
    fn forget_waiting(&self, voter: &mut Voter, now: u32) {
        if self.waits_until(voter, now).is_none() {
            voter.undelegated = None;
        }
    }

    /// Replaces a lock as of block `now`, in the sums as well.
    fn replace(&mut self, voter: &mut Voter, delegate: Option<&mut Voter>, kind: LockKind, weight: Weight, now: u32) {
        voter.lock.roll(now);
        let sums = core::iter::once(&mut self.total).chain(delegate.map(|delegate| &mut delegate.received));
        for sum in sums {
            sum.roll(now);
            sum.remove(voter.lock.kind, voter.lock.weight);
            sum.add(kind, weight);
        }
        voter.lock.kind = kind;
        voter.lock.weight = weight;
    }
}

fn expect_delegate(voter: &Voter, delegate: &Option<&mut Voter>) -> Result<()> {
    if voter.delegate.is_some() != delegate.is_some() {
        return Err(Error::DelegateMismatch.into());
    }
    Ok(())
}

fn expect_no_ballots(voter: &Voter) -> Result<()> {
    if !voter.ballots.is_empty() {
        return Err(Error::BallotsHold {
            count: u32::try_from(voter.ballots.len()).unwrap_or(u32::MAX),
        }
        .into());
    }
    Ok(())
}
