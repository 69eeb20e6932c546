//! Governance by conviction of one (netuid, generation); netuid 0 is the protocol-wide instance.
//!
//! Alpha is locked as stake and earns for those who lock it; conviction grows with time and is what votes. The contract
//! makes no call to any other contract: what was decided waits to be pulled.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod error;
mod events;
mod rules;
mod stake;
mod storage;

pub use error::ConvictionError;
pub use storage::{ConvictionState, Decision, Hot, ObjectionView};

#[ink::contract(env = subtensor::SubtensorEnvironment)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unsafe_code,
    reason = "ink's dispatch is generated"
)]
mod conviction {
    use crate::error::{ConvictionError, Failure};
    use crate::events::*;
    use crate::storage::*;
    use ink::prelude::{boxed::Box, vec::Vec};
    use ink::scale::Decode;
    use ink::storage::Mapping;
    use kernel::conviction::{alpha_down, shares_down, Ballot, Change, Escrow, LockKind, Vote};
    use kernel::objection::{Objection, OBJECTION_BLOCKS};
    use kernel::referendum::{Phase, Referendum, Tally, Track, TrackId};
    use shell::{apart, emit, pay};

    pub(crate) type Result<T> = core::result::Result<T, Failure>;

    /// Shares of one alpha-rao while nothing has been earned: the unit in which votes are counted.
    pub(crate) const SHARES_PER_ALPHA: u128 = kernel::vault::VIRTUAL_SHARES;
    /// Longest call of a referendum, bytes.
    const MAX_CALL: u32 = 4_096;
    /// Most accounts one message reconciles.
    const MAX_BATCH: u32 = 100;
    /// Most referenda one page has.
    const MAX_PAGE: u32 = 100;
    /// Most that the chain's own conviction may add to an account's, in basis points.
    const MAX_NATIVE_CAP_BPS: u16 = 2_500;

    /// The DAO.
    #[ink(storage)]
    pub struct Conviction {
        pub(crate) hot: HotCell,
        pub(crate) voters: Mapping<AccountId, VoterCell>,
        pub(crate) referenda: Mapping<u32, ReferendumCell>,
        pub(crate) calls: Mapping<u32, Vec<u8>>,
        pub(crate) tracks: Mapping<u8, TrackCell>,
        pub(crate) objections: Mapping<u32, ObjectionCell>,
        /// Under which id an operation is objected to.
        pub(crate) objected: Mapping<[u8; 32], u32>,
    }

    impl Conviction {
        /// The DAO of the subnet that lives under `netuid` now. `tracks` are the rules of every track, by index;
        /// `electorate_floor` (alpha) is the least that support is measured against.
        ///
        /// # Errors
        /// [`ConvictionError::NoSuchSubnet`], [`ConvictionError::OutOfBounds`] unless there are exactly as many tracks as
        /// there should be, or what is wrong with one of them.
        #[ink(constructor, payable)]
        pub fn new(
            netuid: u16,
            hotkey: AccountId,
            authority: AccountId,
            sink: AccountId,
            tracks: Vec<Track>,
            electorate_floor: u64,
        ) -> Result<Self> {
            let state = subtensor::extension().get_subnet_registration_state(netuid)?;
            if !state.exists {
                return Err(ConvictionError::NoSuchSubnet { netuid }.into());
            }
            if tracks.len() != TrackId::ALL.len() {
                return Err(out_of_bounds(
                    TrackId::ALL.len() as u64,
                    TrackId::ALL.len() as u64,
                    tracks.len() as u64,
                ));
            }
            let mut escrow = Escrow::default();
            // Objections hold ballots as referenda do.
            escrow.expect_lifetime(OBJECTION_BLOCKS);
            let floor = u128::from(electorate_floor).saturating_mul(SHARES_PER_ALPHA);
            let mut dao = Self {
                hot: HotCell(Box::new(Hot {
                    netuid,
                    generation: state.registered_subnet_counter,
                    hotkey,
                    authority,
                    sink,
                    escrow,
                    electorate_floor: floor.max(1),
                    native_cap_bps: 0,
                    next: 0,
                    deposits: 0,
                    slashed: 0,
                    end: None,
                })),
                voters: Mapping::new(),
                referenda: Mapping::new(),
                calls: Mapping::new(),
                tracks: Mapping::new(),
                objections: Mapping::new(),
                objected: Mapping::new(),
            };
            for (id, track) in TrackId::ALL.iter().zip(tracks) {
                dao.put_track(*id, track)?;
            }
            Ok(dao)
        }

