//! Endpoints that misbehave.

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How an endpoint treats its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Passes everything on to the node, both ways.
    Relays,
    /// Accepts connections, keeps them open, and says nothing.
    Hangs,
    /// Closes connections.
    Dies,
}

/// An endpoint in front of the node, whose manner can be changed at any time.
pub struct Endpoint {
    url: String,
    manner: watch::Sender<Manner>,
    clients: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl Endpoint {
    /// Listens on a free port, in front of the node at `port`.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(port: u16, manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("ws://{}", listener.local_addr()?);
        let (manner, seen) = watch::channel(manner);
        let (count, clients) = watch::channel(0);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.send_modify(|count: &mut u64| *count = count.saturating_add(1));
                tokio::spawn(serve(client, port, seen.clone()));
            }
        });
        Ok(Self {
            url,
            manner,
            clients,
            task,
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Changes its manner, also towards clients that are connected.
    pub fn set(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }

    /// How many clients have come so far.
    pub fn clients(&self) -> u64 {
        *self.clients.borrow()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, port: u16, mut manner: watch::Receiver<Manner>) {
    let mut node = None;
    loop {
        let now = *manner.borrow_and_update();
        // Whoever changes the manner has gone with the test: so does the client's connection.
        match now {
            Manner::Dies => return,
            Manner::Hangs => {
                if manner.changed().await.is_err() {
                    return;
                }
            }
            Manner::Relays => {
                if node.is_none() {
                    node = TcpStream::connect(("127.0.0.1", port)).await.ok();
                }
                let Some(node) = node.as_mut() else { return };
                tokio::select! {
                    _ = copy_bidirectional(&mut client, node) => return,
                    changed = manner.changed() => if changed.is_err() { return },
                }
            }
        }
    }
}
