//! Contract calls that change nothing, through the runtime's `ContractsApi`. Balances are u64 on this chain, so ready-made
//! clients (u128) do not fit.

use codec::{Compact, Decode, Encode};

use crate::connection::{BlockId, Connection};
use crate::error::ChainError;

/// Computation and proof size, as the chain meters them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Weight {
    /// Picoseconds.
    #[codec(compact)]
    pub ref_time: u64,
    /// Bytes.
    #[codec(compact)]
    pub proof_size: u64,
}

impl Weight {
    /// More by `percent`, for a state that is a little different by the time the transaction runs.
    pub fn plus_percent(self, percent: u64) -> Self {
        let more = |part: u64| part.saturating_add(part / 100 * percent);
        Self {
            ref_time: more(self.ref_time),
            proof_size: more(self.proof_size),
        }
    }
}

/// A message to a contract.
#[derive(Clone, Debug)]
pub struct Call {
    /// The contract.
    pub contract: [u8; 32],
    /// TAO sent with it, in rao.
    pub value: u64,
    /// Selector and arguments.
    pub data: Vec<u8>,
}

/// A contract to be created from uploaded code.
#[derive(Clone, Debug)]
pub struct Instantiation {
    /// TAO sent with it, in rao.
    pub value: u64,
    /// The uploaded code.
    pub code_hash: [u8; 32],
    /// Selector and arguments of the constructor.
    pub data: Vec<u8>,
    /// Makes the address unique.
    pub salt: Vec<u8>,
}

/// What a dry run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// Computation used.
    pub consumed: Weight,
    /// Computation that must be allowed.
    pub required: Weight,
    /// Storage deposit to be paid, in rao.
    pub deposit: u64,
    /// Storage deposit to be refunded, in rao.
    pub refund: u64,
    /// What the contract returned.
    pub data: Vec<u8>,
    /// Whether the contract reverted.
    pub reverted: bool,
}

#[derive(Decode)]
enum StorageDeposit {
    Refund(u64),
    Charge(u64),
}

#[derive(Decode)]
struct Metered {
    consumed: Weight,
    required: Weight,
    deposit: StorageDeposit,
    _debug_message: Vec<u8>,
}

#[derive(Decode)]
struct Returned {
    flags: u32,
    data: Vec<u8>,
}

/// The flag with which a contract asks for its changes to be undone.
const REVERT: u32 = 1;

#[derive(Encode)]
enum Code {
    #[allow(dead_code)]
    #[codec(index = 0)]
    Upload(Vec<u8>),
    #[codec(index = 1)]
    Existing([u8; 32]),
}

impl Connection {
    /// Runs a message on the state of block `at` without changing it.
    ///
    /// # Errors
    /// [`ChainError::Dispatch`] when the runtime fails it (out of gas, no such contract, no funds).
    pub async fn dry_run_call(&self, origin: &[u8; 32], call: &Call, at: &BlockId) -> Result<DryRun, ChainError> {
        let no_limits = (None::<Weight>, None::<u64>);
        let arguments = (origin, call.contract, call.value, no_limits.0, no_limits.1, &call.data).encode();
        let answer = self.dry_run("ContractsApi_call", &arguments, at.hash).await?;
        let input = &mut answer.as_slice();
        let metered = Metered::decode(input).map_err(|e| ChainError::decode("a dry run", e))?;
        let returned = self.returned(input, at).await?;
        Ok(dry_run(metered, returned))
    }

    /// Creates a contract on the state of block `at` without changing it; returns also its address.
    ///
    /// # Errors
    /// As [`Connection::dry_run_call`].
    pub async fn dry_run_instantiate(
        &self,
        origin: &[u8; 32],
        new: &Instantiation,
        at: &BlockId,
    ) -> Result<(DryRun, [u8; 32]), ChainError> {
        let no_limits = (None::<Weight>, None::<u64>);
        let code = Code::Existing(new.code_hash);
        let arguments = (origin, new.value, no_limits.0, no_limits.1, code, &new.data, &new.salt).encode();
        let answer = self.dry_run("ContractsApi_instantiate", &arguments, at.hash).await?;
        let input = &mut answer.as_slice();
        let metered = Metered::decode(input).map_err(|e| ChainError::decode("a dry run", e))?;
        let returned = self.returned(input, at).await?;
        let address = Decode::decode(input).map_err(|e| ChainError::decode("a new contract's address", e))?;
        Ok((dry_run(metered, returned), address))
    }

    /// Uploads code on the state of block `at` without changing it; returns the deposit in rao.
    ///
    /// # Errors
    /// [`ChainError::Dispatch`] when the chain refuses the code.
    pub async fn dry_run_upload(&self, origin: &[u8; 32], wasm: &[u8], at: &BlockId) -> Result<u64, ChainError> {
        const ENFORCED: u8 = 0;
        let arguments = (origin, wasm, None::<u64>, ENFORCED).encode();
        let answer = self.dry_run("ContractsApi_upload_code", &arguments, at.hash).await?;
        let input = &mut answer.as_slice();
        self.check_dispatch(input, at).await?;
        let (_code_hash, deposit) =
            <([u8; 32], u64)>::decode(input).map_err(|e| ChainError::decode("an upload's dry run", e))?;
        Ok(deposit)
    }

