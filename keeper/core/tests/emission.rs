//! A keeper that decides by what it knows settles whatever is over, however late, and moves nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "helpers of the tests"
)]

use keeper_core::emission::{Book, Entry, Progress, SEATS};
use keeper_core::{reward_to_demand, Budget, Cooldowns, Declined, Duty, Expense, Job, Limits, Standing, Terms};
use kernel::emission::{Bond, Ladder, LadderRules, Reason, State};
use kernel::flow::{EPOCH, REMEMBERED};

const LISTED: Entry = Entry {
    listed: true,
    alive: true,
};

/// The emission contract, as far as a keeper sees it: seats that are settled page by page, epoch by epoch.
struct Contract {
    next_epoch: u32,
    /// The next seat of the epoch that is being settled.
    round: Option<u32>,
    seats: u32,
    settled: Vec<u32>,
}

impl Contract {
    fn new(next_epoch: u32, seats: u32) -> Self {
        Self {
            next_epoch,
            round: None,
            seats,
            settled: Vec::new(),
        }
    }

    fn book(&self) -> Book {
        let mut book = Book::new();
        let progress = Progress {
            next_epoch: self.next_epoch,
            begun: self.round.is_some(),
            seats: self.seats,
            vacant: 0,
        };
        let all = || (1..=self.seats).map(|netuid| (netuid as u16, 1));
        book.set_progress(progress, all());
        book.set_registry(all().map(|subnet| (subnet, LISTED)));
        book
    }

    /// A `settle`, as the contract does it.
    fn settle(&mut self, limit: u32, now: u32) {
        let running = now / EPOCH;
        let next = self.round.take().unwrap_or_else(|| {
            assert!(self.next_epoch < running, "NothingToSettle");
            self.next_epoch = self.next_epoch.max(running.saturating_sub(REMEMBERED));
            0
        });
        let next = (next + limit).min(self.seats);
        if next < self.seats {
            self.round = Some(next);
        } else {
            self.settled.push(self.next_epoch);
            self.next_epoch += 1;
        }
    }
}

fn free(_: &Duty) -> Standing {
    Standing::Free
}

/// Does what is decided in each of `blocks`; returns how many transactions that took.
fn keep(contract: &mut Contract, blocks: std::ops::Range<u32>) -> usize {
    let mut sent = 0;
    for now in blocks {
        for job in contract.book().decide(now, free) {
            let Job::Settle(limit) = job else { panic!("{job:?}") };
            contract.settle(limit, now);
            sent += 1;
        }
    }
    sent
}

#[test]
fn a_late_keeper_settles_all_epochs_that_are_over_page_by_page() {
    let mut contract = Contract::new(3, 2 * SEATS + 1);
    assert_eq!(contract.book().behind(6 * EPOCH), 3);
    let sent = keep(&mut contract, 6 * EPOCH..6 * EPOCH + 40);
    assert_eq!(contract.settled, [3, 4, 5]);
    assert_eq!(sent, 9, "three pages for each of three epochs");
    assert_eq!(contract.book().behind(6 * EPOCH + 40), 0);
}

#[test]
fn a_round_that_a_crash_left_open_goes_on_where_it_was() {
    let mut contract = Contract::new(5, 3 * SEATS);
    contract.settle(SEATS, 6 * EPOCH);
    assert_eq!(contract.round, Some(SEATS));
    assert_eq!(keep(&mut contract, 6 * EPOCH + 7..6 * EPOCH + 20), 2);
    assert_eq!(contract.settled, [5]);
}

#[test]
fn nothing_is_sent_while_nothing_is_over() {
    let mut contract = Contract::new(6, 5);
    assert_eq!(keep(&mut contract, 6 * EPOCH..7 * EPOCH), 0);
    assert_eq!(keep(&mut contract, 7 * EPOCH..7 * EPOCH + 1), 1);
    assert_eq!(Book::new().decide(u32::MAX, free), [], "nothing is known");
}

#[test]
fn an_epoch_without_seats_is_settled_too() {
    let mut contract = Contract::new(0, 0);
    assert_eq!(keep(&mut contract, EPOCH..EPOCH + 9), 1);
    assert_eq!(contract.settled, [0]);
}

#[test]
fn a_page_in_flight_or_resting_is_not_sent_again() {
    let book = Contract::new(0, 5).book();
    for standing in [Standing::InFlight, Standing::Resting] {
        assert_eq!(book.decide(EPOCH, |_| standing), []);
    }
}

