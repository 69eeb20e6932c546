//! One connection to one endpoint. Every request has a timeout and an error of its own.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use subxt::backend::{BlockRef, LegacyBackend};
use subxt::client::OnlineClientAtBlock;
use subxt::config::RpcConfigFor;
use subxt::utils::{AccountId32, H256};
use subxt::{OnlineClient, PolkadotConfig};
use subxt_rpcs::methods::legacy::NumberOrHex;
use subxt_rpcs::{LegacyRpcMethods, RpcClient};
use tokio::time::timeout;

use crate::config::Timeouts;
use crate::error::{ChainError, UNKNOWN_BLOCK};

type Header = <PolkadotConfig as subxt::Config>::Header;

/// A block, by height and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockId {
    /// Its height.
    pub number: u32,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its parent's hash.
    pub parent: [u8; 32],
}

impl BlockId {
    pub(crate) fn of(header: &Header) -> Result<Self, ChainError> {
        let number = u32::try_from(header.number).map_err(|e| ChainError::decode("a block number", e))?;
        let hash = sp_crypto_hashing::blake2_256(&codec::Encode::encode(header));
        Ok(Self {
            number,
            hash,
            parent: header.parent_hash.0,
        })
    }
}

/// An open connection.
pub struct Connection {
    endpoint: String,
    rpc: LegacyRpcMethods<RpcConfigFor<PolkadotConfig>>,
    client: OnlineClient<PolkadotConfig>,
    timeouts: Timeouts,
}

/// The best block of an endpoint, over a connection of its own that fetches nothing else.
pub(crate) async fn peek(endpoint: &str, timeouts: Timeouts) -> Result<BlockId, ChainError> {
    let rpc = LegacyRpcMethods::<RpcConfigFor<PolkadotConfig>>::new(dial(endpoint, timeouts.connect).await?);
    let (method, after) = ("chain_getHeader", timeouts.request);
    let header = timeout(after, rpc.chain_get_header(None))
        .await
        .map_err(|_| ChainError::RequestTimeout { method, after })?
        .map_err(|source| ChainError::rpc(method, source))?;
    BlockId::of(&header.ok_or(ChainError::BlockUnavailable { number: 0 })?)
}

async fn dial(endpoint: &str, after: Duration) -> Result<RpcClient, ChainError> {
    timeout(after, RpcClient::from_insecure_url(endpoint))
        .await
        .map_err(|_| ChainError::ConnectTimeout {
            endpoint: endpoint.to_owned(),
            after,
        })?
        .map_err(|source| ChainError::Connect {
            endpoint: endpoint.to_owned(),
            source: Box::new(source),
        })
}

impl Connection {
    /// Connects, and reads the chain's genesis and current metadata.
    pub(crate) async fn open(endpoint: &str, timeouts: Timeouts) -> Result<Self, ChainError> {
        let after = timeouts.connect;
        let rpc_client = dial(endpoint, after).await?;
        // The legacy backend pins nothing and resolves blocks by number; the default one hides first errors.
        let backend = LegacyBackend::builder().build(rpc_client.clone());
        let opening = async {
            let client = OnlineClient::<PolkadotConfig>::from_backend(Arc::new(backend))
                .await
                .map_err(|e| e.to_string())?;
            client.at_current_block().await.map_err(|e| e.to_string())?;
            Ok::<_, String>(client)
        };
        let client = timeout(after, opening)
            .await
            .map_err(|_| ChainError::MetadataTimeout {
                endpoint: endpoint.to_owned(),
                after,
            })?
            .map_err(|reason| ChainError::Handshake {
                endpoint: endpoint.to_owned(),
                reason,
            })?;
        Ok(Self {
            endpoint: endpoint.to_owned(),
            rpc: LegacyRpcMethods::new(rpc_client),
            client,
            timeouts,
        })
    }

