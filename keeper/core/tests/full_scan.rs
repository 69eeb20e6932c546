//! The ordered index finds exactly what a scan of all positions finds, at any price, interest and rounding.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of the tests"
)]

use keeper_core::{decide, Book, Decision, Duty, Exposure, Job, Standing, Tempo};
use kernel::competition::Validators;
use kernel::market::Market;
use kernel::{Asset, Position};
use proptest::prelude::*;

const TEMPO: Tempo = Tempo {
    poke_blocks: 1_000,
    harvest_blocks: 360,
    batch: 50,
    batches: 1_000,
};

fn market(tao: u64, alpha: u64) -> Market {
    let mut market = Market::new(1);
    let mut provider = kernel::Account {
        alpha,
        ..Default::default()
    };
    market.balances = alpha;
    market.add_liquidity(&mut provider, tao, alpha, 0, 1).unwrap();
    market
}

fn naive(book: &Book, chain_price_e9: u64, at: u32) -> Vec<u32> {
    let state = book.state_at(at).unwrap();
    let mut due: Vec<u32> = book
        .index()
        .iter()
        .filter(|(_, e)| {
            let position = Position {
                owner: [0; 32],
                escrow: e.escrow,
                debt_scaled: e.debt_scaled,
            };
            state.health(&position, chain_price_e9).unwrap().liquidatable
        })
        .map(|(id, _)| id)
        .collect();
    due.sort_unstable();
    due
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn the_index_finds_what_a_full_scan_finds(
        tao in 1_000_000_000u64..1 << 50,
        alpha in 1_000_000_000u64..1 << 50,
        index_growth in 0u64..10_000_000_000_000_000_000,
        lltv in 5_000u16..=8_000,
        blocks in 200u32..5_000,
        swap_percent in 0u64..200,
        chain_percent in 0u64..200,
        // Around the limit: loan-to-value as a share of the LLTV, in thousandths, and debts from dust to large.
        positions in prop::collection::vec((900u64..1_100, 0u32..40), 1..120),
    ) {
        let mut market = market(tao, alpha);
        market.risk.lltv_bps = lltv;
        market.vault.index += u128::from(index_growth);
        market.vault.accrued = 200;
        let _ = market.swap_exact_in(Asset::Tao, tao / 100 * swap_percent, 0, 200);
        let chain_price = market.pool.price_down() / 100_000 * chain_percent;
        let mut book = Book::new(market, chain_price, 1);
        let at = 200 + blocks;
        let state = book.state_at(at).unwrap();
        let price = state.liquidation_price(chain_price).unwrap();
        for (id, (thousandths, magnitude)) in (0u32..).zip(positions) {
            let debt_scaled = 1u64 << magnitude;
            let debt = u128::from(state.vault.debt_of_up(debt_scaled).unwrap());
            let limit = debt * u128::from(price) / 1_000_000_000_000 * 10_000 / u128::from(lltv);
            let escrow = u64::try_from(limit * 1_000 / u128::from(thousandths)).unwrap_or(u64::MAX >> 9);
            book.index_mut().set(id, Exposure { escrow, debt_scaled });
        }
        let mut found: Vec<u32> = book.above_limit(at).unwrap().into_iter().map(|(id, _)| id).collect();
        found.sort_unstable();
        prop_assert_eq!(found, naive(&book, chain_price, at));
    }

    #[test]
    fn batches_hold_every_due_position_once_and_none_in_flight(
        escrows in prop::collection::vec(100_000_000u64..200_000_000, 1..200),
        batch in 1usize..60,
        in_flight in prop::collection::hash_set(0u32..200, 0..20),
    ) {
        let mut market = market(1 << 45, 1 << 45);
        market.vault.debt_scaled = 100_000_000 * u64::try_from(escrows.len()).unwrap();
        market.escrow = escrows.iter().sum();
        market.open_positions = u32::try_from(escrows.len()).unwrap();
        let mut book = Book::new(market, 0, 1);
        for (id, escrow) in (0u32..).zip(&escrows) {
            book.index_mut().set(id, Exposure { escrow: *escrow, debt_scaled: 100_000_000 });
        }
        let at = 400;
        let due: Vec<u32> = naive(&book, 0, at).into_iter().filter(|id| !in_flight.contains(id)).collect();
        let tempo = Tempo { batch, ..TEMPO };
        let standing = |duty: &Duty| match duty {
            Duty::Position(id) if in_flight.contains(id) => Standing::InFlight,
            _ => Standing::Free,
        };
        let Decision { jobs, .. } = decide(&book, true, at, &tempo, &[], standing).unwrap();
        let mut planned = Vec::new();
        for job in jobs {
            if let Job::Liquidate(ids) = job {
                prop_assert!(ids.len() <= batch);
                planned.extend(ids);
            }
        }
        planned.sort_unstable();
        prop_assert_eq!(planned, due);
    }
}

#[test]
fn a_young_oracle_prices_nothing() {
    let mut book = Book::new(market(1 << 40, 1 << 40), 0, 1);
    book.index_mut().set(
        1,
        Exposure {
            escrow: 1,
            debt_scaled: 1_000_000_000,
        },
    );
    assert!(book.above_limit(10).unwrap().is_empty());
    assert_eq!(book.above_limit(100).unwrap().len(), 1);
}

