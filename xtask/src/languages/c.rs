//! Connectors in C: clang, a C library for the target, and the linkers, driven by `guest-sdk/c/connector.mk`.
//!
//! clang and make are Debian's packages of the machine. The C library is one file of Debian 13, whichever release the
//! machine runs: earlier ones do not know the target. The linkers are those of the Rust toolchain. Where all of it lies is
//! written to `c/tools.mk` in the cache, which authors' Makefiles read as well.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use super::readme;
use crate::compiler::{self, Compiler};
use crate::repo::{CACHE_VARIABLE, Repo};
use crate::toolchain::debian;
use crate::{apt, process};

/// Begins what the user is told.
const TASK: &str = "C tools";
/// The compiler, as it is called and as its package is.
const CLANG: &str = "clang-19";
/// Release of Debian that the packages are of.
const RELEASE: &str = "trixie";

/// A package that is unpacked into the cache and not installed.
struct Package {
    name: &'static str,
    version: &'static str,
    sha256: &'static str,
    /// A file that it must have.
    file: &'static str,
}

/// The C library.
const LIBRARY: Package = Package {
    name: "wasi-libc",
    version: "0.0~git20241209.574b88d-2",
    sha256: "b7716260051d289248b7667f81fa2792c125d888ff51da3fa09c6272cc0bd11d",
    file: "usr/lib/wasm32-wasip2/libc.a",
};

/// A parser of JSON, for tests/guests/bench-c: one header.
const PARSER: Package = Package {
    name: "libjsmn-dev",
    version: "1.1.0-2",
    sha256: "4117ce4e363f31e1b21d7ab89d6350b5d78374965d4c9fef00a572f6e487c874",
    file: "usr/include/jsmn.h",
};

/// Installs the tools, pinned and with their hashes, into the cache.
pub(crate) fn setup(repo: &Repo) -> Result<()> {
    let cache = repo.cache();
    let place = cache.join("c");
    let clang = compiler()?;
    if process::on_path("make").is_none() {
        apt::install(TASK, &["make"])?;
    }
    let [component_linker, linker] = debian::ensure_linker(&cache)?;
    let library = LIBRARY.ensure(&place)?;
    let parser = PARSER.ensure(&place)?;
    let tools = format!(
        "# Written by `cargo xtask setup --language c`.\nCLANG ?= {}\nWASI ?= {}\nCOMPONENT_LD ?= {}\nWASM_LD ?= {}\nJSMN ?= {}\n",
        clang.display(),
        library.join("usr").display(),
        component_linker.join("wasm-component-ld").display(),
        linker.join("wasm-ld").display(),
        parser.join("usr/include").display(),
    );
    let file = place.join("tools.mk");
    // Left alone when nothing changed, so that what is made with it counts as fresh.
    if fs::read_to_string(&file).ok().as_ref() != Some(&tools) {
        fs::write(&file, tools).with_context(|| format!("cannot write {}", file.display()))?;
        println!("c: {} and wasi-libc {}", clang.display(), LIBRARY.version);
    }
    Ok(())
}

/// Makes the component of the connector in a folder.
pub(crate) fn build(repo: &Repo, folder: &Path, component: &Path) -> Result<()> {
    let objects = repo.target().join("guest-build/c").join(
        folder
            .file_name()
            .context("a connector's folder has a name")?,
    );
    let mut make = make(repo, folder);
    make.arg("--always-make")
        .arg(format!("OUT={}", component.display()))
        .arg(format!("BUILD={}", objects.display()));
    process::output(&mut make).map(drop)
}

/// Runs the tests of the SDK and of the connectors' logic.
pub(crate) fn test(repo: &Repo) -> Result<()> {
    let objects = repo.target().join("guest-build/c-tests");
    let sdk = repo.path("guest-sdk/c/tests");
    let plugins = repo.path("plugins");
    let mut folders: Vec<PathBuf> = [sdk.as_path(), &plugins]
        .into_iter()
        .flat_map(|folder| folder.read_dir().into_iter().flatten().flatten())
        .map(|entry| entry.path())
        .filter(|folder| folder.join("connector.c").is_file() && folder.join("test.c").is_file())
        .collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default();
        let mut make = make(repo, &folder);
        make.arg("test")
            .arg(format!("BUILD={}", objects.join(name).display()));
        let output = process::output(&mut make)?;
        println!(
            "{}: {}",
            repo.shown(&folder),
            output.lines().last().unwrap_or_default()
        );
    }
    follow_readme(repo)
}

