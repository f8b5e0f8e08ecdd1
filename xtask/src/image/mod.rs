//! Images by the Dockerfile, from the build to an answer over TLS, without a Docker engine: `cargo xtask image-test`.
//!
//! `buildah` builds, `docker-registry` on loopback takes and gives, `skopeo` and `umoci` fetch and unpack, AWS's Runtime
//! Interface Emulator and cargo-lambda start what was unpacked. The one thing that is not real is the base image `rust`,
//! which cannot be had without Docker Hub: see [`builder`].

mod builder;
mod manifest;
mod registry;
mod run;
mod sizes;
mod tools;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::compiler::Compiler;
use crate::repo::Repo;
use crate::steps::Steps;
use crate::{apt, assemble, guests};
use builder::{Builder, Plugin};
use manifest::Form;
use registry::Registry;
use tools::Tools;

/// The connector whose image is looked at most closely.
const PLUGIN: &str = "salesforce";
/// Another one, for an image of which everything but one layer must be the same.
const OTHER: &str = "hello";
/// Begins what the user is told.
const TASK: &str = "image-test";
/// Layers of an image.
const LAYERS: [&str; 3] = ["certificates", "bootstrap", "connector"];

/// Steps of the task.
const STEPS: usize = 6;

/// What to test.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Of the tests of the running image, only those whose name contains this word.
    #[arg(long, value_name = "WORD")]
    only: Option<String>,
    /// Write the sizes of the layers to tests/image/sizes.toml instead of comparing them.
    #[arg(long)]
    bless: bool,
}

/// `cargo xtask image-test`.
pub(crate) fn run(repo: &Repo, options: &Options) -> Result<()> {
    if let Some(obstacle) = obstacle()? {
        bail!("{obstacle}");
    }
    let mut steps = Steps::new(STEPS);
    let outcome = all(repo, options, &mut steps);
    println!("\n{}", steps.table().trim_end());
    if outcome.is_ok() {
        println!("image tests passed in {}", steps.elapsed());
    }
    outcome
}

/// Image tests as a step among others, where there is no [`obstacle`].
pub(crate) fn step(repo: &Repo) -> Result<()> {
    all(repo, &Options::default(), &mut Steps::new(STEPS))
}

/// Why images cannot be tested on this machine.
pub(crate) fn obstacle() -> Result<Option<&'static str>> {
    if !apt::is_there() {
        return Ok(Some(
            "image tests need Debian 12 or newer, for its packages of buildah, skopeo, umoci and docker-registry",
        ));
    }
    if !apt::is_root()? {
        return Ok(Some(
            "image tests need root, as they mount file systems and make a network of their own; run `sudo cargo xtask \
             image-test`, or run it in a container",
        ));
    }
    if !tools::has_namespaces() {
        return Ok(Some(
            "image tests need to mount file systems and make a network of their own, which this machine does not let root do; \
             a container needs the capability SYS_ADMIN, such as by `--privileged`",
        ));
    }
    Ok(None)
}

