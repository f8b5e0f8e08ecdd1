//! What the connector for GitHub is tested with: GitHub's description of its API, from which its fields are derived, and Prism, a
//! server that answers by the description.
//!
//! The description is one file of an npm package that takes 394 MB unpacked, so the file is taken out of the archive, checked against the
//! lock file, and kept in the cache. For the server it is cut to the used paths, which makes it ready in a second.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::js;
use crate::content::Content;
use crate::process;
use crate::repo::Repo;

/// The connector's scripts: one fetches the description, the other derives from it.
const FETCH: &str = "plugins/github/scripts/fetch.mjs";
const DERIVE: &str = "plugins/github/scripts/derive.mjs";
/// Lock files of the server, and of the description.
const SERVER: &str = "tests/github";
const DESCRIPTION: &str = "tests/github/description";
/// Where tests look for the cut description: a link to what lies in the cache.
const CUT: &str = "tests/github/description.json";

/// Fails if the connector's table of fields is not what the description says, and puts the server where tests look for it.
pub(super) fn ready(repo: &Repo) -> Result<()> {
    if !repo.path(DERIVE).is_file() {
        return Ok(());
    }
    js::install(repo, &repo.path(SERVER))?;
    let description = description(repo)?;
    process::run(derive(repo, &description).arg("--check"))?;
    let mut content = Content::default();
    content.file(&repo.path(DERIVE))?;
    content.file(&description)?;
    let cut = kept(repo, &format!("cut-{}.json", content.hash()), |part| {
        process::run(derive(repo, &description).arg("--cut").arg(part))
    })?;
    js::relink(&repo.path(CUT), &cut)
}

/// GitHub's description, fetched if it is not in the cache.
fn description(repo: &Repo) -> Result<PathBuf> {
    let mut content = Content::default();
    content.file(&repo.path(DESCRIPTION).join("package-lock.json"))?;
    content.file(&repo.path(FETCH))?;
    kept(repo, &format!("api-{}.json", content.hash()), |part| {
        eprintln!("fetching GitHub's description of its API");
        let mut fetch = node(repo, FETCH);
        process::run(fetch.arg(repo.path(DESCRIPTION)).arg(part))
    })
}

fn derive(repo: &Repo, description: &Path) -> Command {
    let mut command = node(repo, DERIVE);
    command.arg(description);
    command
}

/// A script under Node.js, whose version the SDK's own tests have checked.
fn node(repo: &Repo, script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(repo.path(script));
    command
}

/// A file in the cache, made if it is not there: aside, and renamed, so that whoever runs at the same time never sees half of it.
fn kept(repo: &Repo, name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = repo.cache().join("github");
    let file = folder.join(name);
    if !file.is_file() {
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let part = folder.join(format!("tmp.{}", std::process::id()));
        make(&part)?;
        fs::rename(&part, &file).with_context(|| format!("cannot make {}", file.display()))?;
    }
    Ok(file)
}
