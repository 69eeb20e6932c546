//! The market's messages as a client sees them: the one place that knows their names, arguments and answers.
//!
//! The types are this crate's own, not the contract's: what decodes here decodes for anybody who follows the metadata.

use codec::{Decode, Encode};
use kernel::competition::Validators;
use kernel::market::{
    Closed, Harvested, Health, Liquidated, MarginChanged, Opened, Prices, Reading, SettledShort, Standing, Terminal,
};
use kernel::{Account, Asset, FeeParams, LiquidityChange, Market, Position, RateParams, RiskParams, Swapped};
use staking::{AccountId, Code};

use crate::world::{Caller, World};

/// Why a message was refused.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub enum MarketError {
    /// A rule of the market.
    Rule(kernel::Error),
    /// The chain refused; the index of each variant is the chain's code.
    Chain(Code),
    /// Not the authority.
    NotAuthority,
    /// Not the emission contract.
    NotEmission,
    /// Not a validator of the subnet.
    HotkeyNotRegistered,
    /// Not the position's owner.
    NotOwner,
    /// The TAO sent is not what the message needs.
    ValueMismatch { expected: u64, got: u64 },
    /// No subnet.
    NoSuchSubnet { netuid: u16 },
    /// The market's generation has ended.
    GenerationEnded { generation: u64 },
    /// The market's generation is alive.
    GenerationAlive,
    /// The chain has not paid out yet.
    DissolutionPending { stake: u64 },
    /// The chain moved another amount of stake.
    StakeNotMoved { requested: u64, moved: u64 },
    /// TAO could not be paid out.
    TransferFailed { amount: u64 },
    /// The market has no stake with this hotkey.
    ForeignHotkey,
    /// Too many positions.
    BatchTooLarge { max: u32, got: u32 },
}

/// Where a trader's alpha comes from and goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub enum Settlement {
    /// The market's ledger.
    Ledger,
    /// The trader's stake.
    Stake,
}

/// What a claim paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Payout {
    pub tao: u64,
    pub alpha: u64,
}

/// What a poke recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Poked {
    pub blocks: u32,
    pub reward: u64,
    pub prices: Prices,
}

/// A batch of liquidations.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct LiquidationReport {
    pub reward: u64,
    pub liquidated: Vec<Liquidated>,
}

/// The whole market.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct MarketState {
    pub netuid: u16,
    pub generation: u64,
    pub alive: bool,
    pub authority: AccountId,
    pub sink: AccountId,
    pub emission: AccountId,
    pub standing: Standing,
    pub block: u32,
    pub chain_price_e9: u64,
    pub safe_mode: bool,
    pub prices: Prices,
    pub market: Market,
}

/// An account, its earnings credited.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct AccountView {
    pub account: Account,
    pub liquidity_tao: u64,
    pub liquidity_alpha: u64,
    pub lent_alpha: u64,
}

/// A position and its health.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct PositionView {
    pub id: u32,
    pub position: Position,
    pub health: Health,
}

/// A page of positions.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct PositionPage {
    pub positions: Vec<PositionView>,
    pub next: Option<u32>,
}

/// A page of ids that are due.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct DuePage {
    pub ids: Vec<u32>,
    pub next: Option<u32>,
}

/// Both ledger identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct CustodyView {
    pub alpha_owed: u64,
    pub alpha_held: u64,
    pub tao_owed: u64,
    pub tao_held: u64,
}

/// How validators compete.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Competition {
    pub state: Validators,
    pub scores: Vec<u64>,
    pub weights_bps: Vec<u16>,
}

/// Stake that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct StakeMove {
    pub from: AccountId,
    pub to: AccountId,
    pub amount: u64,
}

/// A rebalancing.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct Rebalanced {
    pub reward: u64,
    pub moves: Vec<StakeMove>,
}

type Refusable<T> = Result<T, MarketError>;

/// Arguments of the constructor.
pub fn constructor(
    netuid: u16,
    hotkey: AccountId,
    authority: AccountId,
    sink: AccountId,
    emission: AccountId,
) -> (&'static str, Vec<u8>) {
    ("new", (netuid, hotkey, authority, sink, emission).encode())
}

