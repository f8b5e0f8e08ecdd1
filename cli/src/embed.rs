//! `appflow-wasm embed`: a component that carries its manifest.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use appflow_host::manifest::Manifest;
use appflow_host::manifest::section;

use crate::compile::{Partial, read_manifest, sha256};
use crate::{check, table};

/// Puts a manifest into a component, so that one file is enough.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  appflow-wasm embed tickets.wasm                                # connector.toml beside it, into the same file
  appflow-wasm embed tickets.wasm --manifest eu.toml -o tickets-eu.wasm

A manifest that is in the component already is replaced. Other tools pass over the section, whose name is appflow:manifest.")]
pub(crate) struct Arguments {
    /// The component, a .wasm file.
    component: PathBuf,
    /// The manifest [default: connector.toml beside the component].
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Where to write [default: the component itself].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print nothing when all is well.
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let path = &arguments.component;
    let wasm =
        std::fs::read(path).with_context(|| format!("cannot read \"{}\"", path.display()))?;
    check::check(&wasm).with_context(|| format!("\"{}\" is refused", path.display()))?;
    let source = arguments
        .manifest
        .clone()
        .unwrap_or_else(|| path.with_file_name("connector.toml"));
    let text = read_manifest(&source)?;
    let manifest = Manifest::parse(&text)
        .with_context(|| format!("the manifest \"{}\" is refused", source.display()))?;
    let whole = section::write(&wasm, &text)
        .with_context(|| format!("\"{}\" is refused", path.display()))?;
    let output = arguments.output.as_ref().unwrap_or(path);
    Partial::write(output, &whole)?.keep(output)?;
    if !arguments.quiet {
        table::print(&[
            (
                "connector",
                format!("{} {}", manifest.name, manifest.version),
            ),
            ("manifest", source.display().to_string()),
            (
                "component",
                format!("{} (sha256 {})", table::bytes(whole.len()), sha256(&whole)),
            ),
            ("written to", output.display().to_string()),
        ]);
    }
    Ok(ExitCode::SUCCESS)
}
