//! Lines as they come out, by level, sample and failure.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::{Level, Span};
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::telemetry::{TraceId, spans};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// What is written while `work` runs under these settings.
pub(crate) fn written(settings: LogSettings, work: impl FnOnce()) -> Vec<Value> {
    let written = Written::default();
    let writer = written.clone();
    let subscriber =
        tracing_subscriber::registry().with(Lines::new(settings, move || writer.clone()));
    tracing::subscriber::with_default(subscriber, work);
    written.lines()
}

fn invocation(request_id: &str, outcome: &'static str) {
    let trace = TraceId::parse(
        "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=53995c3f42cd8ad8;Sampled=1",
    );
    spans::invocation(request_id, trace.as_ref(), "c", true).in_scope(|| {
        tracing::debug!(target: "appflow_host", "a decision");
        spans::guest("call", "QueryData").in_scope(|| {
            tracing::debug!(target: "connector", fields = "{}", "deep inside");
            Span::current();
        });
        tracing::trace!(target: "appflow_host", "more");
        tracing::info!(target: "appflow_host", outcome, records = 3_u64, "invocation");
    });
}

fn messages(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        .collect()
}

#[test]
fn every_line_of_an_invocation_says_which_one_it_is() {
    let lines = written(LogSettings::at("trace"), || invocation("r-1", "success"));
    assert_eq!(
        messages(&lines),
        [
            "a decision",
            "deep inside",
            "guest.call",
            "more",
            "invocation"
        ]
    );
    for line in &lines {
        assert_eq!(line["request_id"], "r-1", "{line}");
        assert_eq!(
            line["trace_id"], "1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "{line}"
        );
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    assert_eq!(
        (&lines[4]["records"], &lines[4]["level"]),
        (&3.into(), &"INFO".into())
    );
    assert!(lines[2]["duration_ms"].is_number(), "{}", lines[2]);
    assert_eq!(lines[2]["appflow.operation"], "QueryData");
}

#[test]
fn the_level_holds_for_the_host_and_the_connector_and_libraries_are_heard_at_error_only() {
    let work = || {
        invocation("r-1", "success");
        tracing::warn!(target: "hyper", "CANARY-REQUEST");
        tracing::error!(target: "hyper", "broken");
    };
    assert_eq!(
        messages(&written(LogSettings::at("info"), work)),
        ["invocation", "broken"]
    );
    assert_eq!(
        messages(&written(LogSettings::at("error"), work)),
        ["broken"]
    );
    assert_eq!(
        messages(&written(LogSettings::at("nonsense"), work)),
        ["invocation", "broken"]
    );
}

#[test]
fn a_sample_of_the_invocations_is_logged_at_debug_and_always_the_same_ones() {
    let settings = LogSettings {
        sample: 0.25,
        ..LogSettings::default()
    };
    let run = || {
        written(settings, || {
            for number in 0..400 {
                invocation(&format!("request-{number}"), "success");
            }
        })
    };
    let (first, second) = (run(), run());
    let drawn = |lines: &[Value]| -> Vec<String> {
        lines
            .iter()
            .filter(|line| line["message"] == "a decision")
            .map(|line| line["request_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let count = drawn(&first).len();
    assert!((60..140).contains(&count), "{count} of 400 at a quarter");
    assert_eq!(drawn(&first), drawn(&second));
    // Whole invocations or nothing of them, and one line of each in any case.
    assert_eq!(first.len(), 400 + 3 * count);
    for (sample, expected) in [(0.0, 0), (1.0, 400)] {
        let lines = written(LogSettings { sample, ..settings }, || {
            (0..400).for_each(|number| invocation(&number.to_string(), "success"));
        });
        assert_eq!(drawn(&lines).len(), expected);
    }
}

#[test]
fn an_invocation_that_fails_says_what_led_to_it() {
    let settings = LogSettings {
        on_failure: Some(Level::DEBUG),
        ..LogSettings::default()
    };
    let lines = written(settings, || {
        invocation("good", "success");
        invocation("bad", "failure");
        invocation("good again", "success");
    });
    let of = |id: &str| {
        let found: Vec<Value> = lines
            .iter()
            .filter(|line| line["request_id"] == id)
            .cloned()
            .collect();
        messages(&found)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("good"), ["invocation"]);
    assert_eq!(
        of("bad"),
        ["a decision", "deep inside", "guest.call", "invocation"]
    );
    assert_eq!(of("good again"), ["invocation"]);
}

#[test]
fn what_is_kept_for_a_failure_is_bounded_and_its_end_is_kept() {
    let settings = LogSettings {
        on_failure: Some(Level::DEBUG),
        ..LogSettings::default()
    };
    let lines = written(settings, || {
        spans::invocation("r", None, "c", false).in_scope(|| {
            for number in 0..KEPT_LINES + 50 {
                tracing::debug!(target: "appflow_host", number, "step");
            }
            tracing::info!(target: "appflow_host", outcome = "failure", "invocation");
        });
    });
    assert_eq!(lines.len(), 1 + KEPT_LINES + 1);
    assert_eq!(lines[0]["lines"], 50);
    assert_eq!(lines[KEPT_LINES]["number"], KEPT_LINES + 49);
    let long = "x".repeat(KEPT_BYTES / 4);
    let lines = written(settings, || {
        spans::invocation("r", None, "c", false).in_scope(|| {
            (0..10).for_each(|_| tracing::debug!(target: "appflow_host", long, "step"));
            tracing::info!(target: "appflow_host", outcome = "failure", "invocation");
        });
    });
    assert_eq!(lines.len(), 1 + 3 + 1, "{} lines", lines.len());
}

#[test]
fn a_line_is_one_line_whatever_is_in_it() {
    let lines = written(LogSettings::at("info"), || {
        spans::invocation("r\n{\"a\":1}", None, "c", false).in_scope(|| {
            let text = "a\nb\"c\\\u{2028}\u{0}";
            tracing::info!(target: "appflow_host", request_id = "another", text, "first\nsecond");
        });
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["request_id"], "r\n{\"a\":1}");
    assert_eq!(lines[0]["message"], "first\nsecond");
    assert_eq!(lines[0]["text"], "a\nb\"c\\\u{2028}\u{0}");
}
