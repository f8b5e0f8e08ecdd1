#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod configuration;
mod entity;

use super::{Problem, Severity, validate};
use crate::appflow::Answer;

fn shown(answer: &Answer) -> Vec<String> {
    let show = |problem: Problem| {
        let mark = if problem.severity == Severity::Error {
            "!"
        } else {
            "?"
        };
        format!("{mark} {problem}")
    };
    validate(answer).into_iter().map(show).collect()
}