/// Messages that change something.
impl Caller<'_> {
    /// Adds the TAO attached and at most `max_alpha`.
    pub fn add_liquidity(self, max_alpha: u64, min_shares: u128, from: Settlement) -> Refusable<LiquidityChange> {
        let deadline = self.deadline;
        self.call("add_liquidity", (max_alpha, min_shares, deadline, from))
    }

    /// Burns liquidity shares.
    pub fn remove_liquidity(
        self,
        shares: u128,
        min_tao: u64,
        min_alpha: u64,
        to: Settlement,
    ) -> Refusable<LiquidityChange> {
        let deadline = self.deadline;
        self.call("remove_liquidity", (shares, min_tao, min_alpha, deadline, to))
    }

    /// Swaps an exact input; TAO is attached by itself.
    pub fn swap_exact_in(mut self, input: Asset, amount: u64, min_out: u64, with: Settlement) -> Refusable<Swapped> {
        if input == Asset::Tao && self.value == 0 {
            self.value = amount;
        }
        let deadline = self.deadline;
        self.call("swap_exact_in", (input, amount, min_out, deadline, with))
    }

    /// Swaps for an exact output; `max_in` TAO is attached by itself.
    pub fn swap_exact_out(mut self, output: Asset, amount: u64, max_in: u64, with: Settlement) -> Refusable<Swapped> {
        if output == Asset::Alpha && self.value == 0 {
            self.value = max_in;
        }
        let deadline = self.deadline;
        self.call("swap_exact_out", (output, amount, max_in, deadline, with))
    }

    /// Turns stake into alpha on the ledger.
    pub fn deposit_alpha(self, hotkey: AccountId, amount: u64) -> Refusable<u64> {
        self.call("deposit_alpha", (hotkey, amount))
    }

    /// Turns alpha on the ledger into stake.
    pub fn withdraw_alpha(self, amount: u64) -> Refusable<u64> {
        self.call("withdraw_alpha", amount)
    }

    /// Sells alpha on the chain's pool.
    pub fn withdraw_alpha_as_tao(self, amount: u64, min_tao: u64) -> Refusable<u64> {
        let deadline = self.deadline;
        self.call("withdraw_alpha_as_tao", (amount, min_tao, deadline))
    }

    /// Lends alpha.
    pub fn lend(self, alpha: u64) -> Refusable<u128> {
        self.call("lend", alpha)
    }

    /// Takes lent alpha back.
    pub fn unlend(self, shares: u128) -> Refusable<u64> {
        self.call("unlend", shares)
    }

    /// Opens a short with the TAO attached as margin.
    pub fn open_short(self, alpha: u64, min_proceeds: u64) -> Refusable<Opened> {
        let deadline = self.deadline;
        self.call("open_short", (alpha, min_proceeds, deadline))
    }

    /// Adds the TAO attached as margin.
    pub fn add_margin(self, id: u32) -> Refusable<MarginChanged> {
        self.call("add_margin", id)
    }

    /// Takes margin out.
    pub fn withdraw_margin(self, id: u32, rao: u64) -> Refusable<MarginChanged> {
        self.call("withdraw_margin", (id, rao))
    }

    /// Buys back and repays.
    pub fn close_short(self, id: u32, alpha: u64, max_cost: u64) -> Refusable<Closed> {
        let deadline = self.deadline;
        self.call("close_short", (id, alpha, max_cost, deadline))
    }

    /// Repays from the ledger.
    pub fn repay_with_alpha(self, id: u32, alpha: u64) -> Refusable<Closed> {
        self.call("repay_with_alpha", (id, alpha))
    }

    /// Liquidates through the pool.
    pub fn liquidate(self, ids: &[u32], min_reward: u64) -> Refusable<LiquidationReport> {
        let deadline = self.deadline;
        self.call("liquidate", (ids.to_vec(), min_reward, deadline))
    }

    /// Liquidates with the caller's alpha.
    pub fn liquidate_with_alpha(self, id: u32, max_alpha: u64, min_tao: u64) -> Refusable<Liquidated> {
        let deadline = self.deadline;
        self.call("liquidate_with_alpha", (id, max_alpha, min_tao, deadline))
    }

    /// Records the oracle.
    pub fn poke(self, min_reward: u64) -> Refusable<Poked> {
        let deadline = self.deadline;
        self.call("poke", (min_reward, deadline))
    }

    /// Lists a hotkey that the market's stake has gone to.
    pub fn adopt_hotkey(self, hotkey: AccountId) -> Refusable<Validators> {
        self.call("adopt_hotkey", hotkey)
    }

    /// Books dividends.
    pub fn harvest(self, min_reward: u64) -> Refusable<Harvested> {
        let deadline = self.deadline;
        self.call("harvest", (min_reward, deadline))
    }

    /// Moves stake toward the validators that pay.
    pub fn rebalance(self, limit: u32) -> Refusable<Rebalanced> {
        let deadline = self.deadline;
        self.call("rebalance", (limit, 0u64, deadline))
    }

    /// Lets a validator compete.
    pub fn add_hotkey(self, hotkey: AccountId) -> Refusable<()> {
        self.call("add_hotkey", hotkey)
    }

    /// Has a validator leave.
    pub fn remove_hotkey(self, hotkey: AccountId) -> Refusable<()> {
        self.call("remove_hotkey", hotkey)
    }

    /// What only the emission contract does: gives the TAO attached, restricts, reads.
    pub fn settle_epoch(self, epoch: u32, standing: Standing) -> Refusable<Reading> {
        self.call("settle_epoch", (epoch, standing))
    }

    /// Gives the TAO attached to providers and lenders.
    pub fn fund_incentives(self) -> Refusable<()> {
        self.call("fund_incentives", ())
    }

    /// Takes income.
    pub fn claim_rewards(self) -> Refusable<Payout> {
        self.call("claim_rewards", ())
    }

    /// Sends protocol income to the sink.
    pub fn collect_fees(self) -> Refusable<Payout> {
        self.call("collect_fees", ())
    }

    /// Freezes the market after its generation's end.
    pub fn freeze(self) -> Refusable<Terminal> {
        self.call("freeze", ())
    }

    /// Settles shorts after the end.
    pub fn settle_shorts(self, ids: &[u32]) -> Refusable<Vec<SettledShort>> {
        self.call("settle_shorts", ids.to_vec())
    }

    /// Pays an account all it owned.
    pub fn claim(self, owner: AccountId) -> Refusable<u64> {
        self.call("claim", owner)
    }

    /// Sets fees.
    pub fn set_fees(self, fees: FeeParams) -> Refusable<()> {
        self.call("set_fees", fees)
    }

    /// Sets limits of shorts.
    pub fn set_risk(self, risk: RiskParams) -> Refusable<()> {
        self.call("set_risk", risk)
    }

    /// Sets the rate model.
    pub fn set_rates(self, rates: RateParams) -> Refusable<()> {
        self.call("set_rates", rates)
    }

    /// Pauses opening before block `until`.
    pub fn pause_opening(self, until: u32) -> Refusable<()> {
        self.call("pause_opening", until)
    }
}

