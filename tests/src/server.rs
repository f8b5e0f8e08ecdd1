//! A small HTTP/1.1 server on loopback, the ground of every stand-in.
//!
//! Each server has a thread and a port of its own, so that it serves synchronous and asynchronous tests alike and ends
//! with the value that started it.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Body of an answer. An error in the stream ends the connection in the middle of the body, as a broken upstream does.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A request with its whole body.
#[derive(Debug, Clone)]
pub struct Received {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Received {
    /// Value of a header, if it is there once and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Parameters of the query, decoded, in order.
    pub fn query(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect()
    }
}

/// A running server. Dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    connections: Arc<Connections>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on a free port of 127.0.0.1 and answers every request with what `handler` makes of it.
    ///
    /// # Errors
    ///
    /// If no port can be had, or no thread.
    pub fn start<H, F>(handler: H) -> io::Result<Self>
    where
        H: Fn(Received) -> F + Send + Sync + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = watch::channel(false);
        let connections = Arc::new(Connections::default());
        let counter = Arc::clone(&connections);
        let handler = Arc::new(handler);
        let thread = std::thread::Builder::new()
            .name("test-server".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    if let Ok(listener) = TcpListener::from_std(listener) {
                        accept(listener, handler, counter, stopped).await;
                    }
                });
                runtime.shutdown_background();
            })?;
        Ok(Self {
            address,
            stop,
            connections,
            thread: Some(thread),
        })
    }

    /// Address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.connections.now.load(Ordering::SeqCst)
    }

    /// Most connections that were open at once.
    pub fn most_connections(&self) -> usize {
        self.connections.most.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The receiver may be gone already, if the thread ended by itself.
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept<H, F>(
    listener: TcpListener,
    handler: Arc<H>,
    connections: Arc<Connections>,
    mut stopped: watch::Receiver<bool>,
) where
    H: Fn(Received) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // A connection that broke while it was being made says nothing about the next one.
                Err(_) => continue,
            },
            _ = stopped.changed() => return,
        };
        // Small answers must not wait for the acknowledgement of their headers.
        let _ = stream.set_nodelay(true);
        let handler = Arc::clone(&handler);
        let open = Open::new(&connections);
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let handler = Arc::clone(&handler);
                async move {
                    let answer = match receive(request).await {
                        Ok(received) => handler(received).await,
                        Err(_) => text(StatusCode::BAD_REQUEST, "the body could not be read"),
                    };
                    if answer.extensions().get::<HangUp>().is_some() {
                        return Err(HangUp);
                    }
                    Ok(answer)
                }
            });
            // An error here is a client that went away, or a fault the test asked for.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(open);
        });
    }
}

async fn receive(request: Request<Incoming>) -> Result<Received, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Received {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body,
    })
}

/// How many connections there are, and have been at once.
#[derive(Debug, Default)]
struct Connections {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Counts a connection for as long as it lives.
struct Open(Arc<Connections>);

impl Open {
    fn new(counter: &Arc<Connections>) -> Self {
        let now = counter.now.fetch_add(1, Ordering::SeqCst) + 1;
        counter.most.fetch_max(now, Ordering::SeqCst);
        Self(Arc::clone(counter))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Mark of an answer that is none; also the error that ends the connection.
#[derive(Debug, Clone, Copy)]
struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stand-in hangs up")
    }
}

impl std::error::Error for HangUp {}

/// No answer at all: the connection is closed.
pub fn hang_up() -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    response.extensions_mut().insert(HangUp);
    response
}

/// A body that is all there.
pub fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// An answer of plain text.
pub fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    answer(status, "text/plain; charset=utf-8", body)
}

/// An answer of JSON.
pub fn json(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    answer(status, "application/json", value.to_string())
}

/// An answer with a content type.
pub fn answer(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static(content_type),
    );
    response
}
