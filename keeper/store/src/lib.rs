//! What the keeper must not forget.
//!
//! Two facts make a crash harmless. A transaction is journalled, signed bytes included, before it is sent
//! ([`Store::begin`]); so after a crash the same bytes are sent again, which a chain accepts at most once. And everything
//! learned from a finalized block is written together with the cursor in one transaction ([`Store::commit_block`]); so every
//! finalized block counts exactly once.

mod cursor;
mod error;
mod journal;
mod verdict;

use std::collections::BTreeMap;
use std::path::Path;

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition};

pub use cursor::{BlockChanges, Cursor, PositionChange};
pub use error::StoreError;
pub use journal::{Entry, Outcome, Planned, State};
pub use verdict::{verdict, Verdict};

/// An account of the chain, here a contract.
pub type ContractId = [u8; 32];

/// A contract that is a market.
pub type MarketId = ContractId;

const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
const JOURNAL: TableDefinition<u64, &[u8]> = TableDefinition::new("journal");
const POSITIONS: TableDefinition<(&[u8; 32], u32), (u64, u64)> = TableDefinition::new("positions");
const ACCOUNTS: TableDefinition<(&[u8; 32], &[u8; 32]), ()> = TableDefinition::new("accounts");
const SWEPT: TableDefinition<&[u8; 32], u32> = TableDefinition::new("swept");

const SCHEMA: u32 = 1;
const KEY_SCHEMA: &str = "schema";
const KEY_CHAIN: &str = "chain";
const KEY_SIGNER: &str = "signer";

/// A page cache of this size holds the journal and the hot part of a million positions; redb's default of 1 GiB would
/// exceed the keeper's own memory limit.
const CACHE_BYTES: usize = 32 << 20;

/// Which chain and account a store belongs to. Another chain's cursor or another account's nonces would be worse than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Genesis hash of the chain.
    pub chain: [u8; 32],
    /// Account that signs.
    pub signer: [u8; 32],
}

/// The keeper's file. Only one process at a time can have it open.
#[derive(Debug)]
pub struct Store {
    db: Database,
    /// Journal entries without an outcome, by sequence number; a copy of what the file says.
    open: BTreeMap<u64, Entry>,
    next_seq: u64,
    cursor: Option<Cursor>,
}

impl Store {
    /// Opens the file, or creates it.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it, [`StoreError::Foreign`] when it belongs to another chain or
    /// signer, [`StoreError::Schema`] when another version of the keeper wrote it.
    pub fn open(path: &Path, identity: Identity) -> Result<Self, StoreError> {
        let db = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create(path)
            .map_err(StoreError::opening)?;
        claim(&db, identity)?;
        let (open, next_seq) = journal::load(&db)?;
        let cursor = cursor::load(&db)?;
        Ok(Self {
            db,
            open,
            next_seq,
            cursor,
        })
    }
}

/// Writes the identity into a new file, or compares it with what an old one says. Creates all tables, so that reading never
/// meets a missing one.
fn claim(db: &Database, identity: Identity) -> Result<(), StoreError> {
    let expected: [(&'static str, Vec<u8>); 3] = [
        (KEY_SCHEMA, SCHEMA.to_le_bytes().to_vec()),
        (KEY_CHAIN, identity.chain.to_vec()),
        (KEY_SIGNER, identity.signer.to_vec()),
    ];
    let write = db.begin_write()?;
    {
        let mut meta = write.open_table(META)?;
        for (key, value) in &expected {
            let found = meta.get(*key)?.map(|found| found.value().to_vec());
            match found {
                None => {
                    meta.insert(*key, value.as_slice())?;
                }
                Some(found) if found == *value => {}
                Some(_) if *key == KEY_SCHEMA => return Err(StoreError::Schema { expected: SCHEMA }),
                Some(_) => return Err(StoreError::Foreign { what: key }),
            }
        }
        write.open_table(JOURNAL)?;
        write.open_table(POSITIONS)?;
        write.open_table(ACCOUNTS)?;
        write.open_table(SWEPT)?;
    }
    write.commit()?;
    Ok(())
}

impl Store {
    fn read(&self) -> Result<redb::ReadTransaction, StoreError> {
        Ok(self.db.begin_read()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Identity = Identity {
        chain: [1; 32],
        signer: [2; 32],
    };

    #[test]
    fn a_second_instance_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keeper.redb");
        let _first = Store::open(&path, US).unwrap();
        assert!(matches!(Store::open(&path, US), Err(StoreError::InUse)));
    }

    #[test]
    fn a_file_of_another_chain_or_signer_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keeper.redb");
        drop(Store::open(&path, US).unwrap());
        let other_chain = Identity { chain: [9; 32], ..US };
        assert!(matches!(
            Store::open(&path, other_chain),
            Err(StoreError::Foreign { what: "chain" })
        ));
        let other_signer = Identity { signer: [9; 32], ..US };
        assert!(matches!(
            Store::open(&path, other_signer),
            Err(StoreError::Foreign { what: "signer" })
        ));
        assert!(Store::open(&path, US).is_ok());
    }
}
