//! Which grants of its manifest a connector used in all its cases: one that no case needs is one that nobody needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use serde_json::Value;

/// What the host writes, at level `debug`, for the first request under a grant in an invocation.
const MESSAGE: &str = "first request under this grant";

/// Grants used so far, by component. For the whole process, since cases are run from several threads.
static USED: Mutex<BTreeMap<String, BTreeSet<String>>> = Mutex::new(BTreeMap::new());

/// Notes the grants that a component's log tells of.
pub(super) fn note(component: &str, log: &[String]) {
    let lines = log.iter().filter(|line| line.contains(MESSAGE));
    let grants: Vec<String> = lines
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| line["grant"].as_str().map(str::to_owned))
        .collect();
    if !grants.is_empty() {
        let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
        used.entry(component.to_owned()).or_default().extend(grants);
    }
}

/// Grants of a manifest that no case of the component used since this process began.
///
/// # Errors
///
/// If the manifest cannot be read.
pub fn unused(component: &str, manifest: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    let used = USED.lock().unwrap_or_else(PoisonError::into_inner);
    let used = used.get(component).cloned().unwrap_or_default();
    Ok(grants(&text.parse()?)
        .into_iter()
        .filter(|grant| !used.contains(grant))
        .collect())
}

/// A manifest's grants in the words of the host.
fn grants(manifest: &toml::Table) -> Vec<String> {
    let text = |value: &toml::Value| value.as_str().map(str::to_owned);
    let egress = manifest.get("egress");
    let list = |key: &str| {
        egress
            .and_then(|egress| egress.get(key))
            .and_then(toml::Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let hosts = list("hosts").iter().filter_map(text).collect::<Vec<_>>();
    let rules = list("from-setting");
    let rules = rules.iter().filter_map(|rule| {
        let (pattern, setting) = (
            rule.get("pattern")?.as_str()?,
            rule.get("setting")?.as_str()?,
        );
        let pattern = pattern.strip_prefix("https://").unwrap_or(pattern);
        Some(format!("https://{pattern} in setting `{setting}`"))
    });
    hosts.into_iter().chain(rules).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn grants_that_no_log_tells_of_are_unused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let manifest = "[egress]\nhosts = [\"https://a.example\", \"https://b.example\"]\n[[egress.from-setting]]\n\
                        setting = \"url\"\npattern = \"*.c.example\"\n";
        std::fs::write(&file, manifest).unwrap();
        let line = |grant: &str| format!("{{\"message\":\"{MESSAGE}\",\"grant\":\"{grant}\"}}");
        note(
            "one",
            &[
                line("https://a.example"),
                line("https://*.c.example in setting `url`"),
            ],
        );
        note(
            "other",
            &[
                line("https://b.example"),
                "{\"grant\":\"https://b.example\"}".to_owned(),
            ],
        );
        assert_eq!(unused("one", file.path()).unwrap(), ["https://b.example"]);
        assert_eq!(unused("third", file.path()).unwrap().len(), 3);
    }
}
