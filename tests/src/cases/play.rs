//! Running a case otherwise than it says, for tests with expectations of their own.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::load::Case;
use super::run::start;
use crate::setup::Setup;
use crate::upstream::Seen;

/// How a case is run otherwise than it says.
#[derive(Debug, Clone, Default)]
pub struct Variation {
    /// Variables of the function's environment besides those of the case.
    pub environment: BTreeMap<String, String>,
    /// Whether a request whose process ended is repeated once, as Lambda does, with a process without `environment`.
    pub repeated: bool,
}

/// What came of a case that was run otherwise than it says, for tests with expectations of their own.
#[derive(Debug)]
pub struct Played {
    /// The requests of the case as they were sent.
    pub requests: Vec<Value>,
    /// The answer to each; of the one that was followed, the last one with the records of all pages.
    pub answers: Vec<Value>,
    /// Where the answers differ from those of the case.
    pub differences: Vec<String>,
    /// What must never be, whatever happens: answers that AppFlow cannot decode, function errors, leaks.
    pub breaches: Vec<String>,
    /// How often a process ended and its request was repeated.
    pub repeats: usize,
    /// Requests to the application before those of the case, to describe the entity.
    pub seen_before: usize,
    /// Requests of the case to the application.
    pub seen: Vec<Seen>,
    /// Records in the application before and after, by object; nothing if it stores none.
    pub stored: [BTreeMap<String, Value>; 2],
    /// The log.
    pub log: Vec<String>,
}

/// Runs a case with a component otherwise than it says, and tells what came of it.
///
/// # Errors
///
/// As for [`run`](super::run).
pub fn play(setup: &Setup, case: &Case, component: &str, variation: &Variation) -> Result<Played> {
    let (mut runner, application) = start(setup, case, component, Some(variation))?;
    let before = application.everything_stored()?;
    runner.steps()?;
    Ok(Played {
        requests: runner.requests,
        answers: runner.answers,
        differences: runner.differences,
        breaches: runner.breaches,
        repeats: runner.repeats,
        seen_before: application.seen_before(),
        seen: application.requests(),
        stored: [before, application.everything_stored()?],
        log: runner.lambda.logs()?,
    })
}
