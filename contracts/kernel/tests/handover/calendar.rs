//! Which calendars a handover may be born with.

use crate::support::{calendars, compressed};
use kernel::handover::{
    Calendar, Capability, Error, Ladder, Stage, MAX_CORE_BLOCKS, MAX_DELAY, MAX_GRACE_BLOCKS, NEVER,
};
use proptest::prelude::*;

const NOW: u32 = 1_000;

fn standard() -> Calendar {
    Calendar::standard(NOW, MAX_CORE_BLOCKS, 1)
}

/// What is said about the standard calendar with one change.
fn refused(change: impl Fn(&mut Calendar)) -> Option<Error> {
    let mut calendar = standard();
    change(&mut calendar);
    calendar.check(NOW).err()
}

/// What is said about the standard calendar with one change of one ladder.
fn refused_ladder(capability: Capability, change: impl Fn(&mut Ladder)) -> Option<Error> {
    refused(|calendar| change(calendar.ladder_mut(capability)))
}

#[test]
fn the_standard_calendar_passes_at_any_scale() {
    for divisor in [0, 1, 2, 10, 360, 7_200, 10_000, 1_000_000, u32::MAX] {
        for now in [0, NOW, 7_000_000, u32::MAX - MAX_CORE_BLOCKS - 1] {
            let calendar = Calendar::standard(now, MAX_CORE_BLOCKS, divisor);
            assert_eq!(calendar.check(now), Ok(()), "divisor {divisor}, block {now}");
        }
    }
}

#[test]
fn eighteen_months_at_a_ten_thousandth_are_394_blocks_with_every_rung_in_its_place() {
    let calendar = compressed(NOW);
    assert_eq!(
        (calendar.exit_blocks, calendar.grace_blocks, calendar.guardian_until),
        (1, 10, NOW + 262)
    );
    let ladder = |dao, frozen| Ladder {
        at: [NOW + 65, NOW + 131, NOW + dao, frozen],
        delay: [1, 2, 5, 5],
    };
    assert_eq!(calendar.ladder(Capability::Fees), ladder(262, NEVER));
    assert_eq!(calendar.ladder(Capability::Treasury), ladder(328, NEVER));
    assert_eq!(calendar.ladder(Capability::PinCode), ladder(262, NOW + 394));
    assert_eq!(calendar.ladder(Capability::Governance), ladder(328, NOW + 394));
    assert_eq!(calendar.ladder(Capability::SubnetOwner), ladder(394, NEVER));
    let pause = Ladder {
        delay: [0; 4],
        ..ladder(197, NOW + 394)
    };
    assert_eq!(calendar.ladder(Capability::PauseOpening), pause);
}

#[test]
fn every_capability_has_its_own_ladder() {
    let mut calendar = standard();
    for capability in Capability::ALL {
        calendar.ladder_mut(capability).at = [capability as u32; 4];
    }
    for (index, capability) in Capability::ALL.into_iter().enumerate() {
        assert_eq!(capability as usize, index);
        assert_eq!(calendar.ladder(capability).at, [index as u32; 4]);
        assert_eq!(calendar.ladder(capability), calendar.ladders[index]);
    }
}

#[test]
fn a_stage_before_the_one_below_it_is_refused() {
    for capability in Capability::ALL {
        for index in 1..4 {
            let ladder = standard().ladder(capability);
            let previous = ladder.at[index - 1];
            let error = Error::StageBeforePrevious {
                capability,
                stage: Stage::ALL[index + 1],
                at: previous - 1,
                previous,
            };
            let changed = refused_ladder(capability, |ladder| ladder.at[index] = previous - 1);
            assert_eq!(changed, Some(error));
        }
    }
    assert_eq!(refused_ladder(Capability::Fees, |ladder| ladder.at = [NOW; 4]), None);
}

#[test]
fn a_core_team_that_stays_too_long_is_refused_for_every_capability() {
    let max = NOW + MAX_CORE_BLOCKS;
    for capability in Capability::ALL {
        let until = |at| refused_ladder(capability, |ladder| ladder.at = [0, 0, at, NEVER]);
        assert_eq!(until(max), None);
        for at in [max + 1, NEVER - 1, NEVER] {
            assert_eq!(until(at), Some(Error::CoreTooLong { capability, at, max }));
        }
    }
    // Not even where block numbers end does a core team stay for ever.
    let mut calendar = Calendar::standard(u32::MAX - 1, MAX_CORE_BLOCKS, 1);
    for ladder in &mut calendar.ladders {
        ladder.at = [NEVER; 4];
    }
    calendar.guardian_until = 0;
    let Err(Error::CoreTooLong { max, .. }) = calendar.check(u32::MAX - 1) else {
        panic!("an endless calendar passed");
    };
    assert_eq!(max, NEVER - 1);
}

