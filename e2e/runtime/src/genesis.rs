//! The first state: funded development accounts, a sudo key, and the root network.

use crate::{host, AccountId, Balance, Runtime, RuntimeGenesisConfig};
use sp_core::{sr25519, Pair};
use sp_keyring::Sr25519Keyring;
use sp_runtime::BuildStorage;
use sp_storage::Storage;

/// What each account has at first: 1,000,000 TAO, in rao.
pub const ENDOWMENT: Balance = 1_000_000 * 1_000_000_000;

/// The well-known accounts that are always funded, //Alice to //Ferdie. //Alice is sudo.
pub fn well_known() -> [(&'static str, AccountId); 6] {
    use Sr25519Keyring::*;
    [
        ("//Alice", Alice),
        ("//Bob", Bob),
        ("//Charlie", Charlie),
        ("//Dave", Dave),
        ("//Eve", Eve),
        ("//Ferdie", Ferdie),
    ]
    .map(|(name, key)| (name, key.to_account_id()))
}

/// The account of `//<index>`; the first `extra_accounts` of them are funded.
pub fn numbered(index: u32) -> AccountId {
    // A derivation path of digits is always valid.
    let pair = sr25519::Pair::from_string(&format!("//{index}"), None).expect("a valid derivation path");
    pair.public().into()
}

/// The genesis state, with //0 to //(`extra_accounts` − 1) funded besides the well-known accounts.
pub fn storage(extra_accounts: u32) -> Result<Storage, String> {
    let well_known = well_known();
    let sudo = well_known[0].1.clone();
    let accounts = well_known
        .iter()
        .map(|(_, account)| account.clone())
        .chain((0..extra_accounts).map(numbered));
    let config = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: accounts.map(|account| (account, ENDOWMENT)).collect(),
            ..Default::default()
        },
        sudo: pallet_sudo::GenesisConfig {
            key: Some(sudo.clone()),
        },
        ..Default::default()
    };
    let mut storage = config.build_storage()?;
    on_top_of(&mut storage, || host::staking::<Runtime>().create_root(sudo.into()));
    // The client wants code in the state; the runtime is linked natively, so that these bytes only name it.
    storage
        .top
        .insert(sp_storage::well_known_keys::CODE.to_vec(), b"autonomy-devnet".to_vec());
    Ok(storage)
}

/// Runs `change` on top of a state that has no block yet.
fn on_top_of(storage: &mut Storage, change: impl FnOnce()) {
    let mut externalities = sp_state_machine::BasicExternalities::new(std::mem::take(storage));
    externalities.execute_with(change);
    *storage = externalities.into_storages();
}
