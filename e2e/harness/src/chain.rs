//! Transactions, blocks and raw reads of the node.

use crate::accounts::Actor;
use crate::wait;
use anyhow::{anyhow, bail, Context, Result};
use codec::{Decode, Encode};
use keeper_chain::block::transaction_hash;
use keeper_chain::{BlockEvents, BlockId, ChainConfig, Connection, Emitted, Timeouts};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use subxt::backend::LegacyBackend;
use subxt::client::OnlineClientAtBlock;
use subxt::config::DefaultExtrinsicParamsBuilder;
use subxt::dynamic::{transaction, Value};
use subxt::ext::scale_value::Composite;
use subxt::rpcs::{rpc_params, RpcClient};
use subxt::{OnlineClient, PolkadotConfig};
use tokio::sync::Mutex;

/// Any answer of a node on the same machine; long, because the machine may be busy building.
const ANSWER: Duration = Duration::from_secs(30);
/// Blocks sealed for somebody who waits for them: a transaction that is valid for 64 of them has 13 s.
const BLOCK: Duration = Duration::from_millis(200);
/// A transaction is in a block within this time, whatever the sealing.
const INCLUSION: Duration = Duration::from_secs(60);

/// A call of the runtime.
#[derive(Clone, Debug)]
pub struct Extrinsic {
    pallet: &'static str,
    name: &'static str,
    arguments: Vec<Value>,
}

impl Extrinsic {
    /// A call with its arguments in order.
    pub fn new(pallet: &'static str, name: &'static str, arguments: Vec<Value>) -> Self {
        Self {
            pallet,
            name,
            arguments,
        }
    }

    /// All calls or none.
    pub fn batch(calls: Vec<Extrinsic>) -> Self {
        let calls = calls.into_iter().map(Self::into_value).collect::<Vec<_>>();
        Self::new("Utility", "batch_all", vec![Value::unnamed_composite(calls)])
    }

    /// The call as root's; sudo must sign it.
    pub fn as_sudo(self) -> Self {
        Self::new("Sudo", "sudo", vec![self.into_value()])
    }

    /// The call as if `who` had signed it, contracts included; sudo must sign it.
    pub fn as_sudo_of(self, who: [u8; 32]) -> Self {
        let who = Value::unnamed_variant("Id", [Value::from_bytes(who)]);
        Self::new("Sudo", "sudo_as", vec![who, self.into_value()])
    }

    fn into_value(self) -> Value {
        Value::unnamed_variant(self.pallet, [Value::unnamed_variant(self.name, self.arguments)])
    }

    /// A transfer of free TAO.
    pub fn transfer(to: [u8; 32], rao: u64) -> Self {
        let to = Value::unnamed_variant("Id", [Value::from_bytes(to)]);
        Self::new("Balances", "transfer_keep_alive", vec![to, Value::u128(rao.into())])
    }

    /// Makes an account or a contract a proxy of the signer. `kind` is a proxy type of the chain, `Owner` or `Transfer` for
    /// instance. 60,000,000 rao are reserved while there is any proxy, and 33,000,000 for each.
    pub fn add_proxy(delegate: [u8; 32], kind: &'static str) -> Self {
        Self::proxies("add_proxy", delegate, kind)
    }

    /// Ends what [`Self::add_proxy`] began.
    pub fn remove_proxy(delegate: [u8; 32], kind: &'static str) -> Self {
        Self::proxies("remove_proxy", delegate, kind)
    }

    fn proxies(name: &'static str, delegate: [u8; 32], kind: &'static str) -> Self {
        let delegate = Value::unnamed_variant("Id", [Value::from_bytes(delegate)]);
        let kind = Value::unnamed_variant(kind, Vec::<Value>::new());
        let no_delay = Value::u128(0);
        Self::new("Proxy", name, vec![delegate, kind, no_delay])
    }
}

/// What became of a transaction.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The dispatch error, if it failed.
    pub error: Option<String>,
    /// The fee paid, rao.
    pub fee: u64,
    /// Who signed it; nobody for inherents.
    pub signer: Option<[u8; 32]>,
}

impl Outcome {
    /// Fails unless the transaction succeeded.
    pub fn success(&self, what: &str) -> Result<()> {
        match &self.error {
            None => Ok(()),
            Some(error) => bail!("{what} failed: {error}"),
        }
    }
}

