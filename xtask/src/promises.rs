//! What the documents promise, read from their tables: mechanisms of the sandbox, and the tests that show them.
//!
//! A test is named `unit:PATH` (crate `appflow-host`), `behaviour:PATH` (`tests/tests/behaviour`), `testkit:PATH`
//! (`tests/src`), `host:PATH` (`host/tests`) or `case:GROUP/NAME` (a folder of `tests/cases`; `case:GROUP/*` for all of a
//! group). Names go stale when tests move, so the rules of the repository hold them against what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::repo::Repo;

/// The table of threats and mechanisms.
pub(crate) const SECURITY: &str = "docs/security.md";
/// The table of acceptance rows.
const ACCEPTANCE: &str = "docs/acceptance.md";
/// Where mechanisms ask whether they are switched off.
const CODE: &str = "host/src";
/// How they ask, up to the name's opening quote.
const QUESTION: &str = "off(";

/// A test by the name it has in a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Test {
    /// A test of crate `appflow-host`.
    Unit(String),
    /// A test over the Lambda binary.
    Behaviour(String),
    /// A test of the test kit.
    Testkit(String),
    /// A test of crate `appflow-host` from outside of it.
    Host(String),
    /// A contract case, or `GROUP/*`.
    Case(String),
}

impl Test {
    fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        let name = name.to_owned();
        match kind {
            "unit" => Some(Self::Unit(name)),
            "behaviour" => Some(Self::Behaviour(name)),
            "testkit" => Some(Self::Testkit(name)),
            "host" => Some(Self::Host(name)),
            "case" => Some(Self::Case(name)),
            _ => None,
        }
    }

    /// Whether there is such a test, as far as the text of the sources tells.
    fn exists(&self, repo: &Repo) -> bool {
        match self {
            Self::Unit(path) => is_function(&repo.path(CODE), path),
            Self::Behaviour(path) => is_function(&repo.path("tests/tests/behaviour"), path),
            Self::Testkit(path) => is_function(&repo.path("tests/src"), path),
            Self::Host(path) => is_function(&repo.path("host/tests"), path),
            Self::Case(name) => {
                let cases = repo.path("tests/cases");
                match name.strip_suffix("/*") {
                    Some(group) => cases.join(group).is_dir(),
                    None => cases.join(name).join("case.toml").is_file(),
                }
            }
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(name) => write!(formatter, "unit:{name}"),
            Self::Behaviour(name) => write!(formatter, "behaviour:{name}"),
            Self::Testkit(name) => write!(formatter, "testkit:{name}"),
            Self::Host(name) => write!(formatter, "host:{name}"),
            Self::Case(name) => write!(formatter, "case:{name}"),
        }
    }
}

/// A row of the table of mechanisms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Promise {
    /// Name at which the code asks.
    pub(crate) mechanism: String,
    /// Tests that must fail when it is switched off.
    pub(crate) tests: Vec<Test>,
}

/// The rows of `docs/security.md`.
pub(crate) fn security(repo: &Repo) -> Result<Vec<Promise>> {
    let text = read(&repo.path(SECURITY))?;
    promises(&text).with_context(|| format!("the table of {SECURITY} is not as it should be"))
}

/// Fails if a document names what is not there, or the code asks for what no document names.
pub(crate) fn check(repo: &Repo) -> Result<()> {
    let mut problems = Vec::new();
    let promises = security(repo)?;
    let mut asked: BTreeMap<String, String> = BTreeMap::new();
    let mut all = String::new();
    for (path, text) in rust_files(&repo.path(CODE))? {
        let text = code(&text);
        all.push_str(&text);
        for name in questions(&text) {
            asked.insert(name, repo.shown(&path).to_string());
        }
    }
    let named: BTreeSet<&str> = promises
        .iter()
        .map(|promise| promise.mechanism.as_str())
        .collect();
    for (name, place) in &asked {
        if !named.contains(name.as_str()) {
            problems.push(format!(
                "{place} asks for mechanism \"{name}\", which has no row in {SECURITY}"
            ));
        }
    }
    for name in named {
        // A name may also reach its question through a parameter.
        if !asked.contains_key(name) && !all.contains(&format!("\"{name}\"")) {
            problems.push(format!(
                "{SECURITY} promises mechanism \"{name}\", but nothing in {CODE} asks `mechanism::off(\"{name}\")`"
            ));
        }
    }
    for test in promises.iter().flat_map(|promise| &promise.tests) {
        if !test.exists(repo) {
            problems.push(format!("{SECURITY} names `{test}`, which is not there"));
        }
    }
    let acceptance = repo.path(ACCEPTANCE);
    if acceptance.is_file() {
        for test in tests_in(&read(&acceptance)?) {
            if !test.exists(repo) {
                problems.push(format!("{ACCEPTANCE} names `{test}`, which is not there"));
            }
        }
    }
    if !problems.is_empty() {
        bail!(
            "promises and code have drifted apart:\n  {}",
            problems.join("\n  ")
        );
    }
    Ok(())
}

