//! Random sequences of everything that several accounts can do: sums are sums, nothing is counted twice, exits work.

use kernel::conviction::{Aggregate, Ballot, Escrow, LockKind, Result, Vote, Voter, Weight};
use kernel::decay::TAU;
use kernel::referendum::Tally;
use kernel::AccountId;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::conviction::kinds;
use crate::exact::{cases, sized};

const VOTERS: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Op {
    Wait(u32),
    Lock(u64, LockKind),
    SetKind(LockKind),
    /// A part of what is free, of 255.
    Release(u8),
    Delegate(usize),
    Undelegate,
    /// Life in blocks.
    Submit(u32),
    Vote(usize, Vote),
    Retract(usize),
}

fn ops() -> impl Strategy<Value = (usize, Op)> {
    let op = prop_oneof![
        4 => prop_oneof![4 => 1u32..500, 2 => 1u32..TAU, 1 => 1u32..20 * TAU].prop_map(Op::Wait),
        3 => (sized(62), kinds()).prop_map(|(shares, kind)| Op::Lock(shares, kind)),
        1 => kinds().prop_map(Op::SetKind),
        2 => any::<u8>().prop_map(Op::Release),
        3 => (0..VOTERS).prop_map(Op::Delegate),
        3 => Just(Op::Undelegate),
        1 => prop_oneof![1u32..5_000, 1u32..TAU].prop_map(Op::Submit),
        6 => (any::<usize>(), prop_oneof![Just(Vote::Aye), Just(Vote::Nay), Just(Vote::Split { aye_bps: 3_333, nay_bps: 1 })])
            .prop_map(|(id, vote)| Op::Vote(id, vote)),
        2 => any::<usize>().prop_map(Op::Retract),
    ];
    (0..VOTERS, op)
}

/// A referendum as the ghost sees it.
struct Referendum {
    submitted: u32,
    end: u32,
    tally: Tally,
    /// For each account, whose locks are in its ballot.
    casts: [Vec<usize>; VOTERS],
    /// For each account, the most conviction its own lock had when anybody voted.
    most: [u128; VOTERS],
}

#[derive(Default)]
struct World {
    now: u32,
    escrow: Escrow,
    voters: [Voter; VOTERS],
    referenda: Vec<Referendum>,
    /// Operations so far: what roundings are counted by.
    steps: u128,
}

fn id(who: usize) -> AccountId {
    [who as u8; 32]
}

impl World {
    /// What rounding may make of a sum: twelve units an operation, and one part in 2^45 of all mass.
    fn slack(&self) -> u128 {
        12 * self.steps + (self.escrow.total_shares >> 45)
    }

    fn delegate_of(&self, who: usize) -> Option<usize> {
        self.voters[who].delegate.map(|to| to[0].into())
    }

    /// Runs an operation on an account and its delegate.
    fn with_delegate(
        &mut self,
        who: usize,
        run: impl FnOnce(&mut Escrow, &mut Voter, Option<&mut Voter>) -> Result<()>,
    ) -> Result<()> {
        let to = self.delegate_of(who);
        let mut voter = std::mem::take(&mut self.voters[who]);
        let result = run(&mut self.escrow, &mut voter, to.map(|to| &mut self.voters[to]));
        self.voters[who] = voter;
        result
    }

    fn apply(&mut self, who: usize, op: Op) -> Result<()> {
        let now = self.now;
        match op {
            Op::Wait(blocks) => {
                self.now = now.saturating_add(blocks);
                Ok(())
            }
            Op::Lock(shares, kind) => self.with_delegate(who, |escrow, voter, to| {
                escrow.lock(voter, to, shares.into(), kind, now)
            }),
            Op::SetKind(kind) => self.with_delegate(who, |escrow, voter, to| escrow.set_kind(voter, to, kind, now)),
            Op::Release(part) => {
                let shares = self.voters[who].free(now) * u128::from(part) / 255;
                self.escrow.release(&mut self.voters[who], shares, now)
            }
            Op::Delegate(to) => {
                let mut voter = std::mem::take(&mut self.voters[who]);
                let mut own = Voter::default();
                let target = if to == who { &mut own } else { &mut self.voters[to] };
                let result = self.escrow.delegate(&mut voter, id(to), target, now, id(who));
                self.voters[who] = voter;
                result
            }
            Op::Undelegate => {
                let to = self.delegate_of(who).unwrap_or((who + 1) % VOTERS);
                let mut voter = std::mem::take(&mut self.voters[who]);
                let result = self.escrow.undelegate(&mut voter, &mut self.voters[to], now);
                self.voters[who] = voter;
                result
            }
            Op::Submit(life) => {
                self.escrow.expect_lifetime(life);
                self.referenda.push(Referendum {
                    submitted: now,
                    end: now.saturating_add(life),
                    tally: Tally::default(),
                    casts: Default::default(),
                    most: Default::default(),
                });
                Ok(())
            }
            Op::Vote(pick, vote) => self.vote(who, pick, vote),
            Op::Retract(pick) => {
                let Some(index) = pick.checked_rem(self.referenda.len()) else {
                    return Ok(());
                };
                if let Some(ballot) = self.voters[who].take_ballot(index as u32) {
                    let referendum = &mut self.referenda[index];
                    let counted = ballot.tally().expect("cast");
                    referendum.tally = referendum.tally.checked_sub(counted).expect("counted");
                    referendum.casts[who].clear();
                }
                Ok(())
            }
        }
    }

