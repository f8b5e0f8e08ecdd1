//! The tool for authors: what it compiles, what it refuses so that it never reaches Lambda, and what it runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use appflow_testkit::runtime_api::Lambda;
use serde_json::{Value, json};

use crate::support::function;

/// Path of the tool `appflow-wasm`.
const TOOL_VARIABLE: &str = "APPFLOW_TEST_TOOL";

/// A processor that this machine does not have.
const OTHER_PROCESSOR: &str = if cfg!(target_arch = "aarch64") {
    "x86_64"
} else {
    "arm64"
};

/// A guest as the compiler left it.
pub fn guest(name: &str) -> PathBuf {
    let artifacts = std::env::var(appflow_testkit::setup::ARTIFACTS_VARIABLE)
        .unwrap_or_else(|_| panic!("run `cargo xtask test`, which builds the guests"));
    PathBuf::from(artifacts).join(format!("{name}.wasm"))
}

/// A file of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The tool, in a folder of its own, so that no manifest lies beside anything by accident.
pub fn tool(folder: &Path) -> Command {
    let tool = std::env::var(TOOL_VARIABLE).unwrap_or_else(|_| {
        panic!("{TOOL_VARIABLE} is not set: run `cargo xtask test`, which sets it")
    });
    let mut command = Command::new(tool);
    command.current_dir(folder);
    command
}

pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Tries to compile a component, which must fail and leave nothing; what the tool says.
pub fn refusal_of(component: &Path, manifest: Option<&Path>) -> String {
    let folder = folder();
    let compiled = folder.path().join("refused.cwasm");
    let mut command = tool(folder.path());
    command.arg("compile").arg(component);
    if let Some(manifest) = manifest {
        command.arg("--manifest").arg(manifest);
    }
    let output = command.arg("--output").arg(&compiled).output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(!compiled.exists(), "it left a file: {message}");
    assert!(!message.contains("panicked"), "{message}");
    message
}

/// The same with a guest of the tests, by the manifest of another one.
fn refusal(name: &str) -> String {
    let manifest = repository("tests/guests/hostile/connector.toml");
    refusal_of(&guest(name), Some(&manifest))
}

/// A copy of the hello component in a folder without anything else, and without its manifest.
pub fn lonely_hello(folder: &Path) -> PathBuf {
    let copy = folder.join("hello.wasm");
    let mut component = std::fs::read(guest("hello")).unwrap();
    // The last section: an id, a length of one or two bytes, the name with its length, the manifest.
    let name = b"\x10appflow:manifest";
    let mut windows = component.windows(name.len());
    let at = windows.position(|window| window == name).unwrap();
    let length_bytes = if component.len() - at < 0x80 { 1 } else { 2 };
    component.truncate(at - length_bytes - 1);
    std::fs::write(&copy, component).unwrap();
    copy
}

/// Runs an operation of the compiled hello connector; exit code, answer and what was said beside it.
fn invoke(arguments: &[&str]) -> (Option<i32>, Value, String) {
    let folder = folder();
    let (operation, options) = arguments.split_first().unwrap();
    let output = tool(folder.path())
        .args(["invoke", operation])
        .arg(guest("hello").with_extension("cwasm"))
        .args(options)
        .output()
        .unwrap();
    let answer = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("standard output is not one answer: {error}: {output:?}"));
    (output.status.code(), answer, stderr(&output))
}

#[test]
fn a_component_of_another_contract_is_refused_with_both_versions() {
    let message = refusal("elsewhere");
    assert!(
        message.contains("0.9.0") && message.contains("0.1.0"),
        "{message}"
    );
}

#[test]
fn a_component_with_sockets_is_refused_with_what_to_use_instead() {
    let message = refusal("socketed");
    assert!(
        message.contains("wasi:sockets") && message.contains("appflow:connector/http"),
        "{message}"
    );
}