        // ---- locks

        /// Locks `amount` of the caller's stake with the DAO's hotkey: credited is what arrived. A first lock is of `kind`;
        /// what is added later must be of the kind the lock has. New alpha has no conviction yet.
        #[ink(message)]
        pub fn lock(&mut self, amount: u64, kind: LockKind) -> Result<Locked> {
            apart(&mut || {
                self.check_alive()?;
                let (caller, mut voter) = self.caller_voter();
                let (before, alpha) = self.pull(amount)?;
                let shares = shares_down(alpha, self.hot.0.escrow.total_shares, before)?;
                self.with_delegate(&mut voter, |escrow, voter, delegate, now| {
                    escrow.lock(voter, delegate, shares, kind, now)
                })?;
                self.store_voter(caller, voter);
                emit(&AlphaLocked {
                    account: caller,
                    alpha,
                    shares,
                    kind,
                });
                Ok(Locked { alpha, shares })
            })
        }

        /// Makes the caller's lock perpetual, or lets it decay from now on: half of it is free after 90 days.
        #[ink(message)]
        pub fn set_lock_kind(&mut self, kind: LockKind) -> Result<()> {
            apart(&mut || {
                let (caller, mut voter) = self.caller_voter();
                self.with_delegate(&mut voter, |escrow, voter, delegate, now| {
                    escrow.set_kind(voter, delegate, kind, now)
                })?;
                self.store_voter(caller, voter);
                emit(&LockKindSet { account: caller, kind });
                Ok(())
            })
        }

        /// Burns free shares (`u128::MAX`: all of them) and sends what they are worth as stake with the DAO's hotkey; returns
        /// what arrived. Ballots in open referenda hold: retract them first.
        #[ink(message)]
        pub fn unlock(&mut self, shares: u128) -> Result<u64> {
            apart(&mut || self.release(shares, None))
        }

        /// As [`Self::unlock`], selling on the chain's own pool for at least `min_tao`: the way out when stake cannot be
        /// transferred.
        #[ink(message)]
        pub fn unlock_as_tao(&mut self, shares: u128, min_tao: u64, deadline: u32) -> Result<u64> {
            apart(&mut || self.release(shares, Some((min_tao, deadline))))
        }

        // ---- delegation

        /// Lets `to` vote with the conviction of the caller's lock. What others delegated to the caller stays with the
        /// caller.
        #[ink(message)]
        pub fn delegate(&mut self, to: AccountId) -> Result<()> {
            apart(&mut || {
                let now = self.env().block_number();
                let (caller, mut voter) = self.caller_voter();
                self.drop_closed(caller, &mut voter, now);
                let mut target = self.voter_of(to);
                self.hot
                    .0
                    .escrow
                    .delegate(&mut voter, bytes(to), &mut target, now, bytes(caller))?;
                self.store_voter(caller, voter);
                self.store_voter(to, target);
                emit(&Delegated { account: caller, to });
                Ok(())
            })
        }

        /// Votes for itself again, in referenda submitted from now on: in older ones its conviction may have voted already.
        #[ink(message)]
        pub fn undelegate(&mut self) -> Result<()> {
            apart(&mut || {
                let now = self.env().block_number();
                let (caller, mut voter) = self.caller_voter();
                let from: AccountId = voter.delegate.ok_or(ConvictionError::NothingToDo)?.into();
                let mut target = self.voter_of(from);
                self.hot.0.escrow.undelegate(&mut voter, &mut target, now)?;
                self.store_voter(from, target);
                self.store_voter(caller, voter);
                emit(&Undelegated { account: caller, from });
                Ok(())
            })
        }

        // ---- the chain's own conviction

        /// Lets the caller's own lock on the chain add to its votes, within the cap, in referenda submitted from now on. Counts
        /// as the least of what it is now, when voting, and whenever somebody reconciles. Returns what it is now, in shares.
        #[ink(message)]
        pub fn enrol(&mut self) -> Result<u128> {
            apart(&mut || {
                self.check_alive()?;
                if self.hot.0.native_cap_bps == 0 {
                    return Err(ConvictionError::NativeDisabled.into());
                }
                let now = self.env().block_number();
                let (caller, mut voter) = self.caller_voter();
                self.drop_closed(caller, &mut voter, now);
                let conviction = self.native_conviction(caller)?;
                voter.enrol(conviction, now);
                self.store_voter(caller, voter);
                emit(&Enrolled {
                    account: caller,
                    conviction,
                });
                Ok(conviction)
            })
        }

