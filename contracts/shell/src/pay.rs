//! Plain payments.

use ink::primitives::AccountId;
use subtensor::{Rao, SubtensorEnvironment};

/// A payment the chain refused: the receiver's account would stay below the existential deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unpaid {
    /// The payment.
    pub amount: Rao,
}

/// Pays TAO out of the contract's free balance; nothing for 0.
///
/// # Errors
/// [`Unpaid`] when the chain refuses.
pub fn pay(to: AccountId, amount: Rao) -> Result<(), Unpaid> {
    if amount == 0 {
        return Ok(());
    }
    ink::env::transfer::<SubtensorEnvironment>(to, amount).map_err(|_| Unpaid { amount })
}
