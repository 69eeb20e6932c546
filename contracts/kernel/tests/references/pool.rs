//! Swaps of the constant-product pool.

use kernel::pool::MAX_PRICE_E12;
use kernel::{Asset, Error, Pool};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::exact::{floor_u128, int, ratio, sized};

pub fn pools() -> impl Strategy<Value = Pool> {
    (sized(54), sized(54)).prop_map(|(tao, alpha)| Pool {
        tao: tao.max(1),
        alpha: alpha.max(1),
        shares: 1_000_000,
    })
}

fn assets() -> impl Strategy<Value = Asset> {
    prop_oneof![Just(Asset::Tao), Just(Asset::Alpha)]
}

fn other(asset: Asset) -> Asset {
    match asset {
        Asset::Tao => Asset::Alpha,
        Asset::Alpha => Asset::Tao,
    }
}

fn reserves(pool: &Pool, input: Asset) -> (u64, u64) {
    match input {
        Asset::Tao => (pool.tao, pool.alpha),
        Asset::Alpha => (pool.alpha, pool.tao),
    }
}

fn k(pool: &Pool) -> u128 {
    u128::from(pool.tao) * u128::from(pool.alpha)
}

proptest! {
    #![proptest_config(crate::exact::cases(4_000))]

    #[test]
    fn a_swap_pays_the_exact_output_rounded_down_and_never_more(pool in pools(), input in assets(), amount in sized(54), fee in 5u32..=100) {
        let (reserve_in, reserve_out) = reserves(&pool, input);
        let exact_net = int(amount) * ratio(10_000 - fee, 10_000);
        let exact = int(reserve_out) * &exact_net / (int(reserve_in) + &exact_net);
        let net = floor_u128(&exact_net).unwrap_or_default();
        let rounded = floor_u128(&(int(reserve_out) * int(net) / (int(reserve_in) + int(net)))).unwrap_or_default();
        match pool.quote_exact_in(input, amount, fee) {
            Ok(swap) => {
                prop_assert_eq!(u128::from(swap.amount_out), rounded);
                prop_assert!(int(swap.amount_out) <= exact);
                prop_assert_eq!(swap.amount_in, amount);
                prop_assert_eq!(u128::from(swap.fee), u128::from(amount) - net);
                prop_assert!(swap.amount_out < reserve_out, "a reserve never runs dry");
            }
            Err(error) => prop_assert!(rounded == 0 && error == Error::ZeroAmount, "{error:?}"),
        }
    }

    #[test]
    fn a_wanted_output_costs_the_exact_input_rounded_up_and_at_most_three_units_more(
        pool in pools(), output in assets(), part in 1u64..=10_000, fee in 5u32..=100
    ) {
        let (reserve_in, reserve_out) = reserves(&pool, other(output));
        let wanted = ((u128::from(reserve_out) * u128::from(part) / 10_001) as u64).max(1);
        let exact = || int(reserve_in) * int(wanted) / int(reserve_out - wanted) * ratio(10_000, 10_000 - fee);
        match pool.quote_exact_out(output, wanted, fee) {
            Ok(swap) => {
                prop_assert!(int(swap.amount_in) >= exact(), "below cost");
                prop_assert!(int(swap.amount_in) < exact() + int(3), "more than rounding");
                // What the cost buys is at least what was wanted.
                let bought = pool.quote_exact_in(other(output), swap.amount_in, fee).map(|s| s.amount_out);
                prop_assert!(bought.is_ok_and(|b| b >= wanted), "{bought:?} for the cost of {wanted}");
            }
            Err(Error::InsufficientLiquidity { requested, available }) => {
                prop_assert_eq!((requested, available), (wanted, reserve_out));
                prop_assert!(wanted >= reserve_out);
            }
            Err(Error::Overflow) => prop_assert!(exact() > int(kernel::math::MAX_AMOUNT - 3)),
            Err(error) => prop_assert!(false, "{error:?}"),
        }
    }

    #[test]
    fn what_an_input_buys_costs_at_most_that_input(pool in pools(), input in assets(), amount in sized(54), fee in 5u32..=100) {
        if let Ok(swap) = pool.quote_exact_in(input, amount, fee) {
            let back = pool.quote_exact_out(other(input), swap.amount_out, fee).map(|s| s.amount_in);
            prop_assert!(back.is_ok_and(|cost| cost <= amount), "{back:?} for {amount}");
        }
    }

    #[test]
    fn a_swap_never_lowers_k_whatever_the_protocol_takes_of_the_fee(
        mut pool in pools(), input in assets(), amount in sized(54), fee in 5u32..=100, share in 0u64..=3_000
    ) {
        let before = k(&pool);
        if let Ok(swap) = pool.quote_exact_in(input, amount, fee) {
            if pool.apply(input, &swap, swap.fee * share / 10_000).is_ok() {
                prop_assert!(k(&pool) >= before);
            }
        }
    }

    #[test]
    fn a_round_trip_never_profits(mut pool in pools(), input in assets(), amount in sized(54), fee in 5u32..=100) {
        if let Ok(there) = pool.quote_exact_in(input, amount, fee) {
            prop_assume!(pool.apply(input, &there, 0).is_ok());
            if let Ok(back) = pool.quote_exact_in(other(input), there.amount_out, fee) {
                prop_assert!(back.amount_out < amount);
            }
        }
    }

    #[test]
    fn splitting_a_swap_never_pays(pool in pools(), input in assets(), a in sized(50), b in sized(50), fee in 5u32..=100, share in 0u64..=3_000) {
        let whole = pool.quote_exact_in(input, a + b, fee).map_or(0, |s| s.amount_out);
        let mut split = pool;
        let mut parts = 0;
        for amount in [a, b] {
            if let Ok(swap) = split.quote_exact_in(input, amount, fee) {
                prop_assume!(split.apply(input, &swap, swap.fee * share / 10_000).is_ok());
                parts += swap.amount_out;
            }
        }
        prop_assert!(parts <= whole, "{parts} in parts, {whole} at once");
    }

    #[test]
    fn splitting_a_purchase_never_pays(pool in pools(), a in 1u64..5_000, b in 1u64..5_000, fee in 5u32..=100) {
        let of = |part: u64| ((u128::from(pool.alpha) * u128::from(part) / 10_001) as u64).max(1);
        let (a, b) = (of(a), of(b));
        if let Ok(whole) = pool.quote_exact_out(Asset::Alpha, a + b, fee) {
            let mut split = pool;
            let mut cost = 0;
for amount in [a, b] {
                let Ok(swap) = split.quote_exact_out(Asset::Alpha, amount, fee) else { return Ok(()); };
                // Only reserves beyond all TAO there is are refused.
                if split.apply(Asset::Tao, &swap, 0).is_err() {
                    prop_assert!(split.tao > kernel::math::MAX_AMOUNT - swap.amount_in);
                    return Ok(());
                }
                cost += swap.amount_in;
            }
            prop_assert!(cost >= whole.amount_in, "{cost} in parts, {} at once", whole.amount_in);
        }
    }

    #[test]
    fn the_most_alpha_at_a_price_cap_costs_at_most_the_cap_and_two_units(pool in pools(), cap in sized(57), fee in 5u32..=100) {
        let cap = cap.max(1);
        let most = pool.most_alpha_at(cap, fee).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        prop_assert!(most < pool.alpha);
        // r = alpha − tao/(cap·(1 − fee)), short of it by less than two units, or nothing.
        let exact = int(pool.alpha) - int(pool.tao) * int(1_000_000_000_000u64) / int(cap) * ratio(10_000, 10_000 - fee);
        prop_assert!(int(most) <= exact.clone().max(int(0)));
        prop_assert!(int(most) > exact - int(2));
        if most > 0 {
            if let Ok(swap) = pool.quote_exact_out(Asset::Alpha, most, fee) {
                let worth = int(most) * ratio(cap, 1_000_000_000_000u64);
                prop_assert!(int(swap.amount_in) <= worth + int(3), "{} for {most}", swap.amount_in);
            }
        }
    }

    #[test]
    fn the_price_is_the_exact_quotient_within_its_bounds(pool in pools()) {
        let exact = floor_u128(&(ratio(pool.tao, pool.alpha) * int(1_000_000_000_000u64))).unwrap_or(u128::MAX);
        prop_assert_eq!(u128::from(pool.price_down()), exact.clamp(1, MAX_PRICE_E12.into()));
        prop_assert_eq!(pool.price_up(), pool.price_down() + 1);
    }
}

#[test]
fn an_empty_pool_has_no_price_and_no_quotes() {
    let pool = Pool::default();
    assert_eq!(pool.price_down(), 0);
    assert_eq!(pool.quote_exact_in(Asset::Tao, 1_000, 30), Err(Error::PoolEmpty));
    assert_eq!(pool.quote_exact_out(Asset::Tao, 1_000, 30), Err(Error::PoolEmpty));
    assert_eq!(pool.quote_remove(1), Err(Error::PoolEmpty));
}

#[test]
fn a_reserve_larger_than_any_supply_is_refused() {
    let mut pool = Pool {
        tao: kernel::math::MAX_AMOUNT,
        alpha: 1_000_000,
        shares: 1_000_000,
    };
    let swap = pool
        .quote_exact_in(Asset::Tao, kernel::math::MAX_AMOUNT, 30)
        .expect("quote");
    assert_eq!(pool.apply(Asset::Tao, &swap, 0), Err(Error::Overflow));
    assert!(BigUint::from(pool.tao) <= BigUint::from(u64::MAX));
}
