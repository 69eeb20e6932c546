//! The whole state of one market and what may happen to it.
//!
//! Every operation first records the oracle (and interest where debt is concerned), then quotes, checks the caller's
//! limits, and only then changes state. On an error the state may be half changed: callers discard it, as a reverted
//! message does.

mod custody;
mod income;
mod lending;
mod liquidation;
mod shorts;
mod standing;
mod terminal;
mod trading;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::math::{add, checked_amount, sub, sub_wide};
use crate::oracle::{Oracle, LONG_WINDOW, SHORT_WINDOW};
use crate::params::{check_pause, FeeParams, RateParams, RiskParams};
use crate::pool::{Pool, LOCKED_SHARES, MAX_PRICE_E12};
use crate::short::price_cap;
use crate::stream::Stream;
use crate::vault::Vault;
use crate::work::Work;

pub use custody::Custody;
pub use income::Harvested;
pub use liquidation::Liquidated;
pub use shorts::{trigger_price, Closed, Health, MarginChanged, Opened};
pub use standing::{Reading, Restriction, Standing, RESTRICTED_BLOCKS};
pub use terminal::{SettledShort, Terminal};

/// Everything but the accounts and the positions; one storage cell of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Market {
    /// Reserves and liquidity shares.
    pub pool: Pool,
    /// Lent and idle alpha.
    pub vault: Vault,
    /// The clamped price history of the pool.
    pub oracle: Oracle,
    /// Fees and shares of income.
    pub fees: FeeParams,
    /// Limits of shorts.
    pub risk: RiskParams,
    /// The rate model.
    pub rates: RateParams,
    /// Alpha dividends of liquidity providers.
    pub lp_dividends: Stream,
    /// Alpha dividends of lenders.
    pub lender_dividends: Stream,
    /// TAO incentives of liquidity providers.
    pub lp_incentives: Stream,
    /// TAO incentives of lenders.
    pub lender_incentives: Stream,
    /// Sum of all accounts' alpha.
    pub balances: u64,
    /// Alpha that belongs to the protocol's sink.
    pub protocol_alpha: u64,
    /// Sum of all positions' escrows, rao.
    pub escrow: u64,
    /// TAO that covers bad debt before lenders do.
    pub insurance: u64,
    /// TAO that belongs to the protocol's sink.
    pub protocol_tao: u64,
    /// Sum of all accounts' credited TAO.
    pub claims: u64,
    /// Id of the next position.
    pub next_position: u32,
    /// Positions that are open.
    pub open_positions: u32,
    /// Block from which opening new risk is allowed; 0 or a past block allows it.
    pub opening_paused_until: u32,
    /// Alpha at work over time, by which income is shared and shorts are limited.
    pub work: Work,
    /// Block from which the dividend yield is being measured.
    pub yield_since: u32,
    /// Dividends booked since then, alpha.
    pub yield_booked: u64,
    /// TAO that stayed in the pool, epoch by epoch.
    pub flow: Flow,
    /// What the ladder of sanctions allows.
    pub restriction: Restriction,
    /// Set once the subnet's generation has ended.
    pub terminal: Option<Terminal>,
}

/// The prices that rules use, all `price_e12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Prices {
    /// Spot of the pool, rounded down.
    pub spot: u64,
    /// Average over the short window.
    pub twap_short: u64,
    /// Average over the long window.
    pub twap_long: u64,
}

impl Market {
    /// An empty market at block `now` with default parameters.
    pub fn new(now: u32) -> Self {
        Self {
            pool: Pool::default(),
            vault: Vault::new(now),
            oracle: Oracle::default(),
            fees: FeeParams::default(),
            risk: RiskParams::default(),
            rates: RateParams::default(),
            lp_dividends: Stream::default(),
            lender_dividends: Stream::default(),
            lp_incentives: Stream::default(),
            lender_incentives: Stream::default(),
            balances: 0,
            protocol_alpha: 0,
            escrow: 0,
            insurance: 0,
            protocol_tao: 0,
            claims: 0,
            next_position: 0,
            open_positions: 0,
            opening_paused_until: 0,
            work: Work::new(now),
            yield_since: now,
            yield_booked: 0,
            flow: Flow::new(now),
            restriction: Restriction::default(),
            terminal: None,
        }
    }

