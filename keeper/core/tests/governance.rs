//! What the book finds due is what a scan of everything finds, where the kernel itself is asked whether each thing can be done.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "helpers of the tests"
)]

use std::collections::{BTreeMap, BTreeSet};

use keeper_core::governance::{Book, Hash, Powers, Tempo};
use keeper_core::{Duty, Job, Standing};
use kernel::handover::{
    certificate, Action, Calendar, Capability, Guardian, Operation, Proposer, Record, Stage, Status,
};
use kernel::referendum::{Phase, Referendum, Tally, Track, TrackId};
use kernel::AccountId;
use proptest::prelude::*;

const TEMPO: Tempo = Tempo {
    reconcile_blocks: 20,
    batch: 2,
};
const ELECTORATE: u128 = 1_000;

fn account(n: u8) -> AccountId {
    [n; 32]
}

fn hash(n: u8) -> Hash {
    [n; 32]
}

fn all_aye() -> Tally {
    Tally {
        aye: ELECTORATE,
        ..Tally::default()
    }
}

/// A referendum of a compressed calendar: 1 block to prepare, a few to decide, to confirm and to enact.
fn referendum(track: TrackId, submitted: u32) -> Referendum {
    let rules = Track::default_of(track).scaled(7_200);
    Referendum::new(track, rules, account(1), hash(0), ELECTORATE, submitted)
}

/// A referendum in which everybody votes aye at once.
fn carried(submitted: u32) -> Referendum {
    let mut referendum = referendum(TrackId::Parameters, submitted);
    referendum.place_decision_deposit(account(2), submitted).unwrap();
    referendum.vote(Tally::default(), all_aye(), submitted).unwrap();
    referendum
}

fn powers(now: u32) -> Powers {
    let calendar = Calendar::standard(now, 3_944_700, 10_000);
    Powers {
        guardian: Guardian::new(Some(account(9)), calendar.guardian_until, 10).unwrap(),
        calendar,
        wired: true,
        certified: false,
    }
}

fn operation(proposer: Proposer, predecessor: Option<Hash>) -> Operation {
    Operation {
        action: Action::Pay {
            to: account(3),
            amount: 1,
        },
        predecessor,
        salt: hash(0),
        proposer,
    }
}

fn everything_free(_: &Duty) -> Standing {
    Standing::Free
}

fn due(book: &Book, at: u32) -> Vec<Job> {
    book.decide(at, &TEMPO, everything_free)
}

/// The first block from `from` on in which something is due, and what.
fn first_due(book: &Book, from: u32) -> (u32, Vec<Job>) {
    (from..from + 1_000)
        .find_map(|at| Some((at, due(book, at))).filter(|(_, jobs)| !jobs.is_empty()))
        .expect("something is due some day")
}

#[test]
fn a_carried_referendum_is_recorded_refunded_and_enacted_once() {
    let mut book = Book::new();
    book.set_powers(powers(0));
    let mut stored = carried(10);
    book.set_referendum(4, Some(stored.clone()), 10);
    let (approved, jobs) = first_due(&book, 10);
    assert_eq!(jobs, [Job::Advance(4)]);
    assert_eq!(stored.approved_at(approved), Some(approved));

    assert!(stored.advance(approved));
    book.set_referendum(4, Some(stored.clone()), approved);
    assert_eq!(due(&book, approved), [Job::Refund(4)]);

    stored.refund(approved).unwrap();
    book.set_referendum(4, Some(stored.clone()), approved);
    let (first, jobs) = first_due(&book, approved);
    assert_eq!(jobs, [Job::Enact(4)]);
    assert_eq!(first, approved + stored.rules.enact_delay);
    book.prune(first);
    assert_eq!(due(&book, first), [Job::Enact(4)]);

    // A calendar in which the treasury is the DAO's by now.
    let mut calendar = Calendar::standard(0, 3_944_700, 10_000);
    calendar
        .ladder_mut(Capability::Treasury)
        .accelerate(Stage::Dao, 1)
        .unwrap();
    let mut powers = powers(0);
    powers.calendar = calendar.clone();
    book.set_powers(powers);
    let record = Record::schedule(
        operation(Proposer::Dao { referendum: 4 }, None),
        hash(7),
        0,
        &calendar,
        first,
    )
    .unwrap();
    book.set_operation(record.clone(), first);
    assert_eq!(first_due(&book, first), (record.ready, vec![Job::Execute(hash(7))]));

    let mut done = record;
    let ladder = calendar.ladder(Capability::Treasury);
    done.begin_execution(&ladder, done.ready, None).unwrap();
    book.set_operation(done.clone(), done.ready);
    assert_eq!(due(&book, done.ready), []);
    book.prune(done.ready);
    assert_eq!((book.referenda().count(), book.operations().count()), (0, 0));
}

