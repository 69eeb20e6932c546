//! What messages are made of: what is asked of the chain, rules on several cells, and the cells.

use crate::conviction::{Conviction, Result};
use crate::error::ConvictionError;
use crate::events::{AlphaUnlocked, PhaseEntered, Retracted};
use crate::stake::STAKE_ROUNDING;
use crate::storage::{ObjectionCell, ReferendumCell, TrackCell, VoterCell};
use ink::codegen::Env;
use ink::primitives::AccountId;
use kernel::conviction::{alpha_down, Ballot, Escrow, Voter};
use kernel::objection::Objection;
use kernel::referendum::{Phase, Referendum, Track, TrackId};
use shell::{emit, pay};
use subtensor::extension;

impl Conviction {
    // ---- the chain

    pub(crate) fn check_alive(&self) -> Result<()> {
        let state = self
            .env()
            .extension()
            .get_subnet_registration_state(self.hot.0.netuid)?;
        if !state.exists || state.registered_subnet_counter != self.hot.0.generation {
            return Err(ConvictionError::GenerationEnded {
                generation: self.hot.0.generation,
            }
            .into());
        }
        Ok(())
    }

    /// That the generation is over and all its alpha paid out.
    pub(crate) fn check_ended(&self) -> Result<()> {
        let state = self
            .env()
            .extension()
            .get_subnet_registration_state(self.hot.0.netuid)?;
        if !state.exists {
            let me = self.env().account_id();
            let stake = self
                .env()
                .extension()
                .get_stake_availability(me, self.hot.0.netuid)?
                .total;
            if stake != 0 {
                return Err(ConvictionError::DissolutionPending { stake }.into());
            }
        } else if state.registered_subnet_counter == self.hot.0.generation {
            return Err(ConvictionError::GenerationAlive.into());
        }
        Ok(())
    }

    pub(crate) fn native_conviction(&self, who: AccountId) -> Result<u128> {
        let lock = extension().get_coldkey_lock(who, self.hot.0.netuid)?;
        // The chain counts in alpha-rao with 64 fractional bits.
        Ok(lock.map_or(0, |lock| {
            (lock.conviction_bits >> 64).saturating_mul(crate::conviction::SHARES_PER_ALPHA)
        }))
    }

    /// What the chain's own conviction adds to a ballot now; lowers what is remembered of it.
    pub(crate) fn bonus(&self, who: AccountId, voter: &mut Voter, submitted: u32, now: u32) -> Result<u128> {
        let cap = self.hot.0.native_cap_bps;
        let Some(native) = &mut voter.native else { return Ok(0) };
        if cap == 0 {
            return Ok(0);
        }
        native.conviction = native.conviction.min(self.native_conviction(who)?);
        Ok(voter.bonus(now, cap, submitted))
    }

    pub(crate) fn as_authority(&self) -> Result<()> {
        if self.env().caller() != self.hot.0.authority {
            return Err(ConvictionError::NotAuthority.into());
        }
        Ok(())
    }

    /// Takes exactly `expected` of TAO into deposits.
    pub(crate) fn take_deposit(&mut self, expected: u64) -> Result<u64> {
        let got = self.env().transferred_value();
        if got != expected {
            return Err(ConvictionError::ValueMismatch { expected, got }.into());
        }
        self.hot.0.deposits = self.hot.0.deposits.saturating_add(got);
        Ok(got)
    }

    // ---- rules

    /// Burns free shares of the caller and pays what they are worth: as stake, or sold for at least so much TAO until a
    /// deadline. Returns what arrived.
    pub(crate) fn release(&mut self, shares: u128, sale: Option<(u64, u32)>) -> Result<u64> {
        self.check_alive()?;
        let now = self.env().block_number();
        let (caller, mut voter) = self.caller_voter();
        self.drop_closed(caller, &mut voter, now);
        let shares = if shares == u128::MAX { voter.free(now) } else { shares };
        // Moving stake may take one unit more than asked for: who leaves bears it, not who stays.
        let alpha = alpha_down(shares, self.hot.0.escrow.total_shares, self.stake()?)?.saturating_sub(STAKE_ROUNDING);
        self.hot.0.escrow.release(&mut voter, shares, now)?;
        self.store_voter(caller, voter);
        let (stake, tao) = match sale {
            None => (self.send(caller, alpha)?, 0),
            Some((min, deadline)) => {
                if now > deadline {
                    return Err(ConvictionError::DeadlinePassed { deadline, now }.into());
                }
                let got = self.sell(alpha)?;
                if got < min {
                    return Err(ConvictionError::SlippageExceeded { min, got }.into());
                }
                (0, got)
            }
        };
        emit(&AlphaUnlocked {
            account: caller,
            shares,
            stake,
            tao,
        });
        pay(caller, tao)?;
        Ok(stake.max(tao))
    }

