//! Compares figures with the committed snapshot, the limits to reach, and what comparable contracts cost.

use super::{Contract, Overhead, Weights};
use std::collections::BTreeSet;

/// A cost counts as changed from this many picoseconds on: 1 µs, below which nobody pays a different fee.
const NOTEWORTHY: u64 = 1_000_000;

/// The figures to reach: message, milliseconds, the best comparable contract.
const REACH: [(&str, f64, &str); 17] = [
    ("swap_exact_in", 1.2, "3.84 bare pair, 7.8 through a router"),
    ("swap_exact_in_sell", 1.2, "3.84 bare pair, 7.8 through a router"),
    ("add_liquidity", 1.5, "9.5"),
    ("remove_liquidity", 1.5, "11.1"),
    ("open_short", 1.7, "8.9 borrow + 3.8 swap"),
    ("liquidate_1", 1.5, "16.6"),
    ("liquidate_50_per_position", 0.6, "16.6"),
    ("poke", 0.6, "1.5 oracle round"),
    ("vote", 1.1, "1.9"),
    ("submit", 1.6, "4.4"),
    ("lock", 1.2, "5.7"),
    ("reconcile_50_per_account", 0.35, ""),
    ("schedule", 1.4, "4.4"),
    ("execute", 1.5, "3.1"),
    ("settle_128_per_market", 1.3, ""),
    ("harvest", 1.2, ""),
    ("rebalance", 1.2, ""),
];
/// Largest code to reach, KiB, and what comparable contracts have.
const WASM_REACH: [(&str, u64, &str); 5] = [
    ("conviction", 64, "95,999 a governor"),
    ("emission", 64, ""),
    ("handover", 64, "95,999 a governor"),
    ("market", 88, "41,932 a vault + 41,627 a pair"),
    ("registry", 24, ""),
];

/// Prints one table per contract; returns how many figures are worse than the snapshot.
pub fn compare(measured: &Weights, snapshot: &Weights) -> usize {
    let mut worse = 0;
    for (name, contract) in &measured.contracts {
        let before = snapshot.contracts.get(name).cloned().unwrap_or_default();
        worse += table(name, contract, &before);
    }
    worse
}

fn table(name: &str, now: &Contract, before: &Contract) -> usize {
    let mut worse = 0;
    println!("{name}: gas of a dry run, without the extrinsic's base (ms of ref_time; 1 ms = 1e9 ps)");
    println!(
        "{:<32} {:>9} {:>9} {:>8}  {:>6}          best peer",
        "message", "measured", "snapshot", "change", "reach"
    );
    let names: BTreeSet<&String> = now.messages.keys().chain(before.messages.keys()).collect();
    for message in names {
        let (now, before) = (now.messages.get(message), before.messages.get(message));
        let reach = REACH.iter().find(|(name, ..)| name == message);
        let (limit, peer) = reach.map_or((None, ""), |(_, limit, peer)| (Some(*limit), *peer));
        let change = match (now, before) {
            (Some(now), Some(before)) if now.ref_time > before.ref_time + NOTEWORTHY => {
                worse += 1;
                format!("{:+.3}", ms(now.ref_time) - ms(before.ref_time))
            }
            (Some(now), Some(before)) if now.ref_time + NOTEWORTHY < before.ref_time => {
                format!("{:+.3}", ms(now.ref_time) - ms(before.ref_time))
            }
            (Some(_), Some(_)) => String::new(),
            (Some(_), None) => "new".to_owned(),
            (None, _) => "gone".to_owned(),
        };
        let verdict = match (now, limit) {
            (Some(now), Some(limit)) if ms(now.ref_time) > limit => "over",
            (Some(_), Some(_)) => "reached",
            _ => "",
        };
        println!(
            "{message:<32} {:>9} {:>9} {change:>8}  {:>6}  {verdict:<7} {peer}",
            now.map_or(String::new(), |cost| format!("{:.3}", ms(cost.ref_time))),
            before.map_or(String::new(), |cost| format!("{:.3}", ms(cost.ref_time))),
            limit.map_or(String::new(), |limit| format!("{limit:.1}")),
        );
    }
    worse += usize::from(before.wasm_bytes > 0 && now.wasm_bytes > before.wasm_bytes);
    let reach = WASM_REACH.iter().find(|(contract, ..)| *contract == name);
    let (limit, peer) = reach.map_or((u64::MAX, ""), |(_, kib, peer)| (kib * 1_024, *peer));
    println!(
        "{:<32} {:>9} {:>9} {:>8}  {limit:>6}  {:<7} {peer}",
        "Wasm, bytes",
        now.wasm_bytes,
        before.wasm_bytes,
        i128::from(now.wasm_bytes) - i128::from(before.wasm_bytes),
        if now.wasm_bytes > limit { "over" } else { "reached" },
    );
    breakdown(now);
    worse
}

/// Where the cost of short messages goes.
fn breakdown(contract: &Contract) {
    let Overhead { enter, load, alive } = contract.overhead;
    if enter == 0 {
        return;
    }
    println!(
        "every message: {:.3} ms to enter the code, {:.3} to read the state, {:.3} to ask whether the subnet lives (free on the chain)",
        ms(enter),
        ms(load),
        ms(alive),
    );
    for name in ["poke", "swap_exact_in"] {
        if let Some(cost) = contract.messages.get(name) {
            let own = cost
                .ref_time
                .saturating_sub(enter)
                .saturating_sub(load)
                .saturating_sub(alive);
            println!(
                "  {name}: {:.3} ms are its own work, storing the state included",
                ms(own)
            );
        }
    }
}

fn ms(picoseconds: u64) -> f64 {
    picoseconds as f64 / 1e9
}