#[test]
fn what_was_done_in_a_block_that_is_not_final_stays_known() {
    let mut book = Book::new();
    book.set_powers(powers(0));
    let mut stored = referendum(TrackId::Code, 10);
    let late = 10 + stored.rules.undecided;
    stored.refund(late).unwrap();
    book.set_referendum(0, Some(stored), late);
    book.prune(late - 1);
    assert_eq!(book.referenda().count(), 1);
    book.prune(late);
    assert_eq!(book.referenda().count(), 0);
}

#[test]
fn an_operation_waits_for_its_predecessor_and_for_nobody_who_was_executed_long_ago() {
    let powers = powers(0);
    let ladder = powers.calendar.ladder(Capability::Treasury);
    let schedule = |id, number, predecessor| {
        Record::schedule(
            operation(Proposer::Core, predecessor),
            hash(id),
            number,
            &powers.calendar,
            5,
        )
        .unwrap()
    };
    let (mut first, second) = (schedule(1, 0, None), schedule(2, 1, Some(hash(1))));
    let at = first.ready;
    let mut book = Book::new();
    book.set_powers(powers.clone());
    book.set_operation(first.clone(), 5);
    book.set_operation(second, 5);
    assert_eq!(due(&book, at), [Job::Execute(hash(1))]);
    first.begin_execution(&ladder, at, None).unwrap();
    book.set_operation(first, at);
    book.prune(at);
    assert_eq!(book.operation(&hash(1)), None);
    assert_eq!(due(&book, at), [Job::Execute(hash(2))]);
}

#[test]
fn the_dao_s_veto_comes_before_the_execution_it_prevents() {
    let powers = powers(0);
    let ladder = powers.calendar.ladder(Capability::Treasury);
    let vetoable = ladder.at[1];
    let record = Record::schedule(
        operation(Proposer::Core, None),
        hash(1),
        0,
        &powers.calendar,
        vetoable - 3,
    )
    .unwrap();
    let ready = record.ready;
    let mut book = Book::new();
    book.set_powers(powers);
    book.set_operation(record, vetoable - 3);
    book.set_vetoed(&hash(1), true);
    let (at, jobs) = first_due(&book, vetoable - 3);
    // Before the veto counts, what is ready is executed.
    let expected = if ready < vetoable {
        (ready, Job::Execute(hash(1)))
    } else {
        (vetoable, Job::Veto(hash(1)))
    };
    assert_eq!((at, jobs), (expected.0, vec![expected.1]));
    assert_eq!(due(&book, vetoable), [Job::Veto(hash(1))]);
}

#[test]
fn a_killed_referendum_takes_its_operation_with_it() {
    let mut powers = powers(0);
    powers
        .calendar
        .ladder_mut(Capability::Treasury)
        .accelerate(Stage::Dao, 1)
        .unwrap();
    let mut decided = carried(10);
    let at = (10..).find(|at| decided.enactable(*at)).unwrap();
    let scheduled = Record::schedule(
        operation(Proposer::Dao { referendum: 0 }, None),
        hash(1),
        0,
        &powers.calendar,
        at,
    )
    .unwrap();
    let mut book = Book::new();
    book.set_powers(powers);
    decided.refund(at).unwrap();
    book.set_referendum(0, Some(decided.clone()), at);
    book.set_operation(scheduled, at);
    book.prune(at);
    assert_eq!(due(&book, at), []);
    decided.kill(at + 1).unwrap();
    book.set_referendum(0, Some(decided), at + 1);
    assert_eq!(due(&book, at + 1), [Job::Veto(hash(1))]);
    // It is not forgotten before its operation is.
    book.prune(at + 1);
    assert_eq!(due(&book, at + 2), [Job::Veto(hash(1))]);
}

