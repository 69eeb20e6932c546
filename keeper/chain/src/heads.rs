//! The chain's newest blocks, followed at whichever endpoint works.

use std::sync::Arc;
use std::time::Duration;

use subxt::config::RpcConfigFor;
use subxt::PolkadotConfig;
use subxt_rpcs::client::RpcSubscription;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::connection::{BlockId, Connection};
use crate::error::ChainError;
use crate::failover::Chain;

/// Pause before the first new attempt after all endpoints failed; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause between attempts: a node that comes back is noticed within one block of 12 s.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

type Header = <RpcConfigFor<PolkadotConfig> as subxt_rpcs::RpcConfig>::Header;

/// The newest blocks known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// The head of the best chain: what decisions are based on.
    pub best: BlockId,
    /// The last finalized block: what can be relied on.
    pub finalized: BlockId,
}

/// Follows the chain's heads for ever, endpoint by endpoint. Receivers see the newest heads, not each of them: gaps are filled
/// by height.
pub async fn follow(chain: Arc<Chain>, heads: watch::Sender<Option<Heads>>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match chain.connection().await {
            Ok(connection) => {
                let error = follow_at(&connection, &heads, &mut pause).await;
                chain.leave(&connection, &error).await;
                error
            }
            Err(error) => error,
        };
        tracing::debug!(%error, ?pause, "heads interrupted");
        if heads.is_closed() {
            return;
        }
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

/// Follows the heads at one endpoint until it fails.
async fn follow_at(
    connection: &Arc<Connection>,
    heads: &watch::Sender<Option<Heads>>,
    pause: &mut Duration,
) -> ChainError {
    let run = async {
        let stall = connection.timeouts().stall;
        let mut best = subscribe(connection, "best blocks").await?;
        let mut finalized = subscribe(connection, "finalized blocks").await?;
        let mut known = Heads {
            best: connection.best().await?,
            finalized: connection.finalized().await?,
        };
        loop {
            if known.best.number < known.finalized.number {
                // Both are announced on their own, in either order.
                known.best = known.finalized;
            }
            heads.send_replace(Some(known));
            let next = async {
                tokio::select! {
                    header = next(&mut best, "best blocks") => header.map(|best| Heads { best, ..known }),
                    header = next(&mut finalized, "finalized blocks") => header.map(|finalized| Heads { finalized, ..known }),
                }
            };
            known = timeout(stall, next)
                .await
                .map_err(|_| ChainError::Stalled { after: stall })??;
            *pause = FIRST_PAUSE;
        }
    };
    let outcome: Result<std::convert::Infallible, ChainError> = run.await;
    match outcome {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

async fn subscribe(connection: &Connection, subscription: &'static str) -> Result<RpcSubscription<Header>, ChainError> {
    let after = connection.timeouts().request;
    let subscribing = async {
        match subscription {
            "finalized blocks" => connection.rpc().chain_subscribe_finalized_heads().await,
            _ => connection.rpc().chain_subscribe_new_heads().await,
        }
    };
    timeout(after, subscribing)
        .await
        .map_err(|_| ChainError::SubscribeTimeout { subscription, after })?
        .map_err(|source| ChainError::rpc("chain_subscribe", source))
}

async fn next(blocks: &mut RpcSubscription<Header>, subscription: &'static str) -> Result<BlockId, ChainError> {
    match blocks.next().await {
        Some(Ok(header)) => BlockId::of(&header),
        Some(Err(source)) => Err(ChainError::rpc("chain_subscription", source)),
        None => Err(ChainError::SubscriptionEnded { subscription }),
    }
}
