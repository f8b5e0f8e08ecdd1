//! AWS Secrets Manager: `GetSecretValue` by ARN.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use tokio::time::{Instant, timeout_at};

use super::{Secret, SecretError, SecretStore};
use crate::aws::Aws;
use crate::telemetry::PassTraceId;

/// One try: Secrets Manager answers in tens of milliseconds, so two seconds mean a lost packet or a connection that died
/// while the process was frozen.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// All tries together, however long the invocation might still run.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(6);
/// Tries on throttling, server errors and broken connections. Other errors are not tried again here.
const ATTEMPTS: u32 = 3;
/// What AppFlow is told to wait when Secrets Manager throttles and says nothing itself.
const THROTTLED_RETRY_AFTER: Duration = Duration::from_secs(5);
/// Secrets of a connection are in the function's own region, so one client is the rule. A bound, because the region comes out
/// of the request.
const MAX_CLIENTS: usize = 8;

/// Secrets Manager of the region that a secret's ARN names.
#[derive(Debug)]
pub struct SecretsManager {
    aws: Arc<Aws>,
    clients: Mutex<HashMap<String, Client>>,
}

impl SecretsManager {
    /// Reads no setting and opens no connection before the first secret is asked for.
    #[must_use]
    pub fn new(aws: Arc<Aws>) -> Self {
        Self {
            aws,
            clients: Mutex::default(),
        }
    }

    async fn client(&self, region: &str) -> Client {
        let known = {
            let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            clients.get(region).cloned()
        };
        if let Some(client) = known {
            return client;
        }
        let shared = self
            .aws
            .config((!region.is_empty()).then_some(region))
            .await;
        let config = aws_sdk_secretsmanager::config::Builder::from(&shared)
            .interceptor(PassTraceId)
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(ATTEMPT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(TOTAL_TIMEOUT)
                    .build(),
            )
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(Duration::from_millis(200))
                    .with_max_backoff(Duration::from_secs(1)),
            )
            .build();
        let client = Client::from_conf(config);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(region.to_owned(), client.clone());
        client
    }
}

#[async_trait]
impl SecretStore for SecretsManager {
    async fn fetch(&self, arn: &str, deadline: Instant) -> Result<Secret, SecretError> {
        let region = region_of(arn)?;
        let answer = timeout_at(deadline, async {
            let client = self.client(region).await;
            client.get_secret_value().secret_id(arn).send().await
        })
        .await
        .map_err(|_| SecretError::Timeout)?;
        match answer {
            Ok(mut output) => output
                .secret_string
                .take()
                .map(Secret::new)
                .ok_or(SecretError::Malformed("it is binary, not text")),
            Err(error) => Err(classify(&error)),
        }
    }
}

/// The region in the ARN of a secret, empty if the ARN leaves it out.
///
/// Strict, because the region becomes part of the host name that gets the signed request.
fn region_of(arn: &str) -> Result<&str, SecretError> {
    let mut parts = arn.splitn(7, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (prefix, partition, service, region, account, kind, name) =
        (next(), next(), next(), next(), next(), next(), next());
    let is_label = |text: &str| {
        text.len() <= 32
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_secret = prefix == "arn"
        && partition.starts_with("aws")
        && is_label(partition)
        && service == "secretsmanager"
        && is_label(region)
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && kind == "secret"
        && !name.is_empty()
        && arn.len() <= 2048;
    if is_secret {
        Ok(region)
    } else {
        Err(SecretError::InvalidArn)
    }
}

fn classify(error: &SdkError<GetSecretValueError>) -> SecretError {
    match error {
        SdkError::TimeoutError(_) => SecretError::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => SecretError::Timeout,
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            SecretError::Unavailable("no connection")
        }
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
            // The SDK keeps the lack of credentials in an untyped chain of sources; its text goes no further than this line.
            let chain = DisplayErrorContext(error).to_string().to_ascii_lowercase();
            if chain.contains("credential") {
                SecretError::NoIdentity
            } else {
                SecretError::Unavailable("the request could not be sent")
            }
        }
        SdkError::ServiceError(answer) => {
            let retry_after = answer
                .raw()
                .headers()
                .get("retry-after")
                .and_then(|seconds| seconds.parse().ok())
                .map(|seconds: u64| Duration::from_secs(seconds.clamp(1, 900)));
            let meta = answer.err().meta();
            classify_code(
                meta.code().unwrap_or_default(),
                meta.message().unwrap_or_default(),
                retry_after,
            )
        }
        _ => SecretError::Unavailable("its answer could not be understood"),
    }
}

/// By the code on the wire rather than by the SDK's modelled errors: access and throttling errors are common to all services
/// and not part of any model.
fn classify_code(code: &str, message: &str, retry_after: Option<Duration>) -> SecretError {
    // Secrets Manager reports a refusal by KMS under the same code as its own, and only the text tells them apart.
    let names_kms = message.contains("kms:") || message.contains("KMS");
    match code {
        "ResourceNotFoundException" => SecretError::NotFound,
        "AccessDeniedException" | "AccessDenied" if names_kms => SecretError::KmsDenied,
        "AccessDeniedException" | "AccessDenied" => SecretError::AccessDenied,
        "DecryptionFailure" => SecretError::Undecryptable,
        "InvalidRequestException" if names_kms => SecretError::Undecryptable,
        "InvalidRequestException" => SecretError::ScheduledForDeletion,
        "InvalidParameterException" | "ValidationException" => SecretError::InvalidArn,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => SecretError::NoIdentity,
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "LimitExceededException" => SecretError::Throttled {
            retry_after: retry_after.unwrap_or(THROTTLED_RETRY_AFTER),
        },
        _ => SecretError::Unavailable("it answered with an error of its own"),
    }
}

#[cfg(test)]
#[path = "secrets_manager_tests.rs"]
mod tests;
