//! What no function may write to its log.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::{canary, emf};

/// Looks at lines of a log. The report names places and never repeats a planted value.
///
/// # Errors
///
/// If a line holds a planted value, or means to be metrics and is not.
pub(super) fn lines(lines: &[String]) -> Result<()> {
    for (number, line) in lines.iter().enumerate() {
        let parsed: Option<Value> = serde_json::from_str(line).ok();
        if let Some(finding) = canary::find(line) {
            bail!(
                "line {} of {} written by the function holds a planted value {finding}{}",
                number + 1,
                lines.len(),
                parsed.as_ref().map(place).unwrap_or_default()
            );
        }
        if let Some(document) = parsed.filter(emf::is_document) {
            let problems = emf::problems(&document);
            if !problems.is_empty() {
                bail!(
                    "CloudWatch would not take line {} of {} as metrics: {}",
                    number + 1,
                    lines.len(),
                    problems.join("; ")
                );
            }
        }
    }
    Ok(())
}

/// The member of a line in which a planted value stands, and what the line is.
fn place(line: &Value) -> String {
    let members = line.as_object().into_iter().flatten();
    let name = members
        .filter(|(_, value)| canary::find(&value.to_string()).is_some())
        .map(|(name, _)| name.as_str())
        .find(|name| canary::find(name).is_none());
    let text = |name: &str| {
        let text = line[name].as_str().unwrap_or_default();
        match canary::find(text) {
            None => text.to_owned(),
            Some(_) => "(not repeated)".to_owned(),
        }
    };
    format!(
        ", in its member \"{}\"; level {}, target {}, message: {}",
        name.unwrap_or_default(),
        text("level"),
        text("target"),
        text("message")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_report_names_the_place_and_not_the_value() {
        let good = json!({"message": "invocation", "level": "INFO"}).to_string();
        let bad = json!({"message": "fetched", "level": "WARN", "target": "connector", "reason": "of CANARY-TOKEN-1"});
        assert!(lines(&[good.clone(), "no JSON".to_owned()]).is_ok());
        let report = lines(&[good.clone(), bad.to_string()]).map_err(|error| error.to_string());
        let report = report.err().unwrap_or_default();
        for part in ["line 2 of 2", "\"reason\"", "WARN", "connector", "fetched"] {
            assert!(report.contains(part), "{part}: {report}");
        }
        assert!(canary::find(&report).is_none(), "{report}");
        let plain = lines(&[good, "Error: %43ANARY-1".to_owned()]);
        assert!(plain.is_err());
        let named = json!({"message": "CANARY-1", "CANARY-2": 1}).to_string();
        let report = lines(&[named]).map_err(|error| error.to_string());
        assert!(canary::find(&report.err().unwrap_or_default()).is_none());
    }

    #[test]
    fn metrics_that_cloudwatch_would_drop_are_reported() {
        let line = json!({"_aws": {"Timestamp": 1_574_109_732_004_u64, "CloudWatchMetrics": []}});
        assert!(lines(&[line.to_string()]).is_err());
    }
}
