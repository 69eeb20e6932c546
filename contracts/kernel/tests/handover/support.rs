//! Calendars and operations to try.

use kernel::handover::{
    Action, Calendar, Capability, Hyperparameter, Ladder, Operation, OwnerCall, Proposer, Record, Result, Stage, NEVER,
};
use proptest::prelude::*;

pub const CORE: Proposer = Proposer::Core;
pub const DAO: Proposer = Proposer::Dao { referendum: 7 };

/// Last block that a calendar of [`calendars`] speaks of.
pub const HORIZON: u32 = 400;

/// 18 months at 1/10,000 of the time, from block `now`.
pub fn compressed(now: u32) -> Calendar {
    Calendar::standard(now, kernel::handover::MAX_CORE_BLOCKS, 10_000)
}

pub fn call(capability: Capability) -> Action {
    Action::Call {
        capability,
        target: [1; 32],
        code_hash: [2; 32],
        selector: [3; 4],
        input: vec![4; 8],
        value: 0,
    }
}

pub fn operation(action: Action, proposer: Proposer) -> Operation {
    Operation {
        action,
        predecessor: None,
        salt: [0; 32],
        proposer,
    }
}

pub fn schedule(action: Action, proposer: Proposer, calendar: &Calendar, now: u32) -> Result<Record> {
    Record::schedule(operation(action, proposer), [9; 32], 0, calendar, now)
}

/// The stage of a block, by walking there from the first one.
pub fn walked(ladder: &Ladder, block: u32) -> Stage {
    let mut stage = Stage::Core;
    for b in 0..=block {
        for (index, at) in ladder.at.iter().enumerate() {
            if *at == b && *at != NEVER {
                stage = stage.max(Stage::ALL[index + 1]);
            }
        }
    }
    stage
}

pub fn capabilities() -> impl Strategy<Value = Capability> {
    proptest::sample::select(&Capability::ALL[..])
}

pub fn stages() -> impl Strategy<Value = Stage> {
    proptest::sample::select(&Stage::ALL[..])
}

prop_compose! {
    pub fn ladders(exit: u32)(
        mut at in prop::array::uniform4(0..HORIZON),
        never in any::<bool>(),
        mut delay in prop::array::uniform4(exit..40),
    ) -> Ladder {
        at.sort_unstable();
        delay.sort_unstable();
        if never {
            at[3] = NEVER;
        }
        Ladder { at, delay }
    }
}

prop_compose! {
    /// Calendars that pass their check in block 0, with every rung within [`HORIZON`] blocks.
    pub fn calendars()(exit_blocks in 1u32..10)(
        ladders in prop::collection::vec(ladders(exit_blocks), Capability::COUNT),
        exit_blocks in Just(exit_blocks),
        grace_blocks in 1u32..60,
        guardian_until in 0..HORIZON,
    ) -> Calendar {
        Calendar {
            ladders: ladders.try_into().expect("as many as there are capabilities"),
            exit_blocks,
            grace_blocks,
            guardian_until,
        }
    }
}

/// Any action that passes its own check for at least one proposer.
pub fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => capabilities().prop_map(call),
        2 => (1u64..60).prop_map(|amount| Action::Pay { to: [5; 32], amount }),
        1 => (1u64..60).prop_map(|alpha| Action::SellStake { hotkey: [7; 32], netuid: 1, alpha, min_tao: 0 }),
        1 => any::<bool>().prop_map(|some| Action::SetGuardian { guardian: some.then_some([6; 32]) }),
        2 => (capabilities(), stages()).prop_map(|(capability, stage)| Action::Accelerate { capability, stage }),
        2 => (capabilities(), stages(), 0u32..60)
            .prop_map(|(capability, stage, blocks)| Action::GrowDelay { capability, stage, blocks }),
        1 => (any::<u16>(), proptest::sample::select(&Hyperparameter::ALL[..])).prop_map(|(netuid, parameter)| {
            Action::Proxied {
                owner: [8; 32],
                call: OwnerCall::SetHyperparameter { netuid, parameter, value: 1 },
            }
        }),
    ]
}
