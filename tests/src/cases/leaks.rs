//! Looking for planted values where they must not be.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::setup::CANARY;

/// Values of the environment that are secrets too.
const ENVIRONMENT_SECRETS: [&str; 2] = ["wJalrXUtnFEMI", "test-session-token"];

/// Where planted values turn up: in the log, in messages of the answer, in its page token.
pub fn leaks(answer: &Value, log: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for line in log {
        if holds(line) {
            found.push(format!("the log holds a planted value: {line}"));
        }
    }
    let mut message = |place: String, text: &Value| {
        if text.as_str().is_some_and(holds) {
            found.push(format!("{place} holds a planted value: {text}"));
        }
    };
    message(
        "errorMessage".to_owned(),
        &answer["errorDetails"]["errorMessage"],
    );
    message("nextToken".to_owned(), &answer["nextToken"]);
    if let Some(fields) = answer["errorsByInputField"].as_object() {
        for (name, text) in fields {
            message(format!("errorsByInputField.{name}"), text);
        }
    }
    for (index, result) in answer["writeRecordResults"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        message(
            format!("writeRecordResults[{index}].errorMessage"),
            &result["errorMessage"],
        );
    }
    found
}

fn holds(text: &str) -> bool {
    plain(text) || encoded(text)
}

fn plain(text: &str) -> bool {
    text.contains(CANARY)
        || ENVIRONMENT_SECRETS
            .iter()
            .any(|secret| text.contains(secret))
}

/// Whether a stretch of base64 in the text holds a planted value.
fn encoded(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/-_".contains(c)))
        .filter(|stretch| stretch.len() >= CANARY.len())
        .any(|stretch| {
            // A cut at any character but each fourth is no base64: leave the odd end away.
            let stretch = &stretch[..stretch.len() - usize::from(stretch.len() % 4 == 1)];
            [
                STANDARD_NO_PAD.decode(stretch),
                URL_SAFE_NO_PAD.decode(stretch),
            ]
            .into_iter()
            .flatten()
            .any(|bytes| plain(&String::from_utf8_lossy(&bytes)))
        })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use serde_json::json;

    use super::leaks;

    #[test]
    fn planted_values_are_found_wherever_they_hide() {
        let hidden = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode("{\"w\":\"Name = 'CANARY-FILTER-1'\"}");
        let answers = [
            json!({"errorDetails": {"errorMessage": "bad token CANARY-TOKEN-1"}}),
            json!({"nextToken": "CANARY-1"}),
            json!({"nextToken": hidden}),
            json!({"errorsByInputField": {"a": "CANARY-1"}}),
            json!({"writeRecordResults": [{"errorMessage": "CANARY-1"}]}),
        ];
        for answer in answers {
            assert_eq!(leaks(&answer, &[]).len(), 1, "{answer}");
        }
        assert_eq!(
            leaks(
                &json!({}),
                &["fetched CANARY-TOKEN-1".to_owned(), "fine".to_owned()]
            )
            .len(),
            1
        );
        assert_eq!(
            leaks(
                &json!({"records": ["CANARY-RECORD-1"], "nextToken": "eyJvIjoxfQ"}),
                &[]
            ),
            [""; 0]
        );
    }
}
