//! sObject collections: up to 200 records a call, one result each.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::data::{Record, datetime_text, first_moment, long_id, record_id};
use super::rules::{Refusal, check_values, key_text, refuse, stored};
use super::schema::{FieldType, Object};
use super::state::State;

/// Most records in one call of the collections resource.
pub const COLLECTION_LIMIT: usize = 200;

/// What a collections call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    Insert,
    Update,
    /// Object and key field of the path.
    Upsert(&'a str, &'a str),
}

/// An error for the whole call: status, code, message.
pub(super) type CallError = (u16, &'static str, String);

/// Runs a call with a body; the answer is the list of results.
pub(super) fn write(
    state: &mut State,
    operation: Operation<'_>,
    body: &str,
) -> Result<Value, CallError> {
    let body: Value = serde_json::from_str(body)
        .map_err(|error| (400, "JSON_PARSER_ERROR", error.to_string()))?;
    let all_or_none = body
        .get("allOrNone")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let records = body.get("records").and_then(Value::as_array).ok_or((
        400,
        "MISSING_ARGUMENT",
        "records".to_owned(),
    ))?;
    check_count(records.len())?;
    for record in records {
        check_types(state, operation, record)?;
    }
    let before = state.records.clone();
    let results = records
        .iter()
        .map(|record| write_one(state, operation, record))
        .collect();
    Ok(answer(state, before, all_or_none, results))
}

/// Deletes by key.
pub(super) fn delete(
    state: &mut State,
    ids: &[&str],
    all_or_none: bool,
) -> Result<Value, CallError> {
    check_count(ids.len())?;
    let before = state.records.clone();
    let results = ids.iter().map(|id| delete_one(state, id)).collect();
    Ok(answer(state, before, all_or_none, results))
}

fn check_count(count: usize) -> Result<(), CallError> {
    if count == 0 {
        return Err((400, "MISSING_ARGUMENT", "no records".to_owned()));
    }
    if count > COLLECTION_LIMIT {
        return Err((
            400,
            "EXCEEDED_ID_LIMIT",
            format!(
                "record limit reached. cannot submit more than {COLLECTION_LIMIT} records in this call"
            ),
        ));
    }
    Ok(())
}

/// The service reads the whole body into its types first: one value of a wrong JSON type refuses the whole call.
fn check_types(state: &State, operation: Operation<'_>, record: &Value) -> Result<(), CallError> {
    let parser_error = |message: &str| (400, "JSON_PARSER_ERROR", message.to_owned());
    let record = record
        .as_object()
        .ok_or_else(|| parser_error("a record is an object"))?;
    let Some(object) = object_of(state, operation, record) else {
        return Ok(());
    };
    for (name, value) in record {
        let Some(field) = object.field(name) else {
            continue;
        };
        let fits = match value {
            Value::Null => true,
            Value::Bool(_) => field.kind == FieldType::Boolean,
            Value::Number(number) => {
                field.kind.is_numeric()
                    && (number.is_i64() || !matches!(field.kind, FieldType::Int | FieldType::Long))
            }
            // The service reads a quoted number as a number.
            Value::String(text) if field.kind.is_numeric() => text.parse::<f64>().is_ok(),
            Value::String(_) => field.kind != FieldType::Boolean,
            Value::Array(_) | Value::Object(_) => false,
        };
        if !fits {
            return Err(parser_error(&format!(
                "Cannot deserialize instance of {} from {value}",
                field.kind.name()
            )));
        }
    }
    Ok(())
}

fn object_of<'a>(
    state: &'a State,
    operation: Operation<'_>,
    record: &Map<String, Value>,
) -> Option<&'a Object> {
    let named = record
        .get("attributes")
        .and_then(|attributes| attributes.get("type"))
        .and_then(Value::as_str);
    match operation {
        Operation::Upsert(name, _) => state.object(named.unwrap_or(name)),
        _ => state.object(named?),
    }
}

