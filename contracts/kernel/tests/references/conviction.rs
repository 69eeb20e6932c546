//! Weights over time against exact rationals; locks and shares that nobody gains from.

use kernel::conviction::{alpha_down, shares_down, Aggregate, Error, Escrow, Lock, LockKind, Voter, Weight};
use kernel::decay::TAU;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Zero;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::decay::{exact, taus};
use crate::exact::{cases, floor_u128, int, ratio, sized};

/// 90 days.
const HALF_LIFE: u32 = 648_000;

pub fn kinds() -> impl Strategy<Value = LockKind> {
    prop_oneof![Just(LockKind::Perpetual), Just(LockKind::Decaying)]
}

/// Weights as large as an escrow's can be: 2^70 shares.
fn weights() -> impl Strategy<Value = Weight> {
    let part = || (sized(64), 0u32..=6).prop_map(|(x, up)| u128::from(x) << up);
    (part(), part()).prop_map(|(mass, conviction)| Weight { mass, conviction })
}

/// The chain's formula without rounding: mass and conviction.
fn exactly(w: Weight, kind: LockKind, blocks: u32, unlock: u32, maturity: u32) -> (BigRational, BigRational) {
    let (mass, conviction) = (int(w.mass), int(w.conviction));
    let decay = |tau: u32| {
        if u64::from(blocks) < u64::from(tau) * 64 {
            exact(blocks, tau)
        } else {
            BigRational::zero()
        }
    };
    let (u, v) = (decay(unlock), decay(maturity));
    match kind {
        LockKind::Perpetual => (mass.clone(), &v * conviction + mass * (int(1) - v)),
        LockKind::Decaying => {
            let gamma = if unlock == maturity {
                ratio(blocks, maturity) * &v
            } else {
                int(unlock) * (&u - &v) / int(i64::from(unlock) - i64::from(maturity))
            };
            (u * &mass, v * conviction + mass * gamma)
        }
    }
}

