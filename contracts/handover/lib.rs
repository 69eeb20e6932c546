//! The only admin of all other contracts, and the calendar by which it stops being one.
//!
//! Whatever power there is passes through here as an operation that waits, in the open, until anyone may execute it. Time
//! alone moves every capability from the core team to the DAO and from there to nobody; nothing moves one back.
//!
//! The contract holds TAO and no stake. It calls only contracts whose code is pinned, and refuses whatever costs it more TAO
//! than it sent along.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod error;
mod events;
mod operations;
mod remote;
mod storage;

pub use error::HandoverError;
pub use storage::{FinalityReport, Grant, Proposal, Target, Wiring};

#[ink::contract(env = subtensor::SubtensorEnvironment)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unsafe_code,
    reason = "ink's dispatch is generated"
)]
mod handover {
    use crate::error::{Failure, HandoverError};
    use crate::events::*;
    use crate::remote;
    use crate::storage::*;
    use ink::prelude::{boxed::Box, string::String, vec::Vec};
    use ink::scale::{DecodeAll, Encode};
    use ink::storage::{Lazy, Mapping};
    use kernel::handover::{
        certificate, residual_powers, Calendar, Capability, Certificate, Guardian, Holder, Operation, Power, Proposer,
        Stage, State, Treasury,
    };
    use shell::{apart, emit};

    pub(crate) type Result<T> = core::result::Result<T, Failure>;

    /// Most grants there can be.
    const MAX_GRANTS: u32 = 64;
    /// Most markets one pause names.
    const MAX_MARKETS: u32 = 32;
    /// Most operations one page has.
    const MAX_PAGE: u32 = 50;

    /// The handover.
    #[ink(storage)]
    pub struct Handover {
        pub(crate) hot: HotCell,
        pub(crate) sealed: Lazy<SealedCell>,
        pub(crate) records: Mapping<[u8; 32], RecordCell>,
        pub(crate) sequence: Mapping<u32, [u8; 32]>,
    }

    impl Handover {
        /// Fixes the core team, the guardian with its budget of pause (blocks), the calendar, and what may leave the treasury in
        /// an epoch of so many blocks (rao). The caller may name the governed contracts once.
        ///
        /// # Errors
        /// What is wrong with the calendar.
        #[ink(constructor, payable)]
        pub fn new(
            core: AccountId,
            guardian: Option<AccountId>,
            pause_budget: u32,
            calendar: Calendar,
            treasury_epoch: u32,
            treasury_cap: u64,
        ) -> Result<Self> {
            let now = Self::env().block_number();
            calendar.check(now)?;
            let guardian = Guardian::new(guardian.map(bytes), calendar.guardian_until, pause_budget)?;
            let treasury = Treasury::new(treasury_epoch, treasury_cap)?;
            let nobody = AccountId::from([0; 32]);
            Ok(Self {
                hot: HotCell(Box::new(Hot {
                    core,
                    deployer: Some(Self::env().caller()),
                    dao: nobody,
                    registry: nobody,
                    calendar,
                    guardian,
                    treasury,
                    operations: 0,
                    certificate: None,
                })),
                sealed: Lazy::new(),
                records: Mapping::new(),
                sequence: Mapping::new(),
            })
        }

        /// Names the governed contracts and what each capability may call, once for all. Only the deployer may, and is nobody
        /// afterwards.
        #[ink(message)]
        pub fn wire(&mut self, wiring: Wiring) -> Result<()> {
            apart(&mut || {
                let deployer = self.hot.0.deployer.ok_or(HandoverError::WiredAlready)?;
                if self.env().caller() != deployer {
                    return Err(HandoverError::NotDeployer.into());
                }
                at_most(MAX_GRANTS, wiring.grants.len())?;
                let mut codes: Vec<(AccountId, [u8; 32])> = Vec::new();
                let named = wiring.grants.iter().filter_map(|grant| match grant.target {
                    Target::Account(account) => Some(account),
                    Target::Market => None,
                });
                for account in named.chain([wiring.dao, wiring.registry]) {
                    if codes.iter().all(|(known, _)| *known != account) {
                        codes.push((account, self.running(account)?));
                    }
                }
                self.hot.0.deployer = None;
                self.hot.0.dao = wiring.dao;
                self.hot.0.registry = wiring.registry;
                self.sealed.set(&SealedCell(Sealed {
                    grants: wiring.grants.clone(),
                    codes,
                    market_codes: ink::prelude::vec![wiring.market_code],
                }));
                emit(&Wired { wiring: wiring.clone() });
                Ok(())
            })
        }

