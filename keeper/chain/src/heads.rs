//! The chain's newest blocks, followed at whichever endpoint works.

use std::sync::Arc;
use std::time::Duration;

use subxt::config::RpcConfigFor;
use subxt::PolkadotConfig;
use subxt_rpcs::client::RpcSubscription;
use tokio::sync::watch;
use tokio::time::{sleep, timeout, Instant};

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
                let error = follow_at(&chain, &connection, &heads, &mut pause).await;
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
    chain: &Chain,
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
        let mut rhythm = Rhythm::new(stall);
        loop {
            if known.best.number < known.finalized.number {
                // Both are announced on their own, in either order.
                known.best = known.finalized;
            }
            heads.send_replace(Some(known));
            let since = Instant::now();
            let next = loop {
                let next = async {
                    tokio::select! {
                        header = next(&mut best, "best blocks") => header.map(|best| Heads { best, ..known }),
                        header = next(&mut finalized, "finalized blocks") => header.map(|finalized| Heads { finalized, ..known }),
                    }
                };
                if let Ok(next) = timeout(rhythm.patience(), next).await {
                    break next?;
                }
                let waited = since.elapsed();
                if waited >= stall || chain.another_is_ahead(connection.endpoint(), known.best.number).await {
                    return Err(ChainError::Stalled { after: waited });
                }
            };
            if next.best.number > known.best.number {
                rhythm.block(since.elapsed());
            }
            known = next;
            *pause = FIRST_PAUSE;
        }
    };
    let outcome: Result<std::convert::Infallible, ChainError> = run.await;
    match outcome {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

/// How often blocks come: a quiet endpoint is worth a look at the others long before it counts as stalled.
struct Rhythm {
    usual: Option<Duration>,
    stall: Duration,
}

impl Rhythm {
    /// Shortest silence that is worth a look at other endpoints.
    const LEAST: Duration = Duration::from_millis(500);

    fn new(stall: Duration) -> Self {
        Self { usual: None, stall }
    }

    /// A block came so long after the one before.
    fn block(&mut self, gap: Duration) {
        let gap = gap.min(self.stall);
        // An average over about eight blocks follows a chain that changes its pace, and forgives a missed slot.
        self.usual = Some(
            self.usual
                .map_or(gap, |usual| (usual.saturating_mul(7).saturating_add(gap)) / 8),
        );
    }

    /// How long to wait before looking at other endpoints: half a block longer than usual.
    fn patience(&self) -> Duration {
        let usual = self.usual.unwrap_or(self.stall);
        usual.saturating_add(usual / 2).max(Self::LEAST).min(self.stall)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_follows_the_rhythm_of_blocks_up_to_the_stall_limit() {
        let stall = Duration::from_secs(60);
        let mut rhythm = Rhythm::new(stall);
        assert_eq!(rhythm.patience(), stall);
        for _ in 0..20 {
            rhythm.block(Duration::from_secs(12));
        }
        assert_eq!(rhythm.patience(), Duration::from_secs(18));
        rhythm.block(Duration::from_secs(24));
        assert!(rhythm.patience() < Duration::from_secs(21));
        for _ in 0..60 {
            rhythm.block(Duration::from_millis(250));
        }
        assert_eq!(rhythm.patience(), Rhythm::LEAST);
        for _ in 0..60 {
            rhythm.block(Duration::from_secs(600));
        }
        assert_eq!(rhythm.patience(), stall);
    }
}
