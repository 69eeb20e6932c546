//! Attacks on votes that happened elsewhere, each tried against the built contracts.

use contract_tests::suite::{tracks, Decision, Part, Reconciled, Suite, OTHER_VOTER, STRANGER, VOTER};
use contract_tests::world::{ATTACKER, HOTKEY, NETUID};
use contract_tests::COIN;
use kernel::conviction::{LockKind, Vote};
use kernel::handover::{Action, Capability};
use kernel::referendum::{Phase, Tally, Track, TrackId};

const THEFT: Action = Action::Pay {
    to: ATTACKER,
    amount: 1,
};

fn until_deciding(suite: &mut Suite, id: u32) {
    while matches!(suite.referendum(id).phase, Phase::Preparing) {
        suite.blocks(1);
    }
}

/// Beanstalk 2022, MakerDAO 2020.
#[test]
fn a_flash_deposit_votes_with_nothing() {
    let mut suite = Suite::new();
    suite.give_stake(ATTACKER, 1_000_000 * COIN);
    let id = suite.propose(ATTACKER, THEFT);
    suite
        .lock(ATTACKER, 1_000_000 * COIN, LockKind::Perpetual)
        .expect("anyone may lock");
    suite.vote(ATTACKER, id, Vote::Aye).expect("a ballot of nothing");
    assert_eq!(suite.referendum(id).referendum.tally, Tally::default());
    let rules = tracks()[TrackId::Treasury as usize];
    suite.blocks(rules.lifetime() + 1);
    assert!(matches!(suite.referendum(id).phase, Phase::Rejected { .. }));
}

/// Compound 289.
#[test]
fn a_late_vote_in_a_quiet_hour_still_faces_the_whole_confirmation() {
    let mut suite = Suite::new();
    let id = suite.propose(OTHER_VOTER, THEFT);
    until_deciding(&mut suite, id);
    let Phase::Deciding { since } = suite.referendum(id).phase else {
        panic!("it is being decided");
    };
    let rules = tracks()[TrackId::Treasury as usize];
    suite.until(since + rules.decide - 1);
    suite.vote(OTHER_VOTER, id, Vote::Aye).expect("in the last block");
    let Phase::Confirming { since, .. } = suite.referendum(id).phase else {
        panic!("it passes: {:?}", suite.referendum(id));
    };
    suite.until(since + rules.confirm - 1);
    suite.vote(VOTER, id, Vote::Nay).expect("there is time to answer");
    suite.blocks(rules.confirm + 1);
    assert!(matches!(suite.referendum(id).phase, Phase::Rejected { .. }));
}

/// OpenZeppelin CVE-2022-31198.
#[test]
fn a_quorum_changed_later_revives_no_dead_proposal() {
    let mut suite = Suite::new();
    let id = suite.propose(OTHER_VOTER, THEFT);
    suite
        .vote(VOTER, id, Vote::Split { aye_bps: 1, nay_bps: 0 })
        .expect("a vote");
    suite.vote(VOTER, id, Vote::Nay).expect("a vote");
    let rules = tracks()[TrackId::Treasury as usize];
    suite.blocks(rules.lifetime() + 1);
    assert!(matches!(suite.referendum(id).phase, Phase::Rejected { .. }));
    let easy = Track {
        support: tracks()[TrackId::Listing as usize].support,
        ..rules
    };
    let action = suite.action(
        Capability::Governance,
        Part::Dao,
        "set_track",
        (TrackId::Treasury, easy),
    );
    let change = suite.schedule(Suite::operation(action, 1)).expect("core may");
    suite.wait_and_execute(change).expect("anyone executes");
    let now: Vec<Track> = suite.read(Part::Dao, "tracks", ());
    assert_eq!(now[TrackId::Treasury as usize], easy);
    assert!(matches!(suite.referendum(id).phase, Phase::Rejected { .. }));
    let decision: Decision = suite.view(Part::Dao, "decision", id);
    assert!(!decision.approved);
    assert_eq!(suite.referendum(id).referendum.rules, rules, "its rules are its own");
}

#[test]
fn lock_vote_delegate_vote_again_counts_once() {
    let mut suite = Suite::new();
    let id = suite.propose(VOTER, THEFT);
    suite.vote(VOTER, id, Vote::Aye).expect("a vote");
    let once = suite.referendum(id).referendum.tally.aye;
    assert!(once > 0);
    let held: Result<(), String> = suite.call(VOTER, Part::Dao, 0, "delegate", OTHER_VOTER);
    assert_eq!(held, Err("Rule.BallotsHold".into()));
    suite.call::<()>(VOTER, Part::Dao, 0, "retract", id).expect("always");
    suite
        .call::<()>(VOTER, Part::Dao, 0, "delegate", OTHER_VOTER)
        .expect("without ballots");
    suite.vote(OTHER_VOTER, id, Vote::Aye).expect("with both locks");
    let both = suite.referendum(id).referendum.tally.aye;
    suite
        .call::<()>(VOTER, Part::Dao, 0, "undelegate", ())
        .expect("any time");
    suite.vote(VOTER, id, Vote::Aye).expect("a ballot of nothing");
    assert_eq!(suite.referendum(id).referendum.tally.aye, both);
    let again: Result<(), String> = suite.call(VOTER, Part::Dao, 0, "delegate", STRANGER);
    assert!(again.is_err(), "what voted through one cannot vote through another");
}

