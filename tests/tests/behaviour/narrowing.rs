//! What an operator takes away from the manifest by variables, and that nothing can be added.

use appflow_testkit::runtime_api::Lambda;
use serde_json::json;

use crate::support::{TOKEN, ask, code, function, query, secrets, with_secrets};

/// Every variable with a value that the manifest of the hostile guest does not cover, and what the log must say.
const WIDENING: [(&str, &str, &str); 11] = [
    (
        "APPFLOW_EGRESS_HOSTS",
        "https://granted.example,https://elsewhere.example",
        "https://elsewhere.example",
    ),
    ("APPFLOW_MEMORY_MB", "65", "more than the 64"),
    ("APPFLOW_RESPONSE_BODY_MB", "9", "more than the 8"),
    ("APPFLOW_HELD_BODIES_MB", "25", "more than the 24"),
    ("APPFLOW_RETRIES", "4", "more than the 3"),
    ("APPFLOW_FIRST_BYTE_SECONDS", "26", "more than the 25"),
    ("APPFLOW_IDLE_SECONDS", "11", "more than the 10"),
    ("APPFLOW_CONNECTIONS_PER_HOST", "17", "more than the 16"),
    ("APPFLOW_READABLE", "true", "only be false"),
    ("APPFLOW_IN_BODIES", "true", "only be false"),
    ("APPFLOW_TRACE_HEADER", "true", "only be false"),
];

#[test]
fn widening_is_refused_at_start_with_a_line_in_the_log() {
    for (variable, value, says) in WIDENING {
        let lambda = Lambda::start(function("hostile").env(variable, value)).unwrap();
        let request = json!({"type": "DescribeConnectorConfigurationRequest"});
        let invoked = lambda.invoke(request.to_string().as_bytes()).unwrap();
        assert!(invoked.function_error.is_some(), "{variable} was followed");
        let log = lambda.logs().unwrap();
        let line = log.iter().find(|line| line.contains("cannot start"));
        let line = line.unwrap_or_else(|| panic!("no line in the log: {log:#?}"));
        assert!(
            line.contains("\"level\":\"ERROR\"") && line.contains(variable) && line.contains(says),
            "{line}"
        );
        assert_eq!(line.matches(says).count(), 1, "it is said twice: {line}");
    }
}

#[test]
fn a_host_that_the_operator_took_away_is_denied() {
    let secrets = secrets(TOKEN);
    // Nobody listens there: what is granted fails in another way.
    let config = with_secrets("hostile", &secrets).env(
        "APPFLOW_LOCAL_TARGETS",
        "granted.example=http://127.0.0.1:1",
    );
    let request = query(
        "body-as-text",
        json!({"upstream": "https://granted.example"}),
    );
    let (answer, _) = ask(&Lambda::start(config.clone()).unwrap(), &request);
    assert!(
        !["", "AccessDenied"].contains(&code(&answer)),
        "it is granted: {answer}"
    );

    let narrowed = Lambda::start(config.env("APPFLOW_EGRESS_HOSTS", "none")).unwrap();
    let (answer, _) = ask(&narrowed, &request);
    assert_eq!(code(&answer), "AccessDenied", "{answer}");
    let log = narrowed.logs().unwrap().concat();
    assert!(
        log.contains("narrowed by the operator: APPFLOW_EGRESS_HOSTS=none"),
        "{log}"
    );
}

#[test]
fn a_lowered_limit_holds() {
    let secrets = secrets(TOKEN);
    let memory = |megabytes: &str| {
        let config = with_secrets("hostile", &secrets).env("APPFLOW_MEMORY_MB", megabytes);
        let lambda = Lambda::start(config).unwrap();
        let (answer, _) = ask(&lambda, &query("good", json!({})));
        (answer["isSuccess"] == true, answer.to_string())
    };
    let (success, answer) = memory("64");
    assert!(success, "{answer}");
    let (success, answer) = memory("1");
    assert!(!success && answer.contains("memory"), "{answer}");
}
