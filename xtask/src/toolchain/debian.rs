//! A sysroot for guests out of Debian's packages, for machines where rustup cannot be asked.
//!
//! Debian's `rustc-web` knows the target but brings no standard library for it, while `rust-web-src` has the library's
//! sources. So it is compiled once (about a minute) and kept as a folder that `--sysroot` takes. The C library beneath
//! it, `wasi-libc`, is too old in Debian's stable releases to know the target; the one of the unstable release, which
//! fits any architecture, is fetched by apt itself, from the mirror apt already uses and with the signatures checked as
//! apt does. apt's own lists and sources stay as they are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::{GuestToolchain, TARGET, holds_core, host_rustc};
use crate::{apt, process};

/// Compiler, package manager and sources of the standard library.
const COMPILER_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// Where [`COMPILER_PACKAGES`] put the programs.
const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
/// Begins what the user is told.
const TASK: &str = "guest toolchain";
/// Linker for machines without rustup's.
const LINKER_PACKAGE: &str = "lld-19";
const LINKER_FOLDER: &str = "/usr/lib/llvm-19/bin";
/// Makes components of what the linker leaves; the version that Rust 1.95 ships.
const COMPONENT_LINKER: &str = "wasm-component-ld";
const COMPONENT_LINKER_VERSION: &str = "0.5.21";
/// Keys of Debian's archive, part of every Debian.
const ARCHIVE_KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Raised whenever sysroots made before must not be used any more.
const RECIPE: u32 = 1;
/// Written last into a finished sysroot.
const STAMP: &str = "stamp.json";

/// What a sysroot was made from.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Stamp {
    recipe: u32,
    rustc: String,
    wasi_libc: String,
}

/// The sysroot made earlier, if the compiler is still the same.
pub(super) fn cached(cache: &Path) -> Result<Option<GuestToolchain>> {
    let sysroot = sysroot(cache);
    let Ok(text) = fs::read_to_string(sysroot.join(STAMP)) else {
        return Ok(None);
    };
    let Ok(stamp) = serde_json::from_str::<Stamp>(&text) else {
        return Ok(None);
    };
    let Some(version) = apt::version(COMPILER_PACKAGES[0]) else {
        return Ok(None);
    };
    if stamp.recipe != RECIPE || stamp.rustc != version || !holds_core(&libraries(&sysroot)) {
        return Ok(None);
    }
    let Some(linker) = linker(cache)? else {
        return Ok(None);
    };
    Ok(Some(toolchain(&stamp, sysroot, linker)))
}

/// Makes the sysroot, installing what is missing.
pub(super) fn make(cache: &Path) -> Result<GuestToolchain> {
    if process::on_path("apt-get").is_none() || process::on_path("dpkg-deb").is_none() {
        bail!("this is no Debian machine");
    }
    let started = Instant::now();
    apt::install(TASK, &COMPILER_PACKAGES)?;
    let linker = match linker(cache)? {
        Some(linker) => linker,
        None => install_linker(cache)?,
    };
    let rustc = apt::version(COMPILER_PACKAGES[0])
        .context("dpkg does not know rustc-web right after its installation")?;

    // Built aside and moved into place in one step, so that an interrupted run leaves nothing that looks finished.
    fs::create_dir_all(cache)
        .with_context(|| format!("cannot make the cache folder {}", cache.display()))?;
    let work = cache.join(format!("sysroot.tmp.{}", std::process::id()));
    let outcome = build(cache, &work, &linker, rustc);
    let cleared = fs::remove_dir_all(&work);
    let stamp = outcome?;
    cleared.with_context(|| format!("cannot remove {}", work.display()))?;
    eprintln!("guest toolchain: sysroot made in {:.0?}", started.elapsed());
    Ok(toolchain(&stamp, sysroot(cache), linker))
}

fn build(cache: &Path, work: &Path, linker: &[PathBuf], rustc: String) -> Result<Stamp> {
    let (libc, wasi_libc) = fetch_wasi_libc(&work.join("apt"))?;
    let libc = libc.join("usr/lib").join(TARGET);
    eprintln!("guest toolchain: compiling the standard library for {TARGET}, about a minute");
    let compiled = compile_library(&work.join("std"), &libc, linker)?;
    let made = work.join("sysroot");
    collect(&compiled, &libc, &libraries(&made))?;
    let stamp = Stamp {
        recipe: RECIPE,
        rustc,
        wasi_libc,
    };
    fs::write(made.join(STAMP), serde_json::to_vec_pretty(&stamp)?)?;
    let place = sysroot(cache);
    if place.exists() {
        fs::rename(&place, work.join("old")).context("cannot move the old sysroot away")?;
    }
    fs::rename(&made, &place)
        .with_context(|| format!("cannot move the sysroot to {}", place.display()))?;
    Ok(stamp)
}

