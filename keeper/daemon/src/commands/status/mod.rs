//! `keeper status`: of the running keeper if there is one, else of the store.

mod text;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::cli;
use crate::config::Config;
use crate::engine::{Engine, Status};
use crate::metrics::Metrics;
use crate::setup;

/// For an answer from this machine.
const LOCAL: Duration = Duration::from_secs(2);

/// Prints the state, as JSON unless text is wanted.
///
/// # Errors
/// When neither a keeper runs nor the store and the chain can be read.
pub async fn status(args: &cli::Status) -> anyhow::Result<()> {
    let config = setup::configuration(&args.common)?;
    let (running, status) = match get(config.http.listen, "/status").await {
        Ok((200, body)) => (true, serde_json::from_str(&body)?),
        _ => (false, stored(config).await?),
    };
    if args.text {
        let status: Status = serde_json::from_value(status).context("the running keeper is of another version")?;
        return super::say(&text::text(&status, running));
    }
    super::print(&serde_json::json!({ "running": running, "status": status }))
}

/// The state as the store and the chain tell it.
async fn stored(config: Config) -> anyhow::Result<serde_json::Value> {
    let signer = setup::signer(&config)?;
    let targets = setup::targets(&config)?;
    let chain = setup::chain(&config)?;
    let mut engine = Engine::open(chain.clone(), signer, config, &targets, Arc::new(Metrics::new()?)).await?;
    let best = chain.ask(async |connection| connection.best().await).await?;
    engine.look(&best).await?;
    Ok(serde_json::to_value(engine.status())?)
}

/// Asks the keeper on this machine. Returns the HTTP status and the body.
///
/// # Errors
/// When nobody answers in time.
pub async fn get(address: SocketAddr, path: &str) -> anyhow::Result<(u16, String)> {
    let asking = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no body")?;
        let code = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .context("the answer has no status")?;
        Ok((code, body.to_owned()))
    };
    timeout(LOCAL, asking).await.context("no answer in time")?
}
