//! The demonstration is the main job: it must never stop working unnoticed.

use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::process::Command;

#[test]
fn the_demo_meets_its_expectations_and_says_so() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let output = Command::new(env!("CARGO_BIN_EXE_autonomy-scenario"))
        .args(["demo", "--seed", "7"])
        .current_dir(folder.path())
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{told}\n{errors}");

    let summary = std::fs::read(folder.path().join("target/demo/summary.json"))?;
    let summary: Value = serde_json::from_slice(&summary)?;
    let number = |pointer: &str| {
        summary
            .pointer(pointer)
            .and_then(Value::as_u64)
            .with_context(|| pointer.to_owned())
    };
    for (pointer, least) in [
        ("/blocks", 300),
        ("/swaps", 200),
        ("/shorts_opened", 20),
        ("/harvests", 1),
        ("/claims_paid", 1),
        ("/keeper/restarts", 1),
        ("/keeper/transactions", 1),
        ("/keeper/fees_rao", 1),
        ("/keeper/rewards_rao", 1),
        ("/custody/blocks_checked", 300),
    ] {
        ensure!(number(pointer)? >= least, "{pointer} is {}", number(pointer)?);
    }
    ensure!(number("/custody/violations")? == 0);
    ensure!(summary.get("wall_seconds").and_then(Value::as_f64).context("no time")? < 300.0);
    let liquidations = summary
        .get("liquidations")
        .and_then(Value::as_array)
        .context("no liquidations")?;
    for liquidation in liquidations {
        for field in [
            "market",
            "id",
            "due_block",
            "executed_block",
            "debt_repaid",
            "collateral_taken",
            "bounty",
            "bad_debt",
        ] {
            ensure!(liquidation.get(field).is_some(), "{liquidation} has no {field}");
        }
    }
    Ok(())
}
