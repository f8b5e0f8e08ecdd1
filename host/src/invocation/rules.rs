//! Rules that hold for every connector: how long it may take, what its tokens and answers may look like.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use crate::Error;
use crate::appflow::{
    self, Answer, ConnectorConfiguration, ConnectorContext, MAX_ANSWER_BYTES, Operation, Severity,
};
use crate::manifest::Manifest;
use crate::page::{Fields, Page, SharedFields};
use crate::tokens::MAX_SEALED_CHARS;

/// Time kept back from every limit for encoding the answer and sending it.
const MARGIN: Duration = Duration::from_millis(500);

/// Most warnings logged for one answer: a description of hundreds of fields may break one rule in each.
const MAX_WARNINGS: usize = 5;

/// Bytes that records may take in the answer to a query: what is left beside the longest token.
pub(super) static QUERY_PAGE_BYTES: LazyLock<usize> = LazyLock::new(|| {
    let token = "x".repeat(MAX_SEALED_CHARS);
    MAX_ANSWER_BYTES - appflow::query_overhead_bytes(Some(&token))
});

/// Refuses what AppFlow could not decode or would refuse; logs what merely goes beyond its documented limits, if it is to
/// be logged.
pub(super) fn check_rules(answer: &Answer, log_warnings: bool) -> Result<(), Error> {
    let (errors, warnings): (Vec<_>, Vec<_>) = appflow::validate(answer)
        .into_iter()
        .partition(|problem| problem.severity == Severity::Error);
    for problem in warnings.iter().take(MAX_WARNINGS).filter(|_| log_warnings) {
        tracing::warn!(target: "appflow_host", property = problem.path, "beyond AppFlow's limits: {}", problem.message);
    }
    match errors.first() {
        None => Ok(()),
        Some(first) if errors.len() == 1 => Err(Error::Output(first.to_string())),
        Some(first) => Err(Error::Output(format!(
            "{first} (and {} more)",
            errors.len() - 1
        ))),
    }
}

/// The fields of the request's entity, by the definition AppFlow sent along. It is read when the first record comes.
pub(super) fn fields(
    context: Option<Arc<ConnectorContext>>,
    selected: Vec<String>,
) -> SharedFields {
    Arc::new(LazyLock::new(Box::new(move || {
        // One that cannot be read is as good as none: AppFlow's own copy is broken, which is not the connector's fault.
        let definition = context?.entity_definition.as_ref()?.decode().ok()?;
        Some(Fields::new(definition.fields, &selected))
    })))
}

/// Tells in what the records of a page deviate from the entity's definition: each kind in the log, or, if the operator
/// insists, the first as an error.
pub(super) fn check_records(page: &Page, strict: bool) -> Result<u64, Error> {
    let deviations = page.deviations();
    if let Some(first) = deviations.first().filter(|_| strict) {
        let more = match deviations.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more kinds of deviation)"),
        };
        return Err(Error::Output(format!(
            "the connector's record has {first}{more}"
        )));
    }
    for deviation in deviations.iter().take(MAX_WARNINGS) {
        tracing::warn!(
            target: "appflow_host",
            field = deviation.field,
            records = deviation.count,
            "the connector's record has {deviation}"
        );
    }
    if deviations.len() > MAX_WARNINGS {
        tracing::warn!(
            target: "appflow_host",
            "the connector's records have {} more kinds of deviation from the entity's definition",
            deviations.len() - MAX_WARNINGS
        );
    }
    Ok(deviations.iter().map(|deviation| deviation.count).sum())
}

/// Tells the connector's author where description and manifest name different things.
pub(super) fn compare_names(described: &ConnectorConfiguration, manifest: &Manifest) {
    let plain = |name: &str| -> String {
        name.chars()
            .filter(|character| character.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let version = manifest.version.to_string();
    if plain(&described.connector_name) != plain(&manifest.name)
        || described.connector_version != version
    {
        tracing::warn!(
            target: "appflow_host",
            "the connector describes itself as {} {} and its manifest calls it {} {version}",
            described.connector_name,
            described.connector_version,
            manifest.name
        );
    }
}

/// The smaller of Lambda's limit and AppFlow's, less a margin: half a second, or a fifth of what is left if that is less.
pub(super) fn deadline(lambda: Instant, operation: Operation) -> Instant {
    let now = Instant::now();
    let left = lambda
        .saturating_duration_since(now)
        .min(operation.time_limit());
    now + left.saturating_sub(MARGIN.min(left / 5))
}

/// When a page counts as full: a tenth of the time that is left now before the deadline, and a second and a half at most.
pub(super) fn closing_time(deadline: Instant) -> Instant {
    const RESERVE: Duration = Duration::from_millis(1500);
    let left = deadline.saturating_duration_since(Instant::now());
    deadline
        .checked_sub(RESERVE.min(left / 10))
        .unwrap_or(deadline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_limit_counts_and_leaves_a_margin() {
        let left = |lambda_seconds: u64, operation| {
            let now = Instant::now();
            deadline(now + Duration::from_secs(lambda_seconds), operation) - now
        };
        let second = Duration::from_secs(1);
        let slack = Duration::from_millis(100);
        let query = left(900, Operation::QueryData);
        assert!(
            query <= 30 * second - MARGIN + slack && query > 29 * second,
            "{query:?}"
        );
        let list = left(900, Operation::ListEntities);
        assert!(
            list <= 10 * second - MARGIN + slack && list > 9 * second,
            "{list:?}"
        );
        let short = left(1, Operation::QueryData);
        assert!(short <= second && short > second / 2, "{short:?}");
        assert!(left(0, Operation::QueryData) <= slack);
    }
}
