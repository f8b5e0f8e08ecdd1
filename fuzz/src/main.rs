//! The program that `cargo xtask fuzz` builds: libFuzzer around one target, which [`appflow_fuzz::TARGET_VARIABLE`] names.
#![no_main]

use std::process::exit;
use std::sync::OnceLock;

use appflow_fuzz::{TARGET_VARIABLE, Target, find};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    static CHOSEN: OnceLock<&'static Target> = OnceLock::new();
    let target = CHOSEN.get_or_init(|| {
        let name = std::env::var(TARGET_VARIABLE).unwrap_or_default();
        find(&name).unwrap_or_else(|| {
            eprintln!("{TARGET_VARIABLE} names no target: \"{name}\"");
            exit(2)
        })
    });
    (target.run)(data);
});
