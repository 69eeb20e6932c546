//! Attacks on timelocks and admins that happened elsewhere, each tried against the built contracts.

use codec::Encode;
use contract_tests::puppet;
use contract_tests::suite::{
    grants, tracks, Grant, ObjectionView, Part, Suite, Target, Wiring, CORE, GUARDIAN, STRANGER, VOTER,
};
use contract_tests::world::{ATTACKER, DEPLOYER, HOTKEY};
use contract_tests::{bundle, COIN};
use kernel::conviction::Vote;
use kernel::handover::{Action, Capability, Operation, Proposer, Stage, State};
use kernel::objection::OBJECTION_BLOCKS;
use kernel::referendum::TrackId;
use kernel::FeeParams;
use staking::{AccountId, Function};

/// A suite in which a hostile contract slipped into the allow-lists, under every selector that its tricks need.
fn betrayed(selectors: &[[u8; 4]]) -> (Suite, AccountId) {
    let mut hostile = [0; 32];
    let suite = Suite::with(0, |world| {
        hostile = puppet::create(world, 100 * COIN);
        let grant = |selector: &[u8; 4]| Grant {
            capability: Capability::Listing,
            target: Target::Account(hostile),
            selector: *selector,
        };
        selectors.iter().map(grant).collect()
    });
    (suite, hostile)
}

/// The operation that gives a hostile contract its input.
fn instructed(suite: &mut Suite, hostile: AccountId, input: &[u8]) -> Operation {
    let (selector, rest) = input.split_at(4);
    let code_hash = suite.world.code_hash(hostile);
    Suite::operation(
        Action::Call {
            capability: Capability::Listing,
            target: hostile,
            code_hash,
            selector: selector.try_into().expect("four bytes"),
            input: rest.to_vec(),
            value: 0,
        },
        9,
    )
}

fn fees(suite: &mut Suite) -> Action {
    suite.action(Capability::Fees, Part::Market, "set_fees", FeeParams::default())
}

#[test]
fn a_hostile_target_takes_nothing_by_functions_20_to_33() {
    let treasury = 500 * COIN;
    let tricks = [
        puppet::using(Function::CallerAddStake, (HOTKEY, 0u16, 100 * COIN)),
        puppet::using(Function::CallerAddProxy, ATTACKER),
    ];
    for trick in tricks {
        let selector = trick[..4].try_into().expect("four bytes");
        let (mut suite, hostile) = betrayed(&[selector]);
        let handover = suite.handover;
        suite.world.mint(handover, treasury);
        let before = suite.world.tao(handover);
        let operation = instructed(&mut suite, hostile, &trick);
        let id = suite.schedule(operation).expect("it is on the list");
        let done = suite.wait_and_execute(id);
        assert_eq!(done, Err("TargetTookFunds".into()));
        assert_eq!(suite.world.tao(handover), before);
        assert_eq!(suite.world.stake(handover), 0);
        assert_eq!(suite.look(id).state, State::Ready, "nothing was done");
    }
}

/// OpenZeppelin CVE-2021-39167: an unscheduled batch executed by entering again.
#[test]
fn a_target_that_calls_back_executes_nothing() {
    let (placeholder, _) = betrayed(&[]);
    let handover = placeholder.handover;
    let selector = puppet::calling(handover, &[])[..4].try_into().expect("four bytes");
    let (mut suite, hostile) = betrayed(&[selector]);
    assert_eq!(suite.handover, handover, "addresses are predictable");
    let victim = Action::Pay {
        to: ATTACKER,
        amount: 50 * COIN,
    };
    suite.world.mint(handover, 500 * COIN);
    let victim = suite.schedule(Suite::operation(victim, 1)).expect("core may");
    let execute = [bundle::named("handover").selector("execute").to_vec(), victim.encode()].concat();
    let operation = instructed(&mut suite, hostile, &puppet::calling(handover, &execute));
    let id = suite.schedule(operation).expect("it is on the list");
    let rich = suite.world.tao(ATTACKER);
    let ready = suite.look(id).record.ready.max(suite.look(victim).record.ready);
    suite.until(ready);
    // From outside the very same call of the hostile contract works, so what stops it from within is the way in.
    let mut outside = suite.clone();
    outside
        .world
        .run(STRANGER, hostile, 0, puppet::calling(handover, &execute));
    assert_eq!(outside.look(victim).state, State::Executed);
    assert_eq!(suite.execute(id), Err("CallFailed".into()));
    assert_eq!(
        suite.world.tao(ATTACKER),
        rich,
        "the other operation did not run from within"
    );
    assert_eq!(suite.look(victim).state, State::Ready);
}

