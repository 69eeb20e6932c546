//! Epochs are settled by anyone, in pages, late or on time, and every rao is accounted for.

use contract_tests::suite::{Part, CORE, STRANGER};
use contract_tests::world::{ATTACKER, HOTKEY, OWNER, PROVIDER};
use contract_tests::COIN;
use kernel::emission::{Gate, Model};
use kernel::flow::REMEMBERED;
use kernel::handover::Capability;
use kernel::Asset;

use crate::economy::{rules, Economy};

/// Three markets with inflows of 3 : 2 : 1, for so many epochs; what each was paid.
fn grown(epochs: u32) -> Economy {
    let mut economy = Economy::new(3);
    economy.set_rules(rules());
    for _ in 0..epochs {
        flow(&mut economy);
        economy.epoch();
    }
    economy
}

fn flow(economy: &mut Economy) {
    for (place, tao) in economy.places.clone().into_iter().zip([30, 20, 10]) {
        economy.buy(place, tao * COIN);
    }
}

fn paid(economy: &mut Economy) -> Vec<u64> {
    let places = economy.places.clone();
    places
        .into_iter()
        .map(|place| economy.seat(place).seat.total_paid)
        .collect()
}

#[test]
fn markets_are_paid_by_the_tao_that_came_and_stayed() {
    let mut economy = grown(12);
    let places = economy.places.clone();
    let paid = paid(&mut economy);
    assert!(paid[0] > paid[1] && paid[1] > paid[2] && paid[2] > 0, "{paid:?}");
    for (place, paid) in places.into_iter().zip(paid) {
        let market = economy.market_state(place).market;
        let held = market.lp_incentives.held + market.lender_incentives.held;
        assert_eq!(held, paid, "providers and lenders are credited what was paid");
    }
}

#[test]
fn settling_twice_or_too_early_is_refused_and_pays_nothing() {
    let mut economy = grown(8);
    let before = paid(&mut economy);
    assert_eq!(economy.settle(128).unwrap_err(), "Rule.NothingToSettle");
    assert_eq!(paid(&mut economy), before);
}

#[test]
fn pages_of_one_come_to_the_same_as_all_at_once_whoever_settles() {
    let mut at_once = grown(8);
    flow(&mut at_once);
    let mut paged = at_once.clone();
    let report = at_once.epoch();
    paged.end_epoch();
    // TAO that comes between pages is the next epoch's.
    assert!(!paged.settle(1).unwrap().finished);
    paged.give(100 * COIN);
    let other = paged.settle_all(1);
    assert_eq!(report, other);
    assert_eq!(paid(&mut at_once), paid(&mut paged));
    assert_eq!(
        paged.epoch().budget,
        at_once.epoch().budget + 100 * COIN,
        "carried with what came"
    );
}

#[test]
fn late_settlement_catches_up_epoch_by_epoch_and_pays_as_if_it_had_been_on_time() {
    let mut on_time = grown(8);
    let mut late = on_time.clone();
    for epoch in 0..REMEMBERED {
        for economy in [&mut on_time, &mut late] {
            // Flows that differ from epoch to epoch, and one market that loses.
            let places = economy.places.clone();
            economy.buy(places[0], u64::from(epoch + 1) * 7 * COIN);
            economy.swap(places[1], contract_tests::world::TRADER, Asset::Alpha, 5 * COIN);
        }
        on_time.epoch();
        late.end_epoch();
    }
    for _ in 0..REMEMBERED {
        late.settle_all(2);
    }
    assert_eq!(late.settle(1).unwrap_err(), "Rule.NothingToSettle");
    assert_eq!(paid(&mut on_time), paid(&mut late));
    assert_eq!(on_time.state().stored.last, late.state().stored.last);
}

#[test]
fn epochs_that_nobody_remembers_are_not_paid_and_stay_in_the_budget() {
    let mut economy = grown(8);
    let before = economy.state();
    let given = paid(&mut economy);
    for _ in 0..REMEMBERED + 3 {
        economy.end_epoch();
    }
    let mut settled = 0;
    while economy.settle(128).is_ok() {
        settled += 1;
    }
    assert_eq!(settled, REMEMBERED);
    let spent: u64 = paid(&mut economy).iter().sum::<u64>() - given.iter().sum::<u64>();
    assert_eq!(economy.state().available, before.available - spent);
}

