//! What an account votes with, and what holds it.

use kernel::conviction::{Ballot, Error, Escrow, LockKind, Native, Vote, Voter, MAX_BALLOTS};
use kernel::decay::TAU;
use proptest::collection::vec as many;
use proptest::option;
use proptest::prelude::*;

use crate::exact::{cases, floor_u128, int, ratio, sized};

fn votes() -> impl Strategy<Value = Vote> {
    prop_oneof![
        Just(Vote::Aye),
        Just(Vote::Nay),
        Just(Vote::Abstain),
        (0u16..=10_000, 0u16..=10_000).prop_map(|(aye_bps, nay)| Vote::Split {
            aye_bps,
            nay_bps: nay.min(10_000 - aye_bps),
        }),
    ]
}

/// An account that locked `mass` perpetually at block 0.
fn locked(escrow: &mut Escrow, mass: u128) -> Voter {
    let mut voter = Voter::default();
    escrow
        .lock(&mut voter, None, mass, LockKind::Perpetual, 0)
        .expect("locked");
    voter
}

fn ballot(referendum: u32, base: u128) -> Ballot {
    Ballot {
        referendum,
        vote: Vote::Aye,
        base,
        bonus: 0,
    }
}

proptest! {
    #![proptest_config(cases(5_000))]

    #[test]
    fn the_parts_of_a_vote_are_exact_and_sum_to_its_weight(vote in votes(), weight in (sized(64), 0u32..=32)) {
        let weight = u128::from(weight.0) << weight.1;
        let tally = vote.tally(weight).expect("within the whole");
        prop_assert_eq!(tally.total(), weight);
        match vote {
            Vote::Aye => prop_assert_eq!(tally.aye, weight),
            Vote::Nay => prop_assert_eq!(tally.nay, weight),
            Vote::Abstain => prop_assert_eq!(tally.abstain, weight),
            Vote::Split { aye_bps, nay_bps } => {
                prop_assert_eq!(Some(tally.aye), floor_u128(&(int(weight) * ratio(aye_bps, 10_000))));
                prop_assert_eq!(Some(tally.nay), floor_u128(&(int(weight) * ratio(nay_bps, 10_000))));
            }
        }
    }

    #[test]
    fn the_parts_of_a_vote_are_no_more_than_the_whole(aye_bps in any::<u16>(), nay_bps in any::<u16>()) {
        let bps = u32::from(aye_bps) + u32::from(nay_bps);
        let refused = Vote::Split { aye_bps, nay_bps }.tally(1).err();
        prop_assert_eq!(refused, (bps > 10_000).then_some(Error::SplitAboveWhole { bps }));
    }

    #[test]
    fn a_bonus_never_exceeds_its_cap_or_what_is_enrolled(
        mass in sized(60), native in sized(60), cap_bps in 0u16..=2_500, now in any::<u32>(), submitted in any::<u32>()
    ) {
        let mut voter = locked(&mut Escrow::default(), u128::from(mass.max(1)));
        voter.enrol(native.into(), 1_000);
        let bonus = voter.bonus(now, cap_bps, submitted);
        let cap = floor_u128(&(int(voter.own(now, submitted)) * ratio(cap_bps, 10_000)));
        let enrolled_before = 1_000 < submitted;
        prop_assert_eq!(Some(bonus), if enrolled_before { cap.map(|cap| cap.min(native.into())) } else { Some(0) });
    }

    #[test]
    fn reconciling_only_lowers_and_its_changes_are_exactly_what_the_ballots_lost(
        native in option::of(sized(40)), held in many((votes(), sized(40), sized(40)), 0..10), seen in many(sized(40), 1..4)
    ) {
        let mut voter = Voter {
            native: native.map(|conviction| Native { conviction: conviction.into(), since: 5 }),
            ..Voter::default()
        };
        for (referendum, (vote, base, bonus)) in (0u32..).zip(held) {
            let bonus = bonus.min(native.unwrap_or(0));
            let ballot = Ballot { referendum, vote, base: base.into(), bonus: bonus.into() };
            prop_assert_eq!(voter.set_ballot(ballot), Ok(None));
        }
        for seen in seen {
            let before = voter.clone();
            let changes = voter.reconcile(seen.into());
            let most = voter.native.map_or(0, |native| native.conviction);
            prop_assert!(most <= seen.into() && most <= before.native.map_or(0, |native| native.conviction));
            for (old, new) in before.ballots.iter().zip(&voter.ballots) {
                prop_assert_eq!(*new, Ballot { bonus: old.bonus.min(most), ..*old });
                let change = changes.iter().find(|change| change.referendum == old.referendum);
                prop_assert_eq!(change.is_some(), new != old);
                if let Some(change) = change {
                    prop_assert_eq!((Ok(change.take), Ok(change.put)), (old.tally(), new.tally()));
                }
            }
            prop_assert_eq!(&voter.lock, &before.lock);
        }
    }
}

