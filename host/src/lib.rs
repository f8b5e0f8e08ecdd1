//! Runs one AppFlow connector component behind the Lambda protocol.
