//! The compiled file: native code with what belongs to it.
//!
//! A `.cwasm` is the file Wasmtime makes (an ELF image, mapped as it is) followed by a trailer:
//!
//! | bytes | what |
//! | --- | --- |
//! | any | metadata as JSON |
//! | 4 | its length, little endian |
//! | 16 | XXH3 with 128 bits of everything before, little endian |
//! | 8 | mark, with the version of this form |
//!
//! One file is then enough for a host, and tells its manifest, contract and origin without being run. ELF is read from
//! its beginning, so what follows is no part of it. The checksum finds files that were damaged on their way, before one
//! instruction of them is run; it holds off nobody who can write the file, since he can compute it too. So it need not
//! be a cryptographic one, which would take ten times longer. Every cold start waits for it: 0.07 ms for a connector in Rust
//! of 1.3 MB, 10 ms for one in a language that brings an engine of 33 MB, where the start takes 100 ms and more.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use twox_hash::XxHash3_128;

use crate::mechanism;

/// Last bytes of a compiled connector.
const MARK: &[u8; 8] = b"AFWASM\0\x03";

/// The mark without its version, which other releases changed.
const MARK_OF_ANY: &[u8; 7] = b"AFWASM\0";

/// Bytes of the checksum.
const CHECKSUM: usize = 16;

/// Bytes of the length, the checksum and the mark.
const TAIL: usize = 4 + CHECKSUM + MARK.len();

/// How much of the file is read at once: little enough that the checksum finds it in the processor's cache.
const PIECE: usize = 64 * 1024;

/// Largest trailer read, in bytes: a manifest of ordinary size many times over.
const MAX_METADATA_BYTES: u32 = 1 << 20;

/// Kind of processor code is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// 64-bit x86 without extensions beyond the architecture's baseline; Lambda's `x86_64`.
    X86_64,
    /// 64-bit Arm; Lambda's `arm64`.
    Arm64,
}

impl Target {
    /// The processor this program runs on, if connectors can be compiled for it.
    #[must_use]
    pub fn current() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::X86_64),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// Lambda's name of the architecture.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }

    /// The target triple given to the compiler. Naming one switches off every extension of the compiling machine.
    #[must_use]
    pub fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }
}

/// What a compiled file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Version of Wasmtime that compiled it.
    pub wasmtime: String,
    /// Version of the contract the component was built against.
    pub contract: String,
    /// Processor it was compiled for.
    pub target: Target,
    /// SHA-256 of the component, in hexadecimal.
    pub component_sha256: String,
    /// Interfaces of the contract the component exports.
    pub exports: Vec<String>,
    /// Text of the manifest, `connector.toml`.
    pub manifest: String,
}

/// Why a compiled file could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The file is missing or unreadable.
    #[error("cannot read the compiled connector \"{path}\"")]
    Io {
        /// The file.
        path: String,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// The file is something else.
    #[error(
        "\"{path}\" is not a compiled connector: {reason}; make one with `appflow-wasm compile`"
    )]
    NotCompiled {
        /// The file.
        path: String,
        /// What it looks like.
        reason: &'static str,
    },
    /// The file was one once.
    #[error(
        "the compiled connector \"{path}\" is damaged: its contents are not what its checksum says; copy it again, or make it \
         anew with `appflow-wasm compile`"
    )]
    Damaged {
        /// The file.
        path: String,
    },
}

/// Reads and writes compiled files.
#[derive(Debug)]
pub struct Artifact;

impl Artifact {
    /// Puts code and metadata together.
    ///
    /// # Errors
    ///
    /// When the metadata cannot be written as JSON or is longer than a trailer may be.
    pub fn encode(mut code: Vec<u8>, metadata: &Metadata) -> Result<Vec<u8>, serde_json::Error> {
        let json = serde_json::to_vec(metadata)?;
        let length = u32::try_from(json.len())
            .ok()
            .filter(|length| *length <= MAX_METADATA_BYTES)
            .ok_or_else(|| serde::ser::Error::custom("the manifest is too long"))?;
        code.extend_from_slice(&json);
        code.extend_from_slice(&length.to_le_bytes());
        let checksum = XxHash3_128::oneshot(&code);
        code.extend_from_slice(&checksum.to_le_bytes());
        code.extend_from_slice(MARK);
        Ok(code)
    }

