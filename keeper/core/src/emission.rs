//! What emission needs: epochs that are over and not settled, and seats that markets should have or lose.

use std::collections::{BTreeMap, BTreeSet};

use kernel::emission::MAX_MARKETS;
use kernel::flow::EPOCH;

use crate::job::{Duty, Job, Standing};

/// Seats of one transaction: a page of the contract's storage. An epoch of more is settled page after page.
pub const SEATS: u32 = 16;

/// A subnet, and its generation.
pub type Subnet = (u16, u64);

/// How far settling has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The next epoch to settle.
    pub next_epoch: u32,
    /// Whether settling it has begun.
    pub begun: bool,
    /// Seats there are, vacant ones included.
    pub seats: u32,
    /// Of them, vacant.
    pub vacant: u32,
}

/// What the registry says of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whether it is eligible for emission.
    pub listed: bool,
    /// Whether its generation is the one that lives.
    pub alive: bool,
}

/// What is known of the emission contract, and of the registry it asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    progress: Option<Progress>,
    seated: BTreeSet<Subnet>,
    registry: BTreeMap<Subnet, Entry>,
}

impl Book {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// How far settling has come, once that is known.
    pub fn progress(&self) -> Option<&Progress> {
        self.progress.as_ref()
    }

    /// Markets that have a seat.
    pub fn seated(&self) -> impl Iterator<Item = &Subnet> + '_ {
        self.seated.iter()
    }

    /// Replaces what is known of the emission contract.
    pub fn set_progress(&mut self, progress: Progress, seated: impl IntoIterator<Item = Subnet>) {
        self.progress = Some(progress);
        self.seated = seated.into_iter().collect();
    }

    /// Replaces what is known of the registry.
    pub fn set_registry(&mut self, entries: impl IntoIterator<Item = (Subnet, Entry)>) {
        self.registry = entries.into_iter().collect();
    }

    /// Epochs that are over in block `at` and not settled.
    pub fn behind(&self, at: u32) -> u32 {
        let running = at / EPOCH;
        self.progress
            .map_or(0, |progress| running.saturating_sub(progress.next_epoch))
    }

    /// What has to be done in block `at`, the most urgent first. Markets remember four epochs, so settling comes before seats.
    /// It also decides challenges and delists what is condemned: nobody's hand is needed for that.
    pub fn decide(&self, at: u32, standing: impl Fn(&Duty) -> Standing) -> Vec<Job> {
        let Some(progress) = self.progress else {
            return Vec::new();
        };
        let mut jobs = Vec::new();
        if progress.begun || progress.next_epoch < at / EPOCH {
            jobs.push(Job::Settle(SEATS));
        }
        // Of markets that the registry did not tell of, nothing is known.
        let lost = self.seated.iter().filter(|subnet| {
            self.registry
                .get(subnet)
                .is_some_and(|entry| !entry.listed || !entry.alive)
        });
        jobs.extend(lost.map(|(netuid, generation)| Job::Unseat(*netuid, *generation)));
        // The contract would give an ended market that is still listed a seat, only to take it again.
        let waiting = self
            .registry
            .iter()
            .filter(|(subnet, entry)| entry.listed && entry.alive && !self.seated.contains(subnet));
        let most = u32::try_from(MAX_MARKETS).unwrap_or(u32::MAX);
        let free = most.saturating_sub(progress.seats).saturating_add(progress.vacant);
        jobs.extend(
            waiting
                .take(usize::try_from(free).unwrap_or(usize::MAX))
                .map(|((netuid, generation), _)| Job::Enroll(*netuid, *generation)),
        );
        jobs.retain(|job| job.duties().iter().all(|duty| standing(duty) == Standing::Free));
        jobs
    }
}