    /// Votes in one of the latest referenda, if it is open.
    fn vote(&mut self, who: usize, pick: usize, vote: Vote) -> Result<()> {
        let now = self.now;
        let latest = self.referenda.len().min(3);
        let Some(back) = pick.checked_rem(latest) else {
            return Ok(());
        };
        let index = self.referenda.len() - 1 - back;
        let submitted = self.referenda[index].submitted;
        if now >= self.referenda[index].end {
            return Ok(());
        }
        let ballot = Ballot {
            referendum: index as u32,
            vote,
            base: self.voters[who].power(now, submitted),
            bonus: 0,
        };
        let old = self.voters[who].set_ballot(ballot)?;
        let mut cast: Vec<usize> = (0..VOTERS)
            .filter(|other| self.delegate_of(*other) == Some(who))
            .collect();
        let voter = &self.voters[who];
        if voter.delegate.is_none() && voter.undelegated.is_none_or(|at| at < submitted) {
            cast.push(who);
        }
        let own: Vec<u128> = self
            .voters
            .iter()
            .map(|voter| voter.lock.weight_at(now).conviction)
            .collect();
        let referendum = &mut self.referenda[index];
        if let Some(old) = old {
            let counted = old.tally().expect("cast");
            referendum.tally = referendum.tally.checked_sub(counted).expect("counted");
        }
        referendum.tally = referendum.tally.checked_add(ballot.tally()?).expect("in range");
        referendum.casts[who] = cast;
        for (most, own) in referendum.most.iter_mut().zip(own) {
            *most = own.max(*most);
        }
        Ok(())
    }

    fn check(&self) {
        self.check_sums();
        self.check_ballots();
        self.check_exits();
    }

    /// Whether an aggregate is the sum of these accounts' locks.
    fn is_sum(&self, sum: &Aggregate, of: impl Iterator<Item = usize>) -> bool {
        let sum = sum.rolled(self.now);
        let (mut perpetual, mut decaying) = (Weight::default(), Weight::default());
        for who in of {
            let lock = self.voters[who].lock;
            let part = match lock.kind {
                LockKind::Perpetual => &mut perpetual,
                LockKind::Decaying => &mut decaying,
            };
            *part = part.plus(lock.weight_at(self.now));
        }
        let near = |a: Weight, b: Weight| {
            a.mass.abs_diff(b.mass) <= self.slack() && a.conviction.abs_diff(b.conviction) <= self.slack()
        };
        near(sum.perpetual, perpetual) && near(sum.decaying, decaying)
    }

    fn check_sums(&self) {
        let shares: u128 = self.voters.iter().map(|voter| voter.shares).sum();
        assert_eq!(self.escrow.total_shares, shares);
        assert!(
            self.is_sum(&self.escrow.total, 0..VOTERS),
            "the total is the sum of all locks"
        );
        for (who, voter) in self.voters.iter().enumerate() {
            let delegators = (0..VOTERS).filter(|other| self.delegate_of(*other) == Some(who));
            assert!(
                self.is_sum(&voter.received, delegators),
                "{who} votes with the locks received"
            );
            assert!(
                voter.lock.weight_at(self.now).mass <= voter.shares,
                "more is locked than owned"
            );
        }
    }

    fn check_ballots(&self) {
        for (id, referendum) in (0u32..).zip(&self.referenda) {
            let held: Vec<&Ballot> = self.voters.iter().filter_map(|voter| voter.ballot(id)).collect();
            let weight: u128 = held.iter().map(|ballot| ballot.weight()).sum();
            assert_eq!(referendum.tally.total(), weight, "the tally is the sum of the ballots");
            let mut owners: Vec<usize> = referendum.casts.iter().flatten().copied().collect();
            owners.sort_unstable();
            let cast = owners.len();
            owners.dedup();
            assert_eq!(owners.len(), cast, "a lock is in one ballot of a referendum only");
            let most: u128 = owners.iter().map(|owner| referendum.most[*owner]).sum();
            assert!(
                weight <= most + self.slack(),
                "no more is cast than the owners' conviction"
            );
        }
    }

    /// On copies: everybody takes ballots and delegation back and releases what is free; after the end, everybody leaves.
    fn check_exits(&self) {
        for who in 0..VOTERS {
            let (mut escrow, mut voter) = (self.escrow, self.voters[who].clone());
            while let Some(ballot) = voter.ballots.first().copied() {
                voter.take_ballot(ballot.referendum).expect("held");
            }
            if let Some(to) = self.delegate_of(who) {
                escrow
                    .undelegate(&mut voter, &mut self.voters[to].clone(), self.now)
                    .expect("a delegation can be taken back");
            }
            let free = voter.free(self.now);
            if free != 0 {
                escrow
                    .release(&mut voter, free, self.now)
                    .expect("what is free can be released");
            }
            assert_eq!(escrow.total_shares, self.escrow.total_shares - free);
        }
        let (mut escrow, mut voters) = (self.escrow, self.voters.clone());
        for voter in &mut voters {
            let owned = voter.shares;
            assert_eq!(escrow.exit(voter), owned);
            assert!(voter.is_empty());
        }
        assert_eq!(escrow.total_shares, 0);
    }
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn sums_are_sums_no_lock_is_cast_twice_and_exits_work_after_any_sequence(ops in vec(ops(), 1..120)) {
        let mut world = World::default();
        for (who, op) in ops {
            let before = (world.escrow, world.voters.clone());
            if world.apply(who, op).is_err() {
                prop_assert_eq!(&before, &(world.escrow, world.voters.clone()), "what is refused changes nothing");
            }
            world.steps += 1;
            world.check();
        }
    }
}
