//! What a keeper can do for a market.

use codec::{Decode, Encode};
use kernel::AccountId;

/// One transaction's worth of work in one market.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Job {
    /// Records the oracle.
    Poke,
    /// Liquidates positions.
    Liquidate(Vec<u32>),
    /// Books dividends.
    Harvest,
    /// Ends a market whose subnet's generation is gone.
    Freeze,
    /// Settles shorts of an ended market.
    SettleShorts(Vec<u32>),
    /// Pays out what an ended market owes an account.
    Claim(AccountId),
}

/// What must not be worked on twice at a time, and what rests after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Duty {
    /// See [`Job::Poke`].
    Poke,
    /// See [`Job::Harvest`].
    Harvest,
    /// See [`Job::Freeze`].
    Freeze,
    /// A position, to be liquidated or settled.
    Position(u32),
    /// See [`Job::Claim`].
    Claim(AccountId),
}

/// Whether a duty may be worked on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Free,
    /// A transaction that works on it is under way.
    InFlight,
    /// It failed not long ago.
    Resting,
}

/// Kinds of jobs, as configuration and metrics name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// See [`Job::Poke`].
    Poke,
    /// See [`Job::Liquidate`].
    Liquidate,
    /// See [`Job::Harvest`].
    Harvest,
    /// See [`Job::Freeze`].
    Freeze,
    /// See [`Job::SettleShorts`].
    SettleShorts,
    /// See [`Job::Claim`].
    Claim,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Poke,
        Self::Liquidate,
        Self::Harvest,
        Self::Freeze,
        Self::SettleShorts,
        Self::Claim,
    ];

    /// The message that does it, which is also the kind's name.
    pub fn message(self) -> &'static str {
        match self {
            Self::Poke => "poke",
            Self::Liquidate => "liquidate",
            Self::Harvest => "harvest",
            Self::Freeze => "freeze",
            Self::SettleShorts => "settle_shorts",
            Self::Claim => "claim",
        }
    }
}

impl Job {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Poke => Kind::Poke,
            Self::Liquidate(_) => Kind::Liquidate,
            Self::Harvest => Kind::Harvest,
            Self::Freeze => Kind::Freeze,
            Self::SettleShorts(_) => Kind::SettleShorts,
            Self::Claim(_) => Kind::Claim,
        }
    }

    /// Everything it works on.
    pub fn duties(&self) -> Vec<Duty> {
        match self {
            Self::Poke => vec![Duty::Poke],
            Self::Harvest => vec![Duty::Harvest],
            Self::Freeze => vec![Duty::Freeze],
            Self::Liquidate(ids) | Self::SettleShorts(ids) => ids.iter().map(|id| Duty::Position(*id)).collect(),
            Self::Claim(account) => vec![Duty::Claim(*account)],
        }
    }

    /// The first half of its work, when it has more than one piece: what to try when all of it does not fit a block.
    pub fn halved(&self) -> Option<Self> {
        let half = |ids: &[u32]| {
            let count = ids.len() / 2;
            (count > 0).then(|| ids.get(..count).map(<[u32]>::to_vec)).flatten()
        };
        match self {
            Self::Liquidate(ids) => half(ids).map(Self::Liquidate),
            Self::SettleShorts(ids) => half(ids).map(Self::SettleShorts),
            Self::Poke | Self::Harvest | Self::Freeze | Self::Claim(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_ends_at_one_position() {
        let job = Job::Liquidate(vec![1, 2, 3]);
        assert_eq!(job.halved(), Some(Job::Liquidate(vec![1])));
        assert_eq!(Job::Liquidate(vec![1]).halved(), None);
        assert_eq!(Job::Poke.halved(), None);
    }
}
