//! Looking for planted values in answers, where they may stand in records only. The log is looked at by
//! [`Lambda`](crate::runtime_api::Lambda) itself.

use serde_json::Value;

use crate::canary;

/// Where planted values turn up: in messages of the answer, in its page token.
pub fn leaks(answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut message = |place: String, text: &Value| {
        if let Some(finding) = text.as_str().and_then(canary::find) {
            found.push(format!("{place} holds a planted value {finding}"));
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
            let found = leaks(&answer);
            assert_eq!(found.len(), 1, "{answer}");
            assert!(!found.concat().contains("CANARY"), "{found:?}");
        }
        let good = json!({"records": ["CANARY-RECORD-1"], "nextToken": "eyJvIjoxfQ"});
        assert_eq!(leaks(&good), [""; 0]);
    }
}
