//! What emission asks of others: the handover where the registry is, the registry what is listed, markets to settle an epoch. None of
//! them can call back, because the chain denies entering a contract that is already running.

use crate::error::{EmissionError, Failure};
use crate::storage::Entry;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use ink::scale::{Decode, Encode};
use kernel::market::{Reading, Standing};
use shell::{ask, call};

/// What the registry that the authority knows says of a market.
///
/// # Errors
/// [`EmissionError::RegistryUnknown`], [`EmissionError::NoSuchMarket`].
pub fn entry(authority: AccountId, netuid: u16, generation: u64) -> Result<Entry, Failure> {
    let registry = ask::<Option<AccountId>>(authority, ink::selector_bytes!("registry"), Vec::new())
        .flatten()
        .ok_or(EmissionError::RegistryUnknown)?;
    ask::<Option<Entry>>(
        registry,
        ink::selector_bytes!("market_of"),
        (netuid, generation).encode(),
    )
    .ok_or(EmissionError::RegistryUnknown)?
    .ok_or_else(|| EmissionError::NoSuchMarket.into())
}

/// Pays `value` rao to a market's users, tells it how it is restricted, and reads an epoch; `None` when it refuses.
pub fn settle_epoch(market: AccountId, epoch: u32, standing: Standing, value: u64) -> Option<Reading> {
    let arguments = (epoch, standing).encode();
    let answer = call(market, ink::selector_bytes!("settle_epoch"), arguments, value);
    Reading::decode(&mut answer.ok()?.ok()?.as_slice()).ok()
}
