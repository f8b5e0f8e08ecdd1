//! A process from outside, as Linux shows it.

use std::fs;

use anyhow::{Context, Result};

/// What a process holds at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Resident memory that is its own, files mapped into it left out, in KiB.
    pub(crate) memory_kib: u64,
    /// Open file descriptors.
    pub(crate) descriptors: u64,
    /// Those of them that are sockets.
    pub(crate) sockets: u64,
    /// Threads.
    pub(crate) threads: u64,
}

impl Sample {
    /// Looks at a process.
    pub(crate) fn take(process: u32) -> Result<Self> {
        let path = format!("/proc/{process}/status");
        let status = fs::read_to_string(&path)
            .with_context(|| format!("cannot read {path}: has it ended?"))?;
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            number
                .and_then(|number| number.parse().ok())
                .with_context(|| format!("{path} has no {name}"))
        };
        let mut sample = Self {
            memory_kib: value("RssAnon:")?,
            threads: value("Threads:")?,
            ..Self::default()
        };
        for entry in fs::read_dir(format!("/proc/{process}/fd"))? {
            sample.descriptors += 1;
            // A descriptor may be closed between listing and looking.
            let target = entry
                .ok()
                .and_then(|entry| fs::read_link(entry.path()).ok());
            if target.is_some_and(|target| target.to_string_lossy().starts_with("socket:")) {
                sample.sockets += 1;
            }
        }
        Ok(sample)
    }
}
