//! Writes the generated part of the SDK for C, see [`appflow_testkit::c_bindings`].
//!
//! `cargo run --package appflow-testkit --bin c-bindings wit guest-sdk/c/generated`, after a change of the contract.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [contract, output] = arguments.as_slice() else {
        bail!("usage: c-bindings CONTRACT OUTPUT");
    };
    for (name, content) in appflow_testkit::c_bindings::generate(contract)? {
        let place = output.join(name);
        fs::create_dir_all(place.parent().unwrap_or(output))?;
        fs::write(&place, content).with_context(|| format!("cannot write {}", place.display()))?;
    }
    Ok(())
}
