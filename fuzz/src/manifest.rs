//! `connector.toml`: any text becomes a manifest within the documented limits, or is refused with a line that exists.

use std::time::Duration;

use appflow_host::egress::HostPattern;
use appflow_host::manifest::Manifest;

const MIB: u64 = 1 << 20;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Manifest::parse(text) {
        Ok(manifest) => keeps_to_the_table(&manifest),
        Err(error) => {
            crate::assert_one_line("refusal", &error.to_string());
            let lines = text.split('\n').count();
            assert!(
                (1..=lines).contains(&error.line),
                "line {} of {lines}",
                error.line
            );
        }
    }
}

/// The table of the manifest's keys, read again.
fn keeps_to_the_table(manifest: &Manifest) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    assert!((2..=64).contains(&manifest.name.len()) && manifest.name.chars().all(plain));
    let limits = &manifest.limits;
    assert!((MIB..=2048 * MIB).contains(&limits.memory_bytes));
    assert!((MIB..=256 * MIB).contains(&limits.response_body_bytes));
    assert!((MIB..=1024 * MIB).contains(&limits.held_bodies_bytes));
    assert!(limits.held_bodies_bytes >= limits.response_body_bytes);
    let entitlement = &manifest.entitlement;
    let minutes = |count: u64| Duration::from_secs(60 * count);
    assert!((minutes(5)..=minutes(1440)).contains(&entitlement.refresh));
    assert!(entitlement.grace <= minutes(168 * 60));
    let rules = manifest.from_settings.iter().map(|rule| &rule.pattern);
    for pattern in manifest.egress.iter().chain(rules) {
        assert_eq!(
            HostPattern::parse(&pattern.to_string()).as_ref(),
            Ok(pattern)
        );
    }
}
