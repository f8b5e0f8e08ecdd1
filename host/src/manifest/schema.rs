//! The manifest for editors: a JSON Schema made from the table of keys.
//!
//! It knows every key, form and bound. What takes more than a pattern, such as a wildcard over a registry of names, the
//! parser alone refuses.

use serde_json::{Map, Value, json};

use super::keys::{self, Form, Key, Section};
use super::{BackEnd, Credentials, Entitlement, Limits, Manifest};

/// JSON Schema (draft 2020-12) of `connector.toml`, as it stands in `docs/connector.schema.json`.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = object(&keys::ROOT);
    let mut head = Map::new();
    head.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    head.insert("title".to_owned(), json!("connector.toml"));
    head.append(&mut schema);
    head.insert("required".to_owned(), json!([keys::CONNECTOR.name]));
    Value::Object(head)
}

fn object(section: &Section) -> Map<String, Value> {
    let properties: Map<String, Value> = section
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<&str> = section
        .keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut schema = Map::new();
    schema.insert("description".to_owned(), json!(section.about));
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if section.name == keys::ENTITLEMENT.name {
        schema.insert("oneOf".to_owned(), back_ends());
    }
    schema
}

/// Each back-end goes with its own key.
fn back_ends() -> Value {
    let [none, license_manager, marketplace] = keys::BACK_ENDS;
    let never = json!(false);
    json!([
        { "properties": { "back-end": { "const": none }, "product-id": never, "product-code": never } },
        { "properties": { "back-end": { "const": license_manager }, "product-code": never }, "required": ["back-end", "product-id"] },
        { "properties": { "back-end": { "const": marketplace }, "product-id": never }, "required": ["back-end", "product-code"] },
    ])
}

fn property(key: &Key) -> Value {
    let default = defaults();
    let mut schema = match &key.form {
        Form::Text {
            pattern,
            characters,
        } => json!({
            "type": "string", "pattern": pattern, "minLength": characters.start(), "maxLength": characters.end(),
        }),
        Form::Choice(texts) => json!({ "enum": texts, "default": texts.first() }),
        Form::Grants { .. } => json!({
            "type": "array", "items": { "type": "string", "pattern": keys::GRANT }, "uniqueItems": true,
            "maxItems": keys::MAX_GRANTS,
        }),
        Form::Keys { .. } => json!({
            "type": "array", "uniqueItems": true, "maxItems": keys::MAX_GRANTS,
            "items": { "type": "string", "minLength": 1, "maxLength": keys::MAX_SETTING_CHARS },
        }),
        Form::Sections(section) => json!({
            "type": "array", "items": object(section), "maxItems": keys::MAX_GRANTS,
        }),
        Form::Section(section) => return Value::Object(object(section)),
        Form::Number { range, get, .. } => json!({
            "type": "integer", "minimum": range.start(), "maximum": range.end(), "default": get(&default),
        }),
        Form::Switch { get, .. } => json!({ "type": "boolean", "default": get(&default) }),
    };
    let unit = match &key.form {
        Form::Number { unit, .. } if !unit.is_empty() => format!(", in {unit}"),
        _ => String::new(),
    };
    if let Some(schema) = schema.as_object_mut() {
        let about = format!("{}{unit}", key.about);
        schema.insert("description".to_owned(), json!(about));
    }
    schema
}

/// What holds where a manifest says nothing.
fn defaults() -> Manifest {
    Manifest {
        name: String::new(),
        version: semver::Version::new(0, 0, 0),
        egress: Vec::new(),
        from_settings: Vec::new(),
        trace_header: false,
        credentials: Credentials::default(),
        limits: Limits::default(),
        entitlement: Entitlement {
            back_end: BackEnd::None,
            ..Entitlement::default()
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use std::path::Path;

    use appflow_testkit::json_schema::JsonSchema;

    use super::*;
    use crate::manifest::tests::{HEAD, REFUSED, WHOLE};

    #[test]
    fn the_schema_in_the_documentation_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/connector.schema.json");
        let text = format!(
            "{}\n",
            serde_json::to_string_pretty(&json_schema()).unwrap()
        );
        if std::env::var_os("APPFLOW_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap_or_default() == text,
            "docs/connector.schema.json is not what the table of keys says; write it anew by \
             `APPFLOW_BLESS=1 cargo test --workspace --lib -- manifest::schema` and read the difference"
        );
    }

    /// Samples that the parser alone refuses, because no pattern tells them from good ones.
    const PARSER_ALONE: [&str; 5] = [
        "https://*.co.uk",
        "https://127.0.0.1",
        "https://[fd00:ec2::254]",
        "https://A.example.com.",
        "held-bodies-mb = 8",
    ];

    fn as_json(text: &str) -> Option<Value> {
        let table: toml::Table = text.parse().ok()?;
        Some(serde_json::to_value(table).unwrap())
    }

    #[test]
    fn schema_and_parser_agree_on_the_parsers_samples() {
        let schema = JsonSchema::new(json_schema()).unwrap();
        for good in [WHOLE, HEAD] {
            let problem = schema.problem(&as_json(good).unwrap());
            assert_eq!(problem, None, "{good}");
        }
        for (text, ..) in REFUSED {
            // What is no TOML no schema is asked about.
            let Some(value) = as_json(&format!("{HEAD}{text}")) else {
                continue;
            };
            let alone = PARSER_ALONE.iter().any(|part| text.contains(part));
            assert_eq!(schema.problem(&value).is_none(), alone, "{text}");
        }
    }

    #[test]
    fn every_manifest_of_the_repository_fits() {
        let schema = JsonSchema::new(json_schema()).unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut manifests: Vec<(String, String)> = Vec::new();
        for folder in ["plugins", "tests/guests"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path().join("connector.toml");
                if let Ok(text) = std::fs::read_to_string(&path) {
                    manifests.push((path.display().to_string(), text));
                }
            }
        }
        assert!(manifests.len() >= 8, "{} manifests", manifests.len());
        let documentation = include_str!("../../../docs/manifest.md");
        let sample = documentation.split("```toml\n").nth(1).unwrap();
        let sample = sample.split("```").next().unwrap();
        manifests.push(("docs/manifest.md".to_owned(), sample.to_owned()));
        for (name, text) in manifests {
            assert_eq!(schema.problem(&as_json(&text).unwrap()), None, "{name}");
            Manifest::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn every_key_is_in_the_documentation() {
        let text = include_str!("../../../docs/manifest.md");
        for section in keys::sections().chain([&keys::FROM_SETTING]) {
            for key in section.keys {
                assert!(
                    text.contains(&format!("\n{} = ", key.name))
                        || text.contains(&format!("\n# {} = ", key.name))
                        || text.contains(&format!("[[{}.{}]]", section.name, key.name)),
                    "docs/manifest.md does not show `{}` of [{}]",
                    key.name,
                    section.name
                );
                if let Some(variable) = key.variable {
                    for (place, text) in [
                        ("docs/manifest.md", text),
                        ("README.md", include_str!("../../../README.md")),
                    ] {
                        assert!(text.contains(variable), "{place} does not name {variable}");
                    }
                }
            }
        }
    }
}
