//! What can be said about settings without the connector: required ones are there, values are of their kind.

use crate::appflow::{
    ConnectorConfiguration, ConnectorRuntimeSetting, ConnectorRuntimeSettingDataType as Kind,
    ConnectorRuntimeSettingScope as Scope, Pairs, ValidateConnectorRuntimeSettingsRequest,
};
use crate::egress::Egress;

/// Longest value AppFlow takes, in characters (AppFlow API reference, `ConnectorRuntimeSettings` values).
const MAX_VALUE_CHARS: usize = 2048;

/// Settings that are wrong, with a text for each. Settings the connector does not declare are left to it.
pub(super) fn check(
    described: &ConnectorConfiguration,
    request: &ValidateConnectorRuntimeSettingsRequest,
    egress: &Egress,
) -> Pairs {
    let given = &request.connector_runtime_settings;
    let mut wrong: Vec<(String, String)> = Vec::new();
    for setting in &described.connector_runtime_setting {
        if !concerns(setting.scope, request.scope) {
            continue;
        }
        let value = given
            .get(&setting.key)
            .map(str::trim)
            .filter(|value| !value.is_empty());
        let problem = match value {
            None if setting.required => Some("is required".to_owned()),
            None => None,
            Some(value) => problem(setting, value),
        };
        if let Some(problem) = problem {
            wrong.push((setting.key.clone(), problem));
        }
    }
    for problem in egress.policy(given.as_slice()).problems() {
        if !wrong.iter().any(|(known, _)| *known == problem.setting) {
            wrong.push((problem.setting.clone(), problem.problem.clone()));
        }
    }
    wrong.into()
}

/// Whether a setting of one scope is asked for when another is validated.
fn concerns(declared: Scope, asked: Scope) -> bool {
    declared == asked
        || (declared == Scope::SourceAndDestination
            && matches!(asked, Scope::Source | Scope::Destination))
        || (asked == Scope::SourceAndDestination
            && matches!(declared, Scope::Source | Scope::Destination))
}

fn problem(setting: &ConnectorRuntimeSetting, value: &str) -> Option<String> {
    if value.chars().count() > MAX_VALUE_CHARS {
        return Some(format!("must have at most {MAX_VALUE_CHARS} characters"));
    }
    if value.chars().any(char::is_control) {
        return Some("must not hold control characters".to_owned());
    }
    let choices = &setting.connector_supplied_value_options;
    if !choices.is_empty() && !choices.iter().any(|choice| choice == value) {
        return Some(format!("must be one of {}", choices.join(", ")));
    }
    let expected = match setting.data_type {
        Kind::String => return None,
        Kind::Integer => value
            .parse::<i32>()
            .is_err()
            .then_some("a whole number of 32 bits"),
        Kind::Long => value
            .parse::<i64>()
            .is_err()
            .then_some("a whole number of 64 bits"),
        Kind::Boolean => {
            let known = value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
            (!known).then_some("true or false")
        }
        Kind::Date => {
            let format = time::macros::format_description!("[year]-[month]-[day]");
            time::Date::parse(value, format)
                .is_err()
                .then_some("a date such as 2025-01-31")
        }
        Kind::DateTime => {
            let format = &time::format_description::well_known::Rfc3339;
            time::OffsetDateTime::parse(value, format)
                .is_err()
                .then_some("a point in time such as 2025-01-31T10:00:00Z")
        }
        Kind::Url => {
            let good =
                url::Url::parse(value).is_ok_and(|url| url.scheme() == "https" && url.has_host());
            (!good).then_some("an https address")
        }
    };
    expected.map(|expected| format!("must be {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(data_type: Kind, choices: &[&str]) -> ConnectorRuntimeSetting {
        ConnectorRuntimeSetting {
            key: "k".to_owned(),
            data_type,
            required: true,
            label: "K".to_owned(),
            description: "K".to_owned(),
            scope: Scope::ConnectorProfile,
            connector_supplied_value_options: choices
                .iter()
                .map(|choice| (*choice).to_owned())
                .collect(),
        }
    }

    #[test]
    fn values_are_held_against_their_kind() {
        for (kind, good, bad) in [
            (Kind::Integer, "-5", "2147483648"),
            (Kind::Long, "2147483648", "1.5"),
            (Kind::Boolean, "True", "yes"),
            (Kind::Date, "2024-02-29", "2023-02-29"),
            (Kind::DateTime, "2025-01-01T00:00:00Z", "2025-01-01"),
            (Kind::Url, "https://x.example", "http://x.example"),
            (Kind::Url, "https://x.example/a?b", "x.example"),
            (Kind::String, "anything", "a\u{7}b"),
        ] {
            assert_eq!(problem(&setting(kind, &[]), good), None, "{kind} {good}");
            assert!(problem(&setting(kind, &[]), bad).is_some(), "{kind} {bad}");
        }
        assert!(
            problem(&setting(Kind::String, &["a", "b"]), "c")
                .is_some_and(|text| text.contains("a, b"))
        );
        assert!(problem(&setting(Kind::String, &[]), &"x".repeat(10_000)).is_some());
    }

    #[test]
    fn scopes_that_hold_both_sides_concern_either() {
        assert!(concerns(Scope::SourceAndDestination, Scope::Source));
        assert!(concerns(Scope::Destination, Scope::SourceAndDestination));
        assert!(!concerns(Scope::Destination, Scope::Source));
        assert!(!concerns(
            Scope::SourceAndDestination,
            Scope::ConnectorProfile
        ));
    }
}
