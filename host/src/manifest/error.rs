//! What is wrong with a manifest, in words that say what to do.

use std::fmt;

/// The first problem of a manifest. Its text is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What is accepted there; may be empty.
    pub accepted: String,
    /// A likely fix.
    pub hint: Option<String>,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connector.toml line {}: {}", self.line, self.problem)?;
        if !self.accepted.is_empty() {
            write!(f, "; accepted: {}", self.accepted)?;
        }
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ManifestError {}
