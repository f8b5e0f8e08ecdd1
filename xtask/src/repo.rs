//! Where things lie in this repository.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Overrides the cache folder.
pub(crate) const CACHE_VARIABLE: &str = "APPFLOW_CACHE";

/// The repository this program was built from.
pub(crate) struct Repo {
    root: PathBuf,
}

impl Repo {
    /// The checkout that holds this crate.
    pub(crate) fn find() -> Result<Self> {
        // Cargo sets the variable for `cargo run`; it follows the checkout when that is moved, the compiled-in path does not.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask lies in no repository")?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// A path of the repository.
    pub(crate) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.join(inside)
    }

    /// Cargo's target folder, which `CARGO_TARGET_DIR` may move.
    pub(crate) fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |folder| self.root.join(folder))
    }

    /// What is expensive to make and survives `cargo clean`: the sysroot, compiled components.
    pub(crate) fn cache(&self) -> PathBuf {
        env::var_os(CACHE_VARIABLE)
            .map_or_else(|| self.root.join(".cache"), |folder| self.root.join(folder))
    }

    /// A path as a reader of the output wants it: relative to the repository where it lies inside.
    pub(crate) fn shown<'path>(&self, path: &'path Path) -> std::path::Display<'path> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
