//! Reading the folders.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::spec::{Spec, merge};

/// A case as it lies in its folder.
#[derive(Debug, Clone)]
pub struct Case {
    /// `GROUP/NAME`.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its settings.
    pub spec: Spec,
    /// Its requests in order, the one of `then` included.
    pub steps: Vec<Step>,
}

/// A request and the answer to it.
#[derive(Debug, Clone)]
pub struct Step {
    /// File of the request.
    pub request: PathBuf,
    /// File of the answer; it need not be there yet when answers are written anew.
    pub answer: PathBuf,
}

/// Reads all cases under a folder, in the order of their names. Folders beginning with `_` are no cases.
///
/// # Errors
///
/// If a folder is no case, or a file cannot be read.
pub fn load(root: &Path) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for group in folders(root)? {
        let settings = group.join("group.toml");
        let defaults = if settings.is_file() {
            table(&settings)?
        } else {
            toml::Table::new()
        };
        for folder in folders(&group)? {
            let case =
                one(&folder, defaults.clone()).with_context(|| format!("{}", folder.display()))?;
            cases.push(case);
        }
    }
    Ok(cases)
}

fn one(folder: &Path, mut settings: toml::Table) -> Result<Case> {
    merge(&mut settings, table(&folder.join("case.toml"))?);
    let spec: Spec = settings
        .try_into()
        .context("case.toml, with what group.toml adds")?;
    if spec.components.is_empty() {
        bail!("it is for no component");
    }
    let mut steps = Vec::new();
    for number in 1_u32.. {
        let suffix = if number == 1 {
            String::new()
        } else {
            format!("-{number}")
        };
        let request = ["json", "raw"]
            .map(|extension| folder.join(format!("request{suffix}.{extension}")))
            .into_iter()
            .find(|path| path.is_file());
        let Some(request) = request else { break };
        steps.push(Step {
            request,
            answer: folder.join(format!("answer{suffix}.json")),
        });
    }
    if steps.is_empty() {
        bail!("there is no request.json");
    }
    if let Some(then) = &spec.then {
        let then = folder.join(then);
        steps.push(Step {
            request: then.join("request.json"),
            answer: then.join("answer.json"),
        });
    }
    let part = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let name = format!(
        "{}/{}",
        part(folder.parent().unwrap_or(folder)),
        part(folder)
    );
    Ok(Case {
        name,
        folder: folder.to_owned(),
        spec,
        steps,
    })
}

fn table(path: &Path) -> Result<toml::Table> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{}", path.display()))
}

fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(root).with_context(|| format!("cannot read {}", root.display()))?;
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir()
            && !path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('_'))
        {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
