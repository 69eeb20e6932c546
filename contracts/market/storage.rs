//! How the market's state lies in storage.
//!
//! One packed cell holds the kernel's whole [`Market`] and is read and written once per message, since a cell costs nearly
//! the same whatever its length; accounts, positions and the wiring are read only by messages that need them.

use ink::prelude::boxed::Box;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use kernel::competition::Validators;
use kernel::market::{Prices, Standing};
use kernel::{Account, Market, Position};
use shell::cell;

cell!(
    /// The hot cell. Boxed: a kilobyte that the dispatch would otherwise hand around by value, byte by byte.
    MarketCell,
    Box<Market>
);
cell!(
    /// One account.
    AccountCell,
    Account
);
cell!(
    /// One position.
    PositionCell,
    Position
);

cell!(
    /// The validators of the market's stake.
    ValidatorsCell,
    Validators
);

/// How the market's validators compete for its stake; all lists in the order of `state.all`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Competition {
    /// The validators as last measured: stake, yields, last moves. The first takes deposits.
    pub state: Validators,
    /// The yield each is trusted to pay, per block at 1e18.
    pub scores: Vec<u64>,
    /// Share of all stake each is to have, basis points.
    pub weights_bps: Vec<u16>,
}

/// Stake that went from one validator to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct StakeMove {
    /// From whom.
    pub from: AccountId,
    /// To whom.
    pub to: AccountId,
    /// What arrived, alpha.
    pub amount: u64,
}

/// A rebalancing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Rebalanced {
    /// TAO paid to the caller, rao: nothing.
    pub reward: u64,
    /// What was moved.
    pub moves: Vec<StakeMove>,
}

/// What clients and keepers see of a market.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct MarketState {
    /// The subnet.
    pub netuid: u16,
    /// Its registration that this market belongs to.
    pub generation: u64,
    /// Whether that registration is alive.
    pub alive: bool,
    /// The only account that may set bounded parameters.
    pub authority: AccountId,
    /// Where protocol income goes.
    pub sink: AccountId,
    /// The only account that may restrict it by the ladder of sanctions and reads its epochs: the emission contract.
    pub emission: AccountId,
    /// What the ladder of sanctions allows now.
    pub standing: Standing,
    /// The block of this state.
    pub block: u32,
    /// The chain's spot price × 1e9, rounded down.
    pub chain_price_e9: u64,
    /// Whether opening is refused because the market's and the chain's price differ too much.
    pub safe_mode: bool,
    /// Prices as rules use them at `block`.
    pub prices: Prices,
    /// The whole state, recorded up to `block` (as stored once frozen).
    pub market: Box<Market>,
}

/// A position with its health.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PositionView {
    /// Id.
    pub id: u32,
    /// The position as stored.
    pub position: Position,
    /// Its health now.
    pub health: kernel::market::Health,
}

/// A page of positions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PositionPage {
    /// Open positions of the page.
    pub positions: Vec<PositionView>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<u32>,
}

/// A page of liquidatable positions' ids.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct DuePage {
    /// Ids that are due.
    pub ids: Vec<u32>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<u32>,
}

/// An account with what it has earned up to now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct AccountView {
    /// The account, all earnings credited.
    pub account: Account,
    /// TAO that its liquidity shares are worth, rao.
    pub liquidity_tao: u64,
    /// Alpha that its liquidity shares are worth.
    pub liquidity_alpha: u64,
    /// Alpha that its lenders' shares are worth.
    pub lent_alpha: u64,
}

/// Both ledger identities, as they are now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct CustodyView {
    /// Alpha the market owes.
    pub alpha_owed: u64,
    /// Stake it owns.
    pub alpha_held: u64,
    /// TAO the market owes, rao.
    pub tao_owed: u64,
    /// TAO it holds beyond the existential deposit, rao.
    pub tao_held: u64,
}

/// A batch of liquidations.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct LiquidationReport {
    /// TAO paid to the caller, rao.
    pub reward: u64,
    /// What was liquidated; ids that were not due are left out.
    pub liquidated: Vec<kernel::market::Liquidated>,
}

/// What a poke recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Poked {
    /// Blocks recorded.
    pub blocks: u32,
    /// TAO paid to the caller, rao: nothing, because the oracle catches up by itself.
    pub reward: u64,
    /// Prices afterwards.
    pub prices: Prices,
}

/// What a claim of income or a collection of protocol income paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Payout {
    /// TAO paid, rao.
    pub tao: u64,
    /// Alpha paid: to the ledger for users, as stake for the sink.
    pub alpha: u64,
}

/// Where a trader's alpha comes from and goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Settlement {
    /// The market's internal ledger: cheap.
    Ledger,
    /// The trader's own stake with the market's first hotkey.
    Stake,
}
