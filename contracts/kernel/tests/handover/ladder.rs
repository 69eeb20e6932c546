//! Who has a capability in which block, and what may change that.

use crate::support::{ladders, stages, walked, HORIZON};
use kernel::handover::{Error, Ladder, Stage, MAX_DELAY, NEVER};
use proptest::prelude::*;

#[test]
fn stages_that_begin_together_are_passed_together() {
    let ladder = Ladder {
        at: [10, 20, 20, 20],
        delay: [1, 2, 3, 4],
    };
    assert_eq!(ladder.stage(9), Stage::Core);
    assert_eq!(ladder.next(9), Some((Stage::CoreDelayed, 10)));
    assert_eq!(ladder.stage(19), Stage::CoreDelayed);
    assert_eq!(ladder.next(10), Some((Stage::Frozen, 20)));
    assert_eq!(ladder.stage(20), Stage::Frozen);
    assert_eq!(ladder.next(20), None);
    assert_eq!((ladder.core_ends(), ladder.frozen_at()), (20, 20));
}

#[test]
fn never_does_not_come_even_in_the_last_block() {
    let ladder = Ladder {
        at: [1, 2, 3, NEVER],
        delay: [0; 4],
    };
    assert_eq!(ladder.stage(u32::MAX), Stage::Dao);
    assert_eq!(ladder.next(3), None);
}

#[test]
fn nothing_is_scheduled_once_frozen() {
    let ladder = Ladder {
        at: [1, 2, 3, 4],
        delay: [5, 6, 7, 8],
    };
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(|block| ladder.delay(block)),
        [5, 6, 7, 8, NEVER, NEVER]
    );
    assert_eq!({ ladder }.grow_delay(Stage::Frozen, 9), Err(Error::NoDelayWhenFrozen));
}

proptest! {
    #[test]
    fn the_stage_is_what_walking_there_block_by_block_finds(ladder in ladders(0), block in 0..HORIZON + 10) {
        prop_assert_eq!(ladder.stage(block), walked(&ladder, block));
        let next = (block + 1..=HORIZON).find(|b| walked(&ladder, *b) != walked(&ladder, block));
        prop_assert_eq!(ladder.next(block), next.map(|b| (walked(&ladder, b), b)));
        prop_assert_eq!(ladder.stage(block) >= Stage::Dao, block >= ladder.core_ends());
        prop_assert_eq!(ladder.stage(block) == Stage::Frozen, block >= ladder.frozen_at());
    }

    #[test]
    fn time_alone_never_lowers_a_stage_a_delay_or_the_earliest_block_of_an_operation(
        ladder in ladders(0), block in any::<u32>(), later in any::<u32>(),
    ) {
        let (block, later) = (block.min(later), block.max(later));
        prop_assert!(ladder.stage(block) <= ladder.stage(later));
        prop_assert!(ladder.delay(block) <= ladder.delay(later));
        prop_assert!(block.saturating_add(ladder.delay(block)) <= later.saturating_add(ladder.delay(later)));
    }

    #[test]
    fn acceleration_only_moves_up_and_leaves_past_and_later_stages_alone(
        ladder in ladders(0), to in stages(), block in 0..HORIZON + 10, at in 0..HORIZON + 10,
    ) {
        let mut changed = ladder;
        let stage = ladder.stage(block);
        let outcome = changed.accelerate(to, block);
        if to <= stage {
            prop_assert_eq!(outcome, Err(Error::NotForward { stage, to }));
            prop_assert_eq!(changed, ladder);
        } else {
            prop_assert_eq!(outcome, Ok(()));
            prop_assert_eq!(changed.stage(block), to);
            let expected = if at < block { walked(&ladder, at) } else { walked(&ladder, at).max(to) };
            prop_assert_eq!(changed.stage(at), expected);
        }
        prop_assert!(changed.at.windows(2).all(|pair| pair[0] <= pair[1]));
        for (before, after) in ladder.at.iter().zip(changed.at) {
            prop_assert!(after == *before || (after == block && after < *before));
        }
        prop_assert_eq!(changed.delay, ladder.delay);
    }

    #[test]
    fn a_delay_only_grows_within_its_bound_and_takes_later_stages_along(
        ladder in ladders(0),
        stage in stages(),
        blocks in prop_oneof![0u32..60, MAX_DELAY - 2..MAX_DELAY + 3, any::<u32>()],
    ) {
        let mut changed = ladder;
        let outcome = changed.grow_delay(stage, blocks);
        let expected = match ladder.delay.get(stage as usize) {
            None => Err(Error::NoDelayWhenFrozen),
            Some(current) if blocks <= *current => Err(Error::DelayMustGrow { current: *current, got: blocks }),
            Some(_) if blocks > MAX_DELAY => Err(Error::DelayAboveMax { max: MAX_DELAY, got: blocks }),
            Some(_) => Ok(()),
        };
        prop_assert_eq!(outcome, expected);
        prop_assert_eq!(changed.at, ladder.at);
        prop_assert!(changed.delay.windows(2).all(|pair| pair[0] <= pair[1]));
        for (index, (before, after)) in ladder.delay.iter().zip(changed.delay).enumerate() {
            let grows = expected.is_ok() && index >= stage as usize;
            prop_assert_eq!(after, if grows { blocks.max(*before) } else { *before });
        }
    }
}