#[test]
fn a_dao_whose_generation_ended_only_pays_back_and_what_it_decided_is_vetoed() {
    let mut powers = powers(0);
    powers
        .calendar
        .ladder_mut(Capability::Treasury)
        .accelerate(Stage::Dao, 1)
        .unwrap();
    let scheduled = Record::schedule(
        operation(Proposer::Dao { referendum: 0 }, None),
        hash(1),
        0,
        &powers.calendar,
        20,
    )
    .unwrap();
    let mut book = Book::new();
    book.set_powers(powers);
    book.set_referendum(1, Some(referendum(TrackId::Code, 20)), 20);
    book.set_operation(scheduled, 20);
    assert_eq!(due(&book, 20), []);
    book.set_alive(false);
    assert_eq!(due(&book, 20), [Job::Veto(hash(1)), Job::Refund(1)]);
}

#[test]
fn accounts_are_reconciled_in_batches_while_something_is_decided_and_then_rest() {
    let mut book = Book::new();
    let decided = carried(10);
    let deciding = 10 + decided.rules.prepare;
    book.set_referendum(0, Some(decided), 10);
    for n in 1..=3 {
        book.set_voter(account(n), BTreeSet::from([0]));
    }
    book.set_voter(account(4), BTreeSet::from([1]));
    assert_eq!(due(&book, 10), []);
    assert_eq!(
        due(&book, deciding),
        [
            Job::Reconcile(vec![account(1), account(2)]),
            Job::Reconcile(vec![account(3)])
        ]
    );
    book.reconciled(deciding, &TEMPO);
    assert_eq!(due(&book, deciding + 1), []);
}

#[test]
fn the_certificate_is_due_once_and_not_before_wiring() {
    let end = 400;
    let mut powers = powers(0);
    let mut book = Book::new();
    book.set_powers(powers.clone());
    let (at, jobs) = first_due(&book, 0);
    assert_eq!(jobs, [Job::Certify]);
    assert!(certificate(&powers.calendar, &powers.guardian, at - 1).is_err());
    powers.wired = false;
    book.set_powers(powers.clone());
    assert_eq!(due(&book, end), []);
    powers.wired = true;
    powers.certified = true;
    book.set_powers(powers);
    assert_eq!(due(&book, end), []);
}

/// Everything there is, to be scanned.
#[derive(Default)]
struct World {
    alive: bool,
    referenda: BTreeMap<u32, Referendum>,
    operations: BTreeMap<Hash, Record>,
    vetoed: BTreeSet<Hash>,
}

/// What the contracts would let anybody do in block `at`.
fn scan(world: &World, powers: &Powers, at: u32) -> BTreeSet<String> {
    let mut jobs = Vec::new();
    let enacted = |id: u32| {
        world
            .operations
            .values()
            .any(|record| record.operation.proposer == Proposer::Dao { referendum: id })
    };
    for (id, referendum) in &world.referenda {
        let mut copy = referendum.clone();
        let news = copy.advance(at);
        let over = !copy.is_open(at);
        if world.alive {
            if over && news {
                jobs.push(Job::Advance(*id));
            } else if over && copy.refund(at).is_ok() {
                jobs.push(Job::Refund(*id));
            }
            if referendum.enactable(at) && !enacted(*id) && referendum.track != TrackId::FastVeto {
                jobs.push(Job::Enact(*id));
            }
        } else if copy.return_all().is_ok() {
            jobs.push(Job::Refund(*id));
        }
    }
    for (id, record) in &world.operations {
        if record.status != Status::Scheduled {
            continue;
        }
        let ladder = powers.calendar.ladder(record.capability);
        let before = record.operation.predecessor.and_then(|id| world.operations.get(&id));
        let ready = record
            .clone()
            .begin_execution(&ladder, at, before.map(|before| before.status));
        let opposed = match record.operation.proposer {
            Proposer::Core => world.alive && world.vetoed.contains(id) && ladder.stage(at) >= Stage::CoreVetoable,
            Proposer::Dao { referendum } => !world.alive || world.referenda[&referendum].approved_at(at).is_none(),
        };
        use kernel::handover::Error;
        jobs.extend(match ready {
            Err(Error::Expired { .. } | Error::PowerEnded { .. }) => Some(Job::Expire(*id)),
            _ if opposed => Some(Job::Veto(*id)),
            Ok(()) => Some(Job::Execute(*id)),
            Err(_) => None,
        });
    }
    if certificate(&powers.calendar, &powers.guardian, at).is_ok() {
        jobs.push(Job::Certify);
    }
    jobs.iter().map(|job| format!("{job:?}")).collect()
}

