//! One market that is kept: its contract, its book, and what is known of it.

use std::collections::BTreeSet;

use keeper_chain::emission::Competition;
use keeper_chain::{BlockId, ChainError, Connection, Holding, MarketContract};
use keeper_core::{Book, Exposure};
use kernel::flow::EPOCH;
use kernel::market::Standing;

/// A market that is kept.
pub struct Kept {
    /// The contract.
    pub contract: MarketContract,
    /// `netuid/generation`, for people.
    pub name: String,
    /// Its state and positions.
    pub book: Book,
    /// Whether its subnet's generation was alive at the last reading.
    pub alive: bool,
    /// What the ladder of sanctions allowed at the last reading.
    pub standing: Standing,
    /// How its validators competed at the last reading.
    pub competition: Option<Competition>,
    /// Epoch of that reading; none when it has to be read.
    compared: Option<u32>,
    /// Accounts it may owe something.
    pub accounts: BTreeSet<[u8; 32]>,
    /// Whether the last reading succeeded.
    pub readable: bool,
    /// Block of the last reading.
    read_at: u32,
    /// Whether something touched it since.
    touched: bool,
}

impl Kept {
    /// Reads a market's state at block `at`.
    ///
    /// # Errors
    /// As [`MarketContract::state`].
    pub async fn read(contract: MarketContract, connection: &Connection, at: &BlockId) -> Result<Self, ChainError> {
        let state = contract.state(connection, at).await?;
        Ok(Self {
            contract,
            name: format!("{}/{}", state.netuid, state.generation),
            alive: state.alive,
            standing: state.standing,
            competition: None,
            compared: None,
            book: Book::new(state.market, state.chain_price_e9, at.number),
            accounts: BTreeSet::new(),
            readable: true,
            read_at: at.number,
            touched: false,
        })
    }

    /// Notes that the market's state may have changed, so that it must be read again.
    pub fn touch(&mut self) {
        self.touched = true;
    }

    /// Notes that its validators were measured, moved or changed.
    pub fn touch_validators(&mut self) {
        self.compared = None;
    }

    /// Reads how its validators compete if something happened to them, and once an epoch, in which more may move.
    ///
    /// # Errors
    /// As [`MarketContract::competition`].
    pub async fn refresh_validators(&mut self, connection: &Connection, at: &BlockId) -> Result<(), ChainError> {
        let epoch = at.number / EPOCH;
        if self.compared == Some(epoch) || self.book.state().terminal.is_some() {
            return Ok(());
        }
        let competition = self.contract.competition(connection, at).await?;
        self.book.set_validators(competition.state.clone());
        self.competition = Some(competition);
        self.compared = Some(epoch);
        Ok(())
    }

    /// Reads the state again if the market was touched, if the chain's price bounds its own (that moves without touching the
    /// market), or if the last reading is `oldest` blocks old.
    ///
    /// # Errors
    /// As [`MarketContract::state`].
    pub async fn refresh(&mut self, connection: &Connection, at: &BlockId, oldest: u32) -> Result<(), ChainError> {
        let bound = self.book.bound_by_chain(at.number);
        if self.readable && !self.touched && !bound && at.number.abs_diff(self.read_at) < oldest {
            return Ok(());
        }
        self.readable = false;
        let state = self.contract.state(connection, at).await?;
        self.readable = true;
        self.alive = state.alive;
        self.standing = state.standing;
        self.book.update(state.market, state.chain_price_e9);
        self.read_at = at.number;
        self.touched = false;
        Ok(())
    }

    /// Replaces what is known of a position.
    pub fn set(&mut self, holding: Holding) {
        let Holding {
            id,
            escrow,
            debt_scaled,
        } = holding;
        self.book.index_mut().set(id, Exposure { escrow, debt_scaled });
    }
}
