//! How much of an amount a limit price allows.

use crate::{NetUid, Pool, PRICE_ONE, ROOT};

/// A limit price and what happens when it allows only part of the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// In rao of TAO per whole alpha; between two subnets, the ratio of their prices × 1e9.
    pub price: u64,
    /// Whether to execute the part that is allowed.
    pub partial: bool,
}

/// The largest part of `tao` that leaves the price at or below `limit`.
pub(crate) fn max_buy(netuid: NetUid, pool: &Pool, tao: u64, limit: u64) -> u64 {
    largest(tao, |part| price_after_buy(netuid, pool, part) <= limit)
}

/// The largest part of `alpha` that leaves the price at or above `limit`.
pub(crate) fn max_sell(netuid: NetUid, pool: &Pool, alpha: u64, limit: u64) -> u64 {
    largest(alpha, |part| price_after_sell(netuid, pool, part) >= limit)
}

/// The largest part of `alpha` that leaves the origin's price, in units of the destination's, at or above `limit`.
pub(crate) fn max_move(from: (NetUid, &Pool), to: (NetUid, &Pool), alpha: u64, limit: u64) -> u64 {
    largest(alpha, |part| {
        let (tao, origin) = match from.0 {
            ROOT => (part, None),
            _ => from
                .1
                .sell_alpha(part)
                .map_or((0, Some(*from.1)), |(tao, after)| (tao, Some(after))),
        };
        let target = match to.0 {
            ROOT => None,
            _ => Some(to.1.buy_alpha(tao).map_or(*to.1, |(_, after)| after)),
        };
        let one = u128::from(PRICE_ONE) * u128::from(PRICE_ONE);
        let price = |pool: Option<Pool>| pool.map_or(one, |p| p.price_e18());
        // Saturation can only occur where both sides are far beyond any price.
        price(origin).saturating_mul(u128::from(PRICE_ONE)) >= price(target).saturating_mul(u128::from(limit))
    })
}

fn price_after_buy(netuid: NetUid, pool: &Pool, tao: u64) -> u64 {
    match netuid {
        ROOT => PRICE_ONE,
        _ => pool
            .buy_alpha(tao)
            .map_or(pool.price_e9(), |(_, after)| after.price_e9()),
    }
}

fn price_after_sell(netuid: NetUid, pool: &Pool, alpha: u64) -> u64 {
    match netuid {
        ROOT => PRICE_ONE,
        _ => pool
            .sell_alpha(alpha)
            .map_or(pool.price_e9(), |(_, after)| after.price_e9()),
    }
}

/// The largest value up to `max` for which `fits`, which must not become true again once it is false. Zero if even
/// the smallest part does not fit.
fn largest(max: u64, fits: impl Fn(u64) -> bool) -> u64 {
    if fits(max) {
        return max;
    }
    let (mut good, mut bad) = (0, max);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match fits(middle) {
            true => good = middle,
            false => bad = middle,
        }
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: Pool = Pool {
        tao: 1_000_000_000_000,
        alpha: 4_000_000_000_000,
        fee_rate: 33,
    };

    #[test]
    fn a_buy_stops_just_below_its_limit() {
        let part = max_buy(1, &POOL, 500_000_000_000, 300_000_000);
        assert!(price_after_buy(1, &POOL, part) <= 300_000_000);
        assert!(price_after_buy(1, &POOL, part + 10_000) > 300_000_000);
        assert_eq!(max_buy(1, &POOL, 1_000_000, 240_000_000), 0);
        assert_eq!(max_buy(1, &POOL, 1_000_000, u64::MAX), 1_000_000);
    }

    #[test]
    fn a_sale_stops_just_above_its_limit() {
        let part = max_sell(1, &POOL, 4_000_000_000_000, 200_000_000);
        assert!(price_after_sell(1, &POOL, part) >= 200_000_000);
        assert!(price_after_sell(1, &POOL, part + 100_000) < 200_000_000);
        assert_eq!(max_sell(1, &POOL, 1_000_000, 260_000_000), 0);
    }

    #[test]
    fn root_has_one_price() {
        assert_eq!(max_buy(ROOT, &POOL, 77, PRICE_ONE), 77);
        assert_eq!(max_buy(ROOT, &POOL, 77, PRICE_ONE - 1), 0);
        assert_eq!(max_sell(ROOT, &POOL, 77, PRICE_ONE + 1), 0);
    }

    #[test]
    fn a_move_is_limited_by_the_ratio_of_both_prices() {
        let other = Pool {
            tao: 2_000_000_000_000,
            ..POOL
        };
        // 0.25 / 0.5 = 0.5 before anything moves.
        assert_eq!(max_move((1, &POOL), (2, &other), 1_000_000_000, 500_000_001), 0);
        let part = max_move((1, &POOL), (2, &other), 1_000_000_000_000, 400_000_000);
        assert!(part > 0 && part < 1_000_000_000_000);
    }
}