    /// Records the flow, the oracle and the alpha at work up to `now`. [`Error::Frozen`] once the market is terminal.
    pub fn touch(&mut self, now: u32) -> Result<()> {
        if self.terminal.is_some() {
            return Err(Error::Frozen.into());
        }
        let spot = self.pool.price_down();
        self.flow.advance(now, self.pool.tao, &mut self.oracle, spot);
        self.oracle.advance(now, spot);
        self.work.advance(now, self.pool.alpha, self.vault.idle)
    }

    /// [`Market::touch`], and interest up to `now`.
    pub fn touch_debt(&mut self, now: u32) -> Result<()> {
        self.touch(now)?;
        self.vault.accrue(now, &self.rates, self.fees.interest_share_bps)
    }

    /// The market's own price for debt that exists: min(spot, short TWAP), rounded down. Touch first.
    pub fn debt_price(&self) -> Result<u64> {
        Ok(self.pool.price_down().min(self.oracle.twap(SHORT_WINDOW)?))
    }

    /// The price at which liquidations value debt: [`Market::debt_price`], but at most 10 % above the chain's spot
    /// (`chain_price_e9`, as function 15 returns it; 0 when unknown, which bounds nothing). Touch first.
    ///
    /// Whoever moves this market alone, for as long as nobody trades against it, moves the first; moving the chain's price
    /// as well can only protect positions while it lasts.
    pub fn liquidation_price(&self, chain_price_e9: u64) -> Result<u64> {
        Ok(self.debt_price()?.min(chain_bound(chain_price_e9)))
    }

    /// The highest average price at which debt is bought back for others: 5 % above the short TWAP, itself bounded as in
    /// [`Market::liquidation_price`].
    pub(crate) fn buy_back_cap(&self, chain_price_e9: u64) -> Result<u64> {
        price_cap(self.oracle.twap(SHORT_WINDOW)?.min(chain_bound(chain_price_e9)))
    }

    /// The price at which opening and withdrawing margin value debt: max(spot, both TWAPs), rounded up. Touch first.
    ///
    /// # Errors
    /// [`Error::OracleTooYoung`] before the long window is filled.
    pub fn opening_price(&self) -> Result<u64> {
        let long = self.oracle.twap(LONG_WINDOW)?;
        let short = self.oracle.twap(SHORT_WINDOW)?;
        Ok(self.pool.price_up().max(long.max(short).saturating_add(1)))
    }

    /// All prices. Touch first.
    pub fn prices(&self) -> Prices {
        Prices {
            spot: self.pool.price_down(),
            twap_short: self.oracle.twap(SHORT_WINDOW).unwrap_or(0),
            twap_long: self.oracle.twap(LONG_WINDOW).unwrap_or(0),
        }
    }

    /// Refuses to open risk when the short TWAP and the chain's spot (`chain_price_e9`, as function 15 returns it) differ by
    /// more than 10 % of the chain's.
    pub fn check_safe_mode(&self, chain_price_e9: u64) -> Result<()> {
        let market = self.oracle.twap(SHORT_WINDOW)?;
        let chain = chain_price_e9.saturating_mul(1_000);
        if market.abs_diff(chain) > chain / 10 {
            return Err(Error::SafeMode { market, chain }.into());
        }
        Ok(())
    }

    /// Credits alpha that arrived as stake to an account.
    pub fn deposit(&mut self, account: &mut Account, alpha: u64) -> Result<()> {
        account.credit_alpha(alpha)?;
        self.balances = checked_amount(add(self.balances, alpha)?)?;
        Ok(())
    }

    /// Debits alpha that leaves as stake from an account.
    pub fn withdraw(&mut self, account: &mut Account, alpha: u64) -> Result<()> {
        account.debit_alpha(alpha)?;
        self.balances = sub(self.balances, alpha)?;
        Ok(())
    }

