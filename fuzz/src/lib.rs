//! Fuzz targets over everything of the host that reads what others wrote: AppFlow, the application, the connector, the
//! operator.
//!
//! A target takes any bytes. It panics if the host does what it promises not to do; most compare the host with a plain
//! reading of the same bytes by another crate, because a parser that never panics can still be wrong. libFuzzer makes the
//! bytes (`cargo xtask fuzz`), and what it found worth keeping lies in `corpus/`; bytes that once broke a promise lie in
//! `regressions/`. Both are replayed by the tests of this crate.

mod answer;
mod body;
mod egress;
mod emit_json;
mod event;
mod filter;
mod manifest;
mod token;

/// Environment variable with the name of the target to run.
pub const TARGET_VARIABLE: &str = "APPFLOW_FUZZ_TARGET";

/// Something to be fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Name, also of its folders.
    pub name: &'static str,
    /// Takes any bytes, and panics if a promise is broken.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 8] = [
    Target {
        name: "answer",
        run: answer::run,
    },
    Target {
        name: "body",
        run: body::run,
    },
    Target {
        name: "egress",
        run: egress::run,
    },
    Target {
        name: "emit-json",
        run: emit_json::run,
    },
    Target {
        name: "event",
        run: event::run,
    },
    Target {
        name: "filter",
        run: filter::run,
    },
    Target {
        name: "manifest",
        run: manifest::run,
    },
    Target {
        name: "token",
        run: token::run,
    },
];

/// The target of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Fails unless a text may be shown to users and written to a log: one line without control characters.
fn assert_one_line(what: &str, text: &str) {
    assert!(!text.is_empty(), "{what}: an empty message");
    assert!(
        !text.chars().any(char::is_control),
        "{what}: control characters in {text:?}"
    );
}