#[test]
fn an_ended_market_is_settled_and_then_claimed() {
    let mut state = market(1 << 40, 1 << 40);
    state.freeze(1 << 40, 50).unwrap();
    let mut book = Book::new(state, 0, 1);
    book.index_mut().set(
        3,
        Exposure {
            escrow: 5,
            debt_scaled: 1,
        },
    );
    book.index_mut().set(
        1,
        Exposure {
            escrow: 5,
            debt_scaled: 1,
        },
    );
    let accounts = [[7; 32], [8; 32]];
    let jobs = |book: &Book| {
        decide(book, true, 60, &TEMPO, &accounts, |_| Standing::Free)
            .unwrap()
            .jobs
    };
    assert_eq!(jobs(&book), [Job::SettleShorts(vec![1, 3])]);
    book.index_mut().clear();
    assert_eq!(jobs(&book), [Job::Claim([7; 32]), Job::Claim([8; 32])]);
}

#[test]
fn an_idle_market_is_poked_and_harvested_in_time() {
    let book = Book::new(market(1 << 40, 1 << 40), 0, 1);
    let jobs = |at| decide(&book, true, at, &TEMPO, &[], |_| Standing::Free).unwrap().jobs;
    assert_eq!(jobs(359), []);
    assert_eq!(jobs(360), [Job::Harvest]);
    assert_eq!(jobs(1_001), [Job::Harvest, Job::Poke]);
}

#[test]
fn stake_is_moved_after_the_harvest_that_measures_it_and_once_an_epoch() {
    let mut validators = Validators::new([1; 32], 0);
    validators.add([2; 32], 0).unwrap();
    validators.all[0].measured = 1_000_000;
    let mut book = Book::new(market(1 << 40, 1 << 40), 0, 1);
    let jobs = |book: &Book, at, harvest: Standing| {
        let standing = |duty: &Duty| match duty {
            Duty::Harvest => harvest,
            _ => Standing::Free,
        };
        decide(book, true, at, &TEMPO, &[], standing).unwrap().jobs
    };
    assert_eq!(jobs(&book, 360, Standing::Resting), [], "no validator is known yet");
    book.set_validators(validators.clone());
    assert_eq!(jobs(&book, 360, Standing::Free), [Job::Harvest]);
    assert_eq!(jobs(&book, 360, Standing::InFlight), []);
    // A harvest that does not work holds nothing up.
    assert_eq!(jobs(&book, 360, Standing::Resting), [Job::Rebalance]);
    book.harvest(361);
    assert_eq!(jobs(&book, 362, Standing::Free), [Job::Rebalance]);
    let planned = validators.plan(&[1_000_000, 0], 1, 1, 362)[0];
    validators.moved(planned, planned.amount, planned.amount, 362);
    book.set_validators(validators);
    assert_eq!(jobs(&book, 363, Standing::Free), []);
    assert_eq!(jobs(&book, 720, Standing::Free), [Job::Rebalance]);
    assert_eq!(
        decide(&book, true, 720, &TEMPO, &[], |_| Standing::Resting)
            .unwrap()
            .jobs,
        []
    );
}

#[test]
fn the_chains_price_matters_only_while_it_is_the_lower_one() {
    let one_to_one = 1_000_000_000;
    let book = |chain_price| Book::new(market(1 << 40, 1 << 40), chain_price, 1);
    assert!(!book(0).bound_by_chain(100));
    assert!(!book(one_to_one).bound_by_chain(100));
    assert!(book(one_to_one / 2).bound_by_chain(100));
}

#[test]
fn a_market_without_its_subnet_is_only_frozen() {
    let mut book = Book::new(market(1 << 40, 1 << 40), 0, 1);
    book.index_mut().set(
        1,
        Exposure {
            escrow: 1,
            debt_scaled: 1_000_000_000,
        },
    );
    let jobs = decide(&book, false, 2_000, &TEMPO, &[], |_| Standing::Free)
        .unwrap()
        .jobs;
    assert_eq!(jobs, [Job::Freeze]);
}

#[test]
fn what_is_in_flight_takes_its_room_under_the_price_cap() {
    // A pool so shallow that buying back one position moves its price beyond the cap.
    let mut state = market(1_000_000_000_000, 1_000_000_000_000);
    let debt = 40_000_000_000;
    state.vault.debt_scaled = 2 * debt;
    state.escrow = 2 * debt;
    state.open_positions = 2;
    let mut book = Book::new(state, 0, 1);
    for id in 0..2 {
        book.index_mut().set(
            id,
            Exposure {
                escrow: debt,
                debt_scaled: debt,
            },
        );
    }
    let due = |standing: &dyn Fn(u32) -> Standing| book.due(400, 10, standing).unwrap().ids;
    assert_eq!(due(&|_| Standing::Free), [0]);
    let first_is = |standing: Standing| move |id: u32| if id == 0 { standing } else { Standing::Free };
    assert_eq!(due(&first_is(Standing::InFlight)), [0u32; 0]);
    assert_eq!(due(&first_is(Standing::Resting)), [1]);
}
