//! Attacks on income: coming for a moment to take what others earned.

use proptest::prelude::*;

use crate::support::attacker::{fair_price, worth, ATTACKER};
use crate::support::{identities, setup, World};

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_000)
    }
}

/// What the attacker does around the moment that income is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trick {
    Nothing,
    Provide,
    Lend,
    Both,
    Deposit,
}

fn tricks() -> impl Strategy<Value = Trick> {
    prop_oneof![
        Just(Trick::Provide),
        Just(Trick::Lend),
        Just(Trick::Both),
        Just(Trick::Deposit)
    ]
}

/// A market in which the attacker owns small shares of both kinds and others the rest.
fn market(provided: u64, lent: u64) -> World {
    let mut w = setup::seeded(1_000_000_000_000);
    w.chain_price = Some(w.market.pool.price_down());
    w.deposit(ATTACKER, 10_000_000_000).expect("deposit");
    w.add_liquidity(ATTACKER, provided, 10_000_000_000).expect("provide");
    let rest = w.accounts[ATTACKER].alpha;
    w.lend(ATTACKER, rest.min(lent)).expect("lend");
    w.now += 400;
    w.market.touch_debt(w.now).expect("touch");
    w
}

/// Comes with `size` for `stay` blocks, while `income` is booked, and leaves; a tempo later everything is counted.
fn play(mut w: World, trick: Trick, size: u64, stay: u32, income: impl Fn(&mut World)) -> i128 {
    let fair = fair_price(&w);
    let before = worth(&w, ATTACKER, fair);
    let (lp, lend) = (w.accounts[ATTACKER].lp_shares, w.accounts[ATTACKER].lend_shares);
    let alpha = w.accounts[ATTACKER].alpha;
    w.deposit(ATTACKER, 2 * size).expect("deposit");
    if matches!(trick, Trick::Provide | Trick::Both) {
        w.add_liquidity(ATTACKER, size, size).expect("provide");
    }
    if matches!(trick, Trick::Lend | Trick::Both) {
        w.lend(ATTACKER, size).expect("lend");
    }
    if trick == Trick::Nothing {
        w.withdraw(ATTACKER, 2 * size).expect("withdraw");
    }
    income(&mut w);
    w.now += stay;
    let shares = w.accounts[ATTACKER].lp_shares - lp;
    if shares != 0 {
        w.remove_liquidity(ATTACKER, shares).expect("remove");
    }
    let shares = w.accounts[ATTACKER].lend_shares - lend;
    if shares != 0 {
        w.unlend(ATTACKER, shares).expect("unlend");
    }
    let back = w.accounts[ATTACKER].alpha.saturating_sub(alpha);
    w.withdraw(ATTACKER, back).expect("withdraw");
    identities::check(&w);
    w.now += 500;
    w.market.touch_debt(w.now).expect("touch");
    worth(&w, ATTACKER, fair) - before
}

proptest! {
    #![proptest_config(config())]

    /// Found by review: the split of dividends between providers and lenders was measured at the moment of the harvest.
    #[test]
    fn coming_for_the_harvest_alone_earns_no_more_than_staying_away(
        trick in tricks(), size in 1_000_000u64..100_000_000_000_000, growth in 1_000_000u64..10_000_000_000, provided in 1_000_000u64..900_000_000, lent in 1_000u64..10_000_000_000
    ) {
        let income = |w: &mut World| {
            w.stake_grows(growth);
            w.harvest(0, u64::MAX).expect("harvest");
        };
        let w = market(provided, lent);
        let honest = play(w.clone(), Trick::Nothing, size, 0, income);
        let tricked = play(w, trick, size, 0, income);
        prop_assert!(tricked <= honest + 10, "{tricked} rao instead of {honest}");
    }

    #[test]
    fn coming_for_the_incentives_alone_earns_no_more_than_staying_away(
        trick in tricks(), size in 1_000_000u64..100_000_000_000_000, rao in 1_000_000u64..10_000_000_000, provided in 1_000_000u64..900_000_000, lent in 1_000u64..10_000_000_000
    ) {
        let income = |w: &mut World| w.fund_incentives(0, rao).expect("fund");
        let w = market(provided, lent);
        let honest = play(w.clone(), Trick::Nothing, size, 0, income);
        let tricked = play(w, trick, size, 0, income);
        prop_assert!(tricked <= honest + 10, "{tricked} rao instead of {honest}");
    }

    #[test]
    fn who_stays_for_some_blocks_earns_at_most_that_part_of_the_tempo(
        trick in tricks(), size in 1_000_000u64..100_000_000_000_000, rao in 1_000_000u64..10_000_000_000, stay in 1u32..360
    ) {
        let income = |w: &mut World| {
            w.fund_incentives(0, rao).expect("fund");
        };
        let w = market(1_000_000, 1_000);
        let gained = play(w, trick, size, stay, income);
        let tempo = i128::from(rao) * i128::from(stay) / 360;
        // And what the small shares that stay earn of the rest.
        prop_assert!(gained <= tempo + i128::from(rao) / 500 + 10, "{gained} of {rao} rao in {stay} blocks");
    }

    /// Found by review: the borrow rate's floor followed the last harvest, however short its interval.
    #[test]
    fn harvesting_dust_moves_no_rate(dust in 1u64..1_000, at in 1u32..360, growth in 100_000_000u64..1_000_000_000) {
        let mut w = setup::seeded(1_000_000_000_000);
        let tempos = |w: &mut World, dusted: bool| {
            for _ in 0..4 {
                w.now += at;
                if dusted {
                    w.stake_grows(dust);
                    w.harvest(ATTACKER, u64::MAX).expect("harvest");
                }
                w.now += 360 - at;
                w.stake_grows(growth);
                w.harvest(0, u64::MAX).expect("harvest");
                if dusted {
                    w.now += 1;
                    w.stake_grows(dust);
                    w.harvest(ATTACKER, u64::MAX).expect("harvest");
                    w.now -= 1;
                }
            }
            w.market.vault.dividend_yield_e18
        };
        let quiet = tempos(&mut w.clone(), false);
        let dusted = tempos(&mut w, true);
        prop_assert!(quiet > 0);
        let off = quiet.abs_diff(dusted);
        prop_assert!(off <= quiet / 50, "{quiet} without, {dusted} with dust");
    }
}

