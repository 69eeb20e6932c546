//! Attacks on those who come second: inflated first shares, inflated limits, liquidity for one block.

use kernel::{Asset, Error};
use proptest::prelude::*;

use crate::support::attacker::{at, drift, worth, ATTACKER};
use crate::support::{identities, setup, World};

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_000)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_first_provider_gains_nothing_from_the_second(
        first in 1_000_000u64..1_000_000_000, left in 0u128..1_000, washed in 0u64..1_000_000_000_000, donated in 0u64..1_000_000_000_000, victim in 1_000_000u64..1_000_000_000_000
    ) {
        let mut w = World::new(1_000_000_000_000_000, 1_000);
        let price = 1_000_000_000_000;
        let before = worth(&w, ATTACKER, price) ;
        w.deposit(ATTACKER, first + washed).expect("deposit");
        w.add_liquidity(ATTACKER, first, first).expect("provide");
        // All but a few shares leave again, the reserves are washed, stake and TAO are donated.
        let shares = w.accounts[ATTACKER].lp_shares;
        w.remove_liquidity(ATTACKER, shares - left.min(shares - 1)).expect("remove");
        w.try_swap_in(ATTACKER, Asset::Tao, washed);
        let bought = w.accounts[ATTACKER].alpha;
        w.try_swap_in(ATTACKER, Asset::Alpha, bought);
        w.stake_grows(donated);
        w.stray_tao(ATTACKER, donated);
        let pool = w.market.pool;
        w.deposit(0, 10 * victim).expect("deposit");
        let account = w.accounts[0];
        if let Ok(change) = w.add_liquidity(0, victim, 10 * victim) {
            let minted = w.accounts[0].lp_shares - account.lp_shares;
            let back = w.remove_liquidity(0, minted).expect("remove");
            // What the victim loses is the worth of at most one share and one unit each.
            let share = |reserve: u64| u128::from(reserve) / pool.shares + 2;
            prop_assert!(u128::from(change.tao - back.tao) <= share(pool.tao) + u128::from(change.tao) / u128::from(change.alpha.max(1)));
            prop_assert!(u128::from(change.alpha - back.alpha) <= share(pool.alpha) + u128::from(change.alpha) / u128::from(change.tao.max(1)));
        }
        identities::check(&w);
        prop_assert!(worth(&w, ATTACKER, price) <= before, "the attacker gained");
    }

    #[test]
    fn the_first_lender_gains_nothing_from_the_second(first in 1u64..1_000_000, donated in 0u64..1_000_000_000_000, victim in 1u64..1_000_000_000_000) {
        let mut w = World::new(1_000_000_000_000_000, 1_000);
        let price = 1_000_000_000_000;
        let before = worth(&w, ATTACKER, price);
        w.deposit(ATTACKER, first).expect("deposit");
        w.lend(ATTACKER, first).expect("lend");
        w.wallets[ATTACKER].alpha -= donated;
        w.all_alpha -= u128::from(donated);
        w.stake_grows(donated);
        w.deposit(0, victim).expect("deposit");
        let shares = w.lend(0, victim).expect("lend");
        let back = w.unlend(0, shares).expect("unlend");
        prop_assert!(victim - back <= 1, "{victim} became {back}");
        prop_assert!(worth(&w, ATTACKER, price) <= before);
    }

    /// Found by review: limits were measured by the pool of the moment.
    #[test]
    fn liquidity_for_one_block_lifts_no_limit(factor in 2u64..50, bps in 1u64..2_000) {
        let mut w = setup::seeded(1_000_000_000_000);
        let pool = w.market.pool;
        let limit = pool.alpha / 10_000 * 200;
        w.deposit(ATTACKER, pool.alpha * factor).expect("deposit");
        w.add_liquidity(ATTACKER, pool.tao * factor, pool.alpha * factor).expect("provide");
        let alpha = pool.alpha / 10_000 * bps;
        match w.open(3, pool.tao, alpha) {
            Ok(_) => prop_assert!(alpha <= limit),
            Err(Error::PositionTooLarge { max, got }) => prop_assert!(max == limit && got > limit),
            Err(error) => prop_assert!(false, "{error:?}"),
        }
        // Nor for the blocks right after: two percent more each.
        w.now += 10;
        match w.open(4, pool.tao, alpha) {
            Ok(_) => prop_assert!(alpha <= limit * 12 / 10 + 1),
            Err(Error::PositionTooLarge { max, .. }) => prop_assert!(max <= limit * 12 / 10 + 1),
            Err(error) => prop_assert!(matches!(error, Error::TotalDebtTooLarge { .. } | Error::UtilisationTooHigh { .. }), "{error:?}"),
        }
    }

    /// A known limit, see `docs/invariants.md`: as in every pool, who provides for one block shares in the fee and the
    /// price of what is bought then. It costs neither the position nor the other providers anything.
    #[test]
    fn liquidity_for_one_liquidation_gains_at_most_what_the_buy_back_pays_above_value(percent in 18u64..40, factor in 1u64..50, bps in 20u64..190) {
        let mut w = setup::with_shorts(10_000_000_000_000, 1, bps);
        w.chain_price = Some(w.market.pool.price_down());
        drift(&mut w, percent);
        let fair = w.market.pool.price_down();
        let id = *w.positions.keys().next().expect("open");
        let pool = w.market.pool;
        w.deposit(ATTACKER, pool.alpha * factor).expect("deposit");
        let before = worth(&w, ATTACKER, fair);
        let provider = worth(&w, 0, fair);
        let mut plain = w.clone();
        let Ok(without) = plain.liquidate(3, id) else { return Ok(()); };
        w.add_liquidity(ATTACKER, pool.tao * factor, pool.alpha * factor).expect("provide");
        let with = w.liquidate(3, id).expect("due all the same");
        let shares = w.accounts[ATTACKER].lp_shares;
        w.remove_liquidity(ATTACKER, shares).expect("remove");
        identities::check(&w);
        let cost = |taken: u64, debt: u64| i128::from(taken) - at(debt.into(), fair);
        let profit = worth(&w, ATTACKER, fair) - before;
        prop_assert!(profit <= cost(with.collateral_taken, with.debt_repaid) + 10);
        prop_assert!(worth(&w, 0, fair) >= provider - 10, "the other provider lost");
        let per_alpha = |l: &kernel::market::Liquidated| (l.collateral_taken - l.bounty) as f64 / l.debt_repaid as f64;
        prop_assert!(per_alpha(&with) <= per_alpha(&without) * 1.000_001, "the position paid more for it");
    }
}