        /// Lowers the ballots of these accounts to what their locks on the chain are now. All are read in one message, so a
        /// lock that moved from one account to another counts once. Anyone may.
        #[ink(message)]
        pub fn reconcile(&mut self, accounts: Vec<AccountId>) -> Result<Reconciled> {
            apart(&mut || {
                let got = u32::try_from(accounts.len()).unwrap_or(u32::MAX);
                if got > MAX_BATCH {
                    return Err(ConvictionError::BatchTooLarge { max: MAX_BATCH, got }.into());
                }
                let now = self.env().block_number();
                let mut changed = Vec::new();
                let mut lowered = Vec::new();
                for account in accounts.iter().copied() {
                    let mut voter = self.voter_of(account);
                    let Some(before) = voter.native else { continue };
                    let native = self.native_conviction(account)?;
                    changed.extend(voter.reconcile(native));
                    let counted = voter.native.map_or(0, |native| native.conviction);
                    if counted != before.conviction {
                        self.store_voter(account, voter);
                        lowered.push((account, counted));
                    }
                }
                let report = Reconciled {
                    lowered: u32::try_from(changed.len()).unwrap_or(u32::MAX),
                    reward: 0,
                };
                if !lowered.is_empty() {
                    emit(&BallotsReconciled {
                        accounts: lowered,
                        lowered: report.lowered,
                    });
                }
                // One referendum after the other: each is read, changed and written once, however many ballots changed.
                while let Some(&Change { referendum: id, .. }) = changed.first() {
                    let mut referendum = self.referendum_of(id)?;
                    let (mut take, mut put) = (Tally::default(), Tally::default());
                    for change in changed.iter().filter(|change| change.referendum == id) {
                        take = sum(take, change.take)?;
                        put = sum(put, change.put)?;
                    }
                    if referendum.is_open(now) {
                        referendum.vote(take, put, now)?;
                        self.store_referendum(id, referendum);
                    }
                    changed.retain(|change| change.referendum != id);
                }
                Ok(report)
            })
        }

        // ---- referenda

        /// Submits a call to be decided on, with exactly the track's submission deposit; returns its id. Rules and electorate are
        /// those of now, whatever changes later.
        #[ink(message, payable)]
        pub fn submit(&mut self, track: TrackId, call: Vec<u8>) -> Result<u32> {
            apart(&mut || {
                self.check_alive()?;
                let got = u32::try_from(call.len()).unwrap_or(u32::MAX);
                if got > MAX_CALL {
                    return Err(ConvictionError::CallTooLong { max: MAX_CALL, got }.into());
                }
                let now = self.env().block_number();
                let proposer = self.env().caller();
                let rules = self.track(track)?;
                let deposit = self.take_deposit(rules.submission_deposit)?;
                let electorate = self.electorate(now);
                let id = self.new_id();
                let hash = self.env().hash_bytes::<ink::env::hash::Blake2x256>(&call);
                self.calls.insert(id, &call);
                self.store_referendum(
                    id,
                    Referendum::new(track, rules, bytes(proposer), hash, electorate, now),
                );
                emit(&Submitted {
                    id,
                    track,
                    proposer,
                    call: call.clone(),
                    deposit,
                    electorate,
                });
                Ok(id)
            })
        }

        /// Places the decision deposit, exactly: without it nothing is decided. Anyone may.
        #[ink(message, payable)]
        pub fn place_decision_deposit(&mut self, id: u32) -> Result<()> {
            apart(&mut || {
                self.check_alive()?;
                let by = self.env().caller();
                let now = self.env().block_number();
                let mut referendum = self.referendum_of(id)?;
                let needed = referendum.place_decision_deposit(bytes(by), now)?;
                let deposit = self.take_deposit(needed)?;
                self.store_referendum(id, referendum);
                emit(&DecisionDepositPlaced { id, by, deposit });
                Ok(())
            })
        }

