//! The keeper's decisions with many open positions, measured by the keeper itself.

use anyhow::{Context, Result};
use harness::{places, process};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// A million positions are built and decided on within seconds; a debug build on a loaded machine takes longer.
const LIMIT: Duration = Duration::from_secs(600);
/// What to reach at a million positions: microseconds per block, bytes.
const REACH: (f64, u64) = (5_000.0, 400 * 1024 * 1024);

/// Runs `keeper bench` and reads what it wrote.
pub async fn measure(out: &Path) -> Result<Value> {
    let mut command = Command::new(places::keeper()?);
    command.arg("bench").arg("--out").arg(out);
    process::run("keeper bench", &mut command, LIMIT).await?;
    let text = std::fs::read(out).with_context(|| format!("cannot read {}", out.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", out.display()))
}

/// Prints the figures beside the snapshot's. Times depend on the machine, so they are never called worse.
pub fn compare(measured: &Value, snapshot: Option<&Value>) {
    println!();
    println!("keeper: one block's decision with 0.01 % of the positions due");
    println!(
        "{:<12} {:>14} {:>14} {:>12} {:>12}  reach at 1,000,000",
        "positions", "µs per block", "snapshot", "MiB", "snapshot"
    );
    for size in sizes(measured) {
        let positions = number(size, "positions");
        let before = snapshot.and_then(|s| sizes(s).iter().find(|b| number(b, "positions") == positions));
        let (time, memory) = (number(size, "time_per_block_us"), number(size, "rss_bytes"));
        let reached = if positions < 1e6 {
            ""
        } else if time <= REACH.0 && memory <= REACH.1 as f64 {
            "reached (5,000 µs, 400 MiB)"
        } else {
            "over (5,000 µs, 400 MiB)"
        };
        let old = |name: &str, scale: f64| before.map_or(String::new(), |b| format!("{:.1}", number(b, name) / scale));
        println!(
            "{positions:<12} {time:>14.1} {:>14} {:>12.1} {:>12}  {reached}",
            old("time_per_block_us", 1.0),
            memory / MIB,
            old("rss_bytes", MIB),
        );
    }
}

const MIB: f64 = 1024.0 * 1024.0;

fn sizes(file: &Value) -> &[Value] {
    file.get("sizes").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn number(size: &Value, name: &str) -> f64 {
    size.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN)
}
