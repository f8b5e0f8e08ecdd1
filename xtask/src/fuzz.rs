//! Fuzzing with libFuzzer: `cargo xtask fuzz`.
//!
//! The program `fuzz` holds all targets of `fuzz/`. It is built in the development profile, so that overflows and debug
//! assertions count as finds, with every dependency as it lies there; only the host and the targets are compiled again, by
//! [`instrument`] in cargo's place of a wrapper: optimised, and with LLVM's coverage counters, which the stable compiler
//! has. There are no sanitizers: the code under test has no `unsafe`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, io};

use anyhow::{Context as _, Result, bail};

use crate::repo::Repo;
use crate::{compiler, process};

/// Set while cargo builds the fuzzer: this program is then the compiler's wrapper.
const INSTRUMENT_VARIABLE: &str = "APPFLOW_FUZZ_INSTRUMENT";
/// Names the target to the program.
const TARGET_VARIABLE: &str = "APPFLOW_FUZZ_TARGET";
/// Crates that are compiled with counters.
const INSTRUMENTED: [&str; 2] = ["appflow_host", "appflow_fuzz"];
/// What is compared with, optimised as well.
const OPTIMISED: [&str; 1] = ["appflow_testkit"];
/// What makes counters, for libFuzzer.
const COUNTERS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// Longest input made. Longer ones find little that these do not, and cost the more.
const MOST_BYTES: u32 = 4096;
/// Longest time for one input, in seconds; beyond it, it is a find.
const SECONDS_EACH: u32 = 10;

/// What to fuzz.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Time for each target.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
    /// This many inputs for each target instead, the same ones each time, as `cargo xtask test` does.
    #[arg(long, value_name = "N", conflicts_with_all = ["seconds", "replay", "keep"])]
    inputs: Option<u32>,
    /// This target only; all in turn otherwise.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// Run one file through the target instead of making inputs, and show what breaks.
    #[arg(long, value_name = "FILE", requires = "target")]
    replay: Option<PathBuf>,
    /// Afterwards keep what reaches new code in fuzz/corpus, as few and as short inputs as will do.
    #[arg(long, conflicts_with = "replay")]
    keep: bool,
}

/// How long to go on with a target.
enum Length {
    Seconds(u32),
    /// This many inputs, the same ones each time, so that a change is judged by what it does and not by chance.
    Inputs(u32),
}

/// What came of a target.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    executions: u64,
    per_second: u64,
    coverage: u64,
    features: u64,
    corpus: u64,
    finds: Vec<PathBuf>,
}

/// `cargo xtask fuzz`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    let names = match &options.target {
        Some(name) => vec![name.clone()],
        None => targets(repo)?,
    };
    let program = build(repo)?;
    if let (Some(file), Some(name)) = (&options.replay, names.first()) {
        return process::run(
            Command::new(&program)
                .env(TARGET_VARIABLE, name)
                .env("RUST_BACKTRACE", "1")
                .arg(file),
        );
    }
    let mut rows = Vec::new();
    for name in &names {
        let (fuzzer, length) = match options.inputs {
            Some(inputs) => {
                eprintln!("fuzzing {name}, {inputs} inputs");
                let fuzzer = Fuzzer::afresh(repo, &program, name)?;
                (fuzzer, Length::Inputs(inputs))
            }
            None => {
                eprintln!("fuzzing {name} for {} s", options.seconds);
                let fuzzer = Fuzzer::new(repo, &program, name)?;
                (fuzzer, Length::Seconds(options.seconds))
            }
        };
        rows.push((name.clone(), fuzzer.run(&length)?));
        if options.keep {
            fuzzer.keep()?;
        }
    }
    println!("{}", table(&rows).trim_end());
    let finds: Vec<String> = rows
        .iter()
        .flat_map(|(name, figures)| {
            figures.finds.iter().map(move |find| {
                let file = repo.shown(find);
                format!("  cargo xtask fuzz --target {name} --replay {file}")
            })
        })
        .collect();
    if !finds.is_empty() {
        bail!(
            "{} inputs broke a promise; to see how:\n{}\nwhen it is mended, keep the file in fuzz/regressions/TARGET",
            finds.len(),
            finds.join("\n")
        );
    }
    Ok(())
}

/// The short run of all tests.
pub(crate) fn short(repo: &Repo, inputs: u32) -> Result<()> {
    let options = Options {
        seconds: 0,
        inputs: Some(inputs),
        target: None,
        replay: None,
        keep: false,
    };
    run(repo, &options)
}

