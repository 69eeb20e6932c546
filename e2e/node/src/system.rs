//! What the node says of itself; where a node would speak of its peers, that it has none.

use crate::client::Client;
use devnet_runtime::opaque::Block;
use futures::StreamExt;
use sc_chain_spec::{ChainType, Properties};
use sc_rpc::system::{Health, NodeRole, Request, SyncState, System, SystemInfo};
use sc_service::TaskManager;
use sc_utils::mpsc::{tracing_unbounded, TracingUnboundedReceiver};
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// The name of the chain.
pub const CHAIN_NAME: &str = "Autonomy Development";

/// Units and address format, as Subtensor states them.
pub fn properties() -> Properties {
    let mut properties = Properties::new();
    properties.insert("tokenSymbol".into(), "TAO".into());
    properties.insert("tokenDecimals".into(), 9.into());
    properties.insert("ss58Format".into(), 42.into());
    properties
}

/// The `system_*` methods, with the task that answers what they ask of the network.
pub fn rpc(client: Arc<Client>, tasks: &TaskManager) -> System<Block> {
    let (sender, requests) = tracing_unbounded("mpsc_system_rpc", 10_000);
    // It ends with the server, before the node does.
    tasks
        .spawn_handle()
        .spawn("system-rpc", Some("rpc"), answer(client, requests));
    let info = SystemInfo {
        impl_name: "autonomy-node".into(),
        impl_version: env!("CARGO_PKG_VERSION").into(),
        chain_name: CHAIN_NAME.into(),
        properties: properties(),
        chain_type: ChainType::Development,
    };
    System::new(info, sender)
}

async fn answer(client: Arc<Client>, mut requests: TracingUnboundedReceiver<Request<Block>>) {
    while let Some(request) = requests.next().await {
        // An asker that went away needs no answer.
        match request {
            Request::Health(sender) => {
                let health = Health {
                    peers: 0,
                    is_syncing: false,
                    should_have_peers: false,
                };
                let _ = sender.send(health);
            }
            Request::LocalPeerId(sender) => {
                let _ = sender.send(String::new());
            }
            Request::LocalListenAddresses(sender) | Request::NetworkReservedPeers(sender) => {
                let _ = sender.send(Vec::new());
            }
            Request::Peers(sender) => {
                let _ = sender.send(Vec::new());
            }
            Request::NetworkState(sender) => {
                let _ = sender.send(serde_json::Value::Null);
            }
            Request::NetworkAddReservedPeer(_, sender) | Request::NetworkRemoveReservedPeer(_, sender) => {
                let _ = sender.send(Ok(()));
            }
            Request::NodeRoles(sender) => {
                let _ = sender.send(vec![NodeRole::Authority]);
            }
            Request::SyncState(sender) => {
                let best = client.info().best_number;
                let _ = sender.send(SyncState {
                    starting_block: 0,
                    current_block: best,
                    highest_block: best,
                });
            }
        }
    }
}
