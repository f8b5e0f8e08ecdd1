//! What noise cannot move, against committed baselines: `cargo xtask gates`.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::repo::Repo;
use crate::steps::Steps;
use crate::{assemble, compiler, guests, process};

/// The committed figures.
const BASELINES: &str = "tests/baselines.toml";
/// Debian's package with the program that counts.
const VALGRIND: &str = "valgrind";
/// The connector of the gates that want a real one.
const PLUGIN: &str = "salesforce";

/// What to do with the figures.
#[derive(clap::Args)]
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

/// Compares what has been built. Needs the guests and the image of [`PLUGIN`].
pub(crate) fn drive(repo: &Repo, options: &Options) -> Result<()> {
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
    if let Some(program) = process::on_path(VALGRIND) {
        return Ok(program);
    }
    if process::on_path("apt-get").is_none() {
        bail!(
            "the gates count instructions by valgrind, and there is none; install it by your package manager"
        );
    }
    eprintln!("installing Debian's package {VALGRIND} by apt-get");
    let install = |command: &mut Command| process::output(command);
    install(Command::new("apt-get").args(["-q", "update"]))?;
    install(
        Command::new("apt-get")
            .args(["-q", "install", "-y", "--no-install-recommends", VALGRIND])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
    .context("valgrind cannot be installed; as root: apt-get install valgrind")?;
    process::on_path(VALGRIND).context("apt-get installed valgrind where it is not found")
}
