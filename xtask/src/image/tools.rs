//! The programs that build, move, unpack and run images.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::TASK;
use crate::repo::Repo;
use crate::{apt, process, venv};

/// Debian's packages that are installed.
const PACKAGES: [&str; 5] = ["buildah", "ca-certificates", "iproute2", "skopeo", "umoci"];
/// The registry, unpacked only: as a package it would start a service that listens on every address.
const REGISTRY: &str = "docker-registry";
/// The emulators of Lambda.
const EMULATORS: &str = "tests/image/emulators.txt";

/// Where they are.
pub(super) struct Tools {
    /// `docker-registry`.
    pub(super) registry: PathBuf,
    /// Python with boto3, moto and pytest.
    pub(super) python: PathBuf,
    /// AWS's Runtime Interface Emulator.
    pub(super) emulator: PathBuf,
    /// `cargo-lambda`.
    pub(super) cargo_lambda: PathBuf,
}

/// Whether root may do here what root may do on a machine of its own.
pub(super) fn has_namespaces() -> bool {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--pid", "--fork"]);
    process::output(command.args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"])).is_ok()
}

impl Tools {
    /// Takes what is there and installs the rest.
    pub(super) fn ensure(repo: &Repo, folder: &Path) -> Result<Self> {
        eprintln!(
            "{TASK}: needs Debian's packages {} and, unpacked in {}, {REGISTRY}; Python's packages of \
             tests/image/requirements.txt and {EMULATORS} there as well",
            PACKAGES.join(", "),
            repo.shown(folder)
        );
        apt::install(TASK, &PACKAGES)?;
        let registry = registry(folder)?;
        let environment = venv::ensure(repo, &venv::IMAGE)?;
        let emulators = emulators(repo, folder, &environment)?;
        let architecture = match std::env::consts::ARCH {
            "aarch64" => "arm64",
            other => other,
        };
        Ok(Self {
            registry,
            python: environment.join("bin/python"),
            emulator: emulators
                .join("samcli/local/rapid")
                .join(format!("aws-lambda-rie-{architecture}")),
            cargo_lambda: emulators.join("bin/cargo-lambda"),
        })
    }
}

/// The registry's program; fetched by apt, with signatures checked, and unpacked.
fn registry(folder: &Path) -> Result<PathBuf> {
    let place = folder.join(REGISTRY);
    let program = place.join("usr/bin").join(REGISTRY);
    if program.is_file() {
        return Ok(program);
    }
    eprintln!("{TASK}: fetching Debian's package {REGISTRY} by apt-get");
    let download = folder.join("download");
    // What an interrupted run left could be half a package.
    if download.exists() {
        fs::remove_dir_all(&download)?;
    }
    fs::create_dir_all(&download)?;
    let fetch = || {
        // apt's own user cannot write into a checkout.
        process::output(Command::new("apt-get").current_dir(&download).args([
            "-q",
            "-o",
            "APT::Sandbox::User=root",
            "download",
            REGISTRY,
        ]))
    };
    if fetch().is_err() {
        // apt's lists may be missing, or older than the mirror.
        process::run(Command::new("apt-get").args(["-q", "update"]))?;
        fetch()?;
    }
    let package = fs::read_dir(&download)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .with_context(|| format!("apt fetched no package {REGISTRY}"))?;
    process::output(
        Command::new("dpkg-deb")
            .arg("--extract")
            .arg(package)
            .arg(&place),
    )?;
    fs::remove_dir_all(&download)?;
    ensure!(
        program.is_file(),
        "Debian's package {REGISTRY} holds no {}",
        program.display()
    );
    Ok(program)
}

/// The folder with the emulators' packages, without anything they depend on.
fn emulators(repo: &Repo, folder: &Path, environment: &Path) -> Result<PathBuf> {
    let place = folder.join("emulators");
    let stamp = place.join("emulators.txt");
    let wanted = fs::read_to_string(repo.path(EMULATORS))
        .with_context(|| format!("cannot read {EMULATORS}"))?;
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(place);
    }
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    eprintln!("{TASK}: installing Lambda's emulators by pip");
    process::run(
        venv::pip(repo, environment, EMULATORS)
            .args(["--only-binary=:all:", "--no-deps", "--target"])
            .arg(&place),
    )?;
    fs::write(stamp, wanted)?;
    Ok(place)
}
