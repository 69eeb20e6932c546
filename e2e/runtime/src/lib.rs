//! The runtime of the development node: what a contract can observe of Subtensor, linked natively into the client.
//!
//! Limits, fees and deposits of `pallet-contracts` are Subtensor's, and so are the indices of the pallets it has;
//! staking behind extension 0x1000 is the [`staking`] crate, kept in this runtime's storage by [`host`].

pub mod admin_utils;
mod apis;
mod config;
mod extension;
pub mod genesis;
pub mod host;
pub mod proxies;
pub mod stand_in;
pub mod subtensor_module;

pub use apis::{api, staking_api, RuntimeApi};
pub use config::{BlockWeights, EXISTENTIAL_DEPOSIT};

use sp_runtime::traits::{BlakeTwo256, IdentifyAccount, Verify};
use sp_runtime::{generic, MultiAddress, MultiSignature};
use std::borrow::Cow;

/// Rao.
pub type Balance = u64;
/// Blocks.
pub type BlockNumber = u32;
/// Transactions of an account.
pub type Nonce = u32;
/// Blake2, 256 bits.
pub type Hash = sp_core::H256;
/// A signature of any of Substrate's schemes.
pub type Signature = MultiSignature;
/// The public key of an account.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// An account as transactions name it.
pub type Address = MultiAddress<AccountId, ()>;
/// A header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block with decoded transactions.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// The extensions that every client knows; Subtensor's own ones encode to nothing.
pub type TxExtension = (
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckEra<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
    pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
    frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
);
/// A transaction.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What a transaction's signature covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;
/// Executes blocks.
pub type Executive =
    frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// Blocks as the client sees them: transactions stay encoded, so that legacy clients can read bodies.
pub mod opaque {
    use super::Header;
    use sp_runtime::{generic, OpaqueExtrinsic};

    /// A block with encoded transactions.
    pub type Block = generic::Block<Header, OpaqueExtrinsic>;
}

/// The version of this runtime. Its numbers are its own: metadata must never be reused against Subtensor.
pub const VERSION: sp_version::RuntimeVersion = sp_version::RuntimeVersion {
    spec_name: Cow::Borrowed("autonomy-devnet"),
    impl_name: Cow::Borrowed("autonomy-devnet"),
    authoring_version: 1,
    spec_version: 1,
    impl_version: 1,
    apis: apis::VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

/// Names the code of this runtime; a database must only be opened by the build that wrote it, because new code on an
/// old state runs without any sign that something is wrong.
pub const BUILD_ID: &str = env!("RUNTIME_BUILD_ID");

frame_support::construct_runtime!(
    pub enum Runtime {
        // Subtensor's indices.
        System: frame_system = 0,
        Timestamp: pallet_timestamp = 2,
        Balances: pallet_balances = 5,
        TransactionPayment: pallet_transaction_payment = 6,
        SubtensorModule: subtensor_module = 7,
        Utility: pallet_utility = 11,
        Sudo: pallet_sudo = 12,
        Proxy: pallet_proxy = 16,
        AdminUtils: admin_utils = 19,
        Contracts: pallet_contracts = 29,
        // The scenario's levers, out of the way of the chain's pallets.
        StakingStandIn: stand_in = 100,
    }
);