fn toolchain(stamp: &Stamp, sysroot: PathBuf, linker: Vec<PathBuf>) -> GuestToolchain {
    GuestToolchain {
        origin: format!(
            "sysroot of rustc-web {} and wasi-libc {}",
            stamp.rustc, stamp.wasi_libc
        ),
        cargo: CARGO.into(),
        rustc: Some(RUSTC.into()),
        sysroot: Some(sysroot),
        linker,
    }
}

fn sysroot(cache: &Path) -> PathBuf {
    cache.join(format!("sysroot-{TARGET}"))
}

/// Where a sysroot has its libraries.
fn libraries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

/// Folders with both linkers, which are installed if they are missing: that of components and that of modules.
pub(crate) fn ensure_linker(cache: &Path) -> Result<[PathBuf; 2]> {
    let folders = match linker(cache)? {
        Some(folders) => folders,
        None => install_linker(cache)?,
    };
    folders
        .try_into()
        .map_err(|_| anyhow::anyhow!("the linkers lie in two folders"))
}

/// Folders with both linkers, if they are there: those of the Rust toolchain in use, else what was installed before.
fn linker(cache: &Path) -> Result<Option<Vec<PathBuf>>> {
    let described = process::output(Command::new(host_rustc()).arg("-vV"))?;
    let host = described
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc -vV names no host")?;
    let toolchain = process::output(Command::new(host_rustc()).args(["--print", "sysroot"]))?;
    let programs = Path::new(toolchain.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin");
    let candidates = [
        [programs.clone(), programs.join("gcc-ld")],
        [cache.join("tools/bin"), LINKER_FOLDER.into()],
    ];
    Ok(candidates
        .into_iter()
        .find(|[component, core]| {
            component.join(COMPONENT_LINKER).is_file() && core.join("wasm-ld").exists()
        })
        .map(Vec::from))
}

fn install_linker(cache: &Path) -> Result<Vec<PathBuf>> {
    apt::install(TASK, &[LINKER_PACKAGE])?;
    eprintln!(
        "guest toolchain: installing {COMPONENT_LINKER} {COMPONENT_LINKER_VERSION} by cargo, a few minutes"
    );
    let mut command = process::cargo();
    command.args([
        "install",
        "--locked",
        "--version",
        COMPONENT_LINKER_VERSION,
        COMPONENT_LINKER,
        "--root",
    ]);
    process::run(command.arg(cache.join("tools")))?;
    linker(cache)?.context("the linker is not where it was installed")
}

/// Fetches and unpacks `wasi-libc` of Debian's unstable release; returns the folder and the version.
fn fetch_wasi_libc(folder: &Path) -> Result<(PathBuf, String)> {
    let package = fetch(folder, "sid", "wasi-libc")?;
    let version = process::output(
        Command::new("dpkg-deb")
            .arg("--field")
            .arg(&package)
            .arg("Version"),
    )?
    .trim()
    .to_owned();
    let unpacked = folder.join("wasi-libc");
    unpack(&package, &unpacked)?;
    Ok((unpacked, version))
}

/// Unpacks a package into a folder.
pub(crate) fn unpack(package: &Path, folder: &Path) -> Result<()> {
    process::run(
        Command::new("dpkg-deb")
            .arg("--extract")
            .arg(package)
            .arg(folder),
    )
}

/// Fetches a package of any release of Debian into a folder. apt's own lists and sources stay as they are.
pub(crate) fn fetch(folder: &Path, release: &str, package: &str) -> Result<PathBuf> {
    let mirror = mirror()?;
    eprintln!(
        "guest toolchain: fetching {package} of Debian's release {release} from {mirror} by apt-get"
    );
    for inside in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(folder.join(inside)).context("cannot make a folder for apt")?;
    }
    fs::write(
        folder.join("other.sources"),
        format!(
            "Types: deb\nURIs: {mirror}\nSuites: {release}\nComponents: main\nSigned-By: {ARCHIVE_KEYS}\n"
        ),
    )?;
    let apt = |arguments: &[&str]| -> Result<String> {
        let mut command = Command::new("apt-get");
        command.current_dir(folder);
        for (name, place) in [
            ("Dir::Etc::sourcelist", "other.sources"),
            ("Dir::Etc::sourceparts", "no-parts"),
            ("Dir::State::lists", "lists"),
            ("Dir::Cache", "cache"),
        ] {
            command
                .arg("-o")
                .arg(format!("{name}={}", folder.join(place).display()));
        }
        // Nothing but the list of packages is wanted, and apt's user cannot write here.
        for option in [
            "Acquire::Languages=none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
            "APT::Sandbox::User=root",
        ] {
            command.args(["-o", option]);
        }
        process::output(command.args(arguments))
    };
    apt(&["-q", "update"])
        .with_context(|| format!("apt cannot read the lists of Debian's release {release}"))?;
    apt(&["-q", "download", package]).with_context(|| format!("apt cannot fetch {package}"))?;
    // Files of a release move: none is named here, whatever apt left is taken.
    fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .with_context(|| format!("apt fetched no file of {package}"))
}

