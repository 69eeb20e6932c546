//! What a message would do now. A quote runs the message's own code on a copy of the market, so it equals execution in
//! the same block; limits, deadlines and payments are left out, and alpha that an account would bring is lent to it.

#![allow(
    clippy::cast_possible_truncation,
    reason = "the codec's derive casts the index of a variant"
)]

use crate::error::MarketError;
use crate::market::{AlphaMarket, Result};
use ink::codegen::Env;
use kernel::market::{Closed, Liquidated, MarginChanged, Opened, SettledShort};
use kernel::{Account, Asset, LiquidityChange, Swapped};

/// A message to quote, with the arguments that matter. Amounts in rao and alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(missing_docs, reason = "fields are named as the messages' arguments")]
pub enum Action {
    /// `add_liquidity` with `tao` sent.
    AddLiquidity { tao: u64, max_alpha: u64 },
    /// `remove_liquidity`.
    RemoveLiquidity { shares: u128 },
    /// `swap_exact_in`, settled on the ledger.
    SwapExactIn { input: Asset, amount_in: u64 },
    /// `swap_exact_out`, settled on the ledger.
    SwapExactOut { output: Asset, amount_out: u64 },
    /// `lend`.
    Lend { alpha: u64 },
    /// `unlend`.
    Unlend { shares: u128 },
    /// `open_short` with `margin` sent.
    OpenShort { margin: u64, alpha: u64 },
    /// `add_margin` with `tao` sent.
    AddMargin { id: u32, tao: u64 },
    /// `withdraw_margin`.
    WithdrawMargin { id: u32, amount: u64 },
    /// `close_short` with `tao` sent.
    CloseShort { id: u32, alpha: u64, tao: u64 },
    /// `repay_with_alpha`.
    RepayWithAlpha { id: u32, alpha: u64 },
    /// `liquidate` of one position.
    Liquidate { id: u32 },
    /// `liquidate_with_alpha`.
    LiquidateWithAlpha { id: u32, max_alpha: u64 },
    /// `settle_shorts` of one position.
    SettleShort { id: u32 },
    /// `claim` for the caller.
    Claim,
}

/// What the message would return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Quote {
    /// Of adding or removing liquidity.
    Liquidity(LiquidityChange),
    /// Of a swap.
    Swap(Swapped),
    /// Shares minted by lending.
    Shares(u128),
    /// Alpha received by unlending.
    Alpha(u64),
    /// Of opening.
    Opened(Opened),
    /// Of changing the margin.
    Margin(MarginChanged),
    /// Of closing or repaying.
    Closed(Closed),
    /// Of liquidating.
    Liquidated(Liquidated),
    /// Of settling after the end.
    Settled(SettledShort),
    /// TAO paid by a claim, rao.
    Tao(u64),
}

impl AlphaMarket {
    pub(crate) fn quoted(&self, action: Action) -> Result<Quote> {
        let mut market = self.recorded()?;
        if market.terminal.is_none() {
            self.check_alive()?;
        }
        let now = self.env().block_number();
        let mut account = Account::default();
        let id = match action {
            Action::AddMargin { id, .. }
            | Action::WithdrawMargin { id, .. }
            | Action::CloseShort { id, .. }
            | Action::RepayWithAlpha { id, .. }
            | Action::Liquidate { id }
            | Action::LiquidateWithAlpha { id, .. }
            | Action::SettleShort { id } => Some(id),
            _ => None,
        };
        let brought = match action {
            Action::AddLiquidity { max_alpha: alpha, .. }
            | Action::Lend { alpha }
            | Action::RepayWithAlpha { alpha, .. }
            | Action::LiquidateWithAlpha { max_alpha: alpha, .. } => alpha,
            _ => 0,
        };
        let room = kernel::math::MAX_AMOUNT.saturating_sub(market.balances);
        if brought != 0 {
            market.deposit(&mut account, brought.min(room))?;
        }
        let position = id.map(|id| self.position_of(id)).transpose()?;
        let existing = || position.ok_or(MarketError::Rule(kernel::Error::NothingToDo));
        let price = self.chain_price().unwrap_or(0);
        Ok(match action {
            Action::AddLiquidity { tao, max_alpha } => {
                Quote::Liquidity(market.add_liquidity(&mut account, tao, max_alpha, 0, now)?)
            }
            Action::RemoveLiquidity { shares } => Quote::Liquidity(market.pool.quote_remove(shares)?),
            Action::SwapExactIn { input, amount_in } => Quote::Swap(market.swap_exact_in(input, amount_in, 0, now)?),
            Action::SwapExactOut { output, amount_out } => {
                Quote::Swap(market.swap_exact_out(output, amount_out, u64::MAX, now)?)
            }
            Action::Lend { alpha } => Quote::Shares(market.lend(&mut account, alpha, now)?),
            Action::Unlend { shares } => Quote::Alpha(market.vault.redeem(shares)?),
            Action::OpenShort { margin, alpha } => {
                Quote::Opened(market.open_short([0; 32], margin, alpha, 0, price, now)?.1)
            }
            Action::AddMargin { tao, .. } => Quote::Margin(market.add_margin(&mut existing()?, tao, now)?),
            Action::WithdrawMargin { amount, .. } => {
                Quote::Margin(market.withdraw_margin(&mut existing()?, amount, price, now)?)
            }
            Action::CloseShort { alpha, tao, .. } => {
                Quote::Closed(market.close_short(&mut existing()?, alpha, u64::MAX, tao, now)?)
            }
            Action::RepayWithAlpha { alpha, .. } => {
                Quote::Closed(market.repay_with_alpha(&mut account, &mut existing()?, alpha, now)?)
            }
            Action::Liquidate { id } => Quote::Liquidated(market.liquidate(id, &mut existing()?, price)?),
            Action::LiquidateWithAlpha { id, max_alpha } => Quote::Liquidated(market.liquidate_with_alpha(
                &mut account,
                id,
                &mut existing()?,
                max_alpha,
                0,
                price,
            )?),
            Action::SettleShort { id } => Quote::Settled(market.settle_short(id, &existing()?)?),
            Action::Claim => Quote::Tao(market.claim(&mut self.account_of(self.env().caller()), now)?),
        })
    }
}