/// Rows of every table that has the columns *mechanism* and *test*.
fn promises(text: &str) -> Result<Vec<Promise>> {
    let mut rows = Vec::new();
    let mut columns = None;
    for (number, line) in text.lines().enumerate() {
        let Some(cells) = cells(line) else {
            columns = None;
            continue;
        };
        let at = |wanted: &str| cells.iter().position(|cell| cell == wanted);
        if let (Some(mechanism), Some(test)) = (at("mechanism"), at("test")) {
            columns = Some((mechanism, test, cells.len()));
            continue;
        }
        let Some((mechanism, test, width)) = columns else {
            continue;
        };
        if cells
            .iter()
            .all(|cell| cell.chars().all(|c| c == '-' || c == ':'))
        {
            continue;
        }
        let wrong = |what: &str| format!("line {}: {what}", number + 1);
        if cells.len() != width {
            bail!(wrong(&format!(
                "{} cells instead of {width}; write \\| for a bar inside of one",
                cells.len()
            )));
        }
        let cell = |at: usize| cells.get(at).map(String::as_str).unwrap_or_default();
        let [mechanism] = quoted(cell(mechanism))[..] else {
            bail!(wrong(
                "the column \"mechanism\" names one mechanism in `backticks`"
            ));
        };
        let tests: Vec<Test> = tests_in(cell(test));
        if tests.is_empty() || tests.len() != quoted(cell(test)).len() {
            bail!(wrong(
                "the column \"test\" names tests as `unit:PATH`, `behaviour:PATH` or `case:GROUP/NAME`"
            ));
        }
        rows.push(Promise {
            mechanism: mechanism.to_owned(),
            tests,
        });
    }
    Ok(rows)
}

