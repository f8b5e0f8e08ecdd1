//! The connector against a real Kinto, natively: the SDK's host in memory sends its requests there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod filter;
mod metadata;
mod parameters;
mod read;
mod support;
mod write;