#[test]
fn a_market_that_cannot_receive_does_not_stop_the_others() {
    let mut economy = grown(8);
    let place = economy.places[1];
    // Its subnet is gone.
    economy
        .suite
        .world
        .control(|chain| chain.dissolve(place.netuid).map(|_| ()));
    let before = paid(&mut economy);
    let report = economy.epoch();
    let after = paid(&mut economy);
    assert!(after[0] > before[0] && after[2] > before[2]);
    assert_eq!(after[1], before[1]);
    assert_eq!(economy.seat(place).seat.silent, 1);
    assert!(report.paid < report.release);
    // Its seat is free for another.
    economy
        .emission::<()>(STRANGER, 0, "unseat", (place.netuid, place.generation))
        .expect("its generation is over");
    // The registry lists it still; nobody can take a seat with it again.
    assert_eq!(economy.seat_it(place).unwrap_err(), "NotListed");
    let other = economy.create(50);
    economy.provide(other, PROVIDER, 100 * COIN);
    economy.list(other);
    assert_eq!(economy.seat_it(other), Ok(1), "the vacant seat");
    economy.epoch();
}

#[test]
fn a_market_with_an_empty_pool_is_measured_and_carried() {
    let mut economy = grown(8);
    let place = economy.places[0];
    let arguments = PROVIDER;
    let shares = {
        #[derive(codec::Decode)]
        struct View {
            account: kernel::Account,
            _rest: (u64, u64, u64),
        }
        let View { account, .. } = economy
            .suite
            .read_at::<Result<View, ()>>(place.address, Part::Market, "account", arguments)
            .unwrap();
        account.lp_shares
    };
    economy.remove(place, PROVIDER, shares);
    let report = economy.epoch();
    assert_eq!(report.paid + report.carried, report.budget);
    assert_eq!(economy.seat(place).seat.silent, 0, "it answers");
}

#[test]
fn seats_are_for_listed_markets_and_kept_while_they_are() {
    let mut economy = Economy::new(1);
    let place = economy.create(40);
    assert_eq!(economy.seat_it(place).unwrap_err(), "NotListed");
    economy.list(place);
    economy.seat_it(place).expect("anyone enrolls a listed market");
    assert_eq!(economy.seat_it(place).unwrap_err(), "SeatedAlready");
    let key = (place.netuid, place.generation);
    assert_eq!(
        economy.emission::<()>(ATTACKER, 0, "unseat", key).unwrap_err(),
        "SeatKept"
    );
    economy.set_listed(place, false);
    economy
        .emission::<()>(ATTACKER, 0, "unseat", key)
        .expect("no longer listed");
    assert_eq!(
        economy
            .emission::<u32>(ATTACKER, 0, "enroll", (99u16, 1u64))
            .unwrap_err(),
        "NoSuchMarket"
    );
}

#[test]
fn rules_change_only_through_governance_at_a_boundary_and_are_recorded() {
    let mut economy = grown(8);
    let price = kernel::emission::Rules {
        model: Model::Price,
        gate: Some(Gate { quantile_bps: 9_000 }),
        ..rules()
    };
    for who in [CORE, OWNER, ATTACKER] {
        assert_eq!(
            economy.emission::<()>(who, 0, "set_rules", price).unwrap_err(),
            "NotAuthority"
        );
        assert_eq!(
            economy.emission::<()>(who, 0, "reinstate", (20u16, 1u64)).unwrap_err(),
            "NotAuthority"
        );
    }
    let version = economy.state().stored.version;
    let old = economy.state().stored.rules;
    // Chosen while an epoch is half settled: that one keeps the old rules.
    economy.end_epoch();
    economy.settle(1).unwrap();
    economy.set_rules(price);
    assert_eq!(economy.settle_all(1).version, version);
    assert_eq!(economy.epoch().version, version + 1);
    let recorded = |economy: &mut Economy, version: u32| -> Option<kernel::emission::Rules> {
        economy.suite.read(Part::Emission, "rules_of", version)
    };
    assert_eq!(recorded(&mut economy, version), Some(old));
    assert_eq!(recorded(&mut economy, version + 1), Some(price));
    assert_eq!(recorded(&mut economy, version + 2), None);
    let handover = economy.suite.handover;
    let unbounded = kernel::emission::Rules {
        release_ppm: 20_001,
        ..rules()
    };
    assert_eq!(
        economy.emission::<()>(handover, 0, "set_rules", unbounded).unwrap_err(),
        "Rule.RuleOutOfBounds"
    );
}

