//! Runs one AppFlow connector component behind the Lambda protocol.

pub mod appflow;
pub mod aws;
pub mod clock;
pub mod credentials;
pub mod egress;
pub mod entitlement;
pub mod filter;
pub mod manifest;
