//! What can go wrong with a chain, and what that means for whoever asked.

use std::time::Duration;

/// How a failure is to be treated. Computed once, here; everything else only reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The endpoint or the network failed: the same request may work at another endpoint or later.
    Transient,
    /// Somebody else did it first. Normal, not an error.
    LostRace,
    /// The request itself cannot work; repeating it is pointless until something changes.
    Permanent,
    /// Nothing will work until an operator acts.
    Fatal,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 4] = [Self::Transient, Self::LostRace, Self::Permanent, Self::Fatal];

    /// Its name in logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::LostRace => "lost_race",
            Self::Permanent => "permanent",
            Self::Fatal => "fatal",
        }
    }
}

/// Why the chain could not be asked, or said no.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// No endpoint is configured.
    #[error("no endpoint is configured")]
    NoEndpoint,
    /// An endpoint did not accept a connection in time.
    #[error("{endpoint} did not accept a connection within {after:?}")]
    ConnectTimeout { endpoint: String, after: Duration },
    /// An endpoint refused the connection.
    #[error("cannot connect to {endpoint}: {source}")]
    Connect {
        endpoint: String,
        source: Box<subxt_rpcs::Error>,
    },
    /// An endpoint's connection was made, but its chain could not be read.
    #[error("cannot read the chain at {endpoint}: {reason}")]
    Handshake { endpoint: String, reason: String },
    /// An endpoint did not hand out its chain's metadata in time.
    #[error("{endpoint} did not answer with its metadata within {after:?}")]
    MetadataTimeout { endpoint: String, after: Duration },
    /// An endpoint serves another chain than the others.
    #[error("{endpoint} serves chain 0x{}, expected 0x{}", hex::encode(.got), hex::encode(.expected))]
    WrongChain {
        endpoint: String,
        expected: [u8; 32],
        got: [u8; 32],
    },
    /// A request was not answered in time.
    #[error("{method} was not answered within {after:?}")]
    RequestTimeout { method: &'static str, after: Duration },
    /// A dry run was not answered in time.
    #[error("the dry run was not answered within {after:?}")]
    DryRunTimeout { after: Duration },
    /// A submission was not answered in time: the node may or may not have the transaction.
    #[error("the submission was not answered within {after:?}")]
    SubmitTimeout { after: Duration },
    /// A subscription was not confirmed in time.
    #[error("{subscription} was not confirmed within {after:?}")]
    SubscribeTimeout {
        subscription: &'static str,
        after: Duration,
    },
    /// An endpoint announced no block for too long.
    #[error("no new block within {after:?}")]
    Stalled { after: Duration },
    /// A subscription ended.
    #[error("the subscription to {subscription} ended")]
    SubscriptionEnded { subscription: &'static str },
    /// A request failed.
    #[error("{method} failed: {source}")]
    Rpc {
        method: &'static str,
        source: Box<subxt_rpcs::Error>,
    },
    /// A transaction was not included before its era ended.
    #[error("the transaction was not included up to block {last_valid}")]
    NotIncluded { last_valid: u32 },
    /// The node's pool refused a transaction.
    #[error("the pool refused the transaction: {message} ({code})")]
    Pool { code: i32, message: String },
    /// A block is not known to the node (any more).
    #[error("block {number} is not available")]
    BlockUnavailable { number: u32 },
    /// The node has discarded the state of a block, or never had it.
    #[error("the node does not have the state asked for ({method})")]
    StateDiscarded { method: &'static str },
    /// What the chain answered cannot be decoded.
    #[error("cannot decode {what}: {reason}")]
    Decode { what: &'static str, reason: String },
    /// What is to be sent cannot be encoded for this chain.
    #[error("cannot encode {what}: {reason}")]
    Encode { what: &'static str, reason: String },
    /// The runtime failed a dry run or an included transaction.
    #[error("the runtime refused the call: {error}")]
    Dispatch { error: String },
    /// A contract returned an error.
    #[error("the contract refused the call: {error}")]
    Contract { error: ContractRefusal },
    /// A bundle or a key cannot be used.
    #[error(transparent)]
    Bundle(#[from] crate::bundle::BundleError),
}

/// A contract's error, with the meaning a keeper gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractRefusal {
    /// The error as its metadata names it, fields included.
    pub text: String,
    /// The variant's name.
    pub name: String,
}

impl std::fmt::Display for ContractRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Errors with which a contract tells that somebody was faster, or that there is nothing to do now.
const RACES: [&str; 29] = [
    "PriceAboveCap",
    "NothingDue",
    "NothingToDo",
    "RewardBelowMinimum",
    "NotLiquidatable",
    "NoSuchPosition",
    "Frozen",
    "DeadlinePassed",
    // Governance.
    "ScheduledAlready",
    "NoSuchOperation",
    "NotScheduled",
    "NotEnactable",
    "NotApproved",
    "NotVetoed",
    "Vetoed",
    "TooEarly",
    "Expired",
    "PowerEnded",
    "PredecessorNotDone",
    "StillOpen",
    "NothingHeld",
    "NoSuchReferendum",
    "CertifiedAlready",
    "PowersRemain",
    // Emission.
    "NothingToSettle",
    "SeatedAlready",
    "NotSeated",
    "NotListed",
    "SeatKept",
];

/// A node's word for a block whose state it does not have.
pub(crate) const UNKNOWN_BLOCK: &str = "UnknownBlock";

// Codes of the transaction pool's JSON-RPC errors.
const POOL_INVALID: i32 = 1010;
const POOL_UNKNOWN_VALIDITY: i32 = 1011;
const POOL_BANNED: i32 = 1012;
const POOL_ALREADY_IMPORTED: i32 = 1013;
const POOL_TOO_LOW_PRIORITY: i32 = 1014;
const POOL_IMMEDIATELY_DROPPED: i32 = 1016;

impl ChainError {
    /// How to treat it.
    pub fn class(&self) -> Class {
        match self {
            Self::NoEndpoint | Self::WrongChain { .. } | Self::Bundle(_) => Class::Fatal,
            Self::ConnectTimeout { .. }
            | Self::Connect { .. }
            | Self::Handshake { .. }
            | Self::MetadataTimeout { .. }
            | Self::RequestTimeout { .. }
            | Self::DryRunTimeout { .. }
            | Self::SubmitTimeout { .. }
            | Self::SubscribeTimeout { .. }
            | Self::Stalled { .. }
            | Self::SubscriptionEnded { .. }
            | Self::NotIncluded { .. }
            | Self::BlockUnavailable { .. }
            | Self::StateDiscarded { .. } => Class::Transient,
            Self::Rpc { source, .. } => match **source {
                subxt_rpcs::Error::User(_)
                | subxt_rpcs::Error::Serialization(_)
                | subxt_rpcs::Error::Deserialization(_)
                | subxt_rpcs::Error::Decode(_) => Class::Permanent,
                _ => Class::Transient,
            },
            // The pool forgets bans and makes room; an outdated or invalid transaction stays so.
            Self::Pool { code, .. } => match *code {
                POOL_BANNED | POOL_IMMEDIATELY_DROPPED | POOL_UNKNOWN_VALIDITY => Class::Transient,
                POOL_INVALID | POOL_TOO_LOW_PRIORITY => Class::Permanent,
                _ => Class::Permanent,
            },
            Self::Contract { error } if RACES.contains(&error.name.as_str()) => Class::LostRace,
            Self::Decode { .. } | Self::Encode { .. } | Self::Dispatch { .. } | Self::Contract { .. } => {
                Class::Permanent
            }
        }
    }

    /// Whether the endpoint is to blame, so that another one should be asked.
    pub fn blames_endpoint(&self) -> bool {
        match self {
            Self::ConnectTimeout { .. }
            | Self::Connect { .. }
            | Self::Handshake { .. }
            | Self::MetadataTimeout { .. }
            | Self::WrongChain { .. }
            | Self::RequestTimeout { .. }
            | Self::DryRunTimeout { .. }
            | Self::SubmitTimeout { .. }
            | Self::SubscribeTimeout { .. }
            | Self::Stalled { .. }
            | Self::SubscriptionEnded { .. } => true,
            Self::Rpc { .. } => self.class() == Class::Transient,
            _ => false,
        }
    }

    /// Whether the node has forgotten a block, or never knew it: asking again later does not help.
    pub fn is_forgotten(&self) -> bool {
        matches!(self, Self::BlockUnavailable { .. } | Self::StateDiscarded { .. })
    }

    /// Whether the pool already has this very transaction, which is as good as a success.
    pub fn is_already_known(&self) -> bool {
        matches!(
            self,
            Self::Pool {
                code: POOL_ALREADY_IMPORTED,
                ..
            }
        )
    }

    pub(crate) fn rpc(method: &'static str, source: subxt_rpcs::Error) -> Self {
        if let subxt_rpcs::Error::User(error) = &source {
            if error.message.contains(UNKNOWN_BLOCK) {
                return Self::StateDiscarded { method };
            }
        }
        Self::Rpc {
            method,
            source: Box::new(source),
        }
    }

    pub(crate) fn decode(what: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Decode {
            what,
            reason: reason.to_string(),
        }
    }

    pub(crate) fn encode(what: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Encode {
            what,
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str) -> ChainError {
        ChainError::Contract {
            error: ContractRefusal {
                text: name.into(),
                name: name.into(),
            },
        }
    }

    fn pool(code: i32) -> ChainError {
        ChainError::Pool {
            code,
            message: String::new(),
        }
    }

    #[test]
    fn a_faster_competitor_is_not_an_error() {
        assert_eq!(refusal("NothingDue").class(), Class::LostRace);
        assert_eq!(refusal("RewardBelowMinimum").class(), Class::LostRace);
        assert_eq!(refusal("ScheduledAlready").class(), Class::LostRace);
        assert_eq!(refusal("NothingToSettle").class(), Class::LostRace);
        assert_eq!(refusal("NothingToDo").class(), Class::LostRace);
        assert_eq!(refusal("Unauthorized").class(), Class::Permanent);
    }

    #[test]
    fn a_hanging_endpoint_is_left_and_a_refusing_contract_is_not() {
        let hangs = ChainError::RequestTimeout {
            method: "state_call",
            after: Duration::from_secs(1),
        };
        assert!(hangs.blames_endpoint() && hangs.class() == Class::Transient);
        assert!(!refusal("NothingDue").blames_endpoint());
    }

    #[test]
    fn a_known_transaction_counts_as_sent_and_a_stale_one_is_final() {
        assert!(pool(1013).is_already_known());
        assert_eq!(pool(1010).class(), Class::Permanent);
        assert_eq!(pool(1014).class(), Class::Permanent);
        assert_eq!(pool(1016).class(), Class::Transient);
    }
}
