//! The emission contract that is kept: what is known of it and of the registry it asks, and what has to be read again.

use std::collections::BTreeMap;

use keeper_chain::emission::{seats, EmissionState, SeatView};
use keeper_chain::governance::News;
use keeper_chain::suite::{markets, MarketEntry};
use keeper_chain::{BlockId, ChainError, Connection, Contract};
use keeper_core::emission::{Book, Entry, Progress};

/// The emission contract.
pub struct Emitting {
    /// The contract.
    pub contract: Contract,
    /// Where markets are listed; without it nobody is seated.
    registry: Option<Contract>,
    /// What is decided on.
    pub book: Book,
    /// What it said of itself last.
    pub state: Option<EmissionState>,
    /// The seats that are taken, by market.
    pub seats: BTreeMap<[u8; 32], SeatView>,
    /// Whether the last reading succeeded.
    pub readable: bool,
    /// Whether epochs and seats have to be read.
    touched: bool,
    /// Whether listings have to be read.
    listings: bool,
    /// Block of the last reading of everything.
    read_at: Option<u32>,
}

impl Emitting {
    /// Nothing is known yet.
    pub fn new(contract: Contract, registry: Option<Contract>) -> Self {
        Self {
            contract,
            registry,
            book: Book::new(),
            state: None,
            seats: BTreeMap::new(),
            readable: true,
            touched: true,
            listings: true,
            read_at: None,
        }
    }

    /// Something happened: notes what has to be read again.
    pub fn learn(&mut self, news: &News) {
        match news {
            News::Emission => self.touched = true,
            News::Listing | News::Market { .. } => self.listings = true,
            _ => {}
        }
    }

    /// Everything has to be read again.
    pub fn touch(&mut self) {
        self.touched = true;
        self.listings = true;
    }

    /// Reads what has changed, and everything if the last time is `oldest` blocks ago: that a subnet has ended is told by no
    /// event.
    ///
    /// # Errors
    /// As [`Contract::view`]. What was read before stays read.
    pub async fn refresh(&mut self, connection: &Connection, at: &BlockId, oldest: u32) -> Result<(), ChainError> {
        if self.read_at.is_none_or(|read_at| at.number.abs_diff(read_at) >= oldest) {
            self.touch();
            self.read_at = Some(at.number);
        }
        self.readable = false;
        self.read_seats(connection, at).await?;
        self.read_listings(connection, at).await?;
        self.readable = true;
        Ok(())
    }

    async fn read_seats(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        if !self.touched {
            return Ok(());
        }
        let state: EmissionState = self.contract.view(connection, "state", (), at).await?;
        let taken = seats(&self.contract, connection, at).await?;
        let stored = &state.stored;
        let progress = Progress {
            next_epoch: stored.next_epoch,
            begun: stored.round.is_some(),
            seats: stored.seats,
            vacant: u32::try_from(stored.vacant.len()).unwrap_or(u32::MAX),
        };
        self.book.set_progress(
            progress,
            taken.iter().map(|view| (view.seat.netuid, view.seat.generation)),
        );
        self.seats = taken.into_iter().map(|view| (view.seat.market, view)).collect();
        self.state = Some(state);
        self.touched = false;
        Ok(())
    }

    async fn read_listings(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        let Some(registry) = self.registry.as_ref().filter(|_| self.listings) else {
            return Ok(());
        };
        let mut entries = Vec::new();
        // The registry's own word for which generation lives is the one that counts for seats.
        let mut living: BTreeMap<u16, Option<u64>> = BTreeMap::new();
        for entry in markets(registry, connection, at).await? {
            let subnet = (entry.netuid, entry.generation);
            let seated = self.seats.contains_key(&entry.address);
            if !entry.listed && !seated {
                continue;
            }
            let living = match living.get(&entry.netuid) {
                Some(known) => *known,
                None => {
                    let found: Option<MarketEntry> = registry.view(connection, "market", entry.netuid, at).await?;
                    let generation = found.map(|found| found.generation);
                    living.insert(entry.netuid, generation);
                    generation
                }
            };
            entries.push((
                subnet,
                Entry {
                    listed: entry.listed,
                    alive: living == Some(entry.generation),
                },
            ));
        }
        self.book.set_registry(entries);
        self.listings = false;
        Ok(())
    }
}
