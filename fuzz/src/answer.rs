//! Answers: what a connector said is either refused by the host's own check, or written so that AppFlow can decode it, and
//! it says the same.
//!
//! The first byte chooses the operation; the rest is an answer, or the text of an error.

use appflow_host::appflow::{
    Answer, ErrorCode, ErrorDetails, Identity, Operation, QueryDataAnswer, RetrieveDataAnswer,
    Severity, decode_answer, encode, encode_failure, validate,
};
use appflow_testkit::checker;
use serde_json::{Value, json};

pub(crate) fn run(data: &[u8]) {
    let [first, body @ ..] = data else { return };
    let operations = Operation::ALL;
    let Some(operation) = operations
        .iter()
        .copied()
        .nth(usize::from(*first) % operations.len())
    else {
        return;
    };
    match decode_answer(operation, body) {
        Err(error) => crate::assert_one_line("refusal", &error.message),
        Ok(Ok(answer)) => written(operation, &answer),
        Ok(Err(details)) => failed(operation, &details),
    }
    failed(
        operation,
        &ErrorDetails::new(ErrorCode::ServerError, String::from_utf8_lossy(body)),
    );
}

/// Whether the records are what the page would have let through.
fn are_objects(answer: &Answer) -> bool {
    let (Answer::QueryData(QueryDataAnswer { records, .. })
    | Answer::RetrieveData(RetrieveDataAnswer { records })) = answer
    else {
        return true;
    };
    let texts: Vec<String> =
        serde_json::from_slice(&[b"[", records.inside(), b"]"].concat()).unwrap_or_default();
    texts
        .iter()
        .all(|text| serde_json::from_str::<Value>(text).is_ok_and(|record| record.is_object()))
}

fn written(operation: Operation, answer: &Answer) {
    if !are_objects(answer) {
        return;
    }
    let problems = validate(answer);
    if problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return;
    }
    let bytes = encode(Some(operation), Ok(answer));
    let again = decode_answer(operation, &bytes);
    assert!(again.is_ok(), "{again:?}");
    // Messages are made fit on the way out, so the second writing is the one that must be the same.
    if let Ok(Ok(again)) = &again {
        assert_eq!(encode(Some(operation), Ok(again)), bytes);
    }
    // Warnings are about what AppFlow documents and does not enforce; the checker insists on it. It also compares results of
    // a write with a request, and insists on texts that were made fit where they came from the connector.
    let is_alone = !matches!(
        answer,
        Answer::WriteData(_) | Answer::ValidateConnectorRuntimeSettings(_)
    );
    if problems.is_empty() && is_alone {
        let mut found = checker::check(operation.name(), &asking(operation), &bytes);
        // What is inside of records is the page's affair: target `emit-json`.
        found.retain(|problem| !problem.path.starts_with("records["));
        assert!(found.is_empty(), "{found:?}");
    }
}

fn failed(operation: Operation, details: &ErrorDetails) {
    if details.code == ErrorCode::PartialWriteFailure && operation != Operation::WriteData {
        return;
    }
    let identity = Identity {
        owner: "Tests",
        name: "Fuzz",
        version: "1.0.0",
    };
    let bytes = encode_failure(Some(operation), details, Some(identity));
    let found = checker::check(operation.name(), &asking(operation), &bytes);
    assert!(found.is_empty(), "{found:?}");
}

/// A request that asks for as much as there is.
fn asking(operation: Operation) -> Value {
    json!({"type": operation.request_type(), "maxResults": u32::MAX, "maxResult": u32::MAX})
}
