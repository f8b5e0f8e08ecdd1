//! Requests for the hostile guest: what it does wrong in each operation, and between them what it does right.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use appflow_testkit::runtime_api::FunctionConfig;
use appflow_testkit::server::{Body, Received, Server, hang_up, json, text};
use bytes::Bytes;
use fastrand::Rng;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::{Expect, Mix, Request, arn, secrets};

/// Connections with a token each.
const CONNECTIONS: usize = 3;
/// Time of an ordinary request.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Time of one that only ends with it: half a second of it is the host's.
const SHORT: Duration = Duration::from_millis(600);

/// Ends in an error, whatever the application does and whatever fault there is.
const SINS: [&str; 33] = [
    "panic",
    "panic-with-records",
    "exit",
    "exit-well",
    "abort",
    "overflow",
    "grow",
    "grow-at-once",
    "not-json",
    "not-an-object",
    "two-objects",
    "not-utf-8",
    "larger-than-a-page",
    "larger-once-escaped",
    "batch-beyond-the-end",
    "batch-backwards",
    "batch-within-a-character",
    "token-long",
    "token-huge",
    "denied-host",
    "denied-loopback-http",
    "denied-metadata",
    "denied-suffix",
    "denied-wasi-http",
    "no-address",
    "bad-method",
    "bad-header",
    "steal-by-denied-host",
    "steal-by-unknown-key",
    "error-rate-limit-exceeded",
    "error-invalid-credentials",
    "message-lines",
    "message-huge",
];
/// Ends in either, as the application and the faults will have it.
const DEEDS: [&str; 16] = [
    "holds-bodies",
    "body-too-large",
    "emits-all",
    "emits-all",
    "emits-all",
    "drops-bodies",
    "body-as-text",
    "body-used-twice",
    "no-array",
    "redirected",
    "gets-half-an-answer",
    "gets-no-answer",
    "credential-bearer",
    "message-echo",
    "token-echo",
    "log-forgery",
];
/// Ends only when its time is over.
const ENDLESS: [&str; 4] = ["spin", "sleep", "busy-with-the-host", "waits-for-an-answer"];
/// Takes long, because it is much.
const HEAVY: [&str; 4] = ["endless", "deaf", "log-flood", "output-flood"];
const BAD_LISTS: [&str; 5] = ["good", "twice", "no-identifier", "list-token-loop", "panic"];
const BAD_ENTITIES: [&str; 5] = [
    "good",
    "no-fields",
    "bounds-exact",
    "bounds-with-code",
    "abort",
];
const BAD_WRITES: [&str; 7] = [
    "good",
    "too-few-results",
    "too-many-results",
    "half-fails",
    "fails-at-length",
    "results-too-large",
    "panic",
];

/// The application that the guest misuses.
pub(crate) struct Hostile {
    server: Server,
    secrets: tempfile::NamedTempFile,
    exchanges: Arc<AtomicUsize>,
}

impl Hostile {
    pub(crate) fn start() -> Result<Self> {
        let tokens: Vec<String> = (0..CONNECTIONS)
            .map(|number| format!("CANARY-TOKEN-{number}"))
            .collect();
        let exchanges = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&exchanges);
        let large = Bytes::from(vec![b'x'; 4_000_000]);
        let huge = Bytes::from(vec![b'x'; 9_000_000]);
        let server = Server::start(move |received| {
            counter.fetch_add(1, Ordering::Relaxed);
            answer(received, large.clone(), huge.clone())
        })
        .context("cannot start the application")?;
        Ok(Self {
            server,
            secrets: secrets(&tokens)?,
            exchanges,
        })
    }

    fn context(&self, rng: &mut Rng) -> Value {
        let connection = rng.usize(..CONNECTIONS);
        json!({
            "apiVersion": "v1", "flowName": "soak", "executionId": format!("run-{}", rng.u32(..)),
            "connectorProfileLabel": format!("profile-{connection}"),
            "credentials": {"secretArn": arn(connection), "authenticationType": "OAuth2"},
            "connectorRuntimeSettings": {"upstream": self.server.url()},
        })
    }
}

