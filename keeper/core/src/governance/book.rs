//! What is open of one DAO and its handover, in the order in which it becomes due.

use std::collections::{BTreeMap, BTreeSet};

use kernel::handover::{certificate, Calendar, Guardian, Ladder, Proposer, Record, Stage, State, Status};
use kernel::referendum::{Phase, Referendum, TrackId};
use kernel::AccountId;

use super::Hash;
use crate::job::{Duty, Job, Standing};

/// How often and in which portions the operator wants things done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tempo {
    /// Blocks between two reconciliations of an account.
    pub reconcile_blocks: u32,
    /// Most accounts of one reconciliation.
    pub batch: usize,
}

/// Who has power over the protocol: what the handover's report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Powers {
    /// All ladders.
    pub calendar: Calendar,
    /// The guardian.
    pub guardian: Guardian,
    /// Whether the governed contracts are named.
    pub wired: bool,
    /// Whether the certificate was issued.
    pub certified: bool,
}

/// Something of which something can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    /// Recording a referendum and refunding its deposits.
    Referendum(u32),
    /// Scheduling what a referendum decided.
    Enactment(u32),
    /// An operation.
    Operation(Hash),
}

impl Item {
    /// Smaller than every other.
    const FIRST: Self = Self::Referendum(0);
}

#[derive(Clone, Debug)]
struct Decided {
    referendum: Referendum,
    /// Block of the reading.
    read_at: u32,
}

#[derive(Clone, Debug)]
struct Scheduled {
    record: Record,
    /// Whether so much conviction objects that it can only be cancelled.
    vetoed: bool,
    /// Block of the reading.
    read_at: u32,
}

/// What is known of a DAO and, unless it governs nothing, of the handover that obeys it.
#[derive(Clone, Debug)]
pub struct Book {
    /// Whether the DAO's generation is alive: otherwise its votes are void.
    alive: bool,
    powers: Option<Powers>,
    referenda: BTreeMap<u32, Decided>,
    operations: BTreeMap<Hash, Scheduled>,
    /// Operations that were executed with known effect, finished ones included.
    executed: BTreeSet<Hash>,
    /// What was scheduled by referenda, finished ones included.
    enacted: BTreeMap<u32, Hash>,
    /// First block in which something is due of each open item.
    due: BTreeSet<(u32, Item)>,
    due_of: BTreeMap<Item, u32>,
    /// Enrolled accounts, and the referenda in which they hold ballots.
    voters: BTreeMap<AccountId, BTreeSet<u32>>,
    reconciled_at: Option<u32>,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    /// Nothing is known; the DAO is taken to be alive.
    pub fn new() -> Self {
        Self {
            alive: true,
            powers: None,
            referenda: BTreeMap::new(),
            operations: BTreeMap::new(),
            executed: BTreeSet::new(),
            enacted: BTreeMap::new(),
            due: BTreeSet::new(),
            due_of: BTreeMap::new(),
            voters: BTreeMap::new(),
            reconciled_at: None,
        }
    }

    // ---- what is known

    /// Whether the DAO's generation is alive.
    pub fn alive(&self) -> bool {
        self.alive
    }

    /// What the handover's report said last.
    pub fn powers(&self) -> Option<&Powers> {
        self.powers.as_ref()
    }

