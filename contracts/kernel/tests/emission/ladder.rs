//! Sanctions against a naive model that keeps every index since the last transition, and what must hold whatever happens.

use kernel::emission::ladder::Challenge;
use kernel::emission::{Bond, Error, Ladder, LadderRules, Reason, State, Transition};
use proptest::prelude::*;

use crate::exact::cases;

/// The block in which `epoch` is settled.
fn block(epoch: u32) -> u32 {
    (epoch + 1) * 360 + 5
}

/// Quick rules: the bounds themselves where they are small.
fn quick() -> LadderRules {
    LadderRules {
        patience: 3,
        quarantine_epochs: 8,
        challenge_epochs: 6,
        delist_delay: 7_200,
        ..LadderRules::default()
    }
}

fn rules() -> impl Strategy<Value = LadderRules> {
    (2u16..6, 8u16..14, 4u16..12, 7_200u32..10_000).prop_map(
        |(patience, quarantine_epochs, challenge_epochs, delist_delay)| LadderRules {
            patience,
            quarantine_epochs,
            challenge_epochs,
            delist_delay,
            ..LadderRules::default()
        },
    )
}

/// The rules as sentences say them.
struct Naive {
    state: State,
    /// Indices of the epochs settled since the last transition.
    history: Vec<i32>,
    /// The epoch of the open challenge, and the later indices.
    challenge: Option<(u32, Vec<i32>)>,
}

impl Naive {
    fn in_a_row(&self, patience: u16, holds: impl Fn(i32) -> bool) -> bool {
        self.history.len() >= patience.into()
            && self
                .history
                .iter()
                .rev()
                .take(patience.into())
                .all(|index| holds(*index))
    }

    /// Where the market goes, and whether a bond comes back (`true`) or is lost.
    fn step(&mut self, index: i32, epoch: u32, now: u32, rules: &LadderRules) -> (Option<State>, Option<bool>) {
        self.history.push(index);
        let low = if self.state == State::Active {
            rules.watch_below_bps
        } else {
            rules.quarantine_below_bps
        };
        let struck = self.in_a_row(rules.patience, |index| index < low);
        let recovered = self.in_a_row(rules.patience, |index| index >= rules.recover_above_bps);
        let mut verdict = None;
        if let Some((opened, counted)) = &mut self.challenge {
            if epoch > *opened {
                counted.push(index);
            }
            if counted.len() >= rules.challenge_epochs.into() {
                let bad = counted
                    .iter()
                    .filter(|index| **index < rules.quarantine_below_bps)
                    .count();
                verdict = Some(bad * 3 >= counted.len() * 2);
            }
        }
        let renewed = State::Quarantine {
            ends: epoch + u32::from(rules.quarantine_epochs),
        };
        let next = match self.state {
            State::Active => struck.then_some(State::Watch),
            State::Watch if struck => Some(renewed),
            State::Watch => recovered.then_some(State::Active),
            State::Delisted => None,
            _ if recovered => Some(State::Watch),
            State::Condemned { at } => (now >= at).then_some(State::Delisted),
            State::Quarantine { .. } if verdict == Some(true) => Some(State::Condemned {
                at: now + rules.delist_delay,
            }),
            State::Quarantine { ends } => (epoch >= ends).then_some(if struck { renewed } else { State::Watch }),
        };
        let condemned = matches!(next, Some(State::Condemned { .. }));
        let left = next.is_some_and(|to| !matches!(to, State::Quarantine { .. }));
        let bond = if verdict.is_some() || left {
            self.challenge.take().map(|(_, counted)| {
                let low = |index: &&i32| **index < rules.quarantine_below_bps;
                let bad = counted.iter().filter(low).count();
                assert!(!condemned || bad * 3 >= counted.len() * 2);
                !counted.is_empty() && bad * 3 >= counted.len() * 2
            })
        } else {
            None
        };
        if let Some(next) = next {
            self.state = next;
            self.history.clear();
        }
        (next, bond)
    }
}

fn rank(state: State) -> u32 {
    match state {
        State::Active => 0,
        State::Watch => 1,
        State::Quarantine { .. } => 2,
        State::Condemned { .. } => 3,
        State::Delisted => 4,
    }
}

fn comes_back(bond: Option<Bond>) -> bool {
    matches!(bond, Some(Bond::Returned { .. }))
}

#[derive(Clone, Copy, Debug)]
enum Op {
    /// Epochs in a row at an index.
    Settle(i32, u16),
    /// Somebody challenges with the bond asked for, and so much more.
    Challenge(u8, u64),
    Reinstate,
}

