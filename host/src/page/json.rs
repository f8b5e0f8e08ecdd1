//! Finding values in a JSON text without building a tree of it.
//!
//! Every function looks at the text once and keeps slices of it, so numbers of any length stay as they were written.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::mechanism;

/// Why a body could not be used as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The body is not UTF-8.
    #[error("the application's answer is not UTF-8 text")]
    NotUtf8,
    /// The body is not JSON.
    #[error("the application's answer is not JSON: {0}")]
    NotJson(String),
    /// There is no array at the pointer.
    #[error("the application's answer holds no array at \"{0}\"")]
    NoArray(String),
    /// The connector's pointer is not one.
    #[error("\"{0}\" is not a JSON pointer: it must be empty or begin with a slash")]
    BadPointer(String),
    /// The connector's pointer has more keys than anybody needs, or there are more picks.
    #[error("the connector asks for more than {0}")]
    TooMuch(&'static str),
}

/// Most keys of a pointer. Each one is a walk through what is left of the body.
const MAX_POINTER_KEYS: usize = 64;

/// Bytes that the walks of one pointer may take however small the body is. No guest can be stopped while the host walks.
const MOST_WALKED_BYTES: usize = 64 << 20;
/// And how many times the body on top of that: most keys lead deep into it only where it is small.
const MOST_WALKED_BODIES: usize = 4;

/// A JSON pointer (RFC 6901), divided into its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    text: String,
    pub(super) keys: Vec<String>,
}

impl Pointer {
    /// Divides a pointer.
    ///
    /// # Errors
    ///
    /// [`JsonError::BadPointer`] unless it is empty or begins with a slash.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        if text.bytes().filter(|byte| *byte == b'/').count() > MAX_POINTER_KEYS {
            return Err(JsonError::TooMuch("64 keys in a JSON pointer"));
        }
        let keys = match text.strip_prefix('/') {
            Some(keys) => keys
                .split('/')
                .map(|key| key.replace("~1", "/").replace("~0", "~"))
                .collect(),
            None if text.is_empty() => Vec::new(),
            None => return Err(JsonError::BadPointer(text.to_owned())),
        };
        Ok(Self {
            text: text.to_owned(),
            keys,
        })
    }

    /// The value a body holds at this pointer, as text; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`JsonError`] if the body is not JSON, or is too large for so many keys inside of each other.
    pub fn find<'a>(&self, body: &'a [u8]) -> Result<Option<&'a RawValue>, JsonError> {
        follow(parse(text(body)?)?, &self.keys)
    }
}

/// The value to which keys lead, one inside of the other.
fn follow<'a>(root: &'a RawValue, keys: &[String]) -> Result<Option<&'a RawValue>, JsonError> {
    let bodies = root.get().len().saturating_mul(MOST_WALKED_BODIES);
    let mut left = bodies.saturating_add(MOST_WALKED_BYTES);
    let mut value = root;
    for key in keys {
        left = match left.checked_sub(value.get().len()) {
            Some(left) => left,
            None if mechanism::off("limits.pointer-walk") => 0,
            None => {
                return Err(JsonError::TooMuch(
                    "a few keys of a JSON pointer into so large an answer",
                ));
            }
        };
        match member(value, key)? {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// What serde_json found wrong, by place and kind and never by content.
pub(super) fn describe(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Eof => "it ends too early",
        Category::Io | Category::Syntax | Category::Data => "unexpected text",
    };
    format!("{what} at line {}, column {}", error.line(), error.column())
}

/// The text of a JSON string.
///
/// # Errors
///
/// [`JsonError::NotJson`] if it holds what no text can, such as half a surrogate pair.
pub(crate) fn string(json: &str) -> Result<String, JsonError> {
    serde_json::from_str(json).map_err(|error| JsonError::NotJson(describe(&error)))
}

/// The body as text, without a byte order mark.
pub(super) fn text(body: &[u8]) -> Result<&str, JsonError> {
    let text = std::str::from_utf8(body).map_err(|_| JsonError::NotUtf8)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn parse(text: &str) -> Result<&RawValue, JsonError> {
    serde_json::from_str(text).map_err(|error| JsonError::NotJson(describe(&error)))
}

/// A member of an object, or an element of an array by its number.
pub(super) fn member<'a>(
    value: &'a RawValue,
    key: &str,
) -> Result<Option<&'a RawValue>, JsonError> {
    let mut reader = serde_json::Deserializer::from_str(value.get());
    let found = match value.get().as_bytes().first() {
        Some(b'{') => reader.deserialize_map(Member(key)),
        Some(b'[') => match key.parse::<usize>() {
            Ok(index) => reader.deserialize_seq(Element(index)),
            Err(_) => Ok(None),
        },
        _ => Ok(None),
    };
    found.map_err(|error| JsonError::NotJson(describe(&error)))
}

