//! How much a connector can write: so much, and then it is counted and dropped.

use appflow_testkit::runtime_api::{Invoked, Lambda};
use serde_json::{Value, json};

use super::query;
use crate::support::{ask, function};

/// Lines that the connector wrote, and the figures of what was dropped.
fn written(invoked: &Invoked) -> (usize, Value) {
    let lines: Vec<Value> = invoked
        .log
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["target"] == "connector")
        .collect();
    let (dropped, kept): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| !line["printed_bytes"].is_null());
    assert_eq!(dropped.len(), 1, "{dropped:#?}");
    (kept.len(), dropped[0].clone())
}

#[test]
fn of_twenty_thousand_log_lines_two_hundred_are_kept_and_the_others_counted() {
    let lambda = Lambda::start(function("hostile")).unwrap();
    let (answer, invoked) = ask(&lambda, &query("log-flood", json!({})));
    assert_eq!(answer["isSuccess"], true, "{answer}");
    let (kept, dropped) = written(&invoked);
    assert_eq!(kept, 200);
    assert_eq!(dropped["log_lines"], 20_000 - 200, "{dropped}");
}

#[test]
fn of_megabytes_of_output_a_few_lines_are_kept_and_the_others_counted() {
    let lambda = Lambda::start(function("hostile")).unwrap();
    let (answer, invoked) = ask(&lambda, &query("output-flood", json!({})));
    assert_eq!(answer["isSuccess"], true, "{answer}");
    let (kept, dropped) = written(&invoked);
    assert!(kept <= 200, "{kept} lines");
    let printed = 2 * 10_000 * 1_001;
    let bytes = dropped["printed_bytes"].as_u64().unwrap();
    assert!((printed - 20_000..printed).contains(&bytes), "{dropped}");
    let log: usize = invoked.log.iter().map(String::len).sum();
    assert!(log < 100_000, "{log} bytes of log");
}
