//! `appflow-wasm compile`: from a component to what a Lambda image holds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use appflow_host::engine::{Artifact, Connector, Metadata, Target, WASMTIME_VERSION, config};
use appflow_host::invocation::check_types;
use appflow_host::manifest::Manifest;
use appflow_host::manifest::section::{self, SectionError};
use clap::ValueEnum;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::check::{self, Shape};
use crate::table;

/// How long the check of the component's start may take.
const START_LIMIT: Duration = Duration::from_secs(5);

/// Checks a component against the contract and compiles it for Lambda.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  appflow-wasm compile target/wasm32-wasip2/release/salesforce.wasm
  appflow-wasm compile salesforce.wasm --target arm64 -o image/connector.cwasm

The manifest is the one inside the component (see `appflow-wasm embed`), else the one that --manifest names, else
`connector.toml` beside the component. The compiled file holds it, so that one file is enough for the host.")]
pub(crate) struct Arguments {
    /// The component, a .wasm file.
    component: PathBuf,
    /// The manifest [default: the component's own, else connector.toml beside it].
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Where to write [default: the component's name with .cwasm].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Processor of the Lambda function [default: this machine's].
    #[arg(long, value_enum)]
    target: Option<Architecture>,
    /// Print nothing when all is well.
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Architecture {
    #[value(name = "x86_64")]
    X86_64,
    Arm64,
}

impl From<Architecture> for Target {
    fn from(architecture: Architecture) -> Self {
        match architecture {
            Architecture::X86_64 => Self::X86_64,
            Architecture::Arm64 => Self::Arm64,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let began = Instant::now();
    let path = &arguments.component;
    let wasm =
        std::fs::read(path).with_context(|| format!("cannot read \"{}\"", path.display()))?;
    let shape =
        check::check(&wasm).with_context(|| format!("\"{}\" is refused", path.display()))?;
    let manifest_text = manifest_text(path, arguments.manifest.as_deref(), &wasm)?;
    let manifest = Manifest::parse(&manifest_text).with_context(|| match &arguments.manifest {
        Some(path) => format!("the manifest \"{}\" is refused", path.display()),
        None => "the manifest is refused".to_owned(),
    })?;
    let here = Target::current()
        .context("connectors can be compiled on x86_64 and arm64 machines only")?;
    let target = arguments.target.map_or(here, Target::from);
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| path.with_extension("cwasm"));
    if output == *path {
        bail!(
            "the output \"{}\" is the component itself",
            output.display()
        );
    }
    if !arguments.quiet {
        eprintln!(
            "compiling {} {} for {} ...",
            manifest.name,
            manifest.version,
            target.name()
        );
    }
    let code = engine(target)?
        .precompile_component(&wasm)
        .map_err(plain)
        .context("the component cannot be compiled")?;
    let metadata = metadata(&wasm, &shape, target, manifest_text);
    let artifact = Artifact::encode(code, &metadata)?;
    let partial = Partial::write(&output, &artifact)?;
    // Types of functions are checked when an interface is loaded, which takes code for this machine.
    let connector = if target == here {
        Connector::load(&partial.0)?
    } else {
        load(&wasm, &shape, &metadata.manifest, here)?
    };
    check_by_loading(connector)?;
    partial.keep(&output)?;
    if !arguments.quiet {
        table::print(&[
            (
                "connector",
                format!("{} {}", manifest.name, manifest.version),
            ),
            ("contract", format!("appflow:connector@{}", shape.contract)),
            ("exports", shape.exports.join(", ")),
            ("processor", target.name().to_owned()),
            (
                "component",
                format!(
                    "{} (sha256 {})",
                    table::bytes(wasm.len()),
                    metadata.component_sha256
                ),
            ),
            (
                "compiled",
                format!(
                    "{} in {:.1} s",
                    table::bytes(artifact.len()),
                    began.elapsed().as_secs_f64()
                ),
            ),
            ("written to", output.display().to_string()),
        ]);
    }
    Ok(ExitCode::SUCCESS)
}

/// The engine that compiles for a processor, all of its extensions off.
pub(crate) fn engine(target: Target) -> Result<Engine> {
    let mut config = config();
    config
        .target(target.triple())
        .map_err(plain)
        .with_context(|| format!("cannot compile for {}", target.name()))?;
    Engine::new(&config)
        .map_err(plain)
        .context("the compiler cannot be set up")
}

/// Wasmtime's errors are of a type of their own; their text with all causes is what people need.
fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

/// Loads every interface the component exports.
fn check_by_loading(connector: Connector) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(check_types(connector, START_LIMIT))
        .context("the component does not fit the contract; build it against wit/ of this release")
}

/// A component compiled for this machine and linked.
pub(crate) fn load(wasm: &[u8], shape: &Shape, manifest: &str, here: Target) -> Result<Connector> {
    let engine = Engine::new(&config())
        .map_err(plain)
        .context("the compiler cannot be set up")?;
    let component = Component::new(&engine, wasm)
        .map_err(plain)
        .context("the component cannot be compiled")?;
    Ok(Connector::link(
        engine,
        &component,
        metadata(wasm, shape, here, manifest.to_owned()),
    )?)
}

fn metadata(wasm: &[u8], shape: &Shape, target: Target, manifest: String) -> Metadata {
    Metadata {
        wasmtime: WASMTIME_VERSION.to_owned(),
        contract: shape.contract.clone(),
        target,
        component_sha256: sha256(wasm),
        exports: shape.exports.clone(),
        manifest,
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The manifest's text: the component's own, the one that was named, or the one beside the component.
pub(crate) fn manifest_text(component: &Path, named: Option<&Path>, wasm: &[u8]) -> Result<String> {
    let own = match section::read(wasm) {
        Ok(text) => Some(text),
        Err(SectionError::Missing) => None,
        Err(error) => return Err(error).context("the component's own manifest cannot be read"),
    };
    match (own, named) {
        (None, Some(path)) => read_manifest(path),
        (Some(own), None) => Ok(own.to_owned()),
        (Some(own), Some(path)) => {
            let text = read_manifest(path)?;
            agree(component, own, path, &text)?;
            Ok(text)
        }
        (None, None) => {
            let beside = component.with_file_name("connector.toml");
            std::fs::read_to_string(&beside).with_context(|| {
                format!("there is no manifest: the component carries none and \"{}\" cannot be read; name one with --manifest", beside.display())
            })
        }
    }
}

pub(crate) fn read_manifest(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the manifest \"{}\"", path.display()))
}

/// Refuses two manifests that say different things: nobody could tell which one the buyer was shown.
fn agree(component: &Path, own: &str, path: &Path, text: &str) -> Result<()> {
    // What is wrong with a manifest that cannot be parsed is told by whoever uses it.
    let Ok(named) = Manifest::parse(text) else {
        return Ok(());
    };
    let own = Manifest::parse(own).context("the component's own manifest is refused")?;
    if own == named {
        return Ok(());
    }
    bail!(
        "there are two manifests that differ: the one inside \"{}\" ({} {}) and \"{}\" ({} {}); put the right one in with \
         `appflow-wasm embed`, or leave --manifest out",
        component.display(),
        own.name,
        own.version,
        path.display(),
        named.name,
        named.version
    )
}

/// A file that is removed again unless it is kept, so that nobody finds one that was refused.
pub(crate) struct Partial(PathBuf);

impl Partial {
    pub(crate) fn write(output: &Path, bytes: &[u8]) -> Result<Self> {
        let partial = Self(output.with_extension("partial"));
        std::fs::write(&partial.0, bytes)
            .with_context(|| format!("cannot write \"{}\"", partial.0.display()))?;
        Ok(partial)
    }

    pub(crate) fn keep(self, output: &Path) -> Result<()> {
        std::fs::rename(&self.0, output)
            .with_context(|| format!("cannot write \"{}\"", output.display()))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = std::fs::remove_file(&self.0);
    }
}
