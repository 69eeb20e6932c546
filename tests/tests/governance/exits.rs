//! Whoever locked gets out, with what is theirs.

use contract_tests::suite::{tracks, Part, Reconciled, Refunded, Suite, OTHER_VOTER, STRANGER, VOTER};
use contract_tests::world::{subnet, HOTKEY, NETUID};
use contract_tests::COIN;
use kernel::conviction::{LockKind, Vote};
use kernel::handover::Action;
use kernel::referendum::TrackId;
use staking::Dividend;

/// 90 days would take long; decay is proven in the kernel. Here a lock decays for some blocks.
const BLOCKS: u32 = 500;

#[test]
fn a_perpetual_lock_frees_nothing_and_a_decaying_one_frees_all_the_time() {
    let mut suite = Suite::new();
    let nothing: Result<u64, String> = suite.call(VOTER, Part::Dao, 0, "unlock", u128::MAX);
    assert_eq!(nothing, Err("Rule.ZeroAmount".into()));
    suite
        .call::<()>(VOTER, Part::Dao, 0, "set_lock_kind", LockKind::Decaying)
        .expect("anyone may leave");
    suite.blocks(BLOCKS);
    let free = suite.voter(VOTER).free_alpha;
    assert!(free > 0);
    let arrived: u64 = suite
        .call(VOTER, Part::Dao, 0, "unlock", u128::MAX)
        .expect("what is free");
    assert!(arrived <= free && free - arrived <= 2, "{arrived} of {free}");
    suite.blocks(BLOCKS);
    let tao: u64 = suite
        .call(VOTER, Part::Dao, 0, "unlock_as_tao", (u128::MAX, 1u64, u32::MAX))
        .expect("also as TAO");
    assert!(tao > 0);
}

#[test]
fn a_ballot_holds_until_it_is_retracted_or_over() {
    let mut suite = Suite::new();
    suite
        .call::<()>(VOTER, Part::Dao, 0, "set_lock_kind", LockKind::Decaying)
        .expect("anyone may leave");
    let id = suite.propose(
        OTHER_VOTER,
        Action::Pay {
            to: STRANGER,
            amount: 1,
        },
    );
    suite.vote(VOTER, id, Vote::Nay).expect("a vote");
    suite.blocks(3);
    let held: Result<u64, String> = suite.call(VOTER, Part::Dao, 0, "unlock_as_tao", (u128::MAX, 0u64, u32::MAX));
    assert_eq!(held, Err("Rule.BallotsHold".into()));
    suite.call::<()>(VOTER, Part::Dao, 0, "retract", id).expect("always");
    assert_eq!(suite.referendum(id).referendum.tally.nay, 0);
    suite.blocks(BLOCKS);
    let _: u64 = suite
        .call(VOTER, Part::Dao, 0, "unlock_as_tao", (u128::MAX, 0u64, u32::MAX))
        .expect("nothing holds");
}

#[test]
fn dividends_belong_to_those_who_locked() {
    let mut suite = Suite::with(NETUID, |_| Vec::new());
    suite.settle_voters();
    suite
        .world
        .control(|chain| chain.set_dividend(NETUID, HOTKEY, Dividend::Amount(100 * COIN)));
    let before = (suite.voter(VOTER).alpha, suite.voter(OTHER_VOTER).alpha);
    suite.world.chain(|chain| chain.run_epoch(NETUID));
    let after = (suite.voter(VOTER).alpha, suite.voter(OTHER_VOTER).alpha);
    assert!(after.0 > before.0 && after.1 > before.1);
    let grown = (u128::from(after.0 - before.0), u128::from(after.1 - before.1));
    assert!(grown.0.abs_diff(4 * grown.1) <= 8, "by share: {grown:?}");
}

