//! Where the chain is kept, and whether this binary may continue it.

use crate::cli::Pruning;
use devnet_runtime::BUILD_ID;
use sc_client_db::{BlocksPruning, DatabaseSettings, DatabaseSource, PruningMode};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// 64 MiB for the cache of the state trie: the whole state of a development chain.
const TRIE_CACHE: usize = 64 * 1024 * 1024;

/// States kept in memory by default. An empty block adds 15 to 28 kB.
const IN_MEMORY_BLOCKS: u32 = 1_000;

/// Why a database is not opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Another build of the runtime wrote it.
    #[error("{path} was written by build {found} of the runtime, this is build {ours}; use an empty folder")]
    OtherBuild {
        /// The folder.
        path: PathBuf,
        /// The build that wrote it.
        found: String,
        /// The build of this binary.
        ours: &'static str,
    },
    /// The folder cannot be used.
    #[error("cannot use {path}: {source}")]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

/// The settings of the client's database. With a folder, the build id is checked or written first.
pub fn settings(base_path: Option<&Path>, pruning: Option<Pruning>) -> Result<DatabaseSettings, DatabaseError> {
    let source = match base_path {
        Some(path) => {
            claim(path)?;
            DatabaseSource::ParityDb {
                path: path.join("paritydb"),
            }
        }
        None => DatabaseSource::Custom {
            db: Arc::new(sp_database::MemDb::new()),
            require_create_flag: true,
        },
    };
    let (state_pruning, blocks_pruning) = match pruning {
        Some(Pruning::Archive) => (PruningMode::ArchiveAll, BlocksPruning::KeepAll),
        Some(Pruning::Blocks(blocks)) => (PruningMode::blocks_pruning(blocks), BlocksPruning::Some(blocks)),
        None if base_path.is_some() => (PruningMode::ArchiveAll, BlocksPruning::KeepAll),
        None => (
            PruningMode::blocks_pruning(IN_MEMORY_BLOCKS),
            BlocksPruning::Some(IN_MEMORY_BLOCKS),
        ),
    };
    Ok(DatabaseSettings {
        trie_cache_maximum_size: Some(TRIE_CACHE),
        state_pruning: Some(state_pruning),
        source,
        blocks_pruning,
        pruning_filters: Vec::new(),
        metrics_registry: None,
    })
}

/// Whether the whole history can be asked for.
pub fn is_archive(settings: &DatabaseSettings) -> bool {
    settings.state_pruning.as_ref().is_some_and(PruningMode::is_archive) && settings.blocks_pruning.is_archive()
}

/// Writes our build id into an empty folder, or compares the one that is there.
fn claim(path: &Path) -> Result<(), DatabaseError> {
    let io_error = |path: &Path| {
        let path = path.to_path_buf();
        |source| DatabaseError::Io { path, source }
    };
    let file = path.join("build-id");
    fs::create_dir_all(path).map_err(io_error(path))?;
    match fs::read_to_string(&file) {
        Ok(found) if found == BUILD_ID => Ok(()),
        Ok(found) => Err(DatabaseError::OtherBuild {
            path: path.into(),
            found,
            ours: BUILD_ID,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::write(&file, BUILD_ID).map_err(io_error(&file)),
        Err(error) => Err(io_error(&file)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_another_build_is_refused() {
        let folder = std::env::temp_dir().join(format!("autonomy-node-build-id-{}", std::process::id()));
        claim(&folder).unwrap();
        claim(&folder).unwrap();
        fs::write(folder.join("build-id"), "another").unwrap();
        assert!(matches!(claim(&folder), Err(DatabaseError::OtherBuild { found, .. }) if found == "another"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
