//! `keeper run`: the daemon.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use keeper_chain::{follow, Class, Heads};
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::watch;
use tokio::time::{sleep, Instant};

use crate::cli::Common;
use crate::engine::{Engine, EngineError};
use crate::exit::TaskDied;
use crate::http::{serve, Health};
use crate::metrics::Metrics;
use crate::setup;

/// Pause after a pass that failed, before the same heads are tried again: long enough not to hammer an endpoint in trouble,
/// short against a block.
const RETRY: Duration = Duration::from_millis(500);
/// Between two rounds of housekeeping.
const TIDY: Duration = Duration::from_secs(60);
/// How many stall limits the engine may be silent: it waits for one, and may be catching up.
const PATIENCE: u32 = 3;

/// Keeps the markets until SIGTERM or SIGINT.
///
/// # Errors
/// What ended it otherwise; see the exit codes.
pub async fn run(common: &Common) -> anyhow::Result<()> {
    let config = setup::configuration(common)?;
    let signer = setup::signer(&config)?;
    let targets = setup::targets(&config)?;
    let chain = setup::chain(&config)?;
    let metrics = Arc::new(Metrics::new()?);
    let stall = Duration::from_millis(config.chain.stall_timeout_ms);
    let health = Arc::new(Health::new(metrics.clone(), stall.saturating_mul(PATIENCE)));
    let listen = config.http.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = serve(listener, health.clone());
    tracing::info!(%listen, markets = targets.markets.len(), "starting");

    let keep = async {
        let mut engine = open(chain.clone(), signer, config, &targets, metrics).await?;
        let (sender, receiver) = watch::channel(None);
        tokio::select! {
            () = follow(chain, sender) => Err(died("heads", "it stopped following")),
            ended = keep(&mut engine, receiver, &health) => ended,
        }
    };
    // Whoever is stopped here leaves nothing half done: what was journalled is sent again at the next start.
    tokio::select! {
        ended = keep => ended,
        ended = server => Err(died("http", &format!("{ended:?}"))),
        _ = terminate.recv() => stopped("SIGTERM"),
        _ = interrupt.recv() => stopped("SIGINT"),
    }
}

fn stopped(signal: &str) -> anyhow::Result<()> {
    tracing::info!(signal, "stopping");
    Ok(())
}

fn died(task: &'static str, reason: &str) -> anyhow::Error {
    TaskDied {
        task,
        reason: reason.to_owned(),
    }
    .into()
}

/// Opens the engine, waiting for a chain that cannot be reached yet: a keeper may start before its node.
async fn open(
    chain: Arc<keeper_chain::Chain>,
    signer: keeper_chain::Signer,
    config: crate::config::Config,
    targets: &crate::engine::Targets,
    metrics: Arc<Metrics>,
) -> anyhow::Result<Engine> {
    loop {
        match Engine::open(chain.clone(), signer.clone(), config.clone(), targets, metrics.clone()).await {
            Ok(engine) => return Ok(engine),
            Err(EngineError::Chain(error)) if error.class() == Class::Transient => {
                tracing::warn!(%error, "the chain cannot be read yet");
                sleep(RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// One pass per new head; a pass that failed for a passing reason is repeated.
async fn keep(engine: &mut Engine, mut heads: watch::Receiver<Option<Heads>>, health: &Health) -> anyhow::Result<()> {
    let mut tidied: Option<Instant> = None;
    loop {
        heads.changed().await.map_err(|_| died("heads", "its channel closed"))?;
        loop {
            let Some(now) = *heads.borrow_and_update() else { break };
            match engine.pass(&now).await {
                Ok(pass) => {
                    tracing::debug!(best = pass.best, due = pass.due, sent = pass.sent, "pass");
                    health.passed(engine.status());
                    break;
                }
                Err(EngineError::Chain(error)) if error.class() != Class::Fatal => {
                    tracing::warn!(%error, class = error.class().name(), "pass failed");
                    health.failed(error.to_string());
                    sleep(RETRY).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if tidied.is_none_or(|at| at.elapsed() >= TIDY) {
            tidied = Some(Instant::now());
            match engine.tidy().await {
                Ok(()) => {}
                Err(EngineError::Chain(error)) => tracing::debug!(%error, "housekeeping failed"),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
