//! Attacks on when validators are measured: late, skipped and timed harvests, and deposits for a moment.

use crate::attacks::{of_dividends, undecided, EACH, EPOCHS};
use crate::subnet::{Subnet, YIELD};

/// What the first gains by its gifts where only every so many tempos are harvested and rebalanced, at their end.
fn gained_late(begin: &Subnet, every: u32, gift: impl Fn(u32, u64) -> u64) -> i128 {
    let run = |giving: bool| {
        let mut subnet = begin.clone();
        for epoch in 0..EPOCHS {
            let gift = if giving { gift(epoch, subnet.held[0]) } else { 0 };
            subnet.pay(&[gift]);
            if epoch % every == every - 1 {
                subnet.harvest();
                subnet.rebalance();
            }
        }
        subnet.profit(&[0])
    };
    run(true) - run(false)
}

/// When gifts are given, by the tempo and how many of them are harvested together.
type Plan = fn(u32, u32) -> bool;

const PLANS: [Plan; 6] = [
    |_, _| true,
    |epoch, every| epoch % every == every - 1,
    |epoch, every| epoch % every == 0,
    |epoch, every| epoch < every,
    |epoch, every| epoch == every - 1,
    |epoch, every| epoch < 10 * every && epoch % every == every - 1,
];

#[test]
fn gifts_combined_with_harvests_of_five_or_more_tempos_at_once_cost_more_than_they_bring() {
    for others in [3, 6, 7] {
        let subnet = Subnet::settled(&vec![EACH; others + 1]);
        for every in [5, 10, 20, 50] {
            for percent in [1, 5, 10, 20, 50, 100, 200, 400, 1_000, 3_000] {
                for (index, plan) in PLANS.iter().enumerate() {
                    let profit = gained_late(&subnet, every, |epoch, stake| {
                        if plan(epoch, every) {
                            of_dividends(stake, percent)
                        } else {
                            0
                        }
                    });
                    assert!(
                        profit <= 0,
                        "{profit} with {percent} % by plan {index} every {every} among {others}"
                    );
                }
            }
        }
    }
}

/// Less than where every tempo is harvested.
#[test]
fn gifts_combined_with_every_second_or_third_harvest_bring_a_third_of_what_hysteresis_leaves_undecided_at_most() {
    for others in [3, 6, 7] {
        let subnet = Subnet::settled(&vec![EACH; others + 1]);
        for every in [2, 3] {
            for percent in [1, 5, 10, 20, 50, 100, 200, 400, 1_000, 3_000] {
                for (index, plan) in PLANS.iter().enumerate() {
                    let profit = gained_late(&subnet, every, |epoch, stake| {
                        if plan(epoch, every) {
                            of_dividends(stake, percent)
                        } else {
                            0
                        }
                    });
                    assert!(
                        profit <= undecided(&subnet) / 3,
                        "{profit} with {percent} % by plan {index} every {every} among {others}"
                    );
                }
            }
        }
    }
}

/// Whoever pays what others pay gains nothing by choosing when to harvest and when not.
#[test]
fn skipped_harvests_alone_bring_no_more_than_what_hysteresis_leaves_undecided() {
    for others in [3, 4, 6, 7] {
        let mut begin = Subnet::settled(&vec![EACH; others]);
        begin.add();
        let run = |skips: fn(u32) -> bool| {
            let mut subnet = begin.clone();
            for epoch in 0..EPOCHS {
                subnet.pay(&[]);
                if !skips(epoch) {
                    subnet.harvest();
                    subnet.rebalance();
                }
            }
            subnet.profit(&[others])
        };
        let always = run(|_| false);
        for skips in [|epoch| epoch % 2 == 0, |epoch| epoch % 7 != 0, |epoch| epoch > 30] as [fn(u32) -> bool; 3] {
            let profit = run(skips) - always;
            assert!(profit <= undecided(&begin), "{profit} among {others}");
        }
    }
}

