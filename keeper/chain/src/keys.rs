//! Signing keys, from a file or the environment, never from an argument: arguments are visible to every process.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use subxt_signer::sr25519::Keypair;
use subxt_signer::SecretUri;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key file {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// Others may read the file.
    #[error("the key file {} is readable by others (mode {mode:o}); allow its owner only", path.display())]
    Exposed { path: PathBuf, mode: u32 },
    /// The environment variable is missing.
    #[error("the environment variable {name} is not set")]
    Missing { name: String },
    /// The text is not a key.
    #[error("{origin} holds no secret URI (a phrase, a 0x-prefixed seed, or a //Dev path)")]
    Malformed { origin: String },
}

/// An account that can sign.
#[derive(Clone)]
pub struct Signer(Keypair);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", hex::encode(self.account()))
    }
}

impl Signer {
    /// Reads the key from the first line of a file that only its owner can read.
    ///
    /// # Errors
    /// [`KeyError::Read`], [`KeyError::Exposed`], [`KeyError::Malformed`].
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        use std::os::unix::fs::PermissionsExt;
        let read = |source| KeyError::Read {
            path: path.to_owned(),
            source,
        };
        let mode = std::fs::metadata(path).map_err(read)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
        let text = std::fs::read_to_string(path).map_err(read)?;
        Self::parse(text.lines().next().unwrap_or_default(), &path.display().to_string())
    }

    /// Reads the key from an environment variable.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::Malformed`].
    pub fn from_env(name: &str) -> Result<Self, KeyError> {
        let text = std::env::var(name).map_err(|_| KeyError::Missing { name: name.to_owned() })?;
        Self::parse(&text, name)
    }

    fn parse(text: &str, origin: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed {
            origin: origin.to_owned(),
        };
        let uri = SecretUri::from_str(text.trim()).map_err(|_| malformed())?;
        Keypair::from_uri(&uri).map(Self).map_err(|_| malformed())
    }

    /// Its account.
    pub fn account(&self) -> [u8; 32] {
        self.0.public_key().0
    }

    pub(crate) fn pair(&self) -> &Keypair {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn a_private_file_gives_its_account() {
        let (_dir, path) = file("//Alice\n", 0o600);
        let alice = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
        assert_eq!(hex::encode(Signer::from_file(&path).unwrap().account()), alice);
    }

    #[test]
    fn a_file_others_can_read_is_refused() {
        let (_dir, path) = file("//Alice", 0o640);
        assert!(matches!(
            Signer::from_file(&path),
            Err(KeyError::Exposed { mode: 0o640, .. })
        ));
    }

    #[test]
    fn an_error_never_shows_the_secret() {
        let (_dir, path) = file("not a phrase at all", 0o600);
        let error = Signer::from_file(&path).unwrap_err().to_string();
        assert!(!error.contains("phrase at all"), "{error}");
    }
}
