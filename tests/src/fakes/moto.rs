//! Secrets Manager by moto, in a Python process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};

use crate::setup::python;

/// Importing moto takes seconds on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// For one call of the API.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Ends with its standard input, so that it does not outlive a test process that is killed.
const PROGRAM: &str = "
import os, sys, threading

def watch():
    sys.stdin.buffer.read()
    os._exit(0)

threading.Thread(target=watch, daemon=True).start()
from moto.server import main
main(['-H', '127.0.0.1', '-p', '0'])
";

/// A running moto. Stops when dropped, and when the process ends.
#[derive(Debug)]
pub struct Moto {
    child: Child,
    address: SocketAddr,
}

impl Moto {
    /// Starts moto on a free port of 127.0.0.1 and waits until it listens.
    ///
    /// # Errors
    ///
    /// If there is no such environment or no moto in it, with what to do about it.
    pub fn start() -> Result<Self> {
        let python = python()?;
        let mut child = Command::new(&python)
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .env("PYTHONUNBUFFERED", "1")
            .env_remove("PYTHONPATH")
            .spawn()
            .with_context(|| format!("{} cannot be started", python.display()))?;
        let stderr = child.stderr.take().context("no standard error")?;
        match listening(stderr) {
            Ok(address) => Ok(Self { child, address }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
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
        format!("http://{}", self.address)
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
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(CALL_LIMIT))?;
        let body = input.to_string();
        // Moto routes by the service and the region in the signature and does not verify it.
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: secretsmanager.{operation}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{region}/secretsmanager/aws4_request, \
             SignedHeaders=host, Signature=0\r\n\r\n{body}",
            self.address,
            body.len(),
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .context("moto's answer has no body")?;
        ensure!(
            head.split_whitespace().nth(1) == Some("200"),
            "moto refuses {operation}: {body}"
        );
        serde_json::from_str(body).context("moto's answer is not JSON")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself; there is nothing else to be done about an error.
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads the log until it names the address. The rest is read and dropped, lest the pipe fill up.
fn listening(stderr: ChildStderr) -> Result<SocketAddr> {
    let (sender, lines) = mpsc::channel();
    std::thread::Builder::new()
        .name("moto-log".to_owned())
        .spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // Nobody listens any more once the address is known.
                let _ = sender.send(line);
            }
        })?;
    let end = Instant::now() + START_LIMIT;
    let mut log = String::new();
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if let Some((_, url)) = line.split_once("Running on http://") {
                    let address: String = url
                        .chars()
                        .take_while(|char| char.is_ascii_digit() || matches!(char, '.' | ':'))
                        .collect();
                    return address
                        .parse()
                        .with_context(|| format!("moto names no address: {line}"));
                }
                log.push_str(&line);
                log.push('\n');
            }
            Err(RecvTimeoutError::Timeout) => bail!("moto did not start in time:\n{log}"),
            Err(RecvTimeoutError::Disconnected) => {
                bail!("moto ended at start:\n{log}")
            }
        }
    }
}
