//! Python environments: one with the servers that tests talk to, one with AWS's SDK for the benchmark, one with the client
//! and the surroundings of images.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::repo::Repo;

/// An environment.
pub(crate) struct Environment {
    /// Its folder below target/.
    folder: &'static str,
    /// Files that name every package with its version and the hashes of its files, and what pip is told beside each. They
    /// are installed one after the other.
    requirements: &'static [(&'static str, &'static [&'static str])],
    /// Modules that are there if everything is.
    modules: &'static str,
    /// Who needs it.
    user: &'static str,
}

/// The servers that tests talk to.
pub(crate) const TESTS: Environment = Environment {
    folder: "venv",
    requirements: &[("tests/requirements.txt", &["--only-binary=:all:"])],
    modules: "moto, kinto",
    user: "the tests need",
};

/// What stands around the running image of a connector, and asks it.
pub(crate) const IMAGE: Environment = Environment {
    folder: "image-test/venv",
    requirements: &[("tests/image/requirements.txt", &["--only-binary=:all:"])],
    modules: "boto3, dnslib, moto.server, pytest, trustme",
    user: "the image tests need",
};

/// AWS's SDK for connectors. One of its packages comes as sources only, and is built with what the first file names.
pub(crate) const RIVAL: Environment = Environment {
    folder: "bench/venv",
    requirements: &[
        ("tests/bench/build.txt", &["--only-binary=:all:"]),
        (
            "tests/bench/requirements.txt",
            &[
                "--only-binary=:all:",
                "--no-binary=antlr4-python3-runtime",
                "--no-build-isolation",
            ],
        ),
    ],
    modules: "custom_connector_example.handlers.lambda_handler",
    user: "the benchmark needs",
};

/// The requirements an environment was made from; written when it is finished.
const STAMP: &str = "requirements.txt";

/// Makes an environment, or takes the one made earlier from the same requirements. Returns its folder.
pub(crate) fn ensure(repo: &Repo, environment: &Environment) -> Result<PathBuf> {
    let folder = repo.target().join(environment.folder);
    let python = folder.join("bin/python");
    let mut wanted = String::new();
    for (file, _) in environment.requirements {
        let text =
            fs::read_to_string(repo.path(file)).with_context(|| format!("cannot read {file}"))?;
        wanted.push_str(&text);
    }
    let is_made = fs::read_to_string(folder.join(STAMP)).is_ok_and(|made| made == wanted);
    // The interpreter beneath may have been removed or upgraded since.
    let import = format!("import {}", environment.modules);
    if is_made && process::output(Command::new(&python).args(["-c", &import])).is_ok() {
        return Ok(folder);
    }
    let Some(base) = process::on_path("python3") else {
        bail!("{} Python 3", environment.user)
    };
    eprintln!("making a Python environment in {}", repo.shown(&folder));
    make(&base, &folder)?;
    for (file, arguments) in environment.requirements {
        process::run(pip(repo, &folder, file).args(*arguments))?;
    }
    fs::write(folder.join(STAMP), wanted)?;
    Ok(folder)
}

/// Makes an empty environment by an interpreter, in place of what lies in the folder.
pub(crate) fn make(interpreter: &Path, folder: &Path) -> Result<()> {
    process::output(
        Command::new(interpreter)
            .args(["-m", "venv", "--clear"])
            .arg(folder),
    )
    .context(
        "Python cannot make an environment; on Debian that needs: apt-get install python3-venv",
    )?;
    Ok(())
}

/// pip of an environment, about to install the packages of a file.
pub(crate) fn pip(repo: &Repo, environment: &Path, file: &str) -> Command {
    pip_to("install", repo, environment, file)
}

/// The same for another task, such as `download`.
pub(crate) fn pip_to(task: &str, repo: &Repo, environment: &Path, file: &str) -> Command {
    let mut command = Command::new(environment.join("bin/python"));
    command
        .args(["-m", "pip", task, "--quiet"])
        .args(["--disable-pip-version-check", "--require-hashes", "-r"])
        .arg(repo.path(file));
    command
}