/// Dividends go to stake that is there when they are paid, however short; what came within half a tempo is not measured by them.
#[test]
fn rebalancing_at_any_block_of_a_tempo_brings_a_fifth_of_what_hysteresis_leaves_undecided_at_most() {
    for others in [3, 4, 6, 7] {
        let mut begin = Subnet::settled(&vec![EACH; others]);
        begin.add();
        let run = |offset: u32| {
            let mut subnet = begin.clone();
            for _ in 0..EPOCHS {
                subnet.pay(&[]);
                subnet.harvest();
                subnet.now += offset;
                subnet.rebalance();
                subnet.now -= offset;
            }
            assert_eq!(subnet.moved, 0, "it comes to rest");
            subnet.profit(&[others])
        };
        let at_once = run(0);
        for offset in [1, 90, 170, 179, 180, 181, 200, 270, 359] {
            let profit = run(offset) - at_once;
            assert!(
                profit <= undecided(&begin) / 5,
                "{profit} at block {offset} among {others}"
            );
        }
    }
}

/// Somebody deposits `capital` times the market's stake with `who` before a harvest and takes it back after it, in one block.
fn harvest_through_a_deposit(subnet: &mut Subnet, who: usize, capital: u64) {
    let (before, more) = (subnet.held[who], subnet.total() * capital);
    subnet.held[who] += more;
    subnet.validators.all[who].observe(before, before + more, subnet.now);
    subnet.harvest();
    subnet.held[who] -= more;
    subnet.validators.all[who].observe(before + more, before, subnet.now);
}

/// A window counts once all stake there is has worked for half a tempo, and a deposit of a moment is stake. It puts off the window, not
/// what was paid in it, and each one that follows takes as much more. As much as all the market has keeps a newcomer that pays twice
/// as much as others at its probe for ten days, in which 18 of 200 windows are measured.
#[test]
fn a_deposit_for_a_moment_puts_off_as_many_windows_as_it_is_halves_of_the_stake_there_at_most() {
    for capital in [1, 2, 5, 10] {
        let mut subnet = Subnet::settled(&[EACH; 4]);
        subnet.add();
        subnet.yields[4] = YIELD * 2;
        let (mut in_a_row, mut windows) = (0, 0);
        for _ in 0..400 {
            subnet.pay(&[]);
            harvest_through_a_deposit(&mut subnet, 4, capital);
            let most = 2 * capital * subnet.total() / subnet.held[4].max(1) + 2;
            in_a_row += 1;
            if subnet.validators.all[4].windows != windows {
                (in_a_row, windows) = (0, subnet.validators.all[4].windows);
            }
            assert!(in_a_row <= most, "{in_a_row} with {capital}");
            subnet.rebalance();
        }
    }
}

/// What an operator keeps that pays nobody anything from now on, and puts off what is measured by such deposits, over what it would
/// have taken.
fn kept(capital: u64) -> f64 {
    let mut subnet = Subnet::settled(&[EACH; 7]);
    let mut honest = subnet.clone();
    // Next to nothing: who pays nothing at all is silent.
    subnet.yields[0] = YIELD / 1_000;
    let mut kept = 0;
    for _ in 0..EPOCHS {
        subnet.pay(&[]);
        kept += of_dividends(subnet.held[0], 100) * 100 / 82;
        harvest_through_a_deposit(&mut subnet, 0, capital);
        subnet.rebalance();
        honest.epoch(&[]);
    }
    kept as f64 / honest.profit(&[0]) as f64
}

#[test]
fn who_stops_paying_loses_its_stake_and_more_than_it_keeps() {
    assert!(kept(0) < 0.5, "{}", kept(0));
}

/// With deposits of twice all stake it still loses, with five times as much it takes half as much again, with twenty times three times
/// as much as an honest operator in 400 tempos.
#[test]
fn who_stops_paying_and_deposits_all_stake_again_for_a_moment_keeps_an_eighth_of_its_take_for_each_time_more_at_most() {
    for capital in [1, 2] {
        assert!(kept(capital) < 1.0, "{} with {capital}", kept(capital));
    }
    for capital in [5, 10, 20] {
        assert!(
            kept(capital) < 1.2 + 0.12 * capital as f64,
            "{} with {capital}",
            kept(capital)
        );
    }
}
