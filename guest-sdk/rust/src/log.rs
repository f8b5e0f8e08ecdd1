//! Structured log lines, in the operator's log beside the host's own.
//!
//! Never log records, secrets or filter values.
//!
//! ```no_run
//! appflow_connector::log::info("entities listed", &[("count", "12")]);
//! ```

use crate::bindings::wit_host::log as wit;
use crate::host;

#[doc(inline)]
pub use wit::Level;

/// Writes a line for developers.
pub fn debug(message: &str, fields: &[(&str, &str)]) {
    write(Level::Debug, message, fields);
}

/// Writes an ordinary line.
pub fn info(message: &str, fields: &[(&str, &str)]) {
    write(Level::Info, message, fields);
}

/// Writes a line about something odd.
pub fn warn(message: &str, fields: &[(&str, &str)]) {
    write(Level::Warn, message, fields);
}

/// Writes a line about something wrong.
pub fn error(message: &str, fields: &[(&str, &str)]) {
    write(Level::Error, message, fields);
}

/// Writes a line of any weight.
pub fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    let fields: Vec<_> = fields
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    host::log(level, message, &fields);
}
