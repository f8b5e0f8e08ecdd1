//! One component in the place of another: `cargo xtask swap`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::compiler::{self, Compiler};
use crate::repo::Repo;
use crate::{assemble, guests};

/// Cases that the smallest connector answers alike in every language.
const GROUP: &str = "swap";
/// The connector they are held against, byte by byte.
const REFERENCE: &str = "hello";

/// What to put in which place.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The component, a .wasm file, or the name of a connector under plugins/.
    #[arg(long, value_name = "FILE")]
    plugin: PathBuf,
    /// Group of contract cases, a folder under tests/cases.
    #[arg(long, value_name = "GROUP", default_value = GROUP)]
    cases: String,
    /// The manifest [default: the component's own, else connector.toml beside it, else that of plugins/hello].
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
}

/// `cargo xtask swap`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    let (component, manifest) = component(repo, options)?;
    let compiler = Compiler::build(repo)?;
    let place = repo.target().join("swap");
    fs::create_dir_all(&place)?;
    let candidate = place.join("candidate.cwasm");
    compiler.compile(&component, manifest.as_deref(), &candidate)?;
    let reference = if options.cases == GROUP {
        let hello = guests::plugin(repo, REFERENCE)?;
        let compiled = place.join("reference.cwasm");
        compiler.compile(&hello.component, hello.manifest.as_deref(), &compiled)?;
        Some(compiled)
    } else {
        None
    };
    eprintln!("building the host (release, about 10 minutes the first time)");
    let host = assemble::host(repo)?;
    let mut program = Command::new(compiler::built(repo, "swap"));
    program
        .args(["--group", &options.cases])
        .arg("--cases")
        .arg(repo.path("tests/cases"))
        .arg("--bootstrap")
        .arg(host)
        .arg("--component")
        .arg(candidate);
    if let Some(reference) = reference {
        program.arg("--reference").arg(reference);
    }
    let status = program
        .status()
        .context("cannot start the program that runs the cases")?;
    if !status.success() {
        bail!(
            "the component does not answer as the cases of \"{}\" say",
            options.cases
        );
    }
    Ok(())
}

/// The component and, unless it carries one, its manifest.
fn component(repo: &Repo, options: &Options) -> Result<(PathBuf, Option<PathBuf>)> {
    let file = &options.plugin;
    let known = repo.path(guests::PLUGINS).join(file);
    if !file.is_file() {
        if file.components().count() != 1 || !known.is_dir() {
            bail!(
                "\"{}\" is neither a file nor a connector under {}/",
                file.display(),
                guests::PLUGINS
            );
        }
        let guest = guests::plugin(repo, &file.to_string_lossy())?;
        return Ok((guest.component, options.manifest.clone().or(guest.manifest)));
    }
    let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    if options.manifest.is_some() || guests::carries_manifest(&content) {
        return Ok((file.clone(), options.manifest.clone()));
    }
    let beside = file.with_file_name(guests::MANIFEST);
    if beside.is_file() {
        return Ok((file.clone(), Some(beside)));
    }
    let reference = repo
        .path(guests::PLUGINS)
        .join(REFERENCE)
        .join(guests::MANIFEST);
    eprintln!(
        "the component has no manifest; taking {}",
        repo.shown(&reference)
    );
    Ok((file.clone(), Some(reference)))
}
