//! The HTTP side of the Runtime API: four resources, each of which becomes an event for the execution environment.

use std::io;
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Method, Response, StatusCode};
use tokio::sync::Mutex;

use crate::server::{Body, Received, Server, json, text};

/// Version of the Runtime API; the first part of every path.
const VERSION: &str = "/2018-06-01/runtime";

/// What the process did.
#[derive(Debug)]
pub(super) enum Event {
    /// Asked for an event.
    Next,
    /// Answered one.
    Answer {
        /// Identifier of the event.
        id: String,
        /// The answer.
        body: Vec<u8>,
    },
    /// Reported that it cannot answer one.
    Error {
        /// Identifier of the event.
        id: String,
        /// From the header `Lambda-Runtime-Function-Error-Type`.
        error_type: String,
        /// The error document.
        body: Vec<u8>,
    },
    /// Reported that it cannot start.
    InitError {
        /// From the header `Lambda-Runtime-Function-Error-Type`.
        error_type: String,
        /// The error document.
        body: Vec<u8>,
    },
}

/// An event to be handed out.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) event: Vec<u8>,
    pub(super) budget: Duration,
}

/// The server a process talks to. Every process gets one of its own, so that nothing of a process that was killed can be
/// taken for a word of the next one.
#[derive(Debug)]
pub(super) struct Endpoint {
    server: Server,
    events: mpsc::Receiver<Event>,
    invocations: tokio::sync::mpsc::UnboundedSender<Invocation>,
}

struct Shared {
    events: mpsc::Sender<Event>,
    invocations: Mutex<tokio::sync::mpsc::UnboundedReceiver<Invocation>>,
    outstanding: std::sync::Mutex<Option<String>>,
}

impl Endpoint {
    pub(super) fn start() -> io::Result<Self> {
        let (sender, events) = mpsc::channel();
        let (invocations, receiver) = tokio::sync::mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            events: sender,
            invocations: Mutex::new(receiver),
            outstanding: std::sync::Mutex::new(None),
        });
        let server = Server::start(move |received| {
            let shared = Arc::clone(&shared);
            async move { shared.serve(received).await }
        })?;
        Ok(Self {
            server,
            events,
            invocations,
        })
    }

    /// `HOST:PORT`, the form of `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn authority(&self) -> String {
        self.server.address().to_string()
    }

    pub(super) fn connections(&self) -> usize {
        self.server.connections()
    }

    pub(super) fn event(&self, wait: Duration) -> Option<Event> {
        self.events.recv_timeout(wait).ok()
    }

    pub(super) fn hand_out(&self, invocation: Invocation) {
        // The receiver lives as long as the server.
        let _ = self.invocations.send(invocation);
    }
}

impl Shared {
    async fn serve(&self, received: Received) -> Response<Body> {
        let path = received.uri.path().to_owned();
        let Some(rest) = path.strip_prefix(VERSION) else {
            return text(StatusCode::NOT_FOUND, "no such resource");
        };
        let parts: Vec<&str> = rest.split('/').skip(1).collect();
        match (&received.method, parts.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => {
                let large = received.body.len() > super::PAYLOAD_LIMIT_BYTES;
                let body = received.body.to_vec();
                if !self.take(
                    id,
                    Event::Answer {
                        id: (*id).to_owned(),
                        body,
                    },
                ) {
                    refused()
                } else if large {
                    problem(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        "RequestEntityTooLarge",
                        "Exceeded maximum allowed payload size",
                    )
                } else {
                    accepted()
                }
            }
            (&Method::POST, ["invocation", id, "error"]) => {
                let event = Event::Error {
                    id: (*id).to_owned(),
                    error_type: error_type(&received),
                    body: received.body.to_vec(),
                };
                if self.take(id, event) {
                    accepted()
                } else {
                    refused()
                }
            }
            (&Method::POST, ["init", "error"]) => {
                let event = Event::InitError {
                    error_type: error_type(&received),
                    body: received.body.to_vec(),
                };
                // Nobody listens any more once the environment has given the process up.
                let _ = self.events.send(event);
                accepted()
            }
            _ => text(StatusCode::NOT_FOUND, "no such resource"),
        }
    }

    async fn next(&self) -> Response<Body> {
        let _ = self.events.send(Event::Next);
        let invocation = self.invocations.lock().await.recv().await;
        let Some(Invocation { id, event, budget }) = invocation else {
            return text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the environment has ended",
            );
        };
        *self
            .outstanding
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(id.clone());
        let deadline = SystemTime::now() + budget;
        let deadline = deadline
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        let mut response = crate::server::answer(StatusCode::OK, "application/json", event);
        let headers = [
            ("lambda-runtime-aws-request-id", id.clone()),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            (
                "lambda-runtime-invoked-function-arn",
                super::process::FUNCTION_ARN.to_owned(),
            ),
            ("lambda-runtime-trace-id", super::trace_header(&id)),
        ];
        for (name, value) in headers {
            if let Ok(value) = http::HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    /// Passes the end of an invocation on. False for one that was not handed out or has ended, which Lambda refuses.
    fn take(&self, id: &str, event: Event) -> bool {
        let mut outstanding = self
            .outstanding
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if outstanding.as_deref() != Some(id) {
            return false;
        }
        *outstanding = None;
        let _ = self.events.send(event);
        true
    }
}

fn refused() -> Response<Body> {
    problem(
        StatusCode::BAD_REQUEST,
        "InvalidRequestID",
        "Invalid request ID",
    )
}

fn problem(status: StatusCode, error_type: &str, message: &str) -> Response<Body> {
    json(
        status,
        &serde_json::json!({"errorType": error_type, "errorMessage": message}),
    )
}

fn accepted() -> Response<Body> {
    json(StatusCode::ACCEPTED, &serde_json::json!({"status": "OK"}))
}

fn error_type(received: &Received) -> String {
    received
        .header("lambda-runtime-function-error-type")
        .unwrap_or("Unhandled")
        .to_owned()
}
