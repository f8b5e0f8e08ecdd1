//! Rules of this repository that no compiler enforces.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::promises;
use crate::repo::Repo;

/// A file that is longer says why in its first lines.
const LONGEST_FILE: usize = 500;
/// Words of that reason.
const REASON: &str = "over 500 lines";
/// Lines in which the reason must stand.
const TOP: usize = 20;
/// Sources; the length of lists, texts and locks is no concern.
const SOURCES: [&str; 8] = [".rs", ".wit", ".py", ".js", ".mjs", ".ts", ".c", ".h"];
/// Others' files, kept as they are.
const VENDORED: &str = "wit/deps/";
/// Where compiled code is loaded: the one thing that needs `unsafe`.
const LOADING: &str = "host/src/engine/load.rs";
/// A crate that is there exactly if a compiler is.
const COMPILER: &str = "cranelift-codegen";
/// Guests that misbehave on purpose.
const HOSTILE: &str = "tests/guests/";

/// Fails on the first rule that is broken, naming every file that breaks it.
pub(crate) fn run(repo: &Repo) -> Result<()> {
    let files = sources(repo)?;
    report(
        "longer than 500 lines without saying why (\"over 500 lines: ...\") at the top",
        &files,
        |_, text| is_too_long(text).then(String::new),
    )?;
    report(
        "unsafe code outside of the loading of compiled code",
        &files,
        |path, text| {
            let exempt = path == LOADING || path.starts_with(HOSTILE);
            (path.ends_with(".rs") && !exempt)
                .then(|| unsafe_line(text).map(|line| format!(":{line}")))
                .flatten()
        },
    )?;
    promises::check(repo)?;
    no_compiler_in_the_host(repo)
}

/// The Lambda binary loads what was compiled before; a compiler in it would double its size and its start.
fn no_compiler_in_the_host(repo: &Repo) -> Result<()> {
    let output = process::cargo()
        .current_dir(repo.path(""))
        .args([
            "tree",
            "--locked",
            "--package",
            "appflow-host",
            "--edges",
            "normal,build",
        ])
        .args(["--prefix", "none"])
        .output()
        .context("cargo tree cannot be run")?;
    if !output.status.success() {
        bail!(
            "cargo tree failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    if String::from_utf8_lossy(&output.stdout)
        .lines()
        .any(|line| line.starts_with(COMPILER))
    {
        bail!("appflow-host depends on {COMPILER}; only the tool and dev-dependencies may");
    }
    Ok(())
}

fn report(
    rule: &str,
    files: &[(String, String)],
    broken: impl Fn(&str, &str) -> Option<String>,
) -> Result<()> {
    let found: Vec<String> = files
        .iter()
        .filter_map(|(path, text)| broken(path, text).map(|place| format!("  {path}{place}")))
        .collect();
    if !found.is_empty() {
        bail!("{rule}:\n{}", found.join("\n"));
    }
    Ok(())
}

/// Path and text of every source file that is, or would be, committed.
fn sources(repo: &Repo) -> Result<Vec<(String, String)>> {
    let mut command = Command::new("git");
    command.current_dir(repo.path("")).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let listed = process::output(&mut command).context("the checks need git and a clone")?;
    listed
        .lines()
        .filter(|path| {
            SOURCES.iter().any(|kind| path.ends_with(kind)) && !path.starts_with(VENDORED)
        })
        // A file removed but not yet committed is still listed.
        .filter(|path| repo.path(path).is_file())
        .map(|path| {
            Ok((
                path.to_owned(),
                fs::read_to_string(repo.path(path))
                    .with_context(|| format!("cannot read {path}"))?,
            ))
        })
        .collect()
}

fn is_too_long(text: &str) -> bool {
    text.lines().count() > LONGEST_FILE
        && !text
            .lines()
            .take(TOP)
            .any(|line| line.to_lowercase().contains(REASON))
}

/// The first line with the keyword, comments and texts left aside as far as one line shows them.
fn unsafe_line(text: &str) -> Option<usize> {
    let position = text.lines().position(|line| {
        let code = line.split("//").next().unwrap_or_default();
        [" {", " fn ", " impl ", " extern ", "("]
            .iter()
            .any(|after| code.contains(&["unsafe", after].concat()))
            || code.contains(concat!("allow(", "unsafe_code"))
    })?;
    Some(position + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_file_needs_a_reason() {
        let long = "a\n".repeat(LONGEST_FILE + 1);
        assert!(is_too_long(&long));
        assert!(!is_too_long(&"a\n".repeat(LONGEST_FILE)));
        assert!(!is_too_long(&format!(
            "//! Over 500 lines: one table.\n{long}"
        )));
        assert!(
            is_too_long(&format!("{long}// over 500 lines\n")),
            "the reason stands at the top"
        );
    }

    #[test]
    fn keyword_counts_in_code_only() {
        assert_eq!(
            unsafe_line(&["fn a() {\n    ", "unsafe", " { b() }\n}"].concat()),
            Some(2)
        );
        assert_eq!(unsafe_line("// unsafe { b() }\n/// An unsafe fn\n"), None);
        assert_eq!(
            unsafe_line("unsafe_code = 1; let text = \"unsafe only here\";"),
            None
        );
    }
}
