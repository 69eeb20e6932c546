//! Metrics, health and status for the machine the keeper runs on.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::Router;
use tokio::net::TcpListener;

use crate::engine::Status;
use crate::metrics::Metrics;

/// What the engine tells and the endpoints show.
pub struct Health {
    metrics: Arc<Metrics>,
    /// How long the engine may be silent before it counts as stuck.
    patience: Duration,
    state: RwLock<Shared>,
}

struct Shared {
    started: Instant,
    last_pass: Option<Instant>,
    /// Why the last pass failed, if it did.
    trouble: Option<String>,
    status: Status,
}

impl Health {
    /// A keeper that has done nothing yet.
    pub fn new(metrics: Arc<Metrics>, patience: Duration) -> Self {
        let shared = Shared {
            started: Instant::now(),
            last_pass: None,
            trouble: None,
            status: Status::default(),
        };
        Self {
            metrics,
            patience,
            state: RwLock::new(shared),
        }
    }

    /// A pass succeeded.
    pub fn passed(&self, status: Status) {
        self.change(|shared| {
            shared.last_pass = Some(Instant::now());
            shared.trouble = None;
            shared.status = status;
        });
    }

    /// A pass failed.
    pub fn failed(&self, why: String) {
        self.change(|shared| shared.trouble = Some(why));
    }

    fn change(&self, change: impl FnOnce(&mut Shared)) {
        // A reader cannot panic while it holds the lock, so what a poisoned lock guards is whole.
        change(&mut self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    fn read<T>(&self, look: impl FnOnce(&Shared) -> T) -> T {
        look(&self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Alive: the engine is not stuck. A chain that cannot be reached is no reason to restart the keeper.
    fn healthy(&self) -> Result<(), String> {
        self.read(|shared| {
            let silent = shared.last_pass.unwrap_or(shared.started).elapsed();
            if silent > self.patience && shared.trouble.is_none() {
                return Err(format!("no pass for {} s", silent.as_secs()));
            }
            Ok(())
        })
    }

    /// Ready: the last pass succeeded, and not long ago.
    fn ready(&self) -> Result<(), String> {
        self.read(|shared| match (&shared.trouble, shared.last_pass) {
            (Some(trouble), _) => Err(trouble.clone()),
            (None, None) => Err("starting".to_owned()),
            (None, Some(last)) if last.elapsed() > self.patience => Err("no new block".to_owned()),
            (None, Some(_)) => Ok(()),
        })
    }
}

/// Serves until the process ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, health: Arc<Health>) -> std::io::Result<()> {
    axum::serve(listener, router(health)).await
}

fn router(health: Arc<Health>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route(
            "/healthz",
            get(|State(health): State<Arc<Health>>| async move { verdict(health.healthy()) }),
        )
        .route(
            "/readyz",
            get(|State(health): State<Arc<Health>>| async move { verdict(health.ready()) }),
        )
        .route("/status", get(status))
        .with_state(health)
}

async fn metrics(State(health): State<Arc<Health>>) -> Response {
    match health.metrics.render() {
        Ok(text) => ([("content-type", "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn status(State(health): State<Arc<Health>>) -> Response {
    match health.read(|shared| serde_json::to_string(&shared.status)) {
        Ok(json) => ([("content-type", "application/json")], json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn verdict(outcome: Result<(), String>) -> Response {
    match outcome {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason + "\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(patience: Duration) -> Health {
        Health::new(Arc::new(Metrics::new().unwrap()), patience)
    }

    #[test]
    fn it_is_ready_once_a_pass_succeeded_and_while_none_fails() {
        let health = health(Duration::from_secs(60));
        assert_eq!(health.ready(), Err("starting".into()));
        assert_eq!(health.healthy(), Ok(()));
        health.passed(Status::default());
        assert_eq!(health.ready(), Ok(()));
        health.failed("unreachable".into());
        assert_eq!(health.ready(), Err("unreachable".into()));
        assert_eq!(health.healthy(), Ok(()));
    }

    #[test]
    fn silence_without_a_reason_is_unhealthy() {
        let health = health(Duration::ZERO);
        std::thread::sleep(Duration::from_millis(5));
        assert!(health.healthy().is_err());
        health.failed("unreachable".into());
        assert!(health.healthy().is_ok());
    }

    #[tokio::test]
    async fn endpoints_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Arc::new(health(Duration::from_secs(60)))));
        let get = |path: &'static str| async move { crate::commands::status::get(address, path).await.unwrap() };
        assert!(get("/metrics").await.1.contains("keeper_fees_rao_total 0"));
        assert_eq!(get("/healthz").await.0, 200);
        assert_eq!(get("/readyz").await.0, 503);
        assert_eq!(get("/status").await.0, 200);
        assert_eq!(get("/nothing").await.0, 404);
    }
}