    /// The address it is connected to.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The chain's genesis hash.
    pub fn genesis(&self) -> [u8; 32] {
        self.client.genesis_hash().0
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    pub(crate) fn rpc(&self) -> &LegacyRpcMethods<RpcConfigFor<PolkadotConfig>> {
        &self.rpc
    }

    async fn request<T>(
        &self,
        method: &'static str,
        answer: impl Future<Output = Result<T, subxt_rpcs::Error>>,
    ) -> Result<T, ChainError> {
        let after = self.timeouts.request;
        timeout(after, answer)
            .await
            .map_err(|_| ChainError::RequestTimeout { method, after })?
            .map_err(|source| ChainError::rpc(method, source))
    }

    /// The chain's name, as the node tells it.
    pub async fn chain_name(&self) -> Result<String, ChainError> {
        self.request("system_chain", self.rpc.system_chain()).await
    }

    /// The best block.
    pub async fn best(&self) -> Result<BlockId, ChainError> {
        let header = self.request("chain_getHeader", self.rpc.chain_get_header(None)).await?;
        BlockId::of(&header.ok_or(ChainError::BlockUnavailable { number: 0 })?)
    }

    /// The last finalized block.
    pub async fn finalized(&self) -> Result<BlockId, ChainError> {
        let hash = self
            .request("chain_getFinalizedHead", self.rpc.chain_get_finalized_head())
            .await?;
        self.block(hash.0)
            .await?
            .ok_or(ChainError::BlockUnavailable { number: 0 })
    }

    /// The block with this hash.
    pub async fn block(&self, hash: [u8; 32]) -> Result<Option<BlockId>, ChainError> {
        let header = self
            .request("chain_getHeader", self.rpc.chain_get_header(Some(H256(hash))))
            .await?;
        header.map(|header| BlockId::of(&header)).transpose()
    }

    /// The block of the best chain at this height.
    pub async fn block_at(&self, number: u32) -> Result<BlockId, ChainError> {
        let at = Some(NumberOrHex::Number(number.into()));
        let hash = self
            .request("chain_getBlockHash", self.rpc.chain_get_block_hash(at))
            .await?;
        let hash = hash.ok_or(ChainError::BlockUnavailable { number })?;
        self.block(hash.0).await?.ok_or(ChainError::BlockUnavailable { number })
    }

    /// The bytes of the block's extrinsics.
    pub async fn extrinsics(&self, block: &BlockId) -> Result<Vec<Vec<u8>>, ChainError> {
        let body = self
            .request("chain_getBlock", self.rpc.chain_get_block(Some(H256(block.hash))))
            .await?;
        let body = body.ok_or(ChainError::BlockUnavailable { number: block.number })?;
        Ok(body.block.extrinsics.into_iter().map(|bytes| bytes.0).collect())
    }

    /// A value of the chain's storage.
    pub async fn storage(&self, key: &[u8], at: [u8; 32]) -> Result<Option<Vec<u8>>, ChainError> {
        self.request("state_getStorage", self.rpc.state_get_storage(key, Some(H256(at))))
            .await
    }

    /// A runtime call.
    pub async fn runtime_call(
        &self,
        function: &'static str,
        arguments: &[u8],
        at: [u8; 32],
    ) -> Result<Vec<u8>, ChainError> {
        self.request(function, self.rpc.state_call(function, Some(arguments), Some(H256(at))))
            .await
    }

    /// A runtime call that executes a contract, with the time that may take.
    pub(crate) async fn dry_run(
        &self,
        function: &'static str,
        arguments: &[u8],
        at: [u8; 32],
    ) -> Result<Vec<u8>, ChainError> {
        let after = self.timeouts.dry_run;
        timeout(after, self.rpc.state_call(function, Some(arguments), Some(H256(at))))
            .await
            .map_err(|_| ChainError::DryRunTimeout { after })?
            .map_err(|source| ChainError::rpc(function, source))
    }

    /// The account's nonce in the state of block `at`: transactions in the pool do not count.
    pub async fn nonce(&self, account: &[u8; 32], at: [u8; 32]) -> Result<u64, ChainError> {
        let answer = self.runtime_call("AccountNonceApi_account_nonce", account, at).await?;
        // Chains differ in the nonce's width only.
        match answer.len() {
            4 => codec::Decode::decode(&mut answer.as_slice()).map(|nonce: u32| u64::from(nonce)),
            _ => codec::Decode::decode(&mut answer.as_slice()),
        }
        .map_err(|e| ChainError::decode("a nonce", e))
    }

    /// The next free nonce of an account, transactions in this node's pool included.
    pub async fn next_nonce(&self, account: &[u8; 32]) -> Result<u64, ChainError> {
        let account = AccountId32(*account);
        self.request("system_accountNextIndex", self.rpc.system_account_next_index(&account))
            .await
    }

    /// The chain's types at a block. Metadata is fetched once per runtime version.
    pub(crate) async fn at(&self, block: &BlockId) -> Result<OnlineClientAtBlock<PolkadotConfig>, ChainError> {
        let after = self.timeouts.connect;
        let block_ref = BlockRef::from_hash(H256(block.hash));
        timeout(
            after,
            self.client.at_block_hash_and_number(block_ref, block.number.into()),
        )
        .await
        .map_err(|_| ChainError::MetadataTimeout {
            endpoint: self.endpoint.clone(),
            after,
        })?
        .map_err(|e| match e.to_string() {
            reason if reason.contains(UNKNOWN_BLOCK) => ChainError::StateDiscarded { method: "Core_version" },
            reason => ChainError::Handshake {
                endpoint: self.endpoint.clone(),
                reason,
            },
        })
    }

    /// Hands a signed transaction to the node's pool.
    pub async fn submit(&self, bytes: &[u8]) -> Result<(), ChainError> {
        let after: Duration = self.timeouts.submit;
        match timeout(after, self.rpc.author_submit_extrinsic(bytes)).await {
            Err(_) => Err(ChainError::SubmitTimeout { after }),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(subxt_rpcs::Error::User(error))) => {
                let detail = error.data.map(|data| format!(": {}", data.get())).unwrap_or_default();
                Err(ChainError::Pool {
                    code: error.code,
                    message: error.message + &detail,
                })
            }
            Ok(Err(source)) => Err(ChainError::rpc("author_submitExtrinsic", source)),
        }
    }
}
