//! When an operation may be scheduled and executed, and by whose power.

use crate::support::{actions, calendars, call, compressed, operation, schedule, CORE, DAO, HORIZON};
use kernel::handover::{entitled, Action, Capability, Error, OwnerCall, Record, Stage, State, Status, MAX_INPUT};
use kernel::referendum::TrackId;
use proptest::prelude::*;

#[test]
fn the_core_team_proposes_until_the_dao_does_and_nobody_once_frozen() {
    for (stage, core, dao) in [
        (Stage::Core, true, false),
        (Stage::CoreDelayed, true, false),
        (Stage::CoreVetoable, true, false),
        (Stage::Dao, false, true),
        (Stage::Frozen, false, false),
    ] {
        assert_eq!(
            (entitled(&CORE, stage), entitled(&DAO, stage)),
            (core, dao),
            "{stage:?}"
        );
    }
}

#[test]
fn an_operation_is_executed_from_its_ready_block_until_it_expires() {
    let calendar = compressed(0);
    let ladder = calendar.ladder(Capability::Fees);
    let record = schedule(call(Capability::Fees), CORE, &calendar, 70).expect("the core team may");
    assert_eq!((record.scheduled, record.ready, record.expires), (70, 72, 82));
    let execute = |now| record.clone().begin_execution(&ladder, now, None);
    assert_eq!(execute(71), Err(Error::TooEarly { ready: 72, now: 71 }));
    assert_eq!(execute(72), Ok(()));
    assert_eq!(execute(81), Ok(()));
    assert_eq!(execute(82), Err(Error::Expired { expires: 82, now: 82 }));
    assert_eq!(
        [71, 72, 81, 82].map(|now| record.state(&ladder, now)),
        [State::Waiting, State::Ready, State::Ready, State::Expired]
    );
}

#[test]
fn an_operation_of_a_core_team_that_has_lost_its_power_is_dead() {
    let calendar = compressed(0);
    let ladder = calendar.ladder(Capability::Fees);
    let mut record = schedule(call(Capability::Fees), CORE, &calendar, 260).expect("the core team may");
    assert_eq!(record.state(&ladder, 261), State::Waiting);
    assert_eq!(record.state(&ladder, 262), State::PowerEnded);
    let refused = record.begin_execution(&ladder, 265, None);
    assert_eq!(
        refused,
        Err(Error::PowerEnded {
            capability: Capability::Fees,
            stage: Stage::Dao
        })
    );
    // It died of that, not of its age.
    assert_eq!(record.state(&ladder, 390), State::PowerEnded);
    let refused = schedule(call(Capability::Fees), CORE, &calendar, 262);
    assert_eq!(
        refused,
        Err(Error::NotEntitled {
            capability: Capability::Fees,
            stage: Stage::Dao
        })
    );
}

#[test]
fn an_early_handover_kills_what_the_core_team_had_waiting() {
    let mut calendar = compressed(0);
    let mut record = schedule(call(Capability::Risk), CORE, &calendar, 10).expect("the core team may");
    calendar
        .ladder_mut(Capability::Risk)
        .accelerate(Stage::Dao, 11)
        .expect("upwards");
    let ladder = calendar.ladder(Capability::Risk);
    assert_eq!(record.state(&ladder, 11), State::PowerEnded);
    assert!(record.begin_execution(&ladder, 11, None).is_err());
    assert!(schedule(call(Capability::Risk), DAO, &calendar, 11).is_ok());
}

#[test]
fn only_a_predecessor_that_is_done_with_a_known_effect_lets_its_successor_run() {
    let calendar = compressed(0);
    let ladder = calendar.ladder(Capability::Fees);
    let mut successor = operation(call(Capability::Fees), CORE);
    successor.predecessor = Some([1; 32]);
    let record = Record::schedule(successor, [2; 32], 1, &calendar, 0).expect("the core team may");
    for (predecessor, expected) in [
        (None, Err(Error::PredecessorNotDone)),
        (Some(Status::Scheduled), Err(Error::PredecessorNotDone)),
        (Some(Status::Cancelled { at: 1 }), Err(Error::PredecessorNotDone)),
        (Some(Status::Unverified { at: 1 }), Err(Error::PredecessorNotDone)),
        (Some(Status::Executed { at: 1 }), Ok(())),
    ] {
        let mut record = record.clone();
        assert_eq!(record.begin_execution(&ladder, 5, predecessor), expected);
        let expected = if expected.is_ok() {
            Status::Executed { at: 5 }
        } else {
            Status::Scheduled
        };
        assert_eq!(record.status, expected);
    }
}

#[test]
fn what_is_done_or_cancelled_stays_so() {
    let calendar = compressed(0);
    let ladder = calendar.ladder(Capability::Fees);
    let record = schedule(call(Capability::Fees), CORE, &calendar, 0).expect("the core team may");
    for (status, state) in [
        (Status::Executed { at: 2 }, State::Executed),
        (Status::Cancelled { at: 2 }, State::Cancelled),
        (Status::Unverified { at: 2 }, State::Unverified),
    ] {
        for now in [2, 5, 20, 300, 500] {
            let mut record = Record {
                status,
                ..record.clone()
            };
            assert_eq!(record.begin_execution(&ladder, now, None), Err(Error::NotScheduled));
            assert_eq!(record.cancel(now), Err(Error::NotScheduled));
            assert_eq!((record.status, record.state(&ladder, now)), (status, state));
        }
    }
    let mut waiting = record;
    waiting.mark_unverified(3);
    assert_eq!(waiting.status, Status::Scheduled);
    waiting.status = Status::Executed { at: 3 };
    waiting.mark_unverified(3);
    assert_eq!(waiting.status, Status::Unverified { at: 3 });
}