struct Member<'k>(&'k str);

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(matches) = map.next_key_seed(KeyIs(self.0))? {
            if matches {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct Element(usize);

impl<'de> Visitor<'de> for Element {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut index = 0;
        let mut found = None;
        while let Some(element) = seq.next_element::<&RawValue>()? {
            if index == self.0 {
                found = Some(element);
            }
            index += 1;
        }
        Ok(found)
    }
}

/// Compares a key without allocating.
struct KeyIs<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for KeyIs<'_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyIs<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// The array at a pointer, and the body's other top-level values as a JSON object.
pub(super) fn split<'a>(
    text: &'a str,
    pointer: &Pointer,
) -> Result<(&'a RawValue, String), JsonError> {
    let none = || JsonError::NoArray(pointer.text.clone());
    let root = parse(text)?;
    let (array, rest) = match pointer.keys.split_first() {
        None => (root, "{}".to_owned()),
        Some((first, deeper)) => {
            if !root.get().starts_with('{') {
                return Err(none());
            }
            let mut reader = serde_json::Deserializer::from_str(root.get());
            let (found, rest) = reader
                .deserialize_map(Split(first))
                .map_err(|error| JsonError::NotJson(describe(&error)))?;
            let value = found.ok_or_else(none)?;
            (follow(value, deeper)?.ok_or_else(none)?, rest)
        }
    };
    if array.get().starts_with('[') {
        Ok((array, rest))
    } else {
        Err(none())
    }
}

struct Split<'k>(&'k str);

impl<'de> Visitor<'de> for Split<'_> {
    type Value = (Option<&'de RawValue>, String);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let mut rest = String::from("{");
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value::<&RawValue>()?;
            if key == self.0 {
                found = Some(value);
                continue;
            }
            if rest.len() > 1 {
                rest.push(',');
            }
            rest.push_str(&serde_json::to_string(&key).map_err(A::Error::custom)?);
            rest.push(':');
            rest.push_str(value.get());
        }
        rest.push('}');
        Ok((found, rest))
    }
}

/// Calls `f` with each element of an array. `f`'s own error ends the walk.
pub(super) fn each_element<E: From<JsonError>>(
    array: &RawValue,
    f: impl FnMut(&RawValue) -> Result<(), E>,
) -> Result<(), E> {
    struct Each<F, E>(F, Option<E>);

    impl<'de, F: FnMut(&RawValue) -> Result<(), E>, E> Visitor<'de> for &mut Each<F, E> {
        type Value = ();

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
            while let Some(element) = seq.next_element::<&RawValue>()? {
                if let Err(error) = (self.0)(element) {
                    self.1 = Some(error);
                    return Err(A::Error::custom("stopped"));
                }
            }
            Ok(())
        }
    }

    let mut each = Each(f, None);
    let mut reader = serde_json::Deserializer::from_str(array.get());
    let outcome = reader.deserialize_seq(&mut each);
    match (outcome, each.1) {
        (_, Some(error)) => Err(error),
        (Err(error), None) => Err(JsonError::NotJson(describe(&error)).into()),
        (Ok(()), None) => Ok(()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn find(pointer: &str, body: &str) -> Option<String> {
        let found = Pointer::parse(pointer)
            .unwrap()
            .find(body.as_bytes())
            .unwrap();
        found.map(|value| value.get().to_owned())
    }

    #[test]
    fn many_keys_into_a_large_body_are_refused() {
        let nested = |bytes: usize| {
            let text = "x".repeat(bytes);
            format!("{}\"{text}\"{}", "{\"a\":".repeat(64), "}".repeat(64))
        };
        let deep = Pointer::parse(&"/a".repeat(64)).unwrap();
        let refused = |body: &str| matches!(deep.find(body.as_bytes()), Err(JsonError::TooMuch(_)));
        assert!(!refused(&nested(1000)));
        let large = nested(1_250_000);
        assert!(refused(&large));
        assert!(matches!(split(&large, &deep), Err(JsonError::TooMuch(_))));
        let few = Pointer::parse("/a/a/a").unwrap();
        assert!(few.find(large.as_bytes()).unwrap().is_some());
    }

    #[test]
    fn pointers_find_members_and_elements() {
        let body = r#"{"a":{"b":[10,{"c~d/e":1.50}]},"":0,"a b":null}"#;
        assert_eq!(find("/a/b/0", body).as_deref(), Some("10"));
        assert_eq!(find("/a/b/1/c~0d~1e", body).as_deref(), Some("1.50"));
        assert_eq!(find("/", body).as_deref(), Some("0"));
        assert_eq!(find("/a b", body).as_deref(), Some("null"));
        assert_eq!(find("", "[1]").as_deref(), Some("[1]"));
        for absent in ["/b", "/a/b/2", "/a/b/x", "/a/b/0/c"] {
            assert_eq!(find(absent, body), None, "{absent}");
        }
    }

    #[test]
    fn escaped_keys_are_the_same_keys() {
        assert_eq!(find("/é", r#"{"\u00e9":1}"#).as_deref(), Some("1"));
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        assert_eq!(find("/a", r#"{"a":1,"a":2}"#).as_deref(), Some("2"));
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(find("/a", "\u{feff}{\"a\":1}").as_deref(), Some("1"));
    }

    #[test]
    fn errors_show_no_content() {
        let error = Pointer::parse("/a").unwrap().find(b"SECRET").unwrap_err();
        assert!(!error.to_string().contains("SECRET"), "{error}");
        assert!(matches!(Pointer::parse("a"), Err(JsonError::BadPointer(_))));
    }
}