#[test]
fn native_conviction_enrolled_after_a_referendum_began_gives_no_bonus_in_it() {
    let mut voter = locked(&mut Escrow::default(), 1_000_000);
    voter.enrol(1_000_000, 500);
    assert_eq!(voter.bonus(TAU, 2_500, 499), 0);
    assert_eq!(voter.bonus(TAU, 2_500, 500), 0);
    assert_ne!(voter.bonus(TAU, 2_500, 501), 0);
    assert_eq!(voter.bonus(TAU, 0, 501), 0);
}

#[test]
fn enrolling_again_gives_no_bonus_in_what_began_before() {
    let mut voter = locked(&mut Escrow::default(), 1_000_000);
    voter.enrol(10, 500);
    assert_eq!(voter.bonus(TAU, 2_500, 600), 10);
    voter.enrol(1_000, 700);
    assert_eq!(voter.bonus(TAU, 2_500, 600), 0);
}

#[test]
fn who_delegates_has_no_bonus() {
    let mut escrow = Escrow::default();
    let (mut voter, mut target) = (locked(&mut escrow, 1_000_000), Voter::default());
    voter.enrol(1_000_000, 500);
    escrow
        .delegate(&mut voter, [2; 32], &mut target, TAU, [1; 32])
        .expect("delegated");
    assert_eq!((voter.bonus(TAU, 2_500, 501), target.bonus(TAU, 2_500, 501)), (0, 0));
    escrow.undelegate(&mut voter, &mut target, TAU).expect("taken back");
    assert_eq!(voter.bonus(TAU, 2_500, TAU), 0);
    assert_ne!(voter.bonus(TAU, 2_500, TAU + 1), 0);
}

#[test]
fn ballots_hold_the_lock_until_they_are_taken() {
    let mut escrow = Escrow::default();
    let mut voter = locked(&mut escrow, 1_000_000);
    escrow
        .set_kind(&mut voter, None, LockKind::Decaying, 0)
        .expect("changed");
    voter.set_ballot(ballot(3, 1)).expect("held");
    voter.set_ballot(ballot(4, 1)).expect("held");
    let before = (escrow, voter.clone());
    assert_eq!(
        escrow.release(&mut voter, 1, 10 * TAU),
        Err(Error::BallotsHold { count: 2 })
    );
    assert_eq!((escrow, voter.clone()), before);
    assert_eq!(voter.take_ballot(3), Some(ballot(3, 1)));
    assert_eq!(voter.take_ballot(3), None);
    assert_eq!(
        escrow.release(&mut voter, 1, 10 * TAU),
        Err(Error::BallotsHold { count: 1 })
    );
    voter.take_ballot(4).expect("held");
    let free = voter.free(10 * TAU);
    escrow.release(&mut voter, free, 10 * TAU).expect("released");
    assert_eq!(voter.free(10 * TAU), 0);
}

#[test]
fn no_more_ballots_are_held_than_allowed_but_any_is_replaced() {
    let mut voter = Voter::default();
    for id in 0..MAX_BALLOTS as u32 {
        assert_eq!(voter.set_ballot(ballot(id, 1)), Ok(None));
    }
    assert_eq!(voter.set_ballot(ballot(99, 1)), Err(Error::TooManyBallots { max: 16 }));
    assert_eq!(voter.set_ballot(ballot(7, 5)), Ok(Some(ballot(7, 1))));
    assert_eq!(voter.ballot(7), Some(&ballot(7, 5)));
    assert_eq!(voter.ballots.len(), MAX_BALLOTS);
}

