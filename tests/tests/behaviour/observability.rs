//! Metrics, sampling, lines of failures, and the trace an invocation belongs to, on the binary that ships.

use std::path::Path;
use std::process::Command;

use appflow_testkit::emf;
use appflow_testkit::fakes::{JsonAnswer, JsonService};
use appflow_testkit::runtime_api::{FunctionConfig, Invoked, Lambda};
use appflow_testkit::setup::{ARTIFACTS_VARIABLE, SECRET_ARN};
use appflow_testkit::upstream::{Script, Upstream};
use serde_json::{Value, json};

use crate::support::{TOKEN, ask, function, query, secrets, with_secrets};

fn parsed(log: &[String]) -> Vec<Value> {
    log.iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect()
}

/// The metrics of an invocation, and its own line.
fn figures(invoked: &Invoked) -> (Value, Value) {
    let lines = parsed(&invoked.log);
    let one = |choose: &dyn Fn(&Value) -> bool| -> Value {
        let found: Vec<&Value> = lines.iter().filter(|line| choose(line)).collect();
        assert_eq!(found.len(), 1, "{:#?}", invoked.log);
        found[0].clone()
    };
    (
        one(&emf::is_document),
        one(&|line| line["message"] == "invocation"),
    )
}

fn metered(config: FunctionConfig) -> Lambda {
    Lambda::start(config.env("APPFLOW_METRICS", "emf")).unwrap()
}

fn application(script: &str) -> Upstream {
    let script: Script = toml::from_str(script).unwrap();
    Upstream::start(script, Path::new(".")).unwrap()
}

#[test]
fn each_invocation_has_its_metrics_beside_its_line() {
    let secrets = secrets(TOKEN);
    let lambda =
        metered(with_secrets("hostile", &secrets).env("APPFLOW_METRICS_NAMESPACE", "Team/X"));
    for round in 0..2 {
        let (_, invoked) = ask(&lambda, &query("good", json!({})));
        let (metrics, line) = figures(&invoked);
        assert_eq!(
            metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"],
            "Team/X"
        );
        let expected = json!({"connector": "hostile", "operation": "QueryData", "entity": "good",
            "request_id": invoked.request_id, "Records": 3, "AnswerBytes": invoked.payload.len(), "Failures": 0,
            "ColdStart": u8::from(round == 0), "UpstreamCalls": 0, "RequestsPerRecord": 0.0, "Refusals": 0, "Retries": 0});
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&metrics[name], value, "{name} in {metrics}");
        }
        for (metric, member) in [
            ("Duration", "wall_ms"),
            ("GuestTime", "guest_ms"),
            ("PeakMemory", "memory_bytes"),
            ("HeldBytes", "held_bytes"),
            ("WaitTime", "wait_ms"),
        ] {
            assert_eq!(metrics[metric], line[member], "{metric}");
        }
        let root = line["trace_id"].as_str().unwrap();
        assert!(
            invoked.trace_header.contains(&format!("Root={root};")),
            "{line}"
        );
        assert_eq!(metrics["trace_id"], root);
        let size = metrics.to_string().len();
        assert!(size < 2048, "{size} bytes of metrics");
    }
}

#[test]
fn metrics_are_on_in_lambda_and_off_elsewhere_and_do_not_hang_on_the_level() {
    let request = json!({"type": "DescribeConnectorConfigurationRequest"});
    let documents = |config: FunctionConfig| {
        let (_, invoked) = ask(&Lambda::start(config).unwrap(), &request);
        parsed(&invoked.log)
            .iter()
            .filter(|line| emf::is_document(line))
            .count()
    };
    let lambda = || function("hello").env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    assert_eq!(documents(function("hello")), 0);
    assert_eq!(documents(lambda()), 1);
    assert_eq!(documents(lambda().env("APPFLOW_METRICS", "off")), 0);
    assert_eq!(documents(lambda().env("APPFLOW_LOG", "error")), 1);
}

