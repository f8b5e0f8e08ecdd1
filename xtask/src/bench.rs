//! The host beside a native Lambda and AWS's SDK: `cargo xtask bench`.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::compiler::{self, NATIVE_TWIN};
use crate::repo::Repo;
use crate::steps::Steps;
use crate::{assemble, guests, process, venv};

/// The connector that is measured.
const PLUGIN: &str = "salesforce";

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only measures whose name contains this text: start, warm, page, parsed, languages, memory, held, size, large, growth.
    /// May be given more than once.
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Measurements of each contender, in place of each measure's own number.
    #[arg(long, value_name = "N")]
    runs: Option<u32>,
    /// Dollars for a GB-second of Lambda on x86 [default: 0.0000166667].
    #[arg(long, value_name = "PRICE")]
    x86_price: Option<f64>,
    /// Dollars for a GB-second of Lambda on arm64 [default: 0.0000133334].
    #[arg(long, value_name = "PRICE")]
    arm64_price: Option<f64>,
}

/// `cargo xtask bench`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    let mut steps = Steps::new(5);
    let (compiler, guests) = steps.run("guests", "about 10 minutes the first time", || {
        guests::ready(repo)
    })?;
    let image = steps.run("host (release)", "about 10 minutes the first time", || {
        let host = assemble::host(repo)?;
        let plugin = guests.iter().find(|guest| guest.name == PLUGIN);
        let plugin = plugin.with_context(|| format!("there is no connector \"{PLUGIN}\""))?;
        assemble::put_together(repo, &compiler, plugin, &host)
    })?;
    let native = steps.run(
        "native twin (release)",
        "a few minutes the first time",
        // Linked as the host is, so that neither has an advantage.
        || assemble::release(repo, NATIVE_TWIN, "native"),
    )?;
    let rival = steps.run("AWS's SDK for Python", "", || {
        venv::ensure(repo, &venv::RIVAL)
    })?;
    let figures = repo.target().join("bench/figures.json");
    steps.run("measuring", "about a minute", || {
        let mut command = Command::new(compiler::built(repo, "bench"));
        command
            .current_dir(repo.path(""))
            .arg("--image")
            .arg(image)
            .arg("--native")
            .arg(native)
            .arg("--python")
            .arg(rival.join("bin/python"))
            .arg("--guests")
            .arg(guests::folder(repo))
            .arg("--json")
            .arg(&figures)
            .args(["--subject", &subject(repo)?]);
        for text in &options.only {
            command.args(["--only", text]);
        }
        if let Some(runs) = options.runs {
            command.args(["--runs", &runs.to_string()]);
        }
        for (name, price) in [
            ("--x86-price", options.x86_price),
            ("--arm64-price", options.arm64_price),
        ] {
            if let Some(price) = price {
                command.args([name, &price.to_string()]);
            }
        }
        process::run(&mut command)
    })?;
    println!("all figures: {}", repo.shown(&figures));
    Ok(())
}

/// What is measured: the commit, and the compiler that made it.
fn subject(repo: &Repo) -> Result<String> {
    let mut git = Command::new("git");
    git.current_dir(repo.path(""))
        .args(["describe", "--always", "--dirty", "--exclude=*"]);
    // Sources may have come without their history.
    let commit = process::output(&mut git).unwrap_or_else(|_| "unknown".to_owned());
    Ok(format!(
        "commit {}, {}",
        commit.trim(),
        process::rustc_version()?
    ))
}