#[test]
fn a_component_without_a_manifest_is_refused_with_where_it_was_looked_for() {
    let folder = folder();
    let message = refusal_of(&lonely_hello(folder.path()), None);
    for part in ["manifest", "connector.toml", "--manifest"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_manifest_that_is_not_there_is_named() {
    let message = refusal_of(&guest("hello"), Some(Path::new("nowhere.toml")));
    assert!(message.contains("nowhere.toml"), "{message}");
}

#[test]
fn a_bad_manifest_is_refused_with_its_line() {
    let folder = folder();
    let manifest = folder.path().join("connector.toml");
    let begin = "[connector]\nname = \"hello\"\nversion = \"0.1.0\"\n\n[egress]\n";
    for (rest, line, says) in [
        ("host = []\n", 6, "`hosts`"),
        (
            "hosts = []\n\n[limits]\nmemory-mb = \"much\"\n",
            9,
            "memory-mb",
        ),
        ("hosts = [\n", 6, ""),
    ] {
        std::fs::write(&manifest, format!("{begin}{rest}")).unwrap();
        let message = refusal_of(&guest("hello"), Some(&manifest));
        assert!(
            message.contains(&format!("line {line}")) && message.contains(says),
            "{rest:?}: {message}"
        );
    }
}

#[test]
fn a_file_that_is_no_component_is_refused() {
    let folder = folder();
    let text = folder.path().join("text.wasm");
    std::fs::write(&text, "not a component").unwrap();
    let manifest = repository("plugins/hello/connector.toml");
    let message = refusal_of(&text, Some(&manifest));
    assert!(
        message.contains("text.wasm") && message.contains("WebAssembly"),
        "{message}"
    );
}

#[test]
fn a_component_for_another_processor_is_compiled_here_and_refused_when_started_here() {
    let folder = folder();
    let compiled = folder.path().join("other.cwasm");
    let output = tool(folder.path())
        .arg("compile")
        .arg(guest("hello"))
        .arg("--manifest")
        .arg(repository("plugins/hello/connector.toml"))
        .args(["--target", OTHER_PROCESSOR, "--output"])
        .arg(&compiled)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));

    let config = function("hello").env("APPFLOW_COMPONENT", compiled.display().to_string());
    let lambda = Lambda::start(config).unwrap();
    let request = json!({"type": "DescribeConnectorConfigurationRequest"});
    let invoked = lambda.invoke(request.to_string().as_bytes()).unwrap();
    assert!(invoked.function_error.is_some(), "it started");
    let log = lambda.logs().unwrap().join("\n");
    assert!(
        log.contains(&format!("compiled for {OTHER_PROCESSOR}")) && log.contains("--target"),
        "{log}"
    );
}

#[test]
fn what_is_compiled_without_a_target_starts_here() {
    let folder = folder();
    let component = lonely_hello(folder.path());
    // Beside the component, where the tool looks by itself.
    std::fs::copy(
        repository("plugins/hello/connector.toml"),
        folder.path().join("connector.toml"),
    )
    .unwrap();
    let output = tool(folder.path())
        .arg("compile")
        .arg(&component)
        .arg("--quiet")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!((output.stdout, output.stderr), (Vec::new(), Vec::new()));

    let compiled = component.with_extension("cwasm");
    let config = function("hello").env("APPFLOW_COMPONENT", compiled.display().to_string());
    let request = json!({"type": "DescribeConnectorConfigurationRequest"});
    let (answer, _) = crate::support::ask(&Lambda::start(config).unwrap(), &request);
    assert_eq!(answer["connectorName"], "Hello", "{answer}");
}

#[test]
fn invoke_answers_on_standard_output_and_sums_up_on_standard_error() {
    let (code, answer, summary) = invoke(&["query", "--entity", "greeting", "--limit", "2"]);
    assert_eq!(code, Some(0), "{summary}");
    assert_eq!(
        (&answer["isSuccess"], &answer["records"]),
        (
            &json!(true),
            &json!([
                "{\"id\":0,\"text\":\"Hello, Ada!\"}",
                "{\"id\":1,\"text\":\"Hello, Barbara!\"}"
            ])
        ),
        "{answer}"
    );
    let value = |name: &str| {
        let line = summary.lines().find(|line| line.trim().starts_with(name));
        line.unwrap_or_else(|| panic!("no line {name:?} in {summary}"))
            .trim()
            .strip_prefix(name)
            .unwrap()
            .trim()
            .to_owned()
    };
    assert_eq!(value("connector"), "hello 0.1.0");
    assert_eq!(value("records"), "2");
    for name in ["time", "memory", "answer", "requests"] {
        assert!(
            value(name).starts_with(|first: char| first.is_ascii_digit()),
            "{summary}"
        );
    }
}

