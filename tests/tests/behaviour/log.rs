//! The log: one line for each invocation, everything an operator asks for in it, nothing that must stay inside.

use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::upstream::{Script, Upstream};
use serde_json::{Value, json};

use crate::support::{TOKEN, ask, query, secrets, with_secrets};

/// The line of an invocation, and all others.
fn lines(log: &[String]) -> (Vec<Value>, Vec<Value>) {
    let parsed = log
        .iter()
        .map(|line| match serde_json::from_str::<Value>(line) {
            Ok(value) if value.is_object() => value,
            _ => panic!("a line of the log that is no JSON object: {line}"),
        });
    parsed.partition(|line| line["message"] == "invocation")
}

#[test]
fn each_invocation_leaves_one_line_with_its_figures() {
    let secrets = secrets(TOKEN);
    let lambda = Lambda::start(with_secrets("hostile", &secrets)).unwrap();
    for round in 0..3 {
        let (_, invoked) = ask(&lambda, &query("good", json!({})));
        let (found, _) = lines(&invoked.log);
        let [line] = found.as_slice() else {
            panic!("{} lines: {:#?}", found.len(), invoked.log)
        };
        let expected = json!({"request_id": invoked.request_id, "operation": "QueryData", "entity": "good",
            "flow": "flow-1", "execution": "execution-1", "profile": "profile-1", "outcome": "success",
            "records": 3, "bytes": invoked.payload.len(), "cold": round == 0, "level": "INFO"});
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&line[name], value, "{name} in {line}");
        }
        for name in ["wall_ms", "guest_ms", "memory_bytes", "upstream_calls"] {
            assert!(line[name].is_number(), "{name} in {line}");
        }
        assert!(
            line["wall_ms"].as_f64() >= line["guest_ms"].as_f64(),
            "{line}"
        );
        assert!(line["memory_bytes"].as_u64().unwrap() > 60_000, "{line}");
    }
}

#[test]
fn a_failure_is_in_its_line_with_its_code() {
    let secrets = secrets(TOKEN);
    let lambda = Lambda::start(with_secrets("hostile", &secrets)).unwrap();
    for (entity, code) in [
        ("error-access-denied", "AccessDenied"),
        ("panic", "UnknownError"),
    ] {
        let (_, invoked) = ask(&lambda, &query(entity, json!({})));
        let (found, _) = lines(&invoked.log);
        assert_eq!(found.len(), 1, "{:#?}", invoked.log);
        assert_eq!(
            (&found[0]["outcome"], &found[0]["code"]),
            (&json!("failure"), &json!(code))
        );
    }
}

#[test]
fn a_request_nobody_can_read_is_logged_too() {
    let lambda = Lambda::start(crate::support::function("hello")).unwrap();
    let invoked = lambda.invoke(b"CANARY-REQUEST {").unwrap();
    let (found, _) = lines(&invoked.log);
    assert_eq!(found.len(), 1, "{:#?}", invoked.log);
    assert_eq!(found[0]["outcome"], "failure");
    assert!(
        !invoked.log.concat().contains("CANARY"),
        "{:#?}",
        invoked.log
    );
}

#[test]
fn a_connectors_own_lines_are_joined_to_the_invocation_and_stay_one_line_each() {
    let secrets = secrets(TOKEN);
    let lambda = Lambda::start(with_secrets("hostile", &secrets)).unwrap();
    let (_, invoked) = ask(&lambda, &query("log-forgery", json!({})));
    let (found, others) = lines(&invoked.log);
    assert_eq!(found.len(), 1);
    let own: Vec<&Value> = others
        .iter()
        .filter(|line| line["target"] == "connector")
        .collect();
    assert!(own.len() >= 2, "{:#?}", invoked.log);
    for line in own {
        assert_eq!(line["request_id"], json!(invoked.request_id), "{line}");
        assert_ne!(line["level"], "ERROR", "{line}");
    }
}

#[test]
fn nothing_of_secrets_records_filters_and_answers_is_logged_at_any_level() {
    let script = "
        [[exchange]]
        path = '/records'
        body = '{\"records\": [{\"id\": 1, \"text\": \"CANARY-RECORD-1\"}]}'
        headers = { x-answer = 'CANARY-HEADER-1', set-cookie = 'CANARY-COOKIE-1' }
        [[exchange]]
        path = '/binary'
        status = 500
        body = 'CANARY-BODY-1'
    ";
    let upstream = Upstream::start(toml_script(script), std::path::Path::new(".")).unwrap();
    for level in ["info", "debug", "trace"] {
        let secrets = secrets(TOKEN);
        let config = with_secrets("hostile", &secrets)
            .env("APPFLOW_LOG", level)
            .env("APPFLOW_LOCAL_TARGETS", upstream.url());
        let lambda = Lambda::start(config).unwrap();
        for entity in [
            "emits-all",
            "no-json",
            "steal-by-denied-host",
            "spin-not-known",
        ] {
            let mut request = query(
                entity,
                json!({"upstream": upstream.url(), "hidden": "CANARY-SETTING-1"}),
            );
            request["filterExpression"] = json!("name = 'CANARY-FILTER-1'");
            ask(&lambda, &request);
        }
        let write = json!({"type": "WriteDataRequest", "entityIdentifier": "half-fails", "operation": "INSERT",
            "records": ["{\"name\":\"CANARY-RECORD-1\"}", "{\"name\":\"CANARY-RECORD-2\"}"],
            "connectorContext": request_context()});
        ask(&lambda, &write);
        let log = lambda.logs().unwrap();
        let leaking: Vec<&String> = log.iter().filter(|line| line.contains("CANARY")).collect();
        assert!(leaking.is_empty(), "at {level}: {leaking:#?}");
        assert!(log.len() >= 5, "at {level}: {log:#?}");
    }
}

fn request_context() -> Value {
    query("any", json!({}))["connectorContext"].clone()
}

fn toml_script(text: &str) -> Script {
    toml::from_str(text).unwrap()
}