/// Names of all targets: the folders of the corpus, which a test compares with the code.
fn targets(repo: &Repo) -> Result<Vec<String>> {
    let folder = repo.path("fuzz/corpus");
    let entries = folder
        .read_dir()
        .with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names: Vec<String> = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// Builds the program. The whole workspace is named for one choice of features, see
/// [`compiler::development_build`].
fn build(repo: &Repo) -> Result<PathBuf> {
    eprintln!("building the fuzzer (about 2 minutes after a change of the host)");
    // By its place and not by what runs now: builds of the whole workspace put a new program there meanwhile.
    let wrapper = compiler::built(repo, "xtask");
    let mut command = process::cargo();
    command
        .current_dir(repo.path(""))
        .args(["build", "--quiet", "--workspace", "--bin", "fuzz"])
        .args(["--features", "appflow-fuzz/libfuzzer"])
        .env("RUSTC_WORKSPACE_WRAPPER", wrapper)
        .env(INSTRUMENT_VARIABLE, "1");
    process::run(&mut command).context("the fuzzer needs a C++ compiler")?;
    Ok(compiler::built(repo, "fuzz"))
}

/// Whether cargo calls this program in place of the compiler.
pub(crate) fn is_wrapper() -> bool {
    env::var_os(INSTRUMENT_VARIABLE).is_some()
}

/// Compiles a crate of the workspace, with counters if it is one of those that are fuzzed.
pub(crate) fn instrument() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let Some((compiler, arguments)) = arguments.split_first() else {
        return ExitCode::FAILURE;
    };
    let mut command = Command::new(compiler);
    command.args(arguments);
    if is_one_of(arguments, &INSTRUMENTED) {
        command.args(COUNTERS).arg("-Copt-level=3");
    } else if is_one_of(arguments, &OPTIMISED) {
        command.arg("-Copt-level=2");
    }
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot start {}: {error}", compiler.display());
            ExitCode::FAILURE
        }
    }
}

/// Whether the arguments of a compiler are for one of these crates.
fn is_one_of(arguments: &[OsString], crates: &[&str]) -> bool {
    arguments.windows(2).any(|pair| match pair {
        [option, name] => option == "--crate-name" && crates.iter().any(|one| name == one),
        _ => false,
    })
}

/// One target with its folders.
struct Fuzzer<'a> {
    program: &'a Path,
    name: &'a str,
    /// What earlier runs on this machine found worth keeping.
    grown: PathBuf,
    kept: PathBuf,
    regressions: PathBuf,
    dictionary: PathBuf,
    finds: PathBuf,
}