        // ---- operations

        /// Schedules an operation of the core team; returns its id.
        #[ink(message)]
        pub fn schedule(&mut self, operation: Operation) -> Result<[u8; 32]> {
            apart(&mut || {
                self.as_core()?;
                if operation.proposer != Proposer::Core {
                    return Err(HandoverError::WrongProposer.into());
                }
                self.put(operation.clone())
            })
        }

        /// Schedules what a referendum decided; returns the operation's id. Anyone may. The referendum's call is an encoded
        /// [`Proposal`].
        #[ink(message)]
        pub fn enact(&mut self, referendum: u32) -> Result<[u8; 32]> {
            apart(&mut || {
                self.check_wired()?;
                let decision = remote::decision(self.hot.0.dao, referendum)?;
                if !decision.approved || !decision.enactable {
                    return Err(HandoverError::NotEnactable { referendum }.into());
                }
                let Proposal {
                    action,
                    predecessor,
                    salt,
                } = Proposal::decode_all(&mut decision.call.as_slice())
                    .map_err(|_| HandoverError::NotAProposal { referendum })?;
                let needed = action.track();
                if decision.track != needed {
                    return Err(HandoverError::WrongTrack {
                        needed,
                        got: decision.track,
                    }
                    .into());
                }
                self.put(Operation {
                    action,
                    predecessor,
                    salt,
                    proposer: Proposer::Dao { referendum },
                })
            })
        }

        /// Executes an operation that is ready. Anyone may. When the target refuses, the operation stays scheduled.
        #[ink(message)]
        pub fn execute(&mut self, id: [u8; 32]) -> Result<Executed> {
            apart(&mut || {
                let now = self.env().block_number();
                let mut record = self.record(id)?;
                let predecessor = match record.operation.predecessor {
                    Some(before) => self.records.get(before).map(|RecordCell(before)| before.status),
                    None => None,
                };
                let ladder = self.hot.0.calendar.ladder(record.capability);
                record.begin_execution(&ladder, now, predecessor)?;
                match record.operation.proposer {
                    Proposer::Core if ladder.stage(now) >= Stage::CoreVetoable => {
                        if remote::is_vetoed(self.hot.0.dao, id)? {
                            return Err(HandoverError::Vetoed.into());
                        }
                    }
                    Proposer::Core => {}
                    Proposer::Dao { referendum } => {
                        if !remote::decision(self.hot.0.dao, referendum)?.approved {
                            return Err(HandoverError::NotApproved { referendum }.into());
                        }
                    }
                }
                // Done before anything else runs: whatever the target does, this operation cannot run again.
                self.records.insert(id, &RecordCell(record.clone()));
                let verified = self.perform(record.capability, &record.operation.action, now)?;
                if !verified {
                    record.mark_unverified(now);
                    self.records.insert(id, &RecordCell(record));
                }
                emit(&OperationExecuted {
                    id,
                    by: self.env().caller(),
                    verified,
                });
                Ok(Executed { verified, reward: 0 })
            })
        }

        /// Cancels an operation: the core team its own, the guardian whatever takes no power from anybody.
        #[ink(message)]
        pub fn cancel(&mut self, id: [u8; 32]) -> Result<()> {
            apart(&mut || {
                let now = self.env().block_number();
                let record = self.record(id)?;
                let caller = self.env().caller();
                let own = caller == self.hot.0.core && record.operation.proposer == Proposer::Core;
                let guarding = self.hot.0.guardian.account == Some(bytes(caller))
                    && self.hot.0.guardian.may_cancel(&record.operation.action, now);
                if !own && !guarding {
                    return Err(HandoverError::NotGuardian.into());
                }
                self.cancel_record(record, false)
            })
        }

