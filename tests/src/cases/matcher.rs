//! Comparing an answer with what is expected of it.
//!
//! Everything must be equal but for these:
//!
//! | expected | fits |
//! | --- | --- |
//! | `"{{any}}"` | any value but null |
//! | `"{{contains:TEXT}}"` | a string with the text in it |
//! | `"{{absent}}"` | no property, or null |
//! | `"{{count:N}}"` | a list of N elements |
//! | a property `"{{others}}"` in an object | properties not named beside it |
//! | a last element `"{{more}}"` in a list | elements after those before it |
//!
//! A property that is null and one that is not there are the same. Where an object is expected and a string is found,
//! the string is read as JSON: records of AppFlow are strings.

use serde_json::Value;

/// Where two values differ, one line each; none if they fit.
pub fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(expected, actual, "", &mut found);
    found
}

/// Whether a text fits, for requests and logs.
pub fn text_fits(expected: &str, actual: &str) -> bool {
    differences(
        &Value::String(expected.to_owned()),
        &Value::String(actual.to_owned()),
    )
    .is_empty()
}

fn compare(expected: &Value, actual: &Value, path: &str, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::String(pattern), _) if is_pattern(pattern) => {
            if !fits(pattern, actual) {
                found.push(format!(
                    "{}: {} does not fit {pattern}",
                    at(path),
                    shown(actual)
                ));
            }
        }
        (Value::Object(_), Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(parsed @ Value::Object(_)) => compare(expected, &parsed, path, found),
            _ => found.push(format!(
                "{}: {} instead of {}",
                at(path),
                shown(actual),
                shown(expected)
            )),
        },
        (Value::Object(wanted), Value::Object(got)) => {
            let open = wanted.contains_key("{{others}}");
            for (name, wanted) in wanted.iter().filter(|(name, _)| *name != "{{others}}") {
                let place = format!("{path}.{name}");
                compare(wanted, got.get(name).unwrap_or(&Value::Null), &place, found);
            }
            for (name, value) in got {
                if !open && !wanted.contains_key(name) && !value.is_null() {
                    found.push(format!(
                        "{}: {} was not expected",
                        at(&format!("{path}.{name}")),
                        shown(value)
                    ));
                }
            }
        }
        (Value::Array(wanted), Value::Array(got)) => {
            let (wanted, open) = match wanted.split_last() {
                Some((last, before)) if last == "{{more}}" => (before, true),
                _ => (wanted.as_slice(), false),
            };
            if got.len() < wanted.len() || (!open && got.len() > wanted.len()) {
                found.push(format!(
                    "{}: {} elements instead of {}",
                    at(path),
                    got.len(),
                    wanted.len()
                ));
            }
            for (index, (wanted, got)) in wanted.iter().zip(got).enumerate() {
                compare(wanted, got, &format!("{path}[{index}]"), found);
            }
        }
        // The same number may be written in two ways.
        (Value::Number(wanted), Value::Number(got)) if wanted.as_f64() == got.as_f64() => {}
        _ if expected == actual => {}
        _ => found.push(format!(
            "{}: {} instead of {}",
            at(path),
            shown(actual),
            shown(expected)
        )),
    }
}

fn is_pattern(text: &str) -> bool {
    text == "{{any}}"
        || text == "{{absent}}"
        || (text.ends_with("}}")
            && (text.starts_with("{{contains:") || text.starts_with("{{count:")))
}

fn fits(pattern: &str, actual: &Value) -> bool {
    match pattern
        .trim_start_matches("{{")
        .trim_end_matches("}}")
        .split_once(':')
    {
        Some(("contains", text)) => actual.as_str().is_some_and(|actual| actual.contains(text)),
        Some((_, count)) => actual
            .as_array()
            .is_some_and(|list| count.parse() == Ok(list.len())),
        None => (pattern == "{{any}}") != actual.is_null(),
    }
}

fn at(path: &str) -> &str {
    if path.is_empty() {
        "answer"
    } else {
        path.trim_start_matches('.')
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::differences;

    #[test]
    fn what_fits_fits() {
        let fitting: [(Value, Value); 12] = [
            (json!({"a": 1}), json!({"a": 1, "b": null})),
            (json!({"a": null}), json!({})),
            (json!({"a": "{{absent}}"}), json!({})),
            (json!({"a": "{{any}}"}), json!({"a": false})),
            (json!("{{contains:b}}"), json!("abc")),
            (json!({"{{others}}": true, "a": 1}), json!({"a": 1, "b": 2})),
            (json!([1, "{{more}}"]), json!([1, 2, 3])),
            (json!("{{count:2}}"), json!([1, 2])),
            (json!([{"id": 1}]), json!(["{\"id\":1}"])),
            (json!(1.0), json!(1)),
            (json!([]), json!([])),
            (json!("{{more}}"), json!("{{more}}")),
        ];
        for (expected, actual) in fitting {
            assert_eq!(
                differences(&expected, &actual),
                [""; 0],
                "{expected} {actual}"
            );
        }
    }

    #[test]
    fn what_differs_is_told_with_its_place() {
        let differing: [(Value, Value, &str); 10] = [
            (json!({"a": 1}), json!({"a": 2}), "a: 2 instead of 1"),
            (
                json!({"a": 1}),
                json!({"a": 1, "b": 2}),
                "b: 2 was not expected",
            ),
            (
                json!({"a": {"b": [1]}}),
                json!({"a": {"b": [true]}}),
                "a.b[0]: true instead of 1",
            ),
            (json!([1]), json!([1, 2]), "answer: 2 elements instead of 1"),
            (
                json!([1, 2, "{{more}}"]),
                json!([1]),
                "answer: 1 elements instead of 2",
            ),
            (
                json!("{{any}}"),
                json!(null),
                "answer: null does not fit {{any}}",
            ),
            (
                json!("{{absent}}"),
                json!(1),
                "answer: 1 does not fit {{absent}}",
            ),
            (
                json!("{{contains:x}}"),
                json!("abc"),
                "answer: \"abc\" does not fit {{contains:x}}",
            ),
            (
                json!("{{count:1}}"),
                json!([]),
                "answer: [] does not fit {{count:1}}",
            ),
            (
                json!([{"id": 1}]),
                json!(["{\"id\":2}"]),
                "[0].id: 2 instead of 1",
            ),
        ];
        for (expected, actual, message) in differing {
            assert_eq!(
                differences(&expected, &actual),
                [message],
                "{expected} {actual}"
            );
        }
    }
}
