//! Why there are no credentials.

use std::time::Duration;

use super::AuthenticationType;

/// Why the connection's credentials could not be had.
///
/// Messages are one line, say who must do what, and hold nothing that was read from the secret. They do not name the ARN
/// either: AppFlow shows them to users, who know their connection by its label.
///
/// The code that AppFlow should get for each:
///
/// | variant | error code |
/// | --- | --- |
/// | `NotFound`, `ScheduledForDeletion` | `ResourceNotFoundError` |
/// | `AccessDenied`, `KmsDenied`, `Undecryptable` | `AccessDenied` |
/// | `NoIdentity`, `Unavailable` | `ServiceUnavailable` |
/// | `Throttled` | `RateLimitExceeded`, with its delay |
/// | `Timeout` | `RequestTimeout` |
/// | `Malformed`, `MissingKey` | `InvalidCredentials` |
/// | `InvalidArn` | `InvalidArgument` |
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// There is no such secret, or not yet: Secrets Manager needs a moment to show a new one.
    #[error(
        "the connection's secret does not exist in AWS Secrets Manager; create the connection again"
    )]
    NotFound,
    /// The secret was deleted and waits for the end of its recovery window.
    #[error(
        "the connection's secret is scheduled for deletion in AWS Secrets Manager; restore it or create the connection again"
    )]
    ScheduledForDeletion,
    /// IAM or the secret's resource policy refuses the function.
    #[error(
        "the connector's function may not read the connection's secret; its role needs secretsmanager:GetSecretValue on it"
    )]
    AccessDenied,
    /// The secret is encrypted with a customer-managed key that the function may not use.
    #[error(
        "the connector's function may not use the KMS key of the connection's secret; its role needs kms:Decrypt on that key"
    )]
    KmsDenied,
    /// The key is disabled, being deleted, or not the one that encrypted the secret.
    #[error(
        "AWS Secrets Manager cannot decrypt the connection's secret; check that its KMS key exists and is enabled"
    )]
    Undecryptable,
    /// The function itself has no valid AWS credentials: no role in local runs, or an expired session.
    #[error(
        "the connector's function has no valid AWS credentials of its own to read the connection's secret"
    )]
    NoIdentity,
    /// Secrets Manager answers too many requests.
    #[error("AWS Secrets Manager throttles the request for the connection's secret; try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// How long to wait, whole seconds.
        retry_after: Duration,
    },
    /// No useful answer: no connection, or the service's own error.
    #[error("AWS Secrets Manager cannot be reached for the connection's secret: {0}")]
    Unavailable(&'static str),
    /// No answer within the service's or the invocation's time.
    #[error("AWS Secrets Manager did not answer in time for the connection's secret")]
    Timeout,
    /// The secret is there, and is not what AppFlow writes.
    #[error("the connection's secret is malformed: {0}")]
    Malformed(&'static str),
    /// A value that this kind of authentication needs is absent or empty.
    #[error("the connection's secret has no \"{key}\", which {authentication_type} needs")]
    MissingKey {
        /// The key of the secret, as AppFlow spells it.
        key: &'static str,
        /// What the request, or the secret itself, said that it is.
        authentication_type: AuthenticationType,
    },
    /// The request's `secretArn` is not the ARN of a secret.
    #[error("\"secretArn\" is not the ARN of an AWS Secrets Manager secret")]
    InvalidArn,
    /// The file of a local run cannot be used (`APPFLOW_SECRETS_FILE`).
    #[error("the secrets file of this local run {0}")]
    File(String),
}

impl SecretError {
    /// Whether the same question may well be answered in a moment, because Secrets Manager and IAM are eventually consistent:
    /// right after a connection is created or a permission is granted.
    #[must_use]
    pub fn may_be_too_early(&self) -> bool {
        matches!(self, Self::NotFound | Self::AccessDenied | Self::KmsDenied)
    }
}