        /// Cancels an operation that the DAO's will stands against: conviction holders object to it, or the referendum that
        /// decided it was ended. Anyone may.
        #[ink(message)]
        pub fn veto(&mut self, id: [u8; 32]) -> Result<()> {
            apart(&mut || {
                let record = self.record(id)?;
                let now = self.env().block_number();
                let stage = self.hot.0.calendar.ladder(record.capability).stage(now);
                let stands = match record.operation.proposer {
                    Proposer::Core => stage >= Stage::CoreVetoable && remote::is_vetoed(self.hot.0.dao, id)?,
                    Proposer::Dao { referendum } => !remote::decision(self.hot.0.dao, referendum)?.approved,
                };
                if !stands {
                    return Err(HandoverError::NotVetoed.into());
                }
                self.cancel_record(record, true)
            })
        }

        /// Removes an operation whose time, or whose proposer's power, has passed. Anyone may; the chain gives its storage
        /// deposit to who does.
        #[ink(message)]
        pub fn expire(&mut self, id: [u8; 32]) -> Result<()> {
            apart(&mut || {
                let now = self.env().block_number();
                let record = self.record(id)?;
                let ladder = self.hot.0.calendar.ladder(record.capability);
                if !matches!(record.state(&ladder, now), State::Expired | State::PowerEnded) {
                    return Err(HandoverError::NothingToDo.into());
                }
                self.records.remove(id);
                emit(&OperationExpired { id });
                Ok(())
            })
        }

        // ---- core and guardian

        /// Gives up a capability at once: it is the DAO's from now on, as far as it was not already.
        #[ink(message)]
        pub fn renounce(&mut self, capability: Capability) -> Result<()> {
            self.as_core()?;
            self.accelerate(capability, Stage::Dao, self.env().block_number())
        }

        /// Pauses opening in these markets for so many blocks, out of the guardian's budget; returns until when. Pauses that
        /// overlap cost their union. It ends by itself.
        #[ink(message)]
        pub fn guardian_pause(&mut self, markets: Vec<AccountId>, blocks: u32) -> Result<u32> {
            apart(&mut || {
                if self.hot.0.guardian.account != Some(bytes(self.env().caller())) {
                    return Err(HandoverError::NotGuardian.into());
                }
                let count = at_most(MAX_MARKETS, markets.len())?;
                let now = self.env().block_number();
                let until = self.hot.0.guardian.pause(blocks, now)?;
                let sealed = self.sealed()?;
                let selector = ink::selector_bytes!("pause_opening");
                for market in &markets {
                    let running = self.running(*market)?;
                    if !sealed.market_codes.contains(&running) {
                        return Err(HandoverError::NotGranted {
                            capability: Capability::PauseOpening,
                            selector,
                        }
                        .into());
                    }
                    self.guarded(0, || remote::invoke(*market, selector, until.encode(), 0))?;
                }
                emit(&GuardianPaused {
                    until,
                    markets: count,
                    budget: self.hot.0.guardian.budget,
                });
                Ok(until)
            })
        }

        /// Adds the TAO sent to the treasury.
        #[ink(message, payable)]
        pub fn deposit(&mut self) {
            emit(&TreasuryFunded {
                from: self.env().caller(),
                amount: self.env().transferred_value(),
            });
        }

        /// Issues the certificate, once: no key has any power over anything but its own account's funds. Anyone may.
        #[ink(message)]
        pub fn certify(&mut self) -> Result<Certificate> {
            apart(&mut || {
                self.check_wired()?;
                if self.hot.0.certificate.is_some() {
                    return Err(HandoverError::CertifiedAlready.into());
                }
                let now = self.env().block_number();
                let certificate = certificate(&self.hot.0.calendar, &self.hot.0.guardian, now)?;
                self.hot.0.certificate = Some(certificate.clone());
                emit(&Certified {
                    certificate: certificate.clone(),
                });
                Ok(certificate)
            })
        }

