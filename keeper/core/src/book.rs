//! One market as the keeper knows it: the state of the block that was read last, and its positions.

use kernel::competition::Validators;
use kernel::short::is_liquidatable;
use kernel::{Error, Market, Position};

use crate::index::{Exposure, PositionIndex, Ratio};
use crate::job::Standing;

/// A market's state and positions.
#[derive(Clone, Debug)]
pub struct Book {
    state: Market,
    chain_price_e9: u64,
    touched_at: u32,
    harvested_at: u32,
    validators: Option<Validators>,
    index: PositionIndex,
}

/// What can be liquidated, judged by the kernel on a copy of the market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Positions that can be liquidated one after the other, the most endangered first.
    pub ids: Vec<u32>,
    /// The sum of their bounties, in rao.
    pub bounty: u64,
    /// How many positions are above the limit, those included that the price cap protects for now.
    pub above_limit: usize,
}

impl Book {
    /// A market without known positions, last touched at block `at` or before, never harvested as far as known.
    /// `chain_price_e9` is the chain's own spot price, which bounds the price of liquidations.
    pub fn new(state: Market, chain_price_e9: u64, at: u32) -> Self {
        Self {
            state,
            chain_price_e9,
            touched_at: at,
            harvested_at: 0,
            validators: None,
            index: PositionIndex::default(),
        }
    }

    /// Replaces the state by that of a later block.
    pub fn update(&mut self, state: Market, chain_price_e9: u64) {
        self.state = state;
        self.chain_price_e9 = chain_price_e9;
    }

    /// Whether the chain's price is what keeps the price of liquidations down in block `at`: only then does it matter how the
    /// chain's price moves on.
    pub fn bound_by_chain(&self, at: u32) -> bool {
        self.state_at(at).is_ok_and(
            |state| match (state.liquidation_price(self.chain_price_e9), state.debt_price()) {
                (Ok(bounded), Ok(own)) => bounded < own,
                _ => false,
            },
        )
    }

    /// Notes that a message changed the market in block `at`.
    pub fn touch(&mut self, at: u32) {
        self.touched_at = self.touched_at.max(at);
    }

    /// The last block known to have changed the market. Its state does not tell: views record up to the block they run in.
    pub fn touched_at(&self) -> u32 {
        self.touched_at
    }

    /// Notes that dividends were booked in block `at`.
    pub fn harvest(&mut self, at: u32) {
        self.harvested_at = self.harvested_at.max(at);
    }

    /// The last block known to have booked dividends.
    pub fn harvested_at(&self) -> u32 {
        self.harvested_at
    }

    /// Replaces what is known of the competition for the market's stake.
    pub fn set_validators(&mut self, validators: Validators) {
        self.validators = Some(validators);
    }

    /// The validators that compete for its stake, once they are known.
    pub fn validators(&self) -> Option<&Validators> {
        self.validators.as_ref()
    }

    /// The state last read.
    pub fn state(&self) -> &Market {
        &self.state
    }

    /// Its positions.
    pub fn index(&self) -> &PositionIndex {
        &self.index
    }

    /// Its positions, to be changed by events and sweeps.
    pub fn index_mut(&mut self) -> &mut PositionIndex {
        &mut self.index
    }

    /// The market as a message of block `at` would find it, were nothing to touch it before.
    ///
    /// # Errors
    /// [`Error::Frozen`] when it has ended.
    pub fn state_at(&self, at: u32) -> Result<Market, Error> {
        let mut state = self.state;
        state.touch_debt(at)?;
        Ok(state)
    }

    /// Positions above the liquidation limit in block `at`, the most endangered first. Empty while the oracle is too young
    /// to price them.
    ///
    /// # Errors
    /// [`Error::Frozen`] when the market has ended.
    pub fn above_limit(&self, at: u32) -> Result<Vec<(u32, Exposure)>, Error> {
        let state = self.state_at(at)?;
        self.above_limit_in(&state)
    }

    /// What can be liquidated in block `at`, at most `limit` positions: liquidations are played through on a copy, so that
    /// those which the price cap forbids, or for which earlier ones leave no room, do not end up in a batch. Those in flight
    /// are played through as well, because they will take their room.
    ///
    /// # Errors
    /// [`Error::Frozen`] when the market has ended.
    pub fn due(&self, at: u32, limit: usize, standing: impl Fn(u32) -> Standing) -> Result<Due, Error> {
        let mut state = self.state_at(at)?;
        let above = self.above_limit_in(&state)?;
        let mut due = Due {
            above_limit: above.len(),
            ..Due::default()
        };
        for (id, exposure) in above {
            let standing = standing(id);
            if standing == Standing::Resting {
                continue;
            }
            if due.ids.len() >= limit {
                break;
            }
            let mut position = Position {
                owner: [0; 32],
                escrow: exposure.escrow,
                debt_scaled: exposure.debt_scaled,
            };
            let before = state;
            match state.liquidate(id, &mut position, self.chain_price_e9) {
                Ok(done) if standing == Standing::Free => {
                    due.ids.push(id);
                    due.bounty = due.bounty.saturating_add(done.bounty);
                }
                Ok(_) => {}
                Err(Error::PriceAboveCap { .. }) => break,
                Err(_) => state = before,
            }
        }
        Ok(due)
    }

    fn above_limit_in(&self, state: &Market) -> Result<Vec<(u32, Exposure)>, Error> {
        let price = match state.liquidation_price(self.chain_price_e9) {
            Ok(price) => price,
            Err(Error::OracleTooYoung { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let lltv = state.risk.lltv_bps;
        let ceiling = Ratio::threshold_up(price, state.vault.index, lltv);
        let mut above = Vec::new();
        for (id, exposure) in self.index.up_to(ceiling) {
            let debt = state.vault.debt_of_up(exposure.debt_scaled)?;
            if is_liquidatable(debt, exposure.escrow, price, lltv)? {
                above.push((id, exposure));
            }
        }
        Ok(above)
    }
}
