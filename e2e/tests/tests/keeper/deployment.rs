//! `keeper deploy` is idempotent.

use anyhow::{ensure, Context, Result};
use e2e_tests::World;
use std::path::Path;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deploying_twice_changes_nothing() -> Result<()> {
    let world = World::new(false).await?;
    let plans = [world.market_plan().await?];
    let deployment = world.stage.deployment(&plans);
    let file = deployment.file();
    let (before, addresses) = (std::fs::read(&file)?, contracts(&file)?);
    let head = world.chain().best().await?;
    let nonce = world.chain().connection.next_nonce(&world.stage.root.id).await?;

    // No block is sealed meanwhile: a run that waited for one would not end.
    let summary = deployment.run(&world.stage.node.url()).await?;
    expect_unchanged(&summary)?;
    ensure!(std::fs::read(&file)? == before, "the deployment file changed");

    // Without the file it finds the same contracts, because their addresses follow from code, arguments and salt.
    std::fs::remove_file(&file)?;
    let summary = deployment.run(&world.stage.node.url()).await?;
    expect_unchanged(&summary)?;
    ensure!(contracts(&file)? == addresses, "the addresses changed");

    let after = world.chain().connection.next_nonce(&world.stage.root.id).await?;
    ensure!(after == nonce, "the deployer sent {} transactions", after - nonce);
    ensure!(world.chain().best().await? == head, "somebody sealed a block");
    Ok(())
}

fn expect_unchanged(summary: &serde_json::Value) -> Result<()> {
    let number = |name: &str| summary.get(name).and_then(serde_json::Value::as_u64);
    ensure!(
        number("transactions") == Some(0) && number("unchanged") == Some(1) && number("fees_rao") == Some(0),
        "{summary}"
    );
    Ok(())
}

/// Address, code and salt of every contract of a deployment file.
fn contracts(file: &Path) -> Result<Vec<[String; 3]>> {
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let contracts = file
        .get("contracts")
        .and_then(|c| c.as_array())
        .context("no contracts")?;
    let text = |entry: &serde_json::Value, name: &str| {
        let text = entry.get(name).and_then(|value| value.as_str());
        text.map(str::to_owned).with_context(|| format!("no {name}"))
    };
    let three = |entry| Ok([text(entry, "address")?, text(entry, "code_hash")?, text(entry, "salt")?]);
    contracts.iter().map(three).collect()
}
