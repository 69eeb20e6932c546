//! A market that only extracts loses its budget, its shorts and in the end its listing, by rule, with a way back.

use contract_tests::suite::STRANGER;
use contract_tests::world::{ATTACKER, TRADER};
use contract_tests::COIN;
use kernel::emission::{Reason, State};
use kernel::market::Standing;
use kernel::Asset;

use crate::economy::{rules, Economy, Place};

/// Bond of a challenge.
const BOND: u64 = 10 * COIN;

/// Two markets with a history; the first begins to extract.
fn watched() -> Economy {
    let mut economy = Economy::new(2);
    economy.set_rules(rules());
    for _ in 0..6 {
        for place in economy.places.clone() {
            economy.buy(place, 10 * COIN);
        }
        economy.epoch();
    }
    let place = economy.places[0];
    economy.alpha(place, TRADER, 100_000 * COIN);
    economy
}

/// The team sells: a twentieth of the pool's TAO leaves.
fn dump(economy: &mut Economy, place: Place) {
    let pool = economy.market_state(place).market.pool;
    economy.swap(place, TRADER, Asset::Alpha, pool.alpha / 18);
}

/// Sells epoch by epoch until the first market stands where `wanted` says.
fn sink(economy: &mut Economy, wanted: impl Fn(&State) -> bool) {
    let place = economy.places[0];
    for _ in 0..60 {
        if wanted(&economy.seat(place).seat.ladder.state) {
            return;
        }
        dump(economy, place);
        economy.epoch();
    }
    panic!("{:?}", economy.seat(place));
}

fn state(economy: &mut Economy) -> State {
    let place = economy.places[0];
    economy.seat(place).seat.ladder.state
}

fn quarantined() -> Economy {
    let mut economy = watched();
    sink(&mut economy, |state| matches!(state, State::Quarantine { .. }));
    economy
}

/// Rules by which the market is good enough as it stands: its averages remember a fall for days.
fn lenient() -> kernel::emission::Rules {
    let mut rules = rules();
    rules.ladder.watch_below_bps = -4_000;
    rules.ladder.quarantine_below_bps = -4_000;
    rules.ladder.recover_above_bps = -4_000;
    rules
}

fn challenged() -> Economy {
    let mut economy = quarantined();
    let place = economy.places[0];
    economy
        .emission::<()>(STRANGER, BOND, "challenge", (place.netuid, place.generation))
        .expect("anyone challenges");
    economy
}

#[test]
fn an_extractor_is_watched_then_quarantined_and_gets_no_new_budget() {
    let mut economy = watched();
    let place = economy.places[0];
    sink(&mut economy, |state| *state == State::Watch);
    let reason = economy.seat(place).seat.ladder.reason;
    assert!(matches!(reason, Reason::NetOutflow | Reason::HoldersLose), "{reason:?}");
    sink(&mut economy, |state| matches!(state, State::Quarantine { .. }));
    economy.epoch();
    assert_eq!(economy.market_state(place).standing, Standing::Quarantined);
    let paid = economy.seat(place).seat.total_paid;
    for _ in 0..3 {
        dump(&mut economy, place);
        economy.epoch();
    }
    assert_eq!(economy.seat(place).seat.total_paid, paid);
    let short: Result<kernel::market::Opened, String> =
        economy.market(place, ATTACKER, COIN, "open_short", (COIN, 0u64, u32::MAX));
    assert_eq!(short.unwrap_err(), "Rule.OpeningPaused");
}

#[test]
fn nobody_gains_by_anothers_quarantine() {
    let mut economy = watched();
    let other = economy.places[1];
    let mut twin = economy.clone();
    while !matches!(state(&mut economy), State::Quarantine { .. }) {
        let place = economy.places[0];
        dump(&mut economy, place);
        economy.buy(other, 10 * COIN);
        twin.buy(other, 10 * COIN);
        economy.epoch();
        twin.epoch();
    }
    economy.epoch();
    twin.epoch();
    // What the quarantined market would have got is carried. Its outflow raises the other's share all the same, as it should.
    let last = economy.state().stored.last.unwrap();
    assert_eq!(last.paid + last.carried, last.budget);
    assert!(economy.seat(other).seat.paid <= last.release);
}

#[test]
fn a_quarantine_ends_by_itself_and_good_epochs_lead_back_to_good_standing() {
    let mut economy = quarantined();
    let place = economy.places[0];
    let mut seen = Vec::new();
    economy.set_rules(lenient());
    for _ in 0..40 {
        economy.buy(place, 200 * COIN);
        economy.epoch();
        let now = state(&mut economy);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        if now == State::Active {
            break;
        }
    }
    assert_eq!(seen.last(), Some(&State::Active), "{seen:?}");
    assert!(seen.contains(&State::Watch), "step by step: {seen:?}");
    economy.epoch();
    assert_eq!(economy.market_state(place).standing, Standing::Open);
}