/// Does what the SDK's README says in an empty folder beside a clone, and builds its second example.
fn follow_readme(repo: &Repo) -> Result<()> {
    let manual = repo.path("guest-sdk/c/README.md");
    eprintln!("following {} in an empty folder", repo.shown(&manual));
    Compiler::build(repo)?;
    let work = repo.target().join("readme-c");
    if work.exists() {
        fs::remove_dir_all(&work).with_context(|| format!("cannot clear {}", work.display()))?;
    }
    fs::create_dir_all(&work)?;
    std::os::unix::fs::symlink(repo.path("").canonicalize()?, work.join("appflow-wasm"))?;
    let tool = compiler::built(repo, "appflow-wasm");
    let tools = tool.parent().context("a program without a folder")?;
    let folder = work.join("empty");
    let output = readme::follow(&manual, &folder, &[tools])?;
    for sign in ["the first page is full", "Hello, Ada!", "Hello, Barbara!"] {
        if !output.contains(sign) {
            bail!("{} ends without \"{sign}\":\n{output}", repo.shown(&manual));
        }
    }
    if output.contains("Hello, Grace!") {
        bail!(
            "{} ends with more than was asked for:\n{output}",
            repo.shown(&manual)
        );
    }

    // The example with cursors takes the place of the query.
    let text = fs::read_to_string(&manual)?;
    let example = text
        .split_once("## An application with cursors")
        .and_then(|(_, rest)| rest.split("```c\n").nth(1)?.split("```").next())
        .with_context(|| format!("{} has no example with cursors", repo.shown(&manual)))?;
    let place = folder.join("connector.c");
    let first = fs::read_to_string(&place)?;
    let (before, _) = first
        .split_once("\naf_error_t *connector_query")
        .context("the first example has no query")?;
    fs::write(&place, format!("{before}\n{example}"))?;
    process::output(&mut make(repo, &folder)).map(drop)
}

/// `make` in a connector's folder, as its author runs it.
fn make(repo: &Repo, folder: &Path) -> Command {
    let mut make = Command::new("make");
    make.arg("--no-print-directory")
        .arg("--directory")
        .arg(folder)
        .env(CACHE_VARIABLE, repo.cache());
    // Make leaves these to programs it starts, this one perhaps among them.
    for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS"] {
        make.env_remove(name);
    }
    make
}

/// The compiler, installed if it is missing.
fn compiler() -> Result<PathBuf> {
    if process::on_path(CLANG).is_none() {
        apt::install(TASK, &[CLANG])?;
    }
    process::on_path(CLANG).with_context(|| {
        format!("{CLANG} is not on the search path; on Debian that is: apt-get install {CLANG}")
    })
}

impl Package {
    /// The folder with its files, which are fetched, held against the hash and unpacked if they are missing.
    fn ensure(&self, place: &Path) -> Result<PathBuf> {
        let folder = place.join(format!("{}-{}", self.name, self.version));
        if folder.join(self.file).is_file() {
            return Ok(folder);
        }
        // Unpacked aside and renamed, so that an interrupted run leaves nothing that looks finished.
        let work = place.join(format!("tmp.{}", std::process::id()));
        fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
        let outcome = self.install(&work, &folder);
        let cleared = fs::remove_dir_all(&work);
        outcome?;
        cleared.with_context(|| format!("cannot remove {}", work.display()))?;
        Ok(folder)
    }

    fn install(&self, work: &Path, folder: &Path) -> Result<()> {
        let Self { name, version, .. } = self;
        let file = debian::fetch(work, RELEASE, &format!("{name}={version}"))?;
        let found: String = Sha256::digest(fs::read(&file)?)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if found != self.sha256 {
            bail!(
                "the package {name} {version} has the SHA-256 {found} and should have {}",
                self.sha256
            );
        }
        let unpacked = work.join("unpacked");
        debian::unpack(&file, &unpacked)?;
        if !unpacked.join(self.file).is_file() {
            bail!("the package {name} {version} has no {}", self.file);
        }
        match fs::rename(&unpacked, folder) {
            // Another run was quicker.
            Err(_) if folder.join(self.file).is_file() => Ok(()),
            renamed => {
                renamed.with_context(|| format!("cannot move {name} to {}", folder.display()))
            }
        }
    }
}
