//! Proof that a test would notice a missing mechanism: `cargo xtask mutants`.
//!
//! The host is built with the feature `mutations`, in which every mechanism of `docs/security.md` can be switched off by
//! `APPFLOW_MUTATION`. All tests that the table names must pass as long as nothing is switched off; then each row's
//! mechanism is switched off, and each of its tests must fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::compiler::{self, NATIVE_TWIN};
use crate::promises::{self, Promise, Test};
use crate::repo::Repo;
use crate::{assemble, guests, process};

/// The feature in which mechanisms can be switched off.
const FEATURE: &str = "appflow-host/mutations";
/// Names the mechanism that is switched off.
const VARIABLE: &str = "APPFLOW_MUTATION";
/// Time for one test with its mechanism switched off. What a mechanism ends may never end without it.
const TEST_LIMIT: Duration = Duration::from_secs(90);
/// Time for all tests together with nothing switched off.
const ALL_LIMIT: Duration = Duration::from_secs(900);
/// Tests at a time.
const WORKERS: usize = 2;

/// Which mechanisms.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Only mechanisms whose name contains one of these texts.
    #[arg(value_name = "TEXT")]
    only: Vec<String>,
    /// Show the table and run nothing.
    #[arg(long)]
    list: bool,
}

/// `cargo xtask mutants`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    // Whoever asks for some of them may be in the middle of writing the others.
    if options.only.is_empty() && !options.list {
        promises::check(repo)?;
    }
    let promises: Vec<Promise> = promises::security(repo)?
        .into_iter()
        .filter(|promise| {
            options.only.is_empty()
                || options
                    .only
                    .iter()
                    .any(|text| promise.mechanism.contains(text))
        })
        .collect();
    if promises.is_empty() {
        bail!(
            "no mechanism of {} has such a name; `cargo xtask mutants --list` shows them",
            promises::SECURITY
        );
    }
    if options.list {
        for promise in &promises {
            for test in &promise.tests {
                println!("{:28} {test}", promise.mechanism);
            }
        }
        return Ok(());
    }
    let tests: BTreeSet<&Test> = promises.iter().flat_map(|promise| &promise.tests).collect();
    if tests.iter().any(|test| !matches!(test, Test::Unit(_))) {
        guests::ready(repo)?;
    }
    let bench = Bench::build(repo)?;
    eprintln!("{} tests with nothing switched off", tests.len());
    bench.all_pass(&tests)?;
    let jobs: Vec<(&str, &Test)> = promises
        .iter()
        .flat_map(|promise| {
            promise
                .tests
                .iter()
                .map(|test| (promise.mechanism.as_str(), test))
        })
        .collect();
    let outcomes = bench.switched_off(&jobs)?;
    let survivors = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::Passes)
        .count();
    for ((mechanism, test), outcome) in jobs.iter().zip(&outcomes) {
        println!("{mechanism:28} {:17} {test}", outcome.shown());
    }
    println!(
        "{} mechanisms, {} tests: {} fail when it is off, {survivors} still pass",
        promises.len(),
        jobs.len(),
        jobs.len() - survivors
    );
    if survivors > 0 {
        bail!(
            "tests that still pass prove nothing; their output is in {}",
            repo.shown(&bench.folder)
        );
    }
    Ok(())
}

/// How a test ended with its mechanism switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fails,
    /// It had to be ended, which is a failure too.
    NoEnd,
    Passes,
}

impl Outcome {
    fn shown(self) -> &'static str {
        match self {
            Self::Fails => "fails when off",
            Self::NoEnd => "no end when off",
            Self::Passes => "STILL PASSES",
        }
    }
}

/// Everything that was built with the feature.
struct Bench {
    unit: PathBuf,
    behaviour: PathBuf,
    environment: Vec<(&'static str, PathBuf)>,
    host: PathBuf,
    tests: PathBuf,
    /// For programs and the output of tests.
    folder: PathBuf,
}

impl Bench {
    fn build(repo: &Repo) -> Result<Self> {
        eprintln!(
            "building with mechanisms that can be switched off (a minute or two the first time)"
        );
        let folder = repo.target().join("mutants");
        fs::create_dir_all(&folder)?;
        // The same target folder as ever, since only the host differs. Its programs are copied, and the ordinary ones
        // put back in their places, so that nobody runs a host with switches by accident; also if something fails on the way.
        let bench = Self::with_switches(repo, folder);
        let put_back = process::run(compiler::development_build(repo).arg("--quiet"));
        let bench = bench?;
        put_back?;
        Ok(bench)
    }

