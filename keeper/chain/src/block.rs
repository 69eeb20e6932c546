//! What happened in a block: contract events, and what became of each transaction.

use codec::Decode;
use subxt::events::Phase;

use crate::connection::{BlockId, Connection};
use crate::dry_run::dispatch_error;
use crate::error::ChainError;

/// An event that a contract emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// Who emitted it.
    pub contract: [u8; 32],
    /// Topics, the signature first.
    pub topics: Vec<[u8; 32]>,
    /// The encoded event.
    pub data: Vec<u8>,
}

/// What became of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// The error it failed with, if it did.
    pub error: Option<String>,
    /// The fee that was really paid, in rao.
    pub fee: u64,
}

/// What happened in a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockEvents {
    /// Contract events in their order.
    pub emitted: Vec<Emitted>,
    /// Per extrinsic, what became of it.
    pub fates: Vec<Fate>,
}

impl BlockEvents {
    fn fate(&mut self, phase: Phase) -> Option<&mut Fate> {
        let Phase::ApplyExtrinsic(index) = phase else {
            return None;
        };
        let index = usize::try_from(index).ok()?;
        if self.fates.len() <= index {
            self.fates.resize_with(index.saturating_add(1), Fate::default);
        }
        self.fates.get_mut(index)
    }
}

impl Connection {
    /// Everything that happened in a block.
    ///
    /// # Errors
    /// [`ChainError::Decode`] when events cannot be decoded by the block's own metadata; [`ChainError::BlockUnavailable`] when
    /// the node has pruned its state.
    pub async fn events(&self, block: &BlockId) -> Result<BlockEvents, ChainError> {
        let at = self.at(block).await?;
        let events_key = system_events_key();
        let bytes = self.storage(&events_key, block.hash).await?.unwrap_or_default();
        let metadata = at.metadata();
        let mut found = BlockEvents::default();
        for event in at.events().from_bytes(bytes).iter() {
            let event = event.map_err(|e| ChainError::decode("an event", e))?;
            let fields = &mut event.field_bytes();
            match (event.pallet_name(), event.event_name()) {
                ("Contracts", "ContractEmitted") => {
                    let (contract, data) =
                        Decode::decode(fields).map_err(|e| ChainError::decode("a contract's event", e))?;
                    let topics = event.topics().iter().map(|topic| topic.0).collect();
                    found.emitted.push(Emitted { contract, topics, data });
                }
                ("System", "ExtrinsicFailed") => {
                    let error = dispatch_error(fields, metadata.clone());
                    if let Some(fate) = found.fate(event.phase()) {
                        fate.error = Some(error);
                    }
                }
                ("TransactionPayment", "TransactionFeePaid") => {
                    let (_who, fee) =
                        <([u8; 32], u64)>::decode(fields).map_err(|e| ChainError::decode("a paid fee", e))?;
                    if let Some(fate) = found.fate(event.phase()) {
                        fate.fee = fee;
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Looks for a transaction in a block. `None` when it is not there.
    ///
    /// # Errors
    /// As [`Connection::events`].
    pub async fn find_transaction(&self, hash: &[u8; 32], block: &BlockId) -> Result<Option<Fate>, ChainError> {
        let extrinsics = self.extrinsics(block).await?;
        let Some(index) = extrinsics.iter().position(|bytes| transaction_hash(bytes) == *hash) else {
            return Ok(None);
        };
        Ok(Some(
            self.events(block).await?.fates.get(index).cloned().unwrap_or_default(),
        ))
    }
}

/// A transaction's hash, from its bytes.
pub fn transaction_hash(bytes: &[u8]) -> [u8; 32] {
    sp_crypto_hashing::blake2_256(bytes)
}

fn system_events_key() -> Vec<u8> {
    [
        sp_crypto_hashing::twox_128(b"System"),
        sp_crypto_hashing::twox_128(b"Events"),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_are_kept_by_extrinsic() {
        let mut events = BlockEvents::default();
        events.fate(Phase::ApplyExtrinsic(2)).unwrap().fee = 7;
        assert!(events.fate(Phase::Initialization).is_none());
        assert_eq!(events.fates.len(), 3);
        assert_eq!(events.fates[2].fee, 7);
    }

    #[test]
    fn the_events_key_is_the_well_known_one() {
        assert_eq!(
            hex::encode(system_events_key()),
            "26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"
        );
    }
}
