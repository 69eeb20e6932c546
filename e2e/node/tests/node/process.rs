//! A node as a child process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running node; it is killed when the test ends, however it ends.
pub struct Node {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Node {
    /// Starts a node on a free port and waits until it is ready.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the node starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the node prints a line");
        let url = line
            .trim()
            .strip_prefix("ready ")
            .expect("the line says where it listens")
            .to_owned();
        Self { child, url }
    }

    /// SIGKILL: nothing is flushed, nothing is closed.
    pub fn kill(mut self) {
        self.child.kill().expect("the node can be killed");
        self.child.wait().expect("the node ends");
    }

    /// SIGTERM, and how the node ends.
    pub fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("the node ends")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The node's binary with its arguments, on a free port.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autonomy-node"));
    command.args(["--rpc-port", "0"]).args(arguments);
    command
}
