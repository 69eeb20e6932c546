//! What has gone wrong elsewhere, by name.

use kernel::referendum::{Curve, Error, Phase, Referendum, Tally, Track, TrackId, MAX_WEIGHT, ONE_E9};

use crate::setup::{aye, deciding, ended, flat, nay, put, rules, submitted, DEPOSITOR, PROPOSER, SUBMITTED};

#[test]
fn a_vote_that_breaks_a_confirmation_in_its_last_block_resets_it() {
    let (mut referendum, since) = deciding(rules());
    put(&mut referendum, aye(100), SUBMITTED);
    let last = since + rules().confirm - 1;
    let approved = Phase::Approved { at: last + 1 };
    assert_eq!(referendum.phase_at(last + 1), approved);

    let mut late = referendum.clone();
    let refused = late.vote(Tally::default(), nay(101), last + 1);
    assert_eq!(refused, Err(Error::NotOpen { phase: approved }));

    put(&mut referendum, nay(101), last);
    assert_eq!(referendum.phase_at(last), Phase::Deciding { since });
    put(&mut referendum, aye(1), last + 2);
    assert_eq!(referendum.approved_at(last + 2 + rules().confirm - 1), None);
    assert_eq!(
        referendum.approved_at(last + 2 + rules().confirm),
        Some(last + 2 + rules().confirm)
    );
}

/// A break and a repair within one block are a break: nobody confirms through a hole.
#[test]
fn a_confirmation_broken_and_repaired_in_one_block_begins_again() {
    let (mut referendum, since) = deciding(rules());
    put(&mut referendum, aye(100), since);
    referendum.retract(aye(100), since + 4);
    put(&mut referendum, aye(100), since + 4);
    assert_eq!(
        referendum.phase_at(since + 4),
        Phase::Confirming {
            deciding: since,
            since: since + 4
        }
    );
    // Changing a ballot without failing in between is no break.
    referendum.vote(aye(100), aye(120), since + 5).expect("open");
    assert_eq!(referendum.approved_at(since + 4 + 6), Some(since + 4 + 6));
}

/// Compound 289: votes that come when nobody looks.
#[test]
fn a_late_vote_in_a_quiet_hour_still_faces_the_whole_confirmation() {
    let (referendum, since) = deciding(rules());
    let end = since + rules().decide;
    let mut late = referendum.clone();
    put(&mut late, aye(900), end - 1);
    assert_eq!(
        late.approved_at(end - 1 + rules().confirm),
        Some(end - 1 + rules().confirm)
    );
    for now in end - 1..end - 1 + rules().confirm {
        let mut opposed = late.clone();
        assert!(opposed.approved_at(now).is_none());
        put(&mut opposed, nay(901), now);
        let expected = if now < end {
            Phase::Deciding { since }
        } else {
            Phase::Rejected { at: now }
        };
        assert_eq!(opposed.phase_at(now), expected);
        assert_eq!(opposed.approved_at(u32::MAX), None);
    }
    let mut too_late = referendum;
    let phase = Phase::Rejected { at: end };
    assert_eq!(
        too_late.vote(Tally::default(), aye(900), end),
        Err(Error::NotOpen { phase })
    );
}

/// Beanstalk: what comes and goes within a block.
#[test]
fn a_vote_that_leaves_in_its_block_leaves_nothing() {
    let (mut referendum, since) = deciding(rules());
    let before = referendum.clone();
    put(&mut referendum, aye(900), since + 3);
    referendum.retract(aye(900), since + 3);
    for now in since + 3..since + 100 {
        assert_eq!(referendum.phase_at(now), before.phase_at(now));
    }
}

/// The falling curve alone begins a confirmation, up to the very last block.
#[test]
fn who_passes_only_when_the_time_ends_is_confirmed_after_it() {
    let falling = Curve::Linear {
        length_e9: ONE_E9,
        ceil_e9: ONE_E9,
        floor_e9: 500_000_000,
    };
    let (mut referendum, since) = deciding(Track {
        approval: falling,
        ..rules()
    });
    referendum
        .vote(
            Tally::default(),
            Tally {
                aye: 100,
                nay: 100,
                abstain: 0,
            },
            since,
        )
        .expect("open");
    let end = since + rules().decide;
    assert_eq!(referendum.phase_at(end - 1), Phase::Deciding { since });
    assert_eq!(
        referendum.phase_at(end),
        Phase::Confirming {
            deciding: since,
            since: end
        }
    );
    assert_eq!(
        referendum.phase_at(end + 5),
        Phase::Confirming {
            deciding: since,
            since: end
        }
    );
    assert_eq!(referendum.phase_at(end + 6), Phase::Approved { at: end + 6 });
}

#[test]
fn rules_changed_later_alter_no_running_referendum() {
    let mut tracks = vec![rules(); TrackId::ALL.len()];
    let submit = |tracks: &[Track]| {
        let (mut referendum, _) = deciding(tracks[usize::from(TrackId::Parameters.index())]);
        put(&mut referendum, aye(100), SUBMITTED);
        referendum
    };
    let running = submit(&tracks);
    let fate = |referendum: &Referendum| {
        (SUBMITTED..SUBMITTED + 60)
            .map(|now| referendum.phase_at(now))
            .collect::<Vec<_>>()
    };
    let before = fate(&running);
    for track in &mut tracks {
        *track = Track {
            support: flat(ONE_E9),
            confirm: 1,
            decide: 2,
            prepare: 1,
            undecided: 1,
            ..*track
        };
    }
    assert_eq!(fate(&running), before);
    assert_ne!(fate(&submit(&tracks)), before);
}

