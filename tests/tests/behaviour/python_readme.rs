//! The commands of the README of the SDK for Python, run as a new user would: from an empty folder to a component.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::tool::{repository, tool};

/// Most commands that it may take.
const MOST: usize = 10;

#[test]
fn the_commands_of_the_readme_lead_to_a_tested_component() {
    let root = repository("").canonicalize().unwrap();
    let sdk = root.join("guest-sdk/python");
    let readme = fs::read_to_string(sdk.join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```sh\n").unwrap();
    let (commands, _) = rest.split_once("```").unwrap();
    assert!(commands.lines().count() <= MOST, "{commands}");
    let wheels = sdk.join(".venv/wheels");
    assert!(
        wheels.is_dir(),
        "{} does not exist; run `cargo xtask setup --language python`",
        wheels.display()
    );

    // The README says where the repository is; whatever pip needs is at hand.
    let home = tempfile::tempdir().unwrap();
    symlink(&root, home.path().join("appflow-wasm")).unwrap();
    let folder = home.path().join("work");
    fs::create_dir(&folder).unwrap();
    let tool = tool(&folder);
    let path = format!(
        "{}:{}",
        Path::new(tool.get_program()).parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new("bash")
        .args(["-eux", "-o", "pipefail", "-c", commands])
        .current_dir(&folder)
        .env("HOME", home.path())
        .env("PATH", path)
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", &wheels)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env_remove("PYTHONPATH")
        .env_remove("VIRTUAL_ENV")
        .output()
        .unwrap();
    let shown = format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("2 passed"), "its own tests ran: {shown}");
    assert!(
        shown.contains("\"entityIdentifier\": \"tickets\""),
        "{shown}"
    );
    assert!(folder.join("tickets/connector.cwasm").is_file());
}
