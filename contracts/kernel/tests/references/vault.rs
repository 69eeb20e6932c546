//! Interest and the borrow index of the lending vault.

use kernel::math::{BLOCKS_PER_YEAR, E18, MAX_AMOUNT};
use kernel::vault::{Vault, MAX_INDEX, MAX_YIELD_E18};
use kernel::RateParams;
use num_rational::BigRational;
use proptest::prelude::*;

use crate::exact::{exp, int, ratio, sized};

pub fn rates() -> impl Strategy<Value = RateParams> {
    (0u16..=2_000, 5_000u16..=9_500, 0u16..=8_000, 0u16..=40_000).prop_map(|(base, kink, more, full)| RateParams {
        base_bps: base,
        kink_utilisation_bps: kink,
        kink_rate_bps: base + more,
        full_rate_bps: base + more + full,
    })
}

/// A vault in the middle of its life, with at least some debt.
pub fn vaults() -> impl Strategy<Value = Vault> {
    (sized(54), sized(50), 0u64..10_000, 0u64..=MAX_YIELD_E18, 1u64..2_000).prop_map(
        |(idle, debt, grown, floor, price)| {
            let mut vault = Vault::new(1_000);
            vault.idle = idle;
            vault.debt_scaled = debt;
            vault.index = E18 + E18 / 10_000 * u128::from(grown);
            vault.shares = u128::from(idle + debt) * u128::from(price);
            vault.dividend_yield_e18 = floor;
            vault
        },
    )
}

/// The yearly rate of the kinked model at an exact utilisation in basis points.
fn yearly(rates: &RateParams, used: u32) -> BigRational {
    let (base, kink, at_kink, full) = (
        int(rates.base_bps),
        u32::from(rates.kink_utilisation_bps),
        int(rates.kink_rate_bps),
        int(rates.full_rate_bps),
    );
    let bps = if used <= kink {
        &base + (at_kink - &base) * ratio(used, kink)
    } else {
        &at_kink + (full - &at_kink) * ratio(used - kink, 10_000 - kink)
    };
    bps / int(10_000)
}

proptest! {
    #![proptest_config(crate::exact::cases(3_000))]

    #[test]
    fn the_rate_is_the_kinked_model_rounded_down_but_never_below_the_dividend_yield(vault in vaults(), rates in rates()) {
        prop_assert!(rates.check().is_ok());
        let used = vault.utilisation_bps_up().unwrap_or(0).min(10_000);
        let exact = yearly(&rates, used) * int(E18) / int(BLOCKS_PER_YEAR);
        let got = vault.rate_e18(&rates).unwrap_or(0);
        let floor = int(vault.dividend_yield_e18);
        prop_assert!(int(got) <= exact.clone().max(floor.clone()));
        prop_assert!(int(got) >= floor);
        prop_assert!(int(got) > exact - int(2), "rounded by more than the two divisions");
    }

    #[test]
    fn utilisation_is_lent_over_all_rounded_up(vault in vaults()) {
        let debt = vault.debt_down().unwrap_or(0);
        let all = u128::from(debt) + u128::from(vault.idle);
        let expected = if debt == 0 { 0 } else { (u128::from(debt) * 10_000).div_ceil(all) };
        prop_assert_eq!(vault.utilisation_bps_up().map(u128::from), Ok(expected));
    }

    #[test]
    fn a_debt_is_the_exact_product_rounded_against_whom_it_concerns(vault in vaults(), scaled in sized(50)) {
        let exact = int(scaled) * ratio(vault.index, E18);
        let up = vault.debt_of_up(scaled).unwrap_or(0);
        prop_assert!(int(up) >= exact && int(up) < exact + int(1));
        let all = int(vault.debt_scaled) * ratio(vault.index, E18);
        let down = vault.debt_down().unwrap_or(0);
        prop_assert!(int(down) <= all && int(down) > all - int(1));
    }

    #[test]
    fn interest_follows_the_exponential_from_below(mut vault in vaults(), rates in rates(), blocks in 1u32..200_000) {
        prop_assume!(vault.debt_scaled != 0);
        let rate = vault.rate_e18(&rates).unwrap_or(0);
        let (index, debt) = (vault.index, vault.debt_down().unwrap_or(0));
        prop_assert!(vault.accrue(1_000 + blocks, &rates, 0).is_ok());
        let x = (ratio(rate, E18) * int(blocks)).min(int(2));
        let exact = exp(&x);
        let growth = ratio(vault.index, index);
        prop_assert!(growth <= &exact + ratio(1, u128::MAX));
        let fourth = &x * &x * &x * &x / int(24) * &exact;
        prop_assert!(growth > exact - fourth - ratio(6, E18));
        prop_assert!(vault.debt_down().unwrap_or(0) >= debt);
        prop_assert_eq!(vault.accrued, 1_000 + blocks);
    }

    #[test]
    fn the_protocol_gets_at_most_its_share_of_the_interest(mut vault in vaults(), rates in rates(), blocks in 1u32..200_000, share in 0u16..=3_000) {
        let before = vault;
        prop_assert!(vault.accrue(1_000 + blocks, &rates, share).is_ok());
        let interest = vault.debt_down().unwrap_or(0) - before.debt_down().unwrap_or(0);
        let worth = vault.alpha_down(vault.protocol_shares).unwrap_or(u64::MAX);
        prop_assert!(u128::from(worth) <= u128::from(interest) * u128::from(share) / 10_000);
        // And nobody's share is worth less than before.
        let worth = |v: &Vault| ratio(v.assets().unwrap_or(0) + 1, v.shares + 1_000);
        prop_assert!(worth(&vault) >= worth(&before));
    }

    #[test]
    fn accruing_twice_in_a_block_changes_nothing(mut vault in vaults(), rates in rates(), blocks in 0u32..100_000) {
        prop_assert!(vault.accrue(1_000 + blocks, &rates, 1_000).is_ok());
        let once = vault;
        prop_assert!(vault.accrue(1_000 + blocks, &rates, 1_000).is_ok());
        prop_assert!(vault.accrue(1_000, &rates, 1_000).is_ok(), "an earlier block is no time at all");
        prop_assert_eq!(vault, once);
    }
}

#[test]
fn centuries_without_a_touch_leave_every_debt_computable() {
    let rates = RateParams {
        base_bps: 2_000,
        kink_utilisation_bps: 5_000,
        kink_rate_bps: 10_000,
        full_rate_bps: 50_000,
    };
    assert_eq!(rates.check(), Ok(()));
    for debt in [1, 1_000_000_000, 1 << 40, 1 << 50, MAX_AMOUNT / 2] {
        let mut vault = Vault::new(0);
        vault.supply(debt).expect("supply");
        let scaled = vault.borrow(debt).expect("borrow");
        for year in 1..=200u32 {
            vault
                .accrue(year * 2_628_000, &rates, 3_000)
                .expect("interest can always be accrued");
            vault.debt_of_up(scaled).expect("computable");
            assert!(
                vault.debt_down().expect("computable") <= MAX_AMOUNT,
                "year {year} of {debt}"
            );
            vault.alpha_down(vault.shares).expect("computable");
        }
        assert!(vault.index <= MAX_INDEX);
        let owed = vault.debt_of_up(scaled).expect("computable");
        assert_eq!(vault.repay(owed.min(MAX_AMOUNT), scaled), Ok(0), "and repayable");
    }
}