#[test]
fn invented_entities_make_no_metrics_of_their_own() {
    let secrets = secrets(TOKEN);
    let lambda = metered(with_secrets("hostile", &secrets));
    let entity = |name: &str| {
        let (answer, invoked) = ask(&lambda, &query(name, json!({})));
        (
            figures(&invoked).0["entity"].clone(),
            answer["isSuccess"] == true,
        )
    };
    assert_eq!(entity("error-access-denied"), (json!("other"), false));
    assert_eq!(entity("invented-1"), (json!("other"), false));
    assert_eq!(entity("good"), (json!("good"), true));
}

#[test]
fn a_failure_is_counted_and_a_request_nobody_can_read_too() {
    let secrets = secrets(TOKEN);
    let lambda = metered(with_secrets("hostile", &secrets));
    let (_, invoked) = ask(&lambda, &query("error-rate-limit-exceeded", json!({})));
    let (metrics, line) = figures(&invoked);
    let found = [
        &metrics["Failures"],
        &metrics["Throttled"],
        &metrics["code"],
    ];
    assert_eq!(found, [&json!(1), &json!(1), &line["code"]], "{metrics}");
    let invoked = lambda.invoke(b"rubbish").unwrap();
    let (metrics, _) = figures(&invoked);
    assert_eq!(
        (&metrics["operation"], &metrics["Failures"]),
        (&json!("unknown"), &json!(1))
    );
}

#[test]
fn a_setting_that_cannot_be_is_refused_at_the_start() {
    for (name, value) in [
        ("APPFLOW_METRICS", "statsd"),
        ("APPFLOW_METRICS_NAMESPACE", "AWS/AppFlow"),
        ("APPFLOW_LOG_SAMPLE", "2"),
        ("APPFLOW_LOG_ON_FAILURE", "always"),
    ] {
        let lambda = Lambda::start(function("hello").env(name, value)).unwrap();
        let invoked = lambda.invoke(b"{}").unwrap();
        assert!(invoked.function_error.is_some(), "{name}={value}");
        let log = lambda.logs().unwrap().concat();
        assert!(log.contains(name) && log.contains(value), "{log}");
    }
}

#[test]
fn a_sample_is_logged_at_debug_and_a_failure_says_what_led_to_it() {
    let secrets = secrets(TOKEN);
    let messages = |settings: &[(&str, &str)], entity: &str| {
        let mut config = with_secrets("hostile", &secrets);
        for (name, value) in settings {
            config = config.env(*name, *value);
        }
        let (_, invoked) = ask(&Lambda::start(config).unwrap(), &query(entity, json!({})));
        let lines = parsed(&invoked.log);
        assert!(
            lines
                .iter()
                .all(|line| line["request_id"] == json!(invoked.request_id)),
            "{lines:#?}"
        );
        let messages: Vec<String> = lines
            .iter()
            .map(|line| line["message"].as_str().unwrap().to_owned())
            .collect();
        messages
    };
    let quiet = ["invocation"];
    assert_eq!(messages(&[], "good"), quiet);
    assert_eq!(messages(&[("APPFLOW_LOG_SAMPLE", "0")], "good"), quiet);
    let sampled = messages(&[("APPFLOW_LOG_SAMPLE", "1")], "good");
    assert_eq!(
        sampled,
        [
            "the secret was fetched",
            "guest.start",
            "guest.call",
            "invocation"
        ]
    );
    let on_failure = [("APPFLOW_LOG_ON_FAILURE", "debug")];
    assert_eq!(messages(&on_failure, "good"), quiet);
    assert_eq!(
        messages(&on_failure, "error-access-denied"),
        [
            "the secret was fetched",
            "guest.start",
            "guest.call",
            "invocation"
        ]
    );
    assert_eq!(messages(&[], "error-access-denied"), quiet);
}

