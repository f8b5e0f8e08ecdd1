//! What noise cannot move, against committed baselines: `cargo xtask gates`.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::repo::Repo;
use crate::steps::Steps;
use crate::{apt, assemble, compiler, guests, process, toolchain};

/// The committed figures.
const BASELINES: &str = "tests/baselines.toml";
/// Debian's package with the program that counts.
const VALGRIND: &str = "valgrind";
/// The connector of the gates that want a real one.
const PLUGIN: &str = "salesforce";

/// What to do with the figures.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Write the figures of now as the new baselines, instead of comparing.
    #[arg(long)]
    bless: bool,
    /// Only gates whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// `cargo xtask gates`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    if let Some(obstacle) = obstacle(repo, options.bless)? {
        bail!("{obstacle}");
    }
    let mut steps = Steps::new(3);
    let (compiler, guests) = steps.run("guests", "", || guests::ready(repo))?;
    steps.run("host (release)", "about 10 minutes the first time", || {
        let host = assemble::host(repo)?;
        let plugin = guests
            .iter()
            .find(|guest| guest.name == PLUGIN)
            .with_context(|| format!("there is no connector {PLUGIN}"))?;
        assemble::put_together(repo, &compiler, plugin, &host)
    })?;
    steps.run("gates", "about two minutes", || drive(repo, options))
}

/// The gates as a step among others, where there is no [`obstacle`].
pub(crate) fn step(repo: &Repo) -> Result<()> {
    drive(repo, &Options::default())
}

/// Compares what has been built. Needs the guests and the image of [`PLUGIN`].
fn drive(repo: &Repo, options: &Options) -> Result<()> {
    let valgrind = valgrind()?;
    let mut command = Command::new(compiler::built(repo, "gates"));
    command
        .arg("--valgrind")
        .arg(valgrind)
        .arg("--image")
        .arg(repo.target().join("image").join(PLUGIN))
        .arg("--guests")
        .arg(guests::folder(repo))
        .arg("--baselines")
        .arg(repo.path(BASELINES))
        .args(["--compilers", &compilers(repo)?]);
    if options.bless {
        command.arg("--bless");
    }
    if let Some(text) = &options.only {
        command.arg("--only").arg(text);
    }
    process::run(&mut command).context("gates that do not hold; see the table above")
}

/// The program that counts, installed where it is missing and the machine is one of Debian.
fn valgrind() -> Result<std::path::PathBuf> {
    if process::on_path(VALGRIND).is_none() {
        apt::install("gates", &[VALGRIND])?;
    }
    process::on_path(VALGRIND).context("apt-get installed valgrind where it is not found")
}

/// What made the programs that are counted: other compilers make other instructions of the same sources.
fn compilers(repo: &Repo) -> Result<String> {
    Ok(format!(
        "{}; guests: {}",
        process::rustc_version()?,
        toolchain::ensure(repo)?.origin
    ))
}

/// Why nothing can be compared on this machine, or nothing blessed.
pub(crate) fn obstacle(repo: &Repo, bless: bool) -> Result<Option<String>> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(Some(
            "the baselines of the gates are those of x86-64 and Linux".to_owned(),
        ));
    }
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    if !zeroes_what_was_written(&release) {
        return Ok(Some(format!(
            "the baselines of the gates are those of Linux 6.7 and later, where the pool of instances zeroes only what was \
             written; this is Linux {}",
            release.trim()
        )));
    }
    if process::on_path(VALGRIND).is_none() && !apt::is_there() {
        return Ok(Some(
            "the gates count instructions by valgrind; install it by your package manager"
                .to_owned(),
        ));
    }
    if bless {
        return Ok(None);
    }
    let text = fs::read_to_string(repo.path(BASELINES))
        .with_context(|| format!("cannot read {BASELINES}"))?;
    let theirs = toml::from_str::<Origin>(&text)
        .with_context(|| format!("{BASELINES} cannot be read"))?
        .compilers;
    let ours = compilers(repo)?;
    Ok((theirs != ours).then(|| {
        format!(
            "the baselines of the gates are those of \"{theirs}\", this is \"{ours}\"; after a change of compilers that is \
             meant: cargo xtask gates --bless"
        )
    }))
}

/// Of the committed figures, what made the programs.
#[derive(serde::Deserialize)]
struct Origin {
    compilers: String,
}

/// Whether a kernel of this release can say which pages were written: Linux 6.7 and later.
fn zeroes_what_was_written(release: &str) -> bool {
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit());
    let mut number = || numbers.next()?.parse::<u32>().ok();
    let version = (number(), number());
    version >= (Some(6), Some(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_told_apart() {
        for new in ["6.7", "6.7.0-rc1", "6.18.44-cloud\n", "7.0.1", "10.1"] {
            assert!(zeroes_what_was_written(new), "{new}");
        }
        for old in ["6.6.87", "6.1.2-amazon", "5.10.240-amzn2", "", "unknown"] {
            assert!(!zeroes_what_was_written(old), "{old}");
        }
    }
}
