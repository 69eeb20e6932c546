//! Random lives, block by block: the kernel is told only of what somebody does and asked in every block.

use kernel::referendum::{Deposit, Error, Phase, Referendum, Tally, Track, TrackId, MAX_DECIDE};
use proptest::prelude::*;

use crate::{
    naive::Naive,
    setup::{aye, cases, curve, put, rules, DEPOSITOR, PROPOSER, SUBMITTED},
};

#[derive(Clone, Copy, Debug)]
enum Op {
    Touch,
    Place,
    Vote(usize, Tally),
    Retract(usize),
    Kill,
    RefundSubmission,
    RefundDecision,
}

fn op() -> impl Strategy<Value = Op> {
    let tally = (0..12u128, 0..8u128, 0..8u128).prop_map(|(aye, nay, abstain)| Tally { aye, nay, abstain });
    prop_oneof![
        3 => Just(Op::Touch),
        4 => Just(Op::Place),
        6 => (0..4usize, tally).prop_map(|(voter, tally)| Op::Vote(voter, tally)),
        4 => (0..4usize, 1..20u128).prop_map(|(voter, weight)| Op::Vote(voter, aye(weight))),
        3 => (0..4usize).prop_map(Op::Retract),
        1 => prop::bool::weighted(0.2).prop_map(|kill| if kill { Op::Kill } else { Op::Touch }),
        1 => Just(Op::RefundSubmission),
        1 => Just(Op::RefundDecision),
    ]
}

fn track() -> impl Strategy<Value = Track> {
    (
        (1..8u32, 0..12u32, 1..40u32, 1..12u32),
        (1..6u32, 1..6u32),
        (1..10u64, 1..10u64),
        (curve(), curve()),
    )
        .prop_map(
            |((prepare, more, decide, confirm), (enact_delay, enact_window), deposits, (approval, support))| Track {
                prepare,
                decide,
                confirm,
                enact_delay,
                enact_window,
                undecided: prepare + more,
                submission_deposit: deposits.0,
                decision_deposit: deposits.1,
                approval,
                support,
            },
        )
}

/// (rules, electorate, unit of weight, [(blocks to wait, operation)])
fn life() -> impl Strategy<Value = (Track, u128, u128, Vec<(u32, Op)>)> {
    let gap = prop_oneof![4 => Just(0u32), 6 => 0..6u32, 1 => 0..40u32];
    (
        track(),
        1..40u128,
        prop_oneof![Just(1u128), Just(1_000_003), Just(1 << 70)],
        prop::collection::vec((gap, op()), 1..24),
    )
}

/// Which phases can come after which, in any number of blocks.
fn reachable(from: Phase, to: Phase) -> bool {
    use Phase::{Approved, Confirming, Deciding, Killed, Preparing};
    match (from, to) {
        (Preparing, _) => true,
        (Deciding { since }, Deciding { since: later }) => later == since,
        (Deciding { since }, Confirming { deciding, since: at }) => deciding == since && at >= since,
        (Confirming { deciding, .. }, Deciding { since }) => deciding == since,
        (
            Confirming { deciding, since },
            Confirming {
                deciding: same,
                since: later,
            },
        ) => deciding == same && later >= since,
        (Deciding { .. } | Confirming { .. }, Preparing | Phase::TimedOut { .. }) => false,
        (Deciding { since } | Confirming { since, .. }, Approved { at }) => at > since,
        (Deciding { since }, Phase::Rejected { at }) => at > since,
        (Confirming { since, .. }, Phase::Rejected { at }) => at >= since,
        (Deciding { since } | Confirming { since, .. }, Killed { at }) => at >= since,
        (Approved { at }, Killed { at: killed }) => killed >= at,
        (over, same) => over == same,
    }
}

/// What one referendum was paid, and has paid.
struct Money {
    paid_in: u64,
    returned: u64,
    slashed: u64,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Done,
    Placed(u64),
    Paid(Deposit),
    Refused(Error),
}

fn apply(referendum: &mut Referendum, op: Op, take: Tally, now: u32) -> Outcome {
    let done = |result| match result {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Refused(error),
    };
    let paid = |result| match result {
        Ok(deposit) => Outcome::Paid(deposit),
        Err(error) => Outcome::Refused(error),
    };
    match op {
        Op::Touch => {
            referendum.advance(now);
            Outcome::Done
        }
        Op::Place => match referendum.place_decision_deposit(DEPOSITOR, now) {
            Ok(amount) => Outcome::Placed(amount),
            Err(error) => Outcome::Refused(error),
        },
        Op::Vote(_, put) => done(referendum.vote(take, put, now)),
        Op::Retract(_) => {
            referendum.retract(take, now);
            Outcome::Done
        }
        Op::Kill => done(referendum.kill(now)),
        Op::RefundSubmission => paid(referendum.refund_submission(now)),
        Op::RefundDecision => paid(referendum.refund_decision(now)),
    }
}

