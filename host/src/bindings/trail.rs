//! What a guest asked the application, and which failures it did not look at.

use std::collections::BTreeMap;

use aws_lc_rs::digest;

use super::imported::http::{Body, Request};
use crate::Error;

/// The requests of one call, as far as the guard against endless runs compares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTrail {
    /// SHA-256 of methods, addresses and bodies in their order.
    pub digest: Vec<u8>,
    /// All of them were GET or HEAD, so that the same ones mean the same.
    pub reads_only: bool,
}

/// Collects the requests of one call.
pub(super) struct Requests {
    digest: digest::Context,
    any: bool,
    reads_only: bool,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            digest: digest::Context::new(&digest::SHA256),
            any: false,
            reads_only: true,
        }
    }
}

impl Requests {
    pub(super) fn add(&mut self, request: &Request) {
        self.any = true;
        self.reads_only &= matches!(request.method.as_str(), "GET" | "HEAD");
        let body = match &request.body {
            None => &[][..],
            Some(Body::Text(text)) => text.as_bytes(),
            Some(Body::Bytes(bytes)) => bytes,
        };
        for part in [request.method.as_bytes(), request.url.as_bytes(), body] {
            self.digest.update(&(part.len() as u64).to_be_bytes());
            self.digest.update(part);
        }
    }

    /// The whole; none if there was no request.
    pub(super) fn finish(self) -> Option<RequestTrail> {
        self.any.then(|| RequestTrail {
            digest: self.digest.finish().as_ref().to_vec(),
            reads_only: self.reads_only,
        })
    }
}

/// An answer of the application that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) retry_after_seconds: Option<u32>,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Upstream {
            status: failure.status,
            message: failure.message,
            retry_after_seconds: failure.retry_after_seconds,
        }
    }
}

/// Failures whose status the guest has not looked at, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Unexamined {
    failures: BTreeMap<u64, Failure>,
    next: u64,
}

impl Unexamined {
    /// Remembers a failure; returns the number under which it is forgotten.
    pub(super) fn add(&mut self, failure: Failure) -> u64 {
        let number = self.next;
        self.next += 1;
        self.failures.insert(number, failure);
        number
    }

    /// The guest has looked at it.
    pub(super) fn examined(&mut self, number: u64) {
        self.failures.remove(&number);
    }

    /// The first that is left.
    pub(super) fn first(mut self) -> Option<Failure> {
        let first = self.failures.pop_first().map(|(_, failure)| failure);
        first.filter(|_| !crate::mechanism::off("answers.unexamined"))
    }
}
