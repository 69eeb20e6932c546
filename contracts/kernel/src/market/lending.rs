//! Lending alpha to shorts.

use super::Market;
use crate::account::Account;
use crate::error::Result;

impl Market {
    /// Lends alpha from the account's ledger; returns the shares minted, rounded down.
    pub fn lend(&mut self, account: &mut Account, alpha: u64, now: u32) -> Result<u128> {
        self.check_entry()?;
        self.touch_debt(now)?;
        self.settle_lending(account, now)?;
        self.withdraw(account, alpha)?;
        let shares = self.vault.supply(alpha)?;
        account.add_lend_shares(shares)?;
        Ok(shares)
    }

    /// Burns lenders' shares; the alpha they are worth, rounded down, goes to the account's ledger.
    ///
    /// # Errors
    /// [`crate::Error::InsufficientLiquidity`] when more than the idle alpha is asked for: the rest is lent out.
    pub fn unlend(&mut self, account: &mut Account, shares: u128, now: u32) -> Result<u64> {
        self.touch_debt(now)?;
        self.settle_lending(account, now)?;
        account.burn_lend_shares(shares)?;
        let alpha = self.vault.redeem(shares)?;
        self.deposit(account, alpha)?;
        Ok(alpha)
    }
}
