//! Compiling components to `.cwasm` by the author's tool, each one only once.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::process;
use crate::repo::Repo;

/// The tool `appflow-wasm`, and what it made before.
pub(crate) struct Compiler {
    tool: PathBuf,
    /// Tells builds of the tool apart: another one may compile differently.
    fingerprint: String,
    cache: PathBuf,
}

impl Compiler {
    /// Builds the tool.
    pub(crate) fn build(repo: &Repo) -> Result<Self> {
        eprintln!("building the compiler tool (about 5 minutes the first time)");
        process::run(development_build(repo).arg("--quiet"))?;
        let tool = built(repo, "appflow-wasm");
        let cache = repo.cache().join("compiled");
        fs::create_dir_all(&cache)
            .with_context(|| format!("cannot make the cache folder {}", cache.display()))?;
        let fingerprint = fingerprint(&tool, &repo.target().join("tool-fingerprint"))?;
        Ok(Self {
            tool,
            fingerprint,
            cache,
        })
    }

    /// Compiles a component with its manifest, or takes what an earlier run made of the same.
    pub(crate) fn compile(&self, component: &Path, manifest: &Path, output: &Path) -> Result<()> {
        let mut hash = Sha256::new();
        hash.update(&self.fingerprint);
        for path in [component, manifest] {
            let content =
                fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            hash.update(content.len().to_le_bytes());
            hash.update(content);
        }
        let kept = self
            .cache
            .join(format!("{}.cwasm", hexadecimal(&hash.finalize())));
        if !kept.is_file() {
            // Written aside and renamed: whoever runs at the same time never sees half a file.
            let part = kept.with_extension(format!("tmp.{}", std::process::id()));
            let mut command = Command::new(&self.tool);
            command
                .arg("compile")
                .arg(component)
                .arg("--manifest")
                .arg(manifest)
                .arg("-o")
                .arg(&part);
            process::output(&mut command)?;
            fs::rename(&part, &kept)?;
        }
        if fs::metadata(output).is_ok() {
            fs::remove_file(output)?;
        }
        fs::copy(&kept, output).with_context(|| format!("cannot write {}", output.display()))?;
        Ok(())
    }
}

/// Builds everything native in the development profile. The whole workspace at once, so that all packages of all
/// commands share one choice of features, and nothing is compiled a second time with others.
pub(crate) fn development_build(repo: &Repo) -> Command {
    let mut command = process::cargo();
    command
        .current_dir(repo.path(""))
        .args(["build", "--workspace", "--bins"]);
    command
}

/// A program of [`development_build`].
pub(crate) fn built(repo: &Repo, name: &str) -> PathBuf {
    repo.target().join("debug").join(name)
}

/// SHA-256 of a large program, remembered as long as the file's size and time stay the same.
fn fingerprint(program: &Path, memory: &Path) -> Result<String> {
    let metadata =
        fs::metadata(program).with_context(|| format!("no program at {}", program.display()))?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    let state = format!("{} {modified} ", metadata.len());
    if let Some(known) = fs::read_to_string(memory)
        .ok()
        .and_then(|text| text.strip_prefix(&state).map(str::to_owned))
    {
        return Ok(known);
    }
    let mut hash = Sha256::new();
    let mut file = fs::File::open(program)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hash.update(buffer.get(..length).unwrap_or_default()),
        }
    }
    let hash = hexadecimal(&hash.finalize());
    fs::write(memory, format!("{state}{hash}"))?;
    Ok(hash)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
