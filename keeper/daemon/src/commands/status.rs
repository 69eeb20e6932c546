//! `keeper status`: of the running keeper if there is one, else of the store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::cli::Common;
use crate::engine::Engine;
use crate::metrics::Metrics;
use crate::setup;

/// For an answer from this machine.
const LOCAL: Duration = Duration::from_secs(2);

/// Prints the state as JSON.
///
/// # Errors
/// When neither a keeper runs nor the store and the chain can be read.
pub async fn status(common: &Common) -> anyhow::Result<()> {
    let config = setup::configuration(common)?;
    if let Ok((200, body)) = get(config.http.listen, "/status").await {
        let status: serde_json::Value = serde_json::from_str(&body)?;
        return super::print(&serde_json::json!({ "running": true, "status": status }));
    }
    let signer = setup::signer(&config)?;
    let targets = setup::targets(&config)?;
    let chain = setup::chain(&config)?;
    let engine = Engine::open(chain, signer, config, &targets, Arc::new(Metrics::new()?)).await?;
    let status = serde_json::json!({ "running": false, "status": engine.status() });
    super::print(&status)
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
