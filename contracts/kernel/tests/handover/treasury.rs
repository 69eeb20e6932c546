//! What may leave the treasury in an epoch.

use kernel::handover::{Error, Treasury};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn an_epoch_without_blocks_is_refused() {
    assert_eq!(Treasury::new(0, 5), Err(Error::EmptyEpoch));
}

#[test]
fn the_cap_comes_back_with_the_next_epoch_and_what_was_left_does_not() {
    let mut treasury = Treasury::new(100, 50).expect("an epoch with blocks");
    assert_eq!(treasury.spend(30, 99), Ok(()));
    assert_eq!(treasury.left(99), 20);
    assert_eq!(
        treasury.spend(21, 99),
        Err(Error::OutflowCapExceeded {
            cap: 50,
            left: 20,
            requested: 21
        })
    );
    assert_eq!(treasury.left(100), 50);
    assert_eq!(treasury.left(1_000), 50);
    assert_eq!(treasury.spend(50, 100), Ok(()));
    assert_eq!(treasury.left(199), 0);
    assert_eq!(treasury.spend(0, 200), Err(Error::ZeroAmount));
}

#[test]
fn nothing_leaves_a_treasury_whose_cap_is_zero() {
    let mut treasury = Treasury::new(1, 0).expect("an epoch with blocks");
    assert_eq!(
        treasury.spend(1, 5),
        Err(Error::OutflowCapExceeded {
            cap: 0,
            left: 0,
            requested: 1
        })
    );
}

proptest! {
    #[test]
    fn no_epoch_pays_more_than_its_cap_and_refuses_nothing_within_it(
        epoch_blocks in 1u32..50,
        cap in prop_oneof![0u64..200, Just(u64::MAX)],
        payments in prop::collection::vec((0u32..30, prop_oneof![0u64..120, any::<u64>()]), 1..80),
    ) {
        let mut treasury = Treasury::new(epoch_blocks, cap).expect("an epoch with blocks");
        let mut paid: BTreeMap<u32, u128> = BTreeMap::new();
        let mut now = 0;
        for (passed, amount) in payments {
            now += passed;
            let epoch = paid.entry(now / epoch_blocks).or_default();
            let fits = amount > 0 && *epoch + u128::from(amount) <= u128::from(cap);
            let before = treasury;
            prop_assert_eq!(u128::from(treasury.left(now)), u128::from(cap) - *epoch);
            if treasury.spend(amount, now).is_ok() {
                prop_assert!(fits);
                *epoch += u128::from(amount);
            } else {
                prop_assert!(!fits);
                prop_assert_eq!(treasury, before);
            }
            prop_assert_eq!(u128::from(treasury.left(now)), u128::from(cap) - *epoch);
        }
    }
}
