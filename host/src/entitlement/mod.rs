//! Whether the account that runs the connector has subscribed to it.
//!
//! A connector sold on AWS Marketplace names its product and back end in its manifest, which is part of the component; the
//! person who deploys the image does not choose them. [`Gate::check`] stands before every operation except
//! `DescribeConnectorConfiguration`, which AppFlow needs for registering the connector at all: the caller leaves that one out.
//!
//! | back end | asks | for |
//! | --- | --- | --- |
//! | none | nothing, always entitled | free products |
//! | License Manager | `CheckoutLicense`, in the function's region | images that run in the buyer's account |
//! | Marketplace | `GetEntitlements`, always in us-east-1 | deployments run by the seller |
//!
//! "No" and "could not ask" differ. A true no is believed at once; an outage of AWS does not stop a paying customer for as long
//! as the last yes is younger than the grace period:
//!
//! | verdict | decision | asked again after |
//! | --- | --- | --- |
//! | [`Verdict::Entitled`] | go on | the refresh period less up to 10 %, or when the entitlement expires, if earlier |
//! | [`Verdict::NotEntitled`] | `AccessDenied`, saying how to subscribe | 60 s, so that a new subscriber is not kept waiting |
//! | [`Verdict::NotAllowedToAsk`] | `AccessDenied`, naming the IAM action | 60 s |
//! | [`Verdict::Misconfigured`] | `ClientError`: the publisher must act | 60 s |
//! | [`Verdict::CouldNotAsk`] | go on, with a warning, if the last yes is within grace; else `ServiceUnavailable` with a delay | 60 s within grace, else 10 s |
//!
//! This keeps honest people honest. Someone who rebuilds the image, or who points `AWS_ENDPOINT_URL_LICENSE_MANAGER` at a
//! server of their own, gets past it.

mod background;
mod gate;
mod license_manager;
mod marketplace;
mod product;

use std::time::SystemTime;

use async_trait::async_trait;

pub use gate::{Gate, Refusal, RefusalKind};
pub use license_manager::LicenseManager;
pub use marketplace::MarketplaceEntitlement;
pub use product::{AccountId, InvalidProduct, Product, ProductCode, ProductId, Settings};

/// What asking once came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The account has subscribed.
    Entitled {
        /// When this answer ends by itself, if the back end says so.
        expires: Option<SystemTime>,
    },
    /// The account has not subscribed, or no longer.
    NotEntitled,
    /// The function's role does not allow the question.
    NotAllowedToAsk {
        /// The IAM action that the role lacks.
        action: &'static str,
    },
    /// The question itself is wrong: the publisher's mistake, such as a product id that is none.
    Misconfigured(String),
    /// Throttling, an outage, no network, no time.
    CouldNotAsk(String),
}

/// Someone who knows about subscriptions.
#[async_trait]
pub trait EntitlementBackEnd: Send + Sync {
    /// Asks once, including the back end's own retry, within a few seconds. `account` is the account that the function runs
    /// in, where it is known.
    async fn ask(&self, account: Option<&AccountId>) -> Verdict;

    /// Whether asking makes no sense before the account is known, which is with the first invocation.
    fn needs_account(&self) -> bool {
        false
    }
}