#[test]
fn invoke_goes_on_from_the_token_of_the_page_before() {
    let (_, first, _) = invoke(&["query", "--entity", "greeting", "--limit", "4"]);
    let token = first["nextToken"].as_str().unwrap();
    let (code, last, _) = invoke(&["query", "--entity", "greeting", "--token", token]);
    assert_eq!((code, &last["nextToken"]), (Some(0), &Value::Null));
    assert_eq!(
        last["records"],
        json!(["{\"id\":4,\"text\":\"Hello, Karen!\"}"])
    );
}

#[test]
fn invoke_ends_with_1_for_an_answer_that_is_no_success() {
    for arguments in [
        &["query", "--entity", "greeting", "--token", "rubbish"][..],
        &["query", "--entity", "greeting", "--filter", "id ="],
        &["retrieve", "--entity", "greeting", "--id", "1"],
        &["write", "--entity", "greeting", "--record", "{}"],
    ] {
        let (code, answer, said) = invoke(arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        assert_eq!(
            (&answer["isSuccess"], &answer["errorDetails"]["errorCode"]),
            (&json!(false), &json!("InvalidArgument")),
            "{arguments:?}: {answer}"
        );
    }
}

#[test]
fn invoke_without_a_component_says_which_file_it_wants() {
    let folder = folder();
    let output = tool(folder.path())
        .args(["invoke", "describe", "nowhere.cwasm"])
        .output()
        .unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("nowhere.cwasm"), "{message}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn invoke_refuses_a_manifest_beside_a_compiled_component_instead_of_ignoring_it() {
    let folder = folder();
    let output = tool(folder.path())
        .args(["invoke", "describe"])
        .arg(guest("hello").with_extension("cwasm"))
        .arg("--manifest")
        .arg(repository("plugins/hello/connector.toml"))
        .output()
        .unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("connector.toml") && message.contains("compile it again"),
        "{message}"
    );
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn invoke_names_the_grants_that_were_not_asked() {
    let folder = folder();
    let said = |component: &str| {
        let output = tool(folder.path())
            .args(["invoke", "describe"])
            .arg(guest(component).with_extension("cwasm"))
            .output()
            .unwrap();
        stderr(&output)
    };
    let salesforce = said("salesforce");
    assert!(
        salesforce.contains("not asked") && salesforce.contains("in setting `instanceUrl`"),
        "{salesforce}"
    );
    assert!(!said("hello").contains("not asked"), "{}", said("hello"));
}

#[test]
fn invoke_follows_the_variables_of_the_operator() {
    let folder = folder();
    let run = |megabytes: &str| {
        tool(folder.path())
            .args(["invoke", "describe"])
            .arg(guest("hello").with_extension("cwasm"))
            .env("APPFLOW_MEMORY_MB", megabytes)
            .output()
            .unwrap()
    };
    let output = run("1");
    let said = stderr(&output);
    assert!(
        said.contains("narrowed by the operator: APPFLOW_MEMORY_MB=1"),
        "{said}"
    );
    assert!(said.contains(" of 1.05 MB"), "{said}");

    let output = run("99999");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(stderr(&output).contains("99999 is more than"), "{output:?}");
}

#[test]
fn invoke_makes_requests_fail_as_it_is_told() {
    let folder = folder();
    let secret = folder.path().join("secret.json");
    std::fs::write(&secret, "{\"accessToken\": \"token\"}").unwrap();
    let run = |fault: &str| {
        tool(folder.path())
            .args(["invoke", "query"])
            .arg(guest("salesforce").with_extension("cwasm"))
            .args(["--entity", "Account", "--fields", "Id"])
            .args(["--setting", "instanceUrl=https://acme.my.salesforce.com"])
            .arg("--secret")
            .arg(&secret)
            // Nobody listens there, so what is told of an answer is the fault's.
            .args([
                "--local-target",
                "acme.my.salesforce.com=http://127.0.0.1:1",
            ])
            .args(["--fault", fault])
            .output()
            .unwrap()
    };
    let output = run("1-=status:503");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let error = &answer["errorDetails"];
    assert_eq!(error["errorCode"], "ServiceUnavailable", "{answer}");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("503"), "{answer}");

    let summary = stderr(&output);
    assert!(
        summary.contains(" 3 of them again after a failure"),
        "{summary}"
    );

    let output = run("1-=status");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let said = stderr(&output);
    assert!(said.contains("rule 1"), "{said}");
}
