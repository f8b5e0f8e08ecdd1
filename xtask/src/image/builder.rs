//! Builds images of the Dockerfile by buildah, in stores of their own.
//!
//! The base image `rust` comes from Docker Hub, which tests must not need. In its place stands an image of nothing but
//! folders, over which this machine's programs, Rust toolchain and crates are mounted while the Dockerfile's commands
//! run. So what is proven is the Dockerfile, not what Docker Hub has under that name.
//!
//! What cargo made in this checkout's `target` is mounted too, where cargo in the container looks for it. Cargo compares
//! sources, compiler and settings there as anywhere, finds that `cargo xtask` has compiled them, and compiles nothing
//! twice. That mount is an overlay, so that what the container writes is gone afterwards; the others are read-only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::manifest::Form;
use super::registry::Registry;
use super::run::AUTHORITY;
use crate::guests::Guest;
use crate::process;
use crate::repo::Repo;

/// The base image's name as the Dockerfile has it.
const BASE: &str = "docker.io/library/rust:1.95-bookworm";
/// Where the Dockerfile builds.
const SOURCE: &str = "/source";
/// Certificates of the base image.
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";

/// A connector whose image is built.
pub(super) struct Plugin {
    /// Its name, and its image's.
    pub(super) name: String,
    /// The component.
    pub(super) component: PathBuf,
    /// The same, as the build context has it.
    argument: String,
}

impl Plugin {
    /// A connector that was built.
    pub(super) fn new(repo: &Repo, guest: &Guest) -> Result<Self> {
        let inside = guest
            .component
            .strip_prefix(repo.path(""))
            .with_context(|| {
                format!(
                    "{} lies outside of the build context; unset CARGO_TARGET_DIR for image tests",
                    guest.component.display()
                )
            })?;
        Ok(Self {
            name: guest.name.clone(),
            component: guest.component.clone(),
            argument: inside.display().to_string(),
        })
    }
}

/// Everything that builds have in common.
pub(super) struct Builder {
    context: PathBuf,
    /// Holds a store for each build.
    folder: PathBuf,
    base: PathBuf,
    volumes: Vec<String>,
    environment: String,
}

impl Builder {
    /// Prepares the stand-in of the base image.
    pub(super) fn new(repo: &Repo, folder: &Path) -> Result<Self> {
        let stores = folder.join("stores");
        clear(&stores)?;
        let toolchain = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let toolchain = toolchain.trim();
        let home = cargo_home()?;
        let registry = home.join("registry");
        ensure!(
            registry.is_dir(),
            "cargo has no crates in {}",
            registry.display()
        );
        let context = repo.path("");
        let context = context
            .canonicalize()
            .context("the repository is not there")?;
        let overlay = |from: &Path, to: &Path| format!("{}:{}:O", from.display(), to.display());
        let same = |path: &Path| format!("{0}:{0}:ro", path.display());
        let mut volumes = vec![
            same(Path::new("/usr")),
            same(Path::new("/etc/alternatives")),
            same(Path::new(toolchain)),
            // Not an overlay, which may miss what another cargo changes beneath it.
            same(&registry),
            // Cargo notes some sources by their full path.
            same(&context),
        ];
        // Not the folder above: the stores lie in it.
        for profile in ["debug", "release"] {
            let inside = Path::new(SOURCE).join("target").join(profile);
            volumes.push(overlay(&repo.target().join(profile), &inside));
        }
        let base = stores.join("base");
        base_files(&base, &folder.join(AUTHORITY))?;
        Ok(Self {
            context,
            folder: stores,
            base,
            volumes,
            environment: format!(
                "PATH={toolchain}/bin:/usr/bin:/bin CARGO_HOME={} CARGO_NET_OFFLINE=true",
                home.display()
            ),
        })
    }

    /// An empty store but for the base image.
    pub(super) fn store(&self, name: &str) -> Result<Store<'_>> {
        let store = self.existing(name);
        let recipe = self.folder.join("base.Dockerfile");
        fs::write(
            &recipe,
            format!("FROM scratch\nCOPY . /\nENV {}\n", self.environment),
        )?;
        process::output(
            store
                .buildah()?
                .args(["bud", "--isolation", "chroot", "--tag", BASE, "--file"])
                .arg(&recipe)
                .arg(&self.base),
        )?;
        Ok(store)
    }

    /// A store made before.
    pub(super) fn existing(&self, name: &str) -> Store<'_> {
        Store {
            builder: self,
            folder: self.folder.join(name),
        }
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        // Gigabytes, as every layer is a copy of all below it. If it fails, the next run tries once more and says why.
        let _ = clear(&self.folder);
    }
}

