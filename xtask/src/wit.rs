//! The WASI interfaces vendored beside the contract: `cargo xtask vendor-wit`, and the check that they are current.
//!
//! Authors in languages other than Rust need the very interfaces that the host links. Those stand in the crate that
//! links them, in the version of `Cargo.lock`, so that is where they are copied from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::process;
use crate::repo::Repo;

/// The crate with the interfaces.
const SOURCE: &str = "wasmtime-wasi-http";
/// Where they lie, in that crate and in the repository.
const FOLDER: &str = "wit/deps";

/// Copies the interfaces from the crate.
pub(crate) fn vendor(repo: &Repo) -> Result<()> {
    let source = files(&source(repo)?)?;
    let place = repo.path(FOLDER);
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("cannot clear {FOLDER}"))?;
    }
    for (name, content) in source {
        let path = place.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&place))?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Fails if the interfaces in the repository are not those of the crate.
pub(crate) fn check(repo: &Repo) -> Result<()> {
    let differences = differences(&files(&source(repo)?)?, &files(&repo.path(FOLDER))?);
    if !differences.is_empty() {
        bail!(
            "{FOLDER} is not what {SOURCE} brings; run `cargo xtask vendor-wit`:\n{}",
            differences.join("\n")
        );
    }
    Ok(())
}

fn differences(
    wanted: &BTreeMap<PathBuf, String>,
    found: &BTreeMap<PathBuf, String>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, content) in wanted {
        match found.get(name) {
            None => differences.push(format!("  missing: {}", name.display())),
            Some(other) if other != content => {
                differences.push(format!("  different: {}", name.display()))
            }
            Some(_) => {}
        }
    }
    differences.extend(
        found
            .keys()
            .filter(|name| !wanted.contains_key(*name))
            .map(|name| format!("  not there: {}", name.display())),
    );
    differences
}

/// The folder in the crate that `Cargo.lock` names.
fn source(repo: &Repo) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        manifest_path: PathBuf,
    }
    let mut command = process::cargo();
    let text = process::output(command.current_dir(repo.path("")).args([
        "metadata",
        "--format-version",
        "1",
    ]))?;
    let metadata: Metadata =
        serde_json::from_str(&text).context("cargo metadata wrote something unexpected")?;
    let package = metadata
        .packages
        .into_iter()
        .find(|package| package.name == SOURCE);
    let manifest = package
        .with_context(|| format!("the workspace does not depend on {SOURCE}"))?
        .manifest_path;
    Ok(manifest
        .parent()
        .context("a package without a folder")?
        .join(FOLDER))
}

/// Every file below a folder.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    fn collect(base: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, String>) -> Result<()> {
        for entry in
            fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                collect(base, &path, found)?;
            } else {
                let content = fs::read_to_string(&path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                found.insert(path.strip_prefix(base)?.to_owned(), content);
            }
        }
        Ok(())
    }
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found)?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_difference_is_reported() {
        let tree = |files: &[(&str, &str)]| {
            files
                .iter()
                .map(|(name, text)| (PathBuf::from(name), (*text).to_owned()))
                .collect()
        };
        let wanted = tree(&[("io.wit", "a"), ("http.wit", "b"), ("cli.wit", "c")]);
        let found = tree(&[("io.wit", "a"), ("http.wit", "B"), ("old.wit", "d")]);
        assert_eq!(
            differences(&wanted, &found),
            [
                "  missing: cli.wit",
                "  different: http.wit",
                "  not there: old.wit"
            ]
        );
        assert!(differences(&wanted, &wanted).is_empty());
    }
}
