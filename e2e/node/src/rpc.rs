//! The JSON-RPC interface: everything a Substrate node offers that makes sense without peers.

use crate::client::{Client, Parts};
use crate::sealing::Command;
use crate::system;
use devnet_runtime::opaque::Block;
use devnet_runtime::Hash;
use futures::channel::mpsc;
use jsonrpsee::server::middleware::rpc::{RpcServiceBuilder, RpcServiceT};
use jsonrpsee::server::{RandomStringIdProvider, Server, ServerHandle};
use jsonrpsee::types::Request;
use jsonrpsee::RpcModule;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_consensus_manual_seal::rpc::{ManualSeal, ManualSealApiServer};
use sc_rpc::author::AuthorApiServer;
use sc_rpc::chain::ChainApiServer;
use sc_rpc::offchain::OffchainApiServer;
use sc_rpc::state::{ChildStateApiServer, StateApiServer};
use sc_rpc::system::SystemApiServer;
use sc_rpc::SubscriptionTaskExecutor;
use sc_rpc_api::DenyUnsafe;
use sc_rpc_spec_v2::archive::ArchiveApiServer;
use sc_rpc_spec_v2::chain_head::{ChainHeadApiServer, ChainHeadConfig};
use sc_rpc_spec_v2::chain_spec::ChainSpecApiServer;
use sc_rpc_spec_v2::transaction::{TransactionApiServer, TransactionBroadcastApiServer};
use sc_service::TaskManager;
use sp_blockchain::HeaderBackend;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer as _};

/// Transactions one connection may broadcast at a time.
const MAX_BROADCASTS: usize = 1_024;

/// Many clients of a scenario, each with many watched transactions.
const MAX_CONNECTIONS: u32 = 10_000;
const MAX_SUBSCRIPTIONS: u32 = 65_536;

/// A response carries at most this many bytes; the metadata is about half a megabyte.
const MAX_RESPONSE: u32 = 64 * 1024 * 1024;

/// Starts the server. It answers until the handle is dropped.
///
/// jsonrpsee's own server, because Substrate's leaves Nagle's algorithm on, which costs 40 ms per answer.
pub async fn serve(module: RpcModule<()>, address: IpAddr, port: u16) -> anyhow::Result<(SocketAddr, ServerHandle)> {
    let server = Server::builder()
        .max_connections(MAX_CONNECTIONS)
        .max_subscriptions_per_connection(MAX_SUBSCRIPTIONS)
        .max_request_body_size(MAX_RESPONSE)
        .max_response_body_size(MAX_RESPONSE)
        .set_tcp_no_delay(true)
        // The specification wants strings; jsonrpsee's default is a number, which polkadot-api cannot follow.
        .set_id_provider(RandomStringIdProvider::new(16))
        .set_rpc_middleware(RpcServiceBuilder::new().layer_fn(AllowUnsafe))
        .build((address, port))
        .await?;
    let address = server.local_addr()?;
    Ok((address, server.start(module)))
}

/// Marks every request as allowed to use every method: the node is a toy of whoever reaches it.
#[derive(Clone)]
struct AllowUnsafe<S>(S);

impl<'a, S: RpcServiceT<'a>> RpcServiceT<'a> for AllowUnsafe<S> {
    type Future = S::Future;

    fn call(&self, mut request: Request<'a>) -> Self::Future {
        request.extensions_mut().insert(DenyUnsafe::No);
        self.0.call(request)
    }
}

/// All methods.
pub fn module(parts: &Parts, commands: mpsc::Sender<Command>, tasks: &TaskManager) -> anyhow::Result<RpcModule<()>> {
    let mut module = RpcModule::new(());
    legacy(&mut module, parts, tasks)?;
    new_specification(&mut module, parts, tasks)?;
    module.merge(System::new(parts.client.clone(), parts.pool.clone()).into_rpc())?;
    module.merge(TransactionPayment::new(parts.client.clone()).into_rpc())?;
    module.merge(ManualSeal::<Hash>::new(commands).into_rpc())?;
    let mut methods: Vec<&str> = module.method_names().collect();
    methods.push("rpc_methods");
    methods.sort_unstable();
    let methods = serde_json::json!({ "methods": methods });
    module.register_method("rpc_methods", move |_, _, _| methods.clone())?;
    Ok(module)
}

fn executor(tasks: &TaskManager) -> SubscriptionTaskExecutor {
    Arc::new(tasks.spawn_handle())
}

/// The methods that polkadot.js and most tools use.
fn legacy(module: &mut RpcModule<()>, parts: &Parts, tasks: &TaskManager) -> anyhow::Result<()> {
    let client = || parts.client.clone();
    let keystore = Arc::new(sp_keystore::testing::MemoryKeystore::new());
    let (state, child_state) = sc_rpc::state::new_full(client(), executor(tasks), None);
    let author = sc_rpc::author::Author::new(client(), parts.pool.clone(), keystore, executor(tasks));
    let chain = sc_rpc::chain::new_full::<Block, Client>(client(), executor(tasks));
    module.merge(state.into_rpc())?;
    module.merge(child_state.into_rpc())?;
    module.merge(author.into_rpc())?;
    module.merge(chain.into_rpc())?;
    module.merge(system::rpc(client(), tasks).into_rpc())?;
    if let Some(storage) = sc_client_api::Backend::offchain_storage(&*parts.backend) {
        module.merge(sc_rpc::offchain::Offchain::new(storage).into_rpc())?;
    }
    Ok(())
}

/// The methods of the new JSON-RPC specification, which polkadot-api and subxt use.
fn new_specification(module: &mut RpcModule<()>, parts: &Parts, tasks: &TaskManager) -> anyhow::Result<()> {
    use sc_rpc_spec_v2::{archive, chain_head, chain_spec, transaction};
    let (client, pool, backend) = (|| parts.client.clone(), || parts.pool.clone(), || parts.backend.clone());
    let genesis = parts.client.info().genesis_hash;
    let broadcast = transaction::TransactionBroadcast::new(client(), pool(), executor(tasks), MAX_BROADCASTS);
    let watch = transaction::Transaction::new(client(), pool(), executor(tasks), None);
    let follow =
        chain_head::ChainHead::<_, Block, _>::new(client(), backend(), executor(tasks), ChainHeadConfig::default());
    let spec = chain_spec::ChainSpec::new(system::CHAIN_NAME.into(), genesis, system::properties());
    module.merge(broadcast.into_rpc())?;
    module.merge(watch.into_rpc())?;
    module.merge(follow.into_rpc())?;
    module.merge(spec.into_rpc())?;
    if parts.archive {
        module.merge(archive::Archive::<_, Block, _>::new(client(), backend(), genesis, executor(tasks)).into_rpc())?;
    }
    Ok(())
}
