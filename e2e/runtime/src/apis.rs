//! What clients may ask of the runtime.

use crate::*;
use frame_support::weights::Weight;
use pallet_contracts::{
    Code, CodeUploadResult, CollectEvents, ContractExecResult, ContractInstantiateResult, DebugInfo, Determinism,
    GetStorageResult,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use sp_api::impl_runtime_apis;
use sp_core::crypto::KeyTypeId;
use sp_core::OpaqueMetadata;
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::traits::Block as BlockT;
use sp_runtime::transaction_validity::{TransactionSource, TransactionValidity};
use sp_runtime::{ApplyExtrinsicResult, ExtrinsicInclusionMode};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::{ApisVec, RuntimeVersion};

pub(crate) const VERSIONS: ApisVec = RUNTIME_API_VERSIONS;

/// The reading side of the staking stand-in, for scenarios and their checks.
pub mod staking_api {
    use crate::AccountId;
    use staking::{HotkeyPool, Lock, Subnet};

    sp_api::decl_runtime_apis! {
        /// Reads of the staking stand-in at a block.
        pub trait StakingStandInApi {
            /// The registered netuids.
            fn subnets() -> Vec<u16>;
            /// A subnet with its reserves.
            fn subnet(netuid: u16) -> Option<Subnet>;
            /// Spot price in rao per whole alpha.
            fn price_e9(netuid: u16) -> u64;
            /// Stake of a coldkey with a hotkey, in rao.
            fn stake(hotkey: AccountId, coldkey: AccountId, netuid: u16) -> u64;
            /// Stakes of a coldkey by hotkey, in rao.
            fn stakes_on(coldkey: AccountId, netuid: u16) -> Vec<(AccountId, u64)>;
            /// The stake behind a hotkey.
            fn hotkey_pool(netuid: u16, hotkey: AccountId) -> HotkeyPool;
            /// The lock of a coldkey at the current block.
            fn lock(coldkey: AccountId, netuid: u16) -> Option<Lock>;
            /// TAO in the stand-in's custody, in rao.
            fn total_tao() -> u64;
        }
    }
}

/// A dry run that asks for no limit gets what a whole block offers to a transaction.
fn dry_run_limit(limit: Option<Weight>) -> Weight {
    limit.unwrap_or(BlockWeights::get().max_block)
}

type EventRecord = frame_system::EventRecord<RuntimeEvent, Hash>;

impl_runtime_apis! {
    impl sp_api::Core<Block> for Runtime {
        fn version() -> RuntimeVersion {
            VERSION
        }

        fn execute_block(block: <Block as BlockT>::LazyBlock) {
            Executive::execute_block(block)
        }

        fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
            Executive::initialize_block(header)
        }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> OpaqueMetadata {
            OpaqueMetadata::new(Runtime::metadata().into())
        }

        fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
            Runtime::metadata_at_version(version)
        }

        fn metadata_versions() -> Vec<u32> {
            Runtime::metadata_versions()
        }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
            Executive::apply_extrinsic(extrinsic)
        }

        fn finalize_block() -> <Block as BlockT>::Header {
            Executive::finalize_block()
        }

        fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
            data.create_extrinsics()
        }

        fn check_inherents(block: <Block as BlockT>::LazyBlock, data: InherentData) -> CheckInherentsResult {
            data.check_extrinsics(&block)
        }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            source: TransactionSource,
            tx: <Block as BlockT>::Extrinsic,
            block_hash: <Block as BlockT>::Hash,
        ) -> TransactionValidity {
            Executive::validate_transaction(source, tx, block_hash)
        }
    }

    impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
        fn offchain_worker(header: &<Block as BlockT>::Header) {
            Executive::offchain_worker(header)
        }
    }

    impl sp_session::SessionKeys<Block> for Runtime {
        fn generate_session_keys(_owner: Vec<u8>, _seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
            // Blocks are sealed without keys; the author RPC wants the function to exist.
            OpaqueGeneratedSessionKeys { keys: Default::default(), proof: Default::default() }
        }

        fn decode_session_keys(_encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
            Some(Vec::new())
        }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(account: AccountId) -> Nonce {
            System::account_nonce(account)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
        fn query_info(uxt: <Block as BlockT>::Extrinsic, len: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_info(uxt, len)
        }

        fn query_fee_details(uxt: <Block as BlockT>::Extrinsic, len: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_fee_details(uxt, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(length: u32) -> Balance {
            TransactionPayment::length_to_fee(length)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<Block, Balance, RuntimeCall> for Runtime {
        fn query_call_info(call: RuntimeCall, len: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_call_info(call, len)
        }

        fn query_call_fee_details(call: RuntimeCall, len: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_call_fee_details(call, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(length: u32) -> Balance {
            TransactionPayment::length_to_fee(length)
        }
    }

    // Like the chain's, dry runs skip events and debug output.
    impl pallet_contracts::ContractsApi<Block, AccountId, Balance, BlockNumber, Hash, EventRecord> for Runtime {
        fn call(
            origin: AccountId,
            dest: AccountId,
            value: Balance,
            gas_limit: Option<Weight>,
            storage_deposit_limit: Option<Balance>,
            input_data: Vec<u8>,
        ) -> ContractExecResult<Balance, EventRecord> {
            Contracts::bare_call(
                origin,
                dest,
                value,
                dry_run_limit(gas_limit),
                storage_deposit_limit,
                input_data,
                DebugInfo::Skip,
                CollectEvents::Skip,
                Determinism::Enforced,
            )
        }

        fn instantiate(
            origin: AccountId,
            value: Balance,
            gas_limit: Option<Weight>,
            storage_deposit_limit: Option<Balance>,
            code: Code<Hash>,
            data: Vec<u8>,
            salt: Vec<u8>,
        ) -> ContractInstantiateResult<AccountId, Balance, EventRecord> {
            Contracts::bare_instantiate(
                origin,
                value,
                dry_run_limit(gas_limit),
                storage_deposit_limit,
                code,
                data,
                salt,
                DebugInfo::Skip,
                CollectEvents::Skip,
            )
        }

        fn upload_code(
            origin: AccountId,
            code: Vec<u8>,
            storage_deposit_limit: Option<Balance>,
            determinism: Determinism,
        ) -> CodeUploadResult<Hash, Balance> {
            Contracts::bare_upload_code(origin, code, storage_deposit_limit, determinism)
        }

        fn get_storage(address: AccountId, key: Vec<u8>) -> GetStorageResult {
            Contracts::get_storage(address, key)
        }
    }

    impl crate::staking_api::StakingStandInApi<Block> for Runtime {
        fn subnets() -> Vec<u16> {
            host::staking::<Runtime>().subnets()
        }

        fn subnet(netuid: u16) -> Option<staking::Subnet> {
            host::staking::<Runtime>().subnet(netuid)
        }

        fn price_e9(netuid: u16) -> u64 {
            host::staking::<Runtime>().price_e9(netuid)
        }

        fn stake(hotkey: AccountId, coldkey: AccountId, netuid: u16) -> u64 {
            host::staking::<Runtime>().stake(&hotkey.into(), &coldkey.into(), netuid)
        }

        fn stakes_on(coldkey: AccountId, netuid: u16) -> Vec<(AccountId, u64)> {
            let stakes = host::staking::<Runtime>().stakes_on(&coldkey.into(), netuid);
            stakes.into_iter().map(|(hotkey, stake)| (hotkey.into(), stake)).collect()
        }

        fn hotkey_pool(netuid: u16, hotkey: AccountId) -> staking::HotkeyPool {
            host::staking::<Runtime>().hotkey_pool(netuid, &hotkey.into())
        }

        fn lock(coldkey: AccountId, netuid: u16) -> Option<staking::Lock> {
            host::staking::<Runtime>().lock(&coldkey.into(), netuid)
        }

        fn total_tao() -> u64 {
            host::staking::<Runtime>().total_tao()
        }
    }
}