impl<'a> Fuzzer<'a> {
    fn new(repo: &Repo, program: &'a Path, name: &'a str) -> Result<Self> {
        let work = repo.target().join("fuzz");
        let fuzzer = Self {
            program,
            name,
            grown: work.join("corpus").join(name),
            kept: repo.path("fuzz/corpus").join(name),
            regressions: repo.path("fuzz/regressions").join(name),
            dictionary: repo.path("fuzz/dictionaries").join(format!("{name}.dict")),
            finds: work.join("finds").join(name),
        };
        for folder in [&fuzzer.grown, &fuzzer.finds] {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(fuzzer)
    }

    /// One that knows nothing of earlier runs on this machine.
    fn afresh(repo: &Repo, program: &'a Path, name: &'a str) -> Result<Self> {
        let mut fuzzer = Self::new(repo, program, name)?;
        fuzzer.grown = repo.target().join("fuzz/afresh").join(name);
        if fuzzer.grown.exists() {
            fs::remove_dir_all(&fuzzer.grown)?;
        }
        fs::create_dir_all(&fuzzer.grown)?;
        Ok(fuzzer)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        let mut finds = OsString::from("-artifact_prefix=");
        finds.push(&self.finds);
        finds.push("/");
        command
            .env(TARGET_VARIABLE, self.name)
            .arg(finds)
            .arg(format!("-max_len={MOST_BYTES}"))
            .arg(format!("-timeout={SECONDS_EACH}"))
            .arg("-rss_limit_mb=2048");
        command
    }

    fn run(&self, length: &Length) -> Result<Figures> {
        let before = files(&self.finds)?;
        let mut command = self.command();
        match length {
            Length::Seconds(seconds) => command.arg(format!("-max_total_time={seconds}")),
            Length::Inputs(number) => command.arg(format!("-runs={number}")).arg("-seed=1"),
        };
        command
            .arg("-print_final_stats=1")
            .args(["-use_value_profile=1", "-verbosity=1"]);
        if self.dictionary.is_file() {
            let mut option = OsString::from("-dict=");
            option.push(&self.dictionary);
            command.arg(option);
        }
        command.arg(&self.grown).arg(&self.kept);
        if self.regressions.is_dir() {
            command.arg(&self.regressions);
        }
        let output = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let mut figures = read(&said);
        figures.finds = files(&self.finds)?;
        figures.finds.retain(|find| !before.contains(find));
        if !output.status.success() {
            eprintln!("{}", reason(&said));
            if figures.finds.is_empty() {
                bail!("{} of target {}:\n{said}", output.status, self.name);
            }
        }
        Ok(figures)
    }

    /// Makes the kept corpus anew from all there is.
    fn keep(&self) -> Result<()> {
        let fresh = self.grown.with_extension("fresh");
        if fresh.exists() {
            fs::remove_dir_all(&fresh)?;
        }
        fs::create_dir_all(&fresh)?;
        let mut command = self.command();
        command
            .arg("-merge=1")
            .args([&fresh, &self.kept, &self.grown]);
        process::output(&mut command)?;
        for old in files(&self.kept)? {
            fs::remove_file(old)?;
        }
        for new in files(&fresh)? {
            if let Some(name) = new.file_name() {
                fs::copy(&new, self.kept.join(name))?;
            }
        }
        Ok(fs::remove_dir_all(&fresh)?)
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = folder
        .read_dir()
        .with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<_>>()?;
    files.sort();
    Ok(files)
}

/// The figures in what libFuzzer says: a line for every step, and statistics at the end.
fn read(said: &str) -> Figures {
    let mut figures = Figures::default();
    let number = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    for line in said.lines() {
        if let Some(rest) = line.strip_prefix('#') {
            let after = |name: &str| rest.split_once(name).and_then(|(_, text)| number(text));
            figures.executions = number(rest).unwrap_or(figures.executions);
            figures.coverage = after(" cov: ").unwrap_or(figures.coverage);
            figures.features = after(" ft: ").unwrap_or(figures.features);
            figures.corpus = after(" corp: ").unwrap_or(figures.corpus);
            figures.per_second = after(" exec/s: ").unwrap_or(figures.per_second);
        } else if let Some((name, text)) = line
            .strip_prefix("stat::")
            .and_then(|line| line.split_once(':'))
        {
            let value = number(text.trim());
            match name {
                "number_of_executed_units" => {
                    figures.executions = value.unwrap_or(figures.executions);
                }
                "average_exec_per_sec" => figures.per_second = value.unwrap_or(figures.per_second),
                _ => {}
            }
        }
    }
    figures
}

/// The lines of a find that say what happened.
fn reason(said: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut shown = false;
    for line in said.lines() {
        if line.contains("panicked at") || line.contains("ERROR: libFuzzer") {
            shown = true;
        } else if line.starts_with("stack backtrace") || line.starts_with("note: ") {
            shown = false;
        }
        if shown && lines.len() < 12 {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn table(rows: &[(String, Figures)]) -> String {
    let head = [
        "target",
        "executions",
        "a second",
        "coverage",
        "features",
        "corpus",
        "finds",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(|(name, figures)| {
        [
            name.clone(),
            figures.executions.to_string(),
            figures.per_second.to_string(),
            figures.coverage.to_string(),
            figures.features.to_string(),
            figures.corpus.to_string(),
            figures.finds.len().to_string(),
        ]
    }));
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(String::len).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    lines
        .iter()
        .map(|line| {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| match column {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                })
                .collect();
            format!("  {}\n", cells.join("  "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_found_in_what_libfuzzer_says() {
        let said = "INFO: seed corpus: files: 12\n#2\tINITED cov: 8 ft: 9 corp: 1/1b exec/s: 0 rss: 30Mb\n\
            #524288\tpulse  cov: 1234 ft: 5678 corp: 321/12Kb lim: 4096 exec/s: 174762 rss: 40Mb\n\
            Done 600000 runs in 3 second(s)\nstat::number_of_executed_units: 600001\nstat::average_exec_per_sec:     150000\n";
        let figures = read(said);
        assert_eq!(
            figures,
            Figures {
                executions: 600_001,
                per_second: 150_000,
                coverage: 1234,
                features: 5678,
                corpus: 321,
                finds: Vec::new()
            }
        );
        assert!(table(&[("filter".to_owned(), figures)]).contains("filter      600001"));
    }

    #[test]
    fn a_find_is_shown_by_its_message() {
        let said = "#1\tNEW\nthread 'main' panicked at fuzz/src/filter.rs:3:\nboom\nnote: run with\n 0: main\n\
            ==1== ERROR: libFuzzer: deadly signal\nNOTE: more\n";
        assert_eq!(
            reason(said),
            "thread 'main' panicked at fuzz/src/filter.rs:3:\nboom\n==1== ERROR: libFuzzer: deadly signal\nNOTE: more"
        );
        assert_eq!(reason("nothing"), "");
    }

    #[test]
    fn only_what_is_fuzzed_is_instrumented() {
        let line = |name: &str| ["--crate-name", name, "--edition=2024"].map(OsString::from);
        assert!(is_one_of(&line("appflow_host"), &INSTRUMENTED));
        assert!(is_one_of(&line("appflow_fuzz"), &INSTRUMENTED));
        assert!(!is_one_of(&line("xtask"), &INSTRUMENTED));
        assert!(!is_one_of(&["-vV".into()], &INSTRUMENTED));
    }
}
