//! What one operation may do to everybody's share of the market.

use kernel::market::Liquidated;
use kernel::vault::{VIRTUAL_ALPHA, VIRTUAL_SHARES};
use num_bigint::BigUint;

use super::ops::Outcome;
use super::world::World;

/// Panics when `after` could not have come from `before` without taking from somebody.
pub fn check(before: &World, after: &World, outcome: &Outcome) {
    let (old, new) = (&before.market, &after.market);
    assert!(new.vault.index >= old.vault.index, "the borrow index never falls");
    assert!(new.next_position >= old.next_position, "ids are never used twice");
    assert!(new.oracle.recorded >= old.oracle.recorded);
    if !old.pool.is_empty() && old.pool != new.pool {
        // Each reserve per share when liquidity changes, their product when swaps do: never less for those who stay.
        let value = |p: &kernel::Pool| BigUint::from(p.tao) * p.alpha;
        let square = |x: u128| BigUint::from(x) * x;
        assert!(
            value(&new.pool) * square(old.pool.shares) >= value(&old.pool) * square(new.pool.shares),
            "k per share fell: {:?} to {:?}",
            old.pool,
            new.pool
        );
    }
    if new.terminal.is_none() && !outcome.lender_loss {
        let price = |w: &World| {
            let v = &w.market.vault;
            (
                BigUint::from(v.assets().expect("assets")) + VIRTUAL_ALPHA,
                BigUint::from(v.shares) + VIRTUAL_SHARES,
            )
        };
        let ((assets_old, shares_old), (assets_new, shares_new)) = (price(before), price(after));
        assert!(
            assets_new * shares_old >= assets_old * shares_new,
            "a lenders' share fell without bad debt"
        );
    }
    for done in &outcome.liquidated {
        liquidation(before, after, done);
    }
}

fn liquidation(before: &World, after: &World, done: &Liquidated) {
    let was = &before.positions[&done.id];
    let left = was.escrow - done.collateral_taken - done.surplus - done.escrow;
    assert!(
        left == 0 || done.shortfall != 0,
        "{left} rao of the escrow went nowhere: only a shortfall hands what rounding left to insurance"
    );
    assert!(
        done.ltv_before_bps > before.market.risk.lltv_bps.into(),
        "only what is due"
    );
    assert!(done.debt_scaled <= was.debt_scaled);
    assert!(done.bad_debt <= done.shortfall);
    if done.debt_scaled == 0 {
        assert!(!after.positions.contains_key(&done.id));
        assert!(
            done.surplus == 0 || done.shortfall == 0,
            "a surplus and a shortfall exclude each other"
        );
    } else {
        assert_eq!(done.shortfall, 0, "a shortfall is realised at once");
        assert_eq!(done.surplus, 0);
    }
}
