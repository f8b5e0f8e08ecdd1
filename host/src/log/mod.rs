//! The log: one line of JSON per event, and one such event per invocation.
//!
//! Lines carry names, counts and codes. They never carry secrets, headers, query strings, filter values, contents of
//! records or bodies of the application, since nothing that holds one is handed to this module. Every line written
//! during an invocation has its `request_id` and, where Lambda gave one, its `trace_id`; `docs/observability.md` names
//! the others.
//!
//! Levels are chosen by who reads: `error` somebody must act, `warn` something was refused or limited, `info` one line
//! per invocation and what the connector says, `debug` decisions and spans, `trace` nothing more so far. Two settings
//! show more of some invocations than of the rest: [`LogSettings::sample`] and [`LogSettings::on_failure`].

mod lines;
mod panics;
mod text;

use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[cfg(test)]
pub(crate) use lines::tests::written;
pub use text::{message, one_line};

/// Target of lines that the connector writes itself.
pub const CONNECTOR_TARGET: &str = "connector";

/// Which lines are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogSettings {
    /// Level of this host and the connector. Libraries are heard at `error` only, whatever the level: some of them write
    /// whole requests at `trace`.
    pub level: Level,
    /// Share of the invocations, 0 to 1, that are logged at `debug` from beginning to end. Which ones is decided by their
    /// request ids.
    pub sample: f64,
    /// The last lines up to this level of an invocation that fails are written too.
    pub on_failure: Option<Level>,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: Level::INFO,
            sample: 0.0,
            on_failure: None,
        }
    }
}

impl LogSettings {
    /// Everything up to a level: `error`, `warn`, `info`, `debug` or `trace`; anything else counts as `info`.
    #[must_use]
    pub fn at(level: &str) -> Self {
        Self {
            level: level.trim().parse().unwrap_or(Level::INFO),
            ..Self::default()
        }
    }
}

/// Sets up logging to standard output, where Lambda collects it.
pub fn init(settings: LogSettings) {
    install(settings, std::io::stdout);
}

/// The same to standard error, for tools whose standard output is data.
pub fn init_to_stderr(level: &str) {
    install(LogSettings::at(level), std::io::stderr);
}

fn install<W>(settings: LogSettings, writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = lines::Lines::new(settings, writer);
    // A second call, as in tests that share a process, leaves the first one's settings.
    if tracing_subscriber::registry()
        .with(lines)
        .try_init()
        .is_ok()
    {
        panics::report_to_log();
    }
}
