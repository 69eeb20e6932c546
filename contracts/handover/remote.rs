//! Other contracts: what they answer, and what they are told. None of them can call back, because the chain denies entering a
//! contract that is already running.

use crate::error::{Failure, HandoverError};
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use ink::scale::{Decode, Encode};
use kernel::referendum::TrackId;
use shell::{call, Bare};
use subtensor::SubtensorEnvironment;

/// Longest part of a target's answer that an error carries, bytes.
const MAX_ANSWER: usize = 64;

/// What the DAO says of a referendum.
#[ink::scale_derive(Decode)]
pub struct Decision {
    /// What was decided on.
    pub call: Vec<u8>,
    /// On which track.
    pub track: TrackId,
    /// Whether it is approved.
    pub approved: bool,
    /// Whether it may be enacted now.
    pub enactable: bool,
}

/// What the DAO says against an operation.
#[ink::scale_derive(Decode)]
struct Objection {
    _id: Option<u32>,
    _weight: u128,
    _threshold: u128,
    vetoed: bool,
}

/// Reads what a referendum decided.
///
/// # Errors
/// [`HandoverError::DaoSilent`] when the DAO does not answer as it should.
pub fn decision(dao: AccountId, referendum: u32) -> Result<Decision, Failure> {
    ask(dao, ink::selector_bytes!("decision"), referendum)
}

/// Reads whether conviction holders cancel an operation.
///
/// # Errors
/// As [`decision`].
pub fn is_vetoed(dao: AccountId, operation: [u8; 32]) -> Result<bool, Failure> {
    ask::<Objection>(dao, ink::selector_bytes!("objection"), operation).map(|objection| objection.vetoed)
}

fn ask<T: Decode>(contract: AccountId, selector: [u8; 4], argument: impl Encode) -> Result<T, Failure> {
    let Ok(Ok(answer)) = call(contract, selector, argument.encode(), 0) else {
        return Err(HandoverError::DaoSilent.into());
    };
    T::decode(&mut answer.as_slice()).map_err(|_| HandoverError::DaoSilent.into())
}

/// Calls a message with encoded arguments and `value` rao; returns what it answers. Every governed message answers a result.
///
/// # Errors
/// [`HandoverError::CallFailed`] when the target refuses, traps, or does not answer a result.
pub fn invoke(target: AccountId, selector: [u8; 4], arguments: Vec<u8>, value: u64) -> Result<Vec<u8>, Failure> {
    let mut answer = match call(target, selector, arguments, value) {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(answer)) => answer,
        Err(()) => Vec::new(),
    };
    answer.truncate(MAX_ANSWER);
    Err(HandoverError::CallFailed { answer }.into())
}

/// Dispatches an encoded call of the chain. On this chain only `Proxy::proxy` passes, and its success says nothing about the
/// call inside.
///
/// # Errors
/// [`HandoverError::ProxyRefused`].
pub fn dispatch(call: Vec<u8>) -> Result<(), Failure> {
    ink::env::call_runtime::<SubtensorEnvironment, _>(&Bare(call)).map_err(|_| HandoverError::ProxyRefused.into())
}
