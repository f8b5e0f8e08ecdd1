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

use crate::process;
use crate::repo::{CACHE_VARIABLE, Repo};
use crate::toolchain::debian;

/// The compiler, as it is called and as its package is.
const CLANG: &str = "clang-19";
/// Release of Debian with the C library.
const RELEASE: &str = "trixie";
/// Version of the C library.
const WASI_LIBC: &str = "0.0~git20241209.574b88d-2";
/// SHA-256 of its package.
const WASI_LIBC_SHA256: &str = "b7716260051d289248b7667f81fa2792c125d888ff51da3fa09c6272cc0bd11d";
/// What a C library for the target has.
const LIBRARY: &str = "usr/lib/wasm32-wasip2/libc.a";

/// Installs the tools, pinned and with their hashes, into the cache.
pub(crate) fn setup(repo: &Repo) -> Result<()> {
    let cache = repo.cache();
    let place = cache.join("c");
    let library = place.join(format!("wasi-libc-{WASI_LIBC}"));
    let clang = compiler()?;
    if process::on_path("make").is_none() {
        debian::install(&["make"])?;
    }
    let [component_linker, linker] = debian::ensure_linker(&cache)?;
    if !library.join(LIBRARY).is_file() {
        install_library(&place, &library)?;
    }
    let tools = format!(
        "# Written by `cargo xtask setup --language c`.\nCLANG ?= {}\nWASI ?= {}\nCOMPONENT_LD ?= {}\nWASM_LD ?= {}\n",
        clang.display(),
        library.join("usr").display(),
        component_linker.join("wasm-component-ld").display(),
        linker.join("wasm-ld").display(),
    );
    let file = place.join("tools.mk");
    // Left alone when nothing changed, so that what is made with it counts as fresh.
    if fs::read_to_string(&file).ok().as_ref() != Some(&tools) {
        fs::write(&file, tools).with_context(|| format!("cannot write {}", file.display()))?;
        println!("c: {} and wasi-libc {WASI_LIBC}", clang.display());
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
    Ok(())
}

/// `make` in a connector's folder, as its author runs it.
fn make(repo: &Repo, folder: &Path) -> Command {
    let mut make = Command::new("make");
    make.arg("--directory")
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
        debian::install(&[CLANG])?;
    }
    process::on_path(CLANG).with_context(|| {
        format!("{CLANG} is not on the search path; on Debian that is: apt-get install {CLANG}")
    })
}

/// Fetches the C library, checks that it is the very file that was tried, and unpacks it.
fn install_library(place: &Path, library: &Path) -> Result<()> {
    // Unpacked aside and renamed, so that an interrupted run leaves nothing that looks finished.
    let work = place.join(format!("tmp.{}", std::process::id()));
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let outcome = debian::fetch(&work, RELEASE, &format!("wasi-libc={WASI_LIBC}")).and_then(|file| {
        let content = fs::read(&file)?;
        let found: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != WASI_LIBC_SHA256 {
            bail!("the package wasi-libc {WASI_LIBC} has the SHA-256 {found} and should have {WASI_LIBC_SHA256}");
        }
        let unpacked = work.join("unpacked");
        debian::unpack(&file, &unpacked)?;
        if !unpacked.join(LIBRARY).is_file() {
            bail!("the package wasi-libc {WASI_LIBC} has no {LIBRARY}");
        }
        match fs::rename(&unpacked, library) {
            // Another run was quicker.
            Err(_) if library.join(LIBRARY).is_file() => Ok(()),
            renamed => renamed.with_context(|| format!("cannot move the library to {}", library.display())),
        }
    });
    let cleared = fs::remove_dir_all(&work);
    outcome?;
    cleared.with_context(|| format!("cannot remove {}", work.display()))
}