#[test]
fn the_core_team_gives_power_to_the_dao_and_freezes_nothing() {
    let calendar = compressed(0);
    for capability in Capability::ALL {
        for stage in Stage::ALL {
            let action = Action::Accelerate { capability, stage };
            let expected = if stage > Stage::Dao {
                Some(Error::BeyondProposer { to: stage })
            } else {
                None
            };
            assert_eq!(schedule(action.clone(), CORE, &calendar, 0).err(), expected);
            assert_eq!(action.check(&DAO), Ok(()));
        }
    }
}

#[test]
fn what_changes_the_calendar_needs_the_capability_it_changes_and_the_strictest_track() {
    let (stage, blocks) = (Stage::Dao, 9);
    for capability in Capability::ALL {
        for action in [
            Action::Accelerate { capability, stage },
            Action::GrowDelay {
                capability,
                stage,
                blocks,
            },
        ] {
            assert_eq!((action.capability(), action.track()), (capability, TrackId::Code));
        }
        assert_eq!(call(capability).track(), capability.track());
    }
    let guardian = Action::SetGuardian { guardian: None };
    assert_eq!(
        (guardian.capability(), guardian.track()),
        (Capability::Guardian, TrackId::Code)
    );
    let pay = Action::Pay { to: [0; 32], amount: 1 };
    assert_eq!(
        (pay.capability(), pay.track()),
        (Capability::Treasury, TrackId::Treasury)
    );
    let sale = sale_of(1);
    assert_eq!(
        (sale.capability(), sale.track()),
        (Capability::Treasury, TrackId::Treasury)
    );
    let proxied = Action::Proxied {
        owner: [0; 32],
        call: OwnerCall::SendTao { amount: 1 },
    };
    assert_eq!(
        (proxied.capability(), proxied.track()),
        (Capability::SubnetOwner, TrackId::Code)
    );
}

#[test]
fn tao_leaves_with_a_call_only_by_the_power_over_the_treasury() {
    for of in Capability::ALL {
        let mut action = call(of);
        if let Action::Call { value, .. } = &mut action {
            *value = 1;
        }
        let expected = if of == Capability::Treasury {
            Ok(())
        } else {
            Err(Error::ValueOutsideTreasury { capability: of })
        };
        assert_eq!(action.check(&CORE), expected);
    }
}

#[test]
fn long_inputs_empty_payments_and_impossible_values_are_refused_when_scheduled() {
    let calendar = compressed(0);
    let with_input = |length| {
        let mut action = call(Capability::Fees);
        if let Action::Call { input, .. } = &mut action {
            *input = vec![0; length];
        }
        schedule(action, CORE, &calendar, 0).err()
    };
    assert_eq!(with_input(MAX_INPUT), None);
    assert_eq!(
        with_input(MAX_INPUT + 1),
        Some(Error::InputTooLong {
            max: MAX_INPUT as u32,
            got: MAX_INPUT as u32 + 1
        })
    );
    let pay = Action::Pay { to: [0; 32], amount: 0 };
    assert_eq!(schedule(pay, CORE, &calendar, 0).err(), Some(Error::ZeroAmount));
    assert_eq!(schedule(sale_of(0), CORE, &calendar, 0).err(), Some(Error::ZeroAmount));
    let proxied = Action::Proxied {
        owner: [0; 32],
        call: OwnerCall::SendTao { amount: 0 },
    };
    assert_eq!(schedule(proxied, CORE, &calendar, 0).err(), Some(Error::ZeroAmount));
}

proptest! {
    #[test]
    fn an_operation_runs_exactly_while_it_is_ready_fresh_and_its_proposer_entitled(
        calendar in calendars(), action in actions(), dao in any::<bool>(), scheduled in 0..HORIZON,
    ) {
        let proposer = if dao { DAO } else { CORE };
        let capability = action.capability();
        let ladder = calendar.ladder(capability);
        let stage = ladder.stage(scheduled);
        let checked = action.check(&proposer).is_ok();
        let record = schedule(action, proposer, &calendar, scheduled);
        prop_assert_eq!(record.is_ok(), checked && entitled(&proposer, stage));
        let Ok(record) = record else { return Ok(()) };
        prop_assert_eq!(record.ready, scheduled + ladder.delay[stage as usize]);
        prop_assert_eq!(record.expires, record.ready + calendar.grace_blocks);
        prop_assert_eq!(record.capability, capability);
        let mut ended = None;
        for now in scheduled..HORIZON + 60 {
            let runs = record.clone().begin_execution(&ladder, now, None).is_ok();
            let power = entitled(&proposer, ladder.stage(now));
            prop_assert_eq!(runs, now >= record.ready && now < record.expires && power);
            let state = record.state(&ladder, now);
            prop_assert_eq!(state == State::Ready, runs);
            // How it ended does not change any more.
            if let Some(ended) = ended {
                prop_assert_eq!(state, ended);
            }
            if matches!(state, State::Expired | State::PowerEnded) {
                ended = Some(state);
            }
        }
    }
}

fn sale_of(alpha: u64) -> Action {
    Action::SellStake {
        hotkey: [7; 32],
        netuid: 1,
        alpha,
        min_tao: 0,
    }
}
