//! What a record must fulfil to be written.

use serde_json::{Value, json};

use super::data::{Record, date_text, datetime_text, first_moment, long_id};
use super::schema::{Field, FieldType, Object};
use super::state::State;

/// Why one record failed.
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) fields: Vec<String>,
}

pub(super) fn refuse<T>(
    code: &'static str,
    message: impl Into<String>,
    fields: &[&str],
) -> Result<T, Refusal> {
    Err(Refusal {
        code,
        message: message.into(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
    })
}

/// Keys compare without regard to letter case and to the JSON form of a number.
pub(super) fn key_text(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    };
    text.parse::<f64>()
        .map_or(text, |number| number.to_string())
}

/// The service keeps no empty texts, and rewrites points in time.
pub(super) fn stored(field: &Field, value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) if field.kind.is_numeric() => text
            .parse::<f64>()
            .map_or(Value::Null, |number| json!(number)),
        Value::String(text) if field.kind == FieldType::DateTime => {
            time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
                .map_or_else(
                    |_| value.clone(),
                    |at| json!(datetime_text(at.to_offset(time::UtcOffset::UTC))),
                )
        }
        other => other.clone(),
    }
}

pub(super) fn check_values(
    state: &State,
    object: &Object,
    values: &Record,
    own_id: Option<&str>,
    allowed: impl Fn(&Field) -> bool,
) -> Result<(), Refusal> {
    for (name, value) in values {
        let Some(field) = object.field(name) else {
            continue;
        };
        if !allowed(field) {
            return refuse(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                format!(
                    "Unable to create/update fields: {name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set."
                ),
                &[name],
            );
        }
        let Value::String(text) = value else { continue };
        if text.is_empty() {
            continue;
        }
        if field.length > 0 && text.chars().count() > field.length as usize {
            return refuse(
                "STRING_TOO_LONG",
                format!(
                    "{name}: data value too large: {text} (max length={})",
                    field.length
                ),
                &[name],
            );
        }
        let bad = match field.kind {
            FieldType::Picklist => (!field.choices.is_empty()
                && !field.choices.contains(&text.as_str()))
            .then_some("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
            FieldType::Email => (!text.contains('@')).then_some("INVALID_EMAIL_ADDRESS"),
            FieldType::Reference => long_id(text).is_none().then_some("MALFORMED_ID"),
            FieldType::Date => {
                (text.len() != date_text(first_moment().date()).len()).then_some("INVALID_FIELD")
            }
            _ => None,
        };
        if let Some(code) = bad {
            return refuse(
                code,
                format!("{name}: bad value for field: {text}"),
                &[name],
            );
        }
        if field.external_id {
            let taken = state
                .records
                .get(&object.name)
                .into_iter()
                .flatten()
                .any(|record| {
                    record.get("Id").and_then(Value::as_str) != own_id
                        && record.get(&field.name).is_some_and(|other| {
                            !other.is_null() && key_text(other) == key_text(value)
                        })
                });
            if taken {
                return refuse(
                    "DUPLICATE_VALUE",
                    format!("duplicate value found: {name} duplicates value {text}"),
                    &[name],
                );
            }
        }
    }
    Ok(())
}
