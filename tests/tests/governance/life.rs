//! What governance is for, step by step.

use contract_tests::suite::{
    MarketEntry, Part, Suite, BOND, CORE, GUARDIAN, OTHER_VOTER, STRANGER, TREASURY_CAP, VOTER,
};
use contract_tests::world::{DEPLOYER, NETUID};
use contract_tests::COIN;
use kernel::conviction::Vote;
use kernel::handover::{Action, Capability, Certificate, Stage, State};
use kernel::referendum::Phase;
use kernel::FeeParams;

fn fees(swap_fee_bps: u16) -> FeeParams {
    FeeParams {
        swap_fee_bps,
        ..FeeParams::default()
    }
}

fn swap_fee(suite: &mut Suite) -> u16 {
    let state: contract_tests::interface::MarketState = suite.view(Part::Market, "market_state", ());
    state.market.fees.swap_fee_bps
}

#[test]
fn everything_is_found_from_the_registry_and_obeys_the_handover() {
    let mut suite = Suite::bare();
    let found: contract_tests::suite::Found = suite.read(Part::Registry, "suite", ());
    assert_eq!(found.authority, suite.handover);
    assert_eq!(found.dao, suite.dao);
    assert_eq!(found.markets, 1);
    let entry: Option<MarketEntry> = suite.view(Part::Registry, "market", NETUID);
    assert_eq!(entry.map(|entry| entry.address), Some(suite.market));
    let market: contract_tests::interface::MarketState = suite.view(Part::Market, "market_state", ());
    assert_eq!(market.authority, suite.handover);
    assert_eq!(suite.dao_state().hot.authority, suite.handover);
    let report = suite.report();
    assert_eq!(report.deployer, None);
    assert_eq!((report.dao, report.registry), (suite.dao, suite.registry));
}

#[test]
fn the_core_team_changes_a_parameter_after_its_delay() {
    let mut suite = Suite::bare();
    let action = suite.action(Capability::Fees, Part::Market, "set_fees", fees(40));
    let id = suite.schedule(Suite::operation(action, 1)).expect("core may");
    assert_eq!(suite.look(id).state, State::Waiting);
    assert_eq!(suite.execute(id), Err("Rule.TooEarly".into()));
    suite.wait_and_execute(id).expect("anyone executes");
    assert_eq!(swap_fee(&mut suite), 40);
    assert_eq!(suite.execute(id), Err("Rule.NotScheduled".into()), "done is final");
}

#[test]
fn a_referendum_changes_a_parameter_once_the_dao_has_the_capability() {
    let mut suite = Suite::new();
    let action = suite.action(Capability::Fees, Part::Market, "set_fees", fees(50));
    let early = suite.propose(VOTER, action.clone());
    suite.vote(VOTER, early, Vote::Aye).expect("a vote");
    suite.until_enactable(early);
    let refused: Result<[u8; 32], String> = suite.call(STRANGER, Part::Handover, 0, "enact", early);
    assert_eq!(refused, Err("Rule.NotEntitled".into()), "the core team still has it");
    let dao_begins = suite.report().capabilities[Capability::Fees as usize].core_ends;
    suite.until(dao_begins);
    let id = suite.decide(action).expect("the DAO decided");
    suite.wait_and_execute(id).expect("anyone executes");
    assert_eq!(swap_fee(&mut suite), 50);
}

