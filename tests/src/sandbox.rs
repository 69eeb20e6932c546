//! The sandbox: the runtime's storage in memory, block by block.

use drink::Sandbox;
use frame_support::sp_runtime::traits::One;
use frame_support::sp_runtime::{AccountId32, BuildStorage};
use frame_support::traits::Hooks;
use frame_system::pallet_prelude::BlockNumberFor;
use ink_sandbox::{RuntimeMetadataPrefixed, Snapshot, TestExternalities};

use crate::extension::chain;
use crate::runtime::{Balances, Contracts, Runtime, RuntimeOrigin, System, Timestamp, BLOCK_MILLISECONDS};

/// A chain in memory at its first block, with empty accounts.
pub struct ChainSandbox {
    ext: TestExternalities,
}

impl Default for ChainSandbox {
    fn default() -> Self {
        let storage = frame_system::GenesisConfig::<Runtime>::default()
            .build_storage()
            .expect("an empty genesis builds");
        let mut ext = TestExternalities::new(storage);
        ext.execute_with(|| Self::initialize_block(One::one(), Default::default()));
        Self { ext }
    }
}

impl ChainSandbox {
    /// Ends the current block and begins the next, in which the stand-in pays the dividends that are due.
    pub fn next_block(&mut self) {
        self.ext.execute_with(|| {
            let height = System::block_number();
            let parent = Self::finalize_block(height);
            Self::initialize_block(height + 1, parent);
        });
    }
}

impl Clone for ChainSandbox {
    /// A second chain with the same past.
    fn clone(&self) -> Self {
        let mut copy = TestExternalities::new(Default::default());
        copy.backend = self.ext.as_backend();
        Self { ext: copy }
    }
}

impl Sandbox for ChainSandbox {
    type Runtime = Runtime;

    fn execute_with<T>(&mut self, execute: impl FnOnce() -> T) -> T {
        self.ext.execute_with(execute)
    }

    fn dry_run<T>(&mut self, action: impl FnOnce(&mut Self) -> T) -> T {
        let mut copy = self.clone();
        action(&mut copy)
    }

    fn register_extension<E: std::any::Any + drink::sp_externalities::Extension>(&mut self, extension: E) {
        self.ext.register_extension(extension);
    }

    fn initialize_block(height: BlockNumberFor<Runtime>, parent: <Runtime as frame_system::Config>::Hash) {
        System::reset_events();
        System::initialize(&height, &parent, &Default::default());
        Balances::on_initialize(height);
        Timestamp::set_timestamp(u64::from(height) * BLOCK_MILLISECONDS);
        Timestamp::on_initialize(height);
        Contracts::on_initialize(height);
        chain().on_block();
        System::note_finished_initialize();
    }

    fn finalize_block(height: BlockNumberFor<Runtime>) -> <Runtime as frame_system::Config>::Hash {
        Contracts::on_finalize(height);
        Timestamp::on_finalize(height);
        Balances::on_finalize(height);
        System::finalize().hash()
    }

    fn default_actor() -> AccountId32 {
        AccountId32::new([1; 32])
    }

    fn get_metadata() -> RuntimeMetadataPrefixed {
        Runtime::metadata()
    }

    fn convert_account_to_origin(account: AccountId32) -> RuntimeOrigin {
        Some(account).into()
    }

    fn take_snapshot(&mut self) -> Snapshot {
        let mut backend = self.ext.as_backend();
        let storage = backend
            .backend_storage_mut()
            .drain()
            .into_iter()
            .filter(|(_, (_, references))| *references > 0)
            .collect();
        Snapshot {
            storage,
            storage_root: *backend.root(),
        }
    }

    fn restore_snapshot(&mut self, snapshot: Snapshot) {
        self.ext = TestExternalities::from_raw_snapshot(snapshot.storage, snapshot.storage_root, Default::default());
    }
}
