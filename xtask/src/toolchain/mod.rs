//! The compiler that makes guests: `cargo xtask setup`.
//!
//! A normal machine has rustup, and one `rustup target add wasm32-wasip2` is all there is to it. Machines without rustup,
//! or that may not download from it, get the standard library compiled once from Debian's packages ([`debian`]). The
//! compiler used for guests may therefore be another one than that of the host: guests are only ever built through
//! [`GuestToolchain::cargo`], and in a target folder of their own.

pub(crate) mod debian;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::repo::Repo;

/// The target of every guest.
pub(crate) const TARGET: &str = "wasm32-wasip2";
/// Chooses the way to the target; the one value known is [`DEBIAN`].
const CHOICE_VARIABLE: &str = "APPFLOW_WASM_TOOLCHAIN";
/// Value of [`CHOICE_VARIABLE`]: never call rustup, make the sysroot from Debian's packages.
const DEBIAN: &str = "debian";
/// rustup's own switch: with `0` it downloads nothing unasked, and then neither do we in its name.
const RUSTUP_VARIABLE: &str = "RUSTUP_AUTO_INSTALL";
/// What a person on a normal machine has to type when all else fails.
const REMEDY: &str = "rustup target add wasm32-wasip2";

/// A compiler that can make guests.
pub(crate) struct GuestToolchain {
    /// Where it comes from, for the user.
    pub(crate) origin: String,
    cargo: PathBuf,
    /// Set where the compiler is not the one cargo would choose.
    rustc: Option<PathBuf>,
    sysroot: Option<PathBuf>,
    /// Folders with the linker, searched first.
    linker: Vec<PathBuf>,
}

impl GuestToolchain {
    /// The target installed beside the compiler in use.
    fn installed() -> Self {
        Self {
            origin: format!("installed target {TARGET}"),
            cargo: process::cargo().get_program().into(),
            rustc: None,
            sysroot: None,
            linker: Vec::new(),
        }
    }

    /// Cargo with everything set that makes fast and small guests; the caller adds the subcommand, which must be given
    /// `--release` and `--target` with [`TARGET`].
    pub(crate) fn cargo(&self) -> Result<Command> {
        let mut command = Command::new(&self.cargo);
        // `cargo run` and an author's shell may set these for the host's compiler.
        for name in ["RUSTC", "RUSTDOC", "RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER"] {
            command.env_remove(name);
        }
        if let Some(rustc) = &self.rustc {
            command.env("RUSTC", rustc);
        }
        // One variable that wins over every configuration file, and that takes paths with spaces. With `--target` given
        // it reaches guest crates only, neither build scripts nor procedural macros.
        let mut flags = OsString::from("-Ctarget-feature=+simd128");
        if let Some(sysroot) = &self.sysroot {
            flags.push("\u{1f}--sysroot\u{1f}");
            flags.push(sysroot);
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", flags);
        // The profile stands here rather than in each workspace of guests, so that all are built alike.
        for (key, value) in [
            ("OPT_LEVEL", "3"),
            ("LTO", "fat"),
            ("CODEGEN_UNITS", "1"),
            ("PANIC", "abort"),
            ("STRIP", "symbols"),
            ("DEBUG", "false"),
        ] {
            command.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
        }
        let search = env::var_os("PATH").unwrap_or_default();
        let search = env::join_paths(self.linker.iter().cloned().chain(env::split_paths(&search)))
            .context("a folder of the linker cannot stand in PATH")?;
        command.env("PATH", search);
        Ok(command)
    }
}

/// Finds the compiler for guests, or makes one.
pub(crate) fn ensure(repo: &Repo) -> Result<GuestToolchain> {
    let debian_only = match env::var(CHOICE_VARIABLE) {
        Ok(value) if value == DEBIAN => true,
        Ok(value) if value.is_empty() => false,
        Ok(value) => {
            bail!("{CHOICE_VARIABLE} is \"{value}\"; the one value it may have is \"{DEBIAN}\"")
        }
        Err(_) => false,
    };
    if is_installed()? {
        return Ok(GuestToolchain::installed());
    }
    if let Some(toolchain) = debian::cached(&repo.cache())? {
        return Ok(toolchain);
    }
    let mut refusal = None;
    if !debian_only {
        match add_target() {
            Ok(()) if is_installed()? => return Ok(GuestToolchain::installed()),
            Ok(()) => {
                refusal = Some(anyhow::anyhow!(
                    "rustup added {TARGET} to another toolchain than the one in use"
                ))
            }
            Err(error) => refusal = Some(error),
        }
    }
    debian::make(&repo.cache()).map_err(|error| match refusal {
        Some(refusal) => error.context(format!(
            "guests need the target {TARGET}, and there is no way to it here: {refusal:#}; \
             on a machine with rustup this is the command: {REMEDY}"
        )),
        None => error.context(format!("cannot make the sysroot of {TARGET}; on a machine with rustup this is the command: {REMEDY}")),
    })
}

/// Whether the compiler in use already has the target.
fn is_installed() -> Result<bool> {
    let folder = process::output(Command::new(host_rustc()).args([
        "--print",
        "target-libdir",
        "--target",
        TARGET,
    ]))?;
    Ok(holds_core(Path::new(folder.trim())))
}

/// Whether a folder holds a compiled standard library.
fn holds_core(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

/// The compiler of the host, which also knows where its linkers lie.
fn host_rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

fn add_target() -> Result<()> {
    if env::var_os(RUSTUP_VARIABLE).is_some_and(|value| value == "0") {
        bail!("{RUSTUP_VARIABLE}=0 forbids rustup to download by itself");
    }
    let rustup = process::on_path("rustup").context("rustup is not installed")?;
    eprintln!("guest toolchain: adding the target {TARGET} by `{REMEDY}`");
    process::run(Command::new(rustup).args(["target", "add", TARGET]))
}
