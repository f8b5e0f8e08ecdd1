//! Connectors in Python: their tools in an environment of the cache, and the SDK's own command as their build.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Language, js};
use crate::content::Content;
use crate::guests::PLUGINS;
use crate::repo::Repo;
use crate::{process, venv};

/// The SDK.
const SDK: &str = "guest-sdk/python";
/// Every package with its version and the hashes of its files.
const REQUIREMENTS: &str = "guest-sdk/python/requirements.txt";
/// Written when an environment is finished; holds the interpreter it was made with.
const STAMP: &str = "finished";
/// Folder of an environment with the files it was installed from.
const WHEELS: &str = "wheels";
/// Versions of Python that the SDK runs with.
const VERSIONS: &str = "Python 3.11 or newer";

/// Stand-ins for Stripe, from PyPI and npm, which the behaviour tests start.
const SERVERS: &str = "tests/stripe";

/// Installs the tools, pinned and with their hashes, into the cache.
pub(crate) fn setup(repo: &Repo) -> Result<()> {
    let python = environment(repo, REQUIREMENTS)?;
    js::relink(&repo.path(SDK).join(".venv"), folder_of(&python)?)
}

/// The folder of an environment.
fn folder_of(python: &Path) -> Result<&Path> {
    python
        .ancestors()
        .nth(2)
        .context("an environment without a folder")
}

/// Puts the servers that behaviour tests start where those look for them: links to what lies in the cache.
fn servers(repo: &Repo) -> Result<()> {
    let folder = repo.path(SERVERS);
    js::install(repo, &folder)?;
    let python = environment(repo, &format!("{SERVERS}/requirements.txt"))?;
    js::relink(&folder.join("venv"), folder_of(&python)?)
}

/// The interpreter of an environment with what a file of requirements names. The folder is named after the requirements,
/// so that two versions of them do not fight over one cache; the SDK itself is taken from the repository, never installed.
fn environment(repo: &Repo, file: &str) -> Result<PathBuf> {
    let requirements = fs::read(repo.path(file)).with_context(|| format!("cannot read {file}"))?;
    let mut content = Content::default();
    content.bytes(&requirements);
    let hash = content.hash();
    let name = hash.get(..16).unwrap_or(&hash);
    let folder = repo.cache().join("python").join(name);
    let python = folder.join("bin/python");
    // The interpreter beneath is a link, and may have been removed since.
    if folder.join(STAMP).is_file() && folder.join(WHEELS).is_dir() && python.is_file() {
        return Ok(python);
    }
    let Some(base) = process::on_path("python3") else {
        bail!("connectors in Python need {VERSIONS}; on Debian: apt-get install python3-venv")
    };
    process::output(Command::new(&base).args([
        "-c",
        "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'it is ' + sys.version)",
    ]))
    .with_context(|| format!("connectors in Python need {VERSIONS}"))?;
    println!(
        "python: installing what {file} names from PyPI into {}",
        repo.shown(&folder)
    );
    // An environment knows its own path, so it cannot be made aside and renamed; the stamp says that it is whole.
    venv::make(&base, &folder)?;
    let pip = |task| {
        let mut pip = venv::pip_to(task, repo, &folder, file);
        pip.arg("--only-binary=:all:");
        pip
    };
    // The files are kept: what the SDK's README says is tried without asking PyPI again.
    let wheels = folder.join(WHEELS);
    process::run(pip("download").arg("--dest").arg(&wheels))?;
    process::run(
        pip("install")
            .arg("--no-index")
            .arg("--find-links")
            .arg(&wheels),
    )?;
    fs::write(folder.join(STAMP), &requirements)?;
    Ok(python)
}

/// Python with the SDK of the repository.
fn python(repo: &Repo) -> Result<Command> {
    let mut command = Command::new(environment(repo, REQUIREMENTS)?);
    command
        .env("PYTHONPATH", repo.path(SDK).join("src"))
        .env("MYPYPATH", repo.path(SDK).join("src"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("PYTHONHOME")
        .env_remove("VIRTUAL_ENV");
    Ok(command)
}

/// Makes the component of the connector in a folder.
pub(crate) fn build(repo: &Repo, folder: &Path, component: &Path) -> Result<()> {
    process::run(
        python(repo)?
            .args(["-m", "appflow_connector", "build"])
            .arg(folder)
            .arg("--output")
            .arg(component),
    )
}

/// Runs the tests of the SDK and of the connectors' logic, and checks the types of both.
pub(crate) fn test(repo: &Repo) -> Result<()> {
    servers(repo)?;
    let sdk = repo.path(SDK);
    process::run(
        python(repo)?
            .current_dir(&sdk)
            .args(["-m", "mypy", "--no-error-summary", "--cache-dir"])
            .arg(repo.target().join("mypy"))
            .arg("src"),
    )?;
    process::run(pytest(repo)?.current_dir(&sdk).arg("tests"))?;
    for entry in repo.path(PLUGINS).read_dir()?.flatten() {
        let folder = entry.path();
        if Language::of(&folder) != Some(Language::Python) {
            continue;
        }
        process::run(
            python(repo)?
                .current_dir(&folder)
                .args([
                    "-m",
                    "mypy",
                    "--strict",
                    "--no-error-summary",
                    "--cache-dir",
                ])
                .arg(repo.target().join("mypy"))
                .arg("."),
        )?;
        process::run(pytest(repo)?.current_dir(&folder))?;
    }
    Ok(())
}

fn pytest(repo: &Repo) -> Result<Command> {
    let mut command = python(repo)?;
    command.args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"]);
    Ok(command)
}
