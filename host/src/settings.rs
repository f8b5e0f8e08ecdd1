//! Settings of the process, from environment variables.
//!
//! | variable | meaning | default |
//! | --- | --- | --- |
//! | `APPFLOW_COMPONENT` | path of the compiled connector | `connector.cwasm` beside the binary |
//! | `APPFLOW_LOG` | `error`, `warn`, `info`, `debug` or `trace` | `info` |
//! | `APPFLOW_LOG_SAMPLE` | share of the invocations, 0 to 1, that are logged at `debug`; see [`LogSettings::sample`] | `0` |
//! | `APPFLOW_LOG_ON_FAILURE` | `debug`: an invocation that fails writes its last debug lines too | `off` |
//! | `APPFLOW_METRICS` | `emf`: one line of CloudWatch's Embedded Metric Format per invocation; `off` | `emf` in Lambda, else `off` |
//! | `APPFLOW_METRICS_NAMESPACE` | namespace of the metrics | `AppFlowWasm` |
//! | `APPFLOW_EGRESS_HOSTS`, `APPFLOW_READABLE`, `APPFLOW_MEMORY_MB` and the other limits | what the operator takes away from the manifest; see [`Narrowing`] | nothing |
//! | `APPFLOW_TOKEN_KEY` | a secret of 32 characters or more for sealing next tokens; see [`crate::tokens`] | none |
//! | `APPFLOW_STRICT` | `true`: records that do not fit the entity's definition are an error, not a warning | `false` |
//! | `APPFLOW_LOCAL_TARGETS` | addresses on this machine that the connector may reach; see [`crate::egress`] | none |
//! | `APPFLOW_SECRETS_FILE` | file with secrets, in place of Secrets Manager; see [`crate::credentials`] | none |
//! | `APPFLOW_FAULTS` | faults on purpose; see [`crate::egress::FaultPlan`] | none |
//!
//! The last three are for tests and local runs. They are refused in Lambda, where they would weaken the sandbox.

use std::path::PathBuf;

use thiserror::Error;
use tracing::Level;

use crate::credentials::Secret;
use crate::log::LogSettings;
use crate::manifest::Narrowing;
use crate::telemetry::{DEFAULT_NAMESPACE, is_namespace};

/// Path of the compiled connector.
pub const COMPONENT: &str = "APPFLOW_COMPONENT";
/// Level of the log.
pub const LOG: &str = "APPFLOW_LOG";
/// Share of the invocations that are logged at `debug`.
pub const LOG_SAMPLE: &str = "APPFLOW_LOG_SAMPLE";
/// Whether failures write more lines.
pub const LOG_ON_FAILURE: &str = "APPFLOW_LOG_ON_FAILURE";
/// Form of the metrics.
pub const METRICS: &str = "APPFLOW_METRICS";
/// Namespace of the metrics.
pub const METRICS_NAMESPACE: &str = "APPFLOW_METRICS_NAMESPACE";
/// Faults on purpose.
pub use crate::egress::FAULTS_VARIABLE as FAULTS;
/// The operator's secret for next tokens.
pub const TOKEN_KEY: &str = "APPFLOW_TOKEN_KEY";
/// Whether records must fit the entity's definition.
pub const STRICT: &str = "APPFLOW_STRICT";
/// Addresses on this machine that may be reached.
pub use crate::egress::LOCAL_TARGETS_VARIABLE as LOCAL_TARGETS;
/// File with secrets.
pub const SECRETS_FILE: &str = "APPFLOW_SECRETS_FILE";

/// Fewest characters of the operator's secret: 128 bits even if it is written in hexadecimal digits.
const MIN_TOKEN_KEY_CHARS: usize = 32;

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
    /// Which lines the log has.
    pub log: LogSettings,
    /// Namespace of the metrics; `None` if there are none.
    pub metrics: Option<String>,
    /// The operator's secret for next tokens.
    pub token_key: Option<Secret>,
    /// Whether records must fit the entity's definition.
    pub strict: bool,
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
    /// A setting has a value it cannot have.
    #[error("{name} cannot be {value:?}; accepted: {accepted}")]
    Invalid {
        /// Name of the variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// The secret for next tokens could be guessed.
    #[error(
        "{TOKEN_KEY} has fewer than {MIN_TOKEN_KEY_CHARS} characters; make one with `openssl rand -base64 32`"
    )]
    ShortTokenKey,
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
        if lambda && !crate::mechanism::off("settings.local-only") {
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
        let token_key = lookup(TOKEN_KEY).map(|key| key.trim().to_owned());
        if token_key
            .as_ref()
            .is_some_and(|key| key.chars().count() < MIN_TOKEN_KEY_CHARS)
        {
            return Err(SettingsError::ShortTokenKey);
        }
        let strict = match lookup(STRICT).as_deref().map(str::trim) {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                return Err(invalid(STRICT, other.to_owned(), "true, false"));
            }
        };
        Ok(Self {
            component,
            log: log(lookup)?,
            metrics: metrics(lookup, lambda)?,
            narrowing: Narrowing::from_environment(lookup),
            token_key: token_key.map(Secret::new),
            strict,
            local_targets: lookup(LOCAL_TARGETS),
            secrets_file: lookup(SECRETS_FILE).map(PathBuf::from),
            faults: lookup(FAULTS),
        })
    }
}

