//! The connector against the stand-in, natively: the SDK's host in memory sends its requests to a real server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod filter;
mod metadata;
mod properties;
mod read;
mod retrieve;
mod support;
mod write;
