#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod answers;
mod entities;
mod hostile;
mod refusals;
mod samples;
mod tolerance;

use super::super::{Operation, Request};
use super::{DecodeError, decode};
use serde_json::Value;

fn ok(request: &Value) -> Request {
    decode(request.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {request}"))
}

fn error(request: &Value) -> DecodeError {
    match decode(request.to_string().as_bytes()) {
        Ok(decoded) => panic!("taken: {decoded:?}"),
        Err(error) => error,
    }
}

/// A good request of the operation with every property.
fn sample(operation: Operation) -> Value {
    samples::all()
        .into_iter()
        .find(|(of, _)| *of == operation)
        .unwrap()
        .1
}

/// The sample with the value at a JSON pointer set; its parent must be there.
fn with(operation: Operation, pointer: &str, value: Value) -> Value {
    let mut request = sample(operation);
    samples::set(&mut request, pointer, Some(value));
    request
}

/// The sample without the property at a JSON pointer.
fn without(operation: Operation, pointer: &str) -> Value {
    let mut request = sample(operation);
    samples::set(&mut request, pointer, None);
    request
}
