//! What a keeper can do for a market, and for those who govern it.

use codec::{Decode, Encode};
use kernel::handover::Hash;
use kernel::AccountId;

/// One transaction's worth of work in one contract. New kinds go to the end: journals hold the encoding.
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
    /// Records that a referendum is over.
    Advance(u32),
    /// Pays back, or slashes, the deposits of a referendum that is over.
    Refund(u32),
    /// Lowers the ballots of accounts to what their locks on the chain are now.
    Reconcile(Vec<AccountId>),
    /// Schedules what a referendum decided.
    Enact(u32),
    /// Cancels an operation that the DAO's will stands against.
    Veto(Hash),
    /// Executes an operation that is ready.
    Execute(Hash),
    /// Removes an operation whose time, or whose proposer's power, has passed.
    Expire(Hash),
    /// Certifies that nobody's key has power any more.
    Certify,
    /// Settles so many seats of the oldest epoch that is over.
    Settle(u32),
    /// Gives the market of a netuid's generation a seat in emission.
    Enroll(u16, u64),
    /// Takes its seat.
    Unseat(u16, u64),
    /// Moves a market's stake between its validators.
    Rebalance,
}

/// Which contract does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Home {
    /// A market.
    Market,
    /// A DAO.
    Dao,
    /// The handover.
    Handover,
    /// The emission contract.
    Emission,
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
    /// A referendum, to be recorded or refunded.
    Referendum(u32),
    /// An account, to be reconciled.
    Reconcile(AccountId),
    /// See [`Job::Enact`].
    Enact(u32),
    /// An operation, to be vetoed, executed or expired.
    Operation(Hash),
    /// See [`Job::Certify`].
    Certify,
    /// See [`Job::Settle`].
    Settle,
    /// The seat of a market, to be given or taken.
    Seat(u16, u64),
    /// See [`Job::Rebalance`].
    Rebalance,
}

impl Duty {
    /// Which contract it concerns.
    pub fn home(&self) -> Home {
        match self {
            Self::Poke | Self::Harvest | Self::Freeze | Self::Position(_) | Self::Claim(_) | Self::Rebalance => {
                Home::Market
            }
            Self::Referendum(_) | Self::Reconcile(_) => Home::Dao,
            Self::Enact(_) | Self::Operation(_) | Self::Certify => Home::Handover,
            Self::Settle | Self::Seat(..) => Home::Emission,
        }
    }
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
    /// See [`Job::Advance`].
    Advance,
    /// See [`Job::Refund`].
    Refund,
    /// See [`Job::Reconcile`].
    Reconcile,
    /// See [`Job::Enact`].
    Enact,
    /// See [`Job::Veto`].
    Veto,
    /// See [`Job::Execute`].
    Execute,
    /// See [`Job::Expire`].
    Expire,
    /// See [`Job::Certify`].
    Certify,
    /// See [`Job::Settle`].
    Settle,
    /// See [`Job::Enroll`].
    Enroll,
    /// See [`Job::Unseat`].
    Unseat,
    /// See [`Job::Rebalance`].
    Rebalance,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 18] = [
        Self::Poke,
        Self::Liquidate,
        Self::Harvest,
        Self::Freeze,
        Self::SettleShorts,
        Self::Claim,
        Self::Advance,
        Self::Refund,
        Self::Reconcile,
        Self::Enact,
        Self::Veto,
        Self::Execute,
        Self::Expire,
        Self::Certify,
        Self::Settle,
        Self::Enroll,
        Self::Unseat,
        Self::Rebalance,
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
            Self::Advance => "advance",
            Self::Refund => "refund",
            Self::Reconcile => "reconcile",
            Self::Enact => "enact",
            Self::Veto => "veto",
            Self::Execute => "execute",
            Self::Expire => "expire",
            Self::Certify => "certify",
            Self::Settle => "settle",
            Self::Enroll => "enroll",
            Self::Unseat => "unseat",
            Self::Rebalance => "rebalance",
        }
    }

    /// Which contract does it.
    pub fn home(self) -> Home {
        match self {
            Self::Poke
            | Self::Liquidate
            | Self::Harvest
            | Self::Freeze
            | Self::SettleShorts
            | Self::Claim
            | Self::Rebalance => Home::Market,
            Self::Advance | Self::Refund | Self::Reconcile => Home::Dao,
            Self::Enact | Self::Veto | Self::Execute | Self::Expire | Self::Certify => Home::Handover,
            Self::Settle | Self::Enroll | Self::Unseat => Home::Emission,
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
            Self::Advance(_) => Kind::Advance,
            Self::Refund(_) => Kind::Refund,
            Self::Reconcile(_) => Kind::Reconcile,
            Self::Enact(_) => Kind::Enact,
            Self::Veto(_) => Kind::Veto,
            Self::Execute(_) => Kind::Execute,
            Self::Expire(_) => Kind::Expire,
            Self::Certify => Kind::Certify,
            Self::Settle(_) => Kind::Settle,
            Self::Enroll(..) => Kind::Enroll,
            Self::Unseat(..) => Kind::Unseat,
            Self::Rebalance => Kind::Rebalance,
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
            Self::Advance(id) | Self::Refund(id) => vec![Duty::Referendum(*id)],
            Self::Reconcile(accounts) => accounts.iter().map(|account| Duty::Reconcile(*account)).collect(),
            Self::Enact(id) => vec![Duty::Enact(*id)],
            Self::Veto(id) | Self::Execute(id) | Self::Expire(id) => vec![Duty::Operation(*id)],
            Self::Certify => vec![Duty::Certify],
            Self::Settle(_) => vec![Duty::Settle],
            Self::Enroll(netuid, generation) | Self::Unseat(netuid, generation) => {
                vec![Duty::Seat(*netuid, *generation)]
            }
            Self::Rebalance => vec![Duty::Rebalance],
        }
    }

    /// The first half of its work, when it has more than one piece: what to try when all of it does not fit a block.
    pub fn halved(&self) -> Option<Self> {
        fn half<T: Clone>(all: &[T]) -> Option<Vec<T>> {
            let count = all.len() / 2;
            (count > 0).then(|| all.get(..count).map(<[T]>::to_vec)).flatten()
        }
        match self {
            Self::Liquidate(ids) => half(ids).map(Self::Liquidate),
            Self::SettleShorts(ids) => half(ids).map(Self::SettleShorts),
            Self::Reconcile(accounts) => half(accounts).map(Self::Reconcile),
            Self::Settle(seats) => Some(seats / 2).filter(|seats| *seats > 0).map(Self::Settle),
            _ => None,
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
        assert_eq!(Job::Settle(3).halved(), Some(Job::Settle(1)));
        assert_eq!(Job::Settle(1).halved(), None);
    }

    #[test]
    fn what_a_job_works_on_lives_where_the_job_is_done() {
        for job in [
            Job::Poke,
            Job::Liquidate(vec![1]),
            Job::Claim([1; 32]),
            Job::Advance(1),
            Job::Refund(1),
            Job::Reconcile(vec![[1; 32]]),
            Job::Enact(1),
            Job::Veto([1; 32]),
            Job::Execute([1; 32]),
            Job::Expire([1; 32]),
            Job::Certify,
            Job::Settle(1),
            Job::Enroll(1, 2),
            Job::Unseat(1, 2),
            Job::Rebalance,
        ] {
            assert!(
                job.duties().iter().all(|duty| duty.home() == job.kind().home()),
                "{job:?}"
            );
        }
    }
}
