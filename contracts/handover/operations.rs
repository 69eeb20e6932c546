//! Operations: what lets them wait, what they may call, and what executing them does.

use crate::error::HandoverError;
use crate::events::*;
use crate::handover::{bytes, Handover, Result};
use crate::remote;
use crate::storage::{OperationView, RecordCell, Sealed, SealedCell, Target};
use ink::codegen::Env;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use ink::scale::{Decode, Encode};
use kernel::handover::{Action, Capability, Operation, OwnerCall, Record, Stage};
use shell::{emit, pay};
use subtensor::{extension, stake_of};

impl Handover {
    // ---- doing

    /// Does what an operation says; returns whether its effect is certain.
    pub(crate) fn perform(&mut self, capability: Capability, action: &Action, now: u32) -> Result<bool> {
        match action {
            Action::Call {
                target,
                code_hash,
                selector,
                input,
                value,
                ..
            } => {
                let target = (*target).into();
                self.check_code(target, *code_hash)?;
                if *value != 0 {
                    self.hot.0.treasury.spend(*value, now)?;
                }
                self.guarded(*value, || remote::invoke(target, *selector, input.clone(), *value))?;
                if capability == Capability::PinCode {
                    self.pinned(input);
                }
                Ok(true)
            }
            Action::Pay { to, amount } => {
                let available = self.env().balance();
                if *amount > available {
                    return Err(HandoverError::InsufficientFunds {
                        requested: *amount,
                        available,
                    }
                    .into());
                }
                self.hot.0.treasury.spend(*amount, now)?;
                let to = (*to).into();
                emit(&TreasuryPaid { to, amount: *amount });
                pay(to, *amount)?;
                Ok(true)
            }
            Action::SetGuardian { guardian } => {
                self.hot.0.guardian.replace(*guardian);
                emit(&GuardianSet {
                    guardian: guardian.map(AccountId::from),
                });
                Ok(true)
            }
            Action::Accelerate { capability, stage } => self.accelerate(*capability, *stage, now).map(|()| true),
            Action::GrowDelay {
                capability,
                stage,
                blocks,
            } => {
                self.hot
                    .0
                    .calendar
                    .ladder_mut(*capability)
                    .grow_delay(*stage, *blocks)?;
                Ok(true)
            }
            Action::SellStake {
                hotkey,
                netuid,
                alpha,
                min_tao,
            } => {
                let before = self.env().balance();
                let hotkey = (*hotkey).into();
                extension().remove_stake(hotkey, *netuid, *alpha)?;
                let got = self.env().balance().saturating_sub(before);
                if got < *min_tao {
                    return Err(HandoverError::SlippageExceeded { min: *min_tao, got }.into());
                }
                emit(&StakeSold {
                    hotkey,
                    netuid: *netuid,
                    alpha: *alpha,
                    tao: got,
                });
                Ok(true)
            }
            Action::Proxied { owner, call } => {
                let me = self.env().account_id();
                let before = self.effect(call)?;
                remote::dispatch(call.proxied(*owner, bytes(me)))?;
                let after = self.effect(call)?;
                Ok(match (before, after) {
                    (Some((before, _)), Some((after, wanted))) => after.saturating_sub(before) >= wanted,
                    _ => false,
                })
            }
        }
    }

    /// The number that a call by proxy must raise, and by how much: what the chain lets a contract read of its effect.
    pub(crate) fn effect(&self, call: &OwnerCall) -> Result<Option<(u64, u64)>> {
        Ok(match call {
            OwnerCall::SendTao { amount } => Some((self.env().balance(), *amount)),
            OwnerCall::SendStake {
                to,
                hotkey,
                netuid,
                amount,
            } => {
                let stake = stake_of((*hotkey).into(), (*to).into(), *netuid)?;
                // The chain's shares may round by one unit.
                Some((stake, amount.saturating_sub(1)))
            }
            OwnerCall::SetTransfers { .. } | OwnerCall::SetHyperparameter { .. } => None,
        })
    }

    pub(crate) fn accelerate(&mut self, capability: Capability, stage: Stage, now: u32) -> Result<()> {
        self.hot.0.calendar.ladder_mut(capability).accelerate(stage, now)?;
        emit(&Accelerated { capability, stage });
        Ok(())
    }

