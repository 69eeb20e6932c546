//! The probe contract on the chain.

use crate::chain::Chain;
use codec::{Compact, Decode, Encode};
use subxt::dynamic::Value;
use subxt_signer::sr25519::Keypair;

/// A contract that passes its input to the chain extension.
pub struct Probe<'a> {
    chain: &'a Chain,
    pub address: [u8; 32],
}

/// What a dry run of the extension gave.
pub struct Answer {
    pub code: u32,
    pub output: Vec<u8>,
    /// In picoseconds.
    pub ref_time: u64,
}

/// The beginning of pallet-contracts' `ContractExecResult`, with a balance of 64 bits.
#[derive(Decode)]
struct DryRun {
    gas_consumed: (Compact<u64>, Compact<u64>),
    _gas_required: (Compact<u64>, Compact<u64>),
    _storage_deposit: (u8, u64),
    _debug_message: Vec<u8>,
    result: Result<(u32, Vec<u8>), u8>,
}

fn gas() -> Value {
    Value::named_composite([
        ("ref_time", Value::u128(100_000_000_000)),
        ("proof_size", Value::u128(1 << 40)),
    ])
}

impl<'a> Probe<'a> {
    /// Uploads the probe and gives it `value` rao.
    pub async fn deploy(chain: &'a Chain, owner: &Keypair, value: u64) -> Self {
        let code = wat::parse_str(include_str!("probe.wat")).expect("valid text format");
        let none = || Value::unnamed_variant("None", []);
        let arguments = vec![
            Value::u128(value.into()),
            gas(),
            none(),
            Value::from_bytes(code),
            Value::from_bytes([]),
            Value::from_bytes(b"salt"),
        ];
        let events = chain
            .submit(("Contracts", "instantiate_with_code", arguments), owner)
            .await;
        let events: Vec<_> = events.iter().map(|e| e.expect("events decode")).collect();
        let instantiated = events
            .iter()
            .find(|e| e.event_name() == "Instantiated")
            .expect("it was instantiated");
        // Deployer, then contract.
        let address = instantiated.field_bytes()[32..64].try_into().expect("an account");
        Self { chain, address }
    }

    /// Calls a function of the extension in a transaction.
    pub async fn call(&self, caller: &Keypair, function: u16, arguments: impl Encode) {
        let destination = Value::unnamed_variant("Id", [Value::from_bytes(self.address)]);
        let input = Value::from_bytes((function, arguments).encode());
        let none = Value::unnamed_variant("None", []);
        let arguments = vec![destination, Value::u128(0), gas(), none, input];
        self.chain.submit(("Contracts", "call", arguments), caller).await;
    }

    /// Calls a function of the extension in a dry run.
    pub async fn dry_run(&self, caller: &Keypair, function: u16, arguments: impl Encode) -> Answer {
        let (no_gas, no_deposit) = (None::<[u64; 2]>, None::<u64>);
        let input = (function, arguments).encode();
        let call = (caller.public_key().0, self.address, 0u64, no_gas, no_deposit, input);
        let result: DryRun = self.chain.ask("ContractsApi_call", call).await;
        let (_flags, data) = result.result.expect("the contract returns");
        let code = u32::from_le_bytes(data[..4].try_into().expect("a code"));
        Answer {
            code,
            output: data[4..].to_vec(),
            ref_time: result.gas_consumed.0 .0,
        }
    }
}