/// Whether `got` is at most two units below `want`, and never above, but for one part in 1e15 of `whole`.
fn just_below(got: u128, want: &BigRational, whole: u128) -> bool {
    let slack = int(whole) / int(BigInt::from(10u32).pow(15));
    let got = int(got);
    got <= want + &slack && got + int(2) + slack >= *want
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn a_rolled_weight_is_the_exact_one_rounded_down_by_less_than_two_units(
        w in weights(), kind in kinds(), unlock in taus(), maturity in taus(), close in 0u32..4, blocks in sized(32)
    ) {
        // Equal and almost equal constants as often as others.
        let maturity = if close < 3 { unlock.saturating_add(close) } else { maturity };
        let blocks = u32::try_from(blocks).unwrap_or(u32::MAX);
        let (mass, conviction) = exactly(w, kind, blocks, unlock, maturity);
        let got = w.rolled_with(kind, blocks, unlock, maturity);
        prop_assert!(just_below(got.mass, &mass, w.mass), "mass {}", got.mass);
        // Conviction that is made of mass is at most all of it.
        let whole = w.mass + w.conviction;
        prop_assert!(just_below(got.conviction, &conviction, whole), "{} for {}", got.conviction, conviction);
    }

    #[test]
    fn the_chains_constants_are_the_ones_rolled_with(w in weights(), kind in kinds(), blocks in any::<u32>()) {
        prop_assert_eq!(w.rolled(kind, blocks), w.rolled_with(kind, blocks, TAU, TAU));
        let lock = Lock { kind, weight: w, at: 7 };
        prop_assert_eq!(lock.weight_at(blocks), w.rolled(kind, blocks.saturating_sub(7)));
    }

    #[test]
    fn rolling_in_parts_equals_rolling_once_within_three_units_a_part(
        w in weights(), kind in kinds(), parts in vec(sized(24), 1..40)
    ) {
        let (mut rolled, mut blocks) = (w, 0);
        for part in &parts {
            rolled = rolled.rolled(kind, *part as u32);
            blocks += *part as u32;
        }
        let once = w.rolled(kind, blocks);
        let slack = (3 + ((w.mass + w.conviction) >> 50)) * (parts.len() as u128 + 1);
        prop_assert!(rolled.mass.abs_diff(once.mass) <= slack);
        prop_assert!(rolled.conviction.abs_diff(once.conviction) <= slack, "{rolled:?} {once:?}");
    }

    #[test]
    fn conviction_of_a_perpetual_lock_never_exceeds_its_mass(
        mass in sized(64), part in 0u64..=10_000, parts in vec(any::<u32>(), 1..20)
    ) {
        let mass = u128::from(mass) << 6;
        let mut w = Weight { mass, conviction: mass * u128::from(part) / 10_000 };
        for blocks in parts {
            let before = w;
            w = w.rolled(LockKind::Perpetual, blocks >> (blocks % 32));
            prop_assert_eq!(w.mass, mass);
            prop_assert!(w.conviction <= mass);
            // It grows but for one unit of rounding.
            prop_assert!(w.conviction + 1 >= before.conviction);
        }
    }

    #[test]
    fn a_decaying_lock_never_gains_mass_and_its_conviction_never_exceeds_what_was_locked(
        mass in sized(64), parts in vec(any::<u32>(), 1..20)
    ) {
        let locked = u128::from(mass) << 6;
        let mut w = Weight::new(locked);
        for blocks in parts {
            let before = w;
            w = w.rolled(LockKind::Decaying, blocks >> (blocks % 32));
            prop_assert!(w.mass <= before.mass);
            prop_assert!(w.conviction <= locked);
        }
    }

    #[test]
    fn no_weight_and_no_time_overflow(
        mass in any::<u128>(), conviction in any::<u128>(), kind in kinds(),
        blocks in any::<u32>(), unlock in any::<u32>(), maturity in any::<u32>()
    ) {
        let w = Weight { mass, conviction };
        let rolled = w.rolled_with(kind, blocks, unlock, maturity);
        prop_assert!(rolled.mass <= mass);
        prop_assert!(w.rolled(kind, blocks).mass <= mass);
        if kind == LockKind::Decaying && u64::from(blocks) >= 64 * u64::from(unlock.max(maturity)) {
            prop_assert_eq!(rolled, Weight::default());
        }
    }

    #[test]
    fn splitting_a_lock_pays_nothing(a in sized(64), b in sized(64), kind in kinds(), blocks in any::<u32>()) {
        let blocks = blocks >> (blocks % 32);
        let whole = Weight::new(u128::from(a) + u128::from(b)).rolled(kind, blocks);
        let split = Weight::new(a.into()).rolled(kind, blocks).plus(Weight::new(b.into()).rolled(kind, blocks));
        prop_assert!(split.mass <= whole.mass && split.conviction <= whole.conviction, "{split:?} {whole:?}");
    }

    #[test]
    fn adding_to_a_lock_gives_the_new_mass_no_conviction(
        a in sized(60), b in sized(60), kind in kinds(), wait in sized(23), now in sized(23)
    ) {
        let (mut escrow, mut voter, mut alone) = (Escrow::default(), Voter::default(), Voter::default());
        let (wait, later) = (wait as u32, wait as u32 + now as u32);
        let (a, b) = (u128::from(a.max(1)), u128::from(b.max(1)));
        prop_assert!(escrow.lock(&mut voter, None, a, kind, 0).is_ok());
        prop_assert!(escrow.lock(&mut alone, None, a, kind, 0).is_ok());
        let before = voter.own(wait, 1);
        let added = escrow.lock(&mut voter, None, b, kind, wait);
        prop_assert!(added.is_ok());
        let emptied = alone.lock.weight_at(wait).mass == 0;
        prop_assert_eq!(voter.own(wait, 1), if emptied { 0 } else { before });
        // From then on both are what two locks would be, but for rounding.
        let two = alone.own(later, 1) + Weight::new(b).rolled(kind, later - wait).conviction;
        prop_assert!(voter.own(later, 1) <= two + 8 + ((a + b) >> 50));
    }

    #[test]
    fn an_aggregate_rolls_like_the_sum_of_its_locks(locks in vec((weights(), kinds()), 1..12), blocks in any::<u32>()) {
        let blocks = blocks >> (blocks % 32);
        let mut sum = Aggregate::default();
        let (mut mass, mut conviction, mut whole) = (0, 0, 0);
        for (w, kind) in &locks {
            sum.add(*kind, *w);
            let rolled = w.rolled(*kind, blocks);
            mass += rolled.mass;
            conviction += rolled.conviction;
            whole += w.mass + w.conviction;
        }
        sum.roll(blocks);
        let slack = 2 * (locks.len() as u128 + 2) + (whole >> 50);
        prop_assert!(sum.mass().abs_diff(mass) <= slack);
        prop_assert!(sum.conviction().abs_diff(conviction) <= slack);
    }

    #[test]
    fn shares_and_their_worth_are_exact_quotients_rounded_down(
        alpha in sized(55), total in (sized(64), 0u32..=6), stake in sized(55), shares in sized(64)
    ) {
        let total = u128::from(total.0) << total.1;
        let (all, worth) = (int(total + 1_000), int(u128::from(stake) + 1));
        prop_assert_eq!(shares_down(alpha, total, stake).ok(), floor_u128(&(int(alpha) * &all / &worth)));
        let back = floor_u128(&(int(shares) * worth / all)).and_then(|x| u64::try_from(x).ok());
        prop_assert_eq!(alpha_down(shares.into(), total, stake).ok(), back);
    }

    #[test]
    fn depositing_and_withdrawing_never_profits(alpha in sized(55), total in (sized(64), 0u32..=5), stake in sized(54)) {
        let total = u128::from(total.0) << total.1;
        let shares = shares_down(alpha, total, stake).expect("in range");
        if let Ok(back) = alpha_down(shares, total + shares, stake + alpha) {
            prop_assert!(back <= alpha);
            // Who stays is no poorer.
            let (before, after) = (int(stake + 1) / int(total + 1_000), int(stake + alpha - back + 1) / int(total + 1_000));
            prop_assert!(after >= before);
        }
    }

    #[test]
    fn a_first_depositor_who_donates_to_inflate_a_share_loses(first in sized(40), donated in sized(50), next in sized(50)) {
        let mine = shares_down(first, 0, 0).expect("in range");
        let stake = first + donated;
        let theirs = shares_down(next, mine, stake).expect("in range");
        // A deposit that buys no share is refused.
        if theirs == 0 {
            return Ok(());
        }
        let back = alpha_down(mine, mine + theirs, stake + next).expect("in range");
        prop_assert!(back <= first + donated);
        // To take a hundredth of the next deposit, more than a hundredth of it has to be given away.
        let lost = next.saturating_sub(alpha_down(theirs, mine + theirs, stake + next).expect("in range"));
        prop_assert!(lost <= 1 + next / 100 || first + donated - back >= next / 200, "{lost} lost, {back} back");
    }
}

