//! Rules that hold for every connector: how long it may take, what its tokens and answers may look like.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use crate::Error;
use crate::appflow::{
    self, Answer, ConnectorContext, FieldDataType, MAX_ANSWER_BYTES, Operation, Severity,
};
use crate::credentials::Vault;
use crate::page::MayBeMoment;

/// Time kept back from every limit for encoding the answer and sending it.
const MARGIN: Duration = Duration::from_millis(500);

/// Most warnings logged for one answer: a description of hundreds of fields may break one rule in each.
const MAX_WARNINGS: usize = 5;

/// Longest next token, in characters (AppFlow API reference, `nextToken`).
const MAX_TOKEN_CHARS: usize = 2048;

/// Bytes that records may take in the answer to a query: what is left beside the longest token in the widest characters.
pub(super) static QUERY_PAGE_BYTES: LazyLock<usize> = LazyLock::new(|| {
    let token = "\u{10000}".repeat(MAX_TOKEN_CHARS);
    MAX_ANSWER_BYTES - appflow::query_overhead_bytes(Some(&token))
});

/// Refuses what AppFlow could not decode or would refuse; logs what merely goes beyond its documented limits.
pub(super) fn check_rules(answer: &Answer) -> Result<(), Error> {
    let (errors, warnings): (Vec<_>, Vec<_>) = appflow::validate(answer)
        .into_iter()
        .partition(|problem| problem.severity == Severity::Error);
    for problem in warnings.iter().take(MAX_WARNINGS) {
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

/// Whether a field may be a point in time, by the definition AppFlow sent along; without one any field may.
///
/// The definition is read when the first value looks like a point in time, which for most entities is never.
pub(super) fn may_be_moment(context: Option<Arc<ConnectorContext>>) -> MayBeMoment {
    let others: OnceLock<HashSet<String>> = OnceLock::new();
    Arc::new(move |field| {
        let others = others.get_or_init(|| {
            let text = context
                .as_ref()
                .and_then(|context| context.entity_definition.as_ref());
            let definition = text.and_then(|text| text.decode().ok());
            let fields = definition
                .map(|definition| definition.fields)
                .unwrap_or_default();
            fields
                .into_iter()
                .filter(|field| {
                    field
                        .data_type
                        .known()
                        .is_some_and(|kind| kind != FieldDataType::DateTime)
                })
                .map(|field| field.field_name)
                .collect()
        });
        !others.contains(field)
    })
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

/// A token as AppFlow takes it: none instead of an empty one, and never the one it has just sent.
pub(super) fn next_token(
    previous: Option<&str>,
    next: Option<String>,
) -> Result<Option<String>, Error> {
    let Some(token) = next.filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    if token.chars().count() > MAX_TOKEN_CHARS {
        return Err(Error::Output(format!(
            "its next token is longer than {MAX_TOKEN_CHARS} characters"
        )));
    }
    if token
        .chars()
        .any(|character| character.is_whitespace() || character.is_control())
    {
        return Err(Error::Output(
            "its next token holds spaces or control characters".to_owned(),
        ));
    }
    if previous == Some(token.as_str()) {
        return Err(Error::Output(
            "its next token is the one it was given, so the flow would never end".to_owned(),
        ));
    }
    Ok(Some(token))
}

/// Refuses a next token that holds a secret, as AppFlow keeps tokens, and shows them to nobody but does not hide them; or a
/// placeholder, which would mean nothing in the next call.
pub(super) fn sealed(answer: Answer, secrets: &Vault) -> Result<Answer, Error> {
    let token = match &answer {
        Answer::ListEntities(answer) => answer.next_token.as_deref(),
        Answer::QueryData(answer) => answer.next_token.as_deref(),
        _ => None,
    };
    match token {
        Some(token) if secrets.is_in(token) => {
            Err(Error::Output("its next token holds a secret".to_owned()))
        }
        _ => Ok(answer),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_taken_as_appflow_takes_them() {
        let token = |text: &str| next_token(Some("before"), Some(text.to_owned()));
        assert_eq!(token("after").unwrap().as_deref(), Some("after"));
        assert_eq!(token("").unwrap(), None);
        assert_eq!(next_token(None, None).unwrap(), None);
        assert!(token(&"x".repeat(MAX_TOKEN_CHARS)).is_ok());
        for refused in [
            "before",
            "a b",
            "a\u{0}b",
            "a\u{a0}b",
            &"x".repeat(MAX_TOKEN_CHARS + 1),
        ] {
            assert!(
                matches!(token(refused), Err(Error::Output(_))),
                "{refused:?}"
            );
        }
    }

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
