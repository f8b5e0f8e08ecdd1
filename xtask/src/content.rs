//! Hashes of sources, by which what was made of them is found again.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// Names of folders that tools fill, which are no source.
pub(crate) const MADE: [&str; 8] = [
    "node_modules",
    "dist",
    "build",
    "__pycache__",
    ".venv",
    ".pytest_cache",
    ".mypy_cache",
    "target",
];

/// Other names that are no source.
const NO_SOURCES: [&str; 3] = ["test", "tests", "connector.wasm"];

/// A hash in the making. Every part is added with its length, so that no two lists of parts are alike.
#[derive(Default)]
pub(crate) struct Content(Sha256);

impl Content {
    /// Adds a text.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Adds bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes.len().to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, path: &Path) -> Result<()> {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        self.bytes(&content);
        Ok(())
    }

    /// Adds a folder's sources in the order of their names, each with its place in the folder. Tests and documents leave
    /// no trace in what is made of them, and do not count.
    pub(crate) fn folder(&mut self, folder: &Path) -> Result<()> {
        self.within(folder, folder)
    }

    /// The hash of all that was added, in hexadecimal digits.
    pub(crate) fn hash(self) -> String {
        hexadecimal(&self.0.finalize())
    }

    fn within(&mut self, root: &Path, folder: &Path) -> Result<()> {
        let mut entries = folder
            .read_dir()
            .with_context(|| format!("cannot read {}", folder.display()))?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()?;
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if MADE.contains(&&*name)
                || NO_SOURCES.contains(&&*name)
                || [".egg-info", ".md", ".test.ts", ".test.js"]
                    .iter()
                    .any(|end| name.ends_with(end))
            {
                continue;
            }
            if path.is_dir() {
                self.within(root, &path)?;
                continue;
            }
            self.text(&path.strip_prefix(root).unwrap_or(&path).to_string_lossy());
            self.file(&path)?;
        }
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::{env, fs, process};

    use super::Content;

    fn hash(folder: &std::path::Path) -> String {
        let mut content = Content::default();
        content.folder(folder).unwrap();
        content.hash()
    }

    #[test]
    fn sources_count_with_their_places_and_what_tools_made_does_not() {
        let folder = env::temp_dir().join(format!("content-{}", process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("src/a"), "1").unwrap();
        let first = hash(&folder);
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        fs::write(folder.join("node_modules/b"), "2").unwrap();
        fs::create_dir_all(folder.join("tests")).unwrap();
        fs::write(folder.join("tests/c"), "3").unwrap();
        fs::write(folder.join("README.md"), "4").unwrap();
        assert_eq!(hash(&folder), first);
        fs::rename(folder.join("src/a"), folder.join("src/b")).unwrap();
        let moved = hash(&folder);
        assert_ne!(moved, first);
        fs::write(folder.join("src/b"), "3").unwrap();
        assert_ne!(hash(&folder), moved);
        fs::remove_dir_all(&folder).unwrap();
    }
}