/// The reference does it, too; what the kernel has to answer. `held`: both deposits.
fn expected(naive: &mut Naive, op: Op, held: (bool, bool), now: u32) -> Outcome {
    let phase = naive.phase;
    let done_or = |done: bool, error: Error| if done { Outcome::Done } else { Outcome::Refused(error) };
    let paid = |held: bool, to, amount, slashed| {
        if phase.is_open() {
            Outcome::Refused(Error::StillOpen { phase })
        } else if held {
            Outcome::Paid(Deposit { to, amount, slashed })
        } else {
            Outcome::Refused(Error::NothingHeld)
        }
    };
    let killed = matches!(phase, Phase::Killed { .. });
    match op {
        Op::Touch => Outcome::Done,
        Op::Place => match naive.placed {
            _ if !phase.is_open() => Outcome::Refused(Error::NotOpen { phase }),
            Some(at) => Outcome::Refused(Error::DecisionDepositPlaced { at }),
            None => {
                naive.place(now);
                Outcome::Placed(naive.rules.decision_deposit)
            }
        },
        Op::Vote(voter, put) => done_or(naive.vote(voter, put, now), Error::NotOpen { phase }),
        Op::Retract(voter) => {
            naive.vote(voter, Tally::default(), now);
            Outcome::Done
        }
        Op::Kill => done_or(naive.kill(now), Error::NotKillable { phase }),
        Op::RefundSubmission => paid(
            held.0,
            PROPOSER,
            naive.rules.submission_deposit,
            killed || matches!(phase, Phase::TimedOut { .. }),
        ),
        Op::RefundDecision => paid(held.1, DEPOSITOR, naive.rules.decision_deposit, killed),
    }
}

/// A reference, a referendum that is told of operations alone, and one that is touched in every block.
struct World {
    naive: Naive,
    lazy: Referendum,
    eager: Referendum,
    money: Money,
    now: u32,
}

impl World {
    fn new(rules: Track, electorate: u128) -> Self {
        let referendum = Referendum::new(TrackId::Code, rules, PROPOSER, [7; 32], electorate, SUBMITTED);
        Self {
            naive: Naive::new(rules, electorate, SUBMITTED),
            lazy: referendum.clone(),
            eager: referendum,
            money: Money {
                paid_in: rules.submission_deposit,
                returned: 0,
                slashed: 0,
            },
            now: SUBMITTED,
        }
    }

    fn compare(&self, before: Phase) {
        let now = self.now;
        assert_eq!(self.lazy.phase_at(now), self.naive.phase, "block {now}");
        let mut touched = self.lazy.clone();
        touched.advance(now);
        assert_eq!(touched, self.eager, "touching changes nothing, block {now}");
        assert!(!touched.advance(now), "nothing is news twice");
        assert!(
            reachable(before, self.naive.phase),
            "{before:?} → {:?}",
            self.naive.phase
        );
        let passing = match self.naive.phase {
            Phase::Deciding { since } | Phase::Confirming { deciding: since, .. } => self.naive.passes(since, now),
            _ => false,
        };
        assert_eq!(self.lazy.passing(now), passing);
        assert_eq!(passing, matches!(self.naive.phase, Phase::Confirming { .. }));
        assert!(!self.lazy.is_open(now) || now < SUBMITTED + self.lazy.rules.lifetime());
    }

    fn wait(&mut self, blocks: u32) {
        for _ in 0..blocks {
            let before = self.naive.phase;
            self.now += 1;
            self.naive.block(self.now);
            self.eager.advance(self.now);
            self.compare(before);
        }
    }