fn ops() -> impl Strategy<Value = Op> {
    let index = prop_oneof![
        3 => Just(-2_001),
        1 => Just(-2_000),
        1 => Just(-1_001),
        1 => Just(-1_000),
        1 => Just(-201),
        2 => Just(-200),
        1 => -15_000i32..=3_000,
    ];
    prop_oneof![
        8 => (index, 1u16..12).prop_map(|(index, epochs)| Op::Settle(index, epochs)),
        4 => (any::<u8>(), prop_oneof![9 => Just(0u64), 1 => Just(1u64)]).prop_map(|(who, more)| Op::Challenge(who, more)),
        1 => Just(Op::Reinstate),
    ]
}

/// What is counted from outside.
#[derive(Default)]
struct Ghost {
    paid_in: u64,
    paid_out: u64,
    /// Block of the last condemnation.
    condemned: Option<u32>,
}

impl Ghost {
    fn bond(&mut self, before: Option<Challenge>, bond: Option<Bond>) {
        match bond {
            None => {}
            Some(Bond::Returned { to: who, amount } | Bond::Slashed { of: who, amount }) => {
                let before = before.expect("only a bond that was paid");
                assert_eq!((who, amount), (before.challenger, before.bond));
                self.paid_out += amount;
            }
        }
    }

    fn check(&self, ladder: &Ladder) {
        let open = ladder.challenge.map_or(0, |challenge| challenge.bond);
        assert_eq!(self.paid_in, self.paid_out + open, "every bond is somewhere, once");
        if open != 0 {
            assert!(
                matches!(ladder.state, State::Quarantine { .. }),
                "only quarantine is challenged"
            );
        }
    }
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn the_ladder_is_what_its_sentences_say(rules in rules(), ops in prop::collection::vec(ops(), 1..60)) {
        let mut ladder = Ladder::new(0);
        let mut naive = Naive { state: State::Active, history: Vec::new(), challenge: None };
        let mut ghost = Ghost::default();
        let mut epoch = 1;
        for op in ops {
            let before = ladder;
            match op {
                Op::Settle(index, epochs) => {
                    for _ in 0..epochs {
                        let before = ladder;
                        let now = block(epoch);
                        let (transition, bond) = ladder.step(index, Reason::HoldersLose, epoch, now, &rules);
                        let (next, returned) = naive.step(index, epoch, now, &rules);
                        prop_assert_eq!(transition.map(|t| t.to), next, "epoch {}", epoch);
                        prop_assert_eq!(bond.map(|bond| comes_back(Some(bond))), returned);
                        prop_assert_eq!(ladder.state, naive.state);
                        ghost.bond(before.challenge, bond);
                        ghost.check(&ladder);
                        if let Some(Transition { from, to, reason }) = transition {
                            prop_assert_eq!((from, ladder.state), (before.state, to));
                            prop_assert_eq!((ladder.since, ladder.reason), (epoch, reason));
                            prop_assert!(rank(to) <= rank(from) + 1, "{from:?} to {to:?}");
                            if let State::Condemned { .. } = to {
                                prop_assert!(before.challenge.is_some() && reason == Reason::ChallengeUpheld);
                                prop_assert!(comes_back(bond));
                                ghost.condemned = Some(now);
                            }
                            if to == State::Delisted {
                                let condemned = ghost.condemned.expect("condemned before");
                                prop_assert_eq!(rank(from), 3);
                                prop_assert!(now - condemned >= rules.delist_delay);
                            }
                            prop_assert!(from != State::Delisted, "time and indices never relist");
                        } else {
                            prop_assert_eq!((ladder.state, ladder.since), (before.state, before.since));
                        }
                        epoch += 1;
                    }
                }
                Op::Challenge(who, more) => {
                    let outcome = ladder.challenge([who; 32], rules.bond + more, epoch, &rules);
                    let expected = if !matches!(ladder.state, State::Quarantine { .. }) {
                        Err(Error::NotQuarantined)
                    } else if before.challenge.is_some() {
                        Err(Error::AlreadyChallenged)
                    } else if more != 0 {
                        Err(Error::WrongBond { expected: rules.bond, got: rules.bond + more })
                    } else {
                        Ok(())
                    };
                    prop_assert_eq!(outcome, expected);
                    if expected.is_ok() {
                        ghost.paid_in += rules.bond;
                        naive.challenge = Some((epoch, Vec::new()));
                        prop_assert_eq!(Ladder { challenge: None, ..ladder }, before);
                    } else {
                        prop_assert_eq!(ladder, before, "what is refused changes nothing");
                    }
                }
                Op::Reinstate => match ladder.reinstate(epoch) {
                    Err(error) => {
                        prop_assert_eq!(error, Error::NothingToAppeal);
                        prop_assert!(rank(before.state) < 2);
                        prop_assert_eq!(ladder, before);
                    }
                    Ok((transition, bond)) => {
                        prop_assert!(rank(before.state) >= 2);
                        let appealed = Transition { from: before.state, to: State::Watch, reason: Reason::Appeal };
                        prop_assert_eq!(transition, appealed);
                        prop_assert_eq!(bond.is_some(), before.challenge.is_some());
                        prop_assert!(bond.is_none() || comes_back(bond));
                        ghost.bond(before.challenge, bond);
                        naive = Naive { state: State::Watch, history: Vec::new(), challenge: None };
                    }
                },
            }
            ghost.check(&ladder);
            prop_assert_eq!(ladder.is_paid(), rank(ladder.state) < 2);
        }
    }

