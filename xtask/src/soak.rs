//! One process, thousands of invocations: `cargo xtask soak`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::compiler;
use crate::repo::Repo;
use crate::steps::Steps;
use crate::{assemble, guests, process};

/// How long, and how unlucky.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Invocations of each connector.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    invocations: u32,
    /// Requests to the application that go wrong, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 20)]
    faults: u8,
    /// Begins the sequence of invocations and faults; the same one makes the same sequence.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// `cargo xtask soak`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.run("guests", "", || guests::ready(repo))?;
    let host = steps.run("host (release)", "about 10 minutes the first time", || {
        assemble::host(repo)
    })?;
    steps.run("soak", "", || drive(repo, &host, options))
}

/// Runs the program with what has been built.
fn drive(repo: &Repo, host: &Path, options: &Options) -> Result<()> {
    let mut command = Command::new(compiler::built(repo, "soak"));
    command
        .arg("--bootstrap")
        .arg(host)
        .arg("--artifacts")
        .arg(guests::folder(repo))
        .args(["--invocations", &options.invocations.to_string()])
        .args(["--faults", &options.faults.to_string()])
        .args(["--seed", &options.seed.to_string()]);
    process::run(&mut command)
}

/// The short soak of all tests, with a host and guests that are built.
pub(crate) fn short(repo: &Repo, host: &Path, invocations: u32) -> Result<()> {
    let options = Options {
        invocations,
        faults: 20,
        seed: 1,
    };
    drive(repo, host, &options)
}
