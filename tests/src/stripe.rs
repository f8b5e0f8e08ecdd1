//! Two stateful stand-ins for Stripe that others have written: `localstripe` from PyPI and `stripe-stateful-mock` from npm.
//!
//! Both are servers in processes of their own, on a free port of 127.0.0.1, with versions and hashes pinned in
//! `tests/stripe`, where `cargo xtask test` installs them. What they store ends with them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::foreign::{self, ForeignServer};

/// Its own command listens on a given port of all addresses and keeps what it stores in a file.
const LOCALSTRIPE: &str = "
import socket
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
print('listening on 127.0.0.1:%s' % listener.getsockname()[1], flush=True)
web.run_app(server.app, sock=listener, print=None, access_log=None)
";

const STATEFUL_MOCK: &str = "
require('loglevel').setLevel('silent');
const app = require('stripe-stateful-mock').createExpressApp();
const server = app.listen(0, '127.0.0.1', () => console.log('listening on 127.0.0.1:' + server.address().port));
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
pub struct Stripe(ForeignServer);

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
        let (name, mut command) = match kind {
            Kind::LocalStripe => {
                let python = installed(folder.join("venv/bin/python"))?;
                ("localstripe", foreign::python(&python, LOCALSTRIPE))
            }
            Kind::StatefulMock => {
                installed(folder.join("node_modules/stripe-stateful-mock"))?;
                ("stripe-stateful-mock", foreign::node(STATEFUL_MOCK))
            }
        };
        command.current_dir(&folder);
        ForeignServer::start(name, command, "listening on").map(Self)
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Asks it directly: status and body.
    ///
    /// # Errors
    ///
    /// If it does not answer, or not with JSON.
    pub fn ask(&self, method: &str, path: &str, form: &str) -> Result<(u16, Value)> {
        let authorization = format!("Bearer {}", Self::KEY);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = self.0.send(method, path, &headers, form)?;
        let body = serde_json::from_str(&answer.body).context("an answer that is no JSON")?;
        Ok((answer.status, body))
    }
}

fn installed(path: PathBuf) -> Result<PathBuf> {
    ensure!(
        path.exists(),
        "{} does not exist; run `cargo xtask test`, which installs the servers of tests/stripe",
        path.display()
    );
    Ok(path)
}
