//! Everything CI runs: `cargo xtask test`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::languages::{self, Language};
use crate::repo::Repo;
use crate::steps::Steps;
use crate::{
    assemble, checks, compiler, fuzz, gates, guests, image, mutants, process, soak, toolchain,
    venv, wit,
};

/// Workspaces of guests whose logic is tested on this machine as well.
const NATIVE: [&str; 2] = ["guest-sdk/rust", "plugins"];
/// Invocations of each connector in the short soak.
const SOAK: u32 = 2_000;
/// Inputs of the short run of each fuzz target, its corpus of about a thousand among them.
const FUZZ_INPUTS: u32 = 20_000;
/// Workspaces with Rust code to be formatted, beside the root.
const FORMATTED: [&str; 3] = ["guest-sdk/rust", "plugins", "tests/guests"];

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leave out what takes longest: guests, the release build and the behaviour tests.
    #[arg(long)]
    quick: bool,
}

/// `cargo xtask test`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    let mut steps = Steps::new(if options.quick { 7 } else { 18 });
    let outcome = all(repo, options, &mut steps);
    println!("\n{}", steps.table().trim_end());
    match &outcome {
        Ok(passed) => println!(
            "all steps done in {}: {passed} passed, 0 failed{}",
            steps.elapsed(),
            steps.left_out()
        ),
        Err(_) => println!("stopped after {}", steps.elapsed()),
    }
    outcome.map(drop)
}

/// Returns the number of tests.
fn all(repo: &Repo, options: &Options, steps: &mut Steps) -> Result<u64> {
    steps.run("format", "", || format(repo))?;
    steps.run("repository rules", "", || checks::run(repo))?;
    steps.run("vendored WIT", "", || wit::check(repo))?;
    steps.run("lints", "about 3 minutes the first time", || lints(repo))?;
    steps.run("documentation", "", || documentation(repo))?;
    steps.run("Python environment", "", || {
        venv::ensure(repo, &venv::TESTS)
    })?;
    // Run again at the end, where it costs seconds; what is wrong with a unit should be known before the long builds.
    let unit = steps.run("unit tests", "about 5 minutes the first time", || {
        run_tests(root_tests(repo).args(["--lib", "--bins"]))
    })?;
    if options.quick {
        return Ok(unit);
    }
    let native = steps.run("guest code on this machine", "", || {
        let mut passed = 0;
        for workspace in existing(repo, &NATIVE) {
            process::run(native(repo, &workspace, "clippy").args([
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ]))?;
            passed += run_tests(&mut native(repo, &workspace, "test"))?;
        }
        Ok(passed)
    })?;
    steps.run("guest toolchain", "", || toolchain::ensure(repo))?;
    steps.run("SDKs of other languages", "", || {
        Language::ALL
            .into_iter()
            .try_for_each(|language| languages::test(repo, language))
    })?;
    let (compiler, guests) = steps.run("guests", "", || guests::ready(repo))?;
    let host = steps.run("host (release)", "about 10 minutes the first time", || {
        let host = assemble::host(repo)?;
        for guest in guests.iter().filter(|guest| guest.is_plugin) {
            assemble::put_together(repo, &compiler, guest, &host)?;
        }
        Ok(host)
    })?;
    // Examples in the documentation are not a run of their own: that would choose other features and compile everything
    // again.
    let whole = steps.run("behaviour tests, examples", "", || {
        let mut command = root_tests(repo);
        command
            .env("APPFLOW_TEST_BOOTSTRAP", &host)
            .env("APPFLOW_TEST_ARTIFACTS", guests::folder(repo))
            .env("APPFLOW_TEST_TOOL", compiler::built(repo, "appflow-wasm"));
        run_tests(&mut command)
    })?;
    let obstacle = gates::obstacle(repo, false)?;
    steps.run_unless(obstacle, "gates", "about two minutes", || gates::step(repo))?;
    steps.run("soak", "about a minute", || soak::short(repo, &host, SOAK))?;
    steps.run("fuzzing", "about 3 minutes the first time", || {
        fuzz::short(repo, FUZZ_INPUTS)
    })?;
    steps.run("mechanisms switched off", "a few minutes", || {
        mutants::run(repo, &mutants::Options::default())
    })?;
    let obstacle = image::obstacle()?.map(str::to_owned);
    steps.run_unless(obstacle, "images", "about 12 minutes", || image::step(repo))?;
    Ok(native + whole)
}

fn format(repo: &Repo) -> Result<()> {
    for folder in [repo.path("")]
        .into_iter()
        .chain(existing(repo, &FORMATTED))
    {
        process::run(
            process::cargo()
                .current_dir(folder)
                .args(["fmt", "--all", "--check"]),
        )?;
    }
    Ok(())
}

fn lints(repo: &Repo) -> Result<()> {
    let mut command = process::cargo();
    process::run(command.current_dir(repo.path("")).args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
}

fn documentation(repo: &Repo) -> Result<()> {
    let mut root = process::cargo();
    root.current_dir(repo.path(""))
        .args(["doc", "--quiet", "--workspace", "--no-deps"]);
    process::run(root.env("RUSTDOCFLAGS", "--deny warnings"))?;
    for folder in existing(repo, &NATIVE) {
        process::run(
            native(repo, &folder, "doc")
                .args(["--quiet", "--no-deps", "--all-features"])
                .env("RUSTDOCFLAGS", "--deny warnings"),
        )?;
    }
    Ok(())
}

/// Cargo for a workspace of guests, built with the host's compiler for this machine.
fn native(repo: &Repo, workspace: &Path, command: &str) -> Command {
    let mut cargo = process::cargo();
    cargo
        .current_dir(workspace)
        .args([command, "--workspace", "--target-dir"])
        .arg(repo.target().join("guest-native"));
    cargo
}

fn existing(repo: &Repo, folders: &[&str]) -> Vec<PathBuf> {
    folders
        .iter()
        .map(|folder| repo.path(folder))
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect()
}

/// Cargo's tests of the root workspace; always of all of it, see [`compiler::development_build`].
fn root_tests(repo: &Repo) -> Command {
    let mut command = process::cargo();
    command
        .current_dir(repo.path(""))
        .args(["test", "--workspace"]);
    command.env("APPFLOW_TEST_VENV", repo.target().join("venv"));
    command
}

/// Runs cargo's tests and returns how many there were.
fn run_tests(command: &mut Command) -> Result<u64> {
    let mut sum = 0;
    process::run_and_read(command, |line| sum += passed(line).unwrap_or(0))?;
    Ok(sum)
}

/// The number of tests in a summary line of a test program.
fn passed(line: &str) -> Option<u64> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    counts.split_once(" passed;")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::passed;

    #[test]
    fn summaries_are_counted_and_nothing_else() {
        assert_eq!(
            passed("test result: ok. 41 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out"),
            Some(41)
        );
        assert_eq!(
            passed("test result: FAILED. 3 passed; 1 failed; 0 ignored"),
            Some(3)
        );
        assert_eq!(passed("test a::test_result ... ok"), None);
    }
}