/// The Debian mirror that this machine's apt uses for the release it runs.
fn mirror() -> Result<String> {
    let system = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let release = system
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .map(|value| value.trim_matches('"'))
        .context("/etc/os-release names no VERSION_CODENAME")?;
    let targets = process::output(Command::new("apt-get").args([
        "indextargets",
        "--no-release-info",
        "--format",
        "$(REPO_URI) $(RELEASE) $(COMPONENT)",
        "Created-By: Packages",
    ]))?;
    mirror_of(&targets, release)
        .with_context(|| format!("apt is set up for no mirror of Debian's release {release}"))
}

/// The address among lines of `address release component`.
fn mirror_of(targets: &str, release: &str) -> Option<String> {
    targets.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (address, suite, component) = (words.next()?, words.next()?, words.next()?);
        (suite == release && component == "main").then(|| address.to_owned())
    })
}

/// Compiles the standard library of Debian's compiler; returns the folder with the libraries.
fn compile_library(folder: &Path, libc: &Path, linker: &[PathBuf]) -> Result<PathBuf> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n\n[profile.release]\npanic = \"abort\"\n",
    )?;
    let base = GuestToolchain {
        origin: String::new(),
        cargo: CARGO.into(),
        rustc: Some(RUSTC.into()),
        sysroot: None,
        linker: linker.to_owned(),
    };
    let mut command = base.cargo()?;
    // Building the library is unstable, hence the bootstrap variable; using the result is not. With bitcode in it,
    // guests can be optimised together with the library.
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_ENCODED_RUSTFLAGS", {
            let mut flags = std::ffi::OsString::from("-L\u{1f}");
            flags.push(libc);
            flags.push("\u{1f}-Clink-self-contained=no\u{1f}-Cembed-bitcode=yes");
            flags
        });
    for key in ["LTO", "CODEGEN_UNITS", "STRIP"] {
        command.env_remove(format!("CARGO_PROFILE_RELEASE_{key}"));
    }
    command.current_dir(folder).args([
        "build",
        "--quiet",
        "--release",
        "-Zbuild-std=std,panic_abort",
        "--target",
        TARGET,
        "--target-dir",
    ]);
    process::run(command.arg(folder.join("target")))?;
    Ok(folder.join("target").join(TARGET).join("release/deps"))
}

/// Copies the libraries into the places where the compiler looks for them.
fn collect(compiled: &Path, libc: &Path, libraries: &Path) -> Result<()> {
    let own = libraries.join("self-contained");
    fs::create_dir_all(&own)?;
    for entry in
        fs::read_dir(compiled).with_context(|| format!("cannot read {}", compiled.display()))?
    {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            fs::copy(&path, libraries.join(name))?;
        }
    }
    for name in ["crt1-command.o", "crt1-reactor.o", "libc.a"] {
        let from = libc.join(name);
        fs::copy(&from, own.join(name))
            .with_context(|| format!("wasi-libc has no {}", from.display()))?;
    }
    if !holds_core(libraries) {
        bail!(
            "the compiler left no standard library in {}",
            compiled.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::mirror_of;

    const TARGETS: &str = "http://mirror.example/debian-security/ bookworm-security main\n\
                           http://mirror.example/debian/ bookworm-updates main\n\
                           http://mirror.example/debian/ bookworm contrib\n\
                           http://mirror.example/debian/ bookworm main\n";

    #[test]
    fn mirror_is_that_of_the_release_itself() {
        assert_eq!(
            mirror_of(TARGETS, "bookworm").as_deref(),
            Some("http://mirror.example/debian/")
        );
    }

    #[test]
    fn release_apt_does_not_know_has_no_mirror() {
        assert_eq!(mirror_of(TARGETS, "trixie"), None);
        assert_eq!(mirror_of("\nnonsense\n", "bookworm"), None);
    }
}
