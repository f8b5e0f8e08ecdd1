//! Services of AWS on loopback, spoken to by the real clients over their real wire formats.
//!
//! * [`Moto`]: Secrets Manager, by moto from PyPI, which is somebody else's idea of how it behaves.
//! * [`LicenseManager`]: `CheckoutLicense` in AWS JSON 1.1. No emulator that can be had knows this service.
//! * [`Marketplace`]: `GetEntitlements` in RPC v2 CBOR, the only form that the Rust client speaks. Likewise.
//! * [`JsonService`]: any service of AWS JSON 1.1 with answers of the test's choice, for errors that moto does not produce.
//!
//! The last three answer from a script: one answer a call, the last one again and again. A client reaches them by
//! `AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL_LICENSE_MANAGER` and
//! `AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE`, with any credentials.

mod cbor;
mod json_service;
mod license_manager;
mod marketplace;
mod moto;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use json_service::{JsonAnswer, JsonCall, JsonService};
pub use license_manager::{LicenseAnswer, LicenseManager};
pub use marketplace::{Entitlement, Marketplace, MarketplaceAnswer, MarketplaceCall};
pub use moto::Moto;

/// What a fake answers, and what it was asked.
#[derive(Debug)]
struct Script<A, C> {
    answers: Mutex<VecDeque<A>>,
    calls: Mutex<Vec<C>>,
}

impl<A: Clone, C: Clone> Script<A, C> {
    fn new(answers: impl IntoIterator<Item = A>) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
            calls: Mutex::default(),
        }
    }

    /// Notes a call and gives its answer, or none if the script is empty.
    fn next(&self, call: C) -> Option<A> {
        lock(&self.calls).push(call);
        let mut answers = lock(&self.answers);
        if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        }
    }

    fn replace(&self, new: impl IntoIterator<Item = A>) {
        *lock(&self.answers) = new.into_iter().collect();
    }

    fn calls(&self) -> Vec<C> {
        lock(&self.calls).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The region that a request was signed for, out of its `Authorization` header
/// (`AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`).
fn signed_region(authorization: Option<&str>) -> String {
    authorization
        .and_then(|header| header.split("Credential=").nth(1))
        .and_then(|scope| scope.split('/').nth(2))
        .unwrap_or_default()
        .to_owned()
}
