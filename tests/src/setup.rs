//! Where the things under test are: the shipped `bootstrap` and compiled components.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::runtime_api::FunctionConfig;

/// Path of the `bootstrap` under test.
pub const BOOTSTRAP_VARIABLE: &str = "APPFLOW_TEST_BOOTSTRAP";

/// Folder of compiled components, `NAME.cwasm` each.
pub const ARTIFACTS_VARIABLE: &str = "APPFLOW_TEST_ARTIFACTS";

/// Folder of the Python environment with the servers that tests talk to; `target/venv` of the workspace unless set.
pub const ENVIRONMENT_VARIABLE: &str = "APPFLOW_TEST_VENV";

/// ARN of the secret in every request of the tests, in the form AppFlow gives to its own.
pub const SECRET_ARN: &str =
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:appflow!111122223333-demo-profile-AbCdEf";

/// The interpreter of the Python environment with the servers that tests talk to.
///
/// # Errors
///
/// If it is not there, with what to do about it.
pub fn python() -> Result<PathBuf> {
    let environment = std::env::var_os(ENVIRONMENT_VARIABLE).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv"),
        PathBuf::from,
    );
    let python = environment.join("bin/python");
    if python.exists() {
        return Ok(python);
    }
    bail!(
        "{} does not exist; run `cargo xtask test`, which sets it up, or `python3 -m venv {1} && {1}/bin/pip install \
         --require-hashes -r tests/requirements.txt`",
        python.display(),
        environment.display()
    )
}

/// The things under test.
#[derive(Debug, Clone)]
pub struct Setup {
    bootstrap: PathBuf,
    artifacts: PathBuf,
}

impl Setup {
    /// What the environment names, as `cargo xtask test` sets it.
    ///
    /// # Errors
    ///
    /// If something is not named or not there. Tests fail then; they are not skipped, since a test that did not run
    /// proves nothing.
    pub fn from_env() -> Result<Self> {
        let variable = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).with_context(|| {
                format!("{name} is not set: run `cargo xtask test`, which builds what is tested and sets it")
            })
        };
        Self::new(variable(BOOTSTRAP_VARIABLE)?, variable(ARTIFACTS_VARIABLE)?)
    }

    /// A `bootstrap` and a folder of components.
    ///
    /// # Errors
    ///
    /// If one of them is not there.
    pub fn new(bootstrap: impl Into<PathBuf>, artifacts: impl Into<PathBuf>) -> Result<Self> {
        let (bootstrap, artifacts) = (bootstrap.into(), artifacts.into());
        if !bootstrap.is_file() {
            bail!(
                "there is no bootstrap at {}: run `cargo xtask test`",
                bootstrap.display()
            );
        }
        if !artifacts.is_dir() {
            bail!(
                "there is no folder {}: run `cargo xtask test`",
                artifacts.display()
            );
        }
        Ok(Self {
            bootstrap: bootstrap.canonicalize()?,
            artifacts: artifacts.canonicalize()?,
        })
    }

    /// The compiled component of a name.
    ///
    /// # Errors
    ///
    /// If it is not there; the message names those that are.
    pub fn component(&self, name: &str) -> Result<PathBuf> {
        let path = self.artifacts.join(format!("{name}.cwasm"));
        if path.is_file() {
            return Ok(path);
        }
        let mut known: Vec<String> = std::fs::read_dir(&self.artifacts)?
            .flatten()
            .filter_map(|entry| {
                Some(
                    entry
                        .file_name()
                        .to_str()?
                        .strip_suffix(".cwasm")?
                        .to_owned(),
                )
            })
            .collect();
        known.sort();
        bail!(
            "there is no component \"{name}\" in {}, only: {}; `cargo xtask test` builds them",
            self.artifacts.display(),
            known.join(", ")
        )
    }

    /// The function of a component, as Lambda would have it, without secrets and local targets.
    ///
    /// # Errors
    ///
    /// If the component is not there.
    pub fn function(&self, component: &str) -> Result<FunctionConfig> {
        let path = self.component(component)?;
        Ok(FunctionConfig::new(&self.bootstrap)
            .env("APPFLOW_COMPONENT", path.display().to_string()))
    }
}

/// The file-backed store of secrets for local runs.
#[derive(Debug)]
pub struct SecretsFile {
    file: tempfile::NamedTempFile,
}

impl SecretsFile {
    /// A store that holds one secret under [`SECRET_ARN`].
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn create(secret: &BTreeMap<String, String>) -> Result<Self> {
        let file = tempfile::NamedTempFile::new().context("cannot make a file for secrets")?;
        let store = Self { file };
        store.replace(secret)?;
        Ok(store)
    }

    /// Replaces the secret, as AppFlow does when it has refreshed a token.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn replace(&self, secret: &BTreeMap<String, String>) -> Result<()> {
        let secret = serde_json::to_value(secret)?;
        let store = Value::Object([(SECRET_ARN.to_owned(), secret)].into_iter().collect());
        std::fs::write(self.file.path(), store.to_string()).context("cannot write the secrets")
    }

    /// Where it is, for `APPFLOW_SECRETS_FILE`.
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}