        /// Votes, or replaces the caller's ballot, with all the conviction the caller has now. The ballot holds the lock until
        /// the referendum ends or it is retracted.
        #[ink(message)]
        pub fn vote(&mut self, id: u32, vote: Vote) -> Result<Tally> {
            apart(&mut || {
                let now = self.env().block_number();
                let (caller, mut voter) = self.caller_voter();
                let mut referendum = self.referendum_of(id)?;
                let base = voter.power(now, referendum.submitted);
                let bonus = self.bonus(caller, &mut voter, referendum.submitted, now)?;
                let put = vote.tally(base.saturating_add(bonus))?;
                let ballot = Ballot {
                    referendum: id,
                    vote,
                    base,
                    bonus,
                };
                let take = match voter.set_ballot(ballot)? {
                    Some(old) => old.tally()?,
                    None => Tally::default(),
                };
                referendum.vote(take, put, now)?;
                let tally = referendum.tally;
                self.store_referendum(id, referendum);
                self.store_voter(caller, voter);
                emit(&Voted {
                    id,
                    account: caller,
                    vote,
                    weight: base.saturating_add(bonus),
                    tally,
                });
                Ok(tally)
            })
        }

        /// Takes the caller's ballot out of a referendum or an objection, at any time; its hold ends.
        #[ink(message)]
        pub fn retract(&mut self, id: u32) -> Result<()> {
            apart(&mut || {
                let now = self.env().block_number();
                let (caller, mut voter) = self.caller_voter();
                let ballot = voter.take_ballot(id).ok_or(ConvictionError::NoBallot { id })?;
                self.take_out(&ballot, now)?;
                self.store_voter(caller, voter);
                emit(&Retracted { id, account: caller });
                Ok(())
            })
        }

        /// Records the phase a referendum is in now. Changes nothing that time has not changed already. Anyone may.
        #[ink(message)]
        pub fn advance(&mut self, id: u32) -> Result<Phase> {
            apart(&mut || {
                let now = self.env().block_number();
                let mut referendum = self.referendum_of(id)?;
                if !referendum.advance(now) {
                    return Err(ConvictionError::NothingToDo.into());
                }
                self.enter(id, referendum)
            })
        }

        /// Ends a referendum by another, `by`: an approved one of the fast veto track whose call is this id. Deposits of the
        /// ended one are slashed. Anyone may.
        #[ink(message)]
        pub fn kill(&mut self, id: u32, by: u32) -> Result<()> {
            apart(&mut || {
                self.check_alive()?;
                let now = self.env().block_number();
                let veto = self.referendum_of(by)?;
                let call = self.calls.get(by).unwrap_or_default();
                let names = u32::decode(&mut call.as_slice()).ok();
                if veto.track != TrackId::FastVeto || names != Some(id) || call.len() != 4 || !veto.enactable(now) {
                    return Err(ConvictionError::NotItsVeto { by }.into());
                }
                let mut referendum = self.referendum_of(id)?;
                referendum.kill(now)?;
                self.enter(id, referendum)?;
                Ok(())
            })
        }

        /// Pays back what is due of a referendum's deposits, or slashes it. Anyone may; deposits go to who placed them. Nothing
        /// is slashed once the generation has ended.
        #[ink(message)]
        pub fn refund(&mut self, id: u32) -> Result<Refunded> {
            apart(&mut || {
                let now = self.env().block_number();
                let void = self.check_alive().is_err();
                let mut referendum = self.referendum_of(id)?;
                let due = if void {
                    referendum.return_all()?
                } else {
                    referendum.refund(now)?
                };
                self.store_referendum(id, referendum);
                let mut refunded = Refunded { paid: 0, slashed: 0 };
                for deposit in due.into_iter().flatten() {
                    self.hot.0.deposits = self.hot.0.deposits.saturating_sub(deposit.amount);
                    if deposit.slashed {
                        refunded.slashed = refunded.slashed.saturating_add(deposit.amount);
                    } else {
                        refunded.paid = refunded.paid.saturating_add(deposit.amount);
                        pay(deposit.to.into(), deposit.amount)?;
                    }
                }
                self.hot.0.slashed = self.hot.0.slashed.saturating_add(refunded.slashed);
                emit(&DepositsSettled { id, refunded });
                Ok(refunded)
            })
        }

        /// Sends slashed deposits to the sink. Anyone may.
        #[ink(message)]
        pub fn collect_slashed(&mut self) -> Result<u64> {
            let amount = core::mem::take(&mut self.hot.0.slashed);
            if amount == 0 {
                return Err(ConvictionError::NothingToDo.into());
            }
            emit(&SlashedCollected { amount });
            pay(self.hot.0.sink, amount)?;
            Ok(amount)
        }

        // ---- objections

