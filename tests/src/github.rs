//! Prism, a server from npm that answers by GitHub's own description of its API.
//!
//! It says what of a request does not fit the description, a parameter, a header or the body, and answers with the examples of the
//! description. It is a process of its own on a free port of 127.0.0.1, pinned in `tests/github`, where `cargo xtask test`
//! installs it. In front of it stands a server of ours that remembers requests, and asks it for an error of the description's where a
//! test wants one.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, ensure};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::foreign::{self, Answered, ForeignServer};
use crate::server::{Body, Received, Server, full, text};

/// Takes a free port.
const PRISM: &str = "
process.argv.splice(1, process.argv.length, 'prism', 'mock', '-h', '127.0.0.1', '-p', '0', 'description.json');
require('@stoplight/prism-cli/dist/index.js');
";

/// A running server. Stops when dropped, and when the process ends.
#[derive(Debug)]
pub struct GitHub {
    front: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    wanted: Option<u16>,
    seen: Vec<String>,
}

impl GitHub {
    /// Starts one on a free port and waits until it listens.
    ///
    /// # Errors
    ///
    /// If it is not installed, with what to do about it, or does not start.
    pub fn start() -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("github");
        for needed in ["node_modules/@stoplight/prism-cli", "description.json"] {
            ensure!(
                folder.join(needed).exists(),
                "{} does not exist; run `cargo xtask test`, which installs the servers of tests/github",
                folder.join(needed).display()
            );
        }
        let mut command = foreign::node(PRISM);
        command.current_dir(&folder);
        let prism = Arc::new(ForeignServer::start("Prism", command, "listening on")?);
        let state = Arc::new(Mutex::new(State::default()));
        let known = Arc::clone(&state);
        let front = Server::start(move |received| {
            let (prism, known) = (Arc::clone(&prism), Arc::clone(&known));
            async move { forward(&prism, &known, &received) }
        })?;
        Ok(Self { front, state })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.front.url()
    }

    /// Asks for a status of the description's from now on, in place of a success.
    pub fn want(&self, status: Option<u16>) {
        lock(&self.state).wanted = status;
    }

    /// Requests since the last look, such as `GET /rate_limit 200`: method, path with query, and the status of the answer. What of a
    /// request does not fit the description follows, as in `POST /x 422 misfit: request.body.labels`.
    pub fn seen(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state).seen)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Headers that are about one connection.
const OF_CONNECTION: [&str; 5] = [
    "host",
    "connection",
    "content-length",
    "keep-alive",
    "transfer-encoding",
];

/// Hands a request on. It waits for the answer, which keeps no one waiting: each test has a server of its own.
fn forward(prism: &ForeignServer, state: &Mutex<State>, received: &Received) -> Response<Body> {
    let wanted = lock(state).wanted;
    let prefer = wanted.map(|status| format!("code={status}"));
    let headers = received
        .headers
        .iter()
        .filter(|(name, _)| {
            !OF_CONNECTION.contains(&name.as_str()) && *name != http::header::ACCEPT_ENCODING
        })
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .chain(prefer.iter().map(|prefer| ("prefer", prefer.as_str())));
    let target = received
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let body = String::from_utf8_lossy(&received.body);
    match prism.send(
        received.method.as_str(),
        target,
        &headers.collect::<Vec<_>>(),
        &body,
    ) {
        Ok(answer) => {
            let misfit = misfit(&answer);
            lock(state).seen.push(format!(
                "{} {target} {}{misfit}",
                received.method, answer.status
            ));
            response(&answer)
        }
        Err(error) => text(StatusCode::BAD_GATEWAY, format!("{error:#}")),
    }
}

/// What of the request does not fit, as the server's header has it; the server checks its own examples as well.
fn misfit(answer: &Answered) -> String {
    let header = answer
        .headers
        .iter()
        .find(|(name, _)| name == "sl-violations");
    let violations: Vec<Value> = header
        .and_then(|(_, text)| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let places = violations.iter().filter_map(|violation| {
        let place = violation["location"].as_array()?;
        let steps: Vec<&str> = place.iter().filter_map(Value::as_str).collect();
        (steps.first() == Some(&"request")).then(|| steps.join("."))
    });
    let places: Vec<String> = places.collect();
    if places.is_empty() {
        String::new()
    } else {
        format!(" misfit: {}", places.join(", "))
    }
}

fn response(answer: &Answered) -> Response<Body> {
    let mut response = Response::new(full(answer.body.clone()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &answer.headers {
        if OF_CONNECTION.contains(&name.as_str()) {
            continue;
        }
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
