//! Building guests: `cargo xtask guests`.
//!
//! Guests live in workspaces of their own, outside the host's, because compiler and profile differ. Their target folder
//! differs too, else every change between the two compilers would build everything again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::compiler::Compiler;
use crate::languages::{self, Language};
use crate::process;
use crate::repo::Repo;
use crate::text_guests;
use crate::toolchain::{self, GuestToolchain, TARGET};

/// Folder of the connectors.
pub(crate) const PLUGINS: &str = "plugins";
/// Workspaces of Rust guests.
const WORKSPACES: [&str; 2] = [PLUGINS, "tests/guests"];
/// A library whose examples are guests.
const SDK: &str = "guest-sdk/rust";
/// What a guest asks for, beside its `Cargo.toml`.
pub(crate) const MANIFEST: &str = "connector.toml";

/// What to build.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this connector, a folder under plugins/.
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Leave out the compilation of components to .cwasm.
    #[arg(long)]
    wasm_only: bool,
}

/// A guest made into a component.
#[derive(Debug)]
pub(crate) struct Guest {
    /// Name of its folder.
    pub(crate) name: String,
    /// The component.
    pub(crate) component: PathBuf,
    /// Whether it is a connector of plugins/.
    pub(crate) is_plugin: bool,
    /// Its manifest; guests without one cannot be loaded by the host.
    pub(crate) manifest: Option<PathBuf>,
}

/// `cargo xtask guests`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    // Guests of text are made by a program, so they are left out with the compilation.
    let compiler = match options.wasm_only {
        true => None,
        false => Some(Compiler::build(repo)?),
    };
    let guests = match &options.plugin {
        Some(name) => vec![plugin(repo, name)?],
        None => all(repo, &toolchain::ensure(repo)?, compiler.as_ref())?,
    };
    if let Some(compiler) = &compiler {
        compile(compiler, &guests)?;
    }
    for guest in &guests {
        let size = fs::metadata(&guest.component)?.len().div_ceil(1024);
        let remark = if guest.manifest.is_none() {
            format!("  (no {MANIFEST}: not compiled)")
        } else {
            String::new()
        };
        println!(
            "{:24} {size:>6} KB  {}{remark}",
            guest.name,
            repo.shown(&guest.component)
        );
    }
    Ok(())
}

/// Builds and compiles every guest of the repository, as tests want them.
pub(crate) fn ready(repo: &Repo) -> Result<(Compiler, Vec<Guest>)> {
    let toolchain = toolchain::ensure(repo)?;
    let compiler = Compiler::build(repo)?;
    let guests = all(repo, &toolchain, Some(&compiler))?;
    compile(&compiler, &guests)?;
    Ok((compiler, guests))
}

/// Compiles every guest that has a manifest, to a file beside the component.
fn compile(compiler: &Compiler, guests: &[Guest]) -> Result<()> {
    for guest in guests {
        if let Some(manifest) = &guest.manifest {
            compiler.compile(
                &guest.component,
                Some(manifest),
                &guest.component.with_extension("cwasm"),
            )?;
        }
    }
    Ok(())
}

/// Where components are left.
pub(crate) fn folder(repo: &Repo) -> PathBuf {
    repo.target().join("guests")
}

/// Every guest of the repository: those in Rust, those in other languages, connectors that bring a finished component, and
/// with a compiler the guests written as text.
fn all(repo: &Repo, toolchain: &GuestToolchain, compiler: Option<&Compiler>) -> Result<Vec<Guest>> {
    let mut guests = BTreeMap::new();
    let mut add = |guest: Guest| match guests.insert(guest.name.clone(), guest) {
        Some(other) => bail!(
            "two guests are called \"{}\"; one is {}",
            other.name,
            other.component.display()
        ),
        None => Ok(()),
    };
    let workspaces =
        WORKSPACES.map(|folder| (folder, ["--workspace", "--lib"].as_slice(), "Cargo.toml"));
    for (folder, selection, sign) in
        workspaces
            .into_iter()
            .chain([(SDK, ["--examples"].as_slice(), "examples")])
    {
        if repo.path(folder).join(sign).exists() {
            for guest in build(
                repo,
                toolchain,
                &repo.path(folder).join("Cargo.toml"),
                selection,
            )? {
                add(guest)?;
            }
        }
    }
    let texts = compiler.map(|compiler| text_guests::build(repo, compiler));
    for (name, component) in texts.transpose()?.unwrap_or_default() {
        add(take(
            repo,
            &name,
            &component,
            &repo.path(text_guests::FOLDER),
        )?)?;
    }
    for workspace in WORKSPACES {
        let folder = repo.path(workspace);
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let path = entry.path();
            let component = match Language::of(&path) {
                Some(language) => Some(languages::build(repo, language, &path)?),
                None => finished(&path),
            };
            if let Some(component) = component {
                let name = entry.file_name();
                add(take(repo, &name.to_string_lossy(), &component, &path)?)?;
            }
        }
    }
    remove_others(&folder(repo), &guests)?;
    Ok(guests.into_values().collect())
}

