//! The fake's JSON: values keep their text, as they do on a real host.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::bindings::wit_host::page::FieldPick;
use crate::{Error, Result};

fn malformed(_: serde_json::Error) -> Error {
    Error::server_error("the body is not JSON of the shape expected")
}

/// The text of the value at a JSON pointer.
pub(super) fn at<'a>(text: &'a str, pointer: &str) -> Result<Option<&'a str>> {
    let mut value = serde_json::from_str::<&RawValue>(text)
        .map_err(malformed)?
        .get();
    if pointer.is_empty() {
        return Ok(Some(value));
    }
    let Some(steps) = pointer.strip_prefix('/') else {
        return Err(Error::invalid_argument("a JSON pointer begins with '/'"));
    };
    for step in steps.split('/') {
        let step = step.replace("~1", "/").replace("~0", "~");
        let found = match value.as_bytes().first() {
            Some(b'{') => object(value)?.get(&step).copied(),
            Some(b'[') => match step.parse::<usize>() {
                Ok(index) => array(value)?.get(index).copied(),
                Err(_) => None,
            },
            _ => None,
        };
        match found {
            Some(found) => value = found,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// A value as text: a string without its quotes, none for null.
pub(super) fn plain(value: &str) -> Option<String> {
    match value {
        "null" => None,
        value => Some(serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned())),
    }
}

pub(super) fn array(text: &str) -> Result<Vec<&str>> {
    let values: Vec<&RawValue> = serde_json::from_str(text).map_err(malformed)?;
    Ok(values.into_iter().map(RawValue::get).collect())
}

fn object(text: &str) -> Result<BTreeMap<String, &str>> {
    let values: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(malformed)?;
    Ok(values
        .into_iter()
        .map(|(key, value)| (key, value.get()))
        .collect())
}

/// The top-level values beside the one that a pointer leads through, as an object.
pub(super) fn rest(text: &str, pointer: &str) -> Result<String> {
    if pointer.is_empty() {
        return Ok("{}".to_owned());
    }
    let first = pointer.split('/').nth(1).unwrap_or_default();
    let first = first.replace("~1", "/").replace("~0", "~");
    let mut rest = crate::page::Record::new();
    for (key, value) in object(text)?.iter().filter(|(key, _)| **key != first) {
        rest = rest.json(key, value);
    }
    Ok(rest.into())
}

pub(super) fn check_object(text: &str) -> Result<()> {
    let no_object = |_| Error::invalid_argument("a record is not one JSON object");
    object(text).map(drop).map_err(no_object)
}

pub(super) fn pick(record: &str, picks: &[FieldPick]) -> Result<String> {
    if picks.is_empty() {
        return Ok(record.to_owned());
    }
    let fields = object(record)?;
    let mut picked = crate::page::Record::new();
    for pick in picks {
        let value = if pick.path.starts_with('/') {
            at(record, &pick.path)?
        } else {
            fields.get(&pick.path).copied()
        };
        if let Some(value) = value {
            picked = picked.json(&pick.name, value);
        }
    }
    Ok(picked.into())
}