    fn act(&mut self, op: Op) {
        let now = self.now;
        let phase = self.naive.phase;
        let before = self.lazy.clone();
        let take = match op {
            Op::Vote(voter, _) | Op::Retract(voter) => self.naive.ballots[voter],
            _ => Tally::default(),
        };
        let held = (before.submission_held, before.decision_held);
        let expected = expected(&mut self.naive, op, held, now);
        let outcome = apply(&mut self.lazy, op, take, now);
        assert_eq!(outcome, expected);
        assert_eq!(apply(&mut self.eager, op, take, now), outcome);
        self.eager.advance(now);
        self.compare(phase);

        match outcome {
            Outcome::Placed(amount) => self.money.paid_in += amount,
            Outcome::Paid(Deposit {
                slashed: true, amount, ..
            }) => self.money.slashed += amount,
            Outcome::Paid(Deposit { amount, .. }) => self.money.returned += amount,
            Outcome::Refused(_) => assert_eq!(self.lazy, before, "what is refused changes nothing"),
            Outcome::Done => {}
        }
        if !phase.is_open() {
            assert_eq!(self.lazy.tally, before.tally, "votes stay as they were");
        }
        let rules = &self.lazy.rules;
        let held = u64::from(self.lazy.submission_held) * rules.submission_deposit
            + u64::from(self.lazy.decision_held) * rules.decision_deposit;
        assert_eq!(
            self.money.paid_in,
            self.money.returned + self.money.slashed + held,
            "rao are conserved"
        );
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    /// The closed form is the reference in every block; looking more or less often changes nothing; phases only go
    /// forward; deposits are conserved and all of them come out; nothing outlives its lifetime.
    #[test]
    fn every_life_is_what_the_reference_says_in_every_block((rules, electorate, unit, ops) in life()) {
        let mut world = World::new(rules, electorate * unit);
        for (gap, op) in ops {
            world.wait(gap);
            world.act(match op {
                Op::Vote(voter, Tally { aye, nay, abstain }) => Op::Vote(
                    voter,
                    Tally { aye: aye * unit, nay: nay * unit, abstain: abstain * unit },
                ),
                op => op,
            });
        }
        world.wait((SUBMITTED + rules.lifetime()).saturating_sub(world.now) + 1);
        prop_assert!(!world.lazy.is_open(world.now));
        for _ in 0..2 {
            world.act(Op::RefundSubmission);
            world.act(Op::RefundDecision);
        }
        prop_assert_eq!(world.money.paid_in, world.money.returned + world.money.slashed);
    }
}

proptest! {
    #![proptest_config(cases(200))]

    /// Over a time as long as the longest there may be, one look at the end finds the block that looking at each does.
    #[test]
    fn the_first_block_that_passes_is_found_over_any_time(
        (approval, support) in (curve(), curve()),
        decide in prop_oneof![1..=MAX_DECIDE, Just(MAX_DECIDE)],
        (aye, nay, electorate) in (1..1u128 << 64, 0..1u128 << 62, 1..1u128 << 66),
    ) {
        let rules = Track { decide, approval, support, ..rules() };
        let mut referendum = Referendum::new(TrackId::Code, rules, PROPOSER, [7; 32], electorate, SUBMITTED);
        referendum.place_decision_deposit(DEPOSITOR, SUBMITTED).expect("preparing");
        put(&mut referendum, Tally { aye, nay, abstain: 0 }, SUBMITTED);
        let since = SUBMITTED + rules.prepare;
        let reaches = |part: u128, whole: u128, y: u32| part * 1_000_000_000 >= whole * u128::from(y);
        let first = (0..=decide).find(|passed| {
            let x = (u64::from(*passed) * 1_000_000_000 / u64::from(decide)) as u32;
            reaches(aye, aye + nay, approval.threshold_e9(x)) && reaches(aye, electorate, support.threshold_e9(x))
        });
        let expected = match first {
            Some(passed) => Phase::Approved { at: since + passed + rules.confirm },
            None => Phase::Rejected { at: since + decide },
        };
        prop_assert_eq!(referendum.phase_at(u32::MAX), expected);
    }
}

/// Every arrow of the diagram of `kernel::referendum` is drawn by some life.
#[test]
fn every_step_forward_happens() {
    let mut seen = std::collections::BTreeSet::new();
    let name = |phase: Phase| format!("{phase:?}").split(' ').next().unwrap_or_default().to_owned();
    let mut live = |ops: &[(u32, Op)]| {
        let mut world = World::new(rules(), 1_000);
        for (wait, op) in ops.iter().copied().chain([(100, Op::Touch)]) {
            for _ in 0..wait {
                let before = world.naive.phase;
                world.wait(1);
                seen.insert((name(before), name(world.naive.phase)));
            }
            let before = world.naive.phase;
            world.act(op);
            seen.insert((name(before), name(world.naive.phase)));
        }
    };
    let (pass, fail) = (Op::Vote(0, aye(100)), Op::Retract(0));
    live(&[]);
    live(&[(0, Op::Kill)]);
    live(&[(0, Op::Place)]);
    live(&[(0, Op::Place), (6, Op::Kill)]);
    live(&[(0, Op::Place), (0, pass)]);
    live(&[(0, Op::Place), (6, pass), (1, Op::Kill)]);
    live(&[(0, Op::Place), (6, pass), (2, fail)]);
    live(&[(0, Op::Place), (24, pass), (2, fail)]);
    live(&[(0, Op::Place), (6, pass), (9, Op::Kill)]);
    seen.retain(|(from, to)| from != to);
    let arrows = [
        ("Approved", "Killed"),
        ("Confirming", "Approved"),
        ("Confirming", "Deciding"),
        ("Confirming", "Killed"),
        ("Confirming", "Rejected"),
        ("Deciding", "Confirming"),
        ("Deciding", "Killed"),
        ("Deciding", "Rejected"),
        ("Preparing", "Confirming"),
        ("Preparing", "Deciding"),
        ("Preparing", "Killed"),
        ("Preparing", "TimedOut"),
    ];
    let seen: Vec<_> = seen.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(seen, arrows);
}
