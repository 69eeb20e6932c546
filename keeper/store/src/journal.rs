//! The journal of transactions: written before sending, closed by what finalized blocks say.

use std::collections::{BTreeMap, BTreeSet};

use codec::{Decode, Encode};
use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

use crate::{ContractId, Store, StoreError, JOURNAL};

/// A signed transaction that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Planned {
    /// The contract it calls.
    pub contract: ContractId,
    /// What it does, in the caller's encoding.
    pub job: Vec<u8>,
    /// Its nonce.
    pub nonce: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its bytes, to be sent again after a crash.
    pub bytes: Vec<u8>,
    /// Best block when it was signed.
    pub signed_at: u32,
    /// Last block that can include it.
    pub last_valid: u32,
    /// Its fee at most, in rao.
    pub fee: u64,
    /// The reward its dry run promised, in rao.
    pub reward: u64,
}

/// How far a transaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum State {
    /// Signed; may or may not have been sent.
    Signed,
    /// A node accepted it.
    Sent,
    /// Nothing more can happen to it.
    Closed(Outcome),
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// Included, and the call did what it should.
    Succeeded { block: u32, fee: u64 },
    /// Included, and the call failed: usually another keeper was faster.
    Reverted { block: u32, fee: u64 },
    /// No block up to its last valid one included it.
    Expired,
    /// Its nonce was used by another transaction of the same account.
    Superseded,
    /// The node's pool refused it for good.
    Refused,
}

/// One transaction of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// Position in the journal.
    pub seq: u64,
    /// How far it has come.
    pub state: State,
    /// What was signed.
    pub planned: Planned,
}

impl Store {
    /// Journals a transaction. It is on disk when this returns, so it may be sent.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it could not be written; it must not be sent then.
    pub fn begin(&mut self, planned: Planned) -> Result<u64, StoreError> {
        let entry = Entry {
            seq: self.next_seq,
            state: State::Signed,
            planned,
        };
        let write = self.db.begin_write()?;
        put(&write, &entry)?;
        write.commit()?;
        let seq = entry.seq;
        self.next_seq = seq.saturating_add(1);
        self.open.insert(seq, entry);
        Ok(seq)
    }

    /// Notes that a node accepted the transaction.
    ///
    /// # Errors
    /// [`StoreError::NotOpen`] when there is no such open entry.
    pub fn mark_sent(&mut self, seq: u64) -> Result<(), StoreError> {
        let entry = self.open.get_mut(&seq).ok_or(StoreError::NotOpen { seq })?;
        let updated = Entry {
            state: State::Sent,
            ..entry.clone()
        };
        let write = self.db.begin_write()?;
        put(&write, &updated)?;
        write.commit()?;
        *entry = updated;
        Ok(())
    }

    /// Closes a transaction outside of a block: one that a node refused for good.
    ///
    /// # Errors
    /// [`StoreError::NotOpen`] when there is no such open entry.
    pub fn close(&mut self, seq: u64, outcome: Outcome) -> Result<Entry, StoreError> {
        let write = self.db.begin_write()?;
        let closed = self.closed(seq, outcome)?;
        put(&write, &closed)?;
        write.commit()?;
        self.open.remove(&seq);
        Ok(closed)
    }

    /// Transactions without an outcome, oldest first.
    pub fn open_entries(&self) -> impl Iterator<Item = &Entry> {
        self.open.values()
    }

    /// The smallest nonce from `chain_nonce` on that nothing in flight uses: a gap is filled first, because nothing after it
    /// can be included.
    pub fn next_nonce(&self, chain_nonce: u64) -> u64 {
        let used: BTreeSet<u64> = self.open.values().map(|entry| entry.planned.nonce).collect();
        let mut nonce = chain_nonce;
        while used.contains(&nonce) {
            nonce = nonce.saturating_add(1);
        }
        nonce
    }

    /// The last `limit` entries, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when one of them cannot be decoded.
    pub fn recent_entries(&self, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let journal = self.read()?.open_table(JOURNAL)?;
        let mut entries = Vec::new();
        for row in journal.range::<u64>(..)?.rev().take(limit) {
            let (seq, bytes) = row?;
            entries.push(decode(seq.value(), bytes.value())?);
        }
        Ok(entries)
    }

    /// Entries signed at or after block `first`, oldest first: what the budget of a sliding period is restored from.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] when one of them cannot be decoded.
    pub fn entries_since(&self, first: u32) -> Result<Vec<Entry>, StoreError> {
        let journal = self.read()?.open_table(JOURNAL)?;
        let mut entries = Vec::new();
        for row in journal.range::<u64>(..)?.rev() {
            let (seq, bytes) = row?;
            let entry = decode(seq.value(), bytes.value())?;
            if entry.planned.signed_at < first {
                break;
            }
            entries.push(entry);
        }
        entries.reverse();
        Ok(entries)
    }

