//! The generated part of the SDK for C: declarations and adapters for each world of the contract.
//!
//! They are committed, so that an author in C needs no Rust; the test at the end sees to it that they are what the contract
//! gives. `c-bindings wit guest-sdk/c/generated` writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wit_bindgen_c::Opts;
use wit_bindgen_core::Files;
use wit_parser::Resolve;

/// Folders of the generated files, and the world each is for.
const WORLDS: [(&str, &str); 3] = [
    ("source", "source-connector"),
    ("destination", "destination-connector"),
    ("connector", "connector"),
];

/// Interfaces of the contract, and what the names of their types and functions begin with in C. Without it they would
/// have 60 characters and more.
const PREFIXES: [(&str, &str); 10] = [
    ("common", "af"),
    ("http", "af_http"),
    ("page", "af_page"),
    ("invocation", "af_invocation"),
    ("credentials", "af_credentials"),
    ("log", "af_log"),
    ("configuration", "af_configuration"),
    ("metadata", "af_metadata"),
    ("source", "af_source"),
    ("destination", "af_destination"),
];

/// Before the generator's own first line.
const NOTE: &str = "// Over 500 lines: generated from wit/ by tests/src/c_bindings.rs; do not change it by hand.\n";

/// Makes the files of all worlds from the folder of the contract, by their places.
///
/// # Errors
///
/// If the contract cannot be read.
pub fn generate(contract: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut made = BTreeMap::new();
    for (folder, world) in WORLDS {
        // The generator changes what it was given, so each world begins anew.
        let mut resolve = Resolve::default();
        let (package, _) = resolve
            .push_path(contract)
            .context("the contract cannot be read")?;
        let world = resolve.select_world(&[package], Some(world))?;
        let known: Vec<String> = {
            let world = &resolve.worlds[world];
            let keys = world.imports.keys().chain(world.exports.keys());
            keys.map(|key| resolve.name_world_key(key)).collect()
        };
        let prefixes = PREFIXES.iter().filter_map(|(interface, prefix)| {
            let middle = format!("/{interface}@");
            let name = known.iter().find(|name| name.contains(&middle))?;
            Some((name.clone(), (*prefix).to_owned()))
        });
        let options = Opts {
            rename: prefixes.collect(),
            rename_world: Some("appflow".to_owned()),
            ..Opts::default()
        };
        let mut files = Files::default();
        options.build().generate(&mut resolve, world, &mut files)?;
        for (name, content) in files.iter() {
            let is_text = name.ends_with(".h") || name.ends_with(".c");
            let note = if is_text { NOTE.as_bytes() } else { b"" };
            made.insert(Path::new(folder).join(name), [note, content].concat());
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn the_headers_of_c_are_those_of_the_contract() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let made = generate(&root.join("wit")).unwrap();
        assert_eq!(made.len(), 9, "{:?}", made.keys());
        for (name, content) in made {
            let place = root.join("guest-sdk/c/generated").join(&name);
            let same = std::fs::read(&place).is_ok_and(|found| found == content);
            let name = name.display();
            assert!(
                same,
                "guest-sdk/c/generated/{name} is not what wit/ gives; run \
                 `cargo run --package appflow-testkit --bin c-bindings wit guest-sdk/c/generated`"
            );
        }
    }
}
