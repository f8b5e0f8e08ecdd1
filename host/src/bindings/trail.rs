//! What a guest asked the application, and which failures it did not look at.

use std::collections::BTreeMap;

use aws_lc_rs::digest;

use super::imported::http::{Body, Request};
use crate::Error;
use crate::credentials::placeholders;

/// The requests of one call, as far as the guard against endless runs compares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTrail {
    /// SHA-256 of methods, addresses, headers and bodies in their order, as the guest made them: the same for two invocations
    /// with placeholders of their own.
    pub digest: Vec<u8>,
    /// All of them were GET or HEAD, so that the same ones mean the same.
    pub reads_only: bool,
}

/// What is put into the digest in the place of a placeholder.
const IN_PLACE: &[u8] = b"sealed_";

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
            self.part(part);
        }
        // Applications page by headers too. The one left out leads to no other page, and where a library made it, the
        // placeholders in it are in Base64.
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        for (name, value) in headers {
            self.part(name.to_ascii_lowercase().as_bytes());
            self.part(value.as_bytes());
        }
        self.digest.update(&u64::MAX.to_be_bytes());
    }

    /// Adds one part, with its length. Of a placeholder, which is another one in every invocation, only its place counts.
    fn part(&mut self, part: &[u8]) {
        self.digest.update(&(part.len() as u64).to_be_bytes());
        let mut done = 0;
        for (at, placeholder) in placeholders(part) {
            self.digest.update(part.get(done..at).unwrap_or_default());
            self.digest.update(IN_PLACE);
            done = at + placeholder.len();
        }
        self.digest.update(part.get(done..).unwrap_or_default());
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn digest(url: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
        let mut requests = Requests::default();
        requests.add(&Request {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Some(Body::Text(body.to_owned())),
            credential: None,
        });
        requests.finish().unwrap().digest
    }

    #[test]
    fn requests_that_differ_in_a_header_alone_are_not_the_same() {
        let page = |range| digest("https://a.example/", &[("Range", range)], "");
        assert_eq!(page("items=0-9"), page("items=0-9"));
        assert_ne!(page("items=0-9"), page("items=10-19"));
        assert_ne!(page("items=0-9"), digest("https://a.example/", &[], ""));
    }

    #[test]
    fn placeholders_of_two_invocations_make_no_difference() {
        let with = |placeholder: &str| {
            digest(
                &format!("https://a.example/?key={placeholder}&page=1"),
                &[("x-key", placeholder), ("authorization", placeholder)],
                &format!("{{\"key\":\"{placeholder}\",\"again\":\"{placeholder}\"}}"),
            )
        };
        let first = with("sealed_0123456789abcdef0123456789abcdef_");
        assert_eq!(first, with("sealed_fedcba9876543210fedcba9876543210_"));
        // What only begins like one is the connector's own.
        for other in [
            "sealed_1",
            "sealed_2",
            "sealed_0123456789abcdef0123456789abcdeg_",
        ] {
            assert_ne!(first, with(other), "{other}");
        }
        assert_ne!(with("sealed_1"), with("sealed_2"));
    }

    #[test]
    fn what_stands_around_a_placeholder_counts() {
        let placeholder = "sealed_0123456789abcdef0123456789abcdef_";
        let page =
            |number: u32| digest(&format!("https://a.example/{placeholder}{number}"), &[], "");
        assert_ne!(page(1), page(2));
    }
}