/// Removes what earlier runs left of guests that are gone, so that no test can lean on them.
fn remove_others(folder: &Path, guests: &BTreeMap<String, Guest>) -> Result<()> {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned());
        if name.is_none_or(|name| !guests.contains_key(&name)) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// One connector by the name of its folder, with the tools of its language alone.
pub(crate) fn plugin(repo: &Repo, name: &str) -> Result<Guest> {
    let folder = repo.path(PLUGINS).join(name);
    let manifest = folder.join("Cargo.toml");
    if manifest.is_file() {
        let mut guests = build(repo, &toolchain::ensure(repo)?, &manifest, &["--lib"])?;
        return match (guests.pop(), guests.is_empty()) {
            (Some(guest), true) => Ok(guest),
            _ => bail!(
                "{} makes no component: it needs `crate-type = [\"cdylib\"]` under [lib]",
                repo.shown(&manifest)
            ),
        };
    }
    if let Some(language) = Language::of(&folder) {
        let component = languages::build(repo, language, &folder)?;
        return take(repo, name, &component, &folder);
    }
    if let Some(component) = finished(&folder) {
        return take(repo, name, &component, &folder);
    }
    let mut known: Vec<String> = repo
        .path(PLUGINS)
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join(MANIFEST).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    known.sort();
    bail!(
        "no connector \"{name}\" under {PLUGINS}/; there are: {}",
        if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        }
    )
}

/// The component of a connector in another language, which its own tools have made already.
fn finished(folder: &Path) -> Option<PathBuf> {
    let component = folder.join("connector.wasm");
    (!folder.join("Cargo.toml").is_file() && component.is_file()).then_some(component)
}

/// Builds guests by cargo and leaves them in the folder of components.
fn build(
    repo: &Repo,
    toolchain: &GuestToolchain,
    manifest: &Path,
    selection: &[&str],
) -> Result<Vec<Guest>> {
    eprintln!("building the guests of {}", repo.shown(manifest));
    let mut command = toolchain.cargo()?;
    command.args([
        "build",
        "--quiet",
        "--release",
        "--target",
        TARGET,
        "--message-format=json-render-diagnostics",
        "--manifest-path",
    ]);
    command
        .arg(manifest)
        .args(selection)
        .arg("--target-dir")
        .arg(repo.target().join("guest-build"));
    let messages = process::captured(command.stdin(Stdio::null()))?;
    let mut guests = Vec::new();
    for artifact in artifacts(&messages)? {
        let folder = artifact
            .manifest_path
            .parent()
            .context("a package without a folder")?;
        guests.push(take(repo, &artifact.name(), &artifact.component, folder)?);
    }
    Ok(guests)
}

