//! Compiling components to `.cwasm` by the author's tool, each one only once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::content::Content;
use crate::process;
use crate::repo::Repo;

/// The tool `appflow-wasm`, and what it made before.
pub(crate) struct Compiler {
    tool: PathBuf,
    /// Tells versions of the tool apart that may compile differently.
    fingerprint: String,
    cache: PathBuf,
}

impl Compiler {
    /// Builds the tool.
    pub(crate) fn build(repo: &Repo) -> Result<Self> {
        eprintln!("building the compiler tool (about 5 minutes the first time)");
        process::run(development_build(repo).arg("--quiet"))?;
        let tool = built(repo, "appflow-wasm");
        let cache = repo.cache().join("compiled");
        fs::create_dir_all(&cache)
            .with_context(|| format!("cannot make the cache folder {}", cache.display()))?;
        let fingerprint = fingerprint(repo)?;
        Ok(Self {
            tool,
            fingerprint,
            cache,
        })
    }

    /// Compiles a component with a manifest, or with the one it carries, or takes what an earlier run made of the same.
    pub(crate) fn compile(
        &self,
        component: &Path,
        manifest: Option<&Path>,
        output: &Path,
    ) -> Result<()> {
        let mut content = Content::default();
        content.text(&self.fingerprint);
        for path in [Some(component), manifest].into_iter().flatten() {
            content.file(path)?;
        }
        let kept = self.cache.join(format!("{}.cwasm", content.hash()));
        if !kept.is_file() {
            // Written aside and renamed: whoever runs at the same time never sees half a file.
            let part = kept.with_extension(format!("tmp.{}", std::process::id()));
            let mut command = Command::new(&self.tool);
            command.arg("compile").arg(component).arg("-o").arg(&part);
            if let Some(manifest) = manifest {
                command.arg("--manifest").arg(manifest);
            }
            process::output(&mut command)?;
            fs::rename(&part, &kept)?;
        }
        if fs::metadata(output).is_ok() {
            fs::remove_file(output)?;
        }
        fs::copy(&kept, output).with_context(|| format!("cannot write {}", output.display()))?;
        Ok(())
    }
}

/// The host's sources without a sandbox, for `cargo xtask bench` and a test of its own.
pub(crate) const NATIVE_TWIN: &str = "appflow-native";

/// Builds everything native in the development profile. The whole workspace at once, so that all packages of all
/// commands share one choice of features, and nothing is compiled a second time with others. Only the native twin is left
/// out: it adds no features, and newcomers need not wait for the host's sources twice.
pub(crate) fn development_build(repo: &Repo) -> Command {
    let mut command = process::cargo();
    command.current_dir(repo.path("")).args([
        "build",
        "--workspace",
        "--exclude",
        NATIVE_TWIN,
        "--bins",
    ]);
    command
}

/// A program of [`development_build`].
pub(crate) fn built(repo: &Repo, name: &str) -> PathBuf {
    repo.target().join("debug").join(name)
}

/// What the tool compiles by: the compiler's version, its settings, the manifest's keys and the contract. The rest of the
/// host changes often and leaves no trace in a compiled component.
fn fingerprint(repo: &Repo) -> Result<String> {
    let mut content = Content::default();
    content.file(&repo.path("Cargo.lock"))?;
    for folder in ["cli/src", "host/src/engine", "host/src/manifest", "wit"] {
        content.folder(&repo.path(folder))?;
    }
    Ok(content.hash())
}