#[test]
fn lock_vote_transfer_vote_again_is_collapsed_by_one_message() {
    let mut suite = Suite::with(NETUID, |_| Vec::new());
    suite.settle_voters();
    let cap = suite.action(Capability::Governance, Part::Dao, "set_native_cap", 2_500u16);
    let id = suite.schedule(Suite::operation(cap, 1)).expect("core may");
    suite.wait_and_execute(id).expect("anyone executes");
    // One lock on the chain, aimed at the owner's hotkey: full conviction at once.
    let mass = 1_000 * COIN;
    for who in [VOTER, OTHER_VOTER] {
        suite.give_stake(who, mass);
        suite.world.control(|chain| {
            chain.set_accepts_locked(who, true);
            Ok(())
        });
    }
    let lock_of = |suite: &mut Suite, who, mass| {
        suite
            .world
            .control(|chain| chain.set_lock(NETUID, who, HOTKEY, mass, true));
    };
    lock_of(&mut suite, VOTER, mass);
    let _: u128 = suite.call(VOTER, Part::Dao, 0, "enrol", ()).expect("it is on");
    lock_of(&mut suite, VOTER, 0);
    lock_of(&mut suite, OTHER_VOTER, mass);
    let _: u128 = suite.call(OTHER_VOTER, Part::Dao, 0, "enrol", ()).expect("it is on");
    suite.blocks(50);
    let id = suite.propose(VOTER, THEFT);
    lock_of(&mut suite, OTHER_VOTER, 0);
    lock_of(&mut suite, VOTER, mass);
    suite.vote(VOTER, id, Vote::Aye).expect("a vote");
    let bonus = suite.voter(VOTER).voter.ballots[0].bonus;
    assert!(bonus > 0, "the chain's conviction counts");
    lock_of(&mut suite, VOTER, 0);
    lock_of(&mut suite, OTHER_VOTER, mass);
    suite.vote(OTHER_VOTER, id, Vote::Aye).expect("a vote");
    assert!(
        suite.voter(OTHER_VOTER).voter.ballots[0].bonus > 0,
        "counted twice for now"
    );
    let before = suite.referendum(id).referendum.tally.aye;
    let done: Reconciled = suite
        .call(STRANGER, Part::Dao, 0, "reconcile", vec![VOTER, OTHER_VOTER])
        .expect("anyone may");
    assert_eq!(done.lowered, 1);
    assert_eq!(suite.voter(VOTER).voter.ballots[0].bonus, 0);
    assert_eq!(suite.referendum(id).referendum.tally.aye, before - bonus);
}

#[test]
fn proposal_spam_costs_its_deposits_and_hinders_nobody() {
    let mut suite = Suite::new();
    let rules = tracks()[TrackId::Parameters as usize];
    let free: Result<u32, String> = suite.call(ATTACKER, Part::Dao, 0, "submit", (TrackId::Parameters, vec![1u8]));
    assert_eq!(free, Err("ValueMismatch".into()));
    let long: Result<u32, String> = suite.call(
        ATTACKER,
        Part::Dao,
        rules.submission_deposit,
        "submit",
        (TrackId::Parameters, vec![0u8; 4_097]),
    );
    assert_eq!(long, Err("CallTooLong".into()));
    let mut spam = Vec::new();
    for number in 0..20u8 {
        let id: u32 = suite
            .call(
                ATTACKER,
                Part::Dao,
                rules.submission_deposit,
                "submit",
                (TrackId::Parameters, vec![number]),
            )
            .expect("it is paid for");
        spam.push(id);
    }
    let id = suite.propose(
        VOTER,
        Action::Pay {
            to: STRANGER,
            amount: 1,
        },
    );
    suite.vote(VOTER, id, Vote::Aye).expect("a vote");
    suite.until_enactable(id);
    suite.blocks(rules.lifetime());
    for id in spam {
        let refunded: contract_tests::suite::Refunded =
            suite.call(STRANGER, Part::Dao, 0, "refund", id).expect("it timed out");
        assert_eq!(refunded.slashed, rules.submission_deposit);
    }
}

/// A call that is no proposal, and one on too easy a track.
#[test]
fn a_referendum_on_the_wrong_track_decides_nothing() {
    let mut suite = Suite::new();
    let last = suite.report().capabilities[Capability::Treasury as usize].core_ends;
    suite.until(last);
    let proposal = contract_tests::suite::Proposal {
        action: THEFT,
        predecessor: None,
        salt: [0; 32],
    };
    use codec::Encode;
    for (track, call, refused) in [
        (TrackId::Listing, proposal.encode(), "WrongTrack"),
        (TrackId::Treasury, vec![7; 9], "NotAProposal"),
    ] {
        let id = suite.submit(VOTER, track, call);
        suite.vote(VOTER, id, Vote::Aye).expect("a vote");
        suite.until_enactable(id);
        let enacted: Result<[u8; 32], String> = suite.call(STRANGER, Part::Handover, 0, "enact", id);
        assert_eq!(enacted, Err(refused.into()));
    }
}
