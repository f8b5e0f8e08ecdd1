//! An application whose answers and faults are written in a file, for connectors without a stand-in of their own.
//!
//! The file is TOML, a list of exchanges. A request gets the first exchange that fits and is not used up:
//!
//! ```toml
//! [[exchange]]
//! method = "GET"                    # any if left out
//! path = "/items"                   # exactly; any if left out
//! query = { page = "2" }            # these parameters at least, decoded
//! header = { authorization = "Bearer {{secret.accessToken}}" }   # these headers at least
//! times = 1                         # how often; without end if left out
//! status = 200
//! headers = { "content-type" = "application/json" }
//! body = '{"items": []}'            # or body-file = "items.json", body-bytes = 1000000,
//!                                   # or records = { count = 5000, bytes = 1000 }
//! more-headers = 5000               # so many headers more
//! fault = "hang"                    # never answer; "close": hang up instead; "truncate": break off in the middle;
//!                                   # "stall": say no more in the middle, and stay
//! ```
//!
//! A request that fits nothing is answered 404 and remembered in [`Upstream::unexpected`].

mod script;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Frame;

pub use self::script::{Exchange, Fault, Generated, Script};
use crate::server::{Body, Received, Server, full, hang_up, text};

/// A running application.
#[derive(Debug)]
pub struct Upstream {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    exchanges: Vec<(Exchange, u32, Bytes)>,
    seen: Vec<Seen>,
    unexpected: Vec<String>,
}

/// A request as the application saw it, without the values of credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Method in capitals.
    pub method: String,
    /// Path, percent-encoded as it came.
    pub path: String,
    /// Parameters of the query, decoded.
    pub query: BTreeMap<String, String>,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: String,
}

impl Seen {
    /// Of a request as it was received.
    pub(crate) fn of(received: &Received) -> Self {
        let headers = received.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        });
        Self {
            method: received.method.to_string(),
            path: received.uri.path().to_owned(),
            query: received.query().into_iter().collect(),
            headers: headers.collect(),
            body: String::from_utf8_lossy(&received.body).into_owned(),
        }
    }
}

impl Upstream {
    /// Starts the application of a script. Files named in it lie in `folder`.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or no port can be had.
    pub fn start(script: Script, folder: &Path) -> io::Result<Self> {
        let mut exchanges = Vec::new();
        for exchange in script.exchanges {
            let body = exchange.body_bytes(folder)?;
            exchanges.push((exchange, 0, body));
        }
        let state = Arc::new(Mutex::new(State {
            exchanges,
            seen: Vec::new(),
            unexpected: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        let server = Server::start(move |received| {
            let shared = Arc::clone(&shared);
            async move { serve(&shared, &received).await }
        })?;
        Ok(Self { server, state })
    }

    /// Its address as `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Most connections that were open at once.
    pub fn most_connections(&self) -> usize {
        self.server.most_connections()
    }

    /// Requests so far, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        lock(&self.state).seen.clear();
    }

    /// Requests that fitted no exchange, as `METHOD path?query`.
    pub fn unexpected(&self) -> Vec<String> {
        lock(&self.state).unexpected.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(state: &Mutex<State>, received: &Received) -> Response<Body> {
    let found = {
        let mut state = lock(state);
        state.seen.push(Seen::of(received));
        let fits = state.exchanges.iter_mut().find(|(exchange, used, _)| {
            exchange.times.is_none_or(|times| *used < times) && exchange.fits(received)
        });
        match fits {
            Some((exchange, used, body)) => {
                *used += 1;
                Some((exchange.clone(), body.clone()))
            }
            None => {
                state
                    .unexpected
                    .push(format!("{} {}", received.method, received.uri));
                None
            }
        }
    };
    match found {
        Some((exchange, body)) => answer(&exchange, body).await,
        None => text(
            StatusCode::NOT_FOUND,
            "no exchange of the script fits this request",
        ),
    }
}

async fn answer(exchange: &Exchange, body: Bytes) -> Response<Body> {
    let length = body.len();
    let body = match exchange.fault {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Close) => return hang_up(),
        Some(Fault::Truncate) => Broken(Some(body.slice(..length / 2)), false).boxed_unsync(),
        Some(Fault::Stall) => Broken(Some(body.slice(..length / 2)), true).boxed_unsync(),
        None => full(body),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(exchange.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if matches!(exchange.fault, Some(Fault::Truncate | Fault::Stall)) {
        headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    for number in 0..exchange.more_headers {
        if let Ok(name) = HeaderName::try_from(format!("x-more-{number}")) {
            headers.insert(name, HeaderValue::from_static("as nobody needs"));
        }
    }
    for (name, value) in &exchange.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value.as_str()),
        ) {
            headers.insert(name, value);
        }
    }
    response
}

/// The first half of a body, and then a connection that breaks, or stays silent if so told.
struct Broken(Option<Bytes>, bool);

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match (self.0.take(), self.1) {
            (Some(half), _) => Poll::Ready(Some(Ok(Frame::data(half)))),
            (None, false) => Poll::Ready(Some(Err(io::Error::other("broken off")))),
            // Nobody wakes this up: the connection ends with the client's patience.
            (None, true) => Poll::Pending,
        }
    }
}