#[test]
fn listed_markets_get_seats_and_unlisted_or_ended_ones_lose_theirs() {
    let unlisted = Entry {
        listed: false,
        ..LISTED
    };
    let ended = Entry { alive: false, ..LISTED };
    let mut book = Book::new();
    let progress = Progress {
        next_epoch: 1,
        begun: false,
        seats: 4,
        vacant: 0,
    };
    book.set_progress(progress, [(1, 1), (2, 1), (3, 1), (9, 1)]);
    book.set_registry([
        ((1, 1), LISTED),
        ((2, 1), unlisted),
        ((3, 1), ended),
        ((3, 2), LISTED),
        ((4, 1), unlisted),
        ((5, 1), ended),
    ]);
    let jobs = [Job::Unseat(2, 1), Job::Unseat(3, 1), Job::Enroll(3, 2)];
    assert_eq!(
        book.decide(EPOCH, free),
        jobs,
        "of the market 9/1 the registry says nothing"
    );
}

#[test]
fn no_market_is_enrolled_beyond_the_last_seat() {
    let mut book = Book::new();
    let full = Progress {
        next_epoch: 1,
        begun: false,
        seats: 128,
        vacant: 0,
    };
    let listed = [((1, 1), LISTED), ((2, 1), LISTED)];
    book.set_progress(full, []);
    book.set_registry(listed);
    assert_eq!(book.decide(EPOCH, free), []);
    book.set_progress(Progress { vacant: 1, ..full }, []);
    assert_eq!(book.decide(EPOCH, free), [Job::Enroll(1, 1)]);
}

#[test]
fn a_challenge_is_decided_and_the_market_delisted_without_anybodys_hand() {
    let rules = LadderRules {
        patience: 2,
        quarantine_epochs: 8,
        challenge_epochs: 4,
        delist_delay: 7_200,
        ..LadderRules::default()
    };
    let mut contract = Contract::new(10, 1);
    let mut ladder = Ladder {
        state: State::Quarantine { ends: 18 },
        ..Ladder::new(9)
    };
    ladder.challenge([7; 32], rules.bond, 10, &rules).unwrap();
    let (mut states, mut bonds, mut epochs) = (vec![], vec![], 0);
    for now in 10 * EPOCH..45 * EPOCH {
        for job in contract.book().decide(now, free) {
            let Job::Settle(limit) = job else { panic!("{job:?}") };
            let epoch = contract.next_epoch;
            contract.settle(limit, now);
            // It only extracts.
            let (transition, bond) = ladder.step(-5_000, Reason::NetOutflow, epoch, now, &rules);
            states.extend(transition.map(|transition| transition.to));
            bonds.extend(bond);
            epochs += 1;
        }
    }
    assert_eq!(epochs, 34, "every epoch once");
    let condemned = State::Condemned { at: 15 * EPOCH + 7_200 };
    assert_eq!(states, [condemned, State::Delisted]);
    let returned = Bond::Returned {
        to: [7; 32],
        amount: rules.bond,
    };
    assert_eq!(bonds, [returned]);
}

#[test]
fn nothing_is_sent_once_the_subsidy_is_used_up_and_settling_goes_on_in_the_next_period() {
    let mut contract = Contract::new(0, 1);
    let mut budget = Budget::new(Limits {
        period_blocks: 2 * EPOCH,
        fees: 1_000,
        subsidy: 150,
    });
    let mut cooldowns = Cooldowns::new(8);
    let terms = Terms {
        min_profit: 0,
        subsidised: true,
    };
    let (mut sent, mut declined) = (vec![], 0);
    for now in 0..5 * EPOCH {
        let standing = |duty: &Duty| {
            if cooldowns.ready(duty, now) {
                Standing::Free
            } else {
                Standing::Resting
            }
        };
        for job in contract.book().decide(now, standing) {
            // Settling pays nothing.
            let expense = Expense {
                block: now,
                fee: 100,
                reward: 0,
            };
            match reward_to_demand(terms, expense, &mut budget) {
                Ok(demand) => {
                    assert_eq!(demand, 0);
                    budget.book(expense);
                    contract.settle(SEATS, now);
                    sent.push(now / EPOCH);
                }
                Err(Declined::Exhausted(_)) => {
                    job.duties().into_iter().for_each(|duty| cooldowns.failed(duty, now));
                    declined += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert_eq!(sent, [1, 3], "one fee fits a period of two epochs");
    assert!(
        (10..200).contains(&declined),
        "{declined} dry runs while there was no money"
    );
    assert_eq!(contract.next_epoch, 2);
}