/// Tornado Cash 2023: other code at the address that was voted on.
#[test]
fn code_swapped_between_vote_and_execution_is_not_called() {
    let mut suite = Suite::bare();
    let mut action = fees(&mut suite);
    if let Action::Call { code_hash, .. } = &mut action {
        *code_hash = [7; 32];
    }
    assert_eq!(suite.schedule(Suite::operation(action, 1)), Err("NotGranted".into()));
    // The same with a target that really changes its code while the operation waits.
    let (mut suite, chameleon) = {
        let mut chameleon = [0; 32];
        let suite = Suite::with(0, |world| {
            chameleon = puppet::chameleon(world);
            vec![Grant {
                capability: Capability::Listing,
                target: Target::Account(chameleon),
                selector: [1, 2, 3, 4],
            }]
        });
        (suite, chameleon)
    };
    let operation = instructed(&mut suite, chameleon, &[1, 2, 3, 4]);
    let id = suite.schedule(operation).expect("it is on the list");
    let other = bundle::market().code_hash();
    suite.world.run(ATTACKER, chameleon, 0, other.to_vec());
    assert_eq!(suite.world.code_hash(chameleon), other, "it changed");
    assert_eq!(suite.wait_and_execute(id), Err("CodeChanged".into()));
}

/// CVE-2023-34234: a proposal submitted first by somebody else, and cancelled.
#[test]
fn an_equal_operation_of_somebody_else_is_another_operation() {
    let mut suite = Suite::bare();
    let action = fees(&mut suite);
    let operation = Suite::operation(action.clone(), 1);
    let stolen: Result<[u8; 32], String> = suite.call(ATTACKER, Part::Handover, 0, "schedule", operation.clone());
    assert_eq!(stolen, Err("NotCore".into()));
    let other = Operation {
        proposer: Proposer::Dao { referendum: 0 },
        ..operation.clone()
    };
    assert_ne!(
        suite.read::<[u8; 32]>(Part::Handover, "operation_id", other.clone()),
        suite.read::<[u8; 32]>(Part::Handover, "operation_id", operation.clone()),
    );
    let forged: Result<[u8; 32], String> = suite.call(CORE, Part::Handover, 0, "schedule", other);
    assert_eq!(forged, Err("WrongProposer".into()));
    let id = suite.schedule(operation.clone()).expect("core may");
    assert_eq!(suite.schedule(operation), Err("ScheduledAlready".into()));
    let cancelled: Result<(), String> = suite.call(ATTACKER, Part::Handover, 0, "cancel", id);
    assert_eq!(cancelled, Err("NotGuardian".into()));
}

#[test]
fn ending_a_referendum_ends_its_operation() {
    let mut suite = Suite::new();
    let begins = suite.report().capabilities[Capability::Fees as usize].core_ends;
    suite.until(begins);
    let action = fees(&mut suite);
    let referendum = suite.propose(VOTER, action);
    suite.vote(VOTER, referendum, Vote::Aye).expect("a vote");
    // The veto is decided while the other still waits.
    let veto = suite.submit(VOTER, TrackId::FastVeto, referendum.encode());
    suite.vote(VOTER, veto, Vote::Aye).expect("a vote");
    suite.until_enactable(referendum);
    let id: [u8; 32] = suite
        .call(STRANGER, Part::Handover, 0, "enact", referendum)
        .expect("it is decided");
    suite.until_enactable(veto);
    suite
        .call::<()>(STRANGER, Part::Dao, 0, "kill", (referendum, veto))
        .expect("the veto was decided");
    let ready = suite.look(id).record.ready;
    suite.until(ready);
    assert_eq!(suite.execute(id), Err("NotApproved".into()));
    suite
        .call::<()>(STRANGER, Part::Handover, 0, "veto", id)
        .expect("anyone cancels it");
    assert_eq!(suite.look(id).state, State::Cancelled);
}