async fn answer(received: Received, large: Bytes, huge: Bytes) -> Response<Body> {
    let records: Vec<Value> = (0..50)
        .map(|id| json!({"id": id, "text": "CANARY-RECORD-1"}))
        .collect();
    match received.uri.path() {
        "/records" => json(StatusCode::OK, &json!({"records": records, "total": 50})),
        "/large" => text(StatusCode::OK, large),
        "/huge" => text(StatusCode::OK, huge),
        "/binary" => text(StatusCode::OK, Bytes::from_static(b"\xff\xfe\x00")),
        "/numbers" => json(StatusCode::OK, &json!([1, 2])),
        "/echo" => text(
            StatusCode::OK,
            received
                .header("authorization")
                .unwrap_or_default()
                .to_owned(),
        ),
        "/redirect" => {
            let mut response = text(StatusCode::TEMPORARY_REDIRECT, "");
            let location = HeaderValue::from_static("http://127.0.0.1:9/");
            response
                .headers_mut()
                .insert(http::header::LOCATION, location);
            response
        }
        "/truncate" => {
            let mut response = text(StatusCode::OK, "half of it");
            let length = HeaderValue::from_static("10");
            response.headers_mut().insert("x-announced", length);
            response
        }
        "/close" => hang_up(),
        "/hang" => std::future::pending().await,
        _ => text(StatusCode::NOT_FOUND, "nothing here"),
    }
}

impl Mix for Hostile {
    fn component(&self) -> &'static str {
        "hostile"
    }

    fn configure(&self, config: FunctionConfig) -> Result<FunctionConfig> {
        Ok(config.env("APPFLOW_LOCAL_TARGETS", self.server.url()).env(
            "APPFLOW_SECRETS_FILE",
            self.secrets.path().display().to_string(),
        ))
    }

    fn request(&mut self, rng: &mut Rng) -> Request {
        let context = self.context(rng);
        let mut expect = Expect::Either;
        let mut timeout = TIMEOUT;
        let one = |rng: &mut Rng, all: &[&'static str]| all[rng.usize(..all.len())];
        let query = |entity: &str| json!({"type": "QueryDataRequest", "entityIdentifier": entity, "connectorContext": context});
        let (kind, body) = match rng.u16(..1000) {
            0..250 => {
                expect = Expect::Exactly(3);
                ("good", query("good"))
            }
            250..550 => {
                expect = Expect::Failure;
                ("sin", query(one(rng, &SINS)))
            }
            550..750 => ("deed", query(one(rng, &DEEDS))),
            750..755 => {
                expect = Expect::Failure;
                timeout = SHORT;
                ("endless", query(one(rng, &ENDLESS)))
            }
            755..760 => ("heavy", query(one(rng, &HEAVY))),
            760..800 => {
                // Tokens mean nothing here, so that some of them succeed.
                let entity = one(rng, &SINS);
                let request = json!({"type": "RetrieveDataRequest", "entityIdentifier": entity, "ids": ["1"], "idFieldName": "id",
                    "connectorContext": context});
                ("retrieve", request)
            }
            800..850 => {
                let request = json!({"type": "ListEntitiesRequest", "entitiesPath": one(rng, &BAD_LISTS), "maxResult": 20,
                    "connectorContext": context});
                ("list", request)
            }
            850..900 => {
                let request = json!({"type": "DescribeEntityRequest", "entityIdentifier": one(rng, &BAD_ENTITIES),
                    "connectorContext": context});
                ("entity", request)
            }
            900..960 => {
                let request = json!({"type": "WriteDataRequest", "entityIdentifier": one(rng, &BAD_WRITES), "operation": "INSERT",
                    "records": ["{\"id\":1}", "{\"id\":2}"], "connectorContext": context});
                ("write", request)
            }
            960..980 => {
                let settings = json!({"upstream": self.server.url(), "behaviour": one(rng, &SINS)});
                expect = Expect::Failure;
                let request = json!({"type": "ValidateConnectorRuntimeSettingsRequest", "scope": "CONNECTOR_PROFILE",
                    "connectorRuntimeSettings": settings});
                ("settings", request)
            }
            _ => {
                let settings = json!({"upstream": self.server.url(), "behaviour": "good"});
                let request = json!({"type": "ValidateCredentialsRequest", "credentials": context["credentials"],
                    "connectorRuntimeSettings": settings});
                ("credentials", request)
            }
        };
        Request {
            kind,
            body: body.to_string().into_bytes(),
            timeout,
            expect,
        }
    }

    fn idle(&self) -> Vec<u8> {
        b"{\"type\": \"DescribeConnectorConfigurationRequest\"}".to_vec()
    }

    fn reset(&mut self) {}

    fn exchanges(&self) -> usize {
        self.exchanges.load(Ordering::Relaxed)
    }
}