/// A block that was looked at.
pub struct Sealed {
    /// Which.
    pub block: BlockId,
    /// What contracts emitted.
    pub emitted: Vec<Emitted>,
    outcomes: HashMap<[u8; 32], Outcome>,
}

impl Sealed {
    /// What became of a transaction; an error if the block does not hold it.
    pub fn outcome(&self, hash: &[u8; 32]) -> Result<&Outcome> {
        let found = self.outcomes.get(hash);
        found.with_context(|| {
            format!(
                "block {} does not hold transaction 0x{}",
                self.block.number,
                hex::encode(hash)
            )
        })
    }

    /// Everything that happened to transactions.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.values()
    }

    /// Whether the block holds a transaction.
    pub fn holds(&self, hash: &[u8; 32]) -> bool {
        self.outcomes.contains_key(hash)
    }
}

/// A connection to the node.
pub struct Chain {
    /// Typed reads and dry runs, each with a timeout.
    pub connection: Arc<Connection>,
    rpc: RpcClient,
    types: OnlineClientAtBlock<PolkadotConfig>,
    nonces: Mutex<HashMap<[u8; 32], u64>>,
    sealing: Seals,
}

/// Who seals blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seals {
    /// Whoever holds the [`Chain`].
    OnRequest,
    /// The node.
    ByItself,
}

impl Chain {
    /// Connects.
    pub async fn connect(url: &str, sealing: Seals) -> Result<Self> {
        let config = ChainConfig {
            endpoints: vec![url.to_owned()],
            genesis: None,
            timeouts: Timeouts {
                connect: ANSWER,
                request: ANSWER,
                dry_run: ANSWER,
                submit: ANSWER,
                stall: ANSWER,
            },
        };
        let connection = keeper_chain::Chain::new(config)?.connection().await?;
        let rpc = wait::within("connecting", ANSWER, RpcClient::from_insecure_url(url)).await??;
        let backend = LegacyBackend::builder().build(rpc.clone());
        let types = async {
            let client = OnlineClient::<PolkadotConfig>::from_backend(Arc::new(backend)).await?;
            anyhow::Ok(client.at_current_block().await?)
        };
        let types = wait::within("reading the metadata", ANSWER, types).await??;
        Ok(Self {
            connection,
            rpc,
            types,
            nonces: Mutex::default(),
            sealing,
        })
    }

    /// The best block.
    pub async fn best(&self) -> Result<BlockId> {
        Ok(self.connection.best().await?)
    }

    /// Submits and waits until all are in blocks, sealing one if nobody else does; fails unless all succeeded.
    pub async fn execute(&self, calls: &[(Extrinsic, &Actor)]) -> Result<()> {
        if self.sealing == Seals::OnRequest {
            self.run_sealed(calls).await?;
            return Ok(());
        }
        let mut next = self.best().await?.number.saturating_add(1);
        let mut waiting = HashMap::new();
        for (call, from) in calls {
            waiting.insert(self.submit(call, from).await?, call);
        }
        wait::until("transactions to be included", INCLUSION, async || {
            while next <= self.best().await?.number {
                let sealed = self.read(self.connection.block_at(next).await?).await?;
                next = next.saturating_add(1);
                for (hash, outcome) in &sealed.outcomes {
                    if let Some(call) = waiting.remove(hash) {
                        outcome.success(&format!("{}.{}", call.pallet, call.name))?;
                    }
                }
            }
            Ok(waiting.is_empty().then_some(()))
        })
        .await
    }

