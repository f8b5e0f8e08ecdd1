//! The contract cases.

use std::collections::BTreeSet;
use std::path::Path;

use appflow_testkit::cases::{CHOICE_VARIABLE, load, run_all, unused};
use appflow_testkit::checker::{ERROR_CODES, OPERATIONS, operation_of};
use appflow_testkit::setup::Setup;
use serde_json::Value;

#[test]
fn every_case_folder_gets_its_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    match Setup::from_env().and_then(|setup| run_all(&setup, &root, |_| true)) {
        Ok(runs) => println!("{runs} runs of cases"),
        Err(error) => panic!("{error:#}"),
    }
    // Some cases alone tell nothing of what all of them need.
    if std::env::var_os(CHOICE_VARIABLE).is_none() {
        for plugin in ["github", "hello", "kinto", "salesforce", "stripe"] {
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
    for component in ["github", "kinto", "salesforce", "stripe", "hostile"] {
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
