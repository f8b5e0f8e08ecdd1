//! A server that answers exactly the bytes it is told, so that it can also answer wrongly.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
            .next()
    }
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// Answers and keeps the connection.
    Keep(Vec<u8>),
    /// Answers and closes the connection.
    Close(Vec<u8>),
    /// Answers and then neither writes nor closes.
    Hang(Vec<u8>),
    /// Answers and then writes this again and again.
    Drip(Vec<u8>, Vec<u8>),
}

/// An answer with the right length.
pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    Reply::Keep(bytes)
}

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

type Accepted = Pin<Box<dyn Future<Output = io::Result<Box<dyn Io>>> + Send>>;
type Accept = Arc<dyn Fn(TcpStream) -> Accepted + Send + Sync>;
type Handler = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// Stops when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::over(
            Arc::new(|tcp| Box::pin(async { Ok(Box::new(tcp) as Box<dyn Io>) })),
            handler,
        )
        .await
    }

    pub(crate) async fn over(
        accept: Accept,
        handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (counted, recorded, handler) = (
            connections.clone(),
            seen.clone(),
            Arc::new(handler) as Handler,
        );
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let (accept, recorded, handler) =
                    (accept.clone(), recorded.clone(), handler.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = accept(tcp).await {
                        let _ = serve(stream, &recorded, &handler).await;
                    }
                });
            }
        });
        Self {
            address,
            connections,
            seen,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns when nobody listens any more.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: Box<dyn Io>,
    recorded: &Mutex<Vec<Seen>>,
    handler: &Handler,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(seen) = read_request(&mut stream, &mut buffer).await? {
        recorded.lock().unwrap().push(seen.clone());
        match handler(&seen) {
            Reply::Keep(bytes) => stream.write_all(&bytes).await?,
            Reply::Close(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Reply::Hang(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                std::future::pending::<()>().await;
            }
            Reply::Drip(bytes, drop) => {
                stream.write_all(&bytes).await?;
                loop {
                    stream.write_all(&drop).await?;
                    stream.flush().await?;
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            }
        }
        stream.flush().await?;
    }
    Ok(())
}

async fn read_request(stream: &mut Box<dyn Io>, buffer: &mut Vec<u8>) -> io::Result<Option<Seen>> {
    let end = loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head: Vec<u8> = buffer.drain(..end).collect();
    let mut seen = Seen {
        head: String::from_utf8(head).unwrap(),
        body: Vec::new(),
    };
    if seen.header("transfer-encoding").is_some() {
        let end = loop {
            if let Some(end) = find(buffer, b"0\r\n\r\n") {
                break end + 5;
            }
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        };
        seen.body = buffer.drain(..end).collect();
    } else {
        let length = seen
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        while buffer.len() < length {
            if stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
        seen.body = buffer.drain(..length).collect();
    }
    Ok(Some(seen))
}

fn find(buffer: &[u8], wanted: &[u8]) -> Option<usize> {
    buffer
        .windows(wanted.len())
        .position(|window| window == wanted)
}
