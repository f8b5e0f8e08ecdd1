//! License Manager's `CheckoutLicense`.

use std::io;
use std::sync::Arc;

use serde_json::{Value, json};

use super::json_service::{call_of, error, respond};
use super::{JsonAnswer, JsonCall, Script};
use crate::server::Server;

const TARGET: &str = "AWSLicenseManager.CheckoutLicense";
const USAGE: &str = "AWS::Marketplace::Usage";

/// One answer.
#[derive(Debug, Clone)]
pub enum LicenseAnswer {
    /// The account has subscribed.
    Entitled {
        /// `Expiration`, ISO 8601.
        expiration: Option<String>,
    },
    /// A licence, but for something else than use.
    OtherEntitlement,
    /// An error with status 400, such as `NoEntitlementsAllowedException`.
    Error(String),
    /// An error with status 500.
    Fault(String),
    /// Takes the request and never answers.
    Stall,
}

/// A running License Manager. Stops when dropped.
///
/// It refuses, with `ValidationException`, any request that differs from the one AppFlow's own SDKs send.
#[derive(Debug)]
pub struct LicenseManager {
    server: Server,
    script: Arc<Script<LicenseAnswer, JsonCall>>,
}

impl LicenseManager {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be had.
    pub fn start(answers: impl IntoIterator<Item = LicenseAnswer>) -> io::Result<Self> {
        let script = Arc::new(Script::new(answers));
        let shared = Arc::clone(&script);
        let server = Server::start(move |received| {
            let script = Arc::clone(&shared);
            async move {
                let call = call_of(&received);
                let objection = objection(&call);
                match (script.next(call), objection) {
                    (_, Some(objection)) => error(400, "ValidationException", objection),
                    (None, None) => error(500, "EmptyScript", "the test scripted no answer"),
                    (Some(answer), None) => respond(json_of(answer)).await,
                }
            }
        })?;
        Ok(Self { server, script })
    }

    /// Where it listens, for `AWS_ENDPOINT_URL_LICENSE_MANAGER`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The requests so far, oldest first.
    pub fn calls(&self) -> Vec<JsonCall> {
        self.script.calls()
    }

    /// Answers from now on.
    pub fn answer_with(&self, answers: impl IntoIterator<Item = LicenseAnswer>) {
        self.script.replace(answers);
    }
}

/// What is wrong with a request, if anything is.
fn objection(call: &JsonCall) -> Option<&'static str> {
    let text = |key| call.input.get(key).and_then(Value::as_str);
    if call.target != TARGET {
        return Some("only CheckoutLicense is known");
    }
    if text("CheckoutType") != Some("PROVISIONAL") {
        return Some("CheckoutType must be PROVISIONAL");
    }
    if text("KeyFingerprint") != Some("aws:294406891311:AWS/Marketplace:issuer-fingerprint") {
        return Some("KeyFingerprint must be AWS Marketplace's");
    }
    if call.input.get("Entitlements") != Some(&json!([{"Name": USAGE, "Unit": "None"}])) {
        return Some("Entitlements must ask for use and nothing else");
    }
    if text("ProductSKU").is_none_or(str::is_empty) {
        return Some("ProductSKU is missing");
    }
    if text("ClientToken").is_none_or(|token| token.len() != 36) {
        return Some("ClientToken must be a UUID");
    }
    if call.input.get("Beneficiary").is_some() || call.input.get("NodeId").is_some() {
        return Some("Beneficiary and NodeId must not be set");
    }
    None
}

fn json_of(scripted: LicenseAnswer) -> JsonAnswer {
    match scripted {
        LicenseAnswer::Entitled { expiration } => JsonAnswer::Ok(json!({
            "CheckoutType": "PROVISIONAL",
            "LicenseConsumptionToken": "token",
            "EntitlementsAllowed": [
                {"Name": "Other", "Unit": "None"},
                {"Name": USAGE, "Count": 1, "Units": "Count", "Unit": "None"},
            ],
            "SignedToken": "not verified by anyone",
            "IssuedAt": "2026-01-01T00:00:00Z",
            "Expiration": expiration,
            "LicenseArn": "arn:aws:license-manager::294406891311:license:l-1",
        })),
        LicenseAnswer::OtherEntitlement => JsonAnswer::Ok(json!({
            "CheckoutType": "PROVISIONAL",
            "EntitlementsAllowed": [{"Name": "Other", "Unit": "None"}],
        })),
        LicenseAnswer::Error(code) => JsonAnswer::error(&code, "scripted"),
        LicenseAnswer::Fault(code) => JsonAnswer::fault(&code),
        LicenseAnswer::Stall => JsonAnswer::Stall,
    }
}
