//! Lenders' shares: nobody gains by order, by splitting, or by being first.

use kernel::vault::Vault;
use kernel::{Error, RateParams};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::exact::{floor_u128, int, ratio, sized};
use crate::vault::vaults;

proptest! {
    #![proptest_config(crate::exact::cases(3_000))]

    #[test]
    fn shares_and_their_worth_are_exact_quotients_rounded_down(vault in vaults(), alpha in sized(54), shares in sized(62)) {
        let assets = int(vault.assets().unwrap_or(0) + 1);
        let all = int(vault.shares + 1_000);
        prop_assert_eq!(vault.shares_down(alpha).ok(), floor_u128(&(int(alpha) * &all / &assets)));
        let worth = floor_u128(&(int(shares) * &assets / &all)).and_then(|x| u64::try_from(x).ok());
        prop_assert_eq!(vault.alpha_down(shares.into()).ok(), worth);
    }

    #[test]
    fn supplying_and_redeeming_never_profits(mut vault in vaults(), alpha in sized(54)) {
        if let Ok(shares) = vault.supply(alpha) {
            if let Ok(back) = vault.redeem(shares) {
                prop_assert!(back <= alpha);
            }
        }
    }

    #[test]
    fn supplying_in_parts_never_pays(vault in vaults(), a in sized(53), b in sized(53)) {
        let mut whole = vault;
        let mut split = vault;
        let (Ok(all), Ok(first)) = (whole.supply(a + b), split.supply(a)) else { return Ok(()); };
        let Ok(second) = split.supply(b) else { return Ok(()); };
        // The second part may buy a share more because the first part's rounding left it in the vault for everybody: worth
        // less than that rounding.
        let (whole_worth, split_worth) = (whole.alpha_down(all), split.alpha_down(first + second));
        prop_assert!(split_worth.unwrap_or(u64::MAX) <= whole_worth.unwrap_or(0) + 1);
        prop_assert!(split_worth.is_ok_and(|w| w <= a + b));
    }

    #[test]
    fn repaying_in_parts_never_clears_more(vault in vaults(), a in sized(40), b in sized(40)) {
        let scaled = vault.debt_scaled;
        let (mut whole, mut split) = (vault, vault);
        let (Ok(left), Ok(once)) = (whole.repay(a + b, scaled), split.repay(a, scaled)) else { return Ok(()); };
        if once == 0 {
            return Ok(());
        }
        if let Ok(twice) = split.repay(b, once) {
            prop_assert!(twice >= left, "{twice} left after two parts, {left} after one");
        }
    }

    #[test]
    fn borrowing_and_repaying_whole_leaves_nothing_and_lenders_no_poorer(mut vault in vaults(), alpha in sized(50)) {
        let before = vault;
        let Ok(scaled) = vault.borrow(alpha) else { return Ok(()); };
        let owed = vault.debt_of_up(scaled).unwrap_or(0);
        prop_assert!(owed >= alpha);
        prop_assert_eq!(vault.repay(owed, scaled), Ok(0));
        prop_assert_eq!(vault.debt_scaled, before.debt_scaled);
        prop_assert!(vault.assets().unwrap_or(0) >= before.assets().unwrap_or(u64::MAX));
    }

    #[test]
    fn a_share_never_falls_except_by_bad_debt(ops in vec((0u8..6, sized(50), 0u32..5_000), 1..80)) {
        let rates = RateParams::default();
        let mut vault = Vault::new(0);
        let (mut now, mut debts, mut owned) = (0u32, Vec::new(), Vec::new());
        for (kind, size, blocks) in ops {
            let before = ratio(vault.assets().unwrap_or(0) + 1, vault.shares + 1_000);
            now += blocks;
            prop_assert!(vault.accrue(now, &rates, 1_000).is_ok());
            let mut lost = false;
            match kind {
                0 | 1 => owned.extend(vault.supply(size).ok()),
                2 => debts.extend(vault.borrow(size.min(vault.idle)).ok().filter(|d| *d != 0)),
                3 => if let Some(debt) = debts.pop() {
                    let owed = vault.debt_of_up(debt).unwrap_or(0);
                    let left = vault.repay(size.min(owed), debt);
                    debts.extend(left.ok().filter(|d| *d != 0));
                },
                4 => if let Some(shares) = owned.pop() {
                    let mut copy = vault;
                    match copy.redeem(shares) {
                        Ok(_) => vault = copy,
                        Err(Error::InsufficientLiquidity { requested, available }) => {
                            prop_assert!(requested > available && available == vault.idle);
                            owned.push(shares);
                        }
                        Err(error) => prop_assert!(error == Error::ZeroAmount, "{error:?}"),
                    }
                },
                _ => if let Some(debt) = debts.pop() {
                    prop_assert!(vault.write_off(debt).is_ok());
                    lost = true;
                },
            }
            let after = ratio(vault.assets().unwrap_or(0) + 1, vault.shares + 1_000);
            prop_assert!(lost || after >= before);
            prop_assert_eq!(debts.iter().sum::<u64>(), vault.debt_scaled);
        }
    }

    #[test]
    fn the_first_depositor_cannot_inflate_a_share(first in 1u64..1_000, victim in sized(50), blocks in 1u32..50_000_000) {
        // All an attacker can do to the price of a share is to pay interest to themselves: donations are not assets.
        let rates = RateParams { base_bps: 2_000, kink_utilisation_bps: 5_000, kink_rate_bps: 10_000, full_rate_bps: 50_000 };
        let mut vault = Vault::new(0);
        let own = vault.supply(first).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;
        prop_assert!(vault.borrow(first).is_ok());
        prop_assert!(vault.accrue(blocks, &rates, 0).is_ok());
        let worth_before = vault.alpha_down(own).unwrap_or(0);
        if let Ok(shares) = vault.supply(victim) {
            let back = vault.alpha_down(shares).unwrap_or(0);
            // The victim loses at most the worth of one share, a thousandth of the price of the smallest unit.
            let share_worth = vault.assets().unwrap_or(0) / u64::try_from(vault.shares).unwrap_or(u64::MAX) + 1;
            prop_assert!(back + share_worth + 1 >= victim, "{victim} became {back}");
            let gained = vault.alpha_down(own).unwrap_or(0) - worth_before;
            prop_assert!(gained <= share_worth + 1);
        }
    }
}