#[test]
fn a_donation_earns_its_giver_nothing_and_moves_no_share() {
    let mut w = market(100_000_000, 1_000_000);
    let shares = (w.market.vault.alpha_down(1_000_000), w.market.pool);
    w.stake_grows(1_000_000_000);
    w.market.touch_debt(w.now).expect("touch");
    assert_eq!((w.market.vault.alpha_down(1_000_000), w.market.pool), shares);
    // Nothing says that validators paid it, so nothing is booked.
    assert_eq!(w.clone().harvest(0, 0).map(|harvested| harvested.booked), Ok(0));
    let harvested = w.harvest(0, 300).expect("harvest");
    assert_eq!((harvested.booked, harvested.unbooked), (300, 999_999_700));
}

#[test]
fn harvesting_in_the_first_block_waits_for_work_to_measure() {
    let mut w = World::new(1_000_000_000_000, 1_000);
    w.deposit(0, 10_000_000_000).expect("deposit");
    w.add_liquidity(0, 1_000_000_000, 10_000_000_000).expect("provide");
    w.stake_grows(1_000_000);
    assert_eq!(w.clone().harvest(0, u64::MAX), Err(kernel::Error::NothingToDo));
    w.now += 1;
    let harvested = w.harvest(0, u64::MAX).expect("harvest");
    assert_eq!((harvested.to_providers, harvested.to_protocol), (900_000, 100_000));
}

#[test]
fn without_anybody_at_work_dividends_are_the_protocols() {
    let mut w = World::new(1_000_000_000_000, 1_000);
    w.deposit(0, 10_000_000_000).expect("deposit");
    w.now += 500;
    w.stake_grows(1_000_000);
    let harvested = w.harvest(0, u64::MAX).expect("harvest");
    assert_eq!((harvested.to_protocol, harvested.reward), (1_000_000, 0));
}

#[test]
fn one_unit_lent_does_not_take_the_lenders_part_of_the_incentives() {
    let mut w = World::new(1_000_000_000_000, 1_000);
    w.deposit(0, 10_000_000_000).expect("deposit");
    w.add_liquidity(0, 1_000_000_000, 9_000_000_000).expect("provide");
    w.deposit(1, 1).expect("deposit");
    w.lend(1, 1).expect("lend");
    w.now += 500;
    w.fund_incentives(2, 1_000_000_000).expect("fund");
    assert_eq!(w.market.lender_incentives.held, 0);
    assert_eq!(w.market.lp_incentives.held, 1_000_000_000);
}

#[test]
fn validators_that_stop_paying_lower_the_floor_of_the_borrow_rate() {
    let mut w = market(100_000_000, 1_000_000);
    w.stake_grows(1_000_000);
    w.harvest(0, u64::MAX).expect("harvest");
    assert_ne!(w.market.vault.dividend_yield_e18, 0);
    w.now += 100;
    assert_eq!(w.clone().harvest(0, 0), Err(kernel::Error::NothingToDo));
    w.now += 260;
    assert_eq!(w.harvest(0, 0).map(|harvested| harvested.booked), Ok(0));
    assert_eq!(w.market.vault.dividend_yield_e18, 0);
}
