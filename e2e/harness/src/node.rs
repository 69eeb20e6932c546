//! The development node as a child process.

use crate::process::Process;
use crate::{places, wait};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::Command;

/// A debug build on a loaded machine starts within seconds.
const START: Duration = Duration::from_secs(60);

/// When blocks are sealed.
#[derive(Clone, Copy, Debug)]
pub enum Sealing {
    /// Only when asked.
    Manual,
    /// Every so many milliseconds.
    Interval(u64),
}

/// A running node.
pub struct Node {
    process: Process,
    folder: PathBuf,
    port: u16,
    sealing: Sealing,
    persistent: bool,
    accounts: u32,
    starts: u32,
}

impl Node {
    /// Starts a node whose files lie in `folder`, with //0 to //(`accounts` − 1) funded, on a free port or the one given.
    pub async fn start(folder: &Path, sealing: Sealing, accounts: u32, persistent: bool, port: u16) -> Result<Self> {
        let (process, port) = launch(folder, sealing, accounts, persistent, port, 0).await?;
        Ok(Self {
            process,
            folder: folder.to_owned(),
            port,
            sealing,
            persistent,
            accounts,
            starts: 1,
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// SIGKILL.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await
    }

    /// SIGTERM, and how it ends.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.process.terminate().await
    }

    /// Starts it again after its end, at the same port with the same files.
    pub async fn restart(&mut self) -> Result<()> {
        let (process, _) = launch(
            &self.folder,
            self.sealing,
            self.accounts,
            self.persistent,
            self.port,
            self.starts,
        )
        .await?;
        self.process = process;
        self.starts = self.starts.saturating_add(1);
        Ok(())
    }

    /// Fails with the end of the log when it has ended.
    pub fn expect_running(&mut self) -> Result<()> {
        self.process.expect_running()
    }
}

async fn launch(
    folder: &Path,
    sealing: Sealing,
    accounts: u32,
    persistent: bool,
    port: u16,
    start: u32,
) -> Result<(Process, u16)> {
    let mut command = Command::new(places::node()?);
    let sealing = match sealing {
        Sealing::Manual => "manual".to_owned(),
        Sealing::Interval(ms) => format!("interval:{ms}"),
    };
    command.args(["--sealing", &sealing, "--rpc-port", &port.to_string()]);
    command.args(["--accounts", &accounts.to_string()]);
    if persistent {
        command.arg("--base-path").arg(folder.join("chain"));
    }
    let log = folder.join(format!("node-{start}.log"));
    let mut process = Process::start("the node", &mut command, &log)?;
    let port = wait::until("the node to be ready", START, async || {
        process.expect_running()?;
        let log = process.log();
        let ready = log.lines().find_map(|line| line.strip_prefix("ready ws://127.0.0.1:"));
        Ok(ready.and_then(|port| port.trim().parse().ok()))
    })
    .await?;
    Ok((process, port))
}