/// CVE-2022-31198: a quorum changed later must not decide what was decided.
#[test]
fn an_electorate_or_floor_that_changes_later_revives_and_undoes_nothing() {
    let submit = |electorate, support| {
        let rules = Track {
            support: flat(support),
            ..rules()
        };
        let mut referendum = Referendum::new(TrackId::Parameters, rules, PROPOSER, [7; 32], electorate, SUBMITTED);
        referendum
            .place_decision_deposit(DEPOSITOR, SUBMITTED)
            .expect("preparing");
        put(&mut referendum, aye(100), SUBMITTED + 6);
        referendum
    };
    let tenth = 100_000_000;
    let end = SUBMITTED + rules().prepare + rules().decide;
    let mut dead = submit(1_001, tenth);
    let living = submit(1_000, tenth);
    // With another electorate, or another floor, the same votes come to the opposite; those that ran before stay.
    assert!(submit(1_000, tenth).approved_at(end).is_some());
    assert!(submit(1_001, tenth - 1_000_000).approved_at(end).is_some());
    assert!(submit(1_000, tenth + 1).approved_at(end).is_none());
    for now in end..end + 100 {
        assert_eq!(dead.phase_at(now), Phase::Rejected { at: end });
        assert!(living.approved_at(now).is_some());
    }
    let phase = Phase::Rejected { at: end };
    assert_eq!(
        dead.vote(Tally::default(), aye(1), end + 1),
        Err(Error::NotOpen { phase })
    );
    dead.retract(aye(100), end + 1);
    dead.advance(end + 2);
    assert_eq!((dead.phase, dead.tally), (phase, aye(100)));
}

#[test]
fn votes_withdrawn_after_the_end_change_nothing() {
    for (mut referendum, phase) in ended() {
        let tally = referendum.tally;
        referendum.retract(tally, SUBMITTED + 100);
        assert_eq!(referendum.tally, tally);
        assert_eq!(referendum.phase_at(SUBMITTED + 101), phase);
        let refused = Err(Error::NotOpen { phase });
        assert_eq!(referendum.vote(tally, nay(1), SUBMITTED + 101), refused);
    }
}

#[test]
fn without_an_aye_or_a_nay_nothing_passes() {
    let (mut referendum, since) = deciding(rules());
    let abstain = Tally {
        abstain: 1_000,
        ..Tally::default()
    };
    put(&mut referendum, abstain, since);
    assert!(!referendum.passing(since));
    assert_eq!(
        referendum.phase_at(u32::MAX),
        Phase::Rejected {
            at: since + rules().decide
        }
    );
    put(&mut referendum, aye(1), since + 1);
    assert!(referendum.passing(since + 1), "who abstains supports");
}

#[test]
fn thresholds_are_reached_exactly() {
    let (referendum, since) = deciding(rules());
    for (ballot, passes) in [
        (
            Tally {
                aye: 50,
                nay: 50,
                abstain: 50,
            },
            true,
        ),
        (
            Tally {
                aye: 49,
                nay: 50,
                abstain: 51,
            },
            false,
        ),
        (
            Tally {
                aye: 50,
                nay: 50,
                abstain: 49,
            },
            false,
        ),
    ] {
        let mut referendum = referendum.clone();
        put(&mut referendum, ballot, since);
        assert_eq!(referendum.passing(since), passes, "{ballot:?}");
    }
}

#[test]
fn an_electorate_of_nobody_is_one_share() {
    let referendum = Referendum::new(TrackId::Code, rules(), PROPOSER, [7; 32], 0, SUBMITTED);
    assert_eq!(referendum.electorate, 1);
}

#[test]
fn weights_out_of_range_are_refused_and_the_largest_are_compared_exactly() {
    let (mut referendum, since) = deciding(rules());
    let before = referendum.clone();
    assert_eq!(
        referendum.vote(Tally::default(), aye(MAX_WEIGHT + 1), since),
        Err(Error::Overflow)
    );
    assert_eq!(referendum, before);
    let most = Tally {
        aye: MAX_WEIGHT,
        nay: MAX_WEIGHT,
        abstain: MAX_WEIGHT,
    };
    put(&mut referendum, most, since);
    assert!(referendum.passing(since));
    assert_eq!(referendum.vote(Tally::default(), nay(1), since), Err(Error::Overflow));
    referendum.retract(aye(1), since);
    assert!(!referendum.passing(since));
    referendum.retract(nay(1), since);
    assert!(referendum.passing(since));
    referendum.electorate = u128::MAX;
    assert!(!referendum.passing(since));
}

#[test]
fn a_block_before_the_last_change_counts_as_the_block_of_that_change() {
    let mut referendum = submitted(rules());
    put(&mut referendum, aye(100), SUBMITTED + 4);
    referendum
        .place_decision_deposit(DEPOSITOR, SUBMITTED)
        .expect("preparing");
    assert_eq!(referendum.decision, Some((DEPOSITOR, SUBMITTED + 4)));
    assert_eq!(referendum.touched, SUBMITTED + 4);
}