#[test]
fn a_fresh_lock_has_no_conviction() {
    let (mut escrow, mut voter) = (Escrow::default(), Voter::default());
    escrow
        .lock(&mut voter, None, 1_000_000, LockKind::Perpetual, 50)
        .expect("locked");
    assert_eq!((voter.power(50, 1), escrow.total.conviction()), (0, 0));
    assert_eq!(escrow.total.mass(), 1_000_000);
}

#[test]
fn a_perpetual_lock_has_half_its_mass_as_conviction_after_ninety_days() {
    let locked = Weight::new(1_000_000_000_000);
    let conviction = locked.rolled(LockKind::Perpetual, HALF_LIFE).conviction;
    assert!(conviction.abs_diff(500_000_000_000) < 500_000, "{conviction}");
}

#[test]
fn a_decaying_lock_has_freed_half_its_mass_after_ninety_days() {
    let locked = Weight::new(1_000_000_000_000);
    let mass = locked.rolled(LockKind::Decaying, HALF_LIFE).mass;
    assert!(mass.abs_diff(500_000_000_000) < 500_000, "{mass}");
}

#[test]
fn an_earlier_block_changes_nothing() {
    let mut lock = Lock {
        kind: LockKind::Decaying,
        weight: Weight::new(1_000_000),
        at: 500,
    };
    let mut sum = Aggregate::default();
    sum.roll(500);
    sum.add(lock.kind, lock.weight);
    let before = (lock, sum);
    lock.roll(499);
    sum.roll(499);
    assert_eq!((lock, sum), before);
}

#[test]
fn what_a_lock_leaves_behind_does_not_help_the_next_one() {
    let (mut escrow, mut voter) = (Escrow::default(), Voter::default());
    escrow
        .lock(&mut voter, None, 1_000, LockKind::Decaying, 0)
        .expect("locked");
    let end = (0..)
        .map(|tau| tau * TAU)
        .find(|now| voter.lock.weight_at(*now).mass == 0)
        .expect("mass ends");
    assert_ne!(voter.own(end, 1), 0, "conviction outlives the last unit of mass");
    escrow
        .lock(&mut voter, None, 1_000, LockKind::Perpetual, end)
        .expect("any kind");
    assert_eq!((voter.own(end, 1), escrow.total.conviction()), (0, 0));
    assert_eq!((escrow.total.perpetual.mass, escrow.total.decaying.mass), (1_000, 0));
}

#[test]
fn a_lock_is_added_to_in_its_own_kind_only() {
    let (mut escrow, mut voter) = (Escrow::default(), Voter::default());
    escrow
        .lock(&mut voter, None, 1_000, LockKind::Perpetual, 0)
        .expect("locked");
    let kind = LockKind::Perpetual;
    assert_eq!(
        escrow.lock(&mut voter, None, 1, LockKind::Decaying, 1),
        Err(Error::KindMismatch { kind })
    );
    assert_eq!(escrow.set_kind(&mut voter, None, kind, 1), Err(Error::NothingToDo));
    assert_eq!(escrow.lock(&mut voter, None, 0, kind, 1), Err(Error::ZeroAmount));
    assert_eq!(escrow.lock(&mut voter, None, 1 << 70, kind, 1), Err(Error::Overflow));
}

#[test]
fn a_perpetual_lock_is_freed_only_after_it_became_a_decaying_one() {
    let (mut escrow, mut voter) = (Escrow::default(), Voter::default());
    escrow
        .lock(&mut voter, None, 1_000_000, LockKind::Perpetual, 0)
        .expect("locked");
    assert_eq!(
        escrow.release(&mut voter, 1, 60 * TAU),
        Err(Error::NotFree { free: 0, requested: 1 })
    );
    escrow
        .set_kind(&mut voter, None, LockKind::Decaying, 60 * TAU)
        .expect("changed");
    assert_eq!(voter.free(60 * TAU), 0);
    let free = voter.free(60 * TAU + HALF_LIFE);
    assert!(free.abs_diff(500_000) < 10, "{free}");
    escrow
        .release(&mut voter, free, 60 * TAU + HALF_LIFE)
        .expect("released");
    assert_eq!(escrow.total_shares, 1_000_000 - free);
}
