//! Loads the compiled connector and links it.

use std::path::Path;

use thiserror::Error;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use super::{
    Artifact, ArtifactError, CONTRACT_VERSION, Metadata, Target, WASMTIME_VERSION, config, pool,
};
use crate::bindings::{self, HostState};
use crate::manifest::{Manifest, ManifestError, Narrowing, NarrowingError};

/// Why a compiled connector cannot be run by this host.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read as a compiled connector.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// It was compiled by another version of Wasmtime.
    #[error(
        "the connector was compiled by Wasmtime {found}, this host runs {WASMTIME_VERSION}; compile it again with the \
         `appflow-wasm` of the host's release"
    )]
    Wasmtime {
        /// Version that compiled it.
        found: String,
    },
    /// It was compiled for another processor.
    #[error(
        "the connector was compiled for {found}, this machine is {here}; compile it again with `--target {here}`"
    )]
    Target {
        /// Architecture it was compiled for.
        found: &'static str,
        /// Architecture of this machine.
        here: &'static str,
    },
    /// Its manifest is wrong.
    #[error("the manifest inside the compiled connector is wrong")]
    Manifest(#[from] ManifestError),
    /// Its imports or exports do not fit this host.
    #[error(
        "the connector does not fit this host's contract, appflow:connector@{CONTRACT_VERSION}: it was built against {contract}"
    )]
    Contract {
        /// Version it was built against.
        contract: String,
        /// What does not fit.
        #[source]
        source: wasmtime::Error,
    },
    /// Wasmtime could not be set up, or refused the code.
    #[error("the compiled connector cannot be loaded")]
    Engine(#[source] wasmtime::Error),
}

/// A connector ready to be called: immutable, and shared by all invocations of the process.
pub struct Connector {
    pub(crate) engine: Engine,
    pub(crate) pre: InstancePre<HostState>,
    pub(crate) exports: Exports,
    manifest: Manifest,
    metadata: Metadata,
}

/// Which interfaces of the contract a component exports.
pub struct Exports {
    pub(crate) configuration: Option<bindings::ConfigurationIndices>,
    pub(crate) metadata: Option<bindings::MetadataIndices>,
    pub(crate) source: Option<bindings::SourceIndices>,
    pub(crate) destination: Option<bindings::DestinationIndices>,
}

impl Exports {
    /// Names of the interfaces found, in the contract's order.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        [
            ("configuration", self.configuration.is_some()),
            ("metadata", self.metadata.is_some()),
            ("source", self.source.is_some()),
            ("destination", self.destination.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, found)| found.then_some(name))
        .collect()
    }
}

