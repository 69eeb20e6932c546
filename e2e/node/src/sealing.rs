//! Seals blocks and finalizes them at once.

use crate::cli::{Clock, Sealing};
use crate::client::{Client, Parts, Pool};
use devnet_runtime::Hash;
use futures::channel::{mpsc, oneshot};
use futures::{SinkExt, StreamExt};
use sc_basic_authorship::ProposerFactory;
use sc_consensus::LongestChain;
use sc_consensus_manual_seal::rpc::EngineCommand;
use sc_consensus_manual_seal::{run_manual_seal, ManualSealParams};
use sc_service::TaskManager;
use sc_transaction_pool_api::TransactionPool;
use sp_runtime::traits::Header;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// A command that makes a block.
pub type Command = EngineCommand<Hash>;

/// Where simulated time begins: 2026-01-01, in milliseconds.
const SIMULATED_GENESIS: u64 = 1_767_225_600_000;

/// Starts the task that builds blocks, and what tells it when. Returns where further commands may be sent.
pub fn start(parts: &Parts, sealing: Sealing, clock: Clock, tasks: &TaskManager) -> mpsc::Sender<Command> {
    let (commands, commands_stream) = mpsc::channel(1_024);
    let proposer = ProposerFactory::new(
        tasks.spawn_handle(),
        parts.client.clone(),
        parts.pool.clone(),
        None,
        None,
    );
    let time = Time {
        client: parts.client.clone(),
        clock,
        last: AtomicU64::new(0),
    };
    let time = Arc::new(time);
    let seal = run_manual_seal(ManualSealParams {
        block_import: parts.client.clone(),
        env: proposer,
        client: parts.client.clone(),
        pool: parts.pool.clone(),
        commands_stream,
        select_chain: LongestChain::new(parts.backend.clone()),
        consensus_data_provider: None,
        create_inherent_data_providers: move |parent, ()| {
            let time = time.clone();
            async move { Ok(sp_timestamp::InherentDataProvider::new(time.of_child(parent)?.into())) }
        },
    });
    let essential = tasks.spawn_essential_handle();
    essential.spawn_blocking("seal", Some("sealing"), seal);
    match sealing {
        Sealing::Instant => essential.spawn(
            "seal-instant",
            Some("sealing"),
            instant(parts.pool.clone(), commands.clone()),
        ),
        Sealing::Interval(period) => {
            essential.spawn("seal-interval", Some("sealing"), interval(period, commands.clone()))
        }
        Sealing::Manual => {}
    }
    commands
}

/// The time that blocks carry.
struct Time {
    client: Arc<Client>,
    clock: Clock,
    /// The latest time given, in milliseconds.
    last: AtomicU64,
}

impl Time {
    /// Milliseconds for a child of `parent`. Under the system's clock they rise by at least one, however fast blocks are.
    fn of_child(&self, parent: Hash) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
        match self.clock {
            Clock::System => {
                let now = sp_timestamp::Timestamp::current().as_millis();
                let last = self
                    .last
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)));
                Ok(now.max(last.unwrap_or_default() + 1))
            }
            Clock::Simulated(step) => {
                let number = self.client.header(parent)?.map_or(0, |header| *header.number());
                Ok(SIMULATED_GENESIS + (u64::from(number) + 1) * step.as_millis() as u64)
            }
        }
    }
}

/// Asks for a block and waits until it is there. `false` if there was none to make.
async fn seal(commands: &mut mpsc::Sender<Command>, create_empty: bool) -> bool {
    let (sender, receiver) = oneshot::channel();
    let command = EngineCommand::SealNewBlock {
        create_empty,
        finalize: true,
        parent_hash: None,
        sender: Some(sender),
    };
    if commands.send(command).await.is_err() {
        return false;
    }
    match receiver.await {
        Ok(Ok(_)) => true,
        // Its transactions went into the previous block, whose import the pool has not heard of yet.
        Ok(Err(sc_consensus_manual_seal::Error::EmptyTransactionPool)) => false,
        Ok(Err(error)) => {
            log::error!("no block could be sealed: {error}");
            false
        }
        Err(_) => false,
    }
}

/// A block as soon as a transaction is ready. One block takes all that are, so that most notifications find nothing.
async fn instant(pool: Arc<Pool>, mut commands: mpsc::Sender<Command>) {
    let mut imported = pool.import_notification_stream();
    while imported.next().await.is_some() {
        while pool.status().ready > 0 && seal(&mut commands, false).await {}
    }
}

/// A block every `period`, also an empty one. A late block does not bring others after it in haste.
async fn interval(period: Duration, mut commands: mpsc::Sender<Command>) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        seal(&mut commands, true).await;
    }
}