#[test]
fn conviction_holders_veto_an_operation_of_the_core_team() {
    let mut suite = Suite::new();
    let begins = suite.report().capabilities[Capability::Fees as usize].next;
    suite.until(begins.expect("a next stage").1);
    let begins = suite.report().capabilities[Capability::Fees as usize].next;
    suite.until(begins.expect("a next stage").1);
    assert_eq!(suite.stage(Capability::Fees), Stage::CoreVetoable);
    let action = suite.action(Capability::Fees, Part::Market, "set_fees", fees(99));
    let id = suite.schedule(Suite::operation(action, 1)).expect("core may");
    let early: Result<(), String> = suite.call(STRANGER, Part::Handover, 0, "veto", id);
    assert_eq!(early, Err("NotVetoed".into()));
    let objection: contract_tests::suite::ObjectionView = suite
        .call(VOTER, Part::Dao, 0, "object", id)
        .expect("conviction objects");
    assert!(objection.vetoed, "{objection:?}");
    let ready = suite.look(id).record.ready;
    suite.until(ready);
    assert_eq!(suite.execute(id), Err("Vetoed".into()));
    suite
        .call::<()>(STRANGER, Part::Handover, 0, "veto", id)
        .expect("anyone cancels it");
    assert_eq!(suite.look(id).state, State::Cancelled);
    assert_eq!(suite.execute(id), Err("Rule.NotScheduled".into()));
    assert_eq!(swap_fee(&mut suite), 30);
}

#[test]
fn the_treasury_pays_what_was_decided_within_its_cap() {
    let mut suite = Suite::bare();
    let handover = suite.handover;
    suite.world.mint(handover, 1_000 * COIN);
    // Whoever executes pays or gets back storage deposits, so somebody else is paid.
    let payee = [77; 32];
    let pay = |amount| Action::Pay { to: payee, amount };
    let first = suite
        .schedule(Suite::operation(pay(TREASURY_CAP), 1))
        .expect("core may");
    let second = suite.schedule(Suite::operation(pay(1), 2)).expect("core may");
    suite.wait_and_execute(first).expect("within the cap");
    assert_eq!(suite.world.tao(payee), TREASURY_CAP);
    assert_eq!(suite.execute(second), Err("Rule.OutflowCapExceeded".into()));
    assert_eq!(
        suite.look(second).state,
        State::Ready,
        "it can be paid in the next epoch"
    );
}

#[test]
fn a_guardians_pause_ends_by_time_alone() {
    let mut suite = Suite::bare();
    let market = suite.market;
    let until: u32 = suite
        .call(GUARDIAN, Part::Handover, 0, "guardian_pause", (vec![market], 5u32))
        .expect("the guardian may");
    let paused = |suite: &mut Suite| {
        let state: contract_tests::interface::MarketState = suite.view(Part::Market, "market_state", ());
        state.market.opening_paused_until > state.block
    };
    assert!(paused(&mut suite));
    suite.until(until);
    assert!(!paused(&mut suite));
}

#[test]
fn power_leaves_step_by_step_until_a_certificate_says_so() {
    let mut suite = Suite::new();
    let refused: Result<Certificate, String> = suite.call(STRANGER, Part::Handover, 0, "certify", ());
    assert_eq!(refused, Err("Rule.PowersRemain".into()));
    assert!(!suite.powers(CORE).is_empty());
    assert!(suite.powers(DEPLOYER).is_empty());
    let last = suite
        .report()
        .capabilities
        .iter()
        .map(|capability| capability.frozen_at)
        .max()
        .expect("capabilities");
    let mut seen = std::collections::BTreeSet::new();
    while suite.world.block() < last {
        suite.blocks(10);
        for capability in Capability::ALL {
            seen.insert((capability, suite.stage(capability)));
        }
    }
    for capability in Capability::ALL {
        assert!(seen.contains(&(capability, Stage::Frozen)), "{capability:?}: {seen:?}");
        assert!(
            seen.contains(&(capability, Stage::CoreVetoable)),
            "{capability:?}: {seen:?}"
        );
    }
    for who in [CORE, GUARDIAN, DEPLOYER, VOTER, suite.dao] {
        assert_eq!(suite.powers(who), vec![], "{who:?}");
    }
    let certificate: Certificate = suite
        .call(STRANGER, Part::Handover, 0, "certify", ())
        .expect("nothing is left");
    assert!(certificate.code_final);
    assert_eq!(suite.report().certificate, Some(certificate));
    let again: Result<Certificate, String> = suite.call(STRANGER, Part::Handover, 0, "certify", ());
    assert_eq!(again, Err("CertifiedAlready".into()));
}

