//! TODO
use std::path::Path;

use anyhow::{Result, bail};

use crate::repo::Repo;

/// Installs the tools, pinned and with their hashes, into the cache.
pub(crate) fn setup(_repo: &Repo) -> Result<()> {
    bail!("no SDK yet")
}

/// Makes the component of the connector in a folder.
pub(crate) fn build(_repo: &Repo, _folder: &Path, _component: &Path) -> Result<()> {
    bail!("no SDK yet")
}

/// Runs the tests of the SDK and of the connectors' logic.
pub(crate) fn test(_repo: &Repo) -> Result<()> {
    bail!("no SDK yet")
}
