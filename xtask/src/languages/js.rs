//! JavaScript and TypeScript: the SDK in `guest-sdk/js`, whose command `appflow-connector` builds and tests connectors here as
//! it does for their authors elsewhere.
//!
//! npm's packages are installed from lock files, which have the hash of each, into the cache, where they are found again by
//! the hash of the lock. What a folder needs is linked into it as `node_modules`. The SDK itself is linked beside the folders
//! of its connectors, in which Node.js looks last.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::readme;
use crate::compiler::{self, Compiler};
use crate::content::{Content, MADE};
use crate::process;
use crate::repo::Repo;

/// The SDK.
const SDK: &str = "guest-sdk/js";
/// Its name as a package.
const PACKAGE: &str = "@appflow-wasm/connector";
/// Node.js's own types, which connectors' tests are written against.
const TYPES: &str = "@types/node";
/// Folders of connectors, each with a link to the SDK.
const WORKSPACES: [&str; 2] = ["plugins", "tests/guests"];
/// Oldest Node.js with what the tools use.
const OLDEST_NODE: u32 = 20;
/// npm's files that settle what is installed.
const LOCK: [&str; 2] = ["package.json", "package-lock.json"];
/// Says what the SDK was built from; written last.
const STAMP: &str = "dist/.stamp";

/// Installs the SDK's packages, builds it, and links it to where connectors find it.
pub(crate) fn setup(repo: &Repo) -> Result<()> {
    let sdk = repo.path(SDK);
    install(repo, &sdk)?;
    let stamp = stamp(repo)?;
    if fs::read_to_string(sdk.join(STAMP)).ok().as_deref() != Some(&stamp) {
        process::run(node()?.current_dir(&sdk).arg("scripts/build.mjs"))?;
        fs::write(sdk.join(STAMP), stamp)?;
    }
    for workspace in WORKSPACES {
        let links = repo.path(workspace).join("node_modules");
        let root = Path::new("../../..").join(up(workspace));
        relink(&links.join(PACKAGE), &root.join(SDK))?;
        // What an author has for the tests, beside the SDK.
        let types = root.join(SDK).join("node_modules").join(TYPES);
        relink(&links.join(TYPES), &types)?;
    }
    Ok(())
}

/// The way from a folder of the repository to its root.
fn up(folder: &str) -> PathBuf {
    Path::new(folder).iter().skip(1).map(|_| "..").collect()
}

/// Makes the component of the connector in a folder.
pub(crate) fn build(repo: &Repo, folder: &Path, component: &Path) -> Result<()> {
    install(repo, folder)?;
    process::run(
        command(repo)?
            .current_dir(folder)
            .args(["build", "-o"])
            .arg(component),
    )
}

/// Runs the tests of the SDK, and checks the types and runs the tests of each connector that has any.
pub(crate) fn test(repo: &Repo) -> Result<()> {
    process::run(node()?.current_dir(repo.path(SDK)).arg("scripts/test.mjs"))?;
    for workspace in WORKSPACES {
        for entry in repo
            .path(workspace)
            .read_dir()
            .into_iter()
            .flatten()
            .flatten()
        {
            let folder = entry.path();
            if !folder.join("package.json").is_file() {
                continue;
            }
            install(repo, &folder)?;
            if folder.join("tsconfig.json").is_file() {
                let compiler = repo.path(SDK).join("node_modules/typescript/bin/tsc");
                process::run(node()?.current_dir(&folder).arg(compiler).arg("--noEmit"))?;
            }
            if has_tests(&folder)? {
                process::run(command(repo)?.current_dir(&folder).arg("test"))?;
            }
        }
    }
    follow_readme(repo)
}

