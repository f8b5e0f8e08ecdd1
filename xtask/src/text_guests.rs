//! Guests written as WebAssembly text: `tests/guests/wat/NAME.wat`, a core module each, with `NAME.toml` beside it.
//!
//! What no compiler lets a guest do is written by hand: wrong answers to the canonical ABI, traps where the host lets go
//! of an answer, tables without end. The component round the module is made from the contract, as every toolchain does.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::repo::Repo;

/// Where they are.
pub(crate) const FOLDER: &str = "tests/guests/wat";
/// World they are written for.
const WORLD: &str = "source-connector";

/// Makes a component of each. Gives names and files.
pub(crate) fn build(repo: &Repo) -> Result<Vec<(String, PathBuf)>> {
    let place = repo.target().join("guest-build/wat");
    fs::create_dir_all(&place)?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(repo.path("wit"))
        .context("the contract cannot be read")?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let mut made = Vec::new();
    for entry in repo.path(FOLDER).read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let encode = || -> Result<Vec<u8>> {
            let mut module = wat::parse_file(&path)?;
            embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
            ComponentEncoder::default()
                .validate(true)
                .module(&module)?
                .encode()
        };
        let component = encode().with_context(|| format!("{}", repo.shown(&path)))?;
        let file = place.join(format!("{name}.wasm"));
        fs::write(&file, component).with_context(|| format!("cannot write {}", file.display()))?;
        made.push((name, file));
    }
    Ok(made)
}
