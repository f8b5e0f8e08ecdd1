//! Whether a line of the log is a document of CloudWatch's Embedded Metric Format.
//!
//! CloudWatch drops a document that is not, without a word to whoever wrote it; only a metric in `AWS/Logs` counts it.

use serde_json::Value;

use crate::json_schema::JsonSchema;

/// Largest document, in bytes: the limit of a log event.
const MAX_BYTES: usize = 256 * 1024;

/// Longest value of a dimension, in characters (CloudWatch API reference, `Dimension`).
const MAX_DIMENSION_VALUE: usize = 1024;

/// Whether the line means to be one.
pub fn is_document(line: &Value) -> bool {
    line.get("_aws").is_some()
}

/// What is wrong with a document; nothing for a good one.
///
/// # Panics
///
/// If the schema in `tests/data` is broken.
pub fn problems(document: &Value) -> Vec<String> {
    let mut found: Vec<String> = schema().problem(document).into_iter().collect();
    let size = document.to_string().len();
    if size > MAX_BYTES {
        found.push(format!("it has {size} bytes, more than {MAX_BYTES}"));
    }
    let directives = document["_aws"]["CloudWatchMetrics"].as_array();
    for directive in directives.into_iter().flatten() {
        let sets = directive["Dimensions"].as_array().into_iter().flatten();
        for name in sets.flat_map(|set| set.as_array().into_iter().flatten()) {
            let name = name.as_str().unwrap_or_default();
            match document.get(name).and_then(Value::as_str) {
                None => found.push(format!("dimension {name} has no text to refer to")),
                Some(value) if !is_dimension_value(value) => {
                    found.push(format!("dimension {name} has a value CloudWatch refuses"));
                }
                Some(_) => {}
            }
        }
        for metric in directive["Metrics"].as_array().into_iter().flatten() {
            let name = metric["Name"].as_str().unwrap_or_default();
            let is_number = document.get(name).is_some_and(|value| match value {
                Value::Array(values) => values.len() <= 100 && values.iter().all(Value::is_number),
                value => value.is_number(),
            });
            if !is_number {
                found.push(format!("metric {name} has no number to refer to"));
            }
        }
    }
    found
}

fn is_dimension_value(value: &str) -> bool {
    (1..=MAX_DIMENSION_VALUE).contains(&value.len())
        && value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        && !value.trim().is_empty()
}

#[allow(clippy::expect_used, reason = "the schema is a part of this crate")]
fn schema() -> JsonSchema {
    let text = include_str!("../data/emf.schema.json");
    let schema = serde_json::from_str(text).expect("the schema is JSON");
    JsonSchema::new(schema).expect("the schema is one")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::problems;

    /// The example of the specification.
    fn example() -> Value {
        json!({
            "_aws": {"Timestamp": 1_574_109_732_004_u64, "CloudWatchMetrics": [{
                "Namespace": "lambda-function-metrics", "Dimensions": [["functionVersion"]],
                "Metrics": [{"Name": "time", "Unit": "Milliseconds", "StorageResolution": 60}]}]},
            "functionVersion": "$LATEST", "time": 100, "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee"
        })
    }

    #[test]
    fn the_example_of_the_specification_is_good() {
        assert_eq!(problems(&example()), [""; 0]);
    }

    #[test]
    fn what_cloudwatch_would_drop_is_found() {
        let changes: [(&str, Value); 12] = [
            ("/_aws/Timestamp", json!("now")),
            ("/_aws/Timestamp", json!(1_574_109_732)),
            ("/_aws/CloudWatchMetrics/0/Namespace", json!("")),
            ("/_aws/CloudWatchMetrics/0/Dimensions", json!([])),
            ("/_aws/CloudWatchMetrics/0/Dimensions", json!([["nowhere"]])),
            (
                "/_aws/CloudWatchMetrics/0/Metrics/0/Unit",
                json!("Furlongs"),
            ),
            ("/_aws/CloudWatchMetrics/0/Metrics/0/Name", json!("nowhere")),
            ("/_aws/CloudWatchMetrics/0/Metrics", json!([])),
            ("/time", json!("100")),
            ("/functionVersion", json!("")),
            ("/functionVersion", json!("ü")),
            ("/functionVersion", json!("x".repeat(1025))),
        ];
        for (place, value) in changes {
            let mut document = example();
            if let Some(member) = document.pointer_mut(place) {
                *member = value.clone();
            }
            assert!(!problems(&document).is_empty(), "{place} = {value}");
        }
    }
}