        /// Objects to an operation that waits elsewhere, with all the conviction the caller has now. The ballot holds the lock
        /// until it is retracted, for at most 56 days.
        #[ink(message)]
        pub fn object(&mut self, operation: [u8; 32]) -> Result<ObjectionView> {
            apart(&mut || {
                self.check_alive()?;
                let now = self.env().block_number();
                let (caller, mut voter) = self.caller_voter();
                let known = self
                    .objected
                    .get(operation)
                    .and_then(|id| Some((id, self.objection_of(id).ok()?)));
                // One that closed without a veto makes room: nobody can use up the objections to an operation beforehand.
                let (id, mut objection) = match known.filter(|(_, known)| known.vetoed || known.is_open(now)) {
                    Some(known) => known,
                    None => {
                        let id = self.new_id();
                        self.objected.insert(operation, &id);
                        (id, Objection::new(operation, self.electorate(now), now))
                    }
                };
                let base = voter.power(now, objection.started);
                let old = voter.set_ballot(Ballot {
                    referendum: id,
                    vote: Vote::Nay,
                    base,
                    bonus: 0,
                })?;
                objection.change(old.map_or(0, |ballot| ballot.base), base, now);
                self.objections.insert(id, &ObjectionCell(objection));
                self.store_voter(caller, voter);
                let view = view_of(Some(id), &objection);
                emit(&Objected {
                    id,
                    operation,
                    account: caller,
                    weight: view.weight,
                    threshold: view.threshold,
                    vetoed: view.vetoed,
                });
                Ok(view)
            })
        }

        // ---- the end

        /// Lists the hotkey that the escrow's stake has gone to when its validator changed keys: one with which the escrow has more
        /// stake. What is left with the old one follows. Anyone may.
        #[ink(message)]
        pub fn adopt_hotkey(&mut self, hotkey: AccountId) -> Result<u64> {
            apart(&mut || {
                self.check_alive()?;
                let stake = self.adopt(hotkey)?;
                emit(&HotkeyAdopted { hotkey, stake });
                Ok(stake)
            })
        }

        /// Fixes what everybody gets once the generation has ended and the chain has paid for the escrow's alpha. Anyone may.
        #[ink(message)]
        pub fn freeze(&mut self) -> Result<End> {
            apart(&mut || {
                if self.hot.0.end.is_some() {
                    return Err(ConvictionError::Frozen.into());
                }
                self.check_ended()?;
                let owed = self.hot.0.deposits.saturating_add(self.hot.0.slashed);
                let proceeds = self.env().balance().saturating_sub(owed);
                let end = End {
                    block: self.env().block_number(),
                    proceeds,
                    shares: self.hot.0.escrow.total_shares,
                    left: proceeds,
                };
                self.hot.0.end = Some(end);
                emit(&EscrowFrozen {
                    proceeds,
                    shares: end.shares,
                });
                Ok(end)
            })
        }

        /// Pays an account what its shares are worth after the end, whatever was locked, voted or delegated. Anyone may, for
        /// anyone.
        #[ink(message)]
        pub fn exit(&mut self, account: AccountId) -> Result<u64> {
            apart(&mut || {
                let mut end = self.hot.0.end.ok_or(ConvictionError::NotFrozen)?;
                let mut voter = self.voter_of(account);
                let shares = self.hot.0.escrow.exit(&mut voter);
                if shares == 0 {
                    return Err(ConvictionError::NothingToDo.into());
                }
                let tao = kernel::math::mul_div_down(end.proceeds.into(), shares, end.shares)
                    .and_then(kernel::math::narrow)
                    .map_err(|_| kernel::conviction::Error::Overflow)?
                    .min(end.left);
                end.left = end.left.saturating_sub(tao);
                self.hot.0.end = Some(end);
                self.store_voter(account, voter);
                emit(&Exited { account, shares, tao });
                pay(account, tao)?;
                Ok(tao)
            })
        }

        // ---- parameters

        /// Sets the rules of a track, within their bounds, for referenda submitted from now on.
        #[ink(message)]
        pub fn set_track(&mut self, id: TrackId, track: Track) -> Result<()> {
            apart(&mut || {
                self.as_authority()?;
                self.put_track(id, track)?;
                emit(&TrackSet { id, track });
                Ok(())
            })
        }

        /// Sets how much the chain's own conviction may add to an account's, in basis points: at most 2,500, 0 for nothing.
        #[ink(message)]
        pub fn set_native_cap(&mut self, bps: u16) -> Result<()> {
            self.as_authority()?;
            if bps > MAX_NATIVE_CAP_BPS {
                return Err(out_of_bounds(0, MAX_NATIVE_CAP_BPS.into(), bps.into()));
            }
            self.hot.0.native_cap_bps = bps;
            emit(&NativeCapSet { bps });
            Ok(())
        }