    /// Credits TAO that could not be paid out at once.
    pub fn credit_tao(&mut self, account: &mut Account, rao: u64) -> Result<()> {
        account.tao = add(account.tao, rao)?;
        self.claims = add(self.claims, rao)?;
        Ok(())
    }

    /// Takes all TAO that is credited to an account, to be paid out.
    pub fn take_tao(&mut self, account: &mut Account) -> Result<u64> {
        let rao = core::mem::take(&mut account.tao);
        self.claims = sub(self.claims, rao)?;
        Ok(rao)
    }

    /// Credits an account with what its liquidity shares earned up to `now`.
    pub fn settle_liquidity(&mut self, account: &mut Account, now: u32) -> Result<()> {
        let all = self.earning_lp_shares()?;
        self.lp_dividends.release(now, all)?;
        let alpha = self
            .lp_dividends
            .collect(account.lp_shares, &mut account.lp_dividends)?;
        self.deposit(account, alpha)?;
        self.lp_incentives.release(now, all)?;
        let rao = self
            .lp_incentives
            .collect(account.lp_shares, &mut account.lp_incentives)?;
        self.credit_tao(account, rao)
    }

    /// Credits an account with what its lenders' shares earned up to `now`, interest aside.
    pub fn settle_lending(&mut self, account: &mut Account, now: u32) -> Result<()> {
        let all = self.earning_lend_shares()?;
        self.lender_dividends.release(now, all)?;
        let alpha = self
            .lender_dividends
            .collect(account.lend_shares, &mut account.lender_dividends)?;
        self.deposit(account, alpha)?;
        self.lender_incentives.release(now, all)?;
        let rao = self
            .lender_incentives
            .collect(account.lend_shares, &mut account.lender_incentives)?;
        self.credit_tao(account, rao)
    }

    /// Credits an account with all it earned up to `now`.
    pub fn settle_account(&mut self, account: &mut Account, now: u32) -> Result<()> {
        self.settle_liquidity(account, now)?;
        self.settle_lending(account, now)
    }

    pub(crate) fn earning_lp_shares(&self) -> Result<u128> {
        Ok(self.pool.shares.saturating_sub(LOCKED_SHARES))
    }

    pub(crate) fn earning_lend_shares(&self) -> Result<u128> {
        sub_wide(self.vault.shares, self.vault.protocol_shares)
    }

    /// Replaces the fees within their bounds.
    pub fn set_fees(&mut self, fees: FeeParams, now: u32) -> Result<()> {
        fees.check()?;
        self.touch_debt(now)?;
        self.fees = fees;
        Ok(())
    }

    /// Replaces the limits of shorts within their bounds.
    pub fn set_risk(&mut self, risk: RiskParams, now: u32) -> Result<()> {
        risk.check()?;
        self.touch_debt(now)?;
        self.risk = risk;
        Ok(())
    }

    /// Replaces the rate model within its bounds; interest up to `now` keeps the old one.
    pub fn set_rates(&mut self, rates: RateParams, now: u32) -> Result<()> {
        rates.check()?;
        self.touch_debt(now)?;
        self.rates = rates;
        Ok(())
    }

    /// Refuses opening risk before block `until`, in place of any earlier pause; 0 or a past block allows it at once. Nobody
    /// has to end a pause.
    ///
    /// # Errors
    /// [`Error::ParameterOutOfBounds`] when `until` is more than [`crate::params::MAX_PAUSE_BLOCKS`] after `now`.
    pub fn pause_opening(&mut self, until: u32, now: u32) -> Result<()> {
        check_pause(until, now)?;
        self.opening_paused_until = until;
        Ok(())
    }
}

/// The highest price, `price_e12`, at which liquidations value debt while the chain's is `chain_price_e9`.
fn chain_bound(chain_price_e9: u64) -> u64 {
    if chain_price_e9 == 0 {
        return MAX_PRICE_E12;
    }
    // 1.1 × 1e12/1e9
    chain_price_e9.saturating_mul(1_100)
}

/// Refuses what comes after the caller's deadline.
pub fn check_deadline(deadline: u32, now: u32) -> Result<()> {
    if now > deadline {
        return Err(Error::DeadlinePassed { deadline, now }.into());
    }
    Ok(())
}
