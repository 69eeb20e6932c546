//! Other contracts: what they answer, and what they are told. None of them can call back, because the chain denies entering a
//! contract that is already running.

use crate::error::{Failure, HandoverError};
use ink::env::call::{build_call, ExecutionInput, Selector};
use ink::env::CallFlags;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use ink::scale::{Decode, Encode, Error, Input, Output};
use kernel::referendum::TrackId;
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

fn call(target: AccountId, selector: [u8; 4], arguments: Vec<u8>, value: u64) -> Result<Result<Vec<u8>, Vec<u8>>, ()> {
    let input = ExecutionInput::new(Selector::new(selector)).push_arg(Bare(arguments));
    let answer = build_call::<SubtensorEnvironment>()
        .call(target)
        .call_v1()
        .gas_limit(0)
        .transferred_value(value)
        .call_flags(CallFlags::empty())
        .exec_input(input)
        .returns::<Answer>()
        .try_invoke();
    match answer {
        Ok(Ok(Answer(answer))) => Ok(answer),
        _ => Err(()),
    }
}

/// Bytes as they are, without their length.
struct Bare(Vec<u8>);

impl Encode for Bare {
    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        output.write(&self.0);
    }
}

/// An encoded result of whatever types.
struct Answer(Result<Vec<u8>, Vec<u8>>);

impl Decode for Answer {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let is_ok = match input.read_byte()? {
            0 => true,
            1 => false,
            _ => return Err("not a result".into()),
        };
        let mut rest = ink::prelude::vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut rest)?;
        Ok(Self(if is_ok { Ok(rest) } else { Err(rest) }))
    }
}

/// Dispatches an encoded call of the chain. On this chain only `Proxy::proxy` passes, and its success says nothing about the
/// call inside.
///
/// # Errors
/// [`HandoverError::ProxyRefused`].
pub fn dispatch(call: Vec<u8>) -> Result<(), Failure> {
    ink::env::call_runtime::<SubtensorEnvironment, _>(&Bare(call)).map_err(|_| HandoverError::ProxyRefused.into())
}
