//! Endpoints in order of preference: who fails is left, and the next one is asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Mutex;

use crate::config::ChainConfig;
use crate::connection::{self, Connection};
use crate::error::ChainError;

/// A chain behind one or more endpoints.
pub struct Chain {
    config: ChainConfig,
    genesis: OnceLock<[u8; 32]>,
    current: Mutex<Current>,
    failovers: AtomicU64,
}

#[derive(Default)]
struct Current {
    connection: Option<Arc<Connection>>,
    /// Index of the endpoint to be tried next.
    next: usize,
}

impl Chain {
    /// A chain that is connected to when it is first asked.
    ///
    /// # Errors
    /// [`ChainError::NoEndpoint`].
    pub fn new(config: ChainConfig) -> Result<Self, ChainError> {
        if config.endpoints.is_empty() {
            return Err(ChainError::NoEndpoint);
        }
        let genesis = config.genesis.map_or_else(OnceLock::new, OnceLock::from);
        Ok(Self {
            config,
            genesis,
            current: Mutex::default(),
            failovers: AtomicU64::new(0),
        })
    }

    /// How often an endpoint was left since the start.
    pub fn failovers(&self) -> u64 {
        self.failovers.load(Ordering::Relaxed)
    }

    /// The configured endpoints.
    pub fn endpoints(&self) -> &[String] {
        &self.config.endpoints
    }

    /// The current connection, or a new one to the first endpoint that works.
    ///
    /// # Errors
    /// What the last endpoint answered, when none works.
    pub async fn connection(&self) -> Result<Arc<Connection>, ChainError> {
        let mut current = self.current.lock().await;
        if let Some(connection) = &current.connection {
            return Ok(connection.clone());
        }
        let mut last = ChainError::NoEndpoint;
        for _ in 0..self.config.endpoints.len() {
            let index = current.next % self.config.endpoints.len();
            let Some(endpoint) = self.config.endpoints.get(index) else {
                break;
            };
            match self.open(endpoint).await {
                Ok(connection) => {
                    tracing::info!(endpoint, "connected");
                    let connection = Arc::new(connection);
                    current.connection = Some(connection.clone());
                    return Ok(connection);
                }
                Err(error) => {
                    tracing::warn!(endpoint, %error, "endpoint failed");
                    current.next = index.saturating_add(1);
                    last = error;
                }
            }
        }
        Err(last)
    }

    /// Opens a connection to one endpoint, apart from the current one.
    ///
    /// # Errors
    /// What the endpoint answered; [`ChainError::WrongChain`] when its chain is not that of the others.
    pub async fn open(&self, endpoint: &str) -> Result<Connection, ChainError> {
        let connection = Connection::open(endpoint, self.config.timeouts).await?;
        let (expected, got) = (*self.genesis.get_or_init(|| connection.genesis()), connection.genesis());
        if expected != got {
            return Err(ChainError::WrongChain {
                endpoint: endpoint.to_owned(),
                expected,
                got,
            });
        }
        Ok(connection)
    }

    /// Whether an endpoint other than `endpoint` knows a block higher than `number`.
    pub(crate) async fn another_is_ahead(&self, endpoint: &str, number: u32) -> bool {
        for other in self.config.endpoints.iter().filter(|other| *other != endpoint) {
            match connection::peek(other, self.config.timeouts).await {
                Ok(best) if best.number > number => return true,
                Ok(_) => {}
                Err(error) => tracing::debug!(endpoint = other, %error, "cannot compare"),
            }
        }
        false
    }

    /// Leaves an endpoint that failed, unless somebody else already has.
    pub async fn leave(&self, failed: &Arc<Connection>, why: &ChainError) {
        let mut current = self.current.lock().await;
        if current
            .connection
            .as_ref()
            .is_some_and(|connection| Arc::ptr_eq(connection, failed))
        {
            tracing::warn!(endpoint = failed.endpoint(), error = %why, "leaving the endpoint");
            current.connection = None;
            current.next = current.next.saturating_add(1);
            self.failovers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Asks, at one endpoint after the other while endpoints are to blame for the failure, each at most once (a lone one
    /// twice, because its connection may just have gone stale).
    ///
    /// # Errors
    /// What the last endpoint answered.
    pub async fn ask<T>(
        &self,
        question: impl AsyncFn(Arc<Connection>) -> Result<T, ChainError>,
    ) -> Result<T, ChainError> {
        let mut attempts = self.config.endpoints.len().max(2);
        loop {
            let connection = self.connection().await?;
            let error = match question(connection.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !error.blames_endpoint() {
                return Err(error);
            }
            self.leave(&connection, &error).await;
            attempts = attempts.saturating_sub(1);
            if attempts == 0 {
                return Err(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use tokio::net::TcpListener;

    use super::*;
    use crate::config::Timeouts;

    fn chain(endpoints: Vec<String>) -> Chain {
        let short = Duration::from_millis(200);
        let timeouts = Timeouts {
            connect: short,
            request: short,
            dry_run: short,
            submit: short,
            stall: short,
        };
        Chain::new(ChainConfig {
            endpoints,
            genesis: None,
            timeouts,
        })
        .unwrap()
    }

    /// Accepts connections and never says a word.
    async fn hanging() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("ws://{}", listener.local_addr().unwrap());
        (listener, endpoint)
    }

    #[tokio::test]
    async fn an_endpoint_that_hangs_costs_its_time_limit_and_no_more() {
        let (_listener, endpoint) = hanging().await;
        let start = Instant::now();
        let error = chain(vec![endpoint]).connection().await.err().unwrap();
        assert!(matches!(error, ChainError::ConnectTimeout { .. }), "{error}");
        assert!(start.elapsed() < Duration::from_secs(2));
    }

    #[tokio::test]
    async fn every_endpoint_is_tried_and_the_next_start_is_with_the_next_one() {
        let (_listener, hangs) = hanging().await;
        let (dead, refuses) = hanging().await;
        drop(dead);
        let chain = chain(vec![hangs, refuses]);
        let error = chain.connection().await.err().unwrap();
        assert!(matches!(error, ChainError::Connect { .. }), "{error}");
        assert_eq!(chain.current.lock().await.next % 2, 0);
    }

    #[test]
    fn a_chain_without_endpoints_is_refused() {
        let config = ChainConfig {
            endpoints: vec![],
            genesis: None,
            timeouts: Timeouts::default(),
        };
        assert!(matches!(Chain::new(config), Err(ChainError::NoEndpoint)));
    }
}
