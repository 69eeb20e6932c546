//! The contracts that govern markets: calls by their bundles' metadata, answers as typed values.

use crate::chain::{Chain, Extrinsic};
use crate::keeper::Deployment;
use crate::places;
use anyhow::{Context, Result};
use codec::{DecodeAll, Encode};
use keeper_chain::suite::{Bundles, FinalityReport, Part};
use keeper_chain::{BlockId, Bundle, Call, ChainError, Contract, ContractEvent, Emitted};
use kernel::handover::{Action, Capability, Operation, Proposer};
use scale_info::TypeInfo;
use std::sync::Arc;
use subxt::dynamic::Value;

/// Gas that every message but a large batch fits into: 20 ms, of which 150 fit a block. What is unused is refunded.
const GAS: u64 = 20_000_000_000;

/// A contract at an address.
#[derive(Clone)]
pub struct ContractClient {
    contract: Contract,
}

/// What became of a message that was only dry run: its answer as text, or the name of the error it was refused with.
pub type Attempt = std::result::Result<String, String>;

impl ContractClient {
    /// A contract of a bundle.
    pub fn new(address: [u8; 32], bundle: Arc<Bundle>) -> Self {
        Self {
            contract: Contract::new(address, bundle),
        }
    }

    /// Its address.
    pub fn address(&self) -> [u8; 32] {
        self.contract.address
    }

    /// Its bundle.
    pub fn bundle(&self) -> &Bundle {
        self.contract.bundle()
    }

    /// A message with SCALE arguments and TAO.
    pub fn message(&self, name: &str, arguments: impl Encode, value: u64) -> Result<Call> {
        Ok(self.contract.message(name, arguments, value)?)
    }

    /// The same as a transaction.
    pub fn call(&self, name: &str, arguments: impl Encode, value: u64) -> Result<Extrinsic> {
        let Call { contract, value, data } = self.message(name, arguments, value)?;
        let gas = Value::named_composite([
            ("ref_time", Value::u128(GAS.into())),
            // Subtensor does not limit it.
            ("proof_size", Value::u128(1 << 32)),
        ]);
        let arguments = vec![
            Value::unnamed_variant("Id", [Value::from_bytes(contract)]),
            Value::u128(value.into()),
            gas,
            Value::unnamed_variant("None", []),
            Value::from_bytes(data),
        ];
        Ok(Extrinsic::new("Contracts", "call", arguments))
    }

    /// What a view answers.
    pub async fn view<T: DecodeAll + TypeInfo + 'static>(
        &self,
        chain: &Chain,
        name: &'static str,
        arguments: impl Encode,
        at: &BlockId,
    ) -> Result<T> {
        let answer = self.contract.view(&chain.connection, name, arguments, at).await;
        answer.with_context(|| name.to_owned())
    }

    /// What would become of the message `name`, sent by `origin` as `call` has it.
    ///
    /// # Errors
    /// When the runtime fails it, or it cannot be asked.
    pub async fn attempt(
        &self,
        chain: &Chain,
        origin: [u8; 32],
        name: &str,
        call: &Call,
        at: &BlockId,
    ) -> Result<Attempt> {
        let run = self.contract.rehearse(&chain.connection, &origin, name, call, at).await;
        match run {
            Ok(rehearsal) => Ok(Ok(keeper_chain::value::to_json(&rehearsal.answer).to_string())),
            Err(ChainError::Contract { error }) => Ok(Err(error.name)),
            Err(error) => Err(error).with_context(|| name.to_owned()),
        }
    }

    /// An event of this contract; `None` for those of others.
    pub fn event(&self, emitted: &Emitted) -> Result<Option<ContractEvent>> {
        if emitted.contract != self.address() {
            return Ok(None);
        }
        Ok(self.bundle().decode_event(&emitted.topics, &emitted.data)?)
    }
}

/// What governs the markets.
#[derive(Clone)]
pub struct SuiteClient {
    /// The only admin.
    pub handover: ContractClient,
    /// The DAO of root.
    pub dao: ContractClient,
    /// What settles emission.
    pub emission: ContractClient,
    /// Where markets are found.
    pub registry: ContractClient,
    /// All bundles.
    pub bundles: Bundles,
}

impl SuiteClient {
    /// The suite that a deployment wrote down.
    pub fn of(deployment: &Deployment<'_>) -> Result<Self> {
        let bundles = Bundles::from_folder(&places::bundles()?)?;
        let client =
            |part| Ok::<_, anyhow::Error>(ContractClient::new(deployment.part(part)?, bundles.of(part).clone()));
        Ok(Self {
            handover: client(Part::Handover)?,
            dao: client(Part::Dao)?,
            emission: client(Part::Emission)?,
            registry: client(Part::Registry)?,
            bundles,
        })
    }

    /// A market of the suite.
    pub fn market(&self, address: [u8; 32]) -> ContractClient {
        ContractClient::new(address, self.bundles.market.clone())
    }

    /// Every power that is left.
    pub async fn report(&self, chain: &Chain, at: &BlockId) -> Result<FinalityReport> {
        self.handover.view(chain, "finality_report", (), at).await
    }

    /// A call of a governed message, for an operation or a referendum.
    pub fn action(
        &self,
        capability: Capability,
        target: &ContractClient,
        name: &str,
        arguments: impl Encode,
    ) -> Result<Action> {
        Ok(Action::Call {
            capability,
            target: target.address(),
            code_hash: target.bundle().code_hash(),
            selector: target.bundle().message_selector(name)?,
            input: arguments.encode(),
            value: 0,
        })
    }

    /// An operation of the core team.
    pub fn operation(action: Action, salt: u8) -> Operation {
        Operation {
            action,
            predecessor: None,
            salt: [salt; 32],
            proposer: Proposer::Core,
        }
    }
}