    #[test]
    fn without_a_challenge_nothing_worse_than_quarantine_happens(
        rules in rules(), indices in prop::collection::vec(prop_oneof![Just(-15_000i32), -15_000i32..=3_000], 1..300),
    ) {
        let mut ladder = Ladder::new(0);
        for (epoch, index) in (1..).zip(indices) {
            let (_, bond) = ladder.step(index, Reason::NetOutflow, epoch, block(epoch), &rules);
            prop_assert!(rank(ladder.state) <= 2 && bond.is_none());
        }
    }

    #[test]
    fn good_epochs_in_a_row_lead_up_from_everywhere_but_delisting(rules in rules(), ops in prop::collection::vec(ops(), 0..40)) {
        let mut ladder = Ladder::new(0);
        let mut epoch = 1;
        for op in ops {
            match op {
                Op::Settle(index, epochs) => for _ in 0..epochs {
                    ladder.step(index, Reason::NetOutflow, epoch, block(epoch), &rules);
                    epoch += 1;
                },
                Op::Challenge(who, _) => {
                    let _ = ladder.challenge([who; 32], rules.bond, epoch, &rules);
                }
                Op::Reinstate => {}
            }
        }
        let fallen = ladder.state;
        // Up to three steps: a challenge that is open may still be upheld.
        for _ in 0..3 * rules.patience {
            ladder.step(rules.recover_above_bps, Reason::NetOutflow, epoch, block(epoch), &rules);
            epoch += 1;
        }
        let expected = match fallen {
            State::Delisted => State::Delisted,
            // Whoever begins too late to be good for as long as it takes is delisted on the way.
            State::Condemned { at } if ladder.state == State::Delisted => {
                prop_assert!(at <= block(epoch - 2 * u32::from(rules.patience)));
                State::Delisted
            }
            _ => State::Active,
        };
        prop_assert_eq!(ladder.state, expected);
    }

    #[test]
    fn challenges_one_after_the_other_prolong_no_quarantine(rules in rules(), index in -2_000i32..-200, first in 0u32..40) {
        let mut ladder = quarantined(&rules);
        let State::Quarantine { ends } = ladder.state else { panic!("quarantined") };
        let mut epoch = ladder.since + 1;
        let mut lost = 0;
        while matches!(ladder.state, State::Quarantine { .. }) {
            if epoch > ladder.since + first && ladder.challenge.is_none() {
                ladder.challenge([1; 32], rules.bond, epoch - 1, &rules).expect("quarantined");
            }
            let (_, bond) = ladder.step(index, Reason::NetOutflow, epoch, block(epoch), &rules);
            lost += u64::from(matches!(bond, Some(Bond::Slashed { .. })));
            prop_assert!(!comes_back(bond));
            epoch += 1;
        }
        prop_assert_eq!((ladder.state, ladder.since, ladder.challenge), (State::Watch, ends, None));
        prop_assert!(first >= u32::from(rules.quarantine_epochs) || lost > 0);
    }
}

/// A market that has just been quarantined.
fn quarantined(rules: &LadderRules) -> Ladder {
    let mut ladder = Ladder::new(0);
    let mut epoch = 1;
    while !matches!(ladder.state, State::Quarantine { .. }) {
        ladder.step(-5_000, Reason::NetOutflow, epoch, block(epoch), rules);
        epoch += 1;
    }
    ladder
}

