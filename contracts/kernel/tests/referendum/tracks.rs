//! Hard bounds and defaults of tracks.

use kernel::referendum::{
    Bound, Curve, Error, Phase, Track, TrackId, MAX_CONFIRM, MAX_DECIDE, MAX_DECISION_DEPOSIT, MAX_ENACT_DELAY,
    MAX_ENACT_WINDOW, MAX_PREPARE, MAX_SUBMISSION_DEPOSIT, MAX_UNDECIDED, MIN_APPROVAL_E9, MIN_DEPOSIT, MIN_SUPPORT_E9,
    ONE_E9,
};
use proptest::prelude::*;

use crate::setup::{aye, cases, deciding, flat, put, rules, submitted, DEPOSITOR, SUBMITTED};

/// Sets one rule to the values at its bounds and beside them.
fn edges(bound: Bound, (min, max): (u64, u64), set: impl Fn(&mut Track, u64)) {
    let values = [
        (min.checked_sub(1), false),
        (Some(min), true),
        (Some(max), true),
        (Some(max + 1), false),
    ];
    for (value, allowed) in values {
        let Some(got) = value else { continue };
        let mut track = Track {
            undecided: MAX_UNDECIDED,
            ..rules()
        };
        set(&mut track, got);
        let expected = if allowed {
            Ok(())
        } else {
            Err(Error::OutOfBounds { bound, min, max, got })
        };
        assert_eq!(track.check(), expected);
    }
}

#[test]
fn every_duration_is_bounded() {
    let blocks = |max: u32| (1, u64::from(max));
    edges(Bound::Prepare, blocks(MAX_PREPARE), |t, x| t.prepare = x as u32);
    edges(Bound::Decide, blocks(MAX_DECIDE), |t, x| t.decide = x as u32);
    edges(Bound::Confirm, blocks(MAX_CONFIRM), |t, x| t.confirm = x as u32);
    edges(Bound::EnactDelay, blocks(MAX_ENACT_DELAY), |t, x| {
        t.enact_delay = x as u32
    });
    edges(Bound::EnactWindow, blocks(MAX_ENACT_WINDOW), |t, x| {
        t.enact_window = x as u32
    });
    let from_prepare = (rules().prepare.into(), MAX_UNDECIDED.into());
    edges(Bound::Undecided, from_prepare, |t, x| t.undecided = x as u32);
    assert_eq!(MAX_DECIDE, 28 * 7_200);
}

#[test]
fn every_deposit_is_bounded() {
    edges(
        Bound::SubmissionDeposit,
        (MIN_DEPOSIT, MAX_SUBMISSION_DEPOSIT),
        |t, x| t.submission_deposit = x,
    );
    edges(Bound::DecisionDeposit, (MIN_DEPOSIT, MAX_DECISION_DEPOSIT), |t, x| {
        t.decision_deposit = x
    });
}

#[test]
fn no_approval_below_a_half_and_no_support_below_a_basis_point_is_allowed() {
    let range = |least: u32| (u64::from(least), u64::from(ONE_E9));
    let only_below = |bound, least: u32, set: &dyn Fn(&mut Track, Curve)| {
        for curve in [
            flat(least - 1),
            // High at first, too low at the end.
            Curve::Linear {
                length_e9: ONE_E9,
                ceil_e9: ONE_E9,
                floor_e9: least - 1,
            },
            Curve::Reciprocal {
                factor_e9: least - 1,
                x_offset_e9: 1,
                y_down_e9: 0,
                floor_e9: 0,
            },
            Curve::Stepped {
                begin_e9: ONE_E9,
                end_e9: 0,
                step_e9: ONE_E9 + 1 - least,
                period_e9: ONE_E9,
            },
        ] {
            let mut track = rules();
            set(&mut track, curve);
            let (min, max) = range(least);
            let got = curve.threshold_e9(ONE_E9).into();
            assert_eq!(track.check(), Err(Error::OutOfBounds { bound, min, max, got }));
        }
        let mut track = rules();
        set(&mut track, flat(least));
        assert_eq!(track.check(), Ok(()));
    };
    only_below(Bound::Approval, MIN_APPROVAL_E9, &|track, curve| track.approval = curve);
    only_below(Bound::Support, MIN_SUPPORT_E9, &|track, curve| track.support = curve);
    assert_eq!((MIN_APPROVAL_E9, MIN_SUPPORT_E9), (ONE_E9 / 2, ONE_E9 / 10_000));
}

