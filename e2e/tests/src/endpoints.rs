//! Endpoints that misbehave.

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The request that hands a transaction to a node.
const SUBMISSION: &[u8] = b"author_submitExtrinsic";

/// How an endpoint treats its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Passes everything on to the node, both ways.
    Relays,
    /// As above until a transaction is submitted: that never reaches the node, and nothing is answered any more.
    HoldsBack,
    /// As above, but the transaction reaches the node, and only its answer does not come back.
    Withholds,
    /// Keeps connections open and says nothing.
    Hangs,
    /// Closes connections.
    Dies,
}

/// An endpoint in front of the node, whose manner can be changed at any time.
pub struct Endpoint {
    url: String,
    manner: watch::Sender<Manner>,
    seen: watch::Receiver<Seen>,
    task: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    clients: u64,
    caught: u64,
}

impl Endpoint {
    /// Listens on a free port, in front of the node at `port`.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn start(port: u16, manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("ws://{}", listener.local_addr()?);
        let (manner, manners) = watch::channel(manner);
        let (counts, seen) = watch::channel(Seen::default());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counts.send_modify(|seen| seen.clients = seen.clients.saturating_add(1));
                tokio::spawn(serve(client, port, manners.clone(), counts.clone()));
            }
        });
        Ok(Self {
            url,
            manner,
            seen,
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
        self.seen.borrow().clients
    }

    /// How many submissions were held back, or their answers withheld.
    pub fn caught(&self) -> u64 {
        self.seen.borrow().caught
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one client until it leaves, the node does, or the endpoint dies.
async fn serve(client: TcpStream, port: u16, mut manner: watch::Receiver<Manner>, counts: watch::Sender<Seen>) {
    let Ok(node) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    let (client_reads, client_writes) = client.into_split();
    let (node_reads, node_writes) = node.into_split();
    let mut requests = Requests {
        from: client_reads,
        to: node_writes,
        frames: Frames::default(),
    };
    let mut answers = Answers {
        from: node_reads,
        to: client_writes,
    };
    // One submission that was caught silences this connection for good: its client is about to be killed.
    let mut silent = false;
    loop {
        let now = *manner.borrow_and_update();
        let passes = !silent && now != Manner::Hangs;
        if now == Manner::Dies {
            return;
        }
        let passed = tokio::select! {
            changed = manner.changed() => changed.is_ok(),
            passed = requests.pass(now), if passes => match passed {
                Some(false) => true,
                Some(true) => {
                    silent = true;
                    counts.send_modify(|seen| seen.caught = seen.caught.saturating_add(1));
                    true
                }
                None => false,
            },
            passed = answers.pass(), if passes => passed.is_some(),
        };
        if !passed {
            return;
        }
    }
}

struct Requests {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    frames: Frames,
}

impl Requests {
    /// Reads some bytes and passes on the frames that are complete. `Some(true)` when a submission was caught, `None` when either
    /// side has gone.
    async fn pass(&mut self, manner: Manner) -> Option<bool> {
        let mut bytes = [0u8; 16_384];
        let read = self.from.read(&mut bytes).await.ok()?;
        self.frames
            .buffer
            .extend_from_slice(bytes.get(..read).filter(|b| !b.is_empty())?);
        while let Some(frame) = self.frames.next() {
            let submission = frame.text.windows(SUBMISSION.len()).any(|part| part == SUBMISSION);
            if submission && manner == Manner::HoldsBack {
                return Some(true);
            }
            self.to.write_all(&frame.raw).await.ok()?;
            if submission && manner == Manner::Withholds {
                return Some(true);
            }
        }
        Some(false)
    }
}

struct Answers {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
}

impl Answers {
    async fn pass(&mut self) -> Option<()> {
        let mut bytes = [0u8; 16_384];
        let read = self.from.read(&mut bytes).await.ok()?;
        self.to
            .write_all(bytes.get(..read).filter(|b| !b.is_empty())?)
            .await
            .ok()
    }
}

/// What a client sends: an HTTP request, then WebSocket frames, whose payload is masked.
#[derive(Default)]
struct Frames {
    buffer: Vec<u8>,
    upgraded: bool,
}

struct Frame {
    raw: Vec<u8>,
    text: Vec<u8>,
}

impl Frames {
    fn next(&mut self) -> Option<Frame> {
        if !self.upgraded {
            let end = self.buffer.windows(4).position(|part| part == b"\r\n\r\n")?;
            self.upgraded = true;
            return self.take(end.checked_add(4)?, None);
        }
        // RFC 6455, 5.2: flags, 7 bits of length, 16 or 64 bits more of it if those say so, 4 bytes of mask.
        let short = *self.buffer.get(1)? & 0x7f;
        let (header, length) = match short {
            126 => (
                4usize,
                u64::from(u16::from_be_bytes(self.buffer.get(2..4)?.try_into().ok()?)),
            ),
            127 => (10, u64::from_be_bytes(self.buffer.get(2..10)?.try_into().ok()?)),
            length => (2, u64::from(length)),
        };
        let payload = header.checked_add(4)?;
        let mask: [u8; 4] = self.buffer.get(header..payload)?.try_into().ok()?;
        let end = payload.checked_add(usize::try_from(length).ok()?)?;
        self.take(end, Some((payload, mask)))
    }

    fn take(&mut self, end: usize, masked: Option<(usize, [u8; 4])>) -> Option<Frame> {
        let raw = self.buffer.get(..end)?.to_vec();
        self.buffer.drain(..end);
        let text = masked.map_or_else(Vec::new, |(payload, mask)| {
            let bytes = raw.iter().skip(payload);
            bytes.zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
        });
        Some(Frame { raw, text })
    }
}
