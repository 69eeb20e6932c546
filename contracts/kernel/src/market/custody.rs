//! What a market owes, to be compared with what it holds.

use super::Market;
use crate::error::Result;
use crate::math::add;

/// Both sides' parts of the ledger identities.
///
/// While the subnet lives: stake owned = `alpha` + unbooked growth, which is never negative. Always: free TAO is at least
/// `tao` and the existential deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, scale::Encode, scale::Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Custody {
    /// Alpha owed: pool, idle lent alpha, internal balances, protocol, and booked dividends not yet credited. 0 once frozen.
    pub alpha: u64,
    /// TAO owed, rao: pool, escrows, insurance, protocol, claims, incentives not yet credited, and once frozen the proceeds
    /// and what shorts repaid to lenders.
    pub tao: u64,
}

impl Market {
    /// Alpha that the market owes to anybody.
    pub fn booked_alpha(&self) -> Result<u64> {
        let mut sum = add(self.pool.alpha, self.vault.idle)?;
        for part in [
            self.balances,
            self.protocol_alpha,
            self.lp_dividends.held,
            self.lender_dividends.held,
        ] {
            sum = add(sum, part)?;
        }
        Ok(sum)
    }

    /// TAO that the market owes to anybody, rao.
    pub fn booked_tao(&self) -> Result<u64> {
        let (proceeds, lender_tao) = self.terminal.as_ref().map_or((0, 0), |t| (t.proceeds, t.lender_tao));
        let mut sum = add(self.pool.tao, self.escrow)?;
        for part in [
            self.insurance,
            self.protocol_tao,
            self.claims,
            self.lp_incentives.held,
            self.lender_incentives.held,
            proceeds,
            lender_tao,
        ] {
            sum = add(sum, part)?;
        }
        Ok(sum)
    }

    /// Both sums.
    pub fn custody(&self) -> Result<Custody> {
        let alpha = if self.terminal.is_some() {
            0
        } else {
            self.booked_alpha()?
        };
        Ok(Custody {
            alpha,
            tao: self.booked_tao()?,
        })
    }
}
