//! The audit for people and for programs.

use std::fmt::Write;

use keeper_chain::contracts::address;
use keeper_chain::suite::CapabilityReport;
use kernel::handover::NEVER;
use serde_json::{json, Value};

use super::compare::Check;
use super::facts::{Facts, Found};

/// A block, or that it never comes.
fn block(block: u32) -> String {
    if block == NEVER {
        "never".to_owned()
    } else {
        block.to_string()
    }
}

fn block_json(block: u32) -> Value {
    if block == NEVER {
        Value::Null
    } else {
        block.into()
    }
}

/// A table of text.
pub fn table(registry: &[u8; 32], found: &Found, checks: &[Check]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = match found {
        Found::Suite(facts) => describe(&mut out, facts),
        Found::Stranger(_) => writeln!(out, "registry     {}\n", address(registry)),
    };
    for check in checks {
        let mark = if check.matches { "ok  " } else { "FAIL" };
        let _ = writeln!(out, "{mark}  {}: {}", check.what, check.found);
    }
    out.trim_end().to_owned()
}

fn describe(out: &mut String, facts: &Facts) -> std::fmt::Result {
    let Facts { report, calendar, .. } = facts;
    let who = |account: &[u8; 32]| {
        if *account == report.core {
            "core".to_owned()
        } else if *account == report.dao {
            "DAO".to_owned()
        } else {
            address(account)
        }
    };
    writeln!(
        out,
        "Suite of registry {} at block {}\n",
        address(&facts.registry),
        facts.block
    )?;
    writeln!(
        out,
        "{:<16} {:<13} {:<7} {:>9}  {:<26} {:>10} {:>10}",
        "capability", "stage", "holder", "waits", "next", "core ends", "frozen at"
    )?;
    for CapabilityReport {
        capability,
        stage,
        holder,
        delay,
        next,
        core_ends,
        frozen_at,
    } in &report.capabilities
    {
        writeln!(
            out,
            "{:<16} {:<13} {:<7} {:>9}  {:<26} {:>10} {:>10}",
            format!("{capability:?}"),
            format!("{stage:?}"),
            holder.as_ref().map_or_else(|| "nobody".to_owned(), who),
            block(*delay),
            next.map_or_else(String::new, |(stage, at)| format!("{stage:?} at {at}")),
            block(*core_ends),
            block(*frozen_at),
        )?;
    }
    writeln!(out)?;
    writeln!(out, "core         {}", address(&report.core))?;
    writeln!(out, "DAO          {}", address(&report.dao))?;
    let guardian = &report.guardian;
    match guardian.account {
        Some(account) if guardian.is_active(report.block) => writeln!(
            out,
            "guardian     {}, until block {}, {} block(s) of pause left",
            address(&account),
            guardian.until,
            guardian.budget
        )?,
        Some(account) => writeln!(
            out,
            "guardian     {}, over since block {}",
            address(&account),
            guardian.until
        )?,
        None => writeln!(out, "guardian     nobody; none after block {}", calendar.guardian_until)?,
    }
    let deployer = report.deployer.as_ref().map_or_else(|| "nobody".to_owned(), address);
    writeln!(out, "deployer     {deployer}")?;
    let treasury = &report.treasury;
    writeln!(
        out,
        "treasury     at most {} rao in {} blocks, {} rao left now",
        treasury.cap,
        treasury.epoch_blocks,
        treasury.left(report.block)
    )?;
    let emission = &facts.emission;
    writeln!(
        out,
        "emission     rules of version {}, {} rao of budget, {} rao of bonds, {} rao paid, next epoch {}",
        emission.stored.version,
        emission.available,
        emission.stored.bonds,
        emission.stored.total_paid,
        emission.stored.next_epoch
    )?;
    match &report.certificate {
        Some(certificate) => writeln!(out, "certificate  of block {}", certificate.block)?,
        None => writeln!(out, "certificate  none yet")?,
    }
    for contract in &facts.contracts {
        writeln!(out, "{:<12} {}", contract.name(), address(&contract.address))?;
    }
    let root = facts.root.as_ref().map_or_else(|| "no key".to_owned(), address);
    writeln!(out, "\noutside      root of the chain: {root}. {}\n", report.outside)
}

/// The same as JSON.
pub fn json(registry: &[u8; 32], found: &Found, checks: &[Check]) -> Value {
    let checks: Vec<Value> = checks
        .iter()
        .map(|check| json!({ "what": check.what, "matches": check.matches, "found": check.found }))
        .collect();
    let mismatches = checks.iter().filter(|check| check["matches"] == false).count();
    let mut report = match found {
        Found::Suite(facts) => facts_json(facts),
        Found::Stranger(stranger) => json!({ "stranger": stranger.to_string() }),
    };
    if let Some(report) = report.as_object_mut() {
        report.insert("registry".into(), address(registry).into());
        report.insert("checks".into(), checks.into());
        report.insert("mismatches".into(), mismatches.into());
    }
    report
}

fn facts_json(facts: &Facts) -> Value {
    let Facts { report, .. } = facts;
    let capability = |of: &CapabilityReport| {
        json!({
            "capability": format!("{:?}", of.capability),
            "stage": format!("{:?}", of.stage),
            "holder": of.holder.as_ref().map(address),
            "delay": block_json(of.delay),
            "next": of.next.map(|(stage, at)| json!({ "stage": format!("{stage:?}"), "block": at })),
            "core_ends": block_json(of.core_ends),
            "frozen_at": block_json(of.frozen_at),
        })
    };
    let contracts: Vec<Value> = facts
        .contracts
        .iter()
        .map(|contract| {
            json!({
                "kind": contract.part.name(),
                "netuid": contract.subnet.map(|(netuid, _)| netuid),
                "generation": contract.subnet.map(|(_, generation)| generation),
                "address": address(&contract.address),
                "code_hash": contract.code.map(|code| format!("0x{}", hex::encode(code))),
                "proxies": contract.proxies.iter().map(|proxy| address(&proxy.delegate)).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "block": facts.block,
        "handover": address(&facts.suite.authority),
        "capabilities": report.capabilities.iter().map(capability).collect::<Vec<_>>(),
        "core": address(&report.core),
        "dao": address(&report.dao),
        "guardian": {
            "account": report.guardian.account.as_ref().map(address),
            "active": report.guardian.is_active(report.block),
            "until": report.guardian.until,
            "pause_blocks_left": report.guardian.budget,
        },
        "deployer": report.deployer.as_ref().map(address),
        "treasury": {
            "cap_rao": report.treasury.cap,
            "epoch_blocks": report.treasury.epoch_blocks,
            "left_rao": report.treasury.left(report.block),
        },
        "emission": {
            "rules": format!("{:?}", facts.emission.stored.rules),
            "version": facts.emission.stored.version,
            "budget_rao": facts.emission.available,
            "bonds_rao": facts.emission.stored.bonds,
            "paid_rao": facts.emission.stored.total_paid,
            "next_epoch": facts.emission.stored.next_epoch,
        },
        "certificate": report.certificate.as_ref().map(|certificate| json!({ "block": certificate.block })),
        "contracts": contracts,
        "outside": {
            "root_key": facts.root.as_ref().map(address),
            "statement": report.outside,
        },
    })
}
