//! Behaviour across crates, tested on the `bootstrap` that ships.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod card;
mod cases;
mod determinism;
mod entitlement;
mod faults;
mod github;
mod hostile;
mod kinto;
mod log;
mod narrowing;
mod observability;
mod python_readme;
mod runtime_api;
mod secrets;
mod startup;
mod stripe;
mod support;
mod swap;
mod tool;
