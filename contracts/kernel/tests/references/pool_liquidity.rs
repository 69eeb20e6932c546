//! Liquidity of the constant-product pool.

use kernel::math::MAX_AMOUNT;
use kernel::pool::{LOCKED_SHARES, MIN_INITIAL_SHARES};
use kernel::{Error, LiquidityChange, Pool};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::exact::{floor_u128, int, ratio, sized};

fn pools() -> impl Strategy<Value = Pool> {
    (sized(54), sized(54), 1_000u64..=1_000_000).prop_map(|(tao, alpha, grown)| {
        let (tao, alpha) = (tao.max(1), alpha.max(1));
        // Shares are at most √k: fees only ever made reserves grow.
        let root = kernel::math::sqrt_down(u128::from(tao) * u128::from(alpha));
        Pool {
            tao,
            alpha,
            shares: (root * 1_000 / u128::from(grown)).max(LOCKED_SHARES),
        }
    })
}

/// Each reserve per share, `new` against `old`: never less.
fn nobody_diluted(old: &Pool, new: &Pool) -> bool {
    [(old.tao, new.tao), (old.alpha, new.alpha)]
        .iter()
        .all(|(before, after)| BigUint::from(*after) * old.shares >= BigUint::from(*before) * new.shares)
}

proptest! {
    #![proptest_config(crate::exact::cases(4_000))]

    #[test]
    fn adding_takes_at_most_the_offer_and_dilutes_nobody(pool in pools(), tao in sized(54), alpha in sized(54)) {
        let Ok(change) = pool.quote_add(tao, alpha) else { return Ok(()); };
        prop_assert!(change.tao <= tao && change.alpha <= alpha && change.shares > 0);
        prop_assert!(change.tao == tao || change.alpha == alpha, "one of the two is used up");
        let exact = (ratio(change.tao, pool.tao) * int(pool.shares)).min(ratio(change.alpha, pool.alpha) * int(pool.shares));
        prop_assert_eq!(Some(change.shares), floor_u128(&exact));
        let mut after = pool;
        if after.apply_add(&change).is_ok() {
            prop_assert!(nobody_diluted(&pool, &after));
            let back = after.quote_remove(change.shares).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
            prop_assert!(back.tao <= change.tao && back.alpha <= change.alpha, "adding and removing pays");
        }
    }

    #[test]
    fn adding_uses_no_more_than_the_ratio_asks(pool in pools(), tao in sized(54), alpha in sized(54)) {
        let Ok(change) = pool.quote_add(tao, alpha) else { return Ok(()); };
        let exact_alpha = ratio(change.tao, pool.tao) * int(pool.alpha);
        let exact_tao = ratio(change.alpha, pool.alpha) * int(pool.tao);
        prop_assert!(int(change.alpha) < exact_alpha + int(1) || int(change.tao) < exact_tao + int(1));
    }

    #[test]
    fn removing_pays_the_exact_share_rounded_down(pool in pools(), part in 0u128..=10_000) {
        let shares = (pool.shares - LOCKED_SHARES) * part / 10_000;
        let change = pool.quote_remove(shares).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        prop_assert_eq!(Some(u128::from(change.tao)), floor_u128(&(int(pool.tao) * ratio(shares, pool.shares))));
        prop_assert_eq!(Some(u128::from(change.alpha)), floor_u128(&(int(pool.alpha) * ratio(shares, pool.shares))));
        let mut after = pool;
        prop_assert!(after.apply_remove(&change).is_ok());
        prop_assert!(nobody_diluted(&pool, &after) && after.tao > 0 && after.alpha > 0);
    }

    #[test]
    fn removing_in_parts_never_pays(pool in pools(), a in 0u128..=5_000, b in 0u128..=5_000) {
        let own = pool.shares - LOCKED_SHARES;
        let (a, b) = (own * a / 10_000, own * b / 10_000);
        let fail = |e: Error| TestCaseError::fail(format!("{e:?}"));
        let whole = pool.quote_remove(a + b).map_err(fail)?;
        let mut split = pool;
        let mut got = LiquidityChange { tao: 0, alpha: 0, shares: 0 };
        for shares in [a, b] {
            let change = split.quote_remove(shares).map_err(fail)?;
            split.apply_remove(&change).map_err(fail)?;
            got.tao += change.tao;
            got.alpha += change.alpha;
        }
        // What the first part's rounding left behind, the second part may share in: at most one unit.
        prop_assert!(got.tao <= whole.tao + 1 && got.alpha <= whole.alpha + 1);
    }

    #[test]
    fn the_first_provider_gets_the_root_less_what_is_locked(tao in sized(55), alpha in sized(55)) {
        let pool = Pool::default();
        let root = kernel::math::sqrt_down(u128::from(tao) * u128::from(alpha));
        match pool.quote_add(tao, alpha) {
            Ok(change) => {
                prop_assert_eq!(change, LiquidityChange { tao, alpha, shares: root - LOCKED_SHARES });
                let mut after = pool;
                prop_assert!(after.apply_add(&change).is_ok());
                prop_assert_eq!(after.shares, root);
            }
            Err(Error::InitialLiquidityTooSmall { min, got }) => {
                prop_assert_eq!((min, u128::from(got)), (MIN_INITIAL_SHARES, root));
                prop_assert!(got < min);
            }
            Err(error) => prop_assert!(tao == 0 || alpha == 0 || tao > MAX_AMOUNT || alpha > MAX_AMOUNT, "{error:?}"),
        }
    }
}
