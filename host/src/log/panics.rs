//! Panics of the host, in the log like everything else.
//!
//! Rust's own report of a panic goes to standard error with the panic's message, and such a message may hold a part of
//! the text that was being worked on: cutting a text in the middle of a character quotes it. Here a message is repeated
//! only if it is part of the program.

use std::panic::PanicHookInfo;

use crate::mechanism;

/// From now on a panic leaves one line at level `error` with its place.
pub(super) fn report_to_log() {
    if mechanism::off("log.panic") {
        return;
    }
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(
            target: "appflow_host",
            place,
            reason = literal(info),
            "the host panicked"
        );
    }));
}

/// The message, if it stands in the source as it is; one that was put together may hold anything.
fn literal<'a>(info: &PanicHookInfo<'a>) -> Option<&'a str> {
    info.payload().downcast_ref::<&'static str>().copied()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    /// Set for the child process that panics.
    const CHILD: &str = "APPFLOW_TEST_PANICS";

    #[test]
    fn a_panic_leaves_its_place_in_the_log_and_no_value() {
        if std::env::var_os(CHILD).is_some() {
            crate::log::init_to_stderr("info");
            let text = format!("é CANARY-{}", "RECORD-1");
            // The standard library quotes the text in the panic's message.
            let _ = std::panic::catch_unwind(|| text.split_at(1).0.len());
            panic!("plain words");
        }
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--test-threads=1"])
            .arg("log::panics::tests::a_panic_leaves_its_place_in_the_log_and_no_value")
            .env(CHILD, "1")
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!log.contains("CANARY"), "{log}");
        let lines: Vec<serde_json::Value> = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        assert_eq!(lines.len(), 2, "{log}");
        for line in &lines {
            assert_eq!(line["message"], "the host panicked", "{line}");
            assert!(line["place"].as_str().unwrap().contains(".rs:"), "{line}");
        }
        assert_eq!(lines[0].get("reason"), None, "{log}");
        assert_eq!(lines[1]["reason"], "plain words");
    }
}
