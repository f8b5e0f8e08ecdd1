//! The Python environment with the servers that tests talk to.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::repo::Repo;

/// Every package with its version and the hashes of its files.
const REQUIREMENTS: &str = "tests/requirements.txt";
/// The requirements an environment was made from; written when it is finished.
const STAMP: &str = "requirements.txt";

/// Makes the environment, or takes the one made earlier from the same requirements.
pub(crate) fn ensure(repo: &Repo) -> Result<PathBuf> {
    let folder = repo.target().join("venv");
    let python = folder.join("bin/python");
    let wanted = fs::read_to_string(repo.path(REQUIREMENTS))
        .with_context(|| format!("cannot read {REQUIREMENTS}"))?;
    let is_made = fs::read_to_string(folder.join(STAMP)).is_ok_and(|made| made == wanted);
    // The interpreter beneath may have been removed or upgraded since.
    if is_made && process::output(Command::new(&python).args(["-c", "import moto, kinto"])).is_ok()
    {
        return Ok(folder);
    }
    let Some(base) = process::on_path("python3") else {
        bail!("the tests need Python 3")
    };
    eprintln!("making a Python environment in {}", repo.shown(&folder));
    process::output(
        Command::new(base)
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )
    .context(
        "Python cannot make an environment; on Debian that needs: apt-get install python3-venv",
    )?;
    let mut command = Command::new(&python);
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--only-binary=:all:",
        "-r",
    ]);
    process::run(command.arg(repo.path(REQUIREMENTS)))?;
    fs::write(folder.join(STAMP), wanted)?;
    Ok(folder)
}
