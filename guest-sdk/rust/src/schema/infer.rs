//! Fields from what applications say in JSON: a JSON Schema, or nothing but records.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{DataType, Field};

/// Property of a field whose values are of several types.
const SEVERAL_TYPES: &str = "severalTypes";
/// Most characters of a value that AppFlow takes as one of those allowed.
const MAX_ALLOWED_CHARS: usize = 128;

impl Field {
    /// A field whose values are of several types, or of one nobody knows. AppFlow has no such type: to it the field is a
    /// text, the connector gives each value that is no text as its JSON text, and filters cannot name it.
    pub fn any(name: impl Into<String>) -> Self {
        Self::text(name)
            .type_label("any")
            .not_queryable()
            .filter_operators([])
            .property(SEVERAL_TYPES, "true")
    }

    /// Whether it was made by [`any`](Self::any), be it in an earlier call: AppFlow hands definitions back.
    pub fn is_any(&self) -> bool {
        let mut properties = self.properties.iter();
        properties.any(|(key, value)| key == SEVERAL_TYPES && value == "true")
    }

    /// A field as a JSON Schema describes it: type, title, description, default and the values allowed. A type that may be
    /// null beside one other is that other.
    ///
    /// ```
    /// use appflow_connector::schema::{DataType, Field};
    ///
    /// let schema = serde_json::json!({"type": ["integer", "null"], "title": "Pages"});
    /// let field = Field::of_json_schema("pages", &schema);
    /// assert_eq!((field.data_type, field.label.as_deref()), (DataType::Long, Some("Pages")));
    /// ```
    pub fn of_json_schema(name: impl Into<String>, schema: &Value) -> Self {
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut types = types.into_iter().filter(|name| *name != "null");
        let only = types.next().filter(|_| types.next().is_none());
        let data_type = match (only, schema["format"].as_str()) {
            (Some("string"), Some("date-time")) => Some(DataType::DateTime),
            (Some("string"), Some("date")) => Some(DataType::Date),
            (Some("string"), _) => Some(DataType::Text),
            (Some("integer"), _) => Some(DataType::Long),
            (Some("number"), _) => Some(DataType::Double),
            (Some("boolean"), _) => Some(DataType::Boolean),
            (Some("object"), _) => Some(DataType::Object),
            (Some("array"), _) => Some(DataType::Array),
            _ => None,
        };
        let mut field = of_type(name, data_type);
        let text = |key: &str| schema[key].as_str().filter(|text| !text.is_empty());
        field.label = text("title").map(str::to_owned);
        field.description = text("description").map(str::to_owned);
        field.default_value = match &schema["default"] {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            _ => None,
        };
        let allowed = schema["enum"].as_array();
        let allowed: Option<Vec<&str>> =
            allowed.and_then(|values| values.iter().map(Value::as_str).collect());
        // AppFlow takes no long values and none with spaces, and part of the list would forbid the others.
        let fits = |text: &&str| {
            (1..=MAX_ALLOWED_CHARS).contains(&text.chars().count())
                && !text.contains(char::is_whitespace)
        };
        match allowed {
            Some(values) if values.iter().all(fits) => field.allowed_values(values),
            _ => field,
        }
    }
}

/// The fields that records have, by name, of the type that all their values fit.
///
/// ```
/// use appflow_connector::schema::{DataType, sampled};
///
/// let records = [r#"{"a": 1, "b": "x"}"#, r#"{"a": 2.5, "b": null, "c": true}"#];
/// let records: Result<Vec<_>, _> = records.into_iter().map(serde_json::from_str).collect();
/// let types: Vec<_> = sampled(records?).iter().map(|field| field.data_type).collect();
/// assert_eq!(types, [DataType::Double, DataType::Text, DataType::Boolean]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn sampled(records: impl IntoIterator<Item = BTreeMap<String, Value>>) -> Vec<Field> {
    let mut types: BTreeMap<String, Vec<DataType>> = BTreeMap::new();
    for (name, value) in records.into_iter().flatten() {
        types.entry(name).or_default().extend(type_of(&value));
    }
    let types = types.into_iter();
    types
        .map(|(name, types)| of_type(name, common(&types)))
        .collect()
}

fn of_type(name: impl Into<String>, data_type: Option<DataType>) -> Field {
    match data_type {
        Some(data_type) => Field::new(name, data_type),
        None => Field::any(name),
    }
}

fn type_of(value: &Value) -> Option<DataType> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => DataType::Boolean,
        Value::Number(number) if number.is_i64() => DataType::Long,
        Value::Number(_) => DataType::Double,
        Value::String(_) => DataType::Text,
        Value::Array(_) => DataType::Array,
        Value::Object(_) => DataType::Object,
    })
}

/// The type that all of them fit; none if there is no such type.
fn common(types: &[DataType]) -> Option<DataType> {
    let first = *types.first()?;
    if types.iter().all(|one| *one == first) {
        return Some(first);
    }
    let number = |one: &DataType| matches!(one, DataType::Long | DataType::Double);
    types.iter().all(number).then_some(DataType::Double)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::ReadProperties;

    #[test]
    fn a_type_nobody_knows_is_a_text_that_cannot_be_filtered() {
        for schema in [
            json!({}),
            json!({"type": ["string", "integer"]}),
            json!({"type": "null"}),
            json!({"type": "point"}),
            json!({"type": 7}),
            json!([]),
            json!(null),
        ] {
            let field = Field::of_json_schema("f", &schema);
            assert!(
                field.is_any() && field.data_type == DataType::Text,
                "{schema}"
            );
            assert!(!field.read.contains(ReadProperties::QUERYABLE), "{schema}");
        }
        assert!(!Field::text("f").is_any());
    }

    #[test]
    fn values_allowed_are_taken_all_or_not_at_all() {
        let allowed = |values: Value| {
            let field = Field::of_json_schema("f", &json!({"type": "string", "enum": values}));
            field.constraints.map(|limits| limits.allowed_values.len())
        };
        assert_eq!(allowed(json!(["a", "b"])), Some(2));
        for values in [
            json!(["a", "b c"]),
            json!(["a", 1]),
            json!(["a", ""]),
            json!(["a", "x".repeat(129)]),
        ] {
            assert_eq!(allowed(values.clone()), None, "{values}");
        }
    }

    #[test]
    fn samples_of_several_types_and_of_none_are_any() {
        let records: Vec<BTreeMap<String, Value>> = [
            json!({"a": 1, "b": null, "c": 18446744073709551615_u64}),
            json!({"a": "1", "c": 1}),
        ]
        .into_iter()
        .filter_map(|record| serde_json::from_value(record).ok())
        .collect();
        let fields = sampled(records);
        assert!(fields[0].is_any() && fields[1].is_any());
        assert_eq!(fields[2].data_type, DataType::Double);
        assert!(sampled([]).is_empty());
    }
}
