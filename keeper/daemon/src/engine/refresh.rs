//! Reading again what changed: markets, what governs them, and what settles emission.

use std::sync::Arc;

use keeper_chain::{BlockId, Chain, ChainError, Class, Connection, MarketContract};

use super::kept::Kept;
use super::{Engine, EngineError};
use crate::metrics::Metrics;

impl Engine {
    /// Reads what changed.
    pub(super) async fn refresh(&mut self, at: &BlockId) -> Result<(), EngineError> {
        let oldest = self.config.tempo.refresh_blocks;
        let chain = self.chain.clone();
        let connection = chain.connection().await?;
        for kept in self.markets.values_mut() {
            let reading = match kept.refresh(&connection, at, oldest).await {
                Ok(()) => kept.refresh_validators(&connection, at).await,
                Err(error) => Err(error),
            };
            tolerate(reading, &kept.name, &chain, &connection, &self.metrics).await?;
        }
        let oldest = self.config.governance.refresh_blocks;
        for governed in &mut self.governed {
            let reading = governed.refresh(&connection, at, oldest).await;
            tolerate(reading, &governed.name, &chain, &connection, &self.metrics).await?;
        }
        if let Some(emission) = &mut self.emission {
            let reading = emission.refresh(&connection, at, oldest).await;
            tolerate(reading, "emission", &chain, &connection, &self.metrics).await?;
        }
        Ok(())
    }

    /// Starts to keep markets that the registry created in final blocks.
    pub(super) async fn keep_created(&mut self, at: &BlockId) -> Result<(), EngineError> {
        let Some(suite) = &self.suite else { return Ok(()) };
        while let Some(address) = self.created.pop() {
            if self.markets.contains_key(&address) {
                continue;
            }
            let contract = MarketContract::new(address, suite.market_bundle.clone()).map_err(ChainError::from)?;
            let reading = self
                .chain
                .ask(async |connection| Kept::read(contract.clone(), &connection, at).await)
                .await;
            match reading {
                Ok(mut kept) => {
                    kept.accounts.extend(self.store.accounts(&address)?);
                    for (id, escrow, debt_scaled) in self.store.positions(&address)? {
                        kept.set(keeper_chain::Holding {
                            id,
                            escrow,
                            debt_scaled,
                        });
                    }
                    tracing::info!(market = kept.name, "keeping a market of the registry");
                    self.markets.insert(address, kept);
                }
                Err(error) if error.class() == Class::Transient => {
                    self.created.push(address);
                    return Err(error.into());
                }
                Err(error) => {
                    let market = keeper_chain::contracts::address(&address);
                    tracing::error!(market, %error, "a market of the registry cannot be read");
                }
            }
        }
        Ok(())
    }
}

/// Ends the pass when a reading failed for a while only, leaving the endpoint that is to blame. Anything else is told: one contract that
/// cannot be read is no reason to leave the others alone.
async fn tolerate(
    reading: Result<(), ChainError>,
    what: &str,
    chain: &Chain,
    connection: &Arc<Connection>,
    metrics: &Metrics,
) -> Result<(), EngineError> {
    match reading {
        Ok(()) => Ok(()),
        Err(error) if error.class() == Class::Transient => {
            if error.blames_endpoint() {
                chain.leave(connection, &error).await;
            }
            Err(error.into())
        }
        Err(error) => {
            metrics.errors.with_label_values(&[error.class().name()]).inc();
            tracing::error!(what, %error, "a contract cannot be read");
            Ok(())
        }
    }
}
