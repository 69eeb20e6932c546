//! What the chain stores about contracts, and where a contract will live.

use codec::Encode;
use scale_value::{Composite, Value, ValueDef};

use crate::connection::{BlockId, Connection};
use crate::dry_run::Instantiation;
use crate::error::ChainError;
use crate::value::{bytes_of, field};

/// Somebody who may act in the name of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Who.
    pub delegate: [u8; 32],
    /// What it may do, by the chain's name.
    pub kind: String,
}

impl Connection {
    /// The code hash of a contract; `None` when there is none at that address.
    ///
    /// # Errors
    /// [`ChainError::Decode`] when the chain stores contracts in another way.
    pub async fn contract_code(&self, contract: &[u8; 32], at: &BlockId) -> Result<Option<[u8; 32]>, ChainError> {
        let key = vec![Value::from_bytes(contract)];
        let Some(info) = self.entry("Contracts", "ContractInfoOf", key, at).await? else {
            return Ok(None);
        };
        let hash = field(&info, "code_hash")
            .and_then(bytes_of)
            .and_then(|bytes| bytes.try_into().ok());
        hash.map(Some)
            .ok_or_else(|| ChainError::decode("a contract's info", "it has no code hash"))
    }

    /// Whether code is uploaded.
    ///
    /// # Errors
    /// As [`Connection::contract_code`].
    pub async fn code_exists(&self, code_hash: &[u8; 32], at: &BlockId) -> Result<bool, ChainError> {
        let key = vec![Value::from_bytes(code_hash)];
        Ok(self.entry("Contracts", "CodeInfoOf", key, at).await?.is_some())
    }

    /// How often `netuid` was registered: the generation of its subnet. `None` when the chain does not store it where
    /// Subtensor does.
    ///
    /// # Errors
    /// [`ChainError::Decode`] when it is not a number.
    pub async fn generation(&self, netuid: u16, at: &BlockId) -> Result<Option<u64>, ChainError> {
        if !self.stores("SubtensorModule", "RegisteredSubnetCounter", at).await? {
            return Ok(None);
        }
        let key = vec![Value::u128(netuid.into())];
        let found = self
            .entry("SubtensorModule", "RegisteredSubnetCounter", key, at)
            .await?;
        // An absent value is the first generation's, 0.
        let Some(counter) = found else { return Ok(Some(0)) };
        let number = counter.as_u128().and_then(|number| u64::try_from(number).ok());
        number
            .map(Some)
            .ok_or_else(|| ChainError::decode("a generation", "it is not a number"))
    }

    /// Free balance of an account, in rao.
    ///
    /// # Errors
    /// [`ChainError::Decode`] when accounts hold something else.
    pub async fn balance(&self, account: &[u8; 32], at: &BlockId) -> Result<u64, ChainError> {
        let key = vec![Value::from_bytes(account)];
        let Some(info) = self.entry("System", "Account", key, at).await? else {
            return Ok(0);
        };
        crate::value::number(&info, "free").ok_or_else(|| ChainError::decode("an account", "it has no free balance"))
    }

    /// Who may act as root; `None` on a chain without such a key.
    ///
    /// # Errors
    /// [`ChainError::Decode`] when it is not an account.
    pub async fn root_key(&self, at: &BlockId) -> Result<Option<[u8; 32]>, ChainError> {
        if !self.stores("Sudo", "Key", at).await? {
            return Ok(None);
        }
        let Some(key) = self.entry("Sudo", "Key", vec![], at).await? else {
            return Ok(None);
        };
        let key = bytes_of(&key).and_then(|bytes| bytes.try_into().ok());
        key.map(Some)
            .ok_or_else(|| ChainError::decode("the root key", "it is not an account"))
    }

    /// Who may act in the name of an account; nobody on a chain without proxies.
    ///
    /// # Errors
    /// [`ChainError::Decode`] when the chain stores proxies in another way.
    pub async fn proxies(&self, account: &[u8; 32], at: &BlockId) -> Result<Vec<Proxy>, ChainError> {
        if !self.stores("Proxy", "Proxies", at).await? {
            return Ok(Vec::new());
        }
        let key = vec![Value::from_bytes(account)];
        let Some(stored) = self.entry("Proxy", "Proxies", key, at).await? else {
            return Ok(Vec::new());
        };
        proxies_in(&stored).ok_or_else(|| ChainError::decode("proxies", "one of them has no delegate or no kind"))
    }

    /// Whether the chain has this entry of storage at all.
    async fn stores(&self, pallet: &str, entry: &str, at: &BlockId) -> Result<bool, ChainError> {
        let types = self.at(at).await?;
        let storage = types
            .metadata_ref()
            .pallet_by_name(pallet)
            .and_then(|pallet| pallet.storage());
        Ok(storage.is_some_and(|storage| storage.entry_by_name(entry).is_some()))
    }