fn answer(
    state: &mut State,
    before: BTreeMap<String, Vec<Record>>,
    all_or_none: bool,
    results: Vec<Result<(String, Option<bool>), Refusal>>,
) -> Value {
    let rolled_back = all_or_none && results.iter().any(Result::is_err);
    if rolled_back {
        state.records = before;
    }
    results.into_iter().map(|result| match result {
        Ok(_) if rolled_back => failure(Refusal {
            code: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            message: "Record rolled back because not all records were valid and the request was using AllOrNone header".to_owned(),
            fields: Vec::new(),
        }),
        Ok((id, created)) => {
            let mut success = json!({ "id": id, "success": true, "errors": [] });
            if let (Some(created), Value::Object(map)) = (created, &mut success) {
                map.insert("created".to_owned(), Value::Bool(created));
            }
            success
        }
        Err(refusal) => failure(refusal),
    }).collect()
}

fn failure(refusal: Refusal) -> Value {
    json!({ "success": false, "errors": [{ "statusCode": refusal.code, "message": refusal.message, "fields": refusal.fields }] })
}

fn write_one(
    state: &mut State,
    operation: Operation<'_>,
    record: &Value,
) -> Result<(String, Option<bool>), Refusal> {
    let empty = Map::new();
    let record = record.as_object().unwrap_or(&empty);
    let Some(object) = object_of(state, operation, record).cloned() else {
        return refuse(
            "INVALID_TYPE",
            "sObject type is missing or not supported.",
            &[],
        );
    };
    if !object.writable {
        return refuse(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            format!("entity type cannot be written: {}", object.name),
            &[],
        );
    }
    let mut values = Record::new();
    for (name, value) in record {
        if name == "attributes" {
            continue;
        }
        let Some(field) = object.field(name) else {
            return refuse(
                "INVALID_FIELD",
                format!("No such column '{name}' on sobject of type {}", object.name),
                &[name],
            );
        };
        values.insert(field.name.clone(), value.clone());
    }
    match operation {
        Operation::Insert => {
            if values.remove("Id").is_some() {
                return refuse(
                    "INVALID_FIELD_FOR_INSERT_UPDATE",
                    "cannot specify Id in an insert call",
                    &["Id"],
                );
            }
            Ok((insert(state, &object, values)?, None))
        }
        Operation::Update => {
            let id = key(&mut values, "Id", "Id not specified in an update call")?;
            Ok((update(state, &object, &id, values)?, None))
        }
        Operation::Upsert(_, key_field) => {
            let Some(field) = object
                .field(key_field)
                .filter(|field| field.external_id || field.kind == FieldType::Id)
            else {
                return refuse(
                    "INVALID_FIELD",
                    format!("Field name provided, {key_field} is not an External ID"),
                    &[key_field],
                );
            };
            let name = field.name.clone();
            if name == "Id" {
                return match values.remove("Id") {
                    Some(Value::String(id)) => {
                        Ok((update(state, &object, &id, values)?, Some(false)))
                    }
                    _ => Ok((insert(state, &object, values)?, Some(true))),
                };
            }
            let wanted = match values.get(&name) {
                None | Some(Value::Null) => {
                    return refuse("MISSING_ARGUMENT", format!("{name} not specified"), &[]);
                }
                Some(value) => key_text(value),
            };
            let found: Vec<String> = state
                .records
                .get(&object.name)
                .into_iter()
                .flatten()
                .filter(|record| {
                    record
                        .get(&name)
                        .is_some_and(|value| !value.is_null() && key_text(value) == wanted)
                })
                .filter_map(|record| record.get("Id").and_then(Value::as_str).map(str::to_owned))
                .collect();
            match found.as_slice() {
                [] => Ok((insert(state, &object, values)?, Some(true))),
                [id] => Ok((update(state, &object, id, values)?, Some(false))),
                _ => refuse(
                    "DUPLICATE_EXTERNAL_ID",
                    "more than one record found for external id field",
                    &[&name],
                ),
            }
        }
    }
}

