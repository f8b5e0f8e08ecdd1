//! What the tool refuses to compile, so that it never reaches Lambda.

use std::path::PathBuf;
use std::process::Command;

/// Path of the tool `appflow-wasm`.
const TOOL_VARIABLE: &str = "APPFLOW_TEST_TOOL";

/// Tries to compile a guest that has no manifest of its own; what the tool says.
fn refusal(guest: &str) -> String {
    let tool = std::env::var(TOOL_VARIABLE).unwrap_or_else(|_| {
        panic!("{TOOL_VARIABLE} is not set: run `cargo xtask test`, which sets it")
    });
    let artifacts = std::env::var(appflow_testkit::setup::ARTIFACTS_VARIABLE)
        .unwrap_or_else(|_| panic!("run `cargo xtask test`, which builds the guests"));
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("guests/hostile/connector.toml");
    let folder = tempfile::tempdir().unwrap();
    let compiled = folder.path().join("refused.cwasm");
    let output = Command::new(tool)
        .arg("compile")
        .arg(PathBuf::from(artifacts).join(format!("{guest}.wasm")))
        .arg("--manifest")
        .arg(manifest)
        .arg("--output")
        .arg(&compiled)
        .output()
        .unwrap();
    assert!(!output.status.success(), "{guest} was compiled");
    assert!(!compiled.exists(), "{guest} left a file");
    String::from_utf8(output.stderr).unwrap()
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
