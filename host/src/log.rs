//! The log: one line of JSON per event, and one such event per invocation.
//!
//! Lines carry names, counts and codes. They never carry secrets, headers, query strings, filter values, contents of
//! records or bodies of the application, since nothing that holds one is handed to this module.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Target of lines that the connector writes itself.
pub const CONNECTOR_TARGET: &str = "connector";

/// Sets up logging to standard output, where Lambda collects it.
///
/// `level` is `error`, `warn`, `info`, `debug` or `trace`; anything else counts as `info`. It holds for this host and the
/// connector. Libraries are heard at `error` only, whatever the level: some of them write whole requests at `trace`.
pub fn init(level: Option<&str>) {
    install(level, std::io::stdout);
}

/// The same to standard error, for tools whose standard output is data.
pub fn init_to_stderr(level: &str) {
    install(Some(level), std::io::stderr);
}

fn install<W>(level: Option<&str>, writer: W)
where
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let level = level
        .and_then(|level| level.trim().parse().ok())
        .unwrap_or(Level::INFO);
    let targets = Targets::new()
        .with_default(Level::ERROR)
        .with_target("appflow_host", level)
        .with_target(CONNECTOR_TARGET, level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .with_writer(writer)
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false);
    // A second call, as in tests that share a process, leaves the first one's settings.
    let _ = tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .try_init();
}

/// A text for users: on one line, runs of blanks and control characters as one blank, and at most `max_chars` characters, the
/// last one `…` if something was cut.
#[must_use]
pub fn message(text: &str, max_chars: usize) -> String {
    let mut line = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    let mut count = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_control() || c.is_whitespace() {
            gap = true;
            continue;
        }
        let needed = if gap && count > 0 { 2 } else { 1 };
        if count + needed > max_chars {
            while count >= max_chars {
                line.pop();
                count -= 1;
            }
            line.push('…');
            return line;
        }
        if needed == 2 {
            line.push(' ');
        }
        line.push(c);
        count += needed;
        gap = false;
    }
    line
}

/// The text with line breaks and other control characters replaced by spaces, runs of them by one.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            if !line.ends_with(' ') {
                line.push(' ');
            }
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_line_of_bounded_length() {
        assert_eq!(message("  a\r\n\tb\u{2028}c\0 ", 100), "a b c");
        let long = message(&"é".repeat(5000), 1024);
        assert_eq!(long.chars().count(), 1024);
        assert!(long.ends_with('…'));
        assert_eq!(message("", 10), "");
    }
}