    async fn returned(&self, input: &mut &[u8], at: &BlockId) -> Result<Returned, ChainError> {
        self.check_dispatch(input, at).await?;
        Returned::decode(input).map_err(|e| ChainError::decode("a dry run's answer", e))
    }

    /// Reads the discriminant of a `Result<_, DispatchError>`, and the error if it is one.
    async fn check_dispatch(&self, input: &mut &[u8], at: &BlockId) -> Result<(), ChainError> {
        let failed = u8::decode(input).map_err(|e| ChainError::decode("a dry run's result", e))? != 0;
        if failed {
            let metadata = self.at(at).await?.metadata();
            return Err(ChainError::Dispatch {
                error: dispatch_error(input, metadata),
            });
        }
        Ok(())
    }

    /// What a signed transaction costs at most, in rao: its weight is the gas limit it carries.
    ///
    /// # Errors
    /// [`ChainError::Decode`] when the chain answers in another layout.
    pub async fn fee(&self, transaction: &[u8], at: &BlockId) -> Result<u64, ChainError> {
        let mut arguments = transaction.to_vec();
        let length = u32::try_from(transaction.len()).map_err(|e| ChainError::encode("a transaction", e))?;
        length.encode_to(&mut arguments);
        let answer = self
            .runtime_call("TransactionPaymentApi_query_info", &arguments, at.hash)
            .await?;
        decode_fee(&answer)
    }
}

fn dry_run(metered: Metered, returned: Returned) -> DryRun {
    let (deposit, refund) = match metered.deposit {
        StorageDeposit::Charge(charge) => (charge, 0),
        StorageDeposit::Refund(refund) => (0, refund),
    };
    DryRun {
        consumed: metered.consumed,
        required: metered.required,
        deposit,
        refund,
        data: returned.data,
        reverted: returned.flags & REVERT != 0,
    }
}

/// Weight, class, and the fee in the chain's balance type, which is what is left.
fn decode_fee(answer: &[u8]) -> Result<u64, ChainError> {
    let input = &mut &*answer;
    let wrong = |e: codec::Error| ChainError::decode("a fee", e);
    <(Compact<u64>, Compact<u64>, u8)>::decode(input).map_err(wrong)?;
    u64::decode(input).map_err(wrong)
}

pub(crate) fn dispatch_error(bytes: &[u8], metadata: subxt::ArcMetadata) -> String {
    match subxt::error::DispatchError::decode_from(bytes, metadata) {
        Ok(subxt::error::DispatchError::Module(error)) => error.details_string(),
        Ok(error) => error.to_string(),
        Err(error) => format!("an error that cannot be decoded ({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_are_read_as_u64() {
        let answer = (Compact(5u64), Compact(6u64), 0u8, 1_234u64).encode();
        assert_eq!(decode_fee(&answer).unwrap(), 1_234);
        assert!(decode_fee(&answer[..8]).is_err());
    }

    #[test]
    fn arguments_have_the_layout_of_the_runtime_api() {
        let call = (&[1u8; 32], [2u8; 32], 3u64, None::<Weight>, None::<u64>, &vec![9u8, 8]).encode();
        let mut expected = vec![1u8; 32];
        expected.extend([2u8; 32]);
        expected.extend(3u64.to_le_bytes());
        expected.extend([0, 0, 8, 9, 8]);
        assert_eq!(call, expected);
        assert_eq!(Code::Existing([7; 32]).encode()[..2], [1, 7]);
        assert_eq!(
            Weight {
                ref_time: 1,
                proof_size: 64
            }
            .encode(),
            [4, 1, 1]
        );
    }

    #[test]
    fn a_dry_run_is_decoded_with_u64_balances() {
        let mut bytes = (
            Weight {
                ref_time: 10,
                proof_size: 20,
            },
            Weight {
                ref_time: 30,
                proof_size: 40,
            },
        )
            .encode();
        bytes.push(1);
        bytes.extend(75u64.to_le_bytes());
        bytes.extend(Vec::<u8>::new().encode());
        bytes.push(0);
        bytes.extend((REVERT, vec![1u8, 2, 3]).encode());
        bytes.push(0);
        let input = &mut bytes.as_slice();
        let metered = Metered::decode(input).unwrap();
        assert_eq!(u8::decode(input).unwrap(), 0);
        let run = dry_run(metered, Returned::decode(input).unwrap());
        assert_eq!((run.deposit, run.reverted, run.data), (75, true, vec![1, 2, 3]));
        assert_eq!(
            run.required,
            Weight {
                ref_time: 30,
                proof_size: 40
            }
        );
    }
}