/// Does what the SDK's README says in an empty folder, with the package as npm would get it.
///
/// Installing it takes most of a minute, so what went well is remembered by what it was done with.
fn follow_readme(repo: &Repo) -> Result<()> {
    let sdk = repo.path(SDK);
    let manual = sdk.join("README.md");
    let mut content = Content::default();
    content.text(&stamp(repo)?);
    content.file(&manual)?;
    content.text(include_str!("readme.rs"));
    let done = repo.cache().join("readme-js");
    let hash = content.hash();
    if fs::read_to_string(&done).ok().as_ref() == Some(&hash) {
        return Ok(());
    }
    eprintln!("following {} in an empty folder", repo.shown(&manual));
    Compiler::build(repo)?;
    let work = repo.target().join("readme-js");
    if work.is_dir() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let mut pack = Command::new("npm");
    pack.current_dir(&sdk)
        .args(["pack", "--loglevel=error", "--pack-destination"])
        .arg(&work);
    process::output(&mut pack)?;
    let tools = compiler::built(repo, "appflow-wasm");
    let tools = tools.parent().context("a program without a folder")?;
    let output = readme::follow(&manual, &work.join("empty"), &[tools])?;
    for (what, sign) in [
        ("a test that passes", "# pass 1"),
        ("a record", r#""{\"id\":\"1\",\"title\":\"First\"}""#),
    ] {
        if !output.contains(sign) {
            bail!("{} ends without {what}:\n{output}", repo.shown(&manual));
        }
    }
    // Hundreds of megabytes.
    fs::remove_dir_all(&work)?;
    fs::write(&done, hash).with_context(|| format!("cannot write {}", done.display()))
}

/// The command of the SDK.
fn command(repo: &Repo) -> Result<Command> {
    let mut command = node()?;
    command.arg(repo.path(SDK).join("bin/appflow-connector.js"));
    Ok(command)
}

/// Node.js, if it is there and new enough.
fn node() -> Result<Command> {
    const ADVICE: &str = "install Node.js 20 or newer with npm, from https://nodejs.org, or on Debian 13 or newer by: \
        apt-get install --no-install-recommends nodejs npm";
    let Some(program) = process::on_path("node") else {
        bail!("connectors in JavaScript need Node.js, and there is none; {ADVICE}");
    };
    let version = process::output(Command::new(&program).arg("--version"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        bail!("Node.js {} is too old; {ADVICE}", version.trim());
    }
    Ok(Command::new(program))
}

/// Gives a folder the npm packages of its lock file as `node_modules`; nothing to do without one.
pub(super) fn install(repo: &Repo, folder: &Path) -> Result<()> {
    if !folder.join(LOCK[1]).is_file() {
        return Ok(());
    }
    let mut content = Content::default();
    for name in LOCK {
        content.file(&folder.join(name))?;
    }
    // Some packages are programs for one kind of machine.
    content.text(std::env::consts::OS);
    content.text(std::env::consts::ARCH);
    let cache = repo.cache().join("npm");
    let kept = cache.join(content.hash());
    if !kept.is_dir() {
        if process::on_path("npm").is_none() {
            bail!(
                "there is no npm beside Node.js; on Debian: apt-get install --no-install-recommends npm"
            );
        }
        eprintln!("installing the npm packages of {}", repo.shown(folder));
        // Made aside and renamed: whoever runs at the same time never sees half of it.
        let part = cache.join(format!("tmp.{}", std::process::id()));
        fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
        for name in LOCK {
            fs::copy(folder.join(name), part.join(name))?;
        }
        let mut npm = Command::new("npm");
        // Not `npm ci`, which gives up where a registry lacks a package that only other machines need.
        npm.current_dir(&part).args([
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
        process::output(&mut npm).context("npm cannot install what the lock file names")?;
        as_locked(
            &folder.join(LOCK[1]),
            &part.join("node_modules/.package-lock.json"),
        )?;
        if fs::rename(&part, &kept).is_err() {
            // Another run was faster.
            fs::remove_dir_all(&part)?;
        }
    }
    relink(&folder.join("node_modules"), &kept.join("node_modules"))
}

/// What npm writes down of a package.
#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    version: String,
    #[serde(default)]
    integrity: String,
}

/// Fails unless every package that was installed is in the lock file, with the same version and hash.
fn as_locked(lock: &Path, installed: &Path) -> Result<()> {
    #[derive(Deserialize)]
    struct Tree {
        packages: BTreeMap<String, Package>,
    }
    let read = |path: &Path| -> Result<Tree> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no lock file", path.display()))
    };
    let locked = read(lock)?.packages;
    let others: Vec<String> = read(installed)?
        .packages
        .into_iter()
        .filter(|(place, package)| {
            locked.get(place).is_none_or(|locked| {
                locked.integrity.is_empty()
                    || (&locked.version, &locked.integrity)
                        != (&package.version, &package.integrity)
            })
        })
        .map(|(place, package)| format!("{place} {}", package.version))
        .collect();
    if !others.is_empty() {
        bail!(
            "npm installed what {} does not name with its hash: {}; make the lock file anew by: npm install --package-lock-only",
            lock.display(),
            others.join(", ")
        );
    }
    Ok(())
}

/// Makes a link, in place of one that leads elsewhere.
pub(super) fn relink(link: &Path, target: &Path) -> Result<()> {
    match fs::read_link(link) {
        Ok(current) if current == target => return Ok(()),
        Ok(_) => fs::remove_file(link)?,
        Err(_) if link.is_dir() => bail!(
            "{} is a folder that npm made; remove it, as the packages of the lock file belong there",
            link.display()
        ),
        Err(_) => {}
    }
    let folder = link.parent().context("a link without a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    symlink(target, link).with_context(|| format!("cannot link {}", link.display()))
}

/// A hash of what the SDK is built from.
fn stamp(repo: &Repo) -> Result<String> {
    let mut content = Content::default();
    for source in [SDK, "wit"] {
        content.folder(&repo.path(source))?;
    }
    Ok(content.hash())
}

/// Whether a connector has tests for its own command.
fn has_tests(folder: &Path) -> Result<bool> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let found = if path.is_dir() {
            !MADE.contains(&&*name) && has_tests(&path)?
        } else {
            name.ends_with(".test.ts") || name.ends_with(".test.js")
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::path::Path;

    use super::{as_locked, relink, up};

    #[test]
    fn a_package_that_is_not_locked_is_refused() {
        let folder =
            std::env::temp_dir().join(format!("appflow-xtask-lock-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, package: &str| {
            let path = folder.join(name);
            std::fs::write(&path, format!(r#"{{"packages":{{{package}}}}}"#)).unwrap();
            path
        };
        let good = r#""node_modules/a":{"version":"1.0.0","integrity":"sha512-x"}"#;
        let lock = file("lock", good);
        as_locked(&lock, &file("same", good)).unwrap();
        for other in [
            good.replace("1.0.0", "1.0.1"),
            good.replace("sha512-x", "sha512-y"),
            good.replace("node_modules/a", "node_modules/b"),
        ] {
            let error = as_locked(&lock, &file("other", &other)).unwrap_err();
            assert!(error.to_string().contains("does not name"), "{error}");
        }
        let unhashed = good.replace("sha512-x", "");
        assert!(as_locked(&file("no-hash", &unhashed), &file("other", &unhashed)).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn links_lead_out_of_the_workspace() {
        assert_eq!(up("plugins"), Path::new(""));
        assert_eq!(up("tests/guests"), Path::new(".."));
    }

    #[test]
    fn a_link_is_replaced_and_a_folder_is_not() {
        let folder = std::env::temp_dir().join(format!("appflow-xtask-js-{}", std::process::id()));
        let link = folder.join("inside/node_modules");
        relink(&link, Path::new("a")).unwrap();
        relink(&link, Path::new("b")).unwrap();
        assert_eq!(std::fs::read_link(&link).unwrap(), Path::new("b"));
        std::fs::remove_file(&link).unwrap();
        std::fs::create_dir(&link).unwrap();
        assert!(relink(&link, Path::new("a")).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