    /// The programs with switches, copied into `folder`. They still lie where the ordinary ones belong.
    fn with_switches(repo: &Repo, folder: PathBuf) -> Result<Self> {
        let programs = programs(&process::captured(&mut cargo(repo, &["build", "--bins"]))?)?;
        let tests = programs_of_tests(repo)?;
        let mut environment = vec![
            ("APPFLOW_TEST_ARTIFACTS", guests::folder(repo)),
            ("APPFLOW_TEST_VENV", repo.target().join("venv")),
        ];
        for (variable, name) in [
            ("APPFLOW_TEST_BOOTSTRAP", assemble::BOOTSTRAP),
            ("APPFLOW_TEST_TOOL", "appflow-wasm"),
        ] {
            let copy = folder.join(name);
            let built = find(&programs, name)?;
            fs::copy(built, &copy).with_context(|| format!("cannot copy {}", built.display()))?;
            environment.push((variable, copy));
        }
        Ok(Self {
            unit: find(&tests, "appflow_host")?.clone(),
            behaviour: find(&tests, "behaviour")?.clone(),
            environment,
            host: repo.path("host"),
            tests: repo.path("tests"),
            folder,
        })
    }

    /// Runs all tests with nothing switched off.
    fn all_pass(&self, tests: &BTreeSet<&Test>) -> Result<()> {
        let mut runs: Vec<(&str, Vec<&str>, Vec<&str>)> = vec![
            ("unit", Vec::new(), Vec::new()),
            ("behaviour", Vec::new(), Vec::new()),
            ("case", vec![CASES_TEST], Vec::new()),
        ];
        for test in tests {
            match (test, &mut runs[..]) {
                (Test::Unit(path), [unit, ..]) => unit.1.push(path),
                (Test::Behaviour(path), [_, behaviour, _]) => behaviour.1.push(path),
                (Test::Case(name), [_, _, case]) => case.2.push(name),
                _ => bail!("`{test}` is of a kind that cannot be run here"),
            }
        }
        for (kind, names, cases) in runs {
            if names.is_empty() || (kind == "case" && cases.is_empty()) {
                continue;
            }
            let log = self.folder.join(format!("nothing-off-{kind}.txt"));
            let mut command = if kind == "unit" {
                self.program(&self.unit, &self.host)
            } else {
                self.program(&self.behaviour, &self.tests)
            };
            command.arg("--exact").args(&names);
            if !cases.is_empty() {
                command.env(CASES_VARIABLE, exact(&cases));
            }
            let ended = run_within(&mut command, &log, ALL_LIMIT)?;
            let said = fs::read_to_string(&log)?;
            let (passed, failed) = counts(&said);
            if ended != Some(true) || failed > 0 {
                bail!(
                    "with nothing switched off there are failures:\n{}",
                    said.trim_end()
                );
            }
            if passed != names.len() {
                bail!(
                    "{passed} of {} {kind} tests of {} were run; is a name misspelt?\n  {}",
                    names.len(),
                    promises::SECURITY,
                    names
                        .iter()
                        .filter(|name| !said.contains(&format!("test {name} ...")))
                        .copied()
                        .collect::<Vec<_>>()
                        .join("\n  ")
                );
            }
        }
        Ok(())
    }

    /// Runs each test with its mechanism switched off.
    fn switched_off(&self, jobs: &[(&str, &Test)]) -> Result<Vec<Outcome>> {
        let next = AtomicUsize::new(0);
        let outcomes = Mutex::new(BTreeMap::new());
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some((mechanism, test)) = jobs.get(number) else {
                            return;
                        };
                        let outcome = self.one(number, mechanism, test);
                        if let Ok(outcome) = &outcome {
                            eprintln!("  {mechanism}: {}", outcome.shown());
                        }
                        outcomes
                            .lock()
                            .unwrap_or_else(std::sync::PoisonError::into_inner)
                            .insert(number, outcome);
                    }
                });
            }
        });
        outcomes
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .into_values()
            .collect()
    }

    fn one(&self, number: usize, mechanism: &str, test: &Test) -> Result<Outcome> {
        let mut command = match test {
            Test::Unit(path) => {
                let mut command = self.program(&self.unit, &self.host);
                command.args(["--exact", path]);
                command
            }
            Test::Behaviour(path) => {
                let mut command = self.program(&self.behaviour, &self.tests);
                command.args(["--exact", path]);
                command
            }
            Test::Case(name) => {
                let mut command = self.program(&self.behaviour, &self.tests);
                command
                    .args(["--exact", CASES_TEST])
                    .env(CASES_VARIABLE, exact(&[name]));
                command
            }
            Test::Testkit(_) | Test::Host(_) => {
                bail!("`{test}` is of a kind that cannot be run here")
            }
        };
        command.env(VARIABLE, mechanism);
        let log = self.folder.join(format!("{mechanism}-{number}.txt"));
        let outcome = match run_within(&mut command, &log, TEST_LIMIT)? {
            None => Outcome::NoEnd,
            Some(true) => Outcome::Passes,
            Some(false) => Outcome::Fails,
        };
        Ok(outcome)
    }

    /// A program of tests, where and with what cargo would start it.
    fn program(&self, program: &Path, package: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(package)
            .env("CARGO_MANIFEST_DIR", package)
            .env_remove(VARIABLE)
            .env_remove(CASES_VARIABLE)
            .env_remove("APPFLOW_BLESS")
            // Else a property that fails as it should leaves a file among the sources.
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }
}