#[test]
fn stale_votes_after_netuid_reuse_count_for_nothing_and_everybody_is_paid() {
    let mut suite = Suite::with(NETUID, |_| Vec::new());
    suite.settle_voters();
    let id = suite.propose(
        VOTER,
        Action::Pay {
            to: STRANGER,
            amount: 1,
        },
    );
    suite.vote(VOTER, id, Vote::Aye).expect("a vote");
    suite.until_enactable(id);
    suite.world.control(|chain| chain.reuse(NETUID, subnet()));
    let decision: contract_tests::suite::Decision = suite.view(Part::Dao, "decision", id);
    assert!(!decision.approved && !decision.enactable);
    let enacted: Result<[u8; 32], String> = suite.call(STRANGER, Part::Handover, 0, "enact", id);
    assert_eq!(enacted, Err("NotEnactable".into()));
    let locked: Result<contract_tests::suite::Locked, String> = suite.lock(VOTER, COIN, LockKind::Perpetual);
    assert_eq!(locked, Err("GenerationEnded".into()));
    let rules = tracks()[TrackId::Treasury as usize];
    let refunded: Refunded = suite
        .call(STRANGER, Part::Dao, 0, "refund", id)
        .expect("deposits come back");
    assert_eq!(refunded.paid, rules.submission_deposit + rules.decision_deposit);
    let end: contract_tests::suite::End = suite.call(STRANGER, Part::Dao, 0, "freeze", ()).expect("it is over");
    let mut paid = 0;
    for who in [VOTER, OTHER_VOTER] {
        let tao: u64 = suite.call(STRANGER, Part::Dao, 0, "exit", who).expect("for anyone");
        paid += tao;
        let again: Result<u64, String> = suite.call(STRANGER, Part::Dao, 0, "exit", who);
        assert_eq!(again, Err("NothingToDo".into()));
    }
    assert!(
        paid <= end.proceeds && end.proceeds - paid <= 2,
        "{paid} of {}",
        end.proceeds
    );
}

#[test]
fn lost_deposits_there_are_none() {
    let mut suite = Suite::new();
    let rules = tracks()[TrackId::Treasury as usize];
    // One that nobody places the decision deposit for.
    let spam: u32 = suite
        .call(
            STRANGER,
            Part::Dao,
            rules.submission_deposit,
            "submit",
            (TrackId::Treasury, vec![0u8]),
        )
        .expect("a submission");
    // One that is rejected.
    let rejected = suite.propose(
        OTHER_VOTER,
        Action::Pay {
            to: STRANGER,
            amount: 1,
        },
    );
    suite.vote(VOTER, rejected, Vote::Nay).expect("a vote");
    let open: Result<Refunded, String> = suite.call(STRANGER, Part::Dao, 0, "refund", rejected);
    assert_eq!(open, Err("Referendum.StillOpen".into()));
    suite.blocks(rules.lifetime() + 1);
    let slashed: Refunded = suite.call(VOTER, Part::Dao, 0, "refund", spam).expect("it timed out");
    assert_eq!((slashed.paid, slashed.slashed), (0, rules.submission_deposit));
    let before = suite.world.tao(OTHER_VOTER);
    let paid: Refunded = suite.call(VOTER, Part::Dao, 0, "refund", rejected).expect("it is over");
    assert_eq!(paid.paid, rules.submission_deposit + rules.decision_deposit);
    assert_eq!(suite.world.tao(OTHER_VOTER), before + paid.paid, "to who placed them");
    let again: Result<Refunded, String> = suite.call(VOTER, Part::Dao, 0, "refund", rejected);
    assert_eq!(again, Err("Referendum.NothingHeld".into()));
    let handover = suite.handover;
    let treasury = suite.world.tao(handover);
    let collected: u64 = suite
        .call(STRANGER, Part::Dao, 0, "collect_slashed", ())
        .expect("to the sink");
    assert_eq!(suite.world.tao(handover), treasury + collected);
    let state = suite.dao_state();
    assert_eq!((state.hot.deposits, state.hot.slashed), (0, 0));
}

#[test]
fn reconciling_nobody_changes_nothing() {
    let mut suite = Suite::new();
    let done: Reconciled = suite
        .call(STRANGER, Part::Dao, 0, "reconcile", vec![VOTER, OTHER_VOTER, STRANGER])
        .expect("anyone may");
    assert_eq!((done.lowered, done.reward), (0, 0));
}
