//! What noise cannot move, against committed baselines: `cargo xtask gates`.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::repo::Repo;
use crate::steps::Steps;
use crate::{apt, assemble, compiler, guests, process};

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
    if let Some(obstacle) = obstacle() {
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

/// The gates as a step among others: left out, in words, where they cannot be.
pub(crate) fn step(repo: &Repo) -> Result<()> {
    if let Some(obstacle) = obstacle() {
        eprintln!("left out: {obstacle}");
        return Ok(());
    }
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
        .arg(repo.path(BASELINES));
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

/// Why nothing can be compared on this machine.
fn obstacle() -> Option<&'static str> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Some("the baselines of the gates are those of x86-64 and Linux");
    }
    if process::on_path(VALGRIND).is_none() && !apt::is_there() {
        return Some(
            "the gates count instructions by valgrind; install it by your package manager",
        );
    }
    None
}
