//! Two stateful stand-ins for Stripe that others have written: `localstripe` from PyPI and `stripe-stateful-mock` from npm.
//!
//! Both are servers in processes of their own, on a free port of 127.0.0.1, with versions and hashes pinned in
//! `tests/stripe`, where `cargo xtask test` installs them. What they store ends with them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Either may take long to start on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// For one request of the test itself.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// Prints its port, and ends with its standard input, so that it does not outlive a test process that is killed. Its own
/// command listens on a given port of all addresses and keeps what it stores in a file.
const LOCALSTRIPE: &str = "
import os, socket, sys, threading

def watch():
    sys.stdin.buffer.read()
    os._exit(0)

threading.Thread(target=watch, daemon=True).start()
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
web.run_app(server.app, sock=listener, print=None, access_log=None)
";

const STATEFUL_MOCK: &str = "
process.stdin.resume().on('end', () => process.exit());
require('loglevel').setLevel('silent');
const app = require('stripe-stateful-mock').createExpressApp();
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
";

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `localstripe`.
    LocalStripe,
    /// `stripe-stateful-mock`.
    StatefulMock,
}

/// A running stand-in. Stops when dropped, and when the process ends.
#[derive(Debug)]
pub struct Stripe {
    child: Child,
    port: u16,
}

impl Stripe {
    /// A key that both accept.
    pub const KEY: &str = "sk_test_CANARY_51d7";

    /// Starts one on a free port and waits until it listens.
    ///
    /// # Errors
    ///
    /// If it is not installed, with what to do about it, or does not start.
    pub fn start(kind: Kind) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stripe");
        let mut command = match kind {
            Kind::LocalStripe => {
                let mut command = Command::new(installed(folder.join("venv/bin/python"))?);
                command.args(["-c", LOCALSTRIPE]).env_remove("PYTHONPATH");
                command
            }
            Kind::StatefulMock => {
                installed(folder.join("node_modules/stripe-stateful-mock"))?;
                let mut command = Command::new("node");
                command
                    .args(["-e", STATEFUL_MOCK])
                    .env_remove("NODE_OPTIONS");
                command
            }
        };
        let mut child = command
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("{kind:?} cannot be started"))?;
        match port(&mut child) {
            Ok(port) => Ok(Self { child, port }),
            Err(error) => {
                end(&mut child);
                Err(error.context(format!("{kind:?} did not start")))
            }
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks it directly: status and body.
    ///
    /// # Errors
    ///
    /// If it does not answer, or not with JSON.
    pub fn ask(&self, method: &str, path: &str, form: &str) -> Result<(u16, Value)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(REQUEST_LIMIT))?;
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            Self::KEY,
            form.len(),
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .context("an answer without a body")?;
        let status = head
            .split_whitespace()
            .nth(1)
            .and_then(|status| status.parse().ok());
        Ok((
            status.context("an answer without a status")?,
            serde_json::from_str(body).context("an answer that is no JSON")?,
        ))
    }
}

impl Drop for Stripe {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself; there is nothing else to be done about an error.
    let _ = child.kill();
    let _ = child.wait();
}

fn installed(path: PathBuf) -> Result<PathBuf> {
    ensure!(
        path.exists(),
        "{} does not exist; run `cargo xtask test`, which installs the servers of tests/stripe",
        path.display()
    );
    Ok(path)
}

/// The first line it prints.
fn port(child: &mut Child) -> Result<u16> {
    let output = child.stdout.take().context("no standard output")?;
    let (sender, lines) = mpsc::channel();
    std::thread::Builder::new()
        .name("stripe-log".to_owned())
        .spawn(move || {
            // The rest is read and dropped, lest the pipe fill up.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        })?;
    match lines.recv_timeout(START_LIMIT) {
        Ok(line) => line
            .trim()
            .parse()
            .with_context(|| format!("it names no port: {line}")),
        Err(mpsc::RecvTimeoutError::Timeout) => bail!("it names no port in time"),
        Err(mpsc::RecvTimeoutError::Disconnected) => bail!("it ended at once"),
    }
}
