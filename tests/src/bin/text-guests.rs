//! Makes components of guests written as WebAssembly text: `NAME.wat` is a core module.
//!
//! What no compiler lets a guest do is written by hand: wrong answers to the canonical ABI, traps where the host lets go
//! of an answer, tables without end. The component round the module is made from the contract, as every toolchain does.
//!
//! `text-guests CONTRACT SOURCES OUTPUT` writes `OUTPUT/NAME.wasm` for each text in `SOURCES`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

/// World the texts are written for.
const WORLD: &str = "source-connector";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [contract, sources, output] = arguments.as_slice() else {
        bail!("usage: text-guests CONTRACT SOURCES OUTPUT");
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(contract)
        .context("the contract cannot be read")?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    fs::create_dir_all(output)?;
    for entry in sources.read_dir().context("no folder of texts")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            let component =
                encode(&path, &resolve, world).with_context(|| path.display().to_string())?;
            let name = Path::new(path.file_stem().unwrap_or_default()).with_extension("wasm");
            fs::write(output.join(name), component)?;
        }
    }
    Ok(())
}

fn encode(text: &Path, resolve: &Resolve, world: WorldId) -> Result<Vec<u8>> {
    let mut module = wat::parse_file(text)?;
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()
}