#[test]
fn a_deployer_keeps_no_role() {
    let mut suite = Suite::bare();
    assert_eq!(suite.powers(DEPLOYER), vec![]);
    let wiring = Wiring {
        dao: ATTACKER,
        registry: suite.registry,
        market_code: [1; 32],
        grants: grants(suite.dao, suite.registry, suite.emission),
    };
    let again: Result<(), String> = suite.call(DEPLOYER, Part::Handover, 0, "wire", wiring);
    assert_eq!(again, Err("WiredAlready".into()));
    let action = fees(&mut suite);
    let schedule: Result<[u8; 32], String> =
        suite.call(DEPLOYER, Part::Handover, 0, "schedule", Suite::operation(action, 1));
    assert_eq!(schedule, Err("NotCore".into()));
}

/// Every message that needs a role, by everybody who does not have it.
#[test]
fn nobody_but_the_handover_governs() {
    let mut suite = Suite::new();
    let market = suite.market;
    for who in [DEPLOYER, CORE, GUARDIAN, VOTER, STRANGER, ATTACKER] {
        let refused = [
            suite.call::<()>(who, Part::Dao, 0, "set_native_cap", 1u16),
            suite.call::<()>(who, Part::Dao, 0, "set_track", (TrackId::Code, tracks()[0])),
            suite.call::<()>(who, Part::Registry, 0, "pin_market_code", [1u8; 32]),
            suite.call::<()>(who, Part::Registry, 0, "set_listed", (7u16, 1u64, true)),
            suite.call::<()>(who, Part::Market, 0, "set_fees", FeeParams::default()),
            suite.call::<()>(who, Part::Market, 0, "set_risk", kernel::RiskParams::default()),
            suite.call::<()>(who, Part::Market, 0, "set_rates", kernel::RateParams::default()),
            suite.call::<()>(who, Part::Market, 0, "pause_opening", 0u32),
        ];
        for result in refused {
            assert_eq!(result, Err("NotAuthority".into()));
        }
        if who != CORE {
            let renounced: Result<(), String> = suite.call(who, Part::Handover, 0, "renounce", Capability::Fees);
            assert_eq!(renounced, Err("NotCore".into()));
        }
        if who != GUARDIAN {
            let paused: Result<u32, String> =
                suite.call(who, Part::Handover, 0, "guardian_pause", (vec![market], 1u32));
            assert_eq!(paused, Err("NotGuardian".into()));
        }
    }
}

#[test]
fn an_endless_pause_ends_with_its_budget() {
    let mut suite = Suite::bare();
    let market = suite.market;
    let budget = suite.report().guardian.budget;
    let mut paused = 0;
    loop {
        let result: Result<u32, String> =
            suite.call(GUARDIAN, Part::Handover, 0, "guardian_pause", (vec![market], 3u32));
        match result {
            Ok(until) => {
                paused += until - suite.world.block();
                suite.until(until);
            }
            Err(_) => break,
        }
        assert!(paused <= budget);
    }
    assert!(paused > 0 && suite.report().guardian.budget < 3);
}

#[test]
fn a_guardian_cannot_stop_its_own_removal() {
    let mut suite = Suite::bare();
    let id = suite
        .schedule(Suite::operation(Action::SetGuardian { guardian: None }, 1))
        .expect("core may");
    let blocked: Result<(), String> = suite.call(GUARDIAN, Part::Handover, 0, "cancel", id);
    assert_eq!(blocked, Err("NotGuardian".into()));
    let action = fees(&mut suite);
    let other = suite.schedule(Suite::operation(action, 2)).expect("core may");
    suite
        .call::<()>(GUARDIAN, Part::Handover, 0, "cancel", other)
        .expect("what takes no power from it, it may cancel");
    suite.wait_and_execute(id).expect("anyone executes");
    assert_eq!(suite.report().guardian.account, None);
    let market = suite.market;
    let paused: Result<u32, String> = suite.call(GUARDIAN, Part::Handover, 0, "guardian_pause", (vec![market], 1u32));
    assert_eq!(paused, Err("NotGuardian".into()));
}