fn all(repo: &Repo, options: &Options, steps: &mut Steps) -> Result<()> {
    let folder = repo.target().join("image-test");
    fs::create_dir_all(&folder)?;
    let tools = steps.run("tools", "a minute the first time", || {
        let tools = Tools::ensure(repo, &folder)?;
        run::make_authority(repo, &tools, &folder)?;
        Ok(tools)
    })?;
    let components = steps.run(
        "connectors, compiler tool, host (release)",
        "about 15 minutes the first time",
        || {
            let components = [PLUGIN, OTHER].map(|name| guests::plugin(repo, name));
            Compiler::build(repo)?;
            assemble::host(repo)?;
            components.into_iter().collect::<Result<Vec<_>>>()
        },
    )?;
    let plugins: Vec<Plugin> = components
        .iter()
        .map(|guest| Plugin::new(repo, guest))
        .collect::<Result<_>>()?;
    let [plugin, other] = plugins.as_slice() else {
        bail!("two connectors are needed")
    };

    let builder = Builder::new(repo, &folder)?;
    let registry = Registry::start(&tools, &folder)?;
    steps.run("image, built twice from nothing", "a minute or two", || {
        for tag in ["first", "second"] {
            eprintln!("{TASK}: building the image of {PLUGIN}, the {tag} time");
            let store = builder.store(tag)?;
            store.build(plugin)?;
            store.push(plugin, &registry, tag, Form::Docker)?;
            if tag == "first" {
                store.push(plugin, &registry, "oci", Form::Oci)?;
            }
        }
        same_image(&registry)
    })?;
    steps.run("image of another connector", "", || {
        let store = builder.existing("first");
        let log = store.build(other)?;
        ensure!(
            log.matches("Using cache").count() > 0 && !log.contains("Compiling"),
            "the host was built again for another connector:\n{log}"
        );
        store.push(other, &registry, "first", Form::Docker)?;
        shared_layers(&registry)?;
        store.refusals(plugin)
    })?;
    let roots = steps.run("what the registry gives", "", || {
        for form in Form::ALL {
            registry.manifest(PLUGIN, form.tag())?.check(form)?;
        }
        let sizes = sizes::Sizes::of(&registry.manifest(PLUGIN, "first")?)?;
        sizes.judge(repo, options.bless)?;
        let roots = [PLUGIN, OTHER]
            .into_iter()
            .map(|name| registry.unpack(name, "first", &folder))
            .collect::<Result<Vec<PathBuf>>>()?;
        for root in &roots {
            no_path_of_this_machine(repo, root)?;
        }
        Ok(roots)
    })?;
    // Gone before anything runs: what runs comes from what was pulled.
    drop(registry);
    drop(builder);
    let [plugin_root, other_root] = roots.as_slice() else {
        bail!("two unpacked images are needed")
    };
    steps.run("running image", "a minute", || {
        let run = run::Run {
            repo,
            folder: &folder,
            tools: &tools,
            image: plugin_root,
            other_image: other_root,
            component: &plugin.component,
        };
        run.tests(options.only.as_deref())
    })
}

/// The host does not tell where it was made; a path would also make it another file elsewhere. The component is what its author built.
fn no_path_of_this_machine(repo: &Repo, root: &Path) -> Result<()> {
    let checkout = repo.path("").canonicalize()?;
    let checkout = checkout.to_string_lossy();
    let place = root.join("rootfs/bootstrap");
    let content = fs::read(&place).with_context(|| format!("cannot read {}", place.display()))?;
    let found = content
        .windows(checkout.len())
        .any(|part| part == checkout.as_bytes());
    ensure!(
        !found,
        "the host holds the path of the checkout, {checkout}"
    );
    Ok(())
}

/// Two builds made the same image, to the last byte.
fn same_image(registry: &Registry) -> Result<()> {
    let first = registry.manifest(PLUGIN, "first")?;
    let second = registry.manifest(PLUGIN, "second")?;
    for (name, (one, two)) in LAYERS
        .iter()
        .zip(first.layers().iter().zip(second.layers()))
    {
        ensure!(
            one.digest == two.digest,
            "the layer {name} is {} in the first build and {} in the second",
            one.digest,
            two.digest
        );
    }
    ensure!(
        first.digest == second.digest,
        "two builds made the same layers, but other images: {} and {}",
        first.digest,
        second.digest
    );
    eprintln!("{TASK}: both builds made {}", first.digest);
    Ok(())
}

/// Images of two connectors differ in the connector's layer and nowhere else.
fn shared_layers(registry: &Registry) -> Result<()> {
    let one = registry.manifest(PLUGIN, "first")?;
    let other = registry.manifest(OTHER, "first")?;
    for (index, name) in LAYERS.iter().enumerate() {
        let digests = [&one, &other].map(|manifest| {
            manifest
                .layers()
                .get(index)
                .map(|layer| layer.digest.clone())
                .with_context(|| format!("there is no layer {name}"))
        });
        let [one, other] = digests;
        let (one, other) = (one?, other?);
        let shared = index + 1 < LAYERS.len();
        ensure!(
            (one == other) == shared,
            "the layer {name} is {one} for {PLUGIN} and {other} for {OTHER}"
        );
        if shared {
            eprintln!("{TASK}: {PLUGIN} and {OTHER} share the layer {name}, {one}");
        }
    }
    Ok(())
}