/// A market that has just been condemned, and the block of that.
fn condemned(rules: &LadderRules) -> (Ladder, u32) {
    let mut ladder = quarantined(rules);
    ladder
        .challenge([7; 32], rules.bond, ladder.since, rules)
        .expect("quarantined");
    let mut epoch = ladder.since;
    while !matches!(ladder.state, State::Condemned { .. }) {
        epoch += 1;
        ladder.step(-5_000, Reason::NetOutflow, epoch, block(epoch), rules);
    }
    (ladder, block(epoch))
}

#[test]
fn it_takes_the_patience_once_for_each_step_down() {
    let rules = quick();
    let mut ladder = Ladder::new(0);
    let mut states = Vec::new();
    for epoch in 1..=6 {
        ladder.step(-2_001, Reason::DividendsMissing, epoch, block(epoch), &rules);
        states.push(rank(ladder.state));
    }
    assert_eq!(states, [0, 0, 1, 1, 1, 2]);
    assert_eq!(ladder.state, State::Quarantine { ends: 14 });
    assert_eq!((ladder.reason, ladder.since), (Reason::DividendsMissing, 6));
}

#[test]
fn one_epoch_at_the_threshold_ends_a_row() {
    let rules = quick();
    let mut ladder = Ladder::new(0);
    for (epoch, index) in (1..).zip([-1_001, -1_001, -1_000, -1_001, -1_001, -1_000]) {
        ladder.step(index, Reason::NetOutflow, epoch, block(epoch), &rules);
    }
    assert_eq!(ladder.state, State::Active);
}

#[test]
fn epochs_up_to_that_of_the_challenge_do_not_count() {
    let rules = LadderRules {
        quarantine_epochs: 20,
        ..quick()
    };
    let mut ladder = quarantined(&rules);
    let opened = ladder.since + 3;
    ladder
        .challenge([7; 32], rules.bond, opened, &rules)
        .expect("quarantined");
    for epoch in ladder.since + 1..=opened {
        ladder.step(-5_000, Reason::NetOutflow, epoch, block(epoch), &rules);
        let challenge = ladder.challenge.expect("open");
        assert_eq!((challenge.counted, challenge.bad), (0, 0));
    }
    for epoch in opened + 1..opened + u32::from(rules.challenge_epochs) {
        assert_eq!(
            ladder.step(-5_000, Reason::NetOutflow, epoch, block(epoch), &rules),
            (None, None)
        );
    }
    let epoch = opened + u32::from(rules.challenge_epochs);
    let (transition, bond) = ladder.step(-5_000, Reason::NetOutflow, epoch, block(epoch), &rules);
    let at = block(epoch) + rules.delist_delay;
    assert_eq!(transition.map(|t| t.to), Some(State::Condemned { at }));
    assert_eq!(
        bond,
        Some(Bond::Returned {
            to: [7; 32],
            amount: rules.bond
        })
    );
}

#[test]
fn two_of_three_epochs_below_the_threshold_uphold_a_challenge_and_fewer_cost_the_bond() {
    let rules = quick();
    for (bad, upheld) in [(6, true), (4, true), (3, false), (0, false)] {
        let mut ladder = quarantined(&rules);
        ladder
            .challenge([7; 32], rules.bond, ladder.since, &rules)
            .expect("quarantined");
        let mut last = None;
        for (epoch, n) in (ladder.since + 1..).zip(0..rules.challenge_epochs) {
            // Neither bad nor good: not a row that leads anywhere.
            let index = if n < bad { -2_001 } else { -2_000 };
            last = ladder.step(index, Reason::NetOutflow, epoch, block(epoch), &rules).1;
        }
        assert_eq!(matches!(ladder.state, State::Condemned { .. }), upheld, "{bad} of 6");
        assert_eq!(
            matches!(last, Some(Bond::Returned { .. })),
            upheld,
            "{bad} of 6: {last:?}"
        );
        assert!(upheld || matches!(last, Some(Bond::Slashed { of, .. }) if of == [7; 32]));
    }
}

