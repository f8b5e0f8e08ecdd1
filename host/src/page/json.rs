//! Finding values in a JSON text without building a tree of it.
//!
//! Every function looks at the text once and keeps slices of it, so numbers of any length stay as they were written.

use serde::de::IgnoredAny;
use thiserror::Error;

use super::scan::{Broken, Raw, Scanner};
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
    pub fn find<'a>(&self, body: &'a [u8]) -> Result<Option<&'a str>, JsonError> {
        let text = text(body)?;
        let found = match self.keys.split_first() {
            None => Some(whole(text)?),
            Some((first, deeper)) => match member(text, first)? {
                Some(value) => follow(value, deeper)?,
                None => None,
            },
        };
        Ok(found.map(|value| value.text))
    }

    /// The error of a body that holds no array here.
    pub(super) fn without_array(&self) -> JsonError {
        JsonError::NoArray(self.text.clone())
    }
}

/// The value to which keys lead, one inside of the other.
fn follow<'a>(root: Raw<'a>, keys: &[String]) -> Result<Option<Raw<'a>>, JsonError> {
    let bodies = root.text.len().saturating_mul(MOST_WALKED_BODIES);
    let mut left = bodies.saturating_add(MOST_WALKED_BYTES);
    let mut value = root;
    for key in keys {
        left = match left.checked_sub(value.text.len()) {
            Some(left) => left,
            None if mechanism::off("limits.pointer-walk") => 0,
            None => {
                return Err(JsonError::TooMuch(
                    "a few keys of a JSON pointer into so large an answer",
                ));
            }
        };
        match member(value.text, key)? {
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

/// Why a text is not JSON, which is known of it.
pub(super) fn refused(text: &str) -> JsonError {
    JsonError::NotJson(match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => describe(&error),
        // Names are decoded only where they are compared.
        Ok(_) => "the name of a member holds what no text can".to_owned(),
    })
}

/// The one value in a text.
pub(super) fn whole(text: &str) -> Result<Raw<'_>, JsonError> {
    let mut scanner = Scanner::new(text);
    let value = scanner.value().and_then(|value| {
        scanner.end()?;
        Ok(value)
    });
    value.map_err(|Broken| refused(text))
}

/// A member of the object in a text, or an element of the array by its number. Of equal names the last one counts.
pub(super) fn member<'a>(text: &'a str, key: &str) -> Result<Option<Raw<'a>>, JsonError> {
    walk_to(text, key).map_err(|Broken| refused(text))
}

fn walk_to<'a>(text: &'a str, key: &str) -> Result<Option<Raw<'a>>, Broken> {
    let mut scanner = Scanner::new(text);
    let mut found = None;
    match scanner.peek() {
        Some(b'{') => scanner.object(|scanner, name| {
            let matches = name.name()? == key;
            let value = scanner.value()?;
            if matches {
                found = Some(value);
            }
            Ok(())
        })?,
        Some(b'[') => {
            let wanted = key.parse::<usize>().ok();
            let mut index = 0;
            scanner.array(|scanner| {
                let value = scanner.value()?;
                if wanted == Some(index) {
                    found = Some(value);
                }
                index += 1;
                Ok(())
            })?;
        }
        _ => drop(scanner.value()?),
    }
    scanner.end()?;
    Ok(found)
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
        found.map(str::to_owned)
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
