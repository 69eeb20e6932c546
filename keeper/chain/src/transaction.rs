//! Signed transactions: built by the chain's own metadata, valid for a few blocks, with a nonce chosen here.

use std::time::Duration;

use scale_value::{Composite, Value};
use subxt::config::DefaultExtrinsicParamsBuilder;
use subxt::utils::H256;
use subxt::PolkadotConfig;
use tokio::time::sleep;

use crate::block::{transaction_hash, Fate};
use crate::connection::{BlockId, Connection};
use crate::dry_run::{Call, Instantiation, Weight};
use crate::error::ChainError;
use crate::failover::Chain;
use crate::keys::Signer;

/// Pause between two looks for a transaction's block: shorter than the shortest blocks in use, 250 ms.
const POLL: Duration = Duration::from_millis(100);

/// What a transaction does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends a message to a contract.
    Call {
        call: Call,
        gas: Weight,
        deposit_limit: u64,
    },
    /// Creates a contract.
    Instantiate {
        new: Instantiation,
        gas: Weight,
        deposit_limit: u64,
    },
    /// Uploads code.
    Upload { wasm: Vec<u8>, deposit_limit: u64 },
}

/// Which nonce and blocks a transaction is valid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The account's nonce.
    pub nonce: u64,
    /// Block it is valid from, which must stay part of the chain.
    pub from: BlockId,
    /// For how many blocks; a power of two from 4 to 65,536.
    pub blocks: u32,
}

impl Validity {
    /// The last block that can include it.
    ///
    /// An era of n blocks starts at the last block whose height has the same remainder by n; chains quantise the remainder of
    /// eras beyond 4,096 blocks, so those end up to n/4,096 − 1 blocks earlier.
    pub fn last_block(&self) -> u32 {
        let quantum = (self.blocks >> 12).max(1);
        let start = self.from.number - self.from.number % quantum;
        start.saturating_add(self.blocks).saturating_sub(1)
    }
}

/// A transaction ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its hash.
    pub hash: [u8; 32],
    /// The last block that can include it.
    pub last_valid: u32,
}

impl Connection {
    /// Signs a transaction by the metadata of the block it is valid from.
    ///
    /// # Errors
    /// [`ChainError::Encode`] when the chain has no such call, or its arguments are of other types.
    pub async fn sign(&self, action: &Action, validity: &Validity, signer: &Signer) -> Result<Signed, ChainError> {
        let at = self.at(&validity.from).await?;
        let (name, arguments) = arguments(action);
        let call = subxt::dynamic::tx("Contracts", name, arguments);
        let params = DefaultExtrinsicParamsBuilder::<PolkadotConfig>::new()
            .nonce(validity.nonce)
            .mortal_from_unchecked(
                validity.blocks.into(),
                validity.from.number.into(),
                H256(validity.from.hash),
            )
            .build();
        let wrong = |e| ChainError::encode("a transaction", e);
        let signed = at
            .tx()
            .create_signable_offline(&call, params)
            .map_err(wrong)?
            .sign(signer.pair())
            .map_err(wrong)?;
        let bytes = signed.into_encoded();
        Ok(Signed {
            hash: transaction_hash(&bytes),
            bytes,
            last_valid: validity.last_block(),
        })
    }
}

impl Chain {
    /// Waits until a block of the best chain holds the transaction, looking from the block after `after` on.
    ///
    /// # Errors
    /// [`ChainError::NotIncluded`] when its era has ended.
    pub async fn wait_included(&self, signed: &Signed, after: u32) -> Result<(BlockId, Fate), ChainError> {
        let mut next = after.saturating_add(1);
        loop {
            let best = self.ask(async |connection| connection.best().await).await?;
            while next <= best.number.min(signed.last_valid) {
                let block = self.ask(async |connection| connection.block_at(next).await).await?;
                let found = self
                    .ask(async |connection| connection.find_transaction(&signed.hash, &block).await)
                    .await?;
                if let Some(fate) = found {
                    return Ok((block, fate));
                }
                next = next.saturating_add(1);
            }
            if next > signed.last_valid {
                return Err(ChainError::NotIncluded {
                    last_valid: signed.last_valid,
                });
            }
            sleep(POLL).await;
        }
    }
}

fn arguments(action: &Action) -> (&'static str, Composite<()>) {
    let (name, fields) = match action {
        Action::Call {
            call,
            gas,
            deposit_limit,
        } => (
            "call",
            vec![
                ("dest", Value::unnamed_variant("Id", [Value::from_bytes(call.contract)])),
                ("value", amount(call.value)),
                ("gas_limit", weight(*gas)),
                ("storage_deposit_limit", some(amount(*deposit_limit))),
                ("data", Value::from_bytes(&call.data)),
            ],
        ),
        Action::Instantiate {
            new,
            gas,
            deposit_limit,
        } => (
            "instantiate",
            vec![
                ("value", amount(new.value)),
                ("gas_limit", weight(*gas)),
                ("storage_deposit_limit", some(amount(*deposit_limit))),
                ("code_hash", Value::from_bytes(new.code_hash)),
                ("data", Value::from_bytes(&new.data)),
                ("salt", Value::from_bytes(&new.salt)),
            ],
        ),
        Action::Upload { wasm, deposit_limit } => (
            "upload_code",
            vec![
                ("code", Value::from_bytes(wasm)),
                ("storage_deposit_limit", some(amount(*deposit_limit))),
                ("determinism", Value::unnamed_variant("Enforced", [])),
            ],
        ),
    };
    (name, Composite::named(fields))
}

fn amount(rao: u64) -> Value {
    Value::u128(rao.into())
}

fn some(value: Value) -> Value {
    Value::unnamed_variant("Some", [value])
}

fn weight(weight: Weight) -> Value {
    Value::named_composite([
        ("ref_time", amount(weight.ref_time)),
        ("proof_size", amount(weight.proof_size)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use subxt::utils::Era;

    #[test]
    fn the_last_valid_block_is_what_the_era_says() {
        for blocks in [4u32, 64, 4_096, 65_536] {
            for number in [0u32, 1, 63, 64, 4_099, 1_000_003] {
                let from = BlockId {
                    number,
                    hash: [0; 32],
                    parent: [0; 32],
                };
                let Era::Mortal { period, phase } = Era::mortal(blocks.into(), number.into()) else {
                    panic!("an immortal era");
                };
                let birth = (u64::from(number).max(phase) - phase) / period * period + phase;
                let last = Validity { nonce: 0, from, blocks }.last_block();
                assert_eq!(u64::from(last), birth + period - 1, "{blocks} blocks from {number}");
            }
        }
    }
}
