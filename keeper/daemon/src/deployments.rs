//! The file that says what is deployed on a network.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Why a deployment file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentsError {
    /// The file cannot be read or written.
    #[error("cannot access {}: {source}", path.display())]
    Access { path: PathBuf, source: std::io::Error },
    /// The file is not a deployment file.
    #[error("{} is not a deployment file: {source}", path.display())]
    Malformed { path: PathBuf, source: serde_json::Error },
}

/// What is deployed on a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployments {
    /// The network's name.
    pub network: String,
    /// The chain's genesis hash, 0x-prefixed.
    pub genesis: String,
    /// The contracts.
    pub contracts: Vec<Deployed>,
}

/// A deployed contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// What it is: `market`.
    pub kind: String,
    /// The subnet.
    pub netuid: u16,
    /// Its generation.
    pub generation: u64,
    /// The contract's address (SS58).
    pub address: String,
    /// Hash of its code, 0x-prefixed.
    pub code_hash: String,
    /// The salt it was instantiated with, 0x-prefixed.
    pub salt: String,
    /// Who instantiated it (SS58).
    pub deployer: String,
    /// Block that created it, when this file was there at the time.
    pub block: Option<u32>,
}

impl Deployments {
    /// Reads the file.
    ///
    /// # Errors
    /// [`DeploymentsError`].
    pub fn load(path: &Path) -> Result<Self, DeploymentsError> {
        let text = std::fs::read(path).map_err(|source| DeploymentsError::Access {
            path: path.to_owned(),
            source,
        })?;
        serde_json::from_slice(&text).map_err(|source| DeploymentsError::Malformed {
            path: path.to_owned(),
            source,
        })
    }

    /// Reads the file if there is one.
    ///
    /// # Errors
    /// [`DeploymentsError`].
    pub fn load_if_present(path: &Path) -> Result<Option<Self>, DeploymentsError> {
        match Self::load(path) {
            Err(DeploymentsError::Access { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// Writes the file in one step, so that a crash leaves the old or the new one.
    ///
    /// # Errors
    /// [`DeploymentsError::Access`].
    pub fn save(&self, path: &Path) -> Result<(), DeploymentsError> {
        let access = |source| DeploymentsError::Access {
            path: path.to_owned(),
            source,
        };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(access)?;
        }
        let text = serde_json::to_string_pretty(self).map_err(|source| DeploymentsError::Malformed {
            path: path.to_owned(),
            source,
        })?;
        let draft = path.with_extension("json.new");
        std::fs::write(&draft, text + "\n").map_err(access)?;
        std::fs::rename(&draft, path).map_err(access)
    }

    /// The markets.
    pub fn markets(&self) -> impl Iterator<Item = &Deployed> {
        self.contracts.iter().filter(|contract| contract.kind == "market")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deployments").join("devnet.json");
        assert_eq!(Deployments::load_if_present(&path).unwrap(), None);
        let deployments = Deployments {
            network: "devnet".into(),
            genesis: "0x00".into(),
            contracts: vec![Deployed {
                kind: "market".into(),
                netuid: 1,
                generation: 2,
                address: "a".into(),
                code_hash: "0x01".into(),
                salt: "0x02".into(),
                deployer: "d".into(),
                block: Some(3),
            }],
        };
        deployments.save(&path).unwrap();
        assert_eq!(Deployments::load(&path).unwrap(), deployments);
        assert_eq!(deployments.markets().count(), 1);
    }
}
