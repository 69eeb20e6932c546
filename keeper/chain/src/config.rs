//! How a chain is reached, and how long an answer may take.

use std::time::Duration;

/// Limits of waiting. Every wait on the network has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, and for the chain's metadata over it.
    pub connect: Duration,
    /// For the answer to a read.
    pub request: Duration,
    /// For the answer to a dry run, which executes a contract.
    pub dry_run: Duration,
    /// For the answer to a submission.
    pub submit: Duration,
    /// For the next block, before the endpoint counts as stalled.
    pub stall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            // A TLS handshake around the world and half a megabyte of metadata.
            connect: Duration::from_secs(10),
            // Slower than any healthy public endpoint, and still less than one block of 12 s.
            request: Duration::from_secs(4),
            // A node stops executing after about 2 s of weight; twice that includes the way there and back.
            dry_run: Duration::from_secs(5),
            // The pool validates the transaction before it answers.
            submit: Duration::from_secs(5),
            // Five blocks of 12 s: fewer happen on a healthy chain when authors are offline.
            stall: Duration::from_secs(60),
        }
    }
}

/// Where a chain is reached.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// WebSocket addresses, the preferred one first.
    pub endpoints: Vec<String>,
    /// Genesis hash that every endpoint must have; that of the first one reached when absent.
    pub genesis: Option<[u8; 32]>,
    /// Limits of waiting.
    pub timeouts: Timeouts,
}
