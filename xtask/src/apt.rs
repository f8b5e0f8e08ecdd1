//! Debian's packages, by apt.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Whether this is a machine of Debian's kind.
pub(crate) fn is_there() -> bool {
    process::on_path("apt-get").is_some() && process::on_path("dpkg-query").is_some()
}

/// Version of an installed package.
pub(crate) fn version(package: &str) -> Option<String> {
    let shown = process::output(Command::new("dpkg-query").args([
        "-W",
        "-f=${db:Status-Status} ${Version}",
        package,
    ]))
    .ok()?;
    shown.strip_prefix("installed ").map(str::to_owned)
}

/// Installs what is missing of some packages, and says so first. `task` is what they are for.
pub(crate) fn install(task: &str, packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| version(package).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !is_root()? {
        bail!(
            "Debian packages are missing; install them by: sudo apt-get install --no-install-recommends {list}"
        );
    }
    eprintln!("{task}: installing Debian's packages {list} by apt-get");
    process::run(Command::new("apt-get").args(["-q", "update"]))?;
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    process::run(
        command
            .args(["-q", "install", "-y", "--no-install-recommends"])
            .args(&missing),
    )
    .context("the packages are part of Debian 12 with its updates")
}

/// Whether this program may change the machine.
pub(crate) fn is_root() -> Result<bool> {
    Ok(process::output(Command::new("id").arg("-u"))?.trim() == "0")
}
