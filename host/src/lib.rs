//! Runs one AppFlow connector component behind the Lambda protocol.

pub mod appflow;
pub mod filter;
