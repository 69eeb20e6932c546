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
    /// The suite, from before its first transaction on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<SuiteStart>,
    /// The contracts.
    pub contracts: Vec<Deployed>,
}

/// What was chosen once for a suite: its addresses depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteStart {
    /// First block of the calendar.
    pub start_block: u32,
}

/// A deployed contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// What it is: `handover`, `conviction`, `emission`, `registry` or `market`.
    pub kind: String,
    /// The subnet; that of the DAO for `handover`, `emission` and `registry`.
    pub netuid: u16,
    /// The subnet's generation.
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

    /// The contract of a kind for (netuid, generation).
    pub fn find(&self, kind: &str, netuid: u16, generation: u64) -> Option<&Deployed> {
        self.contracts.iter().find(|other| other.is(kind, netuid, generation))
    }

    /// Takes a contract in, in the place of another of its kind for the same (netuid, generation).
    pub fn put(&mut self, deployed: Deployed) {
        self.contracts
            .retain(|other| !other.is(&deployed.kind, deployed.netuid, deployed.generation));
        self.contracts.push(deployed);
        self.contracts
            .sort_by_key(|contract| (contract.kind.clone(), contract.netuid, contract.generation));
    }

    /// The registries.
    pub fn registries(&self) -> impl Iterator<Item = &Deployed> {
        self.contracts.iter().filter(|contract| contract.kind == "registry")
    }

    /// The markets.
    pub fn markets(&self) -> impl Iterator<Item = &Deployed> {
        self.contracts.iter().filter(|contract| contract.kind == "market")
    }
}

impl Deployed {
    fn is(&self, kind: &str, netuid: u16, generation: u64) -> bool {
        self.kind == kind && (self.netuid, self.generation) == (netuid, generation)
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
            suite: None,
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

    #[test]
    fn a_file_from_before_there_was_a_suite_is_read_and_written_as_it_was() {
        let text = r#"{"network":"n","genesis":"0x00","contracts":[]}"#;
        let old: Deployments = serde_json::from_str(text).unwrap();
        assert_eq!(old.suite, None);
        assert_eq!(serde_json::to_string(&old).unwrap(), text);
    }

    #[test]
    fn a_contract_takes_the_place_of_its_predecessor_and_of_no_other() {
        let mut deployments = Deployments {
            network: "n".into(),
            genesis: "0x00".into(),
            suite: Some(SuiteStart { start_block: 7 }),
            contracts: vec![],
        };
        let entry = |kind: &str, address: &str| Deployed {
            kind: kind.into(),
            netuid: 0,
            generation: 1,
            address: address.into(),
            code_hash: String::new(),
            salt: String::new(),
            deployer: String::new(),
            block: None,
        };
        for new in [entry("registry", "a"), entry("handover", "b"), entry("registry", "c")] {
            deployments.put(new);
        }
        let found: Vec<_> = deployments.contracts.iter().map(|c| c.address.as_str()).collect();
        assert_eq!(found, ["b", "c"]);
        assert_eq!(deployments.find("registry", 0, 1).unwrap().address, "c");
        assert_eq!(deployments.find("registry", 0, 2), None);
    }
}