/// The cells of a line of a table.
fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in inner.chars() {
        match (c, cells.last_mut()) {
            ('|', _) if !escaped => cells.push(String::new()),
            (_, Some(cell)) => cell.push(c),
            (_, None) => {}
        }
        escaped = c == '\\';
    }
    Some(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

/// Texts in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Tests named in a text.
fn tests_in(text: &str) -> Vec<Test> {
    text.lines()
        .flat_map(quoted)
        // What describes the notation names no test.
        .filter(|name| !name.contains("PATH") && !name.contains("NAME"))
        .filter_map(Test::parse)
        .collect()
}

/// A source without the lines that are comments.
fn code(text: &str) -> String {
    let lines = text.lines();
    let code = lines.filter(|line| !line.trim_start().starts_with("//"));
    code.fold(String::new(), |code, line| code + line + "\n")
}

/// Mechanisms that code asks for by their names, which have a dot in them.
fn questions(code: &str) -> Vec<String> {
    code.split(QUESTION)
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .filter(|name| name.contains('.') && !name.contains(' '))
        .map(str::to_owned)
        .collect()
}

/// Whether there is a function of this path below a folder of sources.
fn is_function(root: &Path, path: &str) -> bool {
    let files = rust_files(root).unwrap_or_default();
    let files: Vec<(PathBuf, String)> = files
        .into_iter()
        .map(|(file, text)| {
            let inside = file.strip_prefix(root).map(Path::to_path_buf);
            (inside.unwrap_or(file), text)
        })
        .collect();
    is_in(&files, path)
}

/// Whether a function of this path stands in one of these files, whose paths begin at the crate's folder of sources.
fn is_in(files: &[(PathBuf, String)], path: &str) -> bool {
    let mut modules: Vec<&str> = path.split("::").collect();
    let name = modules.pop().unwrap_or_default();
    let elsewhere = declared_elsewhere(files);
    files.iter().any(|(file, text)| {
        let module = module(file, &elsewhere);
        let Some(inline) = modules.get(module.len()..) else {
            return false;
        };
        let same = modules.iter().zip(&module).all(|(a, b)| a == b);
        same && has_function(text, inline, name)
    })
}

/// Files that `#[path = "..."]` makes modules of others: the file that says so, and the name of the module.
fn declared_elsewhere(files: &[(PathBuf, String)]) -> BTreeMap<PathBuf, (PathBuf, String)> {
    let mut elsewhere = BTreeMap::new();
    for (file, text) in files {
        let folder = file.parent().unwrap_or(Path::new(""));
        for rest in text.split("\n#[path = \"").skip(1) {
            let name = rest
                .split_once("mod ")
                .and_then(|(_, rest)| rest.split_once(';'));
            if let (Some((target, _)), Some((name, _))) = (rest.split_once('"'), name) {
                elsewhere.insert(folder.join(target), (file.clone(), name.to_owned()));
            }
        }
    }
    elsewhere
}

/// The path of the module that a file is.
fn module(file: &Path, elsewhere: &BTreeMap<PathBuf, (PathBuf, String)>) -> Vec<String> {
    if let Some((parent, name)) = elsewhere.get(file) {
        // A file that names itself is no module of anything.
        let parent = (parent != file).then(|| module(parent, elsewhere));
        return parent.into_iter().flatten().chain([name.clone()]).collect();
    }
    let without_ending = file.with_extension("");
    let parts = without_ending.components();
    let mut parts: Vec<String> = parts
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let root = [Path::new("lib.rs"), Path::new("main.rs")].contains(&file);
    if root || parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Whether a source has a function in these modules of its own, or outside of its `tests` if there are none.
fn has_function(text: &str, inline: &[&str], name: &str) -> bool {
    let mut text = match inline {
        [] => text.split("\nmod tests {").next(),
        _ => Some(text),
    };
    for module in inline {
        text = text.and_then(|text| Some(text.split_once(&format!("mod {module} {{"))?.1));
    }
    text.is_some_and(|text| text.contains(&format!("fn {name}(")))
}

/// Path and text of every Rust file below a folder.
fn rust_files(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = read(&path)?;
            found.push((path, text));
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    const HEAD: &str = "| threat | mechanism | what it does | test | not covered |\n| --- | --- | --- | --- | --- |\n";

    #[test]
    fn rows_of_every_table_of_promises_are_read() {
        let text = format!(
            "# Title\n{HEAD}| a \\| b | `x.y` | does | `unit:a::b`, `case:g/n` | - |\n\nProse `unit:z`.\n\n| what | limit |\n\
             | --- | --- |\n| other | table |\n\n{HEAD}| c | `x.z` | does | `behaviour:c::d` | |\n"
        );
        assert_eq!(
            promises(&text).unwrap(),
            [
                Promise {
                    mechanism: "x.y".into(),
                    tests: vec![Test::Unit("a::b".into()), Test::Case("g/n".into())]
                },
                Promise {
                    mechanism: "x.z".into(),
                    tests: vec![Test::Behaviour("c::d".into())]
                },
            ]
        );
    }

    #[test]
    fn rows_that_promise_nothing_are_refused_with_their_line() {
        for row in [
            "| a | x.y | does | `unit:a` | |",
            "| a | `x.y` `x.z` | does | `unit:a` | |",
            "| a | `x.y` | does | | |",
            "| a | `x.y` | does | `test:a` | |",
            "| a | `x.y` | does | `unit:a`, `other` | |",
            "| a | `x.y` | does | `unit:a` |",
        ] {
            let error = promises(&format!("{HEAD}{row}\n")).unwrap_err().to_string();
            assert!(error.starts_with("line 3:"), "{row}: {error}");
        }
    }

    #[test]
    fn questions_count_in_code_only() {
        let source = "if crate::mechanism::off(\"a.b\") || mechanism::off(\n    \"c.d\",\n) {}\n/// mechanism::off(\"e.f\")\n";
        assert_eq!(questions(&code(source)), ["a.b", "c.d"]);
        assert_eq!(questions("if off(\"e.f\") || handoff(\"g\") {}"), ["e.f"]);
    }

    fn files(files: &[(&str, &str)]) -> Vec<(PathBuf, String)> {
        let file = |(path, text): &(&str, &str)| (PathBuf::from(path), (*text).to_owned());
        files.iter().map(file).collect()
    }

    #[test]
    fn a_test_has_the_path_of_its_file_and_modules() {
        let files = files(&[
            ("lib.rs", "mod a;\nfn top() {}\n"),
            ("a/mod.rs", "#[cfg(test)]\nmod tests;\n"),
            (
                "a/b.rs",
                "fn own() {}\n#[cfg(test)]\nmod tests {\n    fn inline() {}\n}\n",
            ),
            ("a/tests/mod.rs", "mod far;\nfn shared() {}\n"),
            ("a/tests/far.rs", "async fn is_far() {}\n"),
            (
                "a/c.rs",
                "fn c() {}\n#[cfg(test)]\n#[path = \"tests/c.rs\"]\nmod tests;\n",
            ),
            (
                "a/tests/c.rs",
                "//! Of c.\n#[path = \"c_more.rs\"]\nmod more;\nfn of_c() {}\n",
            ),
            ("a/tests/c_more.rs", "fn still_of_c() {}\n"),
        ]);
        for path in [
            "top",
            "a::b::own",
            "a::b::tests::inline",
            "a::tests::shared",
            "a::tests::far::is_far",
            "a::c::tests::of_c",
            "a::c::tests::more::still_of_c",
        ] {
            assert!(is_in(&files, path), "{path}");
        }
        for path in [
            "a::top",
            "own",
            "a::own",
            "a::b::inline",
            "a::c::inline",
            "a::b::tests::own_not_there",
            "b::tests::inline",
            "a::b::other::inline",
            "a::far::is_far",
            "a::tests::c::of_c",
            "a::c_tests::of_c",
            "a::c::tests::still_of_c",
        ] {
            assert!(!is_in(&files, path), "{path}");
        }
    }

    #[test]
    fn tests_of_every_kind_are_read_and_shown_alike() {
        let names = [
            "unit:a::b",
            "behaviour:a",
            "testkit:a",
            "host:a::b",
            "case:a/b",
        ];
        for name in names {
            assert_eq!(Test::parse(name).unwrap().to_string(), name);
        }
        assert_eq!(Test::parse("other:a"), None);
    }
}
