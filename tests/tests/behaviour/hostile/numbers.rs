//! Numbers and texts on the edge of JSON: passed on as they stand, to the byte, or refused. Never changed.

use std::sync::{Arc, Mutex};

use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::server::{Server, answer};
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{code, function};

use super::query;

/// Values that are JSON, however odd.
fn odd_values() -> Vec<String> {
    let digits = "1234567890".repeat(40);
    [
        "1e999",
        "-1e999",
        "1e-999",
        "-0",
        "-0.0",
        "0.1000000000000000055511151231257827",
        "1.0",
        "1E5",
        "1e+5",
        "9007199254740993",
        "18446744073709551616",
        "-9223372036854775809",
        "0.30000000000000004",
        "2.2250738585072011e-308",
        "\"\\u0000\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\/\"",
        "\"2025-01-31T12:00:00+00:00\"",
        "{\"a\":1,\"a\":2}",
        "[[[[]]]]",
        "{\"\":{}}",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([
        digits.clone(),
        format!("0.{digits}"),
        format!("-{digits}e{digits}"),
    ])
    .collect()
}

/// Values that look like JSON to somebody and are none.
const NO_VALUES: [&str; 25] = [
    "NaN",
    "nan",
    "Infinity",
    "-Infinity",
    "inf",
    "+1",
    "01",
    "-01",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x10",
    "1_000",
    "0b1",
    "'text'",
    "undefined",
    "True",
    "nil",
    "--1",
    "1 2",
    "\"\\x41\"",
    "\"\t\"",
    "[1,]",
    "{\"a\":1,}",
];

/// A connector, and an application that answers what it is told to.
struct Fixture {
    lambda: Lambda,
    server: Server,
    body: Arc<Mutex<Vec<u8>>>,
}

impl Fixture {
    fn start() -> Self {
        let body: Arc<Mutex<Vec<u8>>> = Arc::default();
        let shared = Arc::clone(&body);
        let server = Server::start(move |_| {
            let body = shared.lock().unwrap().clone();
            async move { answer(StatusCode::OK, "application/json", body) }
        })
        .unwrap();
        let config = function("hostile").env("APPFLOW_LOCAL_TARGETS", server.url());
        Self {
            lambda: Lambda::start(config).unwrap(),
            server,
            body,
        }
    }

    fn application_says(&self, body: impl Into<Vec<u8>>) {
        *self.body.lock().unwrap() = body.into();
    }

    /// The answer to one behaviour, which need not be one that AppFlow likes.
    fn behave(&self, behaviour: &str, mut settings: Value) -> Value {
        settings["upstream"] = json!(self.server.url());
        self.ask(&query(behaviour, settings).to_string())
    }

    fn ask(&self, request: &str) -> Value {
        let invoked = self.lambda.invoke(request.as_bytes()).unwrap();
        assert_eq!(invoked.function_error, None, "{:#?}", invoked.log);
        assert_eq!(self.lambda.starts(), 1, "the process ended");
        serde_json::from_slice(&invoked.payload).unwrap()
    }
}

fn records(answer: &Value) -> Vec<&str> {
    let records = answer["records"].as_array();
    let records = records.unwrap_or_else(|| panic!("no records: {answer}"));
    records
        .iter()
        .map(|record| record.as_str().unwrap())
        .collect()
}

#[test]
fn odd_values_of_the_application_arrive_as_they_were_written() {
    let values = odd_values();
    let given: Vec<String> = values
        .iter()
        .map(|value| format!("{{\"value\":{value},\"other\":0}}"))
        .collect();
    let expected: Vec<String> = values
        .iter()
        .map(|value| format!("{{\"value\":{value}}}"))
        .collect();
    let fixture = Fixture::start();
    fixture.application_says(format!("{{\"records\":[{}]}}", given.join(",")));
    let whole = fixture.behave("emit-answer", json!({}));
    assert_eq!(records(&whole), given);
    let picked = fixture.behave("pick-answer", json!({"pick": "value"}));
    assert_eq!(records(&picked), expected);
    for (number, record) in expected.iter().enumerate() {
        let pick = format!("/records/{number}/value");
        let taken = fixture.behave("value-of-answer", json!({"pick": pick}));
        assert_eq!(records(&taken), [record]);
    }
}

#[test]
fn odd_values_of_the_guest_arrive_as_they_were_written() {
    let fixture = Fixture::start();
    for value in odd_values() {
        let record = format!("{{\"value\":{value}}}");
        let answer = fixture.behave("emit-given", json!({"record": record}));
        assert_eq!(records(&answer), [record]);
    }
}

#[test]
fn what_is_no_json_is_refused_from_the_guest_and_from_the_application() {
    let fixture = Fixture::start();
    for value in NO_VALUES {
        let record = format!("{{\"value\":{value}}}");
        let answer = fixture.behave("emit-given", json!({"record": record}));
        assert_eq!(code(&answer), "InvalidArgument", "{value}: {answer}");
        fixture.application_says(format!("{{\"records\":[{record}]}}"));
        for (behaviour, pick) in [
            ("emit-answer", ""),
            ("pick-answer", "value"),
            ("value-of-answer", "/records/0/value"),
        ] {
            let answer = fixture.behave(behaviour, json!({"pick": pick}));
            assert_eq!(
                code(&answer),
                "ServerError",
                "{behaviour} of {value}: {answer}"
            );
        }
    }
}

#[test]
fn bytes_that_are_no_text_and_half_characters_are_errors_and_never_a_question_mark() {
    let fixture = Fixture::start();
    fixture.application_says(b"{\"records\":[{\"value\":\"\xff\xfe\"}]}".to_vec());
    for (behaviour, pick) in [
        ("emit-answer", ""),
        ("pick-answer", "value"),
        ("value-of-answer", "/records/0/value"),
        ("text-of-answer", "/records/0/value"),
    ] {
        let answer = fixture.behave(behaviour, json!({"pick": pick}));
        assert_eq!(code(&answer), "ServerError", "{behaviour}: {answer}");
    }
    // Half a surrogate pair is JSON by its grammar, so whole records keep it; as a text it cannot be had.
    fixture.application_says("{\"records\":[{\"value\":\"\\ud800\"}]}");
    let whole = fixture.behave("emit-answer", json!({}));
    assert_eq!(records(&whole), ["{\"value\":\"\\ud800\"}"]);
    let text = fixture.behave("text-of-answer", json!({"pick": "/records/0/value"}));
    assert_eq!(code(&text), "ServerError", "{text}");
}

#[test]
fn nesting_without_end_exhausts_no_stack() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let fixture = Fixture::start();
    fixture.application_says(format!("{{\"records\":[{{\"value\":{}}}]}}", deep(200_000)));
    for (behaviour, pick) in [
        ("emit-answer", ""),
        ("pick-answer", "value"),
        ("pick-answer", "/value/0/0/0/0"),
        ("value-of-answer", "/records/0/value"),
        ("text-of-answer", "/records/0/value/0/0"),
    ] {
        let answer = fixture.behave(behaviour, json!({"pick": pick}));
        // Each is a success with what is there, or a typed error; the process lives (see `ask`).
        assert!(
            ["", "ServerError"].contains(&code(&answer)),
            "{behaviour} {pick}: {answer}"
        );
    }
    // As deep as a filter of the length that is taken can be.
    let mut request = query("good", json!({}));
    request["filterExpression"] =
        json!(format!("{}a = 1{}", "(".repeat(45_000), ")".repeat(45_000)));
    let answer = fixture.ask(&request.to_string());
    assert_eq!(code(&answer), "InvalidArgument", "{answer}");
    let request = query("good", json!({})).to_string();
    let answer = fixture.ask(&request.replacen("{}", &deep(100_000), 1));
    assert_eq!(code(&answer), "InvalidArgument", "{answer}");
}
