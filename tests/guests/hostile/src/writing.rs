//! Results of a write that do not belong to its records.

use crate::bindings::appflow::connector::common::{Context, Error};
use crate::bindings::exports::appflow::connector::destination::{WriteRequest, WriteResult};

/// Performs the behaviour named by the entity.
pub(crate) fn write(context: &Context, request: &WriteRequest) -> Result<Vec<WriteResult>, Error> {
    let written = |number: usize| WriteResult {
        record_id: format!("id-{number}"),
        error: None,
    };
    let failed = |message: &str| WriteResult {
        record_id: String::new(),
        error: Some(message.to_owned()),
    };
    let count = request.records.len();
    match request.entity.as_str() {
        "good" => Ok((1..=count).map(written).collect()),
        // AppFlow takes the results by their places, so one too few or too many makes all of them wrong.
        "too-few-results" => Ok((1..count).map(written).collect()),
        "too-many-results" => Ok((0..=count + 1).map(written).collect()),
        "no-results" => Ok(Vec::new()),
        // A failure in part, with a message that needs care.
        "half-fails" => Ok((1..=count)
            .map(|number| {
                if number % 2 == 0 {
                    failed("first\nsecond")
                } else {
                    written(number)
                }
            })
            .collect()),
        "all-fail" => Ok(request.records.iter().map(|_| failed("no")).collect()),
        "fails-without-a-reason" => Ok(request.records.iter().map(|_| failed("")).collect()),
        "fails-at-length" => Ok(request
            .records
            .iter()
            .map(|_| failed(&"x".repeat(5_000)))
            .collect()),
        // More text in results than an answer may hold.
        "results-too-large" => Ok((0..count)
            .map(|_| WriteResult {
                record_id: "x".repeat(20 << 20),
                error: None,
            })
            .collect()),
        // The message repeats the record, which nobody may see.
        "message-has-record" => Ok(request
            .records
            .iter()
            .map(|record| failed(record))
            .collect()),
        // The application refuses, and nobody looks.
        "unseen" => {
            let upstream = crate::setting(&context.settings, "upstream").unwrap_or_default();
            crate::circles::send("POST", upstream, "/records")?;
            Ok((1..=count).map(written).collect())
        }
        other => crate::perform(other, &context.settings, None).map(|_| Vec::new()),
    }
}
