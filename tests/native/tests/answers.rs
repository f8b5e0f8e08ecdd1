//! The twin is worth measuring against only if it does the same: byte by byte.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use appflow_testkit::cases::{answers, load};
use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::server::{Server, answer};
use appflow_testkit::setup::{ARTIFACTS_VARIABLE, SECRET_ARN, SecretsFile, Setup};
use http::StatusCode;
use serde_json::{Value, json};

/// The host, and the twin with the same components: it looks at their names alone.
fn both() -> [Setup; 2] {
    let host = Setup::from_env();
    let host = host.unwrap_or_else(|error| panic!("{error:#}"));
    let artifacts = PathBuf::from(std::env::var_os(ARTIFACTS_VARIABLE).unwrap());
    [
        host,
        Setup::new(env!("CARGO_BIN_EXE_native"), artifacts).unwrap(),
    ]
}

/// Here the time of the invocation ends, and the host stops its guest before that can say so in its own words; nothing stops a
/// native connector. Code and form are the same.
const STOPPED: &str = "salesforce/fault-hold";

/// What must be the same.
fn compared(case: &str, answers: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let code = |answer: Vec<u8>| {
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        let message = answer["errorDetails"]["errorMessage"].take();
        assert!(message.is_string(), "{answer}");
        answer.to_string().into_bytes()
    };
    if case == STOPPED {
        answers.into_iter().map(code).collect()
    } else {
        answers
    }
}

#[test]
fn every_case_of_salesforce_gets_the_same_bytes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let mut cases = load(&root).unwrap();
    cases.retain(|case| case.name.starts_with("salesforce/"));
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let setups = both();
    let next = AtomicUsize::new(0);
    let differ: Vec<String> = std::thread::scope(|scope| {
        let compare = || {
            let mut differ = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let [host, native] = setups
                    .each_ref()
                    .map(|setup| answers(setup, case, "salesforce", None).unwrap())
                    .map(|answers| compared(&case.name, answers));
                if host != native || host.is_empty() {
                    differ.push(case.name.clone());
                }
            }
            differ
        };
        let other = scope.spawn(compare);
        let mut differ = compare();
        differ.extend(other.join().unwrap());
        differ
    });
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// What is compared in the table: both programs, and both ways of reading a page.
#[test]
fn a_page_is_the_same_whoever_picks_its_fields() {
    let fields = ["Id", "Name", "NumberOfEmployees", "IsDeleted"];
    let mut full: Value = json!({"attributes": {"type": "Account"}, "Other": [1]});
    for name in fields {
        full[name] = json!("1 \"ü\"\n");
    }
    let mut plain = full.clone();
    plain["Name"] = Value::Null;
    plain["NumberOfEmployees"] = json!(12);
    plain["IsDeleted"] = json!(false);
    let text = json!({"totalSize": 2, "records": [full, plain]}).to_string();
    let application = Server::start(move |_| {
        let text = text.clone();
        async move { answer(StatusCode::OK, "application/json", text) }
    })
    .unwrap();
    let secrets =
        SecretsFile::create(&[("accessToken".to_owned(), "token".to_owned())].into()).unwrap();
    let mut pages = Vec::new();
    for setup in both() {
        let config = setup
            .function("bench-rust")
            .unwrap()
            .env("APPFLOW_SECRETS_FILE", secrets.path().display().to_string())
            .env(
                "APPFLOW_LOCAL_TARGETS",
                format!("bench.example.com=http://{}", application.address()),
            );
        let lambda = Lambda::start(config).unwrap();
        for parse in ["host", "own"] {
            let settings = json!({"url": "https://bench.example.com/records", "parse": parse});
            let request = json!({"type": "QueryDataRequest", "entityIdentifier": "records", "maxResults": 10,
                "selectedFieldNames": fields,
                "connectorContext": {"apiVersion": "v1", "connectorRuntimeSettings": settings,
                    "credentials": {"secretArn": SECRET_ARN, "authenticationType": "OAuth2"}}});
            let invoked = lambda.invoke(request.to_string().as_bytes()).unwrap();
            assert_eq!(invoked.function_error, None, "{:#?}", invoked.log);
            pages.push(String::from_utf8(invoked.payload).unwrap());
        }
    }
    let answer: Value = serde_json::from_str(&pages[0]).unwrap();
    let record = |number: usize| -> Value {
        serde_json::from_str(answer["records"][number].as_str().unwrap()).unwrap()
    };
    assert_eq!(record(0)["Name"], "1 \"ü\"\n");
    assert_eq!(record(1)["NumberOfEmployees"], 12);
    assert_eq!(record(1).as_object().map(serde_json::Map::len), Some(4));
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:#?}");
}