    /// Ids of referenda that are not finished, in their order.
    pub fn referenda(&self) -> impl Iterator<Item = u32> + '_ {
        self.referenda.keys().copied()
    }

    /// Operations that are not finished.
    pub fn operations(&self) -> impl Iterator<Item = &Record> + '_ {
        self.operations.values().map(|scheduled| &scheduled.record)
    }

    /// An operation, unless it is finished or unknown.
    pub fn operation(&self, id: &Hash) -> Option<&Record> {
        self.operations.get(id).map(|scheduled| &scheduled.record)
    }

    /// Referenda whose votes still count in block `at`.
    pub fn open_referenda(&self, at: u32) -> usize {
        let open = |decided: &&Decided| self.alive && decided.referendum.is_open(at);
        self.referenda.values().filter(open).count()
    }

    /// Operations that wait, or are ready, in block `at`.
    pub fn waiting_operations(&self, at: u32) -> usize {
        let Some(powers) = &self.powers else { return 0 };
        let waits = |record: &&Record| {
            let ladder = powers.calendar.ladder(record.capability);
            matches!(record.state(&ladder, at), State::Waiting | State::Ready)
        };
        self.operations().filter(waits).count()
    }

    /// Whether an account is known to be enrolled.
    pub fn is_voter(&self, account: &AccountId) -> bool {
        self.voters.contains_key(account)
    }

    /// Enrolled accounts.
    pub fn voters(&self) -> impl Iterator<Item = &AccountId> + '_ {
        self.voters.keys()
    }

    // ---- what is learned

    /// Whether the DAO's generation is alive.
    pub fn set_alive(&mut self, alive: bool) {
        if self.alive != alive {
            self.alive = alive;
            self.reorder();
        }
    }

    /// Replaces what is known of the calendar.
    pub fn set_powers(&mut self, powers: Powers) {
        if self.powers.as_ref() != Some(&powers) {
            self.powers = Some(powers);
            self.reorder();
        }
    }

    /// Replaces what is known of a referendum by its state in block `at`; `None` when there is none.
    pub fn set_referendum(&mut self, id: u32, referendum: Option<Referendum>, at: u32) {
        match referendum {
            Some(referendum) => {
                self.referenda.insert(
                    id,
                    Decided {
                        referendum,
                        read_at: at,
                    },
                );
            }
            None => {
                self.referenda.remove(&id);
            }
        }
        self.order(Item::Referendum(id));
        self.order(Item::Enactment(id));
        if let Some(operation) = self.enacted.get(&id) {
            self.order(Item::Operation(*operation));
        }
    }

    /// Replaces what is known of an operation by its state in block `at`.
    pub fn set_operation(&mut self, record: Record, at: u32) {
        let id = record.id;
        if matches!(record.status, Status::Executed { .. }) {
            self.executed.insert(id);
        } else {
            self.executed.remove(&id);
        }
        if let Proposer::Dao { referendum } = record.operation.proposer {
            self.enacted.insert(referendum, id);
            self.order(Item::Enactment(referendum));
        }
        let vetoed = self.operations.get(&id).is_some_and(|known| known.vetoed);
        self.operations.insert(
            id,
            Scheduled {
                record,
                vetoed,
                read_at: at,
            },
        );
        self.order(Item::Operation(id));
    }

    /// Forgets an operation that is not there any more.
    pub fn remove_operation(&mut self, id: &Hash) {
        let Some(Scheduled { record, .. }) = self.operations.remove(id) else {
            return;
        };
        self.executed.remove(id);
        self.order(Item::Operation(*id));
        if let Proposer::Dao { referendum } = record.operation.proposer {
            self.enacted.remove(&referendum);
            self.order(Item::Enactment(referendum));
        }
    }

    /// Whether so much conviction objects to an operation that it can only be cancelled.
    pub fn set_vetoed(&mut self, id: &Hash, vetoed: bool) {
        if let Some(known) = self.operations.get_mut(id) {
            known.vetoed = vetoed;
            self.order(Item::Operation(*id));
        }
    }

    /// An account is enrolled, and holds ballots in these referenda.
    pub fn set_voter(&mut self, account: AccountId, ballots: BTreeSet<u32>) {
        self.voters.insert(account, ballots);
    }

    /// Forgets what is finished in the final block `finalized`, and so cannot become unfinished again.
    pub fn prune(&mut self, finalized: u32) {
        let finished: Vec<Hash> = self
            .operations
            .iter()
            .filter(|(_, known)| known.read_at <= finalized && known.record.status != Status::Scheduled)
            .map(|(id, _)| *id)
            .collect();
        for id in finished {
            self.operations.remove(&id);
            self.order(Item::Operation(id));
        }
        let waited_for: BTreeSet<u32> = self
            .operations()
            .filter_map(|record| match record.operation.proposer {
                Proposer::Dao { referendum } => Some(referendum),
                Proposer::Core => None,
            })
            .collect();
        let finished: Vec<u32> = self
            .referenda
            .iter()
            .filter(|(id, known)| {
                known.read_at <= finalized
                    && !waited_for.contains(id)
                    && self.is_finished(**id, &known.referendum, finalized)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in finished {
            self.referenda.remove(&id);
            self.order(Item::Referendum(id));
            self.order(Item::Enactment(id));
        }
    }

    fn is_finished(&self, id: u32, referendum: &Referendum, at: u32) -> bool {
        if is_held(referendum) {
            return false;
        }
        if !self.alive {
            return true;
        }
        let phase = referendum.phase_at(at);
        let enactable = match phase {
            Phase::Approved { at: approved } => {
                let ends = window(approved, referendum).1;
                self.may_enact(id, referendum) && at < ends
            }
            _ => false,
        };
        !phase.is_open() && phase == referendum.phase && !enactable
    }

    // ---- what is due

    /// What has to be done in block `at`, the most urgent first.
    pub fn decide(&self, at: u32, tempo: &Tempo, standing: impl Fn(&Duty) -> Standing) -> Vec<Job> {
        let free = |job: &Job| job.duties().iter().all(|duty| standing(duty) == Standing::Free);
        let end = (at.saturating_add(1), Item::FIRST);
        let mut jobs: Vec<Job> = self
            .due
            .range(..end)
            .filter_map(|(_, item)| self.job(*item, at))
            .filter(free)
            .collect();
        if self.certifiable(at) {
            jobs.extend(Some(Job::Certify).filter(free));
        }
        if self.reconciliation_due(at, tempo) {
            let accounts: Vec<AccountId> = self
                .reconcilable(at)
                .filter(|account| standing(&Duty::Reconcile(*account)) == Standing::Free)
                .collect();
            jobs.extend(
                accounts
                    .chunks(tempo.batch.max(1))
                    .map(|batch| Job::Reconcile(batch.to_vec())),
            );
        }
        jobs.sort_by_key(urgency);
        jobs
    }

    /// Notes that in block `at` nobody had to be reconciled any more, so that the next look is `reconcile_blocks` later.
    pub fn reconciled(&mut self, at: u32, tempo: &Tempo) {
        if self.reconciliation_due(at, tempo) {
            self.reconciled_at = Some(at);
        }
    }

    fn reconciliation_due(&self, at: u32, tempo: &Tempo) -> bool {
        self.alive
            && !self.voters.is_empty()
            && self
                .reconciled_at
                .is_none_or(|last| at.abs_diff(last) >= tempo.reconcile_blocks)
    }

    /// Enrolled accounts with a ballot in a referendum that is being decided.
    fn reconcilable(&self, at: u32) -> impl Iterator<Item = AccountId> + '_ {
        let deciding: BTreeSet<u32> = self
            .referenda
            .iter()
            .filter(|(_, known)| {
                matches!(
                    known.referendum.phase_at(at),
                    Phase::Deciding { .. } | Phase::Confirming { .. }
                )
            })
            .map(|(id, _)| *id)
            .collect();
        self.voters
            .iter()
            .filter(move |(_, ballots)| !ballots.is_disjoint(&deciding))
            .map(|(account, _)| *account)
    }

    fn certifiable(&self, at: u32) -> bool {
        self.powers.as_ref().is_some_and(|powers| {
            powers.wired && !powers.certified && certificate(&powers.calendar, &powers.guardian, at).is_ok()
        })
    }

    fn job(&self, item: Item, at: u32) -> Option<Job> {
        match item {
            Item::Referendum(id) => {
                let referendum = &self.referenda.get(&id)?.referendum;
                let refund = is_held(referendum).then_some(Job::Refund(id));
                if !self.alive {
                    return refund;
                }
                match referendum.phase_at(at) {
                    open if open.is_open() => None,
                    over if over != referendum.phase => Some(Job::Advance(id)),
                    _ => refund,
                }
            }
            Item::Enactment(id) => {
                let referendum = &self.referenda.get(&id)?.referendum;
                (self.may_enact(id, referendum) && referendum.enactable(at)).then_some(Job::Enact(id))
            }
            Item::Operation(id) => {
                let known = self.operations.get(&id)?;
                let ladder = self.ladder(&known.record)?;
                match known.record.state(&ladder, at) {
                    State::Waiting | State::Ready if self.is_opposed(known, &ladder, at) => Some(Job::Veto(id)),
                    State::Ready if self.predecessor_done(&known.record) => Some(Job::Execute(id)),
                    State::Expired | State::PowerEnded => Some(Job::Expire(id)),
                    _ => None,
                }
            }
        }
    }

    /// Whether the DAO's will stands against an operation.
    fn is_opposed(&self, known: &Scheduled, ladder: &Ladder, at: u32) -> bool {
        match known.record.operation.proposer {
            Proposer::Core => self.alive && known.vetoed && ladder.stage(at) >= Stage::CoreVetoable,
            Proposer::Dao { referendum } => {
                !self.alive
                    || self
                        .referenda
                        .get(&referendum)
                        .is_some_and(|decided| decided.referendum.approved_at(at).is_none())
            }
        }
    }

    fn predecessor_done(&self, record: &Record) -> bool {
        match &record.operation.predecessor {
            Some(before) => self.executed.contains(before),
            None => true,
        }
    }

    fn may_enact(&self, id: u32, referendum: &Referendum) -> bool {
        // What ends another referendum is pulled by the DAO itself.
        self.alive
            && referendum.track != TrackId::FastVeto
            && self.powers.as_ref().is_some_and(|powers| powers.wired)
            && !self.enacted.contains_key(&id)
    }

    fn ladder(&self, record: &Record) -> Option<Ladder> {
        self.powers
            .as_ref()
            .map(|powers| powers.calendar.ladder(record.capability))
    }

    // ---- the order

    /// The first block in which something can be due of an item, were nothing to change it.
    fn due_from(&self, item: Item) -> Option<u32> {
        match item {
            Item::Referendum(id) => {
                let referendum = &self.referenda.get(&id)?.referendum;
                if !self.alive {
                    return is_held(referendum).then_some(0);
                }
                // Where it is in the last block there can be tells in which block it got there.
                let end = referendum.phase_at(u32::MAX);
                (is_held(referendum) || end != referendum.phase)
                    .then(|| ended_at(end))
                    .flatten()
            }
            Item::Enactment(id) => {
                let referendum = &self.referenda.get(&id)?.referendum;
                match referendum.phase_at(u32::MAX) {
                    Phase::Approved { at } if self.may_enact(id, referendum) => Some(window(at, referendum).0),
                    _ => None,
                }
            }
            Item::Operation(id) => {
                let known = self.operations.get(&id)?;
                let record = &known.record;
                if record.status != Status::Scheduled {
                    return None;
                }
                let ladder = self.ladder(record)?;
                let (power_ends, opposed) = match record.operation.proposer {
                    Proposer::Core => {
                        let [_, vetoable, ..] = ladder.at;
                        (ladder.core_ends(), known.vetoed.then_some(vetoable))
                    }
                    Proposer::Dao { referendum } => {
                        let ended = self
                            .referenda
                            .get(&referendum)
                            .is_some_and(|decided| matches!(decided.referendum.phase, Phase::Killed { .. }));
                        (ladder.frozen_at(), (!self.alive || ended).then_some(0))
                    }
                };
                let first = record.ready.min(record.expires).min(power_ends);
                Some(opposed.map_or(first, |opposed| first.min(opposed)))
            }
        }
    }

    fn order(&mut self, item: Item) {
        if let Some(block) = self.due_of.remove(&item) {
            self.due.remove(&(block, item));
        }
        if let Some(block) = self.due_from(item) {
            self.due_of.insert(item, block);
            self.due.insert((block, item));
        }
    }

    fn reorder(&mut self) {
        let referenda = self.referenda.keys();
        let items: Vec<Item> = referenda
            .flat_map(|id| [Item::Referendum(*id), Item::Enactment(*id)])
            .chain(self.operations.keys().map(|id| Item::Operation(*id)))
            .collect();
        for item in items {
            self.order(item);
        }
    }
}

fn is_held(referendum: &Referendum) -> bool {
    referendum.submission_held || referendum.decision_held
}

/// The block in which a phase that is over began.
fn ended_at(phase: Phase) -> Option<u32> {
    match phase {
        Phase::Approved { at } | Phase::Rejected { at } | Phase::TimedOut { at } | Phase::Killed { at } => Some(at),
        Phase::Preparing | Phase::Deciding { .. } | Phase::Confirming { .. } => None,
    }
}

/// First block in which a referendum approved at `approved` can be enacted, and the first in which it cannot any more.
fn window(approved: u32, referendum: &Referendum) -> (u32, u32) {
    let first = approved.saturating_add(referendum.rules.enact_delay);
    (first, first.saturating_add(referendum.rules.enact_window))
}

/// Vetoes come before executions; what only tidies up comes last.
fn urgency(job: &Job) -> u8 {
    match job {
        Job::Veto(_) => 0,
        Job::Execute(_) => 1,
        Job::Reconcile(_) => 2,
        Job::Enact(_) => 3,
        Job::Certify => 4,
        Job::Advance(_) => 5,
        Job::Refund(_) => 6,
        _ => 7,
    }
}
