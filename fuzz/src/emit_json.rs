//! Records out of an application's body: the same ones that a tree of the body would give, none lost, none made up.
//!
//! The first byte is the page's room, the second the records to skip; then lines: a pointer, the number of picks as one
//! character, each pick as `name=path`, and the body. The same body is emitted as one record, and divided as a batch.

use std::sync::{Arc, LazyLock};

use appflow_host::appflow::{FieldDataType, FieldDefinition};
use appflow_host::page::{Emitted, Fields, JsonError, Page, PageError, Pick, SharedFields};
use bytes::Bytes;
use serde_json::{Map, Value};

pub(crate) fn run(data: &[u8]) {
    let [room, skip, rest @ ..] = data else {
        return;
    };
    let mut rest = rest;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.get(1..).unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    };
    let pointer = line();
    let count = line().bytes().next().unwrap_or(b'0').wrapping_sub(b'0') % 4;
    let picks: Vec<Pick> = (0..count)
        .map(|_| {
            let text = line();
            let (name, path) = text.split_once('=').unwrap_or((&text, &text));
            Pick {
                name: name.to_owned(),
                path: path.to_owned(),
            }
        })
        .collect();
    let body = Bytes::copy_from_slice(rest);
    let skip = usize::from(*skip % 8);
    let max_records = usize::from(*room % 16) + 1;
    let max_bytes = 64 * (usize::from(*room / 16) + 1);

    // Texts, so that none of them is taken for a point in time and gets another form.
    let texts: Vec<FieldDefinition> = picks
        .iter()
        .map(|pick| FieldDefinition::new(&pick.name, FieldDataType::String))
        .collect();
    let fields: SharedFields = Arc::new(LazyLock::new(Box::new(move || {
        Some(Fields::new(texts, &[]))
    })));
    let new = || Page::new(max_records, max_bytes).with_fields(Arc::clone(&fields));
    let mut page = new();
    let outcome = page.emit_json(&body, &pointer, &picks, skip);
    if let Err(error) = &outcome {
        crate::assert_one_line("refusal", &error.to_string().replace(&pointer, "POINTER"));
    }
    assert!(page.count() <= max_records);
    let bytes = page.bytes();
    assert!(bytes.len() <= max_bytes, "{} bytes", bytes.len());
    let taken = records(bytes);
    // A parser of trees refuses deep nesting, which the host passes over.
    if let Some(tree) = tree(&body) {
        compare(&tree, &pointer, &picks, skip, &outcome, taken.as_deref());
    }
    if let Ok(text) = std::str::from_utf8(&body) {
        one(new(), text);
        batch(new(), text, usize::from(*room));
    }
}

fn tree(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)).ok()
}

/// The records of a page; `None` if one of them is nested too deep to be read as a tree.
fn records(bytes: &[u8]) -> Option<Vec<Value>> {
    let texts = serde_json::from_slice::<Vec<String>>(&[b"[", bytes, b"]"].concat());
    assert!(
        texts.is_ok(),
        "not the inside of a list of texts: {texts:?}"
    );
    let texts = texts.unwrap_or_default();
    texts
        .iter()
        .map(|text| serde_json::from_str(text).ok())
        .collect()
}

fn compare(
    tree: &Value,
    pointer: &str,
    picks: &[Pick],
    skip: usize,
    outcome: &Result<Emitted, PageError>,
    taken: Option<&[Value]>,
) {
    let Some(array) = tree.pointer(pointer).and_then(Value::as_array) else {
        assert!(outcome.is_err(), "records from where no array is");
        return;
    };
    let expected: Vec<Value> = array.iter().map(|element| picked(element, picks)).collect();
    match outcome {
        Ok(emitted) => {
            assert_eq!(emitted.total, array.len(), "records in the array");
            let skipped = skip.min(array.len());
            assert_eq!(
                skipped + emitted.taken + emitted.left,
                array.len(),
                "records in all"
            );
            let due = expected.get(skipped..skipped + emitted.taken);
            assert_eq!(taken, due, "records taken");
            rest(tree, pointer, &emitted.rest);
        }
        Err(PageError::NotAnObject { .. }) => {
            assert!(array.iter().any(|element| !element.is_object()));
        }
        Err(PageError::RecordTooLarge { .. }) => {}
        Err(PageError::Json(JsonError::TooMuch(_))) => {}
        Err(PageError::Json(JsonError::BadPointer(_))) => {
            assert!(
                picks
                    .iter()
                    .any(|pick| !pick.path.is_empty() && !pick.path.starts_with('/'))
            );
        }
        Err(error) => assert_eq!(error.to_string(), "", "a good body was refused"),
    }
}

/// The other values beside the array.
fn rest(tree: &Value, pointer: &str, rest: &str) {
    let rest: Value = serde_json::from_str(rest).unwrap_or_default();
    let mut expected = match tree {
        Value::Object(members) if !pointer.is_empty() => members.clone(),
        _ => Map::new(),
    };
    let first = pointer.split('/').nth(1).unwrap_or_default();
    expected.remove(&first.replace("~1", "/").replace("~0", "~"));
    assert_eq!(rest, Value::Object(expected), "the rest");
}

/// The record of an element, by the tree.
fn picked(element: &Value, picks: &[Pick]) -> Value {
    if picks.is_empty() {
        return element.clone();
    }
    let mut record = Map::new();
    for pick in picks {
        let value = if pick.path.starts_with('/') {
            element.pointer(&pick.path)
        } else {
            element.get(&pick.path)
        };
        if let Some(value) = value {
            record.insert(pick.name.clone(), value.clone());
        }
    }
    Value::Object(record)
}

/// The body as one record.
fn one(mut page: Page, text: &str) {
    let outcome = page.emit(text);
    if let Some(tree) = tree(text.as_bytes()).filter(|_| !text.starts_with('\u{feff}')) {
        let refused = matches!(outcome, Err(PageError::NotAnObject { .. }));
        assert_eq!(refused, !tree.is_object(), "{outcome:?}");
        if matches!(outcome, Ok(true)) {
            assert_eq!(records(page.bytes()), Some(vec![tree]));
        }
    } else if let Err(error) = outcome {
        crate::assert_one_line("refusal", &error.to_string());
    }
}

/// The body as a batch, divided at a place that may be none.
fn batch(mut page: Page, text: &str, at: usize) {
    let ends = [at, text.len()].map(|end| u32::try_from(end).unwrap_or(u32::MAX));
    let outcome = page.emit_batch(text, &ends);
    let parts = text.split_at_checked(at);
    match outcome {
        Ok(taken) => {
            let parts = parts.map(|(first, second)| [first, second]);
            assert!(parts.is_some(), "a division that is none was taken");
            let found = records(page.bytes());
            let due: Option<Vec<Value>> = parts
                .iter()
                .flatten()
                .take(taken)
                .map(|part| serde_json::from_str(part).ok())
                .collect();
            if due.is_some() {
                assert_eq!(found, due);
            }
        }
        Err(PageError::Offsets(_)) => assert!(parts.is_none(), "a good division was refused"),
        Err(_) => {}
    }
}
