//! AWS Marketplace's entitlement service: `GetEntitlements` in RPC v2 CBOR.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use http::{HeaderValue, Method, Response, StatusCode};
use minicbor::Encoder;
use minicbor::data::{IanaTag, Tag};
use serde_json::Value;

use super::{Script, cbor, signed_region};
use crate::server::{Body, Received, Server, answer};

const PATH: &str = "/service/AWSMPEntitlementService/operation/GetEntitlements";

/// One entitlement of an answer.
#[derive(Debug, Clone, Default)]
pub struct Entitlement {
    /// `ProductCode`.
    pub product_code: String,
    /// `CustomerAWSAccountId`.
    pub account: String,
    /// `ExpirationDate`, seconds since 1970.
    pub expires: Option<i64>,
    /// `Value.IntegerValue`.
    pub amount: Option<i32>,
}

/// One answer.
#[derive(Debug, Clone)]
pub enum MarketplaceAnswer {
    /// A page.
    Page {
        /// Its entitlements.
        entitlements: Vec<Entitlement>,
        /// Where the next page begins.
        next_token: Option<String>,
    },
    /// An error with status 400, such as `ThrottlingException`.
    Error(String),
    /// An error with status 500.
    Fault(String),
    /// Takes the request and never answers.
    Stall,
}

/// A running entitlement service. Stops when dropped.
#[derive(Debug)]
pub struct Marketplace {
    server: Server,
    script: Arc<Script<MarketplaceAnswer, MarketplaceCall>>,
}

/// One request that came in.
#[derive(Debug, Clone)]
pub struct MarketplaceCall {
    /// Its input.
    pub input: Value,
    /// The region that it was signed for.
    pub region: String,
}

impl Marketplace {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub fn start(answers: impl IntoIterator<Item = MarketplaceAnswer>) -> io::Result<Self> {
        let script = Arc::new(Script::new(answers));
        let shared = Arc::clone(&script);
        let server = Server::start(move |received| {
            let script = Arc::clone(&shared);
            async move {
                let input = match input_of(&received) {
                    Ok(input) => input,
                    Err(objection) => return error(400, "SerializationException", &objection),
                };
                let call = MarketplaceCall {
                    input,
                    region: signed_region(received.header("authorization")),
                };
                match script.next(call) {
                    None => error(500, "EmptyScript", "the test scripted no answer"),
                    Some(MarketplaceAnswer::Stall) => std::future::pending().await,
                    Some(MarketplaceAnswer::Error(code)) => error(400, &code, "scripted"),
                    Some(MarketplaceAnswer::Fault(code)) => error(500, &code, "scripted"),
                    Some(MarketplaceAnswer::Page {
                        entitlements,
                        next_token,
                    }) => page(&entitlements, next_token.as_deref()),
                }
            }
        })?;
        Ok(Self { server, script })
    }

    /// Where it listens, for `AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The requests so far, oldest first.
    pub fn calls(&self) -> Vec<MarketplaceCall> {
        self.script.calls()
    }

    /// Answers from now on.
    pub fn answer_with(&self, answers: impl IntoIterator<Item = MarketplaceAnswer>) {
        self.script.replace(answers);
    }
}

fn input_of(received: &Received) -> Result<Value, String> {
    if received.method != Method::POST || received.uri.path() != PATH {
        return Err(format!("only POST {PATH} is known"));
    }
    if received.header("smithy-protocol") != Some("rpc-v2-cbor") {
        return Err("the header smithy-protocol must be rpc-v2-cbor".to_owned());
    }
    cbor::to_json(&received.body).map_err(|error| error.to_string())
}

fn page(entitlements: &[Entitlement], next_token: Option<&str>) -> Response<Body> {
    let body = encoded(|encoder| {
        encoder
            .begin_map()?
            .str("Entitlements")?
            .array(entitlements.len() as u64)?;
        for entitlement in entitlements {
            encoder
                .begin_map()?
                .str("ProductCode")?
                .str(&entitlement.product_code)?
                .str("Dimension")?
                .str("users")?
                .str("CustomerAWSAccountId")?
                .str(&entitlement.account)?;
            if let Some(amount) = entitlement.amount {
                encoder
                    .str("Value")?
                    .map(1)?
                    .str("IntegerValue")?
                    .i32(amount)?;
            }
            if let Some(seconds) = entitlement.expires {
                // A timestamp of AWS is tag 1 with seconds, mostly as a double.
                encoder
                    .str("ExpirationDate")?
                    .tag(Tag::from(IanaTag::Timestamp))?
                    .f64(seconds as f64)?;
            }
            encoder.end()?;
        }
        if let Some(token) = next_token {
            encoder.str("NextToken")?.str(token)?;
        }
        encoder.end()?.ok()
    });
    respond(StatusCode::OK, body)
}

fn error(status: u16, code: &str, message: &str) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = encoded(|encoder| {
        encoder
            .map(2)?
            .str("__type")?
            .str(&format!(
                "com.amazonaws.marketplaceentitlementservice#{code}"
            ))?
            .str("message")?
            .str(message)?
            .ok()
    });
    respond(status, body)
}

fn encoded(
    write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Result<(), minicbor::encode::Error<Infallible>>,
) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    let written = write(&mut encoder);
    debug_assert!(written.is_ok(), "writing into memory cannot fail");
    encoder.into_writer()
}

fn respond(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = answer(status, "application/cbor", body);
    response
        .headers_mut()
        .insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    response
}