/// Images of one build, and what later builds may take from its cache.
pub(super) struct Store<'builder> {
    builder: &'builder Builder,
    folder: PathBuf,
}

impl Store<'_> {
    /// buildah with this store.
    fn buildah(&self) -> Result<Command> {
        let temporary = self.folder.join("tmp");
        fs::create_dir_all(&temporary)?;
        let mut command = Command::new("buildah");
        command
            .env("TMPDIR", temporary)
            .args(["--storage-driver", "vfs", "--root"])
            .arg(self.folder.join("root"))
            .arg("--runroot")
            .arg(self.folder.join("run"));
        Ok(command)
    }

    /// `docker build` of the Dockerfile with these arguments.
    fn bud(&self, tag: &str, arguments: &[String]) -> Result<Command> {
        let mut command = self.buildah()?;
        command.args([
            "bud",
            "--isolation",
            "chroot",
            // Docker's form would note names of containers, which are made up for each build.
            "--format",
            "oci",
            "--layers",
            // As BuildKit does with SOURCE_DATE_EPOCH=0.
            "--timestamp",
            "0",
            "--pull-never",
            "--tag",
            tag,
        ]);
        for volume in &self.builder.volumes {
            command.args(["--volume", volume]);
        }
        for argument in arguments {
            command.args(["--build-arg", argument]);
        }
        command.arg(&self.builder.context);
        Ok(command)
    }

    /// Builds the image of a connector; returns what buildah said.
    pub(super) fn build(&self, plugin: &Plugin) -> Result<String> {
        let argument = format!("PLUGIN={}", plugin.argument);
        process::output(&mut self.bud(&plugin.name, &[argument])?)
    }

    /// Pushes the image of a connector.
    pub(super) fn push(
        &self,
        plugin: &Plugin,
        registry: &Registry,
        tag: &str,
        form: Form,
    ) -> Result<()> {
        let mut command = self.buildah()?;
        command
            .args(["push", "--quiet", "--tls-verify=false"])
            .args(["--compression-format", "gzip", "--compression-level", "9"])
            .arg("--format")
            .arg(form.option())
            .arg(&plugin.name)
            .arg(registry.place(&plugin.name, tag));
        process::output(&mut command).map(drop)
    }

    /// Builds that cannot work must say so, and what to do.
    pub(super) fn refusals(&self, plugin: &Plugin) -> Result<()> {
        let good = format!("PLUGIN={}", plugin.argument);
        for (arguments, expected) in [
            (vec![], "give the component: --build-arg PLUGIN="),
            (
                vec!["PLUGIN=elsewhere/connector.wasm".to_owned()],
                "the build context has no file \"elsewhere/connector.wasm\"",
            ),
            (
                vec!["PLUGIN=Cargo.toml".to_owned()],
                "\"Cargo.toml\" is refused",
            ),
            (
                vec![good, "MANIFEST=missing.toml".to_owned()],
                "missing.toml",
            ),
        ] {
            let output = self
                .bud("refused", &arguments)?
                .output()
                .context("cannot start buildah")?;
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            if output.status.success() {
                bail!("an image was built with the arguments {arguments:?}");
            }
            ensure!(
                said.contains(expected),
                "the build with {arguments:?} failed without the words `{expected}`:\n{said}"
            );
        }
        Ok(())
    }
}

/// Folders for the mounts, users, and certificates: the machine's and those of the test's own authority, as if that
/// were one the world trusts.
fn base_files(base: &Path, authority: &Path) -> Result<()> {
    for folder in [
        "dev",
        "etc/ssl/certs",
        "proc",
        "root",
        "sys",
        "tmp",
        "usr",
        "source",
    ] {
        fs::create_dir_all(base.join(folder))?;
    }
    for folder in ["bin", "lib", "lib64", "sbin"] {
        // Debian has had these beneath /usr since its release 12.
        std::os::unix::fs::symlink(format!("usr/{folder}"), base.join(folder))?;
    }
    for file in ["etc/passwd", "etc/group"] {
        fs::copy(Path::new("/").join(file), base.join(file))?;
    }
    let mut certificates = fs::read(Path::new("/").join(CERTIFICATES))
        .context("the package ca-certificates left no certificates")?;
    certificates.extend(fs::read(authority.join("authority.pem"))?);
    fs::write(base.join(CERTIFICATES), certificates)?;
    Ok(())
}

/// Where cargo keeps crates.
fn cargo_home() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CARGO_HOME") {
        return Ok(folder.into());
    }
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    Ok(Path::new(&home).join(".cargo"))
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    Ok(())
}