/// It goes on through a quarantine that is renewed, and is lost with one that ends: whoever challenges in time is heard.
#[test]
fn a_challenge_that_is_open_when_a_quarantine_ends_goes_on_if_that_is_renewed_and_costs_nothing_if_it_was_right() {
    let rules = quick();
    for struck in [true, false] {
        let mut ladder = quarantined(&rules);
        let State::Quarantine { ends } = ladder.state else {
            panic!("quarantined")
        };
        let opened = ends - 4;
        let mut last = (None, None);
        for epoch in ladder.since + 1..=ends {
            if epoch == opened + 1 {
                ladder
                    .challenge([7; 32], rules.bond, opened, &rules)
                    .expect("quarantined");
            }
            // Bad but for one epoch, the last but one.
            let index = if struck || epoch != ends - 1 { -2_001 } else { -2_000 };
            last = ladder.step(index, Reason::NetOutflow, epoch, block(epoch), &rules);
        }
        let (transition, bond) = last;
        let to = transition.map(|transition| transition.to);
        if struck {
            assert_eq!((to, bond), (Some(State::Quarantine { ends: ends + 8 }), None));
            assert_eq!(ladder.challenge.map(|open| (open.counted, open.bad)), Some((4, 4)));
            for epoch in ends + 1..=ends + 2 {
                ladder.step(-2_001, Reason::NetOutflow, epoch, block(epoch), &rules);
            }
            assert!(matches!(ladder.state, State::Condemned { .. }), "{:?}", ladder.state);
        } else {
            assert_eq!((to, ladder.reason), (Some(State::Watch), Reason::Expired));
            assert_eq!(
                bond,
                Some(Bond::Returned {
                    to: [7; 32],
                    amount: rules.bond
                })
            );
        }
    }
}

#[test]
fn a_market_that_recovers_costs_its_challenger_the_bond() {
    let rules = quick();
    let mut ladder = quarantined(&rules);
    ladder
        .challenge([7; 32], rules.bond, ladder.since, &rules)
        .expect("quarantined");
    let mut bonds = Vec::new();
    for epoch in ladder.since + 1..=ladder.since + 3 {
        bonds.extend(ladder.step(-200, Reason::NetOutflow, epoch, block(epoch), &rules).1);
    }
    assert_eq!(ladder.state, State::Watch);
    assert_eq!(
        bonds,
        [Bond::Slashed {
            of: [7; 32],
            amount: rules.bond
        }]
    );
}

#[test]
fn a_condemned_market_is_delisted_after_the_delay_and_not_a_block_before() {
    let rules = quick();
    let (mut ladder, since) = condemned(&rules);
    let epoch = ladder.since + 1;
    let due = since + rules.delist_delay;
    assert_eq!(
        ladder.step(-5_000, Reason::NetOutflow, epoch, due - 1, &rules),
        (None, None)
    );
    let (transition, bond) = ladder.step(-5_000, Reason::NetOutflow, epoch + 1, due, &rules);
    assert_eq!(
        (transition.map(|t| (t.to, t.reason)), bond),
        (Some((State::Delisted, Reason::DelayOver)), None)
    );
}

#[test]
fn a_condemned_market_that_recovers_in_time_is_watched_again() {
    let rules = quick();
    let (mut ladder, _) = condemned(&rules);
    for epoch in ladder.since + 1..=ladder.since + 3 {
        ladder.step(-200, Reason::NetOutflow, epoch, block(epoch), &rules);
    }
    assert_eq!((ladder.state, ladder.reason), (State::Watch, Reason::Recovered));
}

#[test]
fn only_an_appeal_brings_a_delisted_market_back_and_only_to_be_watched() {
    let rules = quick();
    let (mut ladder, since) = condemned(&rules);
    let epoch = ladder.since + 1;
    ladder.step(-5_000, Reason::NetOutflow, epoch, since + rules.delist_delay, &rules);
    for later in 1..1_000 {
        assert_eq!(
            ladder.step(1_000, Reason::NetOutflow, epoch + later, u32::MAX, &rules),
            (None, None)
        );
    }
    assert_eq!(ladder.state, State::Delisted);
    let (transition, bond) = ladder.reinstate(epoch + 1_000).expect("delisted");
    assert_eq!((transition.to, ladder.state, bond), (State::Watch, State::Watch, None));
    assert_eq!(ladder.reinstate(epoch + 1_001), Err(Error::NothingToAppeal));
}

#[test]
fn whoever_challenged_a_market_that_wins_an_appeal_gets_the_bond_back() {
    let rules = quick();
    let mut ladder = quarantined(&rules);
    ladder
        .challenge([7; 32], rules.bond, ladder.since, &rules)
        .expect("quarantined");
    let (_, bond) = ladder.reinstate(ladder.since + 1).expect("quarantined");
    assert_eq!(
        bond,
        Some(Bond::Returned {
            to: [7; 32],
            amount: rules.bond
        })
    );
    assert_eq!(ladder.challenge, None);
}
