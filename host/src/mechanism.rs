//! Switches that prove that a test would notice a missing mechanism.
//!
//! Each mechanism that `docs/security.md` promises asks [`off`] at the place where it acts, by the name it has in that
//! table. `cargo xtask mutants` builds the host with the feature `mutations`, switches one mechanism off at a time by
//! the variable `APPFLOW_MUTATION`, and runs the test that the table names: it must fail. The feature is never part of
//! a binary that ships; without it every question is answered `false` when compiling, and neither the variable nor a
//! name is left in the code.

/// Whether the mechanism is switched off. Always `false` in what ships.
#[cfg(not(feature = "mutations"))]
#[inline(always)]
#[must_use]
pub(crate) const fn off(_mechanism: &str) -> bool {
    false
}

/// Whether the mechanism is switched off, by `APPFLOW_MUTATION`.
#[cfg(feature = "mutations")]
#[must_use]
pub(crate) fn off(mechanism: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    CHOSEN
        .get_or_init(|| std::env::var("APPFLOW_MUTATION").ok())
        .as_deref()
        == Some(mechanism)
}
