//! Starting the process: what it must find, what it refuses, and that what cannot start says why.

use appflow_testkit::runtime_api::{FunctionConfig, Lambda};
use serde_json::json;

use crate::support::{
    TOKEN, ask, code, function, good_records, query, secrets, setup, with_secrets,
};

/// Invokes a function that cannot answer; Lambda's report and the log.
fn failure(config: FunctionConfig) -> String {
    let lambda = Lambda::start(config).unwrap();
    let invoked = lambda
        .invoke(b"{\"type\":\"DescribeConnectorConfigurationRequest\"}")
        .unwrap();
    let error = invoked.function_error.expect("it must not start");
    format!(
        "{} {} {}",
        error.error_type,
        error.message,
        invoked.log.join("\n")
    )
}

#[test]
fn without_a_component_the_process_says_which_file_it_wants() {
    let config = function("hello").env("APPFLOW_COMPONENT", "/nowhere/connector.cwasm");
    let report = failure(config);
    assert!(report.contains("/nowhere/connector.cwasm"), "{report}");
}

#[test]
fn a_file_that_is_no_compiled_component_is_refused_before_it_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(setup().component("hello").unwrap()).unwrap();
    let half = good[..good.len() / 2].to_vec();
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("text", b"not a component".to_vec()),
        ("half", half),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let report =
            failure(function("hello").env("APPFLOW_COMPONENT", path.display().to_string()));
        assert!(report.contains(name), "{name}: {report}");
        assert!(!report.contains("panicked"), "{name}: {report}");
    }
}

#[test]
fn switches_for_local_runs_are_refused_in_lambda() {
    let secrets = secrets(TOKEN);
    for (name, value) in [
        ("APPFLOW_LOCAL_TARGETS", "http://127.0.0.1:9".to_owned()),
        ("APPFLOW_SECRETS_FILE", secrets.path().display().to_string()),
        ("APPFLOW_FAULTS", "1=dns".to_owned()),
    ] {
        let config = function("hello")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env(name, value);
        let report = failure(config);
        assert!(report.contains(name), "{report}");
    }
    let lambda =
        Lambda::start(function("hello").env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"))
            .unwrap();
    let (answer, _) = ask(
        &lambda,
        &json!({"type": "DescribeConnectorConfigurationRequest"}),
    );
    assert_eq!(answer["isSuccess"], true, "{answer}");
}

#[test]
fn started_by_hand_the_process_says_what_it_is_for() {
    let bootstrap = std::env::var(appflow_testkit::setup::BOOTSTRAP_VARIABLE).unwrap();
    let output = std::process::Command::new(bootstrap)
        .env_clear()
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("AWS_LAMBDA_RUNTIME_API is not set") && said.contains("appflow-wasm invoke"),
        "{said}"
    );
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn local_targets_beyond_this_machine_are_refused() {
    for target in [
        "http://10.0.0.1:80",
        "https://example.com",
        "login.salesforce.com=http://10.1.1.1:80",
        "rubbish",
    ] {
        let report = failure(function("hello").env("APPFLOW_LOCAL_TARGETS", target));
        assert!(
            report.contains("APPFLOW_LOCAL_TARGETS"),
            "{target}: {report}"
        );
    }
}

#[test]
fn one_process_serves_many_invocations_and_a_new_one_goes_on_where_it_ended() {
    let secrets = secrets(TOKEN);
    let lambda = Lambda::start(with_secrets("hostile", &secrets)).unwrap();
    let mut peak = Vec::new();
    for round in 0..200 {
        let entity = ["good", "panic", "exit", "abort", "error-server-error"][round % 5];
        let (answer, invoked) = ask(&lambda, &query(entity, json!({})));
        assert_eq!(answer["isSuccess"], entity == "good", "{answer}");
        peak.push(invoked.max_memory_kib);
    }
    assert_eq!(lambda.starts(), 1);
    let (early, late) = (peak[40], peak[199]);
    assert!(
        late < early + 16 * 1024,
        "memory grew from {early} to {late} KiB over 160 invocations"
    );
}

#[test]
fn a_secret_that_is_missing_or_broken_is_told_without_its_contents() {
    let secrets = secrets(TOKEN);
    let lambda = Lambda::start(with_secrets("hostile", &secrets)).unwrap();
    // A guest that needs no credentials is not kept from working by a secret it does not use.
    std::fs::write(secrets.path(), "{\"CANARY-BROKEN").unwrap();
    let request = query("message-credentials", json!({}));
    let (answer, _) = ask(&lambda, &request);
    assert_eq!(answer["isSuccess"], false, "{answer}");
    assert!(
        !lambda.logs().unwrap().concat().contains("CANARY"),
        "{:#?}",
        lambda.logs()
    );
    secrets
        .replace(&[("accessToken".to_owned(), TOKEN.to_owned())].into())
        .unwrap();
    let (answer, _) = ask(&lambda, &query("good", json!({})));
    assert_eq!(
        (answer["records"].clone(), code(&answer)),
        (good_records(), "")
    );
}