#[test]
fn no_admin_function_is_reached_through_generic_execution() {
    let mut suite = Suite::bare();
    // A message of another capability, of no capability, and of the handover itself.
    let wrong = [
        suite.action(Capability::PauseOpening, Part::Market, "set_fees", FeeParams::default()),
        suite.action(Capability::Fees, Part::Dao, "adopt_hotkey", HOTKEY),
        suite.action(Capability::Governance, Part::Handover, "renounce", Capability::Fees),
        suite.action(Capability::Treasury, Part::Registry, "set_listed", (7u16, 1u64, true)),
    ];
    for action in wrong {
        assert_eq!(suite.schedule(Suite::operation(action, 1)), Err("NotGranted".into()));
    }
}

#[test]
fn nobody_extends_a_calendar() {
    let mut suite = Suite::bare();
    let before: Vec<_> = suite.report().capabilities;
    for stage in [Stage::Core, Stage::CoreDelayed] {
        let up = Action::Accelerate {
            capability: Capability::Fees,
            stage: Stage::CoreVetoable,
        };
        let back = Action::Accelerate {
            capability: Capability::Fees,
            stage,
        };
        let mut moved = suite.clone();
        let first = moved.schedule(Suite::operation(up, 1)).expect("core may give up");
        let second = moved.schedule(Suite::operation(back, 2)).expect("it is only tried");
        moved.wait_and_execute(first).expect("up");
        assert_eq!(moved.execute(second), Err("Rule.NotForward".into()));
    }
    let shorter = Action::GrowDelay {
        capability: Capability::Fees,
        stage: Stage::Core,
        blocks: 0,
    };
    let id = suite.schedule(Suite::operation(shorter, 3)).expect("it is only tried");
    assert_eq!(suite.wait_and_execute(id), Err("Rule.DelayMustGrow".into()));
    let frozen = Action::Accelerate {
        capability: Capability::Fees,
        stage: Stage::Frozen,
    };
    assert_eq!(
        suite.schedule(Suite::operation(frozen, 4)),
        Err("Rule.BeyondProposer".into())
    );
    let after: Vec<_> = suite.report().capabilities;
    for (before, after) in before.iter().zip(&after) {
        assert!(after.core_ends <= before.core_ends && after.frozen_at <= before.frozen_at);
    }
}

#[test]
fn an_operation_dies_with_the_power_that_proposed_it() {
    let mut suite = Suite::bare();
    let action = fees(&mut suite);
    let id = suite.schedule(Suite::operation(action, 1)).expect("core may");
    suite
        .call::<()>(CORE, Part::Handover, 0, "renounce", Capability::Fees)
        .expect("core may give up");
    let ready = suite.look(id).record.ready;
    suite.until(ready);
    assert_eq!(suite.execute(id), Err("Rule.PowerEnded".into()));
    suite
        .call::<()>(STRANGER, Part::Handover, 0, "expire", id)
        .expect("anyone cleans up");
}

/// Whoever knows an operation beforehand opens its objection early enough for it to close before anybody needs it.
#[test]
fn an_objection_used_up_beforehand_protects_no_operation() {
    let mut suite = Suite::new();
    let operation = [5u8; 32];
    let early: ObjectionView = suite.call(CORE, Part::Dao, 0, "object", operation).expect("anyone may");
    assert!(!early.vetoed);
    suite.world.jump(OBJECTION_BLOCKS);
    let late: ObjectionView = suite
        .call(VOTER, Part::Dao, 0, "object", operation)
        .expect("it begins anew");
    assert_ne!(late.id, early.id);
    assert!(late.vetoed, "{late:?}");
}
