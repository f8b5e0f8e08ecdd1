//! The manifest inside of components and compiled files, and the card made from it.

use std::path::Path;
use std::process::Output;

use appflow_testkit::runtime_api::Lambda;
use serde_json::{Value, json};

use crate::support::{function, setup};
use crate::tool::{folder, guest, lonely_hello, refusal_of, repository, stderr, tool};

/// Runs the tool on a file.
fn run(arguments: &[&str], file: &Path) -> Output {
    let folder = folder();
    let (command, options) = arguments.split_first().unwrap();
    tool(folder.path())
        .arg(command)
        .arg(file)
        .args(options)
        .output()
        .unwrap()
}

/// The card as JSON.
fn card(file: &Path) -> Value {
    let output = run(&["card", "--json"], file);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The card for people.
fn shown(file: &Path) -> String {
    let output = run(&["card"], file);
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A manifest of a connector `hello` in a version.
fn manifest(folder: &Path, version: &str) -> std::path::PathBuf {
    let path = folder.join(format!("{version}.toml"));
    let text = format!(
        "[connector]\nname = \"hello\"\nversion = \"{version}\"\n\n[egress]\nhosts = [\"https://v{}.example.com\"]\n",
        version.replace('.', "-")
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn an_embedded_manifest_is_enough_for_all_that_follows() {
    let folder = folder();
    let component = lonely_hello(folder.path());
    let output = tool(folder.path())
        .arg("embed")
        .arg(&component)
        .arg("--manifest")
        .arg(manifest(folder.path(), "3.0.0"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    // What lies beside it counts no more.
    std::fs::rename(
        manifest(folder.path(), "4.0.0"),
        folder.path().join("connector.toml"),
    )
    .unwrap();
    assert_eq!(card(&component)["version"], "3.0.0");

    let compiled = folder.path().join("hello.cwasm");
    let output = run(&["compile", "--quiet"], &component);
    assert!(output.status.success(), "{}", stderr(&output));
    let (before, mut after) = (card(&component), card(&compiled));
    assert_eq!(
        after["compiled"]["wasmtime"]
            .as_str()
            .unwrap()
            .split('.')
            .count(),
        3
    );
    after["compiled"] = Value::Null;
    assert_eq!(
        before, after,
        "digest, exports and manifest are the component's"
    );

    // Embedding again replaces it.
    let other = folder.path().join("other.wasm");
    let output = tool(folder.path())
        .arg("embed")
        .arg(&component)
        .arg("--output")
        .arg(&other)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        card(&other)["egress"]["hosts"],
        json!(["https://v4-0-0.example.com"])
    );
    assert_eq!(
        card(&component)["version"],
        "3.0.0",
        "the input is as it was"
    );
}

#[test]
fn two_manifests_that_differ_are_refused_with_both_named() {
    let folder = folder();
    let message = refusal_of(&guest("hello"), Some(&manifest(folder.path(), "7.1.2")));
    for part in ["hello.wasm", "0.1.0", "7.1.2.toml", "7.1.2)", "embed"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_manifest_that_is_wrong_is_not_embedded() {
    let folder = folder();
    let wrong = folder.path().join("wrong.toml");
    std::fs::write(&wrong, "[connector]\nname = \"hello\"\n[egres]\n").unwrap();
    let component = lonely_hello(folder.path());
    let before = std::fs::read(&component).unwrap();
    let output = tool(folder.path())
        .arg("embed")
        .arg(&component)
        .arg("--manifest")
        .arg(&wrong)
        .output()
        .unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("line 3") && message.contains("egress"),
        "{message}"
    );
    assert_eq!(std::fs::read(&component).unwrap(), before);
}

#[test]
fn the_card_tells_what_a_buyer_wants_to_know() {
    let salesforce = card(&guest("salesforce"));
    assert_eq!(
        (
            &salesforce["name"],
            &salesforce["reads"],
            &salesforce["writes"]
        ),
        (&json!("salesforce"), &json!(true), &json!(true))
    );
    assert_eq!(
        salesforce["egress"]["from-setting"],
        json!([{"setting": "instanceUrl", "pattern": "https://*.my.salesforce.com"}])
    );
    assert_eq!(salesforce["credentials"]["sealed"], true);
    assert_eq!(salesforce["component"]["contract"], "0.1.0");
    assert_eq!(
        salesforce["component"]["sha256"].as_str().unwrap().len(),
        64
    );
    let text = shown(&guest("salesforce"));
    for part in [
        "salesforce 0.1.0",
        "writes records",
        "instanceUrl, if it fits https://*.my.salesforce.com",
        "sealed",
        "none: nobody is asked",
        "limits.response-body-mb",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let readable = guest("trusted").with_extension("cwasm");
    assert_eq!(card(&readable)["credentials"]["sealed"], false);
    assert!(
        shown(&readable).contains("READABLE"),
        "{}",
        shown(&readable)
    );
    let licensed = guest("licensed").with_extension("cwasm");
    assert!(shown(&licensed).contains("license-manager, product prod-0123456789abc"));
    assert_eq!(card(&licensed)["entitlement"]["refresh-minutes"], 5);
    assert!(shown(&licensed).contains("no host"));

    let file = repository("plugins/salesforce/connector.toml");
    let from_file = card(&file);
    assert_eq!(
        (&from_file["reads"], &from_file["component"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(from_file["egress"], salesforce["egress"]);
}

#[test]
fn the_card_shows_what_the_operator_leaves() {
    let folder = folder();
    let card = |hosts: &str, options: &[&str]| {
        tool(folder.path())
            .arg("card")
            .arg(guest("salesforce"))
            .args(options)
            .env("APPFLOW_EGRESS_HOSTS", hosts)
            .output()
            .unwrap()
    };
    let output = card("https://acme.my.salesforce.com", &["--json"]);
    let narrowed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        narrowed["narrowed-by"],
        "APPFLOW_EGRESS_HOSTS=https://acme.my.salesforce.com"
    );
    assert_eq!(
        narrowed["egress"]["from-setting"],
        json!([{"setting": "instanceUrl", "pattern": "https://acme.my.salesforce.com"}])
    );
    let text = String::from_utf8(card("none", &[]).stdout).unwrap();
    assert!(
        text.contains("no host") && text.contains("APPFLOW_EGRESS_HOSTS=none"),
        "{text}"
    );
    let refused = card("https://elsewhere.example", &[]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(
        stderr(&refused).contains("elsewhere.example"),
        "{refused:?}"
    );
}

#[test]
fn the_card_of_what_is_no_connector_says_so() {
    let folder = folder();
    let file = folder.path().join("file");
    for (bytes, says) in [
        (&b"\xff\xfe\x00"[..], "neither"),
        (b"hello = 1", "line 1"),
        (
            b"\x7fELF, but nothing else that one would expect",
            "not a compiled connector",
        ),
        (b"\0asm\x01\0\0\0", "core WebAssembly module"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let output = run(&["card"], &file);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(
            message.contains(says) && !message.contains("panicked"),
            "{message}"
        );
    }
}

/// One bit of native code is enough to do anything.
#[test]
fn a_flipped_bit_in_a_compiled_connector_is_refused_in_words() {
    let folder = folder();
    let path = folder.path().join("flipped.cwasm");
    let good = std::fs::read(setup().component("hello").unwrap()).unwrap();
    for at in [good.len() / 2, good.len() - 100] {
        let mut flipped = good.clone();
        flipped[at] ^= 4;
        std::fs::write(&path, flipped).unwrap();
        let config = function("hello").env("APPFLOW_COMPONENT", path.display().to_string());
        let lambda = Lambda::start(config).unwrap();
        let request = json!({"type": "DescribeConnectorConfigurationRequest"});
        let invoked = lambda.invoke(request.to_string().as_bytes()).unwrap();
        assert!(invoked.function_error.is_some(), "it started");
        let log = lambda.logs().unwrap().concat();
        assert!(
            log.contains("flipped.cwasm") && log.contains("is damaged"),
            "{log}"
        );
        let message = stderr(&run(&["card"], &path));
        assert!(message.contains("is damaged"), "{message}");
    }
}

#[test]
fn the_schema_is_that_of_the_documentation() {
    let folder = folder();
    let output = tool(folder.path()).arg("schema").output().unwrap();
    let documented = std::fs::read(repository("docs/connector.schema.json")).unwrap();
    assert!(
        output.stdout == documented,
        "docs/connector.schema.json is another"
    );
}
