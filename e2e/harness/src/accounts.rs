//! Accounts that sign.

use anyhow::{Context, Result};
use std::str::FromStr;
use subxt_signer::sr25519::Keypair;
use subxt_signer::SecretUri;

/// Somebody who signs transactions.
#[derive(Clone)]
pub struct Actor {
    /// The secret URI, of a development account.
    pub uri: String,
    /// The key.
    pub pair: Keypair,
    /// The account.
    pub id: [u8; 32],
}

impl Actor {
    /// The account of a secret URI such as `//Alice`.
    pub fn new(uri: &str) -> Result<Self> {
        let secret = SecretUri::from_str(uri).with_context(|| format!("{uri} is no secret URI"))?;
        let pair = Keypair::from_uri(&secret).with_context(|| format!("{uri} gives no key"))?;
        Ok(Self {
            uri: uri.to_owned(),
            id: pair.public_key().0,
            pair,
        })
    }

    /// `//<index>`, which the node funds on demand.
    pub fn numbered(index: u32) -> Result<Self> {
        Self::new(&format!("//{index}"))
    }

    /// Its address.
    pub fn address(&self) -> String {
        keeper_chain::contracts::address(&self.id)
    }
}
