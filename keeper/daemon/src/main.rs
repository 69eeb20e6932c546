//! The keeper: a daemon for markets, and the operator's command line.

mod cli;
mod commands;
mod config;
mod deployments;
mod economy_metrics;
mod engine;
mod exit;
mod http;
mod logging;
mod metrics;
mod setup;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = logging::start(cli.log_format, &cli.log).and_then(|()| work(cli.command));
    match outcome {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            tracing::error!("{}", exit::explain(&error));
            Exit::of(&error).into()
        }
    }
}

fn work(command: Command) -> anyhow::Result<()> {
    if let Command::Bench(bench) = &command {
        return commands::bench::bench(bench);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Run(common) => commands::run::run(&common).await,
            Command::Once(common) => commands::once::once(&common).await,
            Command::Status(status) => commands::status::status(&status).await,
            Command::Check(common) => commands::check::check(&common).await,
            Command::Deploy(deploy) => commands::deploy::deploy(&deploy).await,
            Command::Audit(audit) => commands::audit::audit(&audit).await,
            Command::Call(call) => commands::call::call(&call).await,
            Command::Bench(_) => Ok(()),
        }
    })
}
