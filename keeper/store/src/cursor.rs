//! The last finalized block that has been processed, and the positions as they were there.

use codec::{Decode, Encode};
use redb::{Database, ReadableDatabase};

use crate::{journal, MarketId, Outcome, Store, StoreError, ACCOUNTS, META, POSITIONS, SWEPT};

const KEY_CURSOR: &str = "cursor";

/// A finalized block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Cursor {
    /// Its height.
    pub number: u32,
    /// Its hash.
    pub hash: [u8; 32],
}

/// A position as an event or a sweep describes it; gone when it owes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionChange {
    /// The market it belongs to.
    pub market: MarketId,
    /// Its number.
    pub id: u32,
    /// Its escrow in rao.
    pub escrow: u64,
    /// Its scaled debt.
    pub debt_scaled: u64,
}

/// Everything learned from one finalized block, or from a sweep at one.
#[derive(Clone, Debug, Default)]
pub struct BlockChanges {
    /// Markets whose positions are replaced altogether, before the changes below apply.
    pub swept: Vec<MarketId>,
    /// Positions that changed, in the order in which they did.
    pub positions: Vec<PositionChange>,
    /// Accounts that a market may owe something once it has ended.
    pub accounts: Vec<(MarketId, [u8; 32])>,
    /// Journal entries that got their outcome.
    pub closed: Vec<(u64, Outcome)>,
}

impl Store {
    /// The last finalized block processed.
    pub fn cursor(&self) -> Option<Cursor> {
        self.cursor
    }

    /// Writes what block `at` taught and moves the cursor there, in one transaction. Blocks come in order; a gap is allowed
    /// only where a sweep replaces what its blocks would have taught.
    ///
    /// # Errors
    /// [`StoreError::OutOfOrder`] when the cursor is already there or beyond.
    pub fn commit_block(&mut self, at: Cursor, changes: &BlockChanges) -> Result<(), StoreError> {
        if let Some(cursor) = self.cursor.filter(|cursor| cursor.number >= at.number) {
            let resweep = cursor == at && !changes.swept.is_empty();
            if !resweep {
                return Err(StoreError::OutOfOrder {
                    cursor: cursor.number,
                    got: at.number,
                });
            }
        }
        let write = self.db.begin_write()?;
        {
            let mut positions = write.open_table(POSITIONS)?;
            let mut swept = write.open_table(SWEPT)?;
            for market in &changes.swept {
                positions.retain_in::<(&[u8; 32], u32), _>((market, 0)..=(market, u32::MAX), |_, _| false)?;
                swept.insert(market, at.number)?;
            }
            for change in &changes.positions {
                let key = (&change.market, change.id);
                if change.debt_scaled == 0 {
                    positions.remove(key)?;
                } else {
                    positions.insert(key, (change.escrow, change.debt_scaled))?;
                }
            }
            let mut accounts = write.open_table(ACCOUNTS)?;
            for (market, account) in &changes.accounts {
                accounts.insert((market, account), ())?;
            }
            write.open_table(META)?.insert(KEY_CURSOR, at.encode().as_slice())?;
        }
        for (seq, outcome) in &changes.closed {
            journal::put(&write, &self.closed(*seq, *outcome)?)?;
        }
        write.commit()?;
        self.cursor = Some(at);
        for (seq, _) in &changes.closed {
            self.open.remove(seq);
        }
        Ok(())
    }

    /// Positions of `market` at the cursor: (id, escrow, scaled debt).
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be read.
    pub fn positions(&self, market: &MarketId) -> Result<Vec<(u32, u64, u64)>, StoreError> {
        let table = self.read()?.open_table(POSITIONS)?;
        let mut positions = Vec::new();
        for row in table.range::<(&[u8; 32], u32)>((market, 0)..=(market, u32::MAX))? {
            let (key, value) = row?;
            let (escrow, debt_scaled) = value.value();
            positions.push((key.value().1, escrow, debt_scaled));
        }
        Ok(positions)
    }

    /// One position at the cursor: (escrow, scaled debt).
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be read.
    pub fn position(&self, market: &MarketId, id: u32) -> Result<Option<(u64, u64)>, StoreError> {
        let table = self.read()?.open_table(POSITIONS)?;
        Ok(table.get((market, id))?.map(|value| value.value()))
    }