    /// Drops closed entries signed before block `first`. Returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be written.
    pub fn prune_journal(&mut self, first: u32) -> Result<u64, StoreError> {
        let oldest_open = self.open.keys().next().copied().unwrap_or(u64::MAX);
        let write = self.db.begin_write()?;
        let mut dropped = 0u64;
        {
            let mut journal = write.open_table(JOURNAL)?;
            loop {
                let Some(seq) = journal.first()?.map(|(seq, bytes)| {
                    let entry = decode(seq.value(), bytes.value());
                    entry.map(|e| (e.seq < oldest_open && e.planned.signed_at < first).then_some(e.seq))
                }) else {
                    break;
                };
                let Some(seq) = seq? else { break };
                journal.remove(seq)?;
                dropped = dropped.saturating_add(1);
            }
        }
        write.commit()?;
        Ok(dropped)
    }

    pub(crate) fn closed(&self, seq: u64, outcome: Outcome) -> Result<Entry, StoreError> {
        let entry = self.open.get(&seq).ok_or(StoreError::NotOpen { seq })?;
        Ok(Entry {
            state: State::Closed(outcome),
            ..entry.clone()
        })
    }
}

pub(crate) fn put(write: &WriteTransaction, entry: &Entry) -> Result<(), StoreError> {
    write
        .open_table(JOURNAL)?
        .insert(entry.seq, entry.encode().as_slice())?;
    Ok(())
}

pub(crate) fn load(db: &Database) -> Result<(BTreeMap<u64, Entry>, u64), StoreError> {
    let journal = db.begin_read()?.open_table(JOURNAL)?;
    let mut open = BTreeMap::new();
    let mut next_seq = 0;
    for row in journal.range::<u64>(..)? {
        let (seq, bytes) = row?;
        let entry = decode(seq.value(), bytes.value())?;
        next_seq = entry.seq.saturating_add(1);
        if !matches!(entry.state, State::Closed(_)) {
            open.insert(entry.seq, entry);
        }
    }
    Ok((open, next_seq))
}

fn decode(seq: u64, mut bytes: &[u8]) -> Result<Entry, StoreError> {
    Entry::decode(&mut bytes).map_err(|source| StoreError::Unreadable { seq, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    fn planned(nonce: u64, signed_at: u32) -> Planned {
        Planned {
            contract: [0; 32],
            job: vec![],
            nonce,
            hash: [0; 32],
            bytes: vec![],
            signed_at,
            last_valid: signed_at + 64,
            fee: 0,
            reward: 0,
        }
    }

    fn store(dir: &tempfile::TempDir) -> Store {
        Store::open(
            &dir.path().join("keeper.redb"),
            Identity {
                chain: [1; 32],
                signer: [2; 32],
            },
        )
        .unwrap()
    }

    #[test]
    fn the_first_free_nonce_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(&dir);
        assert_eq!(store.next_nonce(5), 5);
        let first = store.begin(planned(5, 1)).unwrap();
        store.begin(planned(6, 1)).unwrap();
        assert_eq!(store.next_nonce(5), 7);
        store.close(first, Outcome::Refused).unwrap();
        assert_eq!(store.next_nonce(5), 5);
        assert_eq!(store.next_nonce(6), 7);
    }

    #[test]
    fn old_closed_entries_are_dropped_and_open_ones_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(&dir);
        let seqs: Vec<u64> = (0..4)
            .map(|n| store.begin(planned(n, 10 * n as u32)).unwrap())
            .collect();
        for seq in &seqs[..3] {
            store.close(*seq, Outcome::Expired).unwrap();
        }
        assert_eq!(store.prune_journal(15).unwrap(), 2);
        assert_eq!(store.entries_since(0).unwrap().len(), 2);
        assert_eq!(store.prune_journal(u32::MAX).unwrap(), 1);
        let left = store.recent_entries(10).unwrap();
        assert_eq!(left.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [seqs[3]]);
    }

    #[test]
    fn closing_twice_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(&dir);
        let seq = store.begin(planned(0, 1)).unwrap();
        store.close(seq, Outcome::Expired).unwrap();
        assert!(matches!(
            store.close(seq, Outcome::Expired),
            Err(StoreError::NotOpen { .. })
        ));
        assert!(matches!(store.mark_sent(seq), Err(StoreError::NotOpen { .. })));
    }
}
