//! What the guardian may do, and for how long.

use crate::support::{actions, call};
use kernel::handover::{Action, Capability, Error, Guardian, OwnerCall, Stage, MAX_PAUSE_BLOCKS};
use proptest::prelude::*;
use std::collections::BTreeSet;

const GUARDIAN: Option<[u8; 32]> = Some([7; 32]);

fn guardian(until: u32, budget: u32) -> Guardian {
    Guardian::new(GUARDIAN, until, budget).expect("a budget within bounds")
}

#[test]
fn a_budget_above_fourteen_days_is_refused() {
    let got = MAX_PAUSE_BLOCKS + 1;
    assert_eq!(
        Guardian::new(GUARDIAN, 10, got),
        Err(Error::PauseBudgetTooLarge {
            max: MAX_PAUSE_BLOCKS,
            got
        })
    );
    assert!(Guardian::new(GUARDIAN, 10, MAX_PAUSE_BLOCKS).is_ok());
}

#[test]
fn pauses_that_overlap_cost_their_union() {
    let mut guardian = guardian(1_000, 100);
    assert_eq!(guardian.pause(40, 10), Ok(50));
    assert_eq!(guardian.pause(40, 30), Ok(70));
    assert_eq!(guardian.pause(5, 40), Ok(70));
    assert_eq!(guardian.budget, 40);
    assert_eq!(guardian.pause(10, 200), Ok(210));
    assert_eq!(guardian.budget, 30);
    let refused = guardian.pause(31, 300);
    assert_eq!(refused, Err(Error::PauseBudgetExceeded { left: 30, needed: 31 }));
    assert_eq!(guardian.pause(30, 300), Ok(330));
    assert_eq!(guardian.budget, 0);
    // What is paused already costs nothing.
    assert_eq!(guardian.pause(1, 329), Ok(330));
}

#[test]
fn no_pause_outlives_the_guardian() {
    let mut guardian = guardian(100, 500);
    let refused = guardian.pause(11, 90);
    assert_eq!(refused, Err(Error::PauseBeyondGuardian { until: 100, got: 101 }));
    assert_eq!(guardian.pause(10, 90), Ok(100));
    assert_eq!(
        guardian.pause(1, 100),
        Err(Error::GuardianOver { until: 100, now: 100 })
    );
    assert_eq!(guardian.pause(0, 95), Err(Error::ZeroAmount));
    guardian.replace(None);
    assert_eq!(guardian.pause(1, 50), Err(Error::GuardianOver { until: 100, now: 50 }));
}

#[test]
fn it_cancels_nothing_that_takes_its_own_power_or_moves_any_up() {
    let guarded = guardian(100, 0);
    let owner_call = OwnerCall::SendTao { amount: 1 };
    for capability in Capability::ALL {
        for (action, may) in [
            (call(capability), capability != Capability::Guardian),
            (
                Action::Accelerate {
                    capability,
                    stage: Stage::Dao,
                },
                false,
            ),
            (
                Action::GrowDelay {
                    capability,
                    stage: Stage::Dao,
                    blocks: 9,
                },
                false,
            ),
            (Action::SetGuardian { guardian: None }, false),
            (Action::SetGuardian { guardian: GUARDIAN }, false),
            (Action::Pay { to: [1; 32], amount: 1 }, true),
            (
                Action::Proxied {
                    owner: [1; 32],
                    call: owner_call,
                },
                true,
            ),
        ] {
            assert_eq!(guarded.may_cancel(&action, 99), may, "{action:?}");
            assert!(!guarded.may_cancel(&action, 100));
            let mut removed = guarded;
            removed.replace(None);
            assert!(!removed.may_cancel(&action, 99));
        }
    }
}

proptest! {
    #[test]
    fn all_pauses_together_last_at_most_the_budget_whoever_the_guardian_is(
        until in 0u32..300,
        budget in 0u32..120,
        steps in prop::collection::vec((0u32..12, 0u32..60, prop::option::weighted(0.1, any::<bool>())), 1..60),
    ) {
        let mut guardian = guardian(until, budget);
        let mut paused = BTreeSet::new();
        let mut now = 0;
        for (passed, blocks, replacement) in steps {
            now += passed;
            if let Some(some) = replacement {
                let before = guardian;
                guardian.replace(some.then_some([now as u8; 32]));
                prop_assert_eq!(
                    (guardian.budget, guardian.until, guardian.window_end),
                    (before.budget, before.until, before.window_end)
                );
            }
            let before = guardian;
            match guardian.pause(blocks, now) {
                Ok(end) => {
                    prop_assert!(before.is_active(now) && end <= until && end >= now + blocks);
                    paused.extend(now..end);
                }
                Err(_) => prop_assert_eq!(guardian, before),
            }
            prop_assert_eq!(paused.len() as u32 + guardian.budget, budget);
            prop_assert!(paused.last().is_none_or(|last| *last < until));
        }
    }

    #[test]
    fn it_cancels_nothing_once_it_is_over(action in actions(), until in any::<u32>(), now in any::<u32>()) {
        prop_assert!(!guardian(until, 0).may_cancel(&action, now) || now < until);
    }
}