#[test]
fn delays_that_shrink_fall_below_the_longest_exit_or_never_end_are_refused() {
    for capability in Capability::ALL {
        let with = |delay| refused_ladder(capability, |ladder| ladder.delay = delay);
        let exit = standard().exit_blocks;
        assert_eq!(with([exit; 4]), None);
        assert_eq!(with([MAX_DELAY; 4]), None);
        assert_eq!(
            with([exit, exit + 2, exit + 1, exit + 2]),
            Some(Error::DelayShrinks {
                capability,
                stage: Stage::CoreVetoable,
                delay: exit + 1,
                previous: exit + 2
            })
        );
        assert_eq!(
            with([exit, exit, exit, MAX_DELAY + 1]),
            Some(Error::DelayTooLong {
                capability,
                stage: Stage::Dao,
                max: MAX_DELAY,
                got: MAX_DELAY + 1
            })
        );
        let short = Error::DelayBelowExit {
            capability,
            stage: Stage::Core,
            delay: exit - 1,
            exit,
        };
        // A pause closes no exit: nobody has to be given time to leave before one.
        let expected = (capability != Capability::PauseOpening).then_some(short);
        assert_eq!(with([exit - 1, exit, exit, exit]), expected);
    }
}

#[test]
fn exit_grace_and_guardian_are_bounded() {
    for got in [0, MAX_DELAY + 1] {
        let error = Error::ExitOutOfBounds {
            min: 1,
            max: MAX_DELAY,
            got,
        };
        assert_eq!(refused(|calendar| calendar.exit_blocks = got), Some(error));
    }
    for got in [0, MAX_GRACE_BLOCKS + 1] {
        let error = Error::GraceOutOfBounds {
            min: 1,
            max: MAX_GRACE_BLOCKS,
            got,
        };
        assert_eq!(refused(|calendar| calendar.grace_blocks = got), Some(error));
    }
    for got in [1, MAX_GRACE_BLOCKS] {
        assert_eq!(refused(|calendar| calendar.grace_blocks = got), None);
    }
    let max = NOW + MAX_CORE_BLOCKS;
    assert_eq!(refused(|calendar| calendar.guardian_until = max), None);
    assert_eq!(
        refused(|calendar| calendar.guardian_until = max + 1),
        Some(Error::GuardianTooLong { until: max + 1, max })
    );
}

proptest! {
    #[test]
    fn a_calendar_that_passes_ends_the_core_team_everywhere(calendar in calendars(), now in 0u32..500) {
        prop_assert_eq!(calendar.check(0), Ok(()));
        // A later check allows no less.
        prop_assert_eq!(calendar.check(now), Ok(()));
        for capability in Capability::ALL {
            prop_assert!(calendar.ladder(capability).stage(MAX_CORE_BLOCKS) >= Stage::Dao);
        }
    }

    #[test]
    fn no_change_of_one_number_makes_a_bad_calendar_pass(
        calendar in calendars(),
        capability in 0..Capability::COUNT,
        index in 0usize..4,
        value in prop_oneof![0u32..500, MAX_CORE_BLOCKS - 5..MAX_CORE_BLOCKS + 5, Just(NEVER), any::<u32>()],
        delay in any::<bool>(),
    ) {
        let mut changed = calendar;
        let ladder = &mut changed.ladders[capability];
        if delay {
            ladder.delay[index] = value;
        } else {
            ladder.at[index] = value;
        }
        let ladder = *ladder;
        let rising = |list: [u32; 4]| list.windows(2).all(|pair| pair[0] <= pair[1]);
        let worsens = Capability::ALL[capability] != Capability::PauseOpening;
        let good = rising(ladder.at)
            && rising(ladder.delay)
            && ladder.at[2] <= MAX_CORE_BLOCKS
            && ladder.delay.iter().all(|delay| *delay <= MAX_DELAY)
            && (!worsens || ladder.delay.iter().all(|delay| *delay >= changed.exit_blocks));
        prop_assert_eq!(changed.check(0).is_ok(), good);
    }
}
