//! The development node: client, pool, sealing and RPC around the runtime, in one process without a network.

mod cli;
mod client;
mod database;
mod executor;
mod rpc;
mod sealing;
mod system;

use anyhow::Context;
use clap::Parser;
use cli::Cli;
use sc_service::TaskManager;
use std::io::{IsTerminal, Write};
use tokio::signal::unix::{signal, SignalKind};
use tracing_subscriber::EnvFilter;

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    init_log(cli.log.as_deref());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(cli, runtime.handle().clone()))
}

/// Serves until it is told to stop, which closes the database in order.
async fn run(cli: Cli, handle: tokio::runtime::Handle) -> anyhow::Result<()> {
    let settings = database::settings(cli.base_path.as_deref(), cli.pruning)?;
    let mut tasks = TaskManager::new(handle, None)?;
    let parts = client::start(settings, cli.accounts, &tasks)?;
    let commands = sealing::start(&parts, cli.sealing, cli.clock, &tasks);
    let module = rpc::module(&parts, commands, &tasks)?;
    let listen = || format!("cannot listen on {}:{}", cli.rpc_address, cli.rpc_port);
    let (address, server) = rpc::serve(module, cli.rpc_address, cli.rpc_port)
        .await
        .with_context(listen)?;
    announce(&format!("ready ws://{address}"))?;

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let result = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        ended = tasks.future() => ended.context("a task that the node cannot do without has ended"),
    };
    // Whoever is being served gets an end instead of a reset; an error means that the server has stopped already.
    let _ = server.stop();
    server.stopped().await;
    result
}

/// The one line that a program waits for; it must not stay in a buffer.
fn announce(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Logs go to standard error: by default warnings, which in a healthy node are none.
fn init_log(filter: Option<&str>) {
    let filter = filter.map(EnvFilter::new);
    let filter = filter
        .or_else(|| EnvFilter::try_from_default_env().ok())
        .unwrap_or_else(|| EnvFilter::new("warn"));
    // Only fails if a logger is set already, which nobody did before.
    let _ = tracing_log::LogTracer::init();
    let colour = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour)
        .with_writer(std::io::stderr);
    let subscriber = subscriber.finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}
