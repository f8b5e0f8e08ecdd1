//! The contract cases.

use std::collections::BTreeSet;
use std::path::Path;

use appflow_testkit::cases::{CHOICE_VARIABLE, load, run_all, unused};
use appflow_testkit::checker::{ERROR_CODES, OPERATIONS, operation_of};
use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::setup::Setup;
use serde_json::{Value, json};

use crate::support::{ask, function, setup};

#[test]
fn every_case_folder_gets_its_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    match Setup::from_env().and_then(|setup| run_all(&setup, &root, |_| true)) {
        Ok(runs) => println!("{runs} runs of cases"),
        Err(error) => panic!("{error:#}"),
    }
    // Some cases alone tell nothing of what all of them need.
    if std::env::var_os(CHOICE_VARIABLE).is_none() {
        for plugin in ["hello", "kinto", "salesforce"] {
            let manifest = root
                .join("../../plugins")
                .join(plugin)
                .join("connector.toml");
            let unused = unused(plugin, &manifest).unwrap();
            assert!(
                unused.is_empty(),
                "no case of {plugin} needs its grants {unused:?}"
            );
        }
    }
}

/// What the folders promise as a whole: it is easy to lose one without noticing.
#[test]
fn the_cases_cover_every_operation_and_every_error_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let cases = load(&root).unwrap();
    let (mut operations, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for case in &cases {
        for step in &case.steps {
            let read = |path: &Path| -> Value {
                std::fs::read(path)
                    .ok()
                    .and_then(|bytes| serde_json::from_slice(&bytes).ok())
                    .unwrap_or_default()
            };
            if let Some(operation) = operation_of(&read(&step.request)) {
                operations.extend(
                    case.spec
                        .components
                        .iter()
                        .map(|component| (component.clone(), operation)),
                );
            }
            codes.extend(
                read(&step.answer)["errorDetails"]["errorCode"]
                    .as_str()
                    .map(str::to_owned),
            );
        }
    }
    for component in ["kinto", "salesforce", "hostile"] {
        for operation in OPERATIONS {
            let covered = operations.contains(&(component.to_owned(), operation));
            assert!(covered, "no case of {operation} for {component}");
        }
    }
    for code in ERROR_CODES {
        assert!(codes.contains(*code), "no case expects {code}");
    }
    let salesforce = cases
        .iter()
        .filter(|case| case.name.starts_with("salesforce/"))
        .count();
    assert!(
        salesforce >= 60,
        "{salesforce} cases of the Salesforce connector"
    );
}

/// What makes the cases of `swap` worth their name: each compares components with one and the same answer.
#[test]
fn every_case_of_swap_runs_over_several_components() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let cases = load(&root).unwrap();
    let swap: Vec<_> = cases
        .iter()
        .filter(|case| case.name.starts_with("swap/"))
        .collect();
    assert!(swap.len() >= 4, "{} cases of swap", swap.len());
    let mut operations = BTreeSet::new();
    for case in swap {
        let components: BTreeSet<&str> = case.spec.components.iter().map(String::as_str).collect();
        assert!(components.len() >= 2, "{}: {components:?}", case.name);
        let files: BTreeSet<Vec<u8>> = components
            .iter()
            .map(|name| std::fs::read(setup().component(name).unwrap()).unwrap())
            .collect();
        assert_eq!(files.len(), components.len(), "{}: a copy", case.name);
        let request = std::fs::read(&case.steps[0].request).unwrap();
        let request: Value = serde_json::from_slice(&request).unwrap();
        operations.extend(operation_of(&request));
    }
    for operation in [
        "ListEntities",
        "DescribeEntity",
        "QueryData",
        "RetrieveData",
    ] {
        assert!(operations.contains(operation), "no case of {operation}");
    }
}

/// A deployment in the middle of a flow: the token of one component is good for the one that takes its place.
#[test]
fn swap_between_two_pages() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("connector.cwasm");
    let start = |component: &str| {
        std::fs::copy(setup().component(component).unwrap(), &place).unwrap();
        let config = function(component).env("APPFLOW_COMPONENT", place.display().to_string());
        Lambda::start(config).unwrap()
    };
    let name = |lambda: &Lambda| {
        let request = json!({"type": "DescribeConnectorConfigurationRequest"});
        ask(lambda, &request).0["connectorName"].clone()
    };
    let page = |lambda: &Lambda, token: Option<&str>| {
        let context = json!({"apiVersion": "v1.0", "connectorRuntimeSettings": {}});
        let request = json!({"type": "QueryDataRequest", "entityIdentifier": "greeting", "maxResults": 2,
            "nextToken": token, "connectorContext": context});
        let (answer, _) = ask(lambda, &request);
        assert_eq!(answer["isSuccess"], true, "{answer}");
        let records: Vec<Value> = answer["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| {
                serde_json::from_str::<Value>(record.as_str().unwrap()).unwrap()["id"].clone()
            })
            .collect();
        (records, answer["nextToken"].as_str().map(str::to_owned))
    };
    for (before, after) in [("hello", "hello-raw"), ("hello-raw", "hello")] {
        let old = start(before);
        let old_name = name(&old);
        let (mut records, mut token) = page(&old, None);
        assert!(token.is_some(), "{before} answered everything at once");
        drop(old);
        let new = start(after);
        assert_ne!(name(&new), old_name, "it is still {before}");
        while let Some(current) = token {
            let (more, next) = page(&new, Some(&current));
            assert!(!more.is_empty(), "{after} gave an empty page");
            records.extend(more);
            token = next;
        }
        assert_eq!(
            Value::from(records),
            json!([0, 1, 2, 3, 4]),
            "{before}, then {after}"
        );
    }
}
