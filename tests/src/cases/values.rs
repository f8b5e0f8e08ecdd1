//! Values that requests and answers name as `{{name}}`.
//!
//! A string that is nothing but `{{name}}` becomes the value itself, whatever its type; elsewhere in a string the text
//! of the value is put in. Values may name others.
//!
//! | name | value |
//! | --- | --- |
//! | `secretArn` | ARN of the secret of the case |
//! | `upstream` | address of the application, `http://127.0.0.1:PORT` |
//! | `instanceUrl` | address of the Salesforce stand-in under a name of Salesforce |
//! | `serverUrl`, `bucket` | address of Kinto under a name its connector is granted, and the case's bucket there |
//! | `secret.KEY` | a value of the secret |
//! | `nextToken` | the token of the last answer that had one; of its first page if pages are followed |
//! | `repeat:COUNT:TEXT` | the text, so many times |
//! | anything under `[values]` in `case.toml` or `group.toml` | itself |
//!
//! Names that are not known are left as they are: answers use the same braces for what may differ.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values may name values this deep.
const DEPTH_LIMIT: usize = 8;

/// Values by name.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// Sets a value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Puts values in wherever they are named.
    pub fn fill(&self, value: &mut Value) {
        self.fill_to(value, DEPTH_LIMIT);
    }

    /// Puts values into a text.
    pub fn fill_text(&self, text: &str) -> String {
        self.text_to(text, DEPTH_LIMIT)
    }

    fn fill_to(&self, value: &mut Value, depth: usize) {
        match value {
            Value::String(text) => {
                let whole = text
                    .strip_prefix("{{")
                    .and_then(|rest| rest.strip_suffix("}}"));
                match whole.and_then(|name| self.0.get(name)) {
                    Some(named) if depth > 0 => {
                        let mut named = named.clone();
                        self.fill_to(&mut named, depth - 1);
                        *value = named;
                    }
                    _ => *text = self.text_to(text, depth),
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_to(item, depth)),
            Value::Object(map) => map
                .values_mut()
                .for_each(|value| self.fill_to(value, depth)),
            _ => {}
        }
    }

    fn text_to(&self, text: &str, depth: usize) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let Some(length) = rest[start..].find("}}") else {
                break;
            };
            let name = &rest[start + 2..start + length];
            filled.push_str(&rest[..start]);
            match self.named(name, depth) {
                Some(value) => filled.push_str(&value),
                None => filled.push_str(&rest[start..start + length + 2]),
            }
            rest = &rest[start + length + 2..];
        }
        filled.push_str(rest);
        filled
    }

    fn named(&self, name: &str, depth: usize) -> Option<String> {
        if let Some(repeat) = name.strip_prefix("repeat:") {
            let (count, text) = repeat.split_once(':')?;
            return Some(text.repeat(count.parse().ok()?));
        }
        if depth == 0 {
            return None;
        }
        Some(match self.0.get(name)? {
            Value::String(text) => self.text_to(text, depth - 1),
            other => other.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Values;

    #[test]
    fn named_values_are_put_in_and_others_left() {
        let mut values = Values::default();
        values.set("url", "http://x");
        values.set(
            "context",
            json!({"settings": {"base": "{{url}}/v1"}, "n": 1}),
        );
        values.set("loop", "{{loop}}");
        let mut request = json!({"context": "{{context}}", "list": ["a{{url}}b"], "open": "{{any}}", "n": "{{loop}}",
            "long": "{{repeat:3:ab}}", "half": "{{url"});
        values.fill(&mut request);
        assert_eq!(
            request,
            json!({"context": {"settings": {"base": "http://x/v1"}, "n": 1}, "list": ["ahttp://xb"],
                "open": "{{any}}", "n": "{{loop}}", "long": "ababab", "half": "{{url"})
        );
    }
}
