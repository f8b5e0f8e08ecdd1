//! The unpacked image under emulators of Lambda: `tests/image`, run by pytest in a network and processes of their own.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::tools::Tools;
use crate::compiler;
use crate::process;
use crate::repo::Repo;

/// Where the test's own certificate authority lies.
pub(super) const AUTHORITY: &str = "authority";
/// Folder of the tests.
const TESTS: &str = "tests/image";
/// An address that connectors may ask, as nothing about it is private. Here it is this machine's, in the tests' network.
const PUBLIC_ADDRESS: &str = "93.184.215.14";

/// Makes an authority, and certificates by it and by one that nobody knows.
pub(super) fn make_authority(repo: &Repo, tools: &Tools, folder: &Path) -> Result<()> {
    let place = folder.join(AUTHORITY);
    fs::create_dir_all(&place)?;
    process::output(
        Command::new(&tools.python)
            .arg(repo.path(TESTS).join("authority.py"))
            .arg(&place),
    )
    .map(drop)
}

/// What the tests are about.
pub(super) struct Run<'all> {
    pub(super) repo: &'all Repo,
    pub(super) folder: &'all Path,
    pub(super) tools: &'all Tools,
    /// The unpacked image of the Salesforce connector.
    pub(super) image: &'all Path,
    /// The unpacked image of another connector.
    pub(super) other_image: &'all Path,
    /// The component in the first image.
    pub(super) component: &'all Path,
}

impl Run<'_> {
    /// Runs the tests whose name contains a word.
    ///
    /// They have namespaces of their own: addresses, ports 53 and 443 are free there and nobody else's, mounts are
    /// invisible to the machine, and when the first process ends, so does everything it started.
    pub(super) fn tests(&self, only: Option<&str>) -> Result<()> {
        let logs = self.folder.join("logs");
        fs::create_dir_all(&logs)?;
        let settings = self.folder.join("settings.json");
        fs::write(
            &settings,
            json!({
                "address": PUBLIC_ADDRESS,
                "authority": self.folder.join(AUTHORITY),
                "cargo_lambda": self.tools.cargo_lambda,
                "component": self.component,
                "emulator": self.tools.emulator,
                "image": self.image,
                "logs": logs,
                "other_image": self.other_image,
                "stand_in": compiler::built(self.repo, "stand-in"),
                "tool": compiler::built(self.repo, "appflow-wasm"),
            })
            .to_string(),
        )?;
        let mut command = Command::new("unshare");
        command.args([
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-ec",
            "ip link set lo up\nip address add \"$1\" dev lo\nshift\nexec \"$@\"",
            "sh",
            &format!("{PUBLIC_ADDRESS}/32"),
        ]);
        command
            .arg(&self.tools.python)
            .args(["-m", "pytest", "--quiet", "--exitfirst", "-p"])
            // A folder of the checkout stays as it is.
            .args(["no:cacheprovider", "--rootdir"])
            .arg(self.repo.path(TESTS))
            .arg(self.repo.path(TESTS));
        if let Some(word) = only {
            command.args(["-k", word]);
        }
        command
            .current_dir(self.folder)
            .env("APPFLOW_IMAGE_TEST", &settings)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        process::run(&mut command).with_context(|| {
            format!(
                "the logs of emulators and hosts are in {}",
                self.repo.shown(&logs)
            )
        })
    }
}
