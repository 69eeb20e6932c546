use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};

/// Why the store failed. Nothing but [`StoreError::InUse`] goes away by trying again.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another keeper has the file open: two of them with one key would sign the same nonce.
    #[error("the store is in use by another process")]
    InUse,
    /// The file belongs to another chain or signer.
    #[error("the store belongs to another {what}")]
    Foreign { what: &'static str },
    /// Another version of the keeper wrote the file.
    #[error("the store has another layout than version {expected}; start with a new file")]
    Schema { expected: u32 },
    /// A record cannot be decoded.
    #[error("journal entry {seq} is unreadable: {source}")]
    Unreadable { seq: u64, source: codec::Error },
    /// The cursor cannot be decoded.
    #[error("the cursor is unreadable: {0}")]
    UnreadableCursor(#[source] codec::Error),
    /// An entry that is not in the journal, or already has an outcome.
    #[error("journal entry {seq} is not open")]
    NotOpen { seq: u64 },
    /// A finalized block that does not follow the cursor.
    #[error("block {got} does not follow the cursor at {cursor}")]
    OutOfOrder { cursor: u32, got: u32 },
    /// The file cannot be read or written.
    #[error("the store failed: {0}")]
    Database(#[source] Box<redb::Error>),
}

impl StoreError {
    pub(crate) fn opening(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            other => Self::Database(Box::new(other.into())),
        }
    }
}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::Database(Box::new(error.into()))
            }
        }
    )*};
}

from_redb!(CommitError, StorageError, TableError, TransactionError);
