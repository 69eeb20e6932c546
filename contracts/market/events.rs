//! What happened to balances. A topic costs more than all fields together, so only the owner of a new position is indexed:
//! nobody can look up ids they never saw, and every later event of a position carries its id.

use crate::storage::StakeMove;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use kernel::market::{Closed, Harvested, Liquidated, MarginChanged, Opened, Restriction, SettledShort, Terminal};
use kernel::{Asset, FeeParams, LiquidityChange, RateParams, RiskParams, Swapped};

/// Liquidity was added.
#[ink::event]
pub struct LiquidityAdded {
    /// Who added it.
    pub provider: AccountId,
    /// Amounts and shares.
    pub change: LiquidityChange,
}

/// Liquidity was removed.
#[ink::event]
pub struct LiquidityRemoved {
    /// Who removed it.
    pub provider: AccountId,
    /// Amounts and shares.
    pub change: LiquidityChange,
}

/// A trader swapped.
#[ink::event]
pub struct Traded {
    /// Who swapped.
    pub trader: AccountId,
    /// What was paid in.
    pub input: Asset,
    /// Amounts.
    pub swap: Swapped,
    /// TAO reserve afterwards, rao.
    pub pool_tao: u64,
    /// Alpha reserve afterwards.
    pub pool_alpha: u64,
}

/// Stake became alpha on the ledger.
#[ink::event]
pub struct AlphaDeposited {
    /// Whose.
    pub account: AccountId,
    /// Credited: what arrived.
    pub alpha: u64,
}

/// Alpha of the ledger left.
#[ink::event]
pub struct AlphaWithdrawn {
    /// Whose.
    pub account: AccountId,
    /// Debited.
    pub alpha: u64,
    /// What arrived: alpha as stake.
    pub stake: u64,
    /// What arrived: TAO, rao.
    pub tao: u64,
}

/// Alpha was lent.
#[ink::event]
pub struct Lent {
    /// The lender.
    pub lender: AccountId,
    /// Alpha supplied.
    pub alpha: u64,
    /// Shares minted.
    pub shares: u128,
}

/// Lent alpha was taken back.
#[ink::event]
pub struct Unlent {
    /// The lender.
    pub lender: AccountId,
    /// Alpha received.
    pub alpha: u64,
    /// Shares burnt.
    pub shares: u128,
}

/// A short was opened.
#[ink::event]
pub struct ShortOpened {
    /// Owner of the position.
    #[ink(topic)]
    pub owner: AccountId,
    /// The position.
    pub opened: Opened,
}

/// The margin of a short changed.
#[ink::event]
pub struct ShortMarginChanged {
    /// The position.
    pub id: u32,
    /// Who added or withdrew.
    pub by: AccountId,
    /// Added (rao),
    pub added: u64,
    /// or withdrawn.
    pub withdrawn: u64,
    /// Escrow and health.
    pub change: MarginChanged,
}

/// A short was repaid, in part or whole.
#[ink::event]
pub struct ShortRepaid {
    /// The position.
    pub id: u32,
    /// Who repaid.
    pub by: AccountId,
    /// Amounts and health.
    pub closed: Closed,
}

/// A short was liquidated.
#[ink::event]
pub struct ShortLiquidated {
    /// Who liquidated.
    pub by: AccountId,
    /// Amounts, price and health.
    pub liquidated: Liquidated,
}

/// A short was settled after the end.
#[ink::event]
pub struct ShortSettled {
    /// Amounts.
    pub settled: SettledShort,
}

/// Stake growth was booked.
#[ink::event]
pub struct DividendsHarvested {
    /// Amounts.
    pub harvested: Harvested,
}

/// TAO was given to liquidity providers and lenders.
#[ink::event]
pub struct IncentivesFunded {
    /// By whom.
    pub from: AccountId,
    /// How much, rao.
    pub tao: u64,
}

/// An account was paid its income.
#[ink::event]
pub struct IncomeClaimed {
    /// Whose.
    pub account: AccountId,
    /// TAO paid, rao.
    pub tao: u64,
    /// Alpha credited to the ledger.
    pub alpha: u64,
}

/// A hotkey was listed because stake had moved to it.
#[ink::event]
pub struct HotkeyAdopted {
    /// The validator.
    pub hotkey: AccountId,
    /// The market's stake with it.
    pub stake: u64,
}

/// Governance lets a validator compete, or has it leave.
#[ink::event]
pub struct ValidatorChanged {
    /// The validator.
    pub hotkey: AccountId,
    /// Whether it leaves.
    pub leaving: bool,
}

/// Stake moved between validators.
#[ink::event]
pub struct StakeRebalanced {
    /// What was moved.
    pub moves: Vec<StakeMove>,
}

/// The ladder of sanctions restricts the market otherwise than before.
#[ink::event]
pub struct StandingChanged {
    /// The restriction in force.
    pub restriction: Restriction,
}

/// TAO could not be delivered to its owner and waits to be claimed.
#[ink::event]
pub struct PaymentCredited {
    /// Whose.
    pub account: AccountId,
    /// How much, rao.
    pub tao: u64,
}

/// Protocol income went to the sink.
#[ink::event]
pub struct ProtocolCollected {
    /// TAO, rao.
    pub tao: u64,
    /// Alpha.
    pub alpha: u64,
}

/// The market was frozen.
#[ink::event]
pub struct MarketFrozen {
    /// The rates everybody is settled at.
    pub terminal: Terminal,
}

/// An account was paid all it owned.
#[ink::event]
pub struct ClaimPaid {
    /// Whose.
    pub account: AccountId,
    /// TAO paid, rao.
    pub tao: u64,
}

/// Parameters were set; all of them as they are now.
#[ink::event]
pub struct ParametersSet {
    /// Fees and shares of income.
    pub fees: FeeParams,
    /// Limits of shorts.
    pub risk: RiskParams,
    /// The rate model.
    pub rates: RateParams,
    /// Block from which opening is allowed; 0 or a past block allows it.
    pub opening_paused_until: u32,
}