/// Puts a component where the others are, with its manifest inside.
fn take(repo: &Repo, name: &str, component: &Path, source: &Path) -> Result<Guest> {
    let place = folder(repo).join(format!("{name}.wasm"));
    fs::create_dir_all(folder(repo))?;
    let own = source.join(format!("{name}.toml"));
    let manifest = [
        own,
        source.join("examples").join(format!("{name}.toml")),
        source.join(MANIFEST),
    ]
    .into_iter()
    .find(|path| path.is_file());
    let mut content =
        fs::read(component).with_context(|| format!("cannot read {}", component.display()))?;
    if let Some(manifest) = &manifest {
        let text =
            fs::read(manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        embed(&mut content, &text);
    }
    // Left alone when nothing changed, so that what is made from it counts as fresh.
    if fs::read(&place).ok().as_ref() != Some(&content) {
        fs::write(&place, content).with_context(|| format!("cannot write {}", place.display()))?;
    }
    Ok(Guest {
        name: name.to_owned(),
        component: place,
        is_plugin: source.parent() == Some(&repo.path(PLUGINS)),
        manifest,
    })
}

/// Name of the custom section with the manifest, after its length.
const SECTION: &[u8] = b"\x10appflow:manifest";

/// Whether a component has a manifest inside.
pub(crate) fn carries_manifest(component: &[u8]) -> bool {
    component
        .windows(SECTION.len())
        .any(|window| window == SECTION)
}

/// Appends a manifest to a component, as `appflow-wasm embed` does, which is not built yet where this is needed. A
/// component that carries one already keeps it: the compiler refuses it if it is another.
fn embed(component: &mut Vec<u8>, manifest: &[u8]) {
    if carries_manifest(component) {
        return;
    }
    component.push(0);
    let mut length = SECTION.len() + manifest.len();
    while length >= 0x80 {
        component.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    component.push(length as u8);
    component.extend_from_slice(SECTION);
    component.extend_from_slice(manifest);
}

/// A component among cargo's messages.
struct Artifact {
    manifest_path: PathBuf,
    target: Target,
    component: PathBuf,
}

impl Artifact {
    /// The folder's name for the library of a package, else that of the example.
    fn name(&self) -> String {
        let folder = self
            .manifest_path
            .parent()
            .and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned());
        match folder {
            Some(folder) if !self.target.kind.iter().any(|kind| kind == "example") => folder,
            _ => self.target.name.replace('_', "-"),
        }
    }
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    crate_types: Vec<String>,
}

/// The components that a run of cargo reports, whether made now or found fresh.
fn artifacts(messages: &str) -> Result<Vec<Artifact>> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        manifest_path: Option<PathBuf>,
        target: Option<Target>,
        #[serde(default)]
        filenames: Vec<PathBuf>,
    }
    let mut found = Vec::new();
    for line in messages.lines() {
        let message: Message =
            serde_json::from_str(line).context("cargo wrote a message that is no JSON")?;
        let (Some(manifest_path), Some(target)) = (message.manifest_path, message.target) else {
            continue;
        };
        if message.reason != "compiler-artifact"
            || !target.crate_types.iter().any(|kind| kind == "cdylib")
        {
            continue;
        }
        let component = message.filenames.into_iter().find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        });
        if let Some(component) = component {
            found.push(Artifact {
                manifest_path,
                target,
                component,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::artifacts;

    const MESSAGES: &str = r#"{"reason":"compiler-artifact","manifest_path":"/r/plugins/shop/Cargo.toml","target":{"kind":["cdylib"],"crate_types":["cdylib"],"name":"shop_connector"},"filenames":["/t/shop_connector.wasm"]}
{"reason":"compiler-artifact","manifest_path":"/d/serde/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"serde"},"filenames":["/t/libserde.rlib"]}
{"reason":"compiler-artifact","manifest_path":"/r/guest-sdk/rust/Cargo.toml","target":{"kind":["example"],"crate_types":["cdylib"],"name":"two_words"},"filenames":["/t/examples/two_words.wasm"]}
{"reason":"build-script-executed"}
{"reason":"build-finished","success":true}"#;

    #[test]
    fn guests_are_named_by_folder_and_examples_by_themselves() {
        let names: Vec<String> = artifacts(MESSAGES)
            .unwrap()
            .iter()
            .map(super::Artifact::name)
            .collect();
        assert_eq!(names, ["shop", "two-words"]);
    }

    #[test]
    fn a_manifest_is_appended_once() {
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        super::embed(&mut component, &[b'm'; 200]);
        // 17 bytes of name and 200 of text are 217, or 0xd9 0x01 in LEB128.
        assert_eq!(&component[8..13], [0, 0xd9, 0x01, 0x10, b'a']);
        assert_eq!(component.len(), 8 + 3 + 217);
        let once = component.clone();
        super::embed(&mut component, b"other");
        assert_eq!(component, once);
    }

    #[test]
    fn output_that_is_no_json_is_an_error() {
        assert!(artifacts("warning: something").is_err());
    }
}
