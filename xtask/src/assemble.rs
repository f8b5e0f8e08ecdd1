//! What an image of a connector holds: `cargo xtask assemble`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::compiler::Compiler;
use crate::guests::{self, Guest};
use crate::process;
use crate::repo::Repo;

/// The Lambda binary, and its name in the image.
pub(crate) const BOOTSTRAP: &str = "bootstrap";
/// The compiled component beside it, where the binary looks by itself.
const COMPONENT: &str = "connector.cwasm";

/// What to assemble.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The connector, a folder under plugins/.
    #[arg(value_name = "PLUGIN")]
    plugin: String,
}

/// `cargo xtask assemble`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    let guest = guests::plugin(repo, &options.plugin)?;
    let compiler = Compiler::build(repo)?;
    eprintln!("building the host (release, about 10 minutes the first time)");
    let host = host(repo)?;
    let image = put_together(repo, &compiler, &guest, &host)?;
    println!("{}", repo.shown(&image));
    Ok(())
}

/// What the last step of the host's build is given, and nothing before it, so that libraries and procedural macros are
/// compiled as ever. The Dockerfile gives the same.
///
/// * Linked statically, since an image has no C library.
/// * Relocations packed (RELR), which is 1.8 MB less to ship and to read at a start. A binary that carries its own C library
///   asks for no version of another one's.
const FLAGS: [&str; 4] = [
    "-C",
    "target-feature=+crt-static",
    "-C",
    "link-arg=-Wl,-z,pack-relative-relocs",
];

/// Builds the Lambda binary as it ships. Systems other than Linux, whose linkers know neither flag, build it as they can.
pub(crate) fn host(repo: &Repo) -> Result<PathBuf> {
    release(repo, "appflow-host", BOOTSTRAP)
}

/// Builds a binary in the way of the one that ships.
pub(crate) fn release(repo: &Repo, package: &str, binary: &str) -> Result<PathBuf> {
    let mut command = process::cargo();
    command
        .current_dir(repo.path(""))
        .args(["rustc", "--quiet", "--release"])
        .args(["--package", package, "--bin", binary]);
    if cfg!(target_os = "linux") {
        command.arg("--").args(FLAGS);
    }
    process::run(&mut command)?;
    Ok(repo.target().join("release").join(binary))
}

/// Compiles the component of a connector and puts it beside the host; returns the folder.
pub(crate) fn put_together(
    repo: &Repo,
    compiler: &Compiler,
    guest: &Guest,
    host: &Path,
) -> Result<PathBuf> {
    let manifest = guest
        .manifest
        .as_ref()
        .with_context(|| format!("connector \"{}\" has no {}", guest.name, guests::MANIFEST))?;
    let image = repo.target().join("image").join(&guest.name);
    // Made anew, so that nothing of an earlier version stays in an image.
    if image.exists() {
        fs::remove_dir_all(&image).with_context(|| format!("cannot clear {}", image.display()))?;
    }
    fs::create_dir_all(&image)?;
    compiler.compile(&guest.component, Some(manifest), &image.join(COMPONENT))?;
    fs::copy(host, image.join(BOOTSTRAP))
        .with_context(|| format!("cannot copy {}", host.display()))?;
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::FLAGS;

    #[test]
    fn the_dockerfile_links_the_host_alike() {
        let dockerfile = include_str!("../../Dockerfile");
        let flags = FLAGS.join(" ");
        assert!(
            dockerfile.contains(&flags),
            "the Dockerfile's host is built without `{flags}`"
        );
    }
}
