//! AWS Marketplace's entitlement service: `GetEntitlements`.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use aws_sdk_marketplaceentitlement::Client;
use aws_sdk_marketplaceentitlement::types::{
    Entitlement, EntitlementValue, GetEntitlementFilterName,
};
use tokio::sync::OnceCell;

use super::license_manager::{plain, retries, timeouts, unanswered};
use super::{AccountId, EntitlementBackEnd, ProductCode, Verdict};
use crate::aws::Aws;
use crate::telemetry::PassTraceId;

/// The service exists in this region only.
const REGION: &str = "us-east-1";
/// What the function's role needs.
const ACTION: &str = "aws-marketplace:GetEntitlements";
/// A page holds up to 25 entitlements, and one customer has one for each dimension of the product.
const MAX_PAGES: usize = 20;

/// Asks for the entitlements of the account that the function runs in.
#[derive(Debug)]
pub struct MarketplaceEntitlement {
    aws: Arc<Aws>,
    client: OnceCell<Client>,
    product_code: ProductCode,
}

impl MarketplaceEntitlement {
    /// Reads no setting and opens no connection before the first question.
    #[must_use]
    pub fn new(aws: Arc<Aws>, product_code: ProductCode) -> Self {
        Self {
            aws,
            client: OnceCell::new(),
            product_code,
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async {
                let shared = self.aws.config(Some(REGION)).await;
                Client::from_conf(
                    aws_sdk_marketplaceentitlement::config::Builder::from(&shared)
                        .interceptor(PassTraceId)
                        .timeout_config(timeouts())
                        .retry_config(retries())
                        .build(),
                )
            })
            .await
    }
}

#[async_trait]
impl EntitlementBackEnd for MarketplaceEntitlement {
    async fn ask(&self, account: Option<&AccountId>) -> Verdict {
        let Some(account) = account else {
            return Verdict::CouldNotAsk("the function's account is not known".into());
        };
        let client = self.client().await;
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let answer = client
                .get_entitlements()
                .product_code(self.product_code.as_str())
                .filter(
                    GetEntitlementFilterName::CustomerAwsAccountId,
                    vec![account.as_str().to_owned()],
                )
                .set_next_token(token.take())
                .send()
                .await;
            let page = match answer {
                Ok(page) => page,
                Err(error) => {
                    return match error.as_service_error() {
                        Some(answer) => verdict_of(answer.meta().code().unwrap_or_default()),
                        None => Verdict::CouldNotAsk(unanswered(&error)),
                    };
                }
            };
            let now = crate::clock::wall();
            let valid = page
                .entitlements()
                .iter()
                .find_map(|entitlement| self.validity(entitlement, account, now));
            if let Some(expires) = valid {
                return Verdict::Entitled { expires };
            }
            // An empty token means the same as none.
            match page.next_token {
                Some(next) if !next.is_empty() => token = Some(next),
                _ => return Verdict::NotEntitled,
            }
        }
        Verdict::CouldNotAsk(format!(
            "the entitlement service gives more than {MAX_PAGES} pages"
        ))
    }

    fn needs_account(&self) -> bool {
        true
    }
}

impl MarketplaceEntitlement {
    /// Until when this entitlement is good, or none if it is not: another product's or customer's (the service filters, but a
    /// wrong yes is worse than a second look), expired, or worth nothing.
    fn validity(
        &self,
        entitlement: &Entitlement,
        account: &AccountId,
        now: SystemTime,
    ) -> Option<Option<SystemTime>> {
        let is_ours = entitlement
            .product_code()
            .is_none_or(|code| code == self.product_code.as_str())
            && entitlement
                .customer_aws_account_id()
                .is_none_or(|customer| customer == account.as_str());
        let is_worth = entitlement.value().is_none_or(is_worth);
        let expires = match entitlement.expiration_date() {
            None => None,
            Some(time) => Some(SystemTime::try_from(*time).ok()?),
        };
        (is_ours && is_worth && expires.is_none_or(|expires| expires > now)).then_some(expires)
    }
}

fn is_worth(value: &EntitlementValue) -> bool {
    value.boolean_value() != Some(false)
        && value.integer_value().is_none_or(|value| value > 0)
        && value.double_value().is_none_or(|value| value > 0.0)
}

fn verdict_of(code: &str) -> Verdict {
    match code {
        "AccessDeniedException" | "AccessDenied" => Verdict::NotAllowedToAsk { action: ACTION },
        "InvalidParameterException" | "ValidationException" => Verdict::Misconfigured(format!(
            "the entitlement service refuses the question with {code}"
        )),
        "" => Verdict::CouldNotAsk("the entitlement service answers with an unnamed error".into()),
        // ThrottlingException, InternalServiceErrorException, and whatever may be added.
        _ => Verdict::CouldNotAsk(format!(
            "the entitlement service answers with {}",
            plain(code)
        )),
    }
}

#[cfg(test)]
#[path = "marketplace_tests.rs"]
mod tests;
