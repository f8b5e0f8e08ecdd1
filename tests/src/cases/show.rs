//! Putting requests, answers and logs into failures.

use serde_json::Value;

use crate::runtime_api::Invoked;
use crate::upstream::Seen;

/// Log lines shown with a failure.
const LOG_LINES: usize = 20;

pub(super) fn shown_request(seen: &Seen) -> String {
    let query: Vec<String> = seen
        .query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "  {} {} {} {}",
        seen.method,
        seen.path,
        query.join(" & "),
        excerpt(&seen.body, 500)
    )
}

pub(super) fn shown_log(invoked: &Invoked) -> Vec<String> {
    let start = invoked.log.len().saturating_sub(LOG_LINES);
    invoked.log[start..]
        .iter()
        .map(|line| format!("log: {}", excerpt(line, 600)))
        .collect()
}

/// Records as objects, as they stand in the files.
pub(super) fn readable(mut answer: Value) -> Value {
    if let Some(records) = answer.get_mut("records").and_then(Value::as_array_mut) {
        for record in records {
            if let Some(Ok(object @ Value::Object(_))) = record.as_str().map(serde_json::from_str) {
                *record = object;
            }
        }
    }
    answer
}

pub(super) fn excerpt(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
