//! What one account owns in a market.

use crate::error::{Error, Result};
use crate::math::{add, add_wide, sub_wide};

/// Balances, shares, and the index snapshots from which income is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Account {
    /// Alpha on the internal ledger. It earns nothing: supply it as liquidity or lend it.
    pub alpha: u64,
    /// TAO credited and not paid yet, rao.
    pub tao: u64,
    /// Liquidity shares.
    pub lp_shares: u128,
    /// Lenders' shares.
    pub lend_shares: u128,
    /// Index of the providers' dividends up to which this account is credited.
    pub lp_dividends: u128,
    /// Index of the lenders' dividends up to which this account is credited.
    pub lender_dividends: u128,
    /// Index of the providers' incentives up to which this account is credited.
    pub lp_incentives: u128,
    /// Index of the lenders' incentives up to which this account is credited.
    pub lender_incentives: u128,
}

impl Account {
    /// Whether nothing is left, so that the account need not be stored.
    pub fn is_empty(&self) -> bool {
        self.alpha == 0 && self.tao == 0 && self.lp_shares == 0 && self.lend_shares == 0
    }

    pub(crate) fn credit_alpha(&mut self, amount: u64) -> Result<()> {
        self.alpha = add(self.alpha, amount)?;
        Ok(())
    }

    pub(crate) fn debit_alpha(&mut self, amount: u64) -> Result<()> {
        self.alpha = self.alpha.checked_sub(amount).ok_or(Error::InsufficientBalance {
            requested: amount,
            available: self.alpha,
        })?;
        Ok(())
    }

    pub(crate) fn add_lp_shares(&mut self, shares: u128) -> Result<()> {
        self.lp_shares = add_wide(self.lp_shares, shares)?;
        Ok(())
    }

    pub(crate) fn burn_lp_shares(&mut self, shares: u128) -> Result<()> {
        self.lp_shares = burn(self.lp_shares, shares)?;
        Ok(())
    }

    pub(crate) fn add_lend_shares(&mut self, shares: u128) -> Result<()> {
        self.lend_shares = add_wide(self.lend_shares, shares)?;
        Ok(())
    }

    pub(crate) fn burn_lend_shares(&mut self, shares: u128) -> Result<()> {
        self.lend_shares = burn(self.lend_shares, shares)?;
        Ok(())
    }
}

fn burn(owned: u128, shares: u128) -> Result<u128> {
    if shares == 0 {
        return Err(Error::ZeroAmount.into());
    }
    sub_wide(owned, shares).map_err(|_| {
        Error::InsufficientShares {
            requested: shares,
            available: owned,
        }
        .into()
    })
}
