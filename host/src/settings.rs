//! Settings of the process, from environment variables.
//!
//! | variable | meaning | default |
//! | --- | --- | --- |
//! | `APPFLOW_COMPONENT` | path of the compiled connector | `connector.cwasm` beside the binary |
//! | `APPFLOW_LOG` | `error`, `warn`, `info`, `debug` or `trace` | `info` |
//! | `APPFLOW_EGRESS_HOSTS`, `APPFLOW_READABLE`, `APPFLOW_MEMORY_MB` and the other limits | what the operator takes away from the manifest; see [`Narrowing`] | nothing |
//! | `APPFLOW_LOCAL_TARGETS` | addresses on this machine that the connector may reach; see [`crate::egress`] | none |
//! | `APPFLOW_SECRETS_FILE` | file with secrets, in place of Secrets Manager; see [`crate::credentials`] | none |
//! | `APPFLOW_FAULTS` | faults on purpose; see [`crate::egress::FaultPlan`] | none |
//!
//! The last three are for tests and local runs. They are refused in Lambda, where they would weaken the sandbox.

use std::path::PathBuf;

use thiserror::Error;

use crate::manifest::Narrowing;

/// Path of the compiled connector.
pub const COMPONENT: &str = "APPFLOW_COMPONENT";
/// Level of the log.
pub const LOG: &str = "APPFLOW_LOG";
/// Faults on purpose.
pub use crate::egress::FAULTS_VARIABLE as FAULTS;
/// Addresses on this machine that may be reached.
pub use crate::egress::LOCAL_TARGETS_VARIABLE as LOCAL_TARGETS;
/// File with secrets.
pub const SECRETS_FILE: &str = "APPFLOW_SECRETS_FILE";

/// File name of the compiled connector beside the binary.
const COMPONENT_FILE: &str = "connector.cwasm";

/// Set by Lambda in every execution environment.
const LAMBDA_MARK: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";
/// Set by Lambda's managed runtimes and base images, to a text that begins with [`LAMBDA_ENVIRONMENT`].
const LAMBDA_ENVIRONMENT_MARK: &str = "AWS_EXECUTION_ENV";
/// See [`LAMBDA_ENVIRONMENT_MARK`].
const LAMBDA_ENVIRONMENT: &str = "AWS_Lambda";

/// What the environment says.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Path of the compiled connector.
    pub component: PathBuf,
    /// Level of the log.
    pub log: Option<String>,
    /// Addresses on this machine, as written.
    pub local_targets: Option<String>,
    /// File with secrets.
    pub secrets_file: Option<PathBuf>,
    /// Faults on purpose, as written.
    pub faults: Option<String>,
    /// What the operator takes away from the manifest.
    pub narrowing: Narrowing,
}

/// A setting that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// A switch for local runs is set in Lambda.
    #[error(
        "{0} is for local runs and is refused in Lambda; remove it from the function's environment"
    )]
    LocalOnly(&'static str),
    /// The path of the binary is not known, so neither is the connector's.
    #[error(
        "cannot tell where this program lies; set {COMPONENT} to the path of the compiled connector"
    )]
    NoProgramPath,
}

impl Settings {
    /// Reads the settings. `lookup` gives the value of a variable.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] names the variable.
    pub fn from_environment(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let lambda = lookup(LAMBDA_MARK).is_some()
            || lookup(LAMBDA_ENVIRONMENT_MARK)
                .is_some_and(|name| name.starts_with(LAMBDA_ENVIRONMENT));
        if lambda {
            for name in [LOCAL_TARGETS, SECRETS_FILE, FAULTS] {
                if lookup(name).is_some() {
                    return Err(SettingsError::LocalOnly(name));
                }
            }
        }
        let component = match lookup(COMPONENT) {
            Some(path) => PathBuf::from(path),
            None => std::env::current_exe()
                .ok()
                .and_then(|program| program.parent().map(|folder| folder.join(COMPONENT_FILE)))
                .ok_or(SettingsError::NoProgramPath)?,
        };
        Ok(Self {
            component,
            narrowing: Narrowing::from_environment(lookup),
            log: lookup(LOG),
            local_targets: lookup(LOCAL_TARGETS),
            secrets_file: lookup(SECRETS_FILE).map(PathBuf::from),
            faults: lookup(FAULTS),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::from_environment(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_connector_lies_beside_the_binary_unless_told() {
        assert!(read(&[]).unwrap().component.ends_with(COMPONENT_FILE));
        assert_eq!(
            read(&[(COMPONENT, "/x/y.cwasm")]).unwrap().component,
            PathBuf::from("/x/y.cwasm")
        );
    }

    #[test]
    fn local_switches_are_refused_in_lambda() {
        let lambda = (LAMBDA_MARK, "on-demand");
        let image = (LAMBDA_ENVIRONMENT_MARK, "AWS_Lambda_provided.al2023");
        let elsewhere = (LAMBDA_ENVIRONMENT_MARK, "AWS_ECS_FARGATE");
        for name in [LOCAL_TARGETS, SECRETS_FILE, FAULTS] {
            assert_eq!(
                read(&[lambda, (name, "x")]).unwrap_err(),
                SettingsError::LocalOnly(name)
            );
            assert_eq!(
                read(&[image, (name, "x")]).unwrap_err(),
                SettingsError::LocalOnly(name)
            );
            assert!(read(&[elsewhere, (name, "x")]).is_ok());
            assert!(read(&[(name, "x")]).is_ok());
            assert!(read(&[lambda, (name, " ")]).is_ok());
        }
    }
}