fn log(lookup: impl Fn(&str) -> Option<String>) -> Result<LogSettings, SettingsError> {
    let mut settings = LogSettings::at(&lookup(LOG).unwrap_or_default());
    if let Some(text) = lookup(LOG_SAMPLE) {
        let share = text.trim().parse().ok();
        settings.sample = share
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| invalid(LOG_SAMPLE, text, "a share from 0 to 1, such as 0.01"))?;
    }
    settings.on_failure = match lookup(LOG_ON_FAILURE) {
        None => None,
        Some(text) => match text.trim() {
            "off" => None,
            "debug" => Some(Level::DEBUG),
            _ => return Err(invalid(LOG_ON_FAILURE, text, "\"debug\" or \"off\"")),
        },
    };
    Ok(settings)
}

fn metrics(
    lookup: impl Fn(&str) -> Option<String>,
    lambda: bool,
) -> Result<Option<String>, SettingsError> {
    let namespace = lookup(METRICS_NAMESPACE).unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    if !is_namespace(&namespace) {
        let accepted =
            "1 to 255 letters, digits, blanks and .-_/#: that do not begin with \":\" or \"AWS/\"";
        return Err(invalid(METRICS_NAMESPACE, namespace, accepted));
    }
    let are_on = match lookup(METRICS) {
        // Elsewhere nobody reads them, and standard output may be somebody's terminal.
        None => lambda,
        Some(text) => match text.trim() {
            "emf" => true,
            "off" => false,
            _ => return Err(invalid(METRICS, text, "\"emf\" or \"off\"")),
        },
    };
    Ok(are_on.then_some(namespace))
}

fn invalid(name: &'static str, value: String, accepted: &'static str) -> SettingsError {
    SettingsError::Invalid {
        name,
        value: crate::log::message(&value, 100),
        accepted,
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
    fn the_key_for_tokens_must_be_long_and_is_not_shown() {
        let key = "k".repeat(32);
        let settings = read(&[(TOKEN_KEY, &format!(" {key} "))]).unwrap();
        assert_eq!(settings.token_key.as_ref().unwrap().expose(), key);
        assert!(!format!("{settings:?}").contains(&key));
        assert_eq!(
            read(&[(TOKEN_KEY, &"k".repeat(31))]).unwrap_err(),
            SettingsError::ShortTokenKey
        );
    }

    #[test]
    fn strictness_is_on_or_off() {
        assert!(!read(&[]).unwrap().strict);
        assert!(!read(&[(STRICT, "false")]).unwrap().strict);
        assert!(read(&[(STRICT, "true")]).unwrap().strict);
        assert!(matches!(
            read(&[(STRICT, "yes")]),
            Err(SettingsError::Invalid { name: STRICT, .. })
        ));
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

    #[test]
    fn metrics_are_written_in_lambda_and_elsewhere_when_asked_for() {
        let lambda = (LAMBDA_MARK, "on-demand");
        let metrics = |variables: &[(&str, &str)]| read(variables).unwrap().metrics;
        assert_eq!(metrics(&[]), None);
        assert_eq!(metrics(&[lambda]).as_deref(), Some(DEFAULT_NAMESPACE));
        assert_eq!(metrics(&[lambda, (METRICS, "off")]), None);
        assert_eq!(
            metrics(&[(METRICS, "emf"), (METRICS_NAMESPACE, "Team/X")]).as_deref(),
            Some("Team/X")
        );
    }

    #[test]
    fn the_log_is_told_what_to_show() {
        let log = |variables: &[(&str, &str)]| read(variables).unwrap().log;
        assert_eq!(log(&[]), LogSettings::default());
        let settings = log(&[
            (LOG, "warn"),
            (LOG_SAMPLE, "0.01"),
            (LOG_ON_FAILURE, "debug"),
        ]);
        assert_eq!(settings.level, Level::WARN);
        assert!((settings.sample - 0.01).abs() < 1e-9);
        assert_eq!(settings.on_failure, Some(Level::DEBUG));
        assert_eq!(log(&[(LOG_ON_FAILURE, "off")]).on_failure, None);
    }

    #[test]
    fn a_setting_that_cannot_be_is_named_with_what_is_accepted() {
        for (name, value) in [
            (LOG_SAMPLE, "1.5"),
            (LOG_SAMPLE, "-0.1"),
            (LOG_SAMPLE, "NaN"),
            (LOG_SAMPLE, "a tenth"),
            (LOG_ON_FAILURE, "yes"),
            (METRICS, "prometheus"),
            (METRICS_NAMESPACE, "AWS/Lambda"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
    }
}