        // ---- views

        /// Everything but accounts and referenda.
        #[ink(message)]
        pub fn state(&self) -> Result<ConvictionState> {
            apart(&mut || {
                let now = self.env().block_number();
                let mut hot = self.hot.0.clone();
                hot.escrow.total.roll(now);
                Ok(ConvictionState {
                    alive: self.check_alive().is_ok(),
                    block: now,
                    stake: self.stake()?,
                    tao: self.env().balance(),
                    electorate: self.electorate(now),
                    hot,
                })
            })
        }

        /// An account.
        #[ink(message)]
        pub fn voter(&self, who: AccountId) -> Result<VoterView> {
            apart(&mut || {
                let now = self.env().block_number();
                let mut voter = self.voter_of(who);
                voter.lock.roll(now);
                voter.received.roll(now);
                let (total, stake) = (self.hot.0.escrow.total_shares, self.stake()?);
                let free_shares = voter.free(now);
                Ok(VoterView {
                    power: voter.power(now, u32::MAX),
                    alpha: alpha_down(voter.shares, total, stake)?,
                    free_alpha: alpha_down(free_shares, total, stake)?,
                    free_shares,
                    voter,
                })
            })
        }

        /// A referendum now.
        #[ink(message)]
        pub fn referendum(&self, id: u32) -> Option<ReferendumView> {
            let now = self.env().block_number();
            self.referenda
                .get(id)
                .map(|ReferendumCell(referendum)| referendum_view(id, referendum, now))
        }

        /// Referenda among the ids `from..from + limit`.
        #[ink(message)]
        pub fn referenda(&self, from: u32, limit: u32) -> ReferendumPage {
            let now = self.env().block_number();
            let end = from.saturating_add(limit.clamp(1, MAX_PAGE)).min(self.hot.0.next);
            let referenda = (from..end)
                .filter_map(|id| {
                    let ReferendumCell(referendum) = self.referenda.get(id)?;
                    Some(referendum_view(id, referendum, now))
                })
                .collect();
            ReferendumPage {
                referenda,
                next: (end < self.hot.0.next).then_some(end),
            }
        }

        /// The rules of all tracks, by index.
        #[ink(message)]
        pub fn tracks(&self) -> Vec<Track> {
            TrackId::ALL.iter().filter_map(|id| self.track(*id).ok()).collect()
        }

        /// What a referendum decided: read by whoever enacts it. Nothing is approved once the generation has ended.
        #[ink(message)]
        pub fn decision(&self, id: u32) -> Result<Decision> {
            apart(&mut || {
                let now = self.env().block_number();
                let referendum = self.referendum_of(id)?;
                let alive = self.check_alive().is_ok();
                Ok(Decision {
                    call: self.calls.get(id).unwrap_or_default(),
                    track: referendum.track,
                    approved: alive && referendum.approved_at(now).is_some(),
                    enactable: alive && referendum.enactable(now),
                })
            })
        }

        /// What was objected against an operation: read by whoever would execute it.
        #[ink(message)]
        pub fn objection(&self, operation: [u8; 32]) -> Result<ObjectionView> {
            apart(&mut || {
                let now = self.env().block_number();
                let mut view = match self.objected.get(operation) {
                    Some(id) => view_of(Some(id), &self.objection_of(id)?),
                    None => view_of(None, &Objection::new(operation, self.electorate(now), now)),
                };
                view.vetoed &= self.check_alive().is_ok();
                Ok(view)
            })
        }
    }

    fn sum(a: Tally, b: Tally) -> Result<Tally> {
        Ok(a.checked_add(b).ok_or(kernel::conviction::Error::Overflow)?)
    }

    pub(crate) fn bytes(account: AccountId) -> [u8; 32] {
        *account.as_ref()
    }

    fn out_of_bounds(min: u64, max: u64, got: u64) -> Failure {
        ConvictionError::OutOfBounds { min, max, got }.into()
    }

    fn referendum_view(id: u32, referendum: Referendum, now: u32) -> ReferendumView {
        ReferendumView {
            id,
            phase: referendum.phase_at(now),
            enactable: referendum.enactable(now),
            referendum,
        }
    }

    fn view_of(id: Option<u32>, objection: &Objection) -> ObjectionView {
        ObjectionView {
            id,
            weight: objection.weight,
            threshold: objection.threshold(),
            vetoed: objection.vetoed,
        }
    }
}
