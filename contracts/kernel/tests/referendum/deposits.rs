//! The rule table of deposits, and the window of enactment.

use kernel::referendum::{Deposit, Error, Phase};

use crate::setup::{aye, deciding, ended, put, rules, submitted, DEPOSITOR, PROPOSER, SUBMITTED};

#[test]
fn each_deposit_comes_out_once_by_the_rule_of_how_it_ended() {
    for (mut referendum, phase) in ended() {
        let now = SUBMITTED + 100;
        assert_eq!(referendum.phase_at(now), phase);
        let submission = Deposit {
            to: PROPOSER,
            amount: rules().submission_deposit,
            slashed: matches!(phase, Phase::TimedOut { .. } | Phase::Killed { .. }),
        };
        assert_eq!(referendum.refund_submission(now), Ok(submission));
        assert_eq!(referendum.refund_submission(now), Err(Error::NothingHeld));
        let decision = Deposit {
            to: DEPOSITOR,
            amount: rules().decision_deposit,
            slashed: matches!(phase, Phase::Killed { .. }),
        };
        let placed = !matches!(phase, Phase::TimedOut { .. });
        let expected = if placed { Ok(decision) } else { Err(Error::NothingHeld) };
        assert_eq!(referendum.refund_decision(now), expected);
        assert_eq!(referendum.refund_decision(now), Err(Error::NothingHeld));
    }
}

#[test]
fn no_deposit_comes_out_while_open_and_both_in_the_block_of_the_end() {
    let (mut referendum, since) = deciding(rules());
    put(&mut referendum, aye(100), SUBMITTED);
    for now in SUBMITTED..since + 6 {
        let phase = referendum.phase_at(now);
        assert_eq!(referendum.refund_submission(now), Err(Error::StillOpen { phase }));
        assert_eq!(referendum.refund_decision(now), Err(Error::StillOpen { phase }));
    }
    assert!(referendum.refund_submission(since + 6).is_ok());
    assert!(referendum.refund_decision(since + 6).is_ok());
}

#[test]
fn what_was_returned_before_a_kill_is_not_slashed_after_it() {
    let (mut referendum, since) = deciding(rules());
    put(&mut referendum, aye(100), SUBMITTED);
    let end = since + 6;
    assert!(!referendum.refund_submission(end).expect("approved").slashed);
    referendum.kill(end + 1).expect("approved");
    assert_eq!(referendum.refund_submission(end + 1), Err(Error::NothingHeld));
    assert!(referendum.refund_decision(end + 1).expect("held").slashed);
}

#[test]
fn the_decision_deposit_is_taken_once_and_only_in_time() {
    let mut referendum = submitted(rules());
    let last = SUBMITTED + rules().undecided - 1;
    let mut late = referendum.clone();
    let phase = Phase::TimedOut { at: last + 1 };
    assert_eq!(
        late.place_decision_deposit(DEPOSITOR, last + 1),
        Err(Error::NotOpen { phase })
    );
    assert_eq!(
        referendum.place_decision_deposit(DEPOSITOR, last),
        Ok(rules().decision_deposit)
    );
    assert_eq!(referendum.phase_at(last), Phase::Deciding { since: last });
    let placed = Error::DecisionDepositPlaced { at: last };
    assert_eq!(referendum.place_decision_deposit(PROPOSER, last), Err(placed));
}

#[test]
fn enactment_is_open_from_its_delay_to_the_end_of_its_window() {
    let (mut referendum, since) = deciding(rules());
    put(&mut referendum, aye(100), SUBMITTED);
    let first = since + rules().confirm + rules().enact_delay;
    for (now, enactable) in [
        (SUBMITTED, false),
        (first - 1, false),
        (first, true),
        (first + rules().enact_window - 1, true),
        (first + rules().enact_window, false),
        (u32::MAX, false),
    ] {
        assert_eq!(referendum.enactable(now), enactable, "{now}");
    }
    referendum.kill(first).expect("approved");
    assert!(!referendum.enactable(first));
    for (referendum, phase) in ended() {
        let ever = (SUBMITTED..SUBMITTED + 100).any(|now| referendum.enactable(now));
        assert_eq!(ever, matches!(phase, Phase::Approved { .. }), "{phase:?}");
    }
}

#[test]
fn only_what_is_open_or_approved_can_be_killed() {
    for (mut referendum, phase) in ended() {
        let now = SUBMITTED + 100;
        let expected = match phase {
            Phase::Approved { .. } => Ok(()),
            _ => Err(Error::NotKillable { phase }),
        };
        assert_eq!(referendum.kill(now), expected);
    }
    let (mut referendum, since) = deciding(rules());
    put(&mut referendum, aye(100), since + 1);
    for now in [SUBMITTED, since, since + 1] {
        let mut copy = referendum.clone();
        copy.kill(now.max(since + 1)).expect("open");
        assert!(!copy.is_open(now));
    }
    submitted(rules()).kill(SUBMITTED).expect("preparing");
}

#[test]
fn both_deposits_come_out_together_as_they_would_one_by_one() {
    let now = SUBMITTED + 100;
    for (referendum, _) in ended() {
        for submission_first in [false, true] {
            let (mut together, mut single) = (referendum.clone(), referendum.clone());
            if submission_first {
                assert_eq!(together.refund_submission(now), single.refund_submission(now));
            }
            let parts = [single.refund_submission(now).ok(), single.refund_decision(now).ok()];
            let expected = if parts == [None, None] {
                Err(Error::NothingHeld)
            } else {
                Ok(parts)
            };
            assert_eq!(together.refund(now), expected);
            assert_eq!(together.refund(now), Err(Error::NothingHeld));
        }
    }
    let (mut open, since) = deciding(rules());
    let before = open.clone();
    let phase = open.phase_at(since);
    assert_eq!(open.refund(since), Err(Error::StillOpen { phase }));
    assert_eq!(open, before);
}

#[test]
fn when_nobody_has_a_say_any_more_what_is_held_returns_and_only_once() {
    let (open, _) = deciding(rules());
    let undecided = submitted(rules());
    for referendum in ended().into_iter().map(|(ended, _)| ended).chain([open, undecided]) {
        for submission_first in [false, true] {
            let mut referendum = referendum.clone();
            let paid = submission_first && referendum.refund_submission(SUBMITTED + 1_000).is_ok();
            let back = |to, amount| Deposit {
                to,
                amount,
                slashed: false,
            };
            let expected = [
                (!paid).then_some(back(PROPOSER, rules().submission_deposit)),
                referendum.decision.map(|_| back(DEPOSITOR, rules().decision_deposit)),
            ];
            let nothing = expected == [None, None];
            let expected = if nothing { Err(Error::NothingHeld) } else { Ok(expected) };
            assert_eq!(referendum.return_all(), expected);
            assert_eq!(referendum.return_all(), Err(Error::NothingHeld));
            assert!(referendum.refund(SUBMITTED + 1_000).is_err());
        }
    }
}
