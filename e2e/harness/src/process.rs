//! Child processes: their output goes to a file, they are ended by their id, and they do not outlive their owner.

use crate::wait;
use anyhow::{bail, Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

/// An orderly end takes at most this long on a loaded machine.
const END: Duration = Duration::from_secs(30);

/// A running program.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program; both its outputs are appended to `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log);
        let file = file.with_context(|| format!("cannot write {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("the log cannot be shared")?)
            .stderr(file)
            .kill_on_drop(true);
        let child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
        })
    }

    /// Its process id while it runs.
    pub fn id(&self) -> Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Fails with the end of the log when the program has ended.
    pub fn expect_running(&mut self) -> Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => bail!("{} ended with {status}:\n{}", self.name, self.log_tail()),
        }
    }

    /// SIGKILL: nothing is flushed, nothing is closed.
    pub async fn kill(&mut self) -> Result<()> {
        wait::within(&format!("killing {}", self.name), END, self.child.kill()).await??;
        Ok(())
    }

    /// SIGTERM, and how the program ends.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        let pid = self.id()?.to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        let sent = wait::within("sending a signal", END, sent).await??;
        if !sent.success() {
            bail!("{} could not be signalled", self.name);
        }
        let what = format!("the end of {}", self.name);
        Ok(wait::within(&what, END, self.child.wait()).await??)
    }

    /// Everything it has written.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The end of what it has written.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

/// Runs a program to its end and returns what it wrote to standard output; fails with its errors when it fails.
pub async fn run(name: &str, command: &mut Command, limit: Duration) -> Result<String> {
    let output = output(name, command, limit).await?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!(
            "{name} ended with {}:\n{stdout}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(stdout)
}

/// Runs a program to its end, however it ends.
pub async fn output(name: &str, command: &mut Command, limit: Duration) -> Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(wait::within(name, limit, command.output()).await??)
}
