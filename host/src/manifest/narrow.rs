//! What an operator takes away from a connector, by environment variables: never more than its manifest has.
//!
//! | variable | narrows |
//! | --- | --- |
//! | `APPFLOW_EGRESS_HOSTS` | hosts: grants as in the manifest, divided by commas, each within one of the manifest's; `none` for no host at all |
//! | `APPFLOW_READABLE` | `false`: the connector sees no real value of a secret, whatever its manifest asks for |
//! | `APPFLOW_IN_BODIES` | `false`: no real value of a secret goes into the body of a request |
//! | `APPFLOW_MEMORY_MB`, `APPFLOW_RESPONSE_BODY_MB`, ... | the number of `[limits]` of that name |
//!
//! Hosts that stand in settings are narrowed too: a grant within the pattern of a setting takes its place. Whatever would
//! widen is refused and not cut to what the manifest has, since an operator who writes it believes that it holds.

use std::fmt;

use super::Manifest;
use super::keys::{self, Form, Key};
use crate::egress::{HostPattern, SettingRule};
use crate::mechanism;

/// In place of grants: no host at all.
const NO_HOST: &str = "none";

/// What the operator's variables say, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing(Vec<(&'static str, String)>);

/// A variable that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct NarrowingError {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it and what is accepted.
    pub problem: String,
}

impl Narrowing {
    /// Reads the variables. `lookup` gives the value of one; an empty one counts as not set.
    #[must_use]
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variables = narrowable().filter_map(|(_, variable)| {
            let value = lookup(variable)?;
            let value = value.trim();
            (!value.is_empty()).then(|| (variable, value.to_owned()))
        });
        Self(variables.collect())
    }

    fn takes_away(&self, switch: &str) -> bool {
        self.0
            .iter()
            .any(|(variable, value)| *variable == switch && value == "false")
    }

    /// Whether the operator takes nothing away.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Narrowing {
    /// The variables and their values, for the log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (variable, value)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(formatter, "{comma}{variable}={value}")?;
        }
        Ok(())
    }
}

impl Manifest {
    /// The manifest with what the operator leaves of it.
    ///
    /// # Errors
    ///
    /// If a variable is malformed or asks for more than the manifest has.
    pub fn narrowed(mut self, narrowing: &Narrowing) -> Result<Self, NarrowingError> {
        if mechanism::off("manifest.narrowing") {
            return Ok(self);
        }
        for (key, variable) in narrowable() {
            let Some((_, text)) = narrowing.0.iter().find(|(name, _)| *name == variable) else {
                continue;
            };
            narrow(&mut self, key, text).map_err(|problem| NarrowingError { variable, problem })?;
        }
        if narrowing.takes_away("APPFLOW_READABLE") {
            self.credentials.open.clear();
        }
        // A single body never takes more than all of them may.
        let limits = &mut self.limits;
        limits.response_body_bytes = limits.response_body_bytes.min(limits.held_bodies_bytes);
        Ok(self)
    }
}

/// Keys that an operator can narrow, and their variables.
fn narrowable() -> impl Iterator<Item = (&'static Key, &'static str)> {
    keys::sections()
        .flat_map(|section| section.keys)
        .filter_map(|key| Some((key, key.variable?)))
}

fn narrow(manifest: &mut Manifest, key: &Key, text: &str) -> Result<(), String> {
    let widens = |problem: String| {
        if mechanism::off("manifest.widening") {
            Ok(())
        } else {
            Err(problem)
        }
    };
    match &key.form {
        Form::Number {
            range, get, put, ..
        } => {
            let most = get(manifest);
            let least = *range.start();
            let number = text.parse::<u64>().ok().filter(|number| *number >= least);
            let Some(number) = number else {
                return Err(format!(
                    "\"{}\" is not a whole number from {least} to {most}",
                    crate::log::message(text, 60)
                ));
            };
            if number > most {
                widens(format!(
                    "{number} is more than the {most} of `{}` in the connector's manifest, which can only be lowered",
                    key.name
                ))?;
            }
            put(manifest, number);
        }
        Form::Switch { get, put } => match text {
            "false" => put(manifest, false),
            "true" if get(manifest) => {}
            "true" => {
                widens(format!(
                    "`{}` is not granted by the connector's manifest, so that it can only be false",
                    key.name
                ))?;
                put(manifest, true);
            }
            _ => return Err("accepted are true and false".to_owned()),
        },
        Form::Grants { .. } => return narrow_hosts(manifest, text, widens),
        _ => {}
    }
    Ok(())
}

