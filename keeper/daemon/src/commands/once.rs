//! `keeper once`: what is due now, and no more.

use std::sync::Arc;
use std::time::Duration;

use keeper_chain::{Chain, ChainError, Heads};
use tokio::time::sleep;

use crate::cli::Common;
use crate::engine::{Engine, EngineError};
use crate::metrics::Metrics;
use crate::setup;

/// Pause between two looks at the chain.
const POLL: Duration = Duration::from_millis(200);

/// Does what is due at the best block and waits until it is included or can no longer be.
///
/// # Errors
/// Of the chain and the store.
pub async fn once(common: &Common) -> anyhow::Result<()> {
    let config = setup::configuration(common)?;
    let signer = setup::signer(&config)?;
    let targets = setup::targets(&config)?;
    let chain = setup::chain(&config)?;
    let mut engine = Engine::open(chain.clone(), signer, config, &targets, Arc::new(Metrics::new()?)).await?;
    let pass = engine.pass(&heads(&chain).await?).await?;
    while !engine.is_idle() {
        sleep(POLL).await;
        match engine.watch(&heads(&chain).await?).await {
            Err(EngineError::Chain(ChainError::BlockUnavailable { .. })) => {}
            other => other?,
        }
    }
    let summary = serde_json::json!({ "pass": pass, "status": engine.status() });
    super::print(&summary)
}

async fn heads(chain: &Chain) -> Result<Heads, ChainError> {
    chain
        .ask(async |connection| {
            let finalized = connection.finalized().await?;
            Ok(Heads {
                best: connection.best().await?,
                finalized,
            })
        })
        .await
}