#[test]
fn a_track_checks_its_curves() {
    let broken = Curve::Linear {
        length_e9: 0,
        ceil_e9: ONE_E9,
        floor_e9: ONE_E9,
    };
    let refused = Err(Error::OutOfBounds {
        bound: Bound::CurveDivisor,
        min: 1,
        max: ONE_E9.into(),
        got: 0,
    });
    assert_eq!(
        Track {
            approval: broken,
            ..rules()
        }
        .check(),
        refused
    );
    assert_eq!(
        Track {
            support: broken,
            ..rules()
        }
        .check(),
        refused
    );
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn defaults_are_within_bounds_at_any_scale(divisor in prop_oneof![0..20_000u32, any::<u32>()]) {
        for id in TrackId::ALL {
            let track = Track::default_of(id);
            let scaled = track.scaled(divisor);
            prop_assert_eq!(scaled.check(), Ok(()));
            prop_assert_eq!(scaled.decide, (track.decide / divisor.max(1)).max(1));
            prop_assert_eq!((scaled.approval, scaled.support), (track.approval, track.support));
            prop_assert_eq!(track.scaled(1), track);
        }
    }
}

#[test]
fn tracks_are_found_by_their_index() {
    for (index, id) in TrackId::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(id.index()), index);
    }
}

#[test]
fn a_veto_begun_when_anything_is_approved_can_end_before_that_is_enacted() {
    let veto = Track::default_of(TrackId::FastVeto);
    let fastest = veto.prepare + veto.confirm + veto.enact_delay;
    for id in TrackId::ALL.into_iter().filter(|id| *id != TrackId::FastVeto) {
        assert!(fastest < Track::default_of(id).enact_delay, "{id:?}");
    }
}

#[test]
fn the_strictest_rules_are_those_of_code() {
    let code = Track::default_of(TrackId::Code);
    for id in [
        TrackId::Parameters,
        TrackId::Listing,
        TrackId::Treasury,
        TrackId::Emission,
    ] {
        let track = Track::default_of(id);
        assert!(track.decide <= code.decide && track.confirm <= code.confirm && track.enact_delay <= code.enact_delay);
        assert!(track.decision_deposit <= code.decision_deposit);
        assert!(track.support.threshold_e9(ONE_E9) <= code.support.threshold_e9(ONE_E9));
    }
}

#[test]
fn a_lifetime_is_reached_by_the_slowest_referendum_and_never_passed() {
    for undecided in [5, 6, 10] {
        let rules = Track { undecided, ..rules() };
        let last_deposit = SUBMITTED + undecided - 1;
        let mut referendum = submitted(rules);
        referendum
            .place_decision_deposit(DEPOSITOR, last_deposit)
            .expect("in time");
        let end = last_deposit.max(SUBMITTED + rules.prepare) + rules.decide;
        put(&mut referendum, aye(100), end - 1);
        assert_eq!(referendum.approved_at(u32::MAX), Some(end - 1 + rules.confirm));
        assert!(end - 1 + rules.confirm < SUBMITTED + rules.lifetime());
        assert!(SUBMITTED + rules.lifetime() - (end - 1 + rules.confirm) <= 2);
    }
}

#[test]
fn blocks_near_the_end_of_all_blocks_do_not_wrap() {
    let (mut referendum, _) = deciding(rules());
    put(&mut referendum, aye(100), SUBMITTED);
    assert_eq!(referendum.phase_at(u32::MAX), Phase::Approved { at: SUBMITTED + 5 + 6 });
    let mut late = submitted(rules());
    late.submitted = u32::MAX - 2;
    late.touched = u32::MAX - 2;
    assert_eq!(late.phase_at(u32::MAX - 1), Phase::Preparing);
    assert_eq!(late.phase_at(u32::MAX), Phase::TimedOut { at: u32::MAX });
}
