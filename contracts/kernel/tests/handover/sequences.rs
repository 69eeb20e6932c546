//! Random sequences of everybody and time: core team, DAO, guardian, strangers. All invariants are checked after every step.
//!
//! `AUTONOMY_SEQUENCES` sets how many sequences each test here runs (2,000 without it).

use crate::support::{actions, calendars, capabilities, compressed, walked, DAO};
use kernel::handover::{
    certificate, entitled, residual_powers, Action, Calendar, Capability, Guardian, Holder, Operation, Proposer,
    Record, Stage, State, Status, Treasury, MAX_DELAY,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// What somebody tries.
#[derive(Clone, Debug)]
enum Step {
    Pass(u32),
    Schedule {
        dao: bool,
        action: Action,
        predecessor: Option<usize>,
    },
    Execute(usize),
    /// By whom: the core team, the guardian or a stranger.
    Cancel(usize, Option<Holder>),
    Expire(usize),
    Renounce(Capability),
    Pause(u32),
    Certify,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = 0usize..40;
    let who = proptest::sample::select(vec![Some(Holder::Core), Some(Holder::Guardian), None]);
    let step = prop_oneof![
        6 => (0u32..6).prop_map(Step::Pass),
        2 => (0u32..60).prop_map(Step::Pass),
        8 => (any::<bool>(), actions(), prop::option::weighted(0.2, index.clone()))
            .prop_map(|(dao, action, predecessor)| Step::Schedule { dao, action, predecessor }),
        12 => (0usize..8).prop_map(Step::Execute),
        2 => (index.clone(), who).prop_map(|(index, who)| Step::Cancel(index, who)),
        1 => index.prop_map(Step::Expire),
        1 => capabilities().prop_map(Step::Renounce),
        2 => (0u32..30).prop_map(Step::Pause),
        1 => Just(Step::Certify),
    ];
    prop::collection::vec(step, 1..250)
}

/// What happened to one operation.
#[derive(Clone, Debug, Default)]
struct Story {
    executed: u32,
    /// Whether it was ever past execution for good.
    over: bool,
}

#[derive(Clone)]
struct World {
    now: u32,
    start: u32,
    calendar: Calendar,
    guardian: Guardian,
    treasury: Treasury,
    /// Operations by number; what was removed stays as `None`.
    records: Vec<Option<Record>>,
    stories: Vec<Story>,
    certified: bool,
    // Ghosts.
    budget: u32,
    paused: BTreeSet<u32>,
    paid: BTreeMap<u32, u64>,
    /// Capabilities whose ladder somebody with power over them changed in this step.
    moved: Option<Capability>,
}

impl World {
    fn new(calendar: Calendar, start: u32) -> Self {
        let budget = 40;
        Self {
            now: start,
            start,
            guardian: Guardian::new(Some([7; 32]), calendar.guardian_until, budget).expect("a small budget"),
            treasury: Treasury::new(30, 100).expect("an epoch with blocks"),
            calendar,
            records: Vec::new(),
            stories: Vec::new(),
            certified: false,
            budget,
            paused: BTreeSet::new(),
            paid: BTreeMap::new(),
            moved: None,
        }
    }

    /// The record of an operation that was scheduled, counted from the latest one.
    fn find(&self, index: usize) -> Option<usize> {
        let number = self.records.len().checked_sub(1 + index)?;
        self.records[number].as_ref().map(|_| number)
    }

    /// Tries a step as the contract would; whatever is refused leaves the world as it was.
    fn step(&mut self, step: &Step) -> bool {
        self.moved = None;
        let before = self.clone();
        let done = self.attempt(step).is_some();
        if !done {
            *self = before;
        }
        done
    }

    fn attempt(&mut self, step: &Step) -> Option<()> {
        let now = self.now;
        match step {
            Step::Pass(blocks) => self.now += blocks,
            Step::Schedule {
                dao,
                action,
                predecessor,
            } => {
                let number = self.records.len() as u32;
                let id = |number: u32| {
                    let mut id = [0; 32];
                    id[..4].copy_from_slice(&number.to_le_bytes());
                    id
                };
                let operation = Operation {
                    action: action.clone(),
                    predecessor: predecessor
                        .and_then(|index| self.find(index))
                        .map(|number| id(number as u32)),
                    salt: id(number),
                    proposer: if *dao { DAO } else { Proposer::Core },
                };
                let record = Record::schedule(operation, id(number), number, &self.calendar, now).ok()?;
                self.records.push(Some(record));
                self.stories.push(Story::default());
            }
            Step::Execute(index) => {
                let number = self.find(*index)?;
                self.execute(number)?;
            }
            Step::Cancel(index, who) => {
                let number = self.find(*index)?;
                let record = self.records[number].as_mut()?;
                let may = match who {
                    Some(Holder::Core) => record.operation.proposer == Proposer::Core,
                    Some(Holder::Guardian) => self.guardian.may_cancel(&record.operation.action, now),
                    _ => false,
                };
                if !may {
                    return None;
                }
                record.cancel(now).ok()?;
            }
            Step::Expire(index) => {
                let number = self.find(*index)?;
                let record = self.records[number].as_ref()?;
                let ladder = self.calendar.ladder(record.capability);
                if !matches!(record.state(&ladder, now), State::Expired | State::PowerEnded) {
                    return None;
                }
                self.records[number] = None;
            }
            Step::Renounce(capability) => {
                self.calendar.ladder_mut(*capability).accelerate(Stage::Dao, now).ok()?;
                self.moved = Some(*capability);
            }
            Step::Pause(blocks) => {
                let end = self.guardian.pause(*blocks, now).ok()?;
                self.paused.extend(now..end);
            }
            Step::Certify => {
                certificate(&self.calendar, &self.guardian, now).ok()?;
                self.certified = true;
            }
        }
        Some(())
    }

    fn execute(&mut self, number: usize) -> Option<()> {
        let now = self.now;
        let record = self.records[number].clone()?;
        let ladder = self.calendar.ladder(record.capability);
        let predecessor = record.operation.predecessor.and_then(|id| {
            let number = u32::from_le_bytes(id[..4].try_into().expect("four bytes")) as usize;
            self.records[number].as_ref().map(|record| record.status)
        });
        let stage = walked(&ladder, now);
        let mut after = record.clone();
        after.begin_execution(&ladder, now, predecessor).ok()?;

        // Told apart from the state machine: by the numbers of the record and a walk over the blocks.
        assert!(record.ready <= now, "early");
        assert!(now < record.expires, "late");
        assert!(!self.stories[number].over, "after its end");
        assert_eq!(self.stories[number].executed, 0, "twice");
        match record.operation.proposer {
            Proposer::Core => assert!(stage < Stage::Dao, "by a core team without power"),
            Proposer::Dao { .. } => assert_eq!(stage, Stage::Dao, "by a DAO without power"),
        }
        if record.operation.predecessor.is_some() {
            assert!(
                matches!(predecessor, Some(Status::Executed { .. })),
                "before its predecessor"
            );
        }
        self.stories[number].executed += 1;

        match &record.operation.action {
            Action::Call { .. } | Action::SellStake { .. } => {}
            Action::Proxied { .. } => after.mark_unverified(now),
            Action::Pay { amount, .. } => {
                self.treasury.spend(*amount, now).ok()?;
                *self.paid.entry(now / self.treasury.epoch_blocks).or_default() += amount;
            }
            Action::SetGuardian { guardian } => self.guardian.replace(*guardian),
            Action::Accelerate { capability, stage } => {
                if record.operation.proposer == Proposer::Core {
                    assert!(*stage <= Stage::Dao, "the core team froze something");
                }
                self.calendar.ladder_mut(*capability).accelerate(*stage, now).ok()?;
                self.moved = Some(*capability);
            }
            Action::GrowDelay {
                capability,
                stage,
                blocks,
            } => {
                self.calendar.ladder_mut(*capability).grow_delay(*stage, *blocks).ok()?;
                self.moved = Some(*capability);
            }
        }
        self.records[number] = Some(after);
        Some(())
    }

    /// What must hold after a step, with the world before it.
    fn check(&mut self, before: &Self) {
        assert_eq!(
            self.calendar.check(self.start),
            Ok(()),
            "a calendar that no handover could be born with"
        );
        let fixed = |calendar: &Calendar| (calendar.exit_blocks, calendar.grace_blocks, calendar.guardian_until);
        assert_eq!(fixed(&self.calendar), fixed(&before.calendar));
        for capability in Capability::ALL {
            self.check_capability(before, capability);
        }
        self.check_records(before);

        let guardian = self.guardian;
        assert_eq!(
            self.paused.len() as u32 + guardian.budget,
            self.budget,
            "all pauses together"
        );
        assert!(self
            .paused
            .last()
            .is_none_or(|last| *last < self.calendar.guardian_until));
        assert!(guardian.budget <= before.guardian.budget);
        assert_eq!(guardian.until, before.guardian.until);

        assert!(self.paid.values().all(|paid| *paid <= self.treasury.cap));
        assert_eq!(
            self.treasury.spent,
            self.paid.get(&self.treasury.epoch).copied().unwrap_or(0)
        );

        let certified = certificate(&self.calendar, &guardian, self.now).is_ok();
        assert!(certified || !before.certified, "a certificate was taken back");
        if certified {
            for holder in [Holder::Core, Holder::Guardian] {
                assert_eq!(residual_powers(&self.calendar, &guardian, holder, self.now), []);
            }
        }
    }

    fn check_capability(&self, before: &Self, capability: Capability) {
        let (old, new) = (before.calendar.ladder(capability), self.calendar.ladder(capability));
        let (old_stage, stage) = (old.stage(before.now), new.stage(self.now));
        assert!(stage >= old_stage, "{capability:?} fell back");
        if self.moved != Some(capability) {
            assert_eq!(new, old, "{capability:?} changed by nobody with power over it");
        }
        if self.moved.is_some() && self.moved != Some(capability) {
            assert_eq!(stage, old_stage);
        }
        assert!(new.core_ends() <= old.core_ends(), "the core team stays longer");
        for (new, old) in new.at.iter().zip(old.at) {
            assert!(
                *new == old || (*new == self.now && *new < old),
                "a stage moved back or into the past"
            );
        }
        for (new, old) in new.delay.iter().zip(old.delay) {
            assert!(*new >= old && *new <= MAX_DELAY, "a delay shrank");
        }
        let earliest = |ladder: &kernel::handover::Ladder, block: u32| block.saturating_add(ladder.delay(block));
        assert!(
            earliest(&new, self.now) >= earliest(&old, before.now),
            "what could run later could run earlier"
        );
        if old_stage >= Stage::Dao {
            assert!(!entitled(&Proposer::Core, stage), "the core team came back");
        }
    }

    fn check_records(&mut self, before: &Self) {
        for (number, record) in self.records.iter().enumerate() {
            let Some(old) = before.records.get(number) else {
                continue;
            };
            let (Some(old), Some(record)) = (old, record) else {
                // What was removed can never have run, and does not come back.
                assert!(record.is_none());
                assert_eq!(self.stories[number].executed, 0);
                continue;
            };
            let fixed = |record: &Record| (record.id, record.scheduled, record.ready, record.expires);
            assert_eq!(fixed(old), fixed(record));
            assert!(old.status == record.status || old.status == Status::Scheduled);
            let ladder = self.calendar.ladder(record.capability);
            let state = record.state(&ladder, self.now);
            assert!(!self.stories[number].over || !matches!(state, State::Waiting | State::Ready));
            self.stories[number].over |= !matches!(state, State::Waiting | State::Ready);
            if record.status == Status::Scheduled {
                assert_eq!(self.stories[number].executed, 0, "executed without a trace");
            }
        }
    }
}

/// How often each kind of step was done and refused, and operations by their end.
type Counts = BTreeMap<String, (u64, u64)>;

fn run(worlds: impl Strategy<Value = (Calendar, u32)>) -> Counts {
    let cases = std::env::var("AUTONOMY_SEQUENCES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(2_000);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let counts = Mutex::new(Counts::new());
    let outcome = TestRunner::new(config).run(&(worlds, steps()), |((calendar, start), steps)| {
        let mut world = World::new(calendar, start);
        for step in &steps {
            let before = world.clone();
            let done = world.step(step);
            world.check(&before);
            let kind = match step {
                Step::Schedule { dao, .. } => format!("schedule, dao {dao}"),
                Step::Execute(index) if done => {
                    let number = world.find(*index).expect("it was just executed");
                    let record = world.records[number].as_ref().expect("it was just executed");
                    let action = format!("{:?}", record.operation.action);
                    format!("execute {}", action.split_whitespace().next().unwrap_or_default())
                }
                Step::Cancel(_, who) => format!("cancel by {who:?}"),
                step => format!("{step:?}").split('(').next().unwrap_or_default().to_owned(),
            };
            let mut counts = counts.lock().expect("no other thread panicked");
            let count = counts.entry(kind).or_default();
            if done {
                count.0 += 1;
            } else {
                count.1 += 1;
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    counts.into_inner().expect("no thread panicked")
}

/// Sequences in which something never succeeds prove nothing about it.
fn assert_everything_happened(counts: &Counts) {
    for kind in [
        "schedule, dao true",
        "schedule, dao false",
        "execute Call",
        "execute Pay",
        "execute SetGuardian",
        "execute Accelerate",
        "execute GrowDelay",
        "execute Proxied",
        "cancel by Some(Core)",
        "cancel by Some(Guardian)",
        "Expire",
        "Renounce",
        "Pause",
        "Certify",
    ] {
        let (done, _) = counts.get(kind).copied().unwrap_or_default();
        assert!(done > 0, "{kind} never happened: {counts:?}");
    }
    assert_eq!(counts.get("cancel by None").map(|(done, _)| *done), Some(0));
}

#[test]
fn power_only_moves_away_under_any_calendar() {
    assert_everything_happened(&run(calendars().prop_map(|calendar| (calendar, 0))));
}

#[test]
fn power_only_moves_away_under_eighteen_months_at_a_ten_thousandth() {
    assert_everything_happened(&run((0u32..500).prop_map(|start| (compressed(start), start))));
}
