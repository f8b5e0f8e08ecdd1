//! One component in the place of another: the same answers, and flows that go on.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use appflow_testkit::cases::{NAME, answers, differing, load};
use appflow_testkit::checker::operation_of;
use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::setup::{BOOTSTRAP_VARIABLE, SECRET_ARN, SecretsFile};
use appflow_testkit::upstream::{Script, Upstream};
use serde_json::{Value, json};

use crate::support::{TOKEN, ask, secrets, setup, with_secrets};
use crate::tool::{folder, guest, repository, stderr, tool};

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

/// The smallest connector in all languages, as the group of cases names them.
fn makes() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let cases = load(&root).unwrap();
    let case = cases.iter().find(|case| case.name.starts_with("swap/"));
    case.unwrap().spec.components.clone()
}

#[test]
fn the_smallest_connector_answers_byte_by_byte_alike_in_every_language() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let (setup, mut compared) = (setup(), 0);
    for case in load(&root).unwrap() {
        if !case.name.starts_with("swap/") {
            continue;
        }
        let (first, others) = case.spec.components.split_first().unwrap();
        let reference = answers(&setup, &case, first, None).unwrap();
        for component in others {
            let own = answers(&setup, &case, component, None).unwrap();
            let found = differing(&reference, &own, &[NAME]);
            let name = &case.name;
            assert!(
                found.is_empty(),
                "{name} with {component} and with {first}: {found:#?}"
            );
            compared += 1;
        }
    }
    assert!(compared >= 60, "{compared} comparisons");
}

/// The one function of a Lambda deployment after another: the file of the component is replaced, the process starts anew, and
/// what AppFlow holds (token, ARN of the secret, names of flow and run) stays.
struct Deployments {
    folder: tempfile::TempDir,
    secrets: SecretsFile,
    /// Address of the application; grants it too.
    upstream: Option<String>,
}

impl Deployments {
    fn new(upstream: Option<String>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            secrets: secrets(TOKEN),
            upstream,
        }
    }

    fn deploy(&self, component: &str) -> Lambda {
        let place = self.folder.path().join("connector.cwasm");
        std::fs::copy(setup().component(component).unwrap(), &place).unwrap();
        let mut config = with_secrets(component, &self.secrets)
            .env("APPFLOW_COMPONENT", place.display().to_string());
        if let Some(url) = &self.upstream {
            config = config.env("APPFLOW_LOCAL_TARGETS", url);
        }
        Lambda::start(config).unwrap()
    }

    /// One page: its records and the token of the next one.
    fn page(
        &self,
        lambda: &Lambda,
        entity: &str,
        token: Option<&str>,
    ) -> (Vec<Value>, Option<String>) {
        let context = json!({"apiVersion": "v1.0", "flowName": "flow-1", "executionId": "execution-1",
            "connectorProfileLabel": "profile-1",
            "credentials": {"secretArn": SECRET_ARN, "authenticationType": "OAuth2"},
            "connectorRuntimeSettings": {"upstream": self.upstream.as_deref().unwrap_or_default()}});
        let request = json!({"type": "QueryDataRequest", "entityIdentifier": entity, "maxResults": 2,
            "nextToken": token, "connectorContext": context});
        let (answer, _) = ask(lambda, &request);
        assert_eq!(answer["isSuccess"], true, "{answer}");
        let records = answer["records"].as_array().unwrap().iter();
        let records = records.map(|record| serde_json::from_str(record.as_str().unwrap()).unwrap());
        let next = answer["nextToken"].as_str().map(str::to_owned);
        (records.collect(), next)
    }

    /// All records, each page from another component: those named, in turn.
    fn in_turn(&self, components: &[&str], entity: &str) -> Vec<Value> {
        let (mut all, mut token) = (Vec::new(), None::<String>);
        for component in components.iter().cycle() {
            let lambda = self.deploy(component);
            let (records, next) = self.page(&lambda, entity, token.as_deref());
            assert!(!records.is_empty(), "{component} gave an empty page");
            all.extend(records);
            assert!(all.len() < 100, "{all:?}");
            match next {
                Some(next) => token = Some(next),
                None => break,
            }
        }
        all
    }
}