    /// Remembers code that the registry was just told to pin, so that markets made of it are governed as well.
    pub(crate) fn pinned(&mut self, input: &[u8]) {
        let Ok(code) = <[u8; 32]>::decode(&mut &*input) else {
            return;
        };
        let mut sealed = self.sealed_grants();
        if !sealed.market_codes.contains(&code) {
            sealed.market_codes.push(code);
            self.sealed.set(&SealedCell(sealed));
        }
    }

    /// Runs a call of other code, which as our callee could use the chain in our name: it may cost no more than was sent.
    pub(crate) fn guarded(&self, sent: u64, call: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
        let before = self.env().balance();
        call()?;
        let gone = before.saturating_sub(self.env().balance());
        if gone > sent {
            return Err(HandoverError::TargetTookFunds { sent, gone }.into());
        }
        Ok(())
    }

    // ---- records

    /// Checks an operation and lets it wait.
    pub(crate) fn put(&mut self, operation: Operation) -> Result<[u8; 32]> {
        self.check_wired()?;
        let now = self.env().block_number();
        let id = self.id_of(&operation);
        if self.records.contains(id) {
            return Err(HandoverError::ScheduledAlready.into());
        }
        self.check_action(&operation.action)?;
        let number = self.hot.0.operations;
        let record = Record::schedule(operation, id, number, &self.hot.0.calendar, now)?;
        self.hot.0.operations = number.saturating_add(1);
        self.sequence.insert(number, &id);
        self.records.insert(id, &RecordCell(record.clone()));
        emit(&Scheduled {
            id,
            capability: record.capability,
            ready: record.ready,
            expires: record.expires,
            operation: record.operation,
        });
        Ok(id)
    }

    /// That the action calls nothing but what its capability may.
    pub(crate) fn check_action(&self, action: &Action) -> Result<()> {
        let Action::Call {
            capability,
            target,
            code_hash,
            selector,
            ..
        } = action
        else {
            return Ok(());
        };
        let target = (*target).into();
        let sealed = self.sealed()?;
        let granted = sealed.grants.iter().any(|grant| {
            let reached = match grant.target {
                Target::Account(account) => account == target && sealed.codes.contains(&(account, *code_hash)),
                Target::Market => sealed.market_codes.contains(code_hash),
            };
            grant.capability == *capability && grant.selector == *selector && reached
        });
        if !granted {
            return Err(HandoverError::NotGranted {
                capability: *capability,
                selector: *selector,
            }
            .into());
        }
        self.check_code(target, *code_hash)
    }

    pub(crate) fn check_code(&self, target: AccountId, pinned: [u8; 32]) -> Result<()> {
        let running = self.running(target)?;
        if running != pinned {
            return Err(HandoverError::CodeChanged { pinned, running }.into());
        }
        Ok(())
    }

    pub(crate) fn running(&self, target: AccountId) -> Result<[u8; 32]> {
        match self.env().code_hash(&target) {
            Ok(hash) => Ok(hash.into()),
            Err(_) => Err(HandoverError::NoContract.into()),
        }
    }

    pub(crate) fn cancel_record(&mut self, mut record: Record, vetoed: bool) -> Result<()> {
        record.cancel(self.env().block_number())?;
        let id = record.id;
        self.records.insert(id, &RecordCell(record));
        emit(&OperationCancelled {
            id,
            by: self.env().caller(),
            vetoed,
        });
        Ok(())
    }

    pub(crate) fn record(&self, id: [u8; 32]) -> Result<Record> {
        Ok(self.records.get(id).ok_or(HandoverError::NoSuchOperation)?.0)
    }

    pub(crate) fn view_of(&self, record: Record) -> OperationView {
        let ladder = self.hot.0.calendar.ladder(record.capability);
        OperationView {
            state: record.state(&ladder, self.env().block_number()),
            record,
        }
    }

    pub(crate) fn id_of(&self, operation: &Operation) -> [u8; 32] {
        let preimage = (self.env().account_id(), operation).encode();
        self.env().hash_bytes::<ink::env::hash::Blake2x256>(&preimage)
    }

    pub(crate) fn sealed(&self) -> Result<Sealed> {
        Ok(self.sealed.get().ok_or(HandoverError::NotWired)?.0)
    }

    pub(crate) fn check_wired(&self) -> Result<()> {
        match self.hot.0.deployer {
            None => Ok(()),
            Some(_) => Err(HandoverError::NotWired.into()),
        }
    }

    pub(crate) fn as_core(&self) -> Result<()> {
        if self.env().caller() != self.hot.0.core {
            return Err(HandoverError::NotCore.into());
        }
        Ok(())
    }
}
