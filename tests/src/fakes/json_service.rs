//! A service that speaks AWS JSON 1.1.

use std::io;
use std::sync::Arc;

use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::{Script, signed_region};
use crate::server::{Body, Received, Server, answer};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// One answer.
#[derive(Debug, Clone)]
pub enum JsonAnswer {
    /// Status 200 and this object.
    Ok(Value),
    /// An error as AWS sends it.
    Error {
        /// HTTP status: 400, or 500 and above for faults of the service.
        status: u16,
        /// Such as `ThrottlingException`.
        code: String,
        /// Text of the error.
        message: String,
        /// The `Retry-After` header, seconds.
        retry_after: Option<u32>,
    },
    /// Status 200 and a body that is not JSON.
    Garbage,
    /// Takes the request and never answers.
    Stall,
}

impl JsonAnswer {
    /// An error with status 400.
    pub fn error(code: &str, message: &str) -> Self {
        Self::Error {
            status: 400,
            code: code.to_owned(),
            message: message.to_owned(),
            retry_after: None,
        }
    }

    /// An error of the service itself, status 500.
    pub fn fault(code: &str) -> Self {
        Self::Error {
            status: 500,
            code: code.to_owned(),
            message: "internal".to_owned(),
            retry_after: None,
        }
    }
}

/// One request that came in.
#[derive(Debug, Clone)]
pub struct JsonCall {
    /// The operation, as in `X-Amz-Target`: `AWSLicenseManager.CheckoutLicense`.
    pub target: String,
    /// Its input; null if the body was not JSON.
    pub input: Value,
    /// The region that it was signed for.
    pub region: String,
    /// The header `X-Amzn-Trace-Id`; empty without one.
    pub trace_id: String,
}

/// A running service. Stops when dropped.
#[derive(Debug)]
pub struct JsonService {
    server: Server,
    script: Arc<Script<JsonAnswer, JsonCall>>,
}

impl JsonService {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub fn start(answers: impl IntoIterator<Item = JsonAnswer>) -> io::Result<Self> {
        let script = Arc::new(Script::new(answers));
        let shared = Arc::clone(&script);
        let server = Server::start(move |received| {
            let script = Arc::clone(&shared);
            async move {
                let call = call_of(&received);
                match script.next(call) {
                    Some(answer) => respond(answer).await,
                    None => error(500, "EmptyScript", "the test scripted no answer"),
                }
            }
        })?;
        Ok(Self { server, script })
    }

    /// Where it listens, for `AWS_ENDPOINT_URL_...`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The requests so far, oldest first.
    pub fn calls(&self) -> Vec<JsonCall> {
        self.script.calls()
    }

    /// Answers from now on.
    pub fn answer_with(&self, answers: impl IntoIterator<Item = JsonAnswer>) {
        self.script.replace(answers);
    }
}

pub(super) fn call_of(received: &Received) -> JsonCall {
    JsonCall {
        target: received
            .header("x-amz-target")
            .unwrap_or_default()
            .to_owned(),
        input: serde_json::from_slice(&received.body).unwrap_or_default(),
        region: signed_region(received.header("authorization")),
        trace_id: received
            .header("x-amzn-trace-id")
            .unwrap_or_default()
            .to_owned(),
    }
}

pub(super) async fn respond(scripted: JsonAnswer) -> Response<Body> {
    match scripted {
        JsonAnswer::Ok(value) => answer(StatusCode::OK, CONTENT_TYPE, value.to_string()),
        JsonAnswer::Garbage => answer(StatusCode::OK, CONTENT_TYPE, "<html>"),
        JsonAnswer::Stall => std::future::pending().await,
        JsonAnswer::Error {
            status,
            code,
            message,
            retry_after,
        } => {
            let mut response = error(status, &code, &message);
            if let Some(seconds) = retry_after {
                response
                    .headers_mut()
                    .insert(http::header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
    }
}

pub(super) fn error(status: u16, code: &str, message: &str) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // Services differ in "message" and "Message"; both are common, and clients read both.
    let body = json!({"__type": code, "message": message});
    answer(status, CONTENT_TYPE, body.to_string())
}