/// A deployment in the middle of a flow: the token of one component is good for the one that takes its place.
#[test]
fn swap_between_two_pages() {
    let makes = makes();
    let deployments = Deployments::new(None);
    let mut swaps = 0;
    for before in &makes {
        for after in makes.iter().filter(|after| *after != before) {
            let records = deployments.in_turn(&[before, after], "greeting");
            let ids: Vec<&Value> = records.iter().map(|record| &record["id"]).collect();
            assert_eq!(json!(ids), json!([0, 1, 2, 3, 4]), "{before}, then {after}");
            swaps += 1;
        }
    }
    assert!(swaps >= 20, "{swaps}");
}

/// One connector in all languages: it follows an application's cursors, with credentials.
const CURSORS: [&str; 5] = [
    "cursor",
    "c-cursor",
    "js-cursor",
    "qjs-cursor",
    "python-cursor",
];

/// With an application behind: pages of its own size, cut in the middle by AppFlow's, and a token that only the host knows.
#[test]
fn swap_between_two_pages_keeps_credentials_and_the_place_in_the_application() {
    let header = format!("Bearer {TOKEN}");
    let script = [("", "2"), ("2", "3"), ("3", "")].map(|(cursor, next)| {
        let query = if cursor.is_empty() { String::new() } else { format!("cursor = \"{cursor}\"") };
        let first = if cursor.is_empty() { 1 } else { cursor.parse::<u32>().unwrap() * 3 - 2 };
        let items: Vec<Value> = (first..first + 3)
            .map(|id| json!({"id": id, "home": {"city": format!("city {id}")}}))
            .collect();
        let body = json!({"items": items, "next": next});
        format!(
            "[[exchange]]\npath = \"/items\"\nquery = {{ {query} }}\nheader = {{ authorization = \"{header}\" }}\nbody = '{body}'\n"
        )
    });
    // The exchange without a cursor fits every request, so it comes last.
    let script: Script = toml::from_str(&script.iter().rev().cloned().collect::<String>()).unwrap();
    let mut asked = Vec::new();
    let pairs = CURSORS.map(|before| CURSORS.map(|after| [before, after]));
    for components in pairs.as_flattened() {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::start(script.clone(), folder.path()).unwrap();
        let deployments = Deployments::new(Some(upstream.url()));
        let records = deployments.in_turn(components, "items");
        let expected: Vec<Value> = (1..=9)
            .map(|id| json!({"id": id, "city": format!("city {id}")}))
            .collect();
        assert_eq!(records, expected, "{components:?}");
        assert_eq!(
            upstream.unexpected(),
            Vec::<String>::new(),
            "{components:?}"
        );
        let requests = upstream.requests().into_iter();
        asked.push(
            requests
                .map(|seen| (seen.path, seen.query))
                .collect::<Vec<_>>(),
        );
    }
    // Neither AppFlow nor the application can tell who asked.
    assert!(
        asked.windows(2).all(|pair| pair[0] == pair[1]),
        "{asked:#?}"
    );
}

/// What `cargo xtask swap` shows for a component: it is told by the exit code too.
#[test]
fn the_program_says_what_differs() {
    let artifacts = guest("hello").with_extension("cwasm");
    let root = repository("tests/cases");
    let swap = |component: &str, group: &str| {
        let folder = folder();
        let programs = tool(folder.path()).get_program().to_owned();
        let output = Command::new(Path::new(&programs).with_file_name("swap"))
            .args(["--group", group])
            .arg("--cases")
            .arg(&root)
            .arg("--bootstrap")
            .arg(std::env::var_os(BOOTSTRAP_VARIABLE).unwrap())
            .arg("--component")
            .arg(setup().component(component).unwrap())
            .arg("--reference")
            .arg(&artifacts)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout.clone()).unwrap() + &stderr(&output);
        (output.status.code(), said)
    };
    let (code, said) = swap("minimal-c", "swap");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("13 cases: 13 alike, 0 not"), "{said}");
    // Another connector altogether.
    let (code, said) = swap("cursor", "swap");
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("connectorOwner: \"Tests\" instead of \"Example\""),
        "{said}"
    );
    let (code, said) = swap("minimal-c", "no-such-group");
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("there are: ") && said.contains("swap"),
        "{said}"
    );
}