#[test]
fn a_lock_taken_back_is_cast_only_in_referenda_submitted_later() {
    let mut escrow = Escrow::default();
    let (mut voter, mut target) = (locked(&mut escrow, 1_000_000), Voter::default());
    escrow
        .delegate(&mut voter, [2; 32], &mut target, TAU, [1; 32])
        .expect("delegated");
    assert_eq!((voter.power(TAU, 1), target.power(TAU, 1)), (0, 632_120));
    escrow.undelegate(&mut voter, &mut target, TAU + 5).expect("taken back");
    let later = TAU + 10;
    assert_eq!((voter.power(later, TAU + 5), target.power(later, 1)), (0, 0));
    assert_ne!(voter.power(later, TAU + 6), 0);
}

#[test]
fn delegating_again_waits_for_the_longest_referendum_there_was() {
    let mut escrow = Escrow::default();
    escrow.expect_lifetime(1_000);
    escrow.expect_lifetime(10);
    let (mut voter, mut target) = (locked(&mut escrow, 1_000_000), Voter::default());
    let (me, to) = ([1; 32], [2; 32]);
    escrow
        .delegate(&mut voter, to, &mut target, 100, me)
        .expect("delegated");
    assert_eq!(
        escrow.delegate(&mut voter, to, &mut target, 101, me),
        Err(Error::AlreadyDelegating)
    );
    escrow.undelegate(&mut voter, &mut target, 200).expect("taken back");
    assert_eq!(
        escrow.undelegate(&mut voter, &mut target, 200),
        Err(Error::NotDelegating)
    );
    assert_eq!(
        escrow.delegate(&mut voter, to, &mut target, 1_199, me),
        Err(Error::RedelegationTooSoon { at: 1_200 })
    );
    assert_eq!(
        escrow.delegate(&mut voter, me, &mut target, 1_200, me),
        Err(Error::DelegateToSelf)
    );
    voter.set_ballot(ballot(1, 1)).expect("held");
    assert_eq!(
        escrow.delegate(&mut voter, to, &mut target, 1_200, me),
        Err(Error::BallotsHold { count: 1 })
    );
    voter.take_ballot(1).expect("held");
    escrow
        .delegate(&mut voter, to, &mut target, 1_200, me)
        .expect("delegated");
}

#[test]
fn releasing_does_not_shorten_the_wait_and_forgets_it_once_it_is_over() {
    let mut escrow = Escrow::default();
    escrow.expect_lifetime(1_000);
    let (mut voter, mut target) = (Voter::default(), Voter::default());
    let (me, to) = ([1; 32], [2; 32]);
    escrow
        .lock(&mut voter, None, 1_000_000, LockKind::Decaying, 0)
        .expect("locked");
    escrow
        .delegate(&mut voter, to, &mut target, TAU, me)
        .expect("delegated");
    let back = TAU + 1;
    escrow.undelegate(&mut voter, &mut target, back).expect("taken back");
    escrow.release(&mut voter, 10, back + 999).expect("released");
    assert_eq!(
        escrow.delegate(&mut voter, to, &mut target, back + 999, me),
        Err(Error::RedelegationTooSoon { at: back + 1_000 })
    );
    assert_eq!(voter.power(back + 999, back), 0);
    escrow.release(&mut voter, 10, back + 1_000).expect("released");
    assert_eq!(voter.undelegated, None);
}

#[test]
fn an_account_with_anything_to_lose_is_not_empty() {
    let mut escrow = Escrow::default();
    assert!(Voter::default().is_empty());
    let mut voter = locked(&mut escrow, 1_000);
    assert!(!voter.is_empty());
    voter.set_ballot(ballot(1, 1)).expect("held");
    assert_eq!(escrow.exit(&mut voter), 1_000);
    assert!(voter.is_empty());
    assert_eq!(escrow.total_shares, 0);
    for voter in [
        Voter {
            delegate: Some([1; 32]),
            ..Voter::default()
        },
        Voter {
            undelegated: Some(1),
            ..Voter::default()
        },
        Voter {
            native: Some(Native {
                conviction: 0,
                since: 1,
            }),
            ..Voter::default()
        },
        Voter {
            ballots: vec![ballot(1, 0)],
            ..Voter::default()
        },
    ] {
        assert!(!voter.is_empty());
    }
}