    /// Runs something that waits for blocks, sealing them meanwhile if nobody else does.
    pub async fn with_blocks<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.sealing == Seals::ByItself {
            return work.await;
        }
        let mut blocks = tokio::time::interval(BLOCK);
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = blocks.tick() => { self.seal().await?; }
            }
        }
    }

    /// Signs and hands a transaction to the pool; returns its hash. Nonces are counted here, so that many fit one block.
    pub async fn submit(&self, call: &Extrinsic, from: &Actor) -> Result<[u8; 32]> {
        let mut nonces = self.nonces.lock().await;
        let nonce = match nonces.get(&from.id) {
            Some(nonce) => *nonce,
            None => self.connection.next_nonce(&from.id).await?,
        };
        let bytes = self.sign(call, from, nonce)?;
        self.connection
            .submit(&bytes)
            .await
            .with_context(|| format!("{}.{} by {}", call.pallet, call.name, from.uri))?;
        nonces.insert(from.id, nonce.saturating_add(1));
        Ok(transaction_hash(&bytes))
    }

    fn sign(&self, call: &Extrinsic, from: &Actor, nonce: u64) -> Result<Vec<u8>> {
        let payload = transaction(call.pallet, call.name, Composite::unnamed(call.arguments.clone()));
        let params = DefaultExtrinsicParamsBuilder::<PolkadotConfig>::new()
            .nonce(nonce)
            .immortal()
            .build();
        let wrong = |e: subxt::error::ExtrinsicError| anyhow!("{}.{} cannot be signed: {e}", call.pallet, call.name);
        let mut signable = self
            .types
            .tx()
            .create_signable_offline(&payload, params)
            .map_err(wrong)?;
        Ok(signable.sign(&from.pair).map_err(wrong)?.into_encoded())
    }

    /// Forgets counted nonces, after the node lost transactions.
    pub async fn forget_nonces(&self) {
        self.nonces.lock().await.clear();
    }

    /// Seals a block now (on a node that seals on request) and reads what happened in it.
    pub async fn seal(&self) -> Result<Sealed> {
        let hash = self.create_block().await?;
        let block = self.connection.block(hash).await?.context("the new block is unknown")?;
        self.read(block).await
    }

    /// Seals `count` blocks one after the other without looking at them.
    pub async fn skip(&self, count: u32) -> Result<()> {
        for _ in 0..count {
            self.create_block().await?;
        }
        Ok(())
    }

    async fn create_block(&self) -> Result<[u8; 32]> {
        let sealing = self
            .rpc
            .request::<serde_json::Value>("engine_createBlock", rpc_params![true, true]);
        let created = wait::within("sealing a block", ANSWER, sealing).await??;
        let hash = created
            .get("hash")
            .and_then(|h| h.as_str())
            .context("no hash of the new block")?;
        hex::decode(hash.trim_start_matches("0x"))?
            .try_into()
            .map_err(|_| anyhow!("a block hash is not 32 bytes long"))
    }

    /// Seals `count` blocks one after the other and returns the last.
    pub async fn seal_many(&self, count: u32) -> Result<BlockId> {
        for _ in 1..count {
            self.seal().await?;
        }
        Ok(self.seal().await?.block)
    }

    /// What happened in a block.
    pub async fn read(&self, block: BlockId) -> Result<Sealed> {
        let BlockEvents { emitted, fates } = self.connection.events(&block).await?;
        let extrinsics = self.connection.extrinsics(&block).await?;
        let mut outcomes = HashMap::new();
        for (index, bytes) in extrinsics.iter().enumerate() {
            let fate = fates.get(index).cloned().unwrap_or_default();
            let outcome = Outcome {
                error: fate.error,
                fee: fate.fee,
                signer: signer_of(bytes),
            };
            outcomes.insert(transaction_hash(bytes), outcome);
        }
        Ok(Sealed {
            block,
            emitted,
            outcomes,
        })
    }

    /// Submits, seals one block, and fails unless every transaction is in it and succeeded.
    pub async fn run_sealed(&self, calls: &[(Extrinsic, &Actor)]) -> Result<Sealed> {
        let mut sent = Vec::new();
        for (call, from) in calls {
            sent.push((call, self.submit(call, from).await?));
        }
        let sealed = self.seal().await?;
        for (call, hash) in sent {
            sealed
                .outcome(&hash)?
                .success(&format!("{}.{}", call.pallet, call.name))?;
        }
        Ok(sealed)
    }

    /// Submits and waits until a block holds the transaction, on a node that seals by itself; fails unless it succeeded.
    pub async fn run(&self, call: &Extrinsic, from: &Actor) -> Result<Sealed> {
        let mut next = self.best().await?.number.saturating_add(1);
        let hash = self.submit(call, from).await?;
        let sealed = wait::until("a transaction to be included", INCLUSION, async || {
            while next <= self.best().await?.number {
                let sealed = self.read(self.connection.block_at(next).await?).await?;
                next = next.saturating_add(1);
                if sealed.holds(&hash) {
                    return Ok(Some(sealed));
                }
            }
            Ok(None)
        })
        .await?;
        sealed
            .outcome(&hash)?
            .success(&format!("{}.{}", call.pallet, call.name))?;
        Ok(sealed)
    }

    /// Transactions in the node's pool.
    pub async fn pending(&self) -> Result<usize> {
        let asking = self
            .rpc
            .request::<Vec<String>>("author_pendingExtrinsics", rpc_params![]);
        Ok(wait::within("asking for the pool", ANSWER, asking).await??.len())
    }

    /// How many transactions an account has signed that are in blocks.
    pub async fn nonce(&self, account: [u8; 32], at: &BlockId) -> Result<u64> {
        Ok(self.connection.nonce(&account, at.hash).await?)
    }

    /// Asks the runtime at a block.
    pub async fn ask<T: Decode>(&self, function: &'static str, arguments: impl Encode, at: &BlockId) -> Result<T> {
        let bytes = self
            .connection
            .runtime_call(function, &arguments.encode(), at.hash)
            .await?;
        T::decode(&mut bytes.as_slice()).with_context(|| format!("{function} answered something else"))
    }

    /// All stake of an account on a subnet, over its hotkeys, read from the chain.
    pub async fn stake(&self, coldkey: [u8; 32], netuid: u16, at: &BlockId) -> Result<u64> {
        let stakes: Vec<([u8; 32], u64)> = self.ask("StakingStandInApi_stakes_on", (coldkey, netuid), at).await?;
        Ok(stakes.iter().map(|(_, stake)| stake).sum())
    }

    /// Free balance of an account, rao, read from the chain.
    pub async fn free(&self, account: [u8; 32], at: &BlockId) -> Result<u64> {
        let key = system_account_key(&account);
        let Some(bytes) = self.connection.storage(&key, at.hash).await? else {
            return Ok(0);
        };
        // AccountInfo: nonce, consumers, providers, sufficients (u32 each), then the free balance.
        let (_, free): ([u32; 4], u64) = Decode::decode(&mut bytes.as_slice())?;
        Ok(free)
    }

    /// What a subnet's owner has set, by the index of the call of `AdminUtils` that sets it; a flag is 0 or 1.
    pub async fn hyperparameter(&self, netuid: u16, index: u8, at: &BlockId) -> Result<Option<u64>> {
        let Some(bytes) = self
            .connection
            .storage(&hyperparameter_key(netuid, index), at.hash)
            .await?
        else {
            return Ok(None);
        };
        Ok(Some(u64::decode(&mut bytes.as_slice())?))
    }

    /// The chain's price in rao per whole alpha.
    pub async fn price_e9(&self, netuid: u16, at: &BlockId) -> Result<u64> {
        self.ask("StakingStandInApi_price_e9", netuid, at).await
    }
}

/// Who signed a transaction: after its length, a version byte with the highest bit set, and an address of kind 0.
fn signer_of(bytes: &[u8]) -> Option<[u8; 32]> {
    let input = &mut &*bytes;
    codec::Compact::<u32>::decode(input).ok()?;
    let (version, kind, account): (u8, u8, [u8; 32]) = Decode::decode(input).ok()?;
    (version & 0x80 != 0 && kind == 0).then_some(account)
}

/// `System.Account` is a map by blake2_128_concat.
fn system_account_key(account: &[u8; 32]) -> Vec<u8> {
    use sp_crypto_hashing::{blake2_128, twox_128};
    [
        &twox_128(b"System")[..],
        &twox_128(b"Account"),
        &blake2_128(account),
        account,
    ]
    .concat()
}

/// `AdminUtils.Hyperparameters` is a double map whose keys are not hashed.
fn hyperparameter_key(netuid: u16, index: u8) -> Vec<u8> {
    use sp_crypto_hashing::twox_128;
    [
        &twox_128(b"AdminUtils")[..],
        &twox_128(b"Hyperparameters"),
        &netuid.to_le_bytes(),
        &[index],
    ]
    .concat()
}