    async fn entry(
        &self,
        pallet: &'static str,
        entry: &'static str,
        key: Vec<Value<()>>,
        at: &BlockId,
    ) -> Result<Option<Value<()>>, ChainError> {
        let types = self.at(at).await?;
        let wrong = |e: &dyn std::fmt::Display| ChainError::decode(entry, e);
        let storage = types.storage();
        let address = storage.entry((pallet, entry)).map_err(|e| wrong(&e))?;
        let bytes = self
            .storage(&address.fetch_key(key).map_err(|e| wrong(&e))?, at.hash)
            .await?;
        let Some(bytes) = bytes else { return Ok(None) };
        let ty = types
            .metadata_ref()
            .pallet_by_name(pallet)
            .and_then(|pallet| pallet.storage()?.entry_by_name(entry).map(|entry| entry.value_ty()))
            .ok_or_else(|| wrong(&"the chain has no such entry"))?;
        scale_value::scale::decode_as_type(&mut bytes.as_slice(), ty, types.metadata_ref().types())
            .map(|value| Some(value.remove_context()))
            .map_err(|e| wrong(&e))
    }
}

/// The proxies in what the chain stores: definitions and the deposit for all of them.
fn proxies_in(stored: &Value<()>) -> Option<Vec<Proxy>> {
    let ValueDef::Composite(Composite::Unnamed(parts)) = &stored.value else {
        return None;
    };
    definitions(parts.first()?)
        .into_iter()
        .map(|definition| {
            let ValueDef::Variant(kind) = &field(definition, "proxy_type")?.value else {
                return None;
            };
            Some(Proxy {
                delegate: bytes_of(field(definition, "delegate")?)?.try_into().ok()?,
                kind: kind.name.clone(),
            })
        })
        .collect()
}

/// The structures in a sequence, through wrappers around it.
fn definitions(value: &Value<()>) -> Vec<&Value<()>> {
    match &value.value {
        ValueDef::Composite(Composite::Named(_)) => vec![value],
        ValueDef::Composite(Composite::Unnamed(values)) => values.iter().flat_map(definitions).collect(),
        _ => vec![],
    }
}

/// The address a contract gets when `deployer` instantiates it.
pub fn contract_address(deployer: &[u8; 32], new: &Instantiation) -> [u8; 32] {
    let preimage = (*b"contract_addr_v1", deployer, new.code_hash, &new.data, &new.salt).encode();
    sp_crypto_hashing::blake2_256(&preimage)
}

/// The salt of a market: every (netuid, generation) has one address per deployer, code and arguments.
pub fn market_salt(netuid: u16, generation: u64) -> Vec<u8> {
    (*b"autonomy/market", netuid, generation).encode()
}

/// Reads an account from an SS58 address or 0x-prefixed bytes.
///
/// # Errors
/// [`ChainError::Decode`] when it is neither.
pub fn parse_account(text: &str) -> Result<[u8; 32], ChainError> {
    if let Some(digits) = text.strip_prefix("0x") {
        let bytes = hex::decode(digits).map_err(|e| ChainError::decode("an account", e))?;
        return bytes
            .try_into()
            .map_err(|_| ChainError::decode("an account", "it is not 32 bytes long"));
    }
    let account: subxt::utils::AccountId32 = text.parse().map_err(|e| ChainError::decode("an account", e))?;
    Ok(account.0)
}

/// The SS58 address of an account, in Substrate's generic format, which Subtensor uses.
pub fn address(account: &[u8; 32]) -> String {
    subxt::utils::AccountId32(*account).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_from_both_notations() {
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let bytes = parse_account(alice).unwrap();
        assert_eq!(parse_account(&format!("0x{}", hex::encode(bytes))).unwrap(), bytes);
        assert_eq!(address(&bytes), alice);
        assert!(parse_account("0x12").is_err());
    }

    #[test]
    fn proxies_are_read_as_the_chain_stores_them() {
        let definition = |delegate: [u8; 32], kind: &str| {
            Value::named_composite([
                ("delegate", Value::unnamed_composite([Value::from_bytes(delegate)])),
                ("proxy_type", Value::unnamed_variant(kind, [])),
                ("delay", Value::u128(0)),
            ])
        };
        let list = Value::unnamed_composite([definition([1; 32], "Any"), definition([2; 32], "Owner")]);
        let stored = Value::unnamed_composite([Value::unnamed_composite([list]), Value::u128(93_000_000)]);
        let kinds: Vec<_> = proxies_in(&stored)
            .unwrap()
            .into_iter()
            .map(|p| (p.delegate, p.kind))
            .collect();
        assert_eq!(kinds, [([1; 32], "Any".to_owned()), ([2; 32], "Owner".to_owned())]);
        let none = Value::unnamed_composite([Value::unnamed_composite([]), Value::u128(0)]);
        assert_eq!(proxies_in(&none), Some(vec![]));
        assert_eq!(proxies_in(&Value::u128(0)), None);
    }

    #[test]
    fn an_address_depends_on_everything_that_makes_a_market() {
        let new = Instantiation {
            value: 0,
            code_hash: [1; 32],
            data: vec![2],
            salt: market_salt(3, 4),
        };
        let address = contract_address(&[9; 32], &new);
        assert_eq!(
            address,
            contract_address(
                &[9; 32],
                &Instantiation {
                    value: 5,
                    ..new.clone()
                }
            )
        );
        for other in [
            Instantiation {
                salt: market_salt(3, 5),
                ..new.clone()
            },
            Instantiation {
                salt: market_salt(4, 4),
                ..new.clone()
            },
            Instantiation {
                code_hash: [2; 32],
                ..new.clone()
            },
        ] {
            assert_ne!(address, contract_address(&[9; 32], &other));
        }
    }
}