#[test]
fn the_core_team_changes_the_model_through_the_timelock() {
    let mut economy = Economy::new(1);
    let price = kernel::emission::Rules {
        model: Model::Price,
        ..rules()
    };
    let action = economy
        .suite
        .action(Capability::Emission, Part::Emission, "set_rules", price);
    let id = economy
        .suite
        .schedule(contract_tests::suite::Suite::operation(action, 1))
        .expect("the core team holds the capability");
    economy.suite.wait_and_execute(id).expect("after its delay");
    assert_eq!(economy.state().stored.pending, Some(price));
    // Validators are chosen the same way.
    let action = economy
        .suite
        .action(Capability::ValidatorPolicy, Part::Market, "remove_hotkey", HOTKEY);
    let id = economy
        .suite
        .schedule(contract_tests::suite::Suite::operation(action, 2))
        .expect("granted");
    let refused = economy.suite.wait_and_execute(id).unwrap_err();
    assert_eq!(refused, "CallFailed", "the last validator stays");
}

#[test]
fn both_models_share_the_same_budget_differently() {
    let mut economy = grown(10);
    let places = economy.places.clone();
    economy.set_rules(kernel::emission::Rules {
        model: Model::Price,
        ..rules()
    });
    for _ in 0..3 {
        economy.epoch();
    }
    let share = |economy: &mut Economy| -> Vec<u64> { places.iter().map(|place| economy.seat(*place).share).collect() };
    let by_price = share(&mut economy);
    economy
        .emission::<()>(
            economy.suite.handover,
            0,
            "set_burned",
            (places[0].netuid, places[0].generation, 500_000_000u32),
        )
        .expect("half is burned");
    economy.epoch();
    let burned = share(&mut economy);
    assert!(burned[0] < by_price[0] && burned[1] > by_price[1]);
    let sum: u128 = by_price.iter().map(|s| u128::from(*s)).sum();
    assert!(sum > u128::from(kernel::emission::SHARE_ONE) - 3);
}

#[test]
fn a_hundred_and_twenty_eight_markets_settle_in_pages_of_one() {
    let mut economy = Economy::new(1);
    let rest: Vec<_> = (1..128u16).map(|number| economy.create(100 + number)).collect();
    for place in &rest {
        economy.list(*place);
        economy.seat_it(*place).expect("a seat");
    }
    let one_more = economy.create(300);
    economy.list(one_more);
    assert_eq!(economy.seat_it(one_more).unwrap_err(), "NoSeatFree");
    economy.end_epoch();
    let mut pages = 0;
    while !economy
        .suite
        .call::<crate::economy::Settled>(OWNER, Part::Emission, 0, "settle", (1u32, 0u64, u32::MAX))
        .expect("a page")
        .finished
    {
        pages += 1;
    }
    assert_eq!(pages, 127);
    let last = economy.state().stored.last.unwrap();
    assert_eq!(last.paid + last.carried, last.budget);
}

#[test]
fn the_budget_takes_plain_transfers_and_refuses_nothing() {
    let mut economy = grown(1);
    let before = economy.state().available;
    let address = economy.suite.emission;
    economy.suite.world.transfer(OWNER, address, 5 * COIN);
    assert_eq!(economy.state().available, before + 5 * COIN);
    assert_eq!(economy.emission::<()>(OWNER, 0, "fund", ()).unwrap_err(), "NothingSent");
}

#[test]
fn a_keeper_that_wants_a_reward_or_comes_too_late_is_refused() {
    let mut economy = grown(1);
    economy.end_epoch();
    let wants = economy.emission::<crate::economy::Settled>(OWNER, 0, "settle", (1u32, 1u64, u32::MAX));
    assert_eq!(wants.unwrap_err(), "RewardBelowMinimum");
    let late = economy.emission::<crate::economy::Settled>(OWNER, 0, "settle", (1u32, 0u64, 1u32));
    assert_eq!(late.unwrap_err(), "DeadlinePassed");
}
