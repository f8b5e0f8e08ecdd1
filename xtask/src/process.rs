//! Starting other programs, with errors that name them.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fmt};

use anyhow::{Context as _, Result, bail};

/// Runs to the end with inherited output; anything but success is an error that shows the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", Shown(command)))?;
    if !status.success() {
        bail!("{status} from {}", Shown(command));
    }
    Ok(())
}

/// Runs to the end and returns what it wrote to standard output; its standard error is shown only if it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", Shown(command)))?;
    if !output.status.success() {
        let details = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} from {}\n{}",
            output.status,
            Shown(command),
            details.trim_end()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("output of {} is not UTF-8", Shown(command)))
}

/// The compiler of the host, as it names itself: "rustc 1.95.0 (…)".
pub(crate) fn rustc_version() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Ok(output(Command::new(rustc).arg("--version"))?
        .trim()
        .to_owned())
}

/// Runs to the end, passing on its output, and hands every line of its standard output to `read` too.
pub(crate) fn run_and_read(command: &mut Command, mut read: impl FnMut(&str)) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", Shown(command)))?;
    let output = child.stdout.take().context("no standard output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        read(&line);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{status} from {}", Shown(command));
    }
    Ok(())
}

/// Runs to the end with inherited standard error and returns what it wrote to standard output.
pub(crate) fn captured(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", Shown(command)))?;
    if !output.status.success() {
        bail!("{} from {}", output.status, Shown(command));
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("output of {} is not UTF-8", Shown(command)))
}

/// Cargo of the toolchain this program was started with.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The first program of this name on the search path.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// A command line for messages.
struct Shown<'command>(&'command Command);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}", self.0.get_program().display())?;
        for argument in self.0.get_args().map(OsStr::display) {
            write!(formatter, " {argument}")?;
        }
        formatter.write_str("`")
    }
}