#[test]
fn a_bond_comes_back_once_the_market_is_listed() {
    let mut suite = Suite::bare();
    let generation = suite.world.chain(|chain| chain.subnet(NETUID).expect("alive").counter);
    let held: Result<u64, String> = suite.call(CORE, Part::Registry, 0, "reclaim_bond", (NETUID, generation));
    assert_eq!(held, Err("BondHeld".into()));
    let action = suite.action(
        Capability::Listing,
        Part::Registry,
        "set_listed",
        (NETUID, generation, true),
    );
    let id = suite.schedule(Suite::operation(action, 1)).expect("core may");
    suite.wait_and_execute(id).expect("anyone executes");
    let before = suite.world.tao(STRANGER);
    let bond: u64 = suite
        .call(CORE, Part::Registry, 0, "reclaim_bond", (NETUID, generation))
        .expect("listed");
    assert_eq!(bond, BOND);
    assert_eq!(suite.world.tao(STRANGER), before + BOND, "to who created the market");
    let again: Result<u64, String> = suite.call(CORE, Part::Registry, 0, "reclaim_bond", (NETUID, generation));
    assert_eq!(again, Err("BondReturned".into()));
}

#[test]
fn a_generation_has_one_market_and_the_next_one_another() {
    let mut suite = Suite::bare();
    let second: Result<[u8; 32], String> = suite.call(
        STRANGER,
        Part::Registry,
        BOND,
        "create_market",
        (NETUID, contract_tests::world::HOTKEY),
    );
    assert_eq!(second, Err("MarketExists".into()));
    suite
        .world
        .control(|chain| chain.reuse(NETUID, contract_tests::world::subnet()));
    let next: [u8; 32] = suite
        .call(
            STRANGER,
            Part::Registry,
            BOND,
            "create_market",
            (NETUID, contract_tests::world::HOTKEY),
        )
        .expect("another generation");
    assert_ne!(next, suite.market);
}

#[test]
fn a_late_nay_of_the_others_breaks_a_confirmation() {
    let mut suite = Suite::new();
    let pay = Action::Pay {
        to: STRANGER,
        amount: 1,
    };
    let id = suite.propose(OTHER_VOTER, pay);
    suite.vote(OTHER_VOTER, id, Vote::Aye).expect("a vote");
    for _ in 0..200 {
        if matches!(suite.referendum(id).phase, Phase::Confirming { .. }) {
            break;
        }
        suite.blocks(1);
    }
    assert!(matches!(suite.referendum(id).phase, Phase::Confirming { .. }));
    suite.vote(VOTER, id, Vote::Nay).expect("a vote");
    assert!(!matches!(
        suite.referendum(id).phase,
        Phase::Confirming { .. } | Phase::Approved { .. }
    ));
}

#[test]
fn protocol_alpha_of_the_handover_is_sold_into_the_treasury() {
    let mut suite = Suite::bare();
    let handover = suite.handover;
    suite
        .world
        .give_stake(handover, contract_tests::world::HOTKEY, 10 * COIN);
    let sell = |min_tao| Action::SellStake {
        hotkey: contract_tests::world::HOTKEY,
        netuid: NETUID,
        alpha: 5 * COIN,
        min_tao,
    };
    let dear = suite.schedule(Suite::operation(sell(6 * COIN), 1)).expect("core may");
    let fair = suite.schedule(Suite::operation(sell(4 * COIN), 2)).expect("core may");
    let before = suite.world.tao(handover);
    assert_eq!(suite.wait_and_execute(dear), Err("SlippageExceeded".into()));
    suite.execute(fair).expect("anyone executes");
    assert!(suite.world.tao(handover) >= before + 4 * COIN);
    assert!(suite.world.stake(handover).abs_diff(5 * COIN) <= 1);
}
