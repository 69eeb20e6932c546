//! Alpha at work over time, against a list of blocks.

use kernel::work::{Work, WINDOW};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::exact::{floor_u128, int, ratio, sized};

proptest! {
    #![proptest_config(crate::exact::cases(1_000))]

    #[test]
    fn the_average_reaches_over_the_running_window_and_the_one_before(steps in vec((0u32..120, sized(54), sized(54)), 1..60)) {
        let mut work = Work::new(500);
        let (mut now, mut pool, mut idle) = (500u32, 0u64, 0u64);
        // Block by block: what was at work, since when, and the average of the window before.
        let (mut since, mut blocks, mut before) = (500u32, Vec::<(u64, u64)>::new(), None);
        for (gap, next_pool, next_idle) in steps {
            now += gap;
            blocks.extend(std::iter::repeat_n((pool, idle), gap as usize));
            prop_assert!(work.advance(now, pool, idle).is_ok());
            let sums = |blocks: &[(u64, u64)]| blocks.iter().fold((0u128, 0u128), |s, b| (s.0 + u128::from(b.0), s.1 + u128::from(b.1)));
            if now - since >= WINDOW {
                let (p, i) = sums(&blocks);
                let n = blocks.len() as u128;
                before = Some(((p / n) as u64, (i / n) as u64));
                since = now;
                blocks.clear();
            }
            let (mut p, mut i) = sums(&blocks);
            let mut n = blocks.len() as u32;
            if let Some((pool_before, idle_before)) = before {
                p += u128::from(pool_before) * u128::from(WINDOW);
                i += u128::from(idle_before) * u128::from(WINDOW);
                n += WINDOW;
            }
            let expected = |sum: u128| floor_u128(&ratio(sum, n.max(1))).and_then(|x| u64::try_from(x).ok());
            prop_assert_eq!(work.pool_average().ok(), expected(p));
            prop_assert_eq!(work.idle_average().ok(), expected(i));
            (pool, idle) = (next_pool, next_idle);
        }
    }

    #[test]
    fn what_comes_and_goes_within_a_block_counts_for_nothing(pool in sized(50), idle in sized(50), wild in vec((sized(54), sized(54)), 1..10), gap in 1u32..1_000) {
        let mut quiet = Work::new(500);
        quiet.depth = pool;
        prop_assert!(quiet.advance(700, pool, idle).is_ok());
        let mut shaken = quiet;
        for (pool, idle) in wild {
            prop_assert!(shaken.advance(700, pool, idle).is_ok());
        }
        for work in [&mut quiet, &mut shaken] {
            prop_assert!(work.advance(700 + gap, pool, idle).is_ok());
        }
        prop_assert_eq!(quiet, shaken);
    }

    #[test]
    fn the_depth_rises_two_percent_a_block_and_never_above_the_pool(depth in sized(50), pools in vec((0u32..20, sized(54)), 1..40)) {
        let mut work = Work::new(500);
        work.depth = depth;
        let mut now = 500;
        for (gap, pool) in pools {
            let before = work.depth;
            now += gap;
            prop_assert!(work.advance(now, pool, 0).is_ok());
            if gap == 0 {
                prop_assert_eq!(work.depth, before);
            } else {
                let most = int(before) * (int(1) + ratio(2 * gap, 100)) + int(1);
                prop_assert!(work.depth <= pool && int(work.depth) <= most);
                prop_assert!(work.depth == pool || work.depth >= before, "falls only with the pool");
            }
        }
    }
}