    /// Reads the metadata at the end of a file, and holds the whole file against its checksum.
    ///
    /// # Errors
    ///
    /// [`ArtifactError`] if the file cannot be read, is not a compiled connector, or is damaged.
    pub fn metadata(path: &Path) -> Result<Metadata, ArtifactError> {
        let name = || path.display().to_string();
        let io = |source| ArtifactError::Io {
            path: name(),
            source,
        };
        let not = |reason| ArtifactError::NotCompiled {
            path: name(),
            reason,
        };

        let mut file = File::open(path).map_err(io)?;
        let mut head = [0; 4];
        let size = file.metadata().map_err(io)?.len();
        if size < TAIL as u64 {
            return Err(not("it is too short"));
        }
        file.read_exact(&mut head).map_err(io)?;
        if &head == b"\0asm" {
            return Err(not("it is WebAssembly that has not been compiled"));
        }
        file.seek(SeekFrom::End(-(TAIL as i64))).map_err(io)?;
        let (mut length, mut checksum, mut mark) = ([0; 4], [0; CHECKSUM], [0; MARK.len()]);
        for part in [&mut length[..], &mut checksum, &mut mark] {
            file.read_exact(part).map_err(io)?;
        }
        if &mark != MARK {
            return Err(not(if mark.starts_with(MARK_OF_ANY) {
                "it was made by the tool of another release"
            } else {
                "its end is not that of one"
            }));
        }
        let length = u32::from_le_bytes(length);
        if length > MAX_METADATA_BYTES || u64::from(length) + TAIL as u64 > size {
            return Err(not("its metadata is damaged"));
        }
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        let covered = size - (CHECKSUM + MARK.len()) as u64;
        let found = hash(&mut file, covered).map_err(io)?;
        if found != u128::from_le_bytes(checksum) && !mechanism::off("artifact.checksum") {
            return Err(ArtifactError::Damaged { path: name() });
        }
        file.seek(SeekFrom::End(-(TAIL as i64) - i64::from(length)))
            .map_err(io)?;
        let mut json = vec![0; length as usize];
        file.read_exact(&mut json).map_err(io)?;
        serde_json::from_slice(&json).map_err(|_| not("its metadata is damaged"))
    }
}

/// Checksum of the first bytes of a file. Read and not mapped: what is mapped may change under the reader.
fn hash(file: &mut File, bytes: u64) -> std::io::Result<u128> {
    let mut hash = XxHash3_128::new();
    let mut buffer = vec![0; PIECE];
    let mut rest = file.take(bytes);
    loop {
        match rest.read(&mut buffer)? {
            0 => return Ok(hash.finish_128()),
            read => hash.write(buffer.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn metadata() -> Metadata {
        Metadata {
            wasmtime: "1".into(),
            contract: "0.1.0".into(),
            target: Target::X86_64,
            component_sha256: "00".into(),
            exports: vec!["source".into()],
            manifest: "[connector]\nname = \"x\"\n".into(),
        }
    }

    #[test]
    fn metadata_survives() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            &file,
            Artifact::encode(b"\x7fELF....".to_vec(), &metadata()).unwrap(),
        )
        .unwrap();
        assert_eq!(Artifact::metadata(file.path()).unwrap(), metadata());
    }

    fn read(bytes: &[u8]) -> Result<Metadata, ArtifactError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, bytes).unwrap();
        Artifact::metadata(file.path())
    }

    #[test]
    fn other_files_are_named_for_what_they_are() {
        let good = Artifact::encode(b"\x7fELF".to_vec(), &metadata()).unwrap();
        let mut longer = good.clone();
        let at = longer.len() - TAIL;
        longer[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut older = good.clone();
        *older.last_mut().unwrap() = 1;
        for (bytes, expected) in [
            (
                [&b"\0asm\x0d\0\x01\0"[..], &[0; TAIL]].concat(),
                "not been compiled",
            ),
            (b"short".to_vec(), "too short"),
            (vec![b'x'; 100], "its end"),
            (longer, "damaged"),
            (older, "another release"),
            (good[..good.len() - 1].to_vec(), "its end"),
        ] {
            let error = read(&bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(error.contains("appflow-wasm compile"), "{error}");
        }
        let missing = Artifact::metadata(Path::new("/nowhere/connector.cwasm")).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/connector.cwasm"));
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused() {
        let good = Artifact::encode(b"\x7fELF and code".to_vec(), &metadata()).unwrap();
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 0x10;
            assert!(read(&flipped).is_err(), "byte {at}");
        }
        let mut code = good.clone();
        code[6] ^= 1;
        let error = read(&code).unwrap_err().to_string();
        assert!(error.contains("is damaged"), "{error}");
    }
}
