//! The command line.

use clap::Parser;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Development node for Autonomy's contracts: Subtensor's limits, a stand-in for its staking, no network.
///
/// When it serves requests it prints one line to standard output: `ready ws://<address>:<port>`.
#[derive(Parser, Debug)]
#[command(name = "autonomy-node", version)]
pub struct Cli {
    /// When to seal blocks: `instant` (as soon as there are transactions), `interval:<ms>` (also empty ones), or
    /// `manual` (only when `engine_createBlock` asks). Blocks are final at once.
    #[arg(long, default_value = "instant")]
    pub sealing: Sealing,

    /// What time blocks carry: `system`, or `simulated:<ms>` (genesis plus that many milliseconds per block).
    #[arg(long, default_value = "system")]
    pub clock: Clock,

    /// Folder to keep the chain in; it survives being killed. Without it the chain lives in memory.
    #[arg(long, conflicts_with = "tmp")]
    pub base_path: Option<PathBuf>,

    /// Keep the chain in memory (the default; given for clarity).
    #[arg(long)]
    pub tmp: bool,

    /// States to keep: a number of blocks, or `archive`. [default: archive with --base-path, 1000 in memory]
    #[arg(long)]
    pub pruning: Option<Pruning>,

    /// Accounts //0, //1, … to fund besides //Alice to //Ferdie. Only counts when the chain is created.
    #[arg(long, default_value_t = 0)]
    pub accounts: u32,

    /// Address to listen on. Everything the node offers is open to whoever reaches it.
    #[arg(long, default_value = "127.0.0.1")]
    pub rpc_address: IpAddr,

    /// Port to listen on; 0 chooses a free one.
    #[arg(long, default_value_t = 9944)]
    pub rpc_port: u16,

    /// Log filter, as in RUST_LOG, which it overrides.
    #[arg(long)]
    pub log: Option<String>,
}

/// When blocks are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// As soon as there are transactions.
    Instant,
    /// Every so often, also without transactions.
    Interval(Duration),
    /// Only on request.
    Manual,
}

/// What time blocks carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's.
    System,
    /// Genesis plus a fixed time per block.
    Simulated(Duration),
}

/// How much history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pruning {
    /// All of it.
    Archive,
    /// The states and bodies of so many blocks.
    Blocks(u32),
}

/// Why an argument was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// None of the words that are possible.
    #[error("expected {expected}, got `{got}`")]
    Unknown {
        /// What is possible.
        expected: &'static str,
        /// What was given.
        got: String,
    },
    /// A duration of zero or not a number.
    #[error("`{0}` is not a positive number of milliseconds")]
    Milliseconds(String),
    /// Zero or not a number.
    #[error("`{0}` is not a positive number of blocks")]
    Blocks(String),
}

fn milliseconds(text: &str) -> Result<Duration, ArgumentError> {
    match text.parse::<u64>() {
        Ok(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
        _ => Err(ArgumentError::Milliseconds(text.into())),
    }
}

impl FromStr for Sealing {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.strip_prefix("interval:")) {
            ("instant", _) => Ok(Sealing::Instant),
            ("manual", _) => Ok(Sealing::Manual),
            (_, Some(ms)) => milliseconds(ms).map(Sealing::Interval),
            _ => Err(ArgumentError::Unknown {
                expected: "instant, interval:<ms> or manual",
                got: text.into(),
            }),
        }
    }
}

impl FromStr for Clock {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.strip_prefix("simulated:")) {
            ("system", _) => Ok(Clock::System),
            (_, Some(ms)) => milliseconds(ms).map(Clock::Simulated),
            _ => Err(ArgumentError::Unknown {
                expected: "system or simulated:<ms>",
                got: text.into(),
            }),
        }
    }
}

impl FromStr for Pruning {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.parse::<u32>()) {
            ("archive", _) => Ok(Pruning::Archive),
            (_, Ok(blocks)) if blocks > 0 => Ok(Pruning::Blocks(blocks)),
            _ => Err(ArgumentError::Blocks(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealing_is_parsed() {
        assert_eq!("instant".parse(), Ok(Sealing::Instant));
        assert_eq!(
            "interval:250".parse(),
            Ok(Sealing::Interval(Duration::from_millis(250)))
        );
        assert_eq!(
            "interval:0".parse::<Sealing>(),
            Err(ArgumentError::Milliseconds("0".into()))
        );
        assert!("often".parse::<Sealing>().is_err());
    }

    #[test]
    fn clock_and_pruning_are_parsed() {
        assert_eq!("simulated:12000".parse(), Ok(Clock::Simulated(Duration::from_secs(12))));
        assert_eq!("archive".parse(), Ok(Pruning::Archive));
        assert_eq!("64".parse(), Ok(Pruning::Blocks(64)));
        assert_eq!("0".parse::<Pruning>(), Err(ArgumentError::Blocks("0".into())));
    }
}