        // ---- views

        /// What is governed, and what each capability may call.
        #[ink(message)]
        pub fn sealed_grants(&self) -> Sealed {
            self.sealed.get().map_or_else(Sealed::default, |cell| cell.0)
        }

        /// The calendar, with everything that was accelerated.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.hot.0.calendar.clone()
        }

        /// The stage of a capability now.
        #[ink(message)]
        pub fn stage(&self, capability: Capability) -> Stage {
            self.hot.0.calendar.ladder(capability).stage(self.env().block_number())
        }

        /// The id that an operation has.
        #[ink(message)]
        pub fn operation_id(&self, operation: Operation) -> [u8; 32] {
            self.id_of(&operation)
        }

        /// An operation now.
        #[ink(message)]
        pub fn operation(&self, id: [u8; 32]) -> Option<OperationView> {
            let RecordCell(record) = self.records.get(id)?;
            Some(self.view_of(record))
        }

        /// Operations in the order they were scheduled, `from..from + limit` of all there ever were; removed ones are left out.
        #[ink(message)]
        pub fn operations(&self, from: u32, limit: u32) -> OperationPage {
            let end = from.saturating_add(limit.clamp(1, MAX_PAGE)).min(self.hot.0.operations);
            let operations = (from..end)
                .filter_map(|number| {
                    let RecordCell(record) = self.records.get(self.sequence.get(number)?)?;
                    (record.number == number).then(|| self.view_of(record))
                })
                .collect();
            OperationPage {
                operations,
                next: (end < self.hot.0.operations).then_some(end),
            }
        }

        /// Every power that an account has now, and until when.
        #[ink(message)]
        pub fn residual_powers(&self, account: AccountId) -> Vec<Power> {
            let hot = &self.hot.0;
            let holders = [
                (Some(hot.core), Holder::Core),
                (hot.guardian.account.map(AccountId::from), Holder::Guardian),
                (hot.deployer.is_none().then_some(hot.dao), Holder::Dao),
            ];
            let now = self.env().block_number();
            holders
                .into_iter()
                .filter(|(holder, _)| *holder == Some(account))
                .flat_map(|(_, holder)| residual_powers(&hot.calendar, &hot.guardian, holder, now))
                .collect()
        }

        /// Where markets are found; nobody before wiring.
        #[ink(message)]
        pub fn registry(&self) -> Option<AccountId> {
            let hot = &self.hot.0;
            hot.deployer.is_none().then_some(hot.registry)
        }

        /// Every power that is left, and until when.
        #[ink(message)]
        pub fn finality_report(&self) -> FinalityReport {
            let hot = &self.hot.0;
            let now = self.env().block_number();
            let capabilities = Capability::ALL
                .iter()
                .map(|capability| {
                    let ladder = hot.calendar.ladder(*capability);
                    let stage = ladder.stage(now);
                    CapabilityReport {
                        capability: *capability,
                        stage,
                        holder: match stage {
                            Stage::Frozen => None,
                            Stage::Dao => Some(hot.dao),
                            _ => Some(hot.core),
                        },
                        delay: ladder.delay(now),
                        next: ladder.next(now),
                        core_ends: ladder.core_ends(),
                        frozen_at: ladder.frozen_at(),
                    }
                })
                .collect();
            FinalityReport {
                block: now,
                deployer: hot.deployer,
                core: hot.core,
                dao: hot.dao,
                registry: hot.registry,
                guardian: hot.guardian,
                capabilities,
                treasury: hot.treasury,
                certificate: hot.certificate.clone(),
                outside: String::from(
                    "The chain's root key and its runtime upgrades can change anything on this chain, these contracts included.",
                ),
            }
        }
    }

    pub(crate) fn bytes(account: AccountId) -> [u8; 32] {
        *account.as_ref()
    }

    fn at_most(max: u32, len: usize) -> Result<u32> {
        let got = u32::try_from(len).unwrap_or(u32::MAX);
        if got > max {
            return Err(HandoverError::TooMany { max, got }.into());
        }
        Ok(got)
    }
}
