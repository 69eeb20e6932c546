//! The client and its transaction pool.

use crate::database;
use crate::executor::NativeExecutor;
use devnet_runtime::opaque::Block;
use devnet_runtime::{genesis, RuntimeApi};
use sc_chain_spec::GenesisBlockBuilder;
use sc_client_api::execution_extensions::ExecutionExtensions;
use sc_client_db::DatabaseSettings;
use sc_service::{TFullBackend, TFullClient, TaskManager};
use sc_transaction_pool::{TransactionPoolHandle, TransactionPoolOptions, TransactionPoolType};
use std::sync::Arc;

/// The database behind the client.
pub type Backend = TFullBackend<Block>;
/// The client.
pub type Client = TFullClient<Block, RuntimeApi, NativeExecutor>;
/// The transaction pool.
pub type Pool = TransactionPoolHandle<Block, Client>;

/// Transactions that wait in the pool at most; scenarios submit in bursts.
const POOL_TRANSACTIONS: usize = 65_536;
const POOL_BYTES: usize = 256 * 1024 * 1024;

/// What the rest of the node works on.
pub struct Parts {
    /// The database.
    pub backend: Arc<Backend>,
    /// The client.
    pub client: Arc<Client>,
    /// The pool; it follows the client's blocks.
    pub pool: Arc<Pool>,
    /// Whether the whole history is kept.
    pub archive: bool,
}

/// Opens the database, writes the genesis block into it if it is empty (with `accounts` numbered accounts funded), and
/// starts the pool.
pub fn start(settings: DatabaseSettings, accounts: u32, tasks: &TaskManager) -> anyhow::Result<Parts> {
    let archive = database::is_archive(&settings);
    let backend = sc_service::new_db_backend::<Block>(settings)?;
    let storage = genesis::storage(accounts).map_err(anyhow::Error::msg)?;
    let genesis = GenesisBlockBuilder::new_with_storage(storage, true, backend.clone(), NativeExecutor)?;
    let client: Client = sc_service::new_client(
        backend.clone(),
        NativeExecutor,
        genesis,
        None,
        None,
        ExecutionExtensions::new(None, Arc::new(NativeExecutor)),
        Box::new(tasks.spawn_handle()),
        None,
        None,
        Default::default(),
    )?;
    let client = Arc::new(client);
    // One chain without forks needs no pool that follows several.
    let kind = TransactionPoolType::SingleState;
    let options = TransactionPoolOptions::new_with_params(POOL_TRANSACTIONS, POOL_BYTES, Some(1), kind, true, true);
    let pool = sc_transaction_pool::Builder::new(tasks.spawn_essential_handle(), client.clone(), true.into())
        .with_options(options)
        .build();
    let pool = Arc::new(pool);
    tasks.spawn_essential_handle().spawn(
        "txpool-notifications",
        Some("transaction-pool"),
        sc_transaction_pool::notification_future(client.clone(), pool.clone(), false),
    );
    Ok(Parts {
        backend,
        client,
        pool,
        archive,
    })
}