    /// Accounts that were ever seen in `market`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be read.
    pub fn accounts(&self, market: &MarketId) -> Result<Vec<[u8; 32]>, StoreError> {
        let table = self.read()?.open_table(ACCOUNTS)?;
        let mut accounts = Vec::new();
        for row in table.range::<(&[u8; 32], &[u8; 32])>((market, &[0; 32])..=(market, &[u8::MAX; 32]))? {
            let (key, _) = row?;
            accounts.push(*key.value().1);
        }
        Ok(accounts)
    }

    /// Block of the last sweep of `market`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the file cannot be read.
    pub fn swept_at(&self, market: &MarketId) -> Result<Option<u32>, StoreError> {
        let table = self.read()?.open_table(SWEPT)?;
        Ok(table.get(market)?.map(|block| block.value()))
    }
}

pub(crate) fn load(db: &Database) -> Result<Option<Cursor>, StoreError> {
    let meta = db.begin_read()?.open_table(META)?;
    let Some(bytes) = meta.get(KEY_CURSOR)? else {
        return Ok(None);
    };
    Cursor::decode(&mut bytes.value())
        .map(Some)
        .map_err(StoreError::UnreadableCursor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    const MARKET: MarketId = [3; 32];
    const OTHER: MarketId = [4; 32];

    fn at(number: u32) -> Cursor {
        Cursor {
            number,
            hash: [number.to_le_bytes()[0]; 32],
        }
    }

    fn change(market: MarketId, id: u32, escrow: u64, debt_scaled: u64) -> PositionChange {
        PositionChange {
            market,
            id,
            escrow,
            debt_scaled,
        }
    }

    #[test]
    fn positions_cursor_and_accounts_survive_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keeper.redb");
        let identity = Identity {
            chain: [1; 32],
            signer: [2; 32],
        };
        let mut store = Store::open(&path, identity).unwrap();
        let changes = BlockChanges {
            positions: vec![
                change(MARKET, 1, 10, 5),
                change(MARKET, 2, 20, 5),
                change(OTHER, 1, 1, 1),
            ],
            accounts: vec![(MARKET, [9; 32]), (MARKET, [9; 32])],
            ..Default::default()
        };
        store.commit_block(at(1), &changes).unwrap();
        let closing = BlockChanges {
            positions: vec![change(MARKET, 1, 0, 0)],
            ..Default::default()
        };
        store.commit_block(at(2), &closing).unwrap();
        drop(store);

        let store = Store::open(&path, identity).unwrap();
        assert_eq!(store.cursor(), Some(at(2)));
        assert_eq!(store.positions(&MARKET).unwrap(), [(2, 20, 5)]);
        assert_eq!(store.accounts(&MARKET).unwrap(), [[9; 32]]);
    }

    #[test]
    fn a_block_counts_once() {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity {
            chain: [1; 32],
            signer: [2; 32],
        };
        let mut store = Store::open(&dir.path().join("keeper.redb"), identity).unwrap();
        store.commit_block(at(5), &BlockChanges::default()).unwrap();
        for number in [4, 5] {
            let again = store.commit_block(at(number), &BlockChanges::default());
            assert!(matches!(again, Err(StoreError::OutOfOrder { cursor: 5, .. })));
        }
    }

    #[test]
    fn a_sweep_replaces_its_market_only() {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity {
            chain: [1; 32],
            signer: [2; 32],
        };
        let mut store = Store::open(&dir.path().join("keeper.redb"), identity).unwrap();
        let stale = BlockChanges {
            positions: vec![change(MARKET, 1, 10, 5), change(OTHER, 7, 1, 1)],
            ..Default::default()
        };
        store.commit_block(at(1), &stale).unwrap();
        let sweep = BlockChanges {
            swept: vec![MARKET],
            positions: vec![change(MARKET, 2, 30, 5)],
            ..Default::default()
        };
        store.commit_block(at(1), &sweep).unwrap();
        assert_eq!(store.positions(&MARKET).unwrap(), [(2, 30, 5)]);
        assert_eq!(store.positions(&OTHER).unwrap(), [(7, 1, 1)]);
        assert_eq!(store.swept_at(&MARKET).unwrap(), Some(1));
        assert_eq!(store.swept_at(&OTHER).unwrap(), None);
    }
}
