//! What else the machine is doing, since that is in every figure.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::Serialize;

/// The machine at one moment.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    /// Seconds since 1970.
    pub(crate) at: u64,
    /// Name of the processor.
    pub(crate) processor: String,
    /// How many of it there are for this process.
    pub(crate) processors: usize,
    /// Release of the kernel: before Linux 6.7 the host's pool of instances works in another way.
    pub(crate) kernel: String,
    /// Processes that want to run, on average over the last minute.
    pub(crate) load: f64,
}

impl Machine {
    /// As it is.
    pub(crate) fn now() -> Result<Self> {
        let load = std::fs::read_to_string("/proc/loadavg").context("cannot read the load")?;
        let load = load
            .split_whitespace()
            .next()
            .and_then(|load| load.parse().ok());
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = about
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
            .map_or("unknown", |(_, name)| name.trim());
        Ok(Self {
            at: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs(),
            processor: processor.to_owned(),
            processors: std::thread::available_parallelism()?.get(),
            kernel: kernel.trim().to_owned(),
            load: load.context("/proc/loadavg has an unknown form")?,
        })
    }

    /// A line below the table.
    pub(crate) fn line(&self, when: &str) -> String {
        format!(
            "load {when}: {:.2} on {} x {}, Linux {}",
            self.load, self.processors, self.processor, self.kernel
        )
    }
}
