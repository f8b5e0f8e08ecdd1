//! The server: one thread with its own runtime, so that plain tests can use it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::faults::{Fault, Request};
use super::state::{Reply, State};

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Counts releases of held answers.
    pub(super) released: watch::Sender<u64>,
    pub(super) stopped: watch::Sender<bool>,
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            released: watch::Sender::new(0),
            stopped: watch::Sender::new(false),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts connections until told to stop.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut stopped = shared.stopped.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
        };
        let (stream, _): (_, SocketAddr) = accepted?;
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut stopped = shared.stopped.subscribe();
            let service = service_fn(|request| handle(Arc::clone(&shared), request));
            let connection = hyper::server::conn::http1::Builder::new()
                .max_buf_size(1 << 20)
                .serve_connection(TokioIo::new(stream), service);
            // How a connection ends does not matter: clients drop theirs, and faults cut them.
            tokio::select! {
                _ = connection => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        });
    }
}

/// Why a connection is cut.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("cut by a scripted fault")
    }
}

impl std::error::Error for Cut {}

async fn handle(
    shared: Arc<Shared>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Answer>, Cut> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let authorization = parts
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let token = authorization.strip_prefix("Bearer ").map(str::to_owned);
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        soql: url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "q")
            .map(|(_, value)| value.into_owned()),
        query,
        body: String::from_utf8_lossy(&body).into_owned(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                let value = if name == "authorization" {
                    value.split(' ').next().unwrap_or_default().to_owned()
                } else {
                    value.into_owned()
                };
                (name.as_str().to_owned(), value)
            })
            .collect(),
    };
    let (reply, fault, mut released) = {
        let mut state = shared.state();
        state.requests.push(request.clone());
        let fault = state
            .faults
            .due(&request.method, &request.path)
            .unwrap_or_default();
        let replaced = fault.status.is_some() || fault.preset.is_some() || fault.drop;
        // A request whose answer is replaced has no effect; a held or cut one has.
        let reply = if replaced {
            Reply {
                status: 500,
                content_type: "text/plain",
                body: String::new(),
            }
        } else {
            state.answer(&request, token.as_deref())
        };
        state.change(&fault);
        // Taken under the lock: a release after this request is in the log is never missed.
        let mut released = shared.released.subscribe();
        released.mark_unchanged();
        (reply, fault, released)
    };
    if fault.hold && released.changed().await.is_err() {
        return Err(Cut);
    }
    if fault.drop {
        return Err(Cut);
    }
    build(reply, &fault)
}

fn build(mut reply: Reply, fault: &Fault) -> Result<http::Response<Answer>, Cut> {
    let mut headers = fault.headers.clone();
    if let Some(preset) = fault.preset {
        let (status, more, body) = preset.answer();
        reply = Reply {
            status,
            content_type: "application/json;charset=UTF-8",
            body,
        };
        headers.extend(more);
    } else if let Some(status) = fault.status {
        let content_type = if fault.body.starts_with(['{', '[']) {
            "application/json;charset=UTF-8"
        } else {
            "text/plain"
        };
        reply = Reply {
            status,
            content_type,
            body: fault.body.clone(),
        };
    }
    let full = reply.body.len() as u64;
    let mut data = Bytes::from(reply.body);
    let cut = fault.truncate.is_some_and(|bytes| bytes < data.len());
    if let Some(bytes) = fault.truncate {
        data.truncate(bytes);
    }
    let mut response = http::Response::builder().status(reply.status);
    if !headers
        .keys()
        .any(|name| name.eq_ignore_ascii_case("content-type"))
    {
        response = response.header("content-type", reply.content_type);
    }
    for (name, value) in &headers {
        response = response.header(name, value);
    }
    response
        .body(Answer {
            data: Some(data),
            full,
            cut,
        })
        .map_err(|_| Cut)
}

/// A body that may end too early.
struct Answer {
    data: Option<Bytes>,
    full: u64,
    cut: bool,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match self.data.take() {
            Some(data) if !data.is_empty() => Poll::Ready(Some(Ok(Frame::data(data)))),
            _ if self.cut => {
                self.cut = false;
                Poll::Ready(Some(Err(Cut)))
            }
            _ => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.full == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.full)
    }
}
