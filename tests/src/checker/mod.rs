//! Whether AppFlow could decode an answer, and whether the answer keeps to the protocol.
//!
//! The checks are written from the tables of AppFlow's protocol (property names, required and optional, types, values of
//! enumerations), not from the host's types: the two must agree by being right. Where AppFlow's own reading is more
//! lenient, the checker is not: an unknown property is ignored by AppFlow, but it is a misspelt one when it comes from us.
//!
//! [`check`] reports everything it finds, each with the place in the answer.

mod data;
#[cfg(test)]
mod examples;
mod json;
mod rules;
mod shape;
mod tables;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

pub use self::tables::{ERROR_CODES, OPERATIONS};

/// Something wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, as a path such as `entityDefinition.fields[3].dataType`; empty for the answer as a whole.
    pub path: String,
    /// What.
    pub message: String,
}

impl Problem {
    fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "answer"
        } else {
            &self.path
        };
        write!(f, "{path}: {}", self.message)
    }
}

/// Name of the operation a request is for, such as `QueryData`; `None` if its `type` is missing or unknown.
pub fn operation_of(request: &Value) -> Option<&'static str> {
    let name = request.get("type")?.as_str()?.strip_suffix("Request")?;
    OPERATIONS
        .iter()
        .copied()
        .find(|&operation| operation == name)
}

/// Checks the answer to a request. An empty list means that it is good.
///
/// `operation` is one of [`OPERATIONS`]; anything else stands for a request whose operation nobody can tell, which has
/// to be answered with the bare failure object.
pub fn check(operation: &str, request: &Value, answer: &[u8]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if answer.len() > crate::runtime_api::PAYLOAD_LIMIT_BYTES {
        problems.push(Problem::new(
            "",
            format!("{} bytes are more than Lambda's 6 MB", answer.len()),
        ));
    }
    let value = match json::parse(answer) {
        Ok(value) => value,
        Err(message) => {
            problems.push(Problem::new("", message));
            return problems;
        }
    };
    shape::check(tables::answer_of(operation), &value, "", &mut problems);
    rules::check(operation, request, &value, &mut problems);
    problems
}
