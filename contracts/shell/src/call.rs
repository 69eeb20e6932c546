//! Calls of other contracts, by selector.

use ink::env::call::{build_call, ExecutionInput, Selector};
use ink::env::CallFlags;
use ink::prelude::vec::Vec;
use ink::primitives::AccountId;
use ink::scale::{Decode, Encode, Error, Input, Output};
use subtensor::SubtensorEnvironment;

/// Calls a message with encoded arguments and `value` rao. The inner result is what the message answered, if it answered a
/// result.
///
/// # Errors
/// When the target refuses the value, traps, or answers something else.
#[allow(clippy::result_unit_err, reason = "the chain says no more")]
pub fn call(
    target: AccountId,
    selector: [u8; 4],
    arguments: Vec<u8>,
    value: u64,
) -> Result<Result<Vec<u8>, Vec<u8>>, ()> {
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
pub struct Bare(pub Vec<u8>);

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

/// Reads what a view answers that answers no result; `None` when it does not answer as it should.
pub fn ask<T: Decode>(target: AccountId, selector: [u8; 4], arguments: Vec<u8>) -> Option<T> {
    build_call::<SubtensorEnvironment>()
        .call(target)
        .call_v1()
        .gas_limit(0)
        .call_flags(CallFlags::empty())
        .exec_input(ExecutionInput::new(Selector::new(selector)).push_arg(Bare(arguments)))
        .returns::<T>()
        .try_invoke()
        .ok()?
        .ok()
}