impl Connector {
    /// Loads a compiled connector from its file, which is mapped and not read.
    ///
    /// # Trust
    ///
    /// A compiled file is native code that runs with the rights of this process. It must come from the same hand as the
    /// host: whoever can change it can change the host beside it too. The sandbox begins with what was compiled into it.
    ///
    /// # Errors
    ///
    /// [`LoadError`] says what does not fit, and which command makes a file that does.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let metadata = Artifact::metadata(path)?;
        if metadata.wasmtime != WASMTIME_VERSION {
            return Err(LoadError::Wasmtime {
                found: metadata.wasmtime,
            });
        }
        match Target::current() {
            Some(here) if here == metadata.target => {}
            here => {
                return Err(LoadError::Target {
                    found: metadata.target.name(),
                    here: here.map_or(std::env::consts::ARCH, Target::name),
                });
            }
        }
        let (engine, component) = open(path)?;
        Self::link(engine, &component, metadata)
    }

    /// Links a component that has been loaded or compiled in this process.
    ///
    /// # Errors
    ///
    /// [`LoadError::Manifest`] and [`LoadError::Contract`].
    pub fn link(
        engine: Engine,
        component: &Component,
        metadata: Metadata,
    ) -> Result<Self, LoadError> {
        let manifest = Manifest::parse(&metadata.manifest)?;
        let contract = |source| LoadError::Contract {
            contract: metadata.contract.clone(),
            source,
        };
        let mut linker = Linker::new(&engine);
        let imports_wasi_http = component
            .component_type()
            .imports(&engine)
            .any(|(name, _)| name.starts_with("wasi:http/"));
        bindings::add_to_linker(&mut linker, imports_wasi_http).map_err(LoadError::Engine)?;
        let pre = linker.instantiate_pre(component).map_err(contract)?;
        let exports = Exports {
            configuration: bindings::ConfigurationIndices::new(&pre).ok(),
            metadata: bindings::MetadataIndices::new(&pre).ok(),
            source: bindings::SourceIndices::new(&pre).ok(),
            destination: bindings::DestinationIndices::new(&pre).ok(),
        };
        Ok(Self {
            engine,
            pre,
            exports,
            manifest,
            metadata,
        })
    }

    /// The same connector with what the operator leaves of its manifest.
    ///
    /// # Errors
    ///
    /// If a variable is malformed or asks for more than the manifest has.
    pub fn narrowed(mut self, narrowing: &Narrowing) -> Result<Self, NarrowingError> {
        self.manifest = self.manifest.narrowed(narrowing)?;
        Ok(self)
    }

    /// What the connector may do.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the compiled file says of itself.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Which interfaces of the contract it exports.
    #[must_use]
    pub fn exports(&self) -> &Exports {
        &self.exports
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Connector")
            .field("exports", &self.exports.names())
            .finish_non_exhaustive()
    }
}

/// Opens a compiled file by an engine with room for its instances. A component that is too large for the places there gets
/// an engine that makes each instance from nothing, which costs time and nothing else.
fn open(path: &Path) -> Result<(Engine, Component), LoadError> {
    if let Some(engine) = pool::engine() {
        match deserialize(&engine, path) {
            Ok(component) => return Ok((engine, component)),
            // A file that is wrong in itself fails again, and is named then.
            Err(error) => {
                tracing::info!(
                    %error,
                    "the connector does not fit the room for instances; each invocation makes one from nothing"
                )
            }
        }
    }
    let engine = Engine::new(&config()).map_err(LoadError::Engine)?;
    let component = deserialize(&engine, path)?;
    Ok((engine, component))
}

#[expect(
    unsafe_code,
    reason = "loading compiled code is unsafe by nature; see the safety note"
)]
fn deserialize(engine: &Engine, path: &Path) -> Result<Component, LoadError> {
    // SAFETY: the file must be one that Wasmtime made and nobody changed, now and while it is mapped. In a Lambda image it
    // lies beside this program in a read-only file system, made by the same build; on an author's machine `appflow-wasm
    // compile` has just written it. Its trailer has been read, and Wasmtime checks its own version and settings. What no
    // check can tell is whether the code is that of the named component: that is the trust stated at `Connector::load`.
    unsafe { Component::deserialize_file(engine, path) }.map_err(LoadError::Engine)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    fn file(component: &str) -> tempfile::NamedTempFile {
        let engine = Engine::new(&config()).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            &file,
            engine.precompile_component(component.as_bytes()).unwrap(),
        )
        .unwrap();
        file
    }

    fn with_memories(count: usize) -> String {
        let instances = "(core instance (instantiate $m))".repeat(count);
        format!("(component (core module $m (memory 1)) {instances})")
    }

    #[test]
    fn a_usual_component_has_its_place() {
        let (engine, _) = open(file(&with_memories(1)).path()).unwrap();
        assert!(engine.get_pooling_config().is_some());
    }

    #[test]
    fn a_component_too_large_for_a_place_is_loaded_all_the_same() {
        let (engine, component) = open(file(&with_memories(40)).path()).unwrap();
        assert!(engine.get_pooling_config().is_none());
        assert_eq!(component.resources_required().unwrap().num_memories, 40);
    }

    #[test]
    fn a_file_that_is_none_is_refused_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "no code").unwrap();
        let Err(LoadError::Engine(error)) = open(file.path()) else {
            panic!("it was loaded")
        };
        assert!(!error.to_string().is_empty());
    }
}