fn narrow_hosts(
    manifest: &mut Manifest,
    text: &str,
    widens: impl Fn(String) -> Result<(), String>,
) -> Result<(), String> {
    let mut wanted = Vec::new();
    if text != NO_HOST {
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let grant = HostPattern::parse(part).map_err(|error| {
                format!(
                    "\"{}\" is not a grant: {error}",
                    crate::log::message(part, 60)
                )
            })?;
            let covered = manifest.egress.iter().any(|granted| granted.covers(&grant))
                || manifest
                    .from_settings
                    .iter()
                    .any(|rule| rule.pattern.covers(&grant));
            if !covered {
                let granted = manifest.grants();
                let granted = if granted.is_empty() {
                    "no host".to_owned()
                } else {
                    granted.join(", ")
                };
                widens(format!(
                    "\"{grant}\" is not within what the connector's manifest grants: {granted}"
                ))?;
                manifest.egress.push(grant.clone());
            }
            wanted.push(grant);
        }
    }
    let mut hosts: Vec<HostPattern> = Vec::new();
    for granted in &manifest.egress {
        for narrower in wanted.iter().filter_map(|grant| granted.common(grant)) {
            if !hosts.contains(&narrower) {
                hosts.push(narrower);
            }
        }
    }
    let mut rules: Vec<SettingRule> = Vec::new();
    for rule in &manifest.from_settings {
        for pattern in wanted.iter().filter_map(|grant| rule.pattern.common(grant)) {
            let narrower = SettingRule {
                setting: rule.setting.clone(),
                pattern,
            };
            if !rules.contains(&narrower) {
                rules.push(narrower);
            }
        }
    }
    manifest.egress = hosts;
    manifest.from_settings = rules;
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
[connector]
name = "crm"
version = "1.0.0"
[egress]
hosts = ["https://*.example.com", "https://api.vendor.example:8443", "https://login.vendor.example"]
[[egress.from-setting]]
setting = "instanceUrl"
pattern = "*.my.vendor.example"
[credentials]
readable = true
[limits]
memory-mb = 100
response-body-mb = 20
held-bodies-mb = 40
"#;

    fn narrow(variables: &[(&str, &str)]) -> Result<Manifest, String> {
        let narrowing = Narrowing::from_environment(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        });
        Manifest::parse(MANIFEST)
            .unwrap()
            .narrowed(&narrowing)
            .map_err(|error| error.to_string())
    }

    fn grants(manifest: &Manifest) -> (Vec<String>, Vec<String>) {
        (
            manifest.egress.iter().map(ToString::to_string).collect(),
            manifest
                .from_settings
                .iter()
                .map(|rule| format!("{} {}", rule.setting, rule.pattern))
                .collect(),
        )
    }

    #[test]
    fn nothing_set_takes_nothing_away() {
        let whole = Manifest::parse(MANIFEST).unwrap();
        assert_eq!(narrow(&[]).unwrap(), whole);
        assert_eq!(narrow(&[("APPFLOW_EGRESS_HOSTS", " ")]).unwrap(), whole);
    }

    #[test]
    fn hosts_are_narrowed_to_those_named() {
        for (text, hosts, rules) in [
            ("none", &[][..], &[][..]),
            ("https://a.example.com", &["https://a.example.com"], &[]),
            (
                "https://*.eu.example.com, https://login.vendor.example",
                &["https://*.eu.example.com", "https://login.vendor.example"],
                &[],
            ),
            ("https://*.EXAMPLE.com.", &["https://*.example.com"], &[]),
            (
                "https://acme.my.vendor.example",
                &[],
                &["instanceUrl https://acme.my.vendor.example"],
            ),
            (
                "https://*.my.vendor.example,https://api.vendor.example:8443,",
                &["https://api.vendor.example:8443"],
                &["instanceUrl https://*.my.vendor.example"],
            ),
            (
                "https://a.example.com,https://a.example.com",
                &["https://a.example.com"],
                &[],
            ),
        ] {
            let manifest = narrow(&[("APPFLOW_EGRESS_HOSTS", text)]).unwrap();
            let (found_hosts, found_rules) = grants(&manifest);
            assert_eq!(
                (&found_hosts[..], &found_rules[..]),
                (
                    &hosts.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
                    &rules.iter().map(ToString::to_string).collect::<Vec<_>>()[..]
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn hosts_beyond_the_manifest_are_refused() {
        for (text, named) in [
            ("https://example.com", "https://example.com"),
            ("https://*.com.example.org", "https://*.com.example.org"),
            ("https://a.example.com:8443", "https://a.example.com:8443"),
            ("https://api.vendor.example", "https://api.vendor.example"),
            ("https://*.vendor.example", "https://*.vendor.example"),
            (
                "https://a.example.com,https://evil.example",
                "https://evil.example",
            ),
            ("https://notexample.com", "https://notexample.com"),
            ("https://*", "whole first label"),
            ("a.example.com", "no scheme"),
            ("*", "no scheme"),
            ("NONE", "no scheme"),
        ] {
            let refusal = narrow(&[("APPFLOW_EGRESS_HOSTS", text)]).unwrap_err();
            assert!(
                refusal.starts_with("APPFLOW_EGRESS_HOSTS: ") && refusal.contains(named),
                "{text}: {refusal}"
            );
        }
        let refusal = narrow(&[("APPFLOW_EGRESS_HOSTS", "https://evil.example")]).unwrap_err();
        assert!(
            refusal.contains("https://*.my.vendor.example in setting `instanceUrl`"),
            "{refusal}"
        );
    }

    #[test]
    fn numbers_are_lowered_and_never_raised() {
        let limits = narrow(&[
            ("APPFLOW_MEMORY_MB", "64"),
            ("APPFLOW_RESPONSE_BODY_MB", " 20 "),
        ])
        .unwrap()
        .limits;
        assert_eq!(
            (limits.memory_bytes, limits.response_body_bytes),
            (64 << 20, 20 << 20)
        );
        let limits = narrow(&[("APPFLOW_HELD_BODIES_MB", "10")]).unwrap().limits;
        assert_eq!(
            (limits.held_bodies_bytes, limits.response_body_bytes),
            (10 << 20, 10 << 20)
        );
        for (variable, text, says) in [
            (
                "APPFLOW_MEMORY_MB",
                "101",
                "more than the 100 of `memory-mb`",
            ),
            ("APPFLOW_MEMORY_MB", "0", "whole number from 1 to 100"),
            ("APPFLOW_MEMORY_MB", "-1", "whole number"),
            ("APPFLOW_MEMORY_MB", "64MB", "whole number"),
            (
                "APPFLOW_MEMORY_MB",
                "99999999999999999999999",
                "whole number",
            ),
            ("APPFLOW_RESPONSE_BODY_MB", "21", "more than the 20"),
            ("APPFLOW_HELD_BODIES_MB", "41", "more than the 40"),
        ] {
            let refusal = narrow(&[(variable, text)]).unwrap_err();
            assert!(
                refusal.starts_with(variable) && refusal.contains(says),
                "{refusal}"
            );
        }
    }

    #[test]
    fn a_limit_that_the_manifest_leaves_out_is_narrowed_from_its_default() {
        let plain = Manifest::parse("[connector]\nname = \"crm\"\nversion = \"1.0.0\"\n").unwrap();
        let set = |value: &str| {
            let value = value.to_owned();
            Narrowing::from_environment(move |name| {
                (name == "APPFLOW_MEMORY_MB").then(|| value.clone())
            })
        };
        assert!(plain.clone().narrowed(&set("128")).is_ok());
        assert!(plain.narrowed(&set("129")).is_err());
    }

    #[test]
    fn secrets_can_be_made_unreadable_and_never_readable() {
        assert!(
            !narrow(&[("APPFLOW_READABLE", "false")])
                .unwrap()
                .credentials
                .readable
        );
        assert!(
            narrow(&[("APPFLOW_READABLE", "true")])
                .unwrap()
                .credentials
                .readable
        );
        assert!(narrow(&[("APPFLOW_READABLE", "no")]).is_err());
        let sealed = Manifest::parse("[connector]\nname = \"crm\"\nversion = \"1.0.0\"\n").unwrap();
        let set = Narrowing::from_environment(|name| {
            (name == "APPFLOW_READABLE").then(|| "true".to_owned())
        });
        let refusal = sealed.narrowed(&set).unwrap_err().to_string();
        assert!(
            refusal.starts_with("APPFLOW_READABLE") && refusal.contains("only be false"),
            "{refusal}"
        );
    }
}
