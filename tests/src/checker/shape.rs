//! Values against the tables: required properties, types, enumerations, and nothing that is in no table.

use serde_json::Value;

use super::Problem;
use super::tables::{Kind, Property};

/// Checks an object; `path` is where it lies.
pub(super) fn check(
    properties: &[Property],
    value: &Value,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let Value::Object(object) = value else {
        problems.push(Problem::new(
            path,
            format!("{} instead of an object", describe(value)),
        ));
        return;
    };
    for property in properties {
        let place = join(path, property.name);
        match object.get(property.name) {
            None if property.required => {
                problems.push(Problem::new(place, "required, but missing"))
            }
            Some(Value::Null) if property.required => {
                problems.push(Problem::new(place, "required, but null"))
            }
            None | Some(Value::Null) => {}
            Some(value) => check_kind(property.kind, value, &place, problems),
        }
    }
    for name in object.keys() {
        if !properties.iter().any(|property| property.name == name) {
            problems.push(Problem::new(
                join(path, name),
                "AppFlow knows no such property here",
            ));
        }
    }
}

fn check_kind(kind: Kind, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let expected = match kind {
        Kind::Text if value.is_string() => return,
        Kind::Text => "a string",
        Kind::Boolean if value.is_boolean() => return,
        Kind::Boolean => "true or false",
        Kind::Int32
            if value
                .as_i64()
                .is_some_and(|number| i32::try_from(number).is_ok()) =>
        {
            return;
        }
        Kind::Int32 => "an integer of 32 bits",
        Kind::Int64 if value.is_i64() => return,
        Kind::Int64 => "an integer of 64 bits",
        Kind::Number if value.is_number() => return,
        Kind::Number => "a number",
        Kind::OneOf(values) => match value.as_str() {
            Some(text) if values.contains(&text) => return,
            Some(text) => {
                problems.push(Problem::new(
                    path,
                    format!("{text:?} is none of {}", values.join(", ")),
                ));
                return;
            }
            None => "a string",
        },
        Kind::List(kind) => {
            if let Value::Array(items) = value {
                for (index, item) in items.iter().enumerate() {
                    check_kind(*kind, item, &format!("{path}[{index}]"), problems);
                }
                return;
            }
            "a list"
        }
        Kind::TextMap => {
            if let Value::Object(map) = value {
                for (key, value) in map {
                    check_kind(Kind::Text, value, &join(path, key), problems);
                }
                return;
            }
            "an object of strings"
        }
        Kind::Object(properties) => return check(properties, value, path, problems),
    };
    problems.push(Problem::new(
        path,
        format!("{} instead of {expected}", describe(value)),
    ));
}

/// Adds a property to a path.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// What a value is, without saying it: it may be a record.
pub(super) fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
