//! What becomes of the deposits of a referendum.

use crate::AccountId;

use super::{
    error::{Error, Result},
    Phase, Referendum,
};

/// A deposit that is paid out, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Deposit {
    /// Who placed it.
    pub to: AccountId,
    /// Rao.
    pub amount: u64,
    /// It is not returned to `to`, but kept.
    pub slashed: bool,
}

impl Referendum {
    /// Pays out the submission deposit: slashed when the referendum timed out or was killed, else returned.
    ///
    /// # Errors
    /// [`Error::StillOpen`], [`Error::NothingHeld`].
    pub fn refund_submission(&mut self, now: u32) -> Result<Deposit> {
        let phase = self.over(now)?;
        if !self.submission_held {
            return Err(Error::NothingHeld.into());
        }
        self.phase = phase;
        self.submission_held = false;
        Ok(Deposit {
            to: self.proposer,
            amount: self.rules.submission_deposit,
            slashed: matches!(phase, Phase::TimedOut { .. } | Phase::Killed { .. }),
        })
    }

    /// Pays out the decision deposit: slashed when the referendum was killed, else returned.
    ///
    /// # Errors
    /// [`Error::StillOpen`], [`Error::NothingHeld`].
    pub fn refund_decision(&mut self, now: u32) -> Result<Deposit> {
        let phase = self.over(now)?;
        let Some((to, _)) = self.decision.filter(|_| self.decision_held) else {
            return Err(Error::NothingHeld.into());
        };
        self.phase = phase;
        self.decision_held = false;
        Ok(Deposit {
            to,
            amount: self.rules.decision_deposit,
            slashed: matches!(phase, Phase::Killed { .. }),
        })
    }

    /// Pays out both deposits, as far as they are held: that of the submission, then that of the decision.
    ///
    /// # Errors
    /// [`Error::StillOpen`], [`Error::NothingHeld`].
    pub fn refund(&mut self, now: u32) -> Result<[Option<Deposit>; 2]> {
        self.over(now)?;
        held([self.refund_submission(now).ok(), self.refund_decision(now).ok()])
    }

    /// Returns both deposits, as far as they are held, whatever became of the referendum: who votes here has no say any more.
    ///
    /// # Errors
    /// [`Error::NothingHeld`].
    pub fn return_all(&mut self) -> Result<[Option<Deposit>; 2]> {
        let submission = self
            .submission_held
            .then_some((self.proposer, self.rules.submission_deposit));
        let decision = self.decision.filter(|_| self.decision_held);
        self.submission_held = false;
        self.decision_held = false;
        let returned = |(to, amount)| Deposit {
            to,
            amount,
            slashed: false,
        };
        held([
            submission.map(returned),
            decision.map(|(to, _)| returned((to, self.rules.decision_deposit))),
        ])
    }

    fn over(&self, now: u32) -> Result<Phase> {
        let phase = self.phase_at(now);
        if phase.is_open() {
            return Err(Error::StillOpen { phase }.into());
        }
        Ok(phase)
    }
}

fn held(deposits: [Option<Deposit>; 2]) -> Result<[Option<Deposit>; 2]> {
    if deposits == [None, None] {
        return Err(Error::NothingHeld.into());
    }
    Ok(deposits)
}