/// Views.
impl World {
    /// The market recorded up to now.
    pub fn state(&mut self) -> MarketState {
        self.view("market_state", ()).expect("the state is readable")
    }

    /// What an account owns in the market.
    pub fn account(&mut self, who: AccountId) -> AccountView {
        self.view("account", who).expect("every account is readable")
    }

    /// A position.
    pub fn position(&mut self, id: u32) -> Refusable<PositionView> {
        self.view("position", id)
    }

    /// Positions among `from..from + limit`.
    pub fn positions(&mut self, from: u32, limit: u32) -> PositionPage {
        self.view("positions", (from, limit)).expect("positions are readable")
    }

    /// Ids that are due among `from..from + limit`.
    pub fn liquidatable(&mut self, from: u32, limit: u32) -> DuePage {
        self.view("liquidatable", (from, limit))
            .expect("positions are readable")
    }

    /// Both ledger identities as the market sees them.
    pub fn custody(&mut self) -> CustodyView {
        self.view("custody", ()).expect("custody is readable")
    }

    /// How the market's validators compete.
    pub fn competition(&mut self) -> Competition {
        self.read("competition", ())
    }

    /// All open positions.
    pub fn all_positions(&mut self) -> Vec<PositionView> {
        let mut all = Vec::new();
        let mut from = Some(0);
        while let Some(start) = from {
            let page = self.positions(start, 500);
            all.extend(page.positions);
            from = page.next;
        }
        all
    }
}

/// A message to ask the price of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub enum Action {
    AddLiquidity { tao: u64, max_alpha: u64 },
    RemoveLiquidity { shares: u128 },
    SwapExactIn { input: Asset, amount_in: u64 },
    SwapExactOut { output: Asset, amount_out: u64 },
    Lend { alpha: u64 },
    Unlend { shares: u128 },
    OpenShort { margin: u64, alpha: u64 },
    AddMargin { id: u32, tao: u64 },
    WithdrawMargin { id: u32, amount: u64 },
    CloseShort { id: u32, alpha: u64, tao: u64 },
    RepayWithAlpha { id: u32, alpha: u64 },
    Liquidate { id: u32 },
    LiquidateWithAlpha { id: u32, max_alpha: u64 },
    SettleShort { id: u32 },
    Claim,
}

/// What the message would return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub enum Quote {
    Liquidity(LiquidityChange),
    Swap(Swapped),
    Shares(u128),
    Alpha(u64),
    Opened(Opened),
    Margin(MarginChanged),
    Closed(Closed),
    Liquidated(Liquidated),
    Settled(SettledShort),
    Tao(u64),
}

impl World {
    /// What a message of `who` would return now.
    pub fn quote(&mut self, who: AccountId, action: Action) -> Refusable<Quote> {
        self.view_as(who, "quote", action)
    }
}
