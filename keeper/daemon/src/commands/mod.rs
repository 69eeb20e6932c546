//! One file per command.

pub mod audit;
pub mod bench;
pub mod call;
pub mod check;
pub mod deploy;
pub mod once;
pub mod run;
pub mod status;
mod submit;

use std::io::Write;

/// Prints a report to standard output. A reader that has seen enough and closed the pipe is no error.
fn print(report: &serde_json::Value) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(report)?)
}

/// Prints a line to standard output, as [`print`] does.
fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
