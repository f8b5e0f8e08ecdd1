//! A connector that is linked into this program, in the place of the host's engine.

#[path = "../../../../host/src/engine/limits.rs"]
mod limits;
#[path = "../../../../host/src/engine/trap.rs"]
mod trap;

use std::path::Path;

use thiserror::Error;

use crate::bindings::Exports;
use crate::manifest::{Manifest, ManifestError, Narrowing, NarrowingError};

pub use limits::MemoryLimiter;
pub use trap::{TrapKind, classify};

/// Name, manifest and functions of every connector in this program.
const LINKED: [(&str, &str, Exports); 2] = [
    (
        "salesforce",
        include_str!("../../../../plugins/salesforce/connector.toml"),
        Exports::of_both::<salesforce::Salesforce>(),
    ),
    (
        "bench-rust",
        include_str!("../../../guests/bench-rust/connector.toml"),
        Exports::of_source::<crate::bench_rust::Bench>(),
    ),
];

/// Why there is no connector.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// None of this name is linked in.
    #[error("no connector \"{0}\" is linked into this program")]
    Unknown(String),
    /// Its manifest is wrong.
    #[error("the connector's manifest is wrong")]
    Manifest(#[from] ManifestError),
}

/// A connector ready to be called.
pub struct Connector {
    pub(crate) exports: Exports,
    manifest: Manifest,
}

impl Connector {
    /// The connector that is called what the file's name begins with. The file itself is not looked at.
    ///
    /// # Errors
    ///
    /// [`LoadError::Unknown`] if there is none.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some((_, manifest, exports)) = LINKED.into_iter().find(|(known, ..)| *known == name)
        else {
            return Err(LoadError::Unknown(name));
        };
        Ok(Self {
            exports,
            manifest: Manifest::parse(manifest)?,
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
}

/// Nothing stops a native connector.
#[derive(Debug, Default)]
pub struct Alarm;

impl Alarm {
    /// Has no thread and never one.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}
