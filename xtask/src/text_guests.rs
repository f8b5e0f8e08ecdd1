//! Guests written as WebAssembly text: `tests/guests/wat/NAME.wat`, a core module each, with `NAME.toml` beside it.
//!
//! A program of the test kit makes the components: the libraries for it would keep whoever types the first `cargo xtask`
//! waiting for a minute.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::compiler::{Compiler, built};
use crate::process;
use crate::repo::Repo;

/// Where they are.
pub(crate) const FOLDER: &str = "tests/guests/wat";

/// Makes a component of each. Gives names and files. The compiler stands for the build that made the program too.
pub(crate) fn build(repo: &Repo, _built: &Compiler) -> Result<Vec<(String, PathBuf)>> {
    let place = repo.target().join("guest-build/wat");
    process::output(
        Command::new(built(repo, "text-guests"))
            .arg(repo.path("wit"))
            .arg(repo.path(FOLDER))
            .arg(&place),
    )
    .with_context(|| format!("the guests of {FOLDER}"))?;
    let mut made = Vec::new();
    for entry in repo.path(FOLDER).read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let component = place.join(format!("{name}.wasm"));
            made.push((name.into_owned(), component));
        }
    }
    Ok(made)
}