#[test]
fn an_upheld_challenge_returns_the_bond_and_delists_after_the_delay() {
    let mut economy = challenged();
    let place = economy.places[0];
    assert_eq!(
        economy.market_state(place).standing,
        Standing::Contested,
        "told at once, so that the price floor is from before"
    );
    let held = economy.suite.world.tao(STRANGER);
    sink(&mut economy, |state| matches!(state, State::Condemned { .. }));
    assert_eq!(economy.suite.world.tao(STRANGER), held + BOND);
    let condemned = economy.suite.world.block();
    let State::Condemned { at } = state(&mut economy) else {
        unreachable!()
    };
    assert!(at >= condemned + 7_200, "longer than anybody needs to close a position");
    sink(&mut economy, |state| *state == State::Delisted);
    assert!(economy.suite.world.block() >= at);
    economy.epoch();
    assert_eq!(economy.market_state(place).standing, Standing::Delisted);
    let lent: Result<u128, String> = economy.market(place, TRADER, 0, "lend", COIN);
    assert_eq!(lent.unwrap_err(), "Rule.Delisted");
    let out: Result<u64, String> = economy.market(place, TRADER, 0, "withdraw_alpha", COIN);
    out.expect("exits stay");
}

#[test]
fn a_condemned_market_that_recovers_is_watched_again() {
    let mut economy = challenged();
    let place = economy.places[0];
    sink(&mut economy, |state| matches!(state, State::Condemned { .. }));
    economy.set_rules(lenient());
    for _ in 0..18 {
        economy.buy(place, 2_000 * COIN);
        economy.epoch();
        if state(&mut economy) == State::Watch {
            return;
        }
    }
    panic!("{:?}", economy.seat(place));
}

#[test]
fn a_challenge_that_fails_pays_its_bond_to_the_budget() {
    let mut economy = challenged();
    let place = economy.places[0];
    economy.set_rules(lenient());
    let (tao, available) = (economy.suite.world.tao(STRANGER), economy.state().available);
    let mut spent = 0;
    for _ in 0..12 {
        economy.buy(place, 300 * COIN);
        spent += economy.epoch().paid;
        if economy.seat(place).seat.ladder.challenge.is_none() {
            assert_eq!(economy.suite.world.tao(STRANGER), tao, "nothing comes back");
            assert_eq!(economy.state().available, available + BOND - spent);
            assert_eq!(economy.state().stored.bonds, 0);
            economy.epoch();
            assert_ne!(economy.market_state(place).standing, Standing::Contested);
            return;
        }
    }
    panic!("the challenge never ends: {:?}", economy.seat(place));
}

#[test]
fn a_challenge_needs_a_quarantine_the_exact_bond_and_no_other_challenge() {
    let mut economy = watched();
    let place = economy.places[0];
    let key = (place.netuid, place.generation);
    let refused =
        |economy: &mut Economy, bond: u64| economy.emission::<()>(STRANGER, bond, "challenge", key).unwrap_err();
    assert_eq!(refused(&mut economy, BOND), "Rule.NotQuarantined");
    let mut economy = quarantined();
    assert_eq!(refused(&mut economy, BOND - 1), "Rule.WrongBond");
    economy
        .emission::<()>(STRANGER, BOND, "challenge", key)
        .expect("in quarantine");
    assert_eq!(refused(&mut economy, BOND), "Rule.AlreadyChallenged");
    assert_eq!(
        economy
            .emission::<()>(STRANGER, BOND, "challenge", (99u16, 1u64))
            .unwrap_err(),
        "NotSeated"
    );
}

#[test]
fn an_appeal_reinstates_even_a_delisted_market_at_once_and_only_the_authority_upholds_it() {
    let mut economy = challenged();
    let place = economy.places[0];
    sink(&mut economy, |state| *state == State::Delisted);
    economy.epoch();
    let key = (place.netuid, place.generation);
    let refused = economy.emission::<()>(ATTACKER, 0, "reinstate", key);
    assert_eq!(refused.unwrap_err(), "NotAuthority");
    // What the handover sends when it executes a referendum's call.
    let handover = economy.suite.handover;
    economy.emission::<()>(handover, 0, "reinstate", key).unwrap();
    let seat = economy.seat(place).seat;
    assert_eq!((seat.ladder.state, seat.ladder.reason), (State::Watch, Reason::Appeal));
    assert_eq!(economy.market_state(place).standing, Standing::Open);
    let again = economy.emission::<()>(handover, 0, "reinstate", key);
    assert_eq!(again.unwrap_err(), "Rule.NothingToAppeal");
}

#[test]
fn restrictions_end_when_nobody_settles_any_more() {
    let mut economy = quarantined();
    let place = economy.places[0];
    economy.epoch();
    assert_eq!(economy.market_state(place).standing, Standing::Quarantined);
    economy.suite.world.jump(kernel::market::RESTRICTED_BLOCKS);
    assert_eq!(economy.market_state(place).standing, Standing::Open);
}

#[test]
fn a_sanction_outlives_the_seat() {
    let mut economy = challenged();
    let place = economy.places[0];
    sink(&mut economy, |state| *state == State::Delisted);
    economy.epoch();
    economy.set_listed(place, false);
    economy
        .emission::<()>(ATTACKER, 0, "unseat", (place.netuid, place.generation))
        .expect("no longer listed");
    assert_eq!(economy.market_state(place).standing, Standing::Delisted);
    economy.epoch();
    economy.set_listed(place, true);
    economy.seat_it(place).expect("listed again");
    assert_eq!(state(&mut economy), State::Delisted, "only an appeal lifts it");
}
