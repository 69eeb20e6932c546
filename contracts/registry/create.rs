//! How a market comes into being: from pinned code, at an address that anyone can compute beforehand.

use crate::error::RegistryError;
use ink::env::call::{build_create, ExecutionInput, FromAccountId, Selector};
use ink::env::ContractEnv;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use ink::scale::{Decode, Encode, Error, Input};
use subtensor::SubtensorEnvironment;

/// Longest part of an answer that an error carries, bytes.
const MAX_ANSWER: usize = 64;

/// Arguments of a market's constructor.
#[ink::scale_derive(Encode)]
pub struct Arguments {
    /// The subnet.
    pub netuid: u16,
    /// The validator it stakes with.
    pub hotkey: AccountId,
    /// Who sets its parameters.
    pub authority: AccountId,
    /// Where protocol income goes.
    pub sink: AccountId,
    /// What settles emission.
    pub emission: AccountId,
}

/// The salt of a market: every (netuid, generation) has one address per registry, code and arguments.
pub fn salt(netuid: u16, generation: u64) -> Vec<u8> {
    (*b"autonomy/market", netuid, generation).encode()
}

/// Instantiates a market without any endowment.
///
/// # Errors
/// [`RegistryError::CreationFailed`].
pub fn market(code: [u8; 32], arguments: Arguments, salt: Vec<u8>) -> Result<AccountId, RegistryError> {
    let created = build_create::<Place>()
        .instantiate_v1()
        .gas_limit(0)
        .code_hash(code.into())
        .endowment(0)
        .exec_input(ExecutionInput::new(Selector::new(ink::selector_bytes!("new"))).push_arg(arguments))
        .salt_bytes(salt)
        .returns::<Result<Place, Refusal>>()
        .params()
        .try_instantiate();
    match created {
        Ok(Ok(Ok(place))) => Ok(place.0),
        Ok(Ok(Err(Refusal(answer)))) => Err(RegistryError::CreationFailed { answer }),
        _ => Err(RegistryError::CreationFailed { answer: Vec::new() }),
    }
}

/// Where a contract lives.
struct Place(AccountId);

impl ContractEnv for Place {
    type Env = SubtensorEnvironment;
}

impl FromAccountId<SubtensorEnvironment> for Place {
    fn from_account_id(account: AccountId) -> Self {
        Self(account)
    }
}

/// A constructor's error, undecoded and cut.
struct Refusal(Vec<u8>);

impl Decode for Refusal {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let length = input.remaining_len()?.unwrap_or(0).min(MAX_ANSWER);
        let mut answer = ink::prelude::vec![0; length];
        input.read(&mut answer)?;
        Ok(Self(answer))
    }
}