fn key(values: &mut Record, name: &str, message: &str) -> Result<String, Refusal> {
    match values.remove(name) {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => refuse("MISSING_ARGUMENT", message, &[name]),
    }
}

fn insert(state: &mut State, object: &Object, values: Record) -> Result<String, Refusal> {
    check_values(state, object, &values, None, |field| field.createable)?;
    for field in &object.fields {
        let given = values
            .get(&field.name)
            .is_some_and(|value| !value.is_null());
        if !field.nillable && !field.defaulted && !given {
            return refuse(
                "REQUIRED_FIELD_MISSING",
                format!("Required fields are missing: [{}]", field.name),
                &[&field.name],
            );
        }
    }
    state.inserted += 1;
    let id = record_id(object.key_prefix, 1_000_000 + state.inserted);
    let now = datetime_text(first_moment() + time::Duration::days(300));
    let record = object
        .fields
        .iter()
        .map(|field| {
            let value = match (field.name.as_str(), values.get(&field.name)) {
                ("Id", _) => json!(id),
                (_, Some(value)) if !(value.is_null() && field.kind == FieldType::Boolean) => {
                    stored(field, value)
                }
                ("CreatedDate" | "LastModifiedDate" | "SystemModstamp", _) => json!(now),
                ("OwnerId", _) => json!(record_id("005", 1)),
                _ if field.kind == FieldType::Boolean => json!(false),
                _ => Value::Null,
            };
            (field.name.clone(), value)
        })
        .collect();
    state
        .records
        .entry(object.name.clone())
        .or_default()
        .push(record);
    Ok(id)
}

fn update(state: &mut State, object: &Object, id: &str, values: Record) -> Result<String, Refusal> {
    let Some(id) = long_id(id) else {
        return refuse(
            "MALFORMED_ID",
            format!("{}: id value of incorrect type: {id}", object.name),
            &["Id"],
        );
    };
    if !id.starts_with(object.key_prefix) {
        return refuse(
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            &["Id"],
        );
    }
    check_values(state, object, &values, Some(&id), |field| field.updateable)?;
    for field in &object.fields {
        if !field.nillable
            && !field.defaulted
            && values.get(&field.name).is_some_and(Value::is_null)
        {
            return refuse(
                "REQUIRED_FIELD_MISSING",
                format!("Required fields are missing: [{}]", field.name),
                &[&field.name],
            );
        }
    }
    let record = state
        .records
        .get_mut(&object.name)
        .into_iter()
        .flatten()
        .find(|record| record.get("Id").and_then(Value::as_str) == Some(&id));
    let Some(record) = record else {
        return refuse("ENTITY_IS_DELETED", "entity is deleted", &[]);
    };
    for (name, value) in values {
        if let Some(field) = object.field(&name) {
            record.insert(name, stored(field, &value));
        }
    }
    Ok(id)
}

fn delete_one(state: &mut State, id: &str) -> Result<(String, Option<bool>), Refusal> {
    let Some(id) = long_id(id) else {
        return refuse("MALFORMED_ID", format!("bad id {id}"), &[]);
    };
    for object in state.objects.clone() {
        if !id.starts_with(object.key_prefix) {
            continue;
        }
        if !object.writable {
            return refuse(
                "INSUFFICIENT_ACCESS_OR_READONLY",
                "insufficient access rights on object id",
                &[],
            );
        }
        if let Some(records) = state.records.get_mut(&object.name) {
            let before = records.len();
            records.retain(|record| record.get("Id").and_then(Value::as_str) != Some(&id));
            if records.len() < before {
                return Ok((id, None));
            }
        }
        return refuse("ENTITY_IS_DELETED", "entity is deleted", &[]);
    }
    refuse(
        "INVALID_CROSS_REFERENCE_KEY",
        "invalid cross reference id",
        &[],
    )
}
