//! What a connector costs in each language: `cargo xtask languages`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::{Language, c, js, python, setup};
use crate::compiler;
use crate::repo::Repo;
use crate::steps::Steps;
use crate::toolchain::{self, TARGET};
use crate::{assemble, guests, process};

/// The document with the table.
const DOCUMENT: &str = "docs/languages.md";

/// Where a language's tools are.
enum Tools {
    /// A folder of the cache.
    Cache(&'static str),
    /// A folder of the repository, which may be a link into the cache.
    Repo(&'static str),
}

/// A column of the table.
struct Column {
    name: &'static str,
    /// None for Rust.
    language: Option<Language>,
    /// Folders that its setup fills, below the repository or the cache, or links to them. What only tests need lies elsewhere.
    tools: &'static [Tools],
    /// Folder of its smallest connector.
    smallest: &'static str,
    /// Its connector that reads a page.
    reader: &'static str,
}

const COLUMNS: [Column; 5] = [
    Column {
        name: "Rust",
        language: None,
        tools: &[Tools::Cache("sysroot-wasm32-wasip2")],
        smallest: "plugins/hello",
        reader: "bench-rust",
    },
    Column {
        name: "C",
        language: Some(Language::C),
        tools: &[Tools::Cache("c")],
        smallest: "plugins/minimal-c",
        reader: "bench-c",
    },
    Column {
        name: "JavaScript on QuickJS",
        language: Some(Language::Js),
        tools: &[Tools::Repo("guest-sdk/js/node_modules")],
        smallest: "plugins/minimal-js",
        reader: "bench-qjs",
    },
    Column {
        name: "TypeScript on StarlingMonkey",
        language: Some(Language::Js),
        tools: &[Tools::Repo("guest-sdk/js/node_modules")],
        smallest: "plugins/minimal-ts",
        reader: "bench-js",
    },
    Column {
        name: "Python",
        language: Some(Language::Python),
        tools: &[
            Tools::Repo("guest-sdk/python/.venv/lib"),
            Tools::Repo("guest-sdk/python/.venv/bin"),
        ],
        smallest: "plugins/minimal-python",
        reader: "bench-python",
    },
];

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Turns, each with one start and one page of each kind in every language.
    #[arg(long, value_name = "N", default_value_t = 9)]
    runs: u32,
    /// Puts the table into docs/languages.md.
    #[arg(long)]
    write: bool,
}

/// `cargo xtask languages`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    let mut steps = Steps::new(4);
    steps.run("guests", "about 10 minutes the first time", || {
        guests::ready(repo)
    })?;
    let host = steps.run("host (release)", "about 10 minutes the first time", || {
        assemble::host(repo)
    })?;
    let columns = steps.run(
        "building the smallest connectors anew",
        "about a minute",
        || {
            COLUMNS
                .iter()
                .map(|column| column.argument(repo))
                .collect::<Result<Vec<_>>>()
        },
    )?;
    steps.run("measuring", "about a minute", || {
        let mut command = Command::new(compiler::built(repo, "languages"));
        command
            .arg("--bootstrap")
            .arg(&host)
            .arg("--artifacts")
            .arg(guests::folder(repo))
            .args(["--runs", &options.runs.to_string()]);
        for column in &columns {
            command.args(["--language", column]);
        }
        if options.write {
            command.arg("--write").arg(repo.path(DOCUMENT));
        }
        process::run(&mut command)
    })
}

impl Column {
    /// What the program is told of it.
    fn argument(&self, repo: &Repo) -> Result<String> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let took = match self.language {
            Some(language) => build(repo, language, &repo.path(self.smallest)),
            None => build_rust(repo, &repo.path(self.smallest)),
        }
        .with_context(|| format!("cannot build {}", self.smallest))?;
        let reader = guests::folder(repo)
            .join(self.reader)
            .with_extension("cwasm");
        let mut tools = 0;
        for place in self.tools {
            let folder = match place {
                Tools::Cache(name) => repo.cache().join(name),
                Tools::Repo(path) => repo.path(path),
            };
            // With rustup's target there is no sysroot of our own.
            tools += size(&folder).unwrap_or(0);
        }
        Ok(format!(
            "{},{},{},{tools},{}",
            self.name,
            name(self.smallest),
            if reader.is_file() { self.reader } else { "-" },
            took.as_millis()
        ))
    }
}

/// Time of a build by the language's own tools, as its author has it.
fn build(repo: &Repo, language: Language, folder: &Path) -> Result<Duration> {
    setup(repo, language)?;
    let place = repo.target().join("languages");
    fs::create_dir_all(&place)?;
    let component = place.join("connector.wasm");
    let started = Instant::now();
    match language {
        Language::Js => js::build(repo, folder, &component),
        Language::Python => python::build(repo, folder, &component),
        Language::C => c::build(repo, folder, &component),
    }?;
    Ok(started.elapsed())
}

/// Time of a build of all crates from nothing.
fn build_rust(repo: &Repo, folder: &Path) -> Result<Duration> {
    let place = repo.target().join("languages/rust");
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("cannot clear {}", place.display()))?;
    }
    let mut command = toolchain::ensure(repo)?.cargo()?;
    command
        .args([
            "build",
            "--quiet",
            "--release",
            "--target",
            TARGET,
            "--manifest-path",
        ])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&place)
        .stdin(Stdio::null());
    let started = Instant::now();
    process::output(&mut command)?;
    Ok(started.elapsed())
}

/// Bytes of all files below a folder; links are not followed.
fn size(folder: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    for entry in folder.read_dir()? {
        let entry = entry?;
        let kind = entry.file_type()?;
        sum += if kind.is_dir() {
            size(&entry.path())?
        } else if kind.is_file() {
            entry.metadata()?.len()
        } else {
            0
        };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn all_columns_stand_for_connectors_that_are_there() {
        let repo = Repo::find().unwrap();
        for column in &COLUMNS {
            let folder = repo.path(column.smallest);
            assert!(
                folder.join(guests::MANIFEST).is_file(),
                "{}",
                column.smallest
            );
            assert_eq!(
                Language::of(&folder),
                column.language,
                "{}",
                column.smallest
            );
        }
    }

    #[test]
    fn files_of_all_depths_count() {
        let folder = std::env::temp_dir().join(format!("size-{}", std::process::id()));
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::write(folder.join("a/b/c"), "123").unwrap();
        fs::write(folder.join("d"), "45").unwrap();
        assert_eq!(size(&folder).unwrap(), 5);
        fs::remove_dir_all(&folder).unwrap();
        assert!(size(&folder).is_err());
    }
}