    /// Runs a rule of the escrow on a voter together with its delegate, if it has one.
    pub(crate) fn with_delegate(
        &mut self,
        voter: &mut Voter,
        rule: impl FnOnce(&mut Escrow, &mut Voter, Option<&mut Voter>, u32) -> kernel::conviction::Result<()>,
    ) -> Result<()> {
        let now = self.env().block_number();
        match voter.delegate {
            None => rule(&mut self.hot.0.escrow, voter, None, now)?,
            Some(to) => {
                let to = to.into();
                let mut delegate = self.voter_of(to);
                rule(&mut self.hot.0.escrow, voter, Some(&mut delegate), now)?;
                self.store_voter(to, delegate);
            }
        }
        Ok(())
    }

    /// Ends the hold of ballots whose referendum or objection is over.
    pub(crate) fn drop_closed(&self, account: AccountId, voter: &mut Voter, now: u32) {
        voter.ballots.retain(|ballot| {
            let id = ballot.referendum;
            let open = match self.referenda.get(id) {
                Some(ReferendumCell(referendum)) => referendum.is_open(now),
                None => self.objection_of(id).is_ok_and(|objection| objection.is_open(now)),
            };
            if !open {
                emit(&Retracted { id, account });
            }
            open
        });
    }

    /// Takes a ballot's weight out of what it was cast in, if that is still open.
    pub(crate) fn take_out(&mut self, ballot: &Ballot, now: u32) -> Result<()> {
        let id = ballot.referendum;
        match self.referenda.get(id) {
            Some(ReferendumCell(mut referendum)) => {
                referendum.retract(ballot.tally()?, now);
                self.store_referendum(id, referendum);
            }
            None => {
                let mut objection = self.objection_of(id)?;
                objection.change(ballot.base, 0, now);
                self.objections.insert(id, &ObjectionCell(objection));
            }
        }
        Ok(())
    }

    /// What support is measured against: all conviction, or the floor.
    pub(crate) fn electorate(&self, now: u32) -> u128 {
        let mut total = self.hot.0.escrow.total;
        total.roll(now);
        total.conviction().max(self.hot.0.electorate_floor)
    }

    pub(crate) fn new_id(&mut self) -> u32 {
        let id = self.hot.0.next;
        self.hot.0.next = id.saturating_add(1);
        id
    }

    pub(crate) fn put_track(&mut self, id: TrackId, track: Track) -> Result<()> {
        track.check()?;
        self.hot.0.escrow.expect_lifetime(track.lifetime());
        self.tracks.insert(id.index(), &TrackCell(track));
        Ok(())
    }

    pub(crate) fn enter(&mut self, id: u32, referendum: Referendum) -> Result<Phase> {
        let (phase, tally) = (referendum.phase, referendum.tally);
        self.store_referendum(id, referendum);
        emit(&PhaseEntered { id, phase, tally });
        Ok(phase)
    }

    // ---- cells

    pub(crate) fn voter_of(&self, who: AccountId) -> Voter {
        self.voters.get(who).map_or_else(Voter::default, |cell| cell.0)
    }

    pub(crate) fn caller_voter(&self) -> (AccountId, Voter) {
        let caller = self.env().caller();
        (caller, self.voter_of(caller))
    }

    pub(crate) fn store_voter(&mut self, who: AccountId, voter: Voter) {
        if voter.is_empty() {
            self.voters.remove(who);
        } else {
            self.voters.insert(who, &VoterCell(voter));
        }
    }

    pub(crate) fn referendum_of(&self, id: u32) -> Result<Referendum> {
        Ok(self
            .referenda
            .get(id)
            .ok_or(ConvictionError::NoSuchReferendum { id })?
            .0)
    }

    pub(crate) fn store_referendum(&mut self, id: u32, referendum: Referendum) {
        self.referenda.insert(id, &ReferendumCell(referendum));
    }

    pub(crate) fn objection_of(&self, id: u32) -> Result<Objection> {
        Ok(self
            .objections
            .get(id)
            .ok_or(ConvictionError::NoSuchReferendum { id })?
            .0)
    }

    pub(crate) fn track(&self, id: TrackId) -> Result<Track> {
        Ok(self.tracks.get(id.index()).ok_or(ConvictionError::NothingToDo)?.0)
    }
}
