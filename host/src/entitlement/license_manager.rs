//! AWS License Manager: `CheckoutLicense`, with the request that AppFlow's own SDKs send.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_licensemanager::Client;
use aws_sdk_licensemanager::config::interceptors::InterceptorContext;
use aws_sdk_licensemanager::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_licensemanager::operation::checkout_license::CheckoutLicenseError;
use aws_sdk_licensemanager::types::{CheckoutType, EntitlementData, EntitlementDataUnit};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{AccountId, EntitlementBackEnd, ProductId, Verdict};
use crate::aws::Aws;
use crate::telemetry::PassTraceId;

/// Who signs licences of AWS Marketplace: the same for all products.
const MARKETPLACE_FINGERPRINT: &str = "aws:294406891311:AWS/Marketplace:issuer-fingerprint";
/// The entitlement that every subscription carries.
const USAGE: &str = "AWS::Marketplace::Usage";
/// What the function's role needs.
const ACTION: &str = "license-manager:CheckoutLicense";

/// One try. There is one more.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Asks License Manager, in the function's own region, whether the function's account has subscribed.
#[derive(Debug)]
pub struct LicenseManager {
    aws: Arc<Aws>,
    client: OnceCell<Client>,
    product_id: ProductId,
}

impl LicenseManager {
    /// Reads no setting and opens no connection before the first question.
    #[must_use]
    pub fn new(aws: Arc<Aws>, product_id: ProductId) -> Self {
        Self {
            aws,
            client: OnceCell::new(),
            product_id,
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async {
                let shared = self.aws.config(None).await;
                Client::from_conf(
                    aws_sdk_licensemanager::config::Builder::from(&shared)
                        .interceptor(PassTraceId)
                        .timeout_config(timeouts())
                        .retry_config(retries())
                        .retry_classifier(RateLimit)
                        .build(),
                )
            })
            .await
    }
}

#[async_trait]
impl EntitlementBackEnd for LicenseManager {
    async fn ask(&self, _account: Option<&AccountId>) -> Verdict {
        let usage = EntitlementData::builder()
            .name(USAGE)
            .unit(EntitlementDataUnit::None)
            .build();
        let usage = match usage {
            Ok(usage) => usage,
            Err(error) => return Verdict::Misconfigured(error.to_string()),
        };
        let answer = self
            .client()
            .await
            .checkout_license()
            .product_sku(self.product_id.as_str())
            .checkout_type(CheckoutType::Provisional)
            .key_fingerprint(MARKETPLACE_FINGERPRINT)
            .entitlements(usage)
            // One token for the question, so that its retry is not a second checkout.
            .client_token(Uuid::new_v4().to_string())
            .send()
            .await;
        match answer {
            Ok(output) => {
                let is_allowed = output
                    .entitlements_allowed()
                    .iter()
                    .any(|entitlement| entitlement.name() == USAGE);
                if is_allowed {
                    Verdict::Entitled {
                        expires: output.expiration().and_then(time_of),
                    }
                } else {
                    Verdict::NotEntitled
                }
            }
            Err(error) => match error.as_service_error() {
                Some(answer) => verdict_of(answer.meta().code().unwrap_or_default()),
                None => Verdict::CouldNotAsk(unanswered(&error)),
            },
        }
    }
}

/// Tells the SDK that License Manager's own word for throttling is one: it knows the common codes only.
#[derive(Debug)]
struct RateLimit;

impl ClassifyRetry for RateLimit {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let code = match context.output_or_error() {
            Some(Err(error)) => error
                .as_operation_error()
                .and_then(|error| error.downcast_ref::<CheckoutLicenseError>())
                .and_then(|error| error.meta().code()),
            _ => None,
        };
        if code == Some("RateLimitExceededException") {
            RetryAction::throttling_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "license manager rate limit"
    }
}

/// Timeouts of both back ends.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}

/// One retry, soon: whoever waits for the first answer waits for this too.
pub(super) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(2)
        .with_initial_backoff(Duration::from_millis(200))
        .with_max_backoff(Duration::from_millis(500))
}

/// Why there was no answer at all, in words that hold nothing of the request.
pub(super) fn unanswered<E, R>(error: &aws_sdk_licensemanager::error::SdkError<E, R>) -> String {
    use aws_sdk_licensemanager::error::SdkError;
    match error {
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no answer in time",
        SdkError::DispatchFailure(failure) if failure.is_io() => "no connection",
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
            "the request could not be sent; does the function have AWS credentials and a region?"
        }
        _ => "the answer could not be understood",
    }
    .to_owned()
}

fn verdict_of(code: &str) -> Verdict {
    match code {
        "NoEntitlementsAllowedException" | "ResourceNotFoundException" => Verdict::NotEntitled,
        "AccessDeniedException" | "AccessDenied" | "AuthorizationException" => {
            Verdict::NotAllowedToAsk { action: ACTION }
        }
        "ValidationException"
        | "InvalidParameterValueException"
        | "RedirectException"
        | "UnsupportedDigitalSignatureMethodException" => {
            Verdict::Misconfigured(format!("License Manager refuses the question with {code}"))
        }
        "" => Verdict::CouldNotAsk("License Manager answers with an unnamed error".into()),
        // RateLimitExceededException, ServerInternalException, and whatever may be added.
        _ => Verdict::CouldNotAsk(format!("License Manager answers with {}", plain(code))),
    }
}

/// An error code as it may stand in a message: the service's, but bounded and plain.
pub(super) fn plain(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect()
}

/// License Manager sends ISO 8601 text. What cannot be read is as good as not sent: the refresh period still applies.
fn time_of(text: &str) -> Option<SystemTime> {
    DateTime::from_str(text, Format::DateTimeWithOffset)
        .ok()
        .and_then(|time| SystemTime::try_from(time).ok())
}

#[cfg(test)]
#[path = "license_manager_tests.rs"]
mod tests;