#[test]
fn a_request_to_the_application_leaves_its_span_without_path_or_query() {
    let application =
        application("[[exchange]]\npath = '/echo'\nstatus = 404\nbody = 'CANARY-BODY'\n");
    let secrets = secrets(TOKEN);
    let config = with_secrets("hostile", &secrets)
        .env("APPFLOW_LOCAL_TARGETS", application.url())
        .env("APPFLOW_LOG", "debug");
    let lambda = Lambda::start(config).unwrap();
    let (_, invoked) = ask(
        &lambda,
        &query("checked-echo", json!({"upstream": application.url()})),
    );
    let lines = parsed(&invoked.log);
    let span = lines
        .iter()
        .find(|line| line["message"] == "upstream.request")
        .unwrap();
    let host = application.url().replace("http://", "");
    let expected = json!({"http.request.method": "GET", "server.address": host, "http.response.status_code": 404,
        "http.request.resend_count": 0, "error.type": "404", "request_id": invoked.request_id});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&span[name], value, "{name} in {span}");
    }
    assert!(span["duration_ms"].is_number(), "{span}");
    assert!(
        !invoked.log.concat().contains("/echo"),
        "{:#?}",
        invoked.log
    );
}

/// A request for which the guest asks the application, and an application that answers.
fn echo(application: &Upstream) -> Value {
    query("message-echo", json!({"upstream": application.url()}))
}

#[test]
fn the_trace_goes_on_to_aws_and_not_to_the_application() {
    let secret = json!({"Name": "s", "ARN": SECRET_ARN, "SecretString": json!({"accessToken": TOKEN}).to_string()});
    let service = JsonService::start([JsonAnswer::Ok(secret)]).unwrap();
    let application = application("[[exchange]]\npath = '/echo'\nbody = 'welcome'\n");
    let config = function("hostile")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", service.url())
        .env("APPFLOW_LOCAL_TARGETS", application.url());
    let lambda = Lambda::start(config).unwrap();
    let mut traces = Vec::new();
    for arn in [SECRET_ARN.to_owned(), SECRET_ARN.replace("demo", "other")] {
        let mut request = echo(&application);
        request["connectorContext"]["credentials"]["secretArn"] = json!(arn);
        let (_, invoked) = ask(&lambda, &request);
        traces.push(invoked.trace_header);
    }
    let passed: Vec<String> = service
        .calls()
        .into_iter()
        .map(|call| call.trace_id)
        .collect();
    assert_eq!(passed, traces);
    assert_ne!(traces[0], traces[1]);
    let seen = application.requests();
    assert_eq!(seen.len(), 2);
    assert!(
        seen.iter()
            .all(|seen| !seen.headers.contains_key("x-amzn-trace-id")),
        "{seen:#?}"
    );
}

#[test]
fn the_application_is_told_the_trace_if_the_manifest_says_so_and_the_operator_does_not_object() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let text =
        "[connector]\nname = \"traced\"\nversion = \"0.1.0\"\n[egress]\ntrace-header = true\n";
    std::fs::write(file("traced.toml"), text).unwrap();
    let guests = std::env::var(ARTIFACTS_VARIABLE).unwrap();
    let hostile = Path::new(&guests)
        .join("hostile.wasm")
        .display()
        .to_string();
    let (manifest, component, compiled) = (
        file("traced.toml"),
        file("traced.wasm"),
        file("traced.cwasm"),
    );
    for arguments in [
        [
            "embed",
            &hostile,
            "--manifest",
            &manifest,
            "--output",
            &component,
        ]
        .as_slice(),
        &["compile", &component, "--output", &compiled],
    ] {
        let tool =
            std::env::var("APPFLOW_TEST_TOOL").expect("run `cargo xtask test`, which sets it");
        let output = Command::new(tool).args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let application = application("[[exchange]]\npath = '/echo'\nbody = 'welcome'\n");
    let secrets = secrets(TOKEN);
    let told = |objection: &str| {
        application.clear_requests();
        let config = with_secrets("hostile", &secrets)
            .env("APPFLOW_COMPONENT", &compiled)
            .env("APPFLOW_TRACE_HEADER", objection)
            .env("APPFLOW_LOCAL_TARGETS", application.url());
        let lambda = Lambda::start(config).unwrap();
        let (_, invoked) = ask(&lambda, &echo(&application));
        let seen = application.requests();
        assert_eq!(seen.len(), 1);
        (
            seen[0].headers.get("x-amzn-trace-id").cloned(),
            invoked.trace_header,
        )
    };
    let (header, trace) = told("");
    assert_eq!(header, Some(trace));
    assert_eq!(told("false").0, None);
}
