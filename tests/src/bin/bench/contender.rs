//! Who is measured, and how each is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use appflow_testkit::measure::{Environment, Upstream};
use appflow_testkit::setup::SECRET_ARN;
use serde_json::{Value, json};

/// Host name of the organisation; the manifest grants such names only.
pub(crate) const ORGANISATION: &str = "acme.my.salesforce.com";
/// Host name that the benchmark's own guests ask.
pub(crate) const SERVICE: &str = "bench.example.com";
/// Where images have their certificates.
pub(crate) const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Entry of AWS's example.
const PYTHON_HANDLER: &str =
    "custom_connector_example.handlers.lambda_handler.salesforce_lambda_handler";

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contender {
    /// The host that ships, with a compiled component.
    Ours,
    /// The host's sources with the connector linked in.
    Native,
    /// AWS's SDK with its Salesforce example.
    Python,
}

impl Contender {
    /// All of them, in the order in which they take turns.
    pub(crate) const ALL: [Self; 3] = [Self::Ours, Self::Native, Self::Python];
    /// Those that run our connectors.
    pub(crate) const RUST: [Self; 2] = [Self::Ours, Self::Native];
}

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Programs {
    /// Folder as in an image: `bootstrap` and `connector.cwasm`, the Salesforce connector.
    pub(crate) image: PathBuf,
    /// The native twin.
    pub(crate) native: PathBuf,
    /// Interpreter of the environment with AWS's SDK.
    pub(crate) python: PathBuf,
    /// Compiled components of other connectors.
    pub(crate) guests: PathBuf,
}

impl Programs {
    /// The Lambda binary.
    pub(crate) fn bootstrap(&self) -> PathBuf {
        self.image.join("bootstrap")
    }

    /// The Salesforce connector.
    pub(crate) fn component(&self) -> PathBuf {
        self.image.join("connector.cwasm")
    }

    /// Starts a contender with its first event. `guest` is another connector than Salesforce, which Python has none of.
    pub(crate) fn start(
        &self,
        contender: Contender,
        guest: Option<&str>,
        upstream: &Upstream,
        first: &[u8],
    ) -> Result<Environment> {
        let mut command = match contender {
            Contender::Ours => {
                let mut command = Command::new(self.bootstrap());
                command.env_clear();
                if let Some(guest) = guest {
                    let component = self.guests.join(format!("{guest}.cwasm"));
                    command.env("APPFLOW_COMPONENT", component);
                }
                command
            }
            Contender::Native => {
                let mut command = Command::new(&self.native);
                command.env_clear();
                // Only the name counts: no file is read.
                command.env("APPFLOW_COMPONENT", guest.unwrap_or("salesforce"));
                command
            }
            Contender::Python => {
                let mut command = Command::new(&self.python);
                command.env_clear();
                command.args(["-m", "awslambdaric", PYTHON_HANDLER]);
                command
            }
        };
        let url = upstream.url();
        command.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &url);
        if contender != Contender::Python {
            if Path::new(CERTIFICATES).is_file() {
                // As the image has it, where there is no other.
                command.env("SSL_CERT_FILE", CERTIFICATES);
            }
            command.env(
                "APPFLOW_LOCAL_TARGETS",
                match guest {
                    None => format!("{ORGANISATION}={url}"),
                    Some(_) => format!("{SERVICE}={url}"),
                },
            );
        }
        Environment::start(&mut command, &self.folder(contender)?, first)
    }

    fn folder(&self, contender: Contender) -> Result<PathBuf> {
        let folder = match contender {
            Contender::Ours => Some(self.image.as_path()),
            Contender::Native => self.native.parent(),
            Contender::Python => self.python.parent().and_then(Path::parent),
        };
        let folder = folder.context("a program has no folder")?;
        let found = folder.canonicalize();
        found.with_context(|| format!("there is no folder {}", folder.display()))
    }
}

/// AppFlow's context for a contender: the same connection, at the address each can reach. AWS's example takes any address;
/// ours goes to the organisation's name, which a local target leads to the same port.
pub(crate) fn context(contender: Contender, upstream: &Upstream, definition: &Value) -> Value {
    let address = match contender {
        Contender::Python => upstream.url(),
        Contender::Ours | Contender::Native => format!("https://{ORGANISATION}"),
    };
    let mut context = json!({
        "apiVersion": "v60.0", "flowName": "benchmark", "executionId": "run-1",
        "connectorProfileLabel": "profile-1",
        "credentials": {"secretArn": SECRET_ARN, "authenticationType": "OAuth2"},
        "connectorRuntimeSettings": {"instanceUrl": address, "IsSandboxAccount": "false"},
    });
    if !definition.is_null() {
        context["entityDefinition"] = definition.clone();
    }
    context
}