/// The test that runs contract cases.
const CASES_TEST: &str = "cases::every_case_folder_gets_its_answer";
/// Chooses contract cases; `=` before a name asks for exactly that one.
const CASES_VARIABLE: &str = "APPFLOW_CASES";

fn exact(cases: &[&str]) -> String {
    let names: Vec<String> = cases.iter().map(|name| format!("={name}")).collect();
    names.join(",")
}

/// Runs a program with its output in a file: whether it succeeded, or nothing if it had to be ended.
fn run_within(command: &mut Command, log: &Path, limit: Duration) -> Result<Option<bool>> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stderr(output.try_clone()?)
        .stdout(output)
        // A group of its own, so that what the test has started ends with it.
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if began.elapsed() > limit {
            end(&mut child)?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Ends a program and everything it started.
fn end(child: &mut Child) -> Result<()> {
    let group = format!("-{}", child.id());
    process::output(Command::new("kill").args(["-KILL", "--", &group]))?;
    child.wait()?;
    Ok(())
}

/// Tests passed and failed, by the summary of a test program.
fn counts(output: &str) -> (usize, usize) {
    let number = |word: &str| {
        output
            .lines()
            .filter_map(|line| line.strip_prefix("test result: ")?.split_once(". "))
            .flat_map(|(_, counts)| counts.split("; "))
            .filter_map(|count| count.strip_suffix(word)?.trim().parse::<usize>().ok())
            .sum()
    };
    (number("passed"), number("failed"))
}

/// Cargo for all of the workspace with the feature.
fn cargo(repo: &Repo, arguments: &[&str]) -> Command {
    let mut command = process::cargo();
    command
        .current_dir(repo.path(""))
        .args(arguments)
        .args(["--workspace", "--exclude", NATIVE_TWIN])
        .args(["--features", FEATURE, "--quiet"])
        .arg("--message-format=json-render-diagnostics");
    command
}

fn programs_of_tests(repo: &Repo) -> Result<BTreeMap<String, PathBuf>> {
    let arguments = ["test", "--no-run", "--lib", "--test", "behaviour"];
    programs(&process::captured(&mut cargo(repo, &arguments))?)
}

/// Programs among cargo's messages, by name.
fn programs(messages: &str) -> Result<BTreeMap<String, PathBuf>> {
    #[derive(Deserialize)]
    struct Message {
        target: Option<Target>,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let mut found = BTreeMap::new();
    for line in messages.lines() {
        let message: Message =
            serde_json::from_str(line).context("cargo wrote a message that is no JSON")?;
        if let (Some(target), Some(executable)) = (message.target, message.executable) {
            found.insert(target.name, executable);
        }
    }
    Ok(found)
}

fn find<'a>(programs: &'a BTreeMap<String, PathBuf>, name: &str) -> Result<&'a PathBuf> {
    programs
        .get(name)
        .with_context(|| format!("cargo built no program {name}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_end_is_ended_with_all_it_started() {
        let log = std::env::temp_dir().join(format!("mutants-{}.txt", std::process::id()));
        let run = |script: &str| {
            run_within(
                Command::new("sh").args(["-c", script]),
                &log,
                Duration::from_millis(300),
            )
            .unwrap()
        };
        assert_eq!(run("exit 0"), Some(true));
        assert_eq!(run("exit 3"), Some(false));
        assert_eq!(run("sleep 600 & echo $!; wait"), None);
        let grandchild = fs::read_to_string(&log).unwrap().trim().to_owned();
        fs::remove_file(&log).unwrap();
        let state = || fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
        let began = Instant::now();
        // Gone, or dead and not yet collected by whoever inherits it.
        while !state().is_empty() && !state().contains(") Z ") {
            assert!(began.elapsed() < Duration::from_secs(10), "it still runs");
            thread::yield_now();
        }
    }

    #[test]
    fn summaries_are_counted() {
        let output = "test a ... ok\n\ntest result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out\n";
        assert_eq!(counts(output), (3, 1));
        assert_eq!(counts("killed"), (0, 0));
    }
}
