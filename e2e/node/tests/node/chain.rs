//! What the tests do on the chain, through subxt.

use codec::{Decode, Encode};
use std::sync::Arc;
use subxt::backend::{ChainHeadBackend, LegacyBackend};
use subxt::dynamic::{transaction, Value};
use subxt::ext::scale_value::Composite;
use subxt::extrinsics::ExtrinsicEvents;
use subxt::rpcs::RpcClient;
use subxt::{OnlineClient, PolkadotConfig};
use subxt_signer::sr25519::{dev, Keypair};

pub const TAO: u64 = 1_000_000_000;

/// Which of the two families of JSON-RPC methods a client speaks.
#[derive(Clone, Copy, Debug)]
pub enum Methods {
    Legacy,
    ChainHead,
}

/// A client and the connection under it.
pub struct Chain {
    pub client: OnlineClient<PolkadotConfig>,
    pub rpc: RpcClient,
}

impl Chain {
    pub async fn connect(url: &str, methods: Methods) -> Self {
        let rpc = RpcClient::from_insecure_url(url)
            .await
            .expect("the node accepts connections");
        let client = match methods {
            Methods::Legacy => {
                let backend = LegacyBackend::builder().build(rpc.clone());
                OnlineClient::from_backend(Arc::new(backend)).await
            }
            Methods::ChainHead => {
                let backend = ChainHeadBackend::builder().build_with_background_driver(rpc.clone());
                OnlineClient::from_backend(Arc::new(backend)).await
            }
        };
        Self {
            client: client.expect("subxt understands the node"),
            rpc,
        }
    }

    /// Submits a transaction and waits until it has succeeded in a final block.
    pub async fn submit<Call>(&self, call: (&str, &str, Call), from: &Keypair) -> ExtrinsicEvents<PolkadotConfig>
    where
        Call: subxt::ext::scale_encode::EncodeAsFields,
    {
        let (pallet, name, arguments) = call;
        let at = self.client.at_current_block().await.expect("there is a block");
        let call = transaction(pallet, name, arguments);
        let watched = at.transactions().sign_and_submit_then_watch_default(&call, from).await;
        let finished = watched
            .expect("the pool accepts it")
            .wait_for_finalized()
            .await
            .expect("it is finalized");
        finished.wait_for_success().await.expect("it succeeds")
    }

    /// Pulls a lever of the stand-in, as sudo.
    pub async fn pull(&self, lever: &str, arguments: Vec<Value>) {
        let call = transaction("StakingStandIn", lever, Composite::unnamed(arguments)).into_value();
        let events = self.submit(("Sudo", "sudo", vec![call]), &dev::alice()).await;
        let sudid = events
            .iter()
            .map(|e| e.expect("events decode"))
            .find(|e| e.event_name() == "Sudid");
        // `Sudid` carries a `Result<(), DispatchError>`: 0 is Ok.
        assert_eq!(sudid.expect("sudo reports").field_bytes(), [0], "lever {lever}");
    }

    /// Calls a function of the runtime with SCALE-encoded arguments.
    pub async fn ask<T: Decode>(&self, function: &str, arguments: impl Encode) -> T {
        let at = self.client.at_current_block().await.expect("there is a block");
        let apis = at.runtime_apis();
        let bytes = apis
            .call_raw(function, Some(&arguments.encode()))
            .await
            .expect("the runtime answers");
        T::decode(&mut &bytes[..]).expect("the answer decodes")
    }

    /// Free balance in rao.
    pub async fn free(&self, account: [u8; 32]) -> u64 {
        let at = self.client.at_current_block().await.expect("there is a block");
        let address = subxt::dynamic::storage::<([u8; 32],), Value>("System", "Account");
        let value = at
            .storage()
            .fetch(address, (account,))
            .await
            .expect("the account exists");
        // AccountInfo: nonce, consumers, providers, sufficients (u32 each), then the free balance (u64).
        let bytes = value.into_bytes();
        u64::decode(&mut &bytes[16..]).expect("a balance")
    }
}

/// The subnet that tests trade on: 1,000 TAO against 4,000 alpha.
pub async fn create_subnet(chain: &Chain, netuid: u16, validator: [u8; 32]) {
    let number = |n: u64| Value::u128(n.into());
    let spec = Value::named_composite([
        ("owner", Value::from_bytes(dev::alice().public_key().0)),
        ("owner_hotkey", Value::from_bytes(validator)),
        ("tempo", number(360)),
        ("tao", number(1_000 * TAO)),
        ("alpha", number(4_000 * TAO)),
        ("fee_rate", number(33)),
    ]);
    chain.pull("create_subnet", vec![number(netuid.into()), spec]).await;
}
