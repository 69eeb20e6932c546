//! How the process ends.

use std::process::ExitCode;

use keeper_chain::{ChainError, Class, KeyError};
use keeper_store::StoreError;

use crate::config::ConfigError;
use crate::engine::EngineError;

/// Exit codes, as `keeper --help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done; for the daemon: it was asked to stop.
    Done = 0,
    /// Something failed that has no code of its own.
    Failed = 1,
    /// The command line, the configuration or the key cannot be used. (clap uses the same code.)
    Usage = 2,
    /// No endpoint could be reached.
    Unreachable = 3,
    /// The store is in use, foreign or broken.
    Store = 4,
    /// The chain or a contract refused what was asked.
    Refused = 5,
    /// A task of the daemon ended although nobody asked it to.
    TaskDied = 6,
    /// A check found something wrong.
    CheckFailed = 7,
    /// An audit found that the chain and what the suite says of itself do not match.
    AuditFailed = 8,
}

/// The table for `--help`.
pub const HELP: &str = "Exit codes:
  0  done, or stopped by SIGTERM or SIGINT
  1  failed otherwise
  2  unusable command line, configuration or key
  3  no endpoint could be reached
  4  the store is in use, foreign or broken
  5  the chain or a contract refused
  6  a task of the daemon ended by itself
  7  a check found something wrong
  8  an audit found a mismatch between the chain and what the suite says of itself";

/// A task that ended by itself.
#[derive(Debug, thiserror::Error)]
#[error("the task {task} ended: {reason}")]
pub struct TaskDied {
    /// Which one.
    pub task: &'static str,
    /// Why.
    pub reason: String,
}

/// A check that found something wrong.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {checks} checks failed")]
pub struct CheckFailed {
    /// How many failed.
    pub failed: usize,
    /// How many were made.
    pub checks: usize,
}

/// An audit that found a mismatch.
#[derive(Debug, thiserror::Error)]
#[error("{mismatches} of {comparisons} comparisons do not match")]
pub struct AuditFailed {
    /// How many do not match.
    pub mismatches: usize,
    /// How many were made.
    pub comparisons: usize,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code of an error: that of the first cause that has one.
    pub fn of(error: &anyhow::Error) -> Self {
        for cause in error.chain() {
            if cause.is::<TaskDied>() {
                return Self::TaskDied;
            }
            if cause.is::<CheckFailed>() {
                return Self::CheckFailed;
            }
            if cause.is::<AuditFailed>() {
                return Self::AuditFailed;
            }
            if cause.is::<ConfigError>() || cause.is::<KeyError>() {
                return Self::Usage;
            }
            if cause.is::<StoreError>() {
                return Self::Store;
            }
            if let Some(error) = cause.downcast_ref::<ChainError>() {
                return Self::of_chain(error);
            }
            // A transparent error hides what it wraps from the chain of causes.
            match cause.downcast_ref::<EngineError>() {
                Some(EngineError::Store(_)) => return Self::Store,
                Some(EngineError::Chain(error)) => return Self::of_chain(error),
                None => {}
            }
        }
        Self::Failed
    }

    fn of_chain(error: &ChainError) -> Self {
        match error {
            ChainError::Bundle(_) | ChainError::NoEndpoint => Self::Usage,
            error if error.class() == Class::Transient => Self::Unreachable,
            _ => Self::Refused,
        }
    }
}

/// An error and its causes in one line. Many errors quote their cause; what has been said is not said again.
pub fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = text + ": " + &cause;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn the_first_known_cause_decides() {
        let error = Err::<(), _>(StoreError::InUse)
            .context("opening the store")
            .unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Store);
        let stalled = ChainError::Stalled {
            after: std::time::Duration::from_secs(1),
        };
        assert_eq!(Exit::of(&stalled.into()), Exit::Unreachable);
        assert_eq!(Exit::of(&anyhow::anyhow!("anything")), Exit::Failed);
        let wrapped = EngineError::Store(StoreError::InUse);
        assert_eq!(Exit::of(&wrapped.into()), Exit::Store);
    }

    #[test]
    fn a_cause_is_told_once() {
        let read = std::io::Error::new(std::io::ErrorKind::NotFound, "no such file");
        let error = ConfigError::Read {
            path: "keeper.toml".into(),
            source: read,
        };
        let told = explain(&anyhow::Error::from(error).context("starting"));
        assert_eq!(
            told,
            "starting: cannot read the configuration keeper.toml: no such file"
        );
    }
}
