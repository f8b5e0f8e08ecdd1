//! Secrets Manager by moto, in a Python process.

use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::foreign::{self, ForeignServer};
use crate::setup::python;

const PROGRAM: &str = "
from moto.server import main
main(['-H', '127.0.0.1', '-p', '0'])
";

/// A running moto. Stops when dropped, and when the process ends.
#[derive(Debug)]
pub struct Moto(ForeignServer);

impl Moto {
    /// Starts moto on a free port of 127.0.0.1 and waits until it listens.
    ///
    /// # Errors
    ///
    /// If there is no such environment or no moto in it, with what to do about it.
    pub fn start() -> Result<Self> {
        let command = foreign::python(&python()?, PROGRAM);
        ForeignServer::start("moto", command, "Running on").map(Self)
    }

    /// One moto for all tests of a process: starting it costs seconds. Tests should name their secrets differently.
    ///
    /// # Errors
    ///
    /// As [`Moto::start`].
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Moto, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!("{error}"))
    }

    /// Where it listens, for `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Creates a secret and gives its ARN.
    ///
    /// # Errors
    ///
    /// If moto refuses, for instance because the name is taken in that region.
    pub fn create_secret(&self, region: &str, name: &str, text: &str) -> Result<String> {
        let created = self.call(
            region,
            "CreateSecret",
            &json!({"Name": name, "SecretString": text}),
        )?;
        created
            .get("ARN")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .context("the answer has no ARN")
    }

    /// Replaces the text of a secret, as AppFlow does when it refreshes a token.
    ///
    /// # Errors
    ///
    /// If there is no such secret.
    pub fn put_secret(&self, region: &str, arn: &str, text: &str) -> Result<()> {
        let input = json!({"SecretId": arn, "SecretString": text});
        self.call(region, "PutSecretValue", &input).map(drop)
    }

    /// One call of Secrets Manager. By hand rather than by AWS's client, which the kit does without.
    fn call(&self, region: &str, operation: &str, input: &Value) -> Result<Value> {
        // Moto routes by the service and the region in the signature and does not verify it.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{region}/secretsmanager/aws4_request, \
             SignedHeaders=host, Signature=0"
        );
        let target = format!("secretsmanager.{operation}");
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", &target),
            ("authorization", &authorization),
        ];
        let answer = self.0.send("POST", "/", &headers, &input.to_string())?;
        ensure!(
            answer.status == 200,
            "moto refuses {operation}: {}",
            answer.body
        );
        serde_json::from_str(&answer.body).context("moto's answer is not JSON")
    }
}