#[derive(Clone, Debug)]
struct Step {
    what: u8,
    which: u8,
    wait: u32,
    weight: u16,
    early: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (0u8..12, any::<u8>(), 0u32..6, 0u16..600, any::<bool>()).prop_map(|(what, which, wait, weight, early)| Step {
            what,
            which,
            wait,
            weight,
            early,
        });
    prop::collection::vec(step, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn the_order_finds_what_a_scan_finds(steps in steps(), dies in prop::option::of(0u32..300)) {
        let mut powers = powers(0);
        let mut world = World { alive: true, ..World::default() };
        let mut book = Book::new();
        book.set_powers(powers.clone());
        let mut now = 1u32;
        let mut number = 0u32;
        for Step { what, which, wait, weight, early } in steps {
            now += wait;
            if world.alive && dies.is_some_and(|at| at <= now) {
                world.alive = false;
                book.set_alive(false);
            }
            let picked = |len: usize| usize::from(which).checked_rem(len);
            let id = picked(world.referenda.len()).and_then(|n| world.referenda.keys().nth(n).copied());
            let operation_id = picked(world.operations.len()).and_then(|n| world.operations.keys().nth(n).copied());
            let capability = Capability::ALL[usize::from(which) % Capability::COUNT];
            match what {
                0 => {
                    let id = u32::try_from(world.referenda.len()).unwrap();
                    let track = TrackId::ALL[usize::from(which) % TrackId::ALL.len()];
                    let new = if early { carried(now) } else { referendum(track, now) };
                    world.referenda.insert(id, new);
                    book.set_referendum(id, world.referenda.get(&id).cloned(), now);
                }
                1..=5 => if let Some(id) = id {
                    let stored = world.referenda.get_mut(&id).unwrap();
                    let tally = Tally { aye: weight.into(), nay: u128::from(which), abstain: 0 };
                    match what {
                        1 => { let _ = stored.place_decision_deposit(account(2), now); }
                        2 => { let _ = stored.vote(Tally::default(), tally, now); }
                        3 => { let _ = stored.advance(now); }
                        4 => { let _ = stored.refund(now); }
                        _ => if early { let _ = stored.kill(now); },
                    }
                    book.set_referendum(id, Some(stored.clone()), now);
                },
                6 | 7 => {
                    let proposer = match id.filter(|_| what == 7) {
                        Some(referendum) if !world.referenda[&referendum].enactable(now) => continue,
                        Some(referendum) => Proposer::Dao { referendum },
                        None => Proposer::Core,
                    };
                    let action = Action::GrowDelay { capability, stage: Stage::Core, blocks: 1 };
                    let operation = Operation {
                        action,
                        predecessor: operation_id.filter(|_| early),
                        salt: hash(0),
                        proposer,
                    };
                    let mut id = hash(0);
                    id[..4].copy_from_slice(&number.to_le_bytes());
                    if let Ok(record) = Record::schedule(operation, id, number, &powers.calendar, now) {
                        number += 1;
                        world.operations.insert(id, record.clone());
                        book.set_operation(record, now);
                    }
                }
                8..=10 => if let Some(id) = operation_id {
                    let before = world.operations[&id]
                        .operation
                        .predecessor
                        .and_then(|id| world.operations.get(&id))
                        .map(|before| before.status);
                    let record = world.operations.get_mut(&id).unwrap();
                    let ladder = powers.calendar.ladder(record.capability);
                    match what {
                        8 => if record.begin_execution(&ladder, now, before).is_ok() && early {
                            record.mark_unverified(now);
                        },
                        9 if early => { let _ = record.cancel(now); }
                        _ => { world.vetoed.insert(id); }
                    }
                    book.set_operation(record.clone(), now);
                    book.set_vetoed(&id, world.vetoed.contains(&id));
                },
                _ => if powers.calendar.ladder_mut(capability).accelerate(Stage::Dao, now).is_ok() {
                    book.set_powers(powers.clone());
                },
            }
            // Finished ones may be forgotten at any time, and later blocks may be looked at before earlier ones.
            if early {
                book.prune(now);
            }
            for at in [now, now + wait * 7, now] {
                let found: BTreeSet<String> = due(&book, at).iter().map(|job| format!("{job:?}")).collect();
                prop_assert_eq!(found, scan(&world, &powers, at), "in block {}", at);
            }
        }
        // Nothing that is over and settled is remembered.
        book.prune(u32::MAX);
        let open = world
            .referenda
            .values()
            .filter(|stored| matches!(stored.phase, Phase::Preparing) || stored.submission_held || stored.decision_held)
            .count();
        prop_assert!(book.referenda().count() >= open);
        prop_assert!(book.operations().all(|record| record.status == Status::Scheduled));
    }
}
