//! Captured tokens: values of an answer that are sealed before the guest sees it.

use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::{Sort, Value, Vault};
use crate::credentials::{SealError, Secret};
use crate::mechanism;
use crate::page::{self, Pointer};

/// Longest captured text, in bytes. It is looked for in some twenty forms, each of them up to six times as long.
const LONGEST_CAPTURE: usize = 16 << 10;
/// Most captured texts of one invocation: each makes the search of every later answer longer.
const MOST_CAPTURED: usize = 64;

impl Vault {
    /// Seals the text at each pointer in a JSON body: it is a value of this vault from then on.
    ///
    /// # Errors
    ///
    /// [`SealError::Capture`] if the body is not JSON, or what lies at a pointer is neither a text nor a number: nothing of such a
    /// body may reach the guest.
    pub fn capture(&self, pointers: &[Pointer], body: Bytes) -> Result<Bytes, SealError> {
        if mechanism::off("credentials.capture") {
            return Ok(body);
        }
        let mut body = body;
        for pointer in pointers {
            let found = pointer
                .find(&body)
                .map_err(|_| SealError::Capture("is not JSON"))?;
            let Some(found) = found else { continue };
            let text = match found.as_bytes().first() {
                Some(b'"') => page::string(found)
                    .map_err(|_| SealError::Capture("is not valid Unicode text"))?,
                Some(b'{' | b'[') => {
                    return Err(SealError::Capture(
                        "holds an object or a list where a token was to be sealed",
                    ));
                }
                Some(b'n') => continue,
                _ => found.to_owned(),
            };
            if text.is_empty() {
                continue;
            }
            if text.len() > LONGEST_CAPTURE {
                return Err(SealError::Capture("holds a token of more than 16 KiB"));
            }
            let start = (found.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
            let end = start + found.len();
            let placeholder = self
                .add(text)
                .ok_or(SealError::Capture("is one of too many that hold tokens"))?;
            let mut sealed = Vec::with_capacity(body.len());
            sealed.extend_from_slice(body.get(..start).unwrap_or_default());
            sealed.push(b'"');
            sealed.extend_from_slice(placeholder.as_bytes());
            sealed.push(b'"');
            sealed.extend_from_slice(body.get(end..).unwrap_or_default());
            body = sealed.into();
        }
        Ok(body)
    }

    /// Adds a value of this invocation; returns its placeholder. None if there are too many.
    fn add(&self, text: String) -> Option<String> {
        self.given.store(true, Ordering::Relaxed);
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        let mut known = values.list.iter();
        if let Some(known) = known.find(|value| value.secret.expose() == text) {
            return Some(known.placeholder.to_string());
        }
        let captured = values.list.iter().filter(|value| value.key.is_empty());
        if captured.count() >= MOST_CAPTURED {
            return None;
        }
        let value = Value::new("", Secret::new(text), Sort::Secret, false);
        let placeholder = value.placeholder.to_string();
        values.list.push(value);
        values.in_answers = OnceLock::new();
        values.in_texts = OnceLock::new();
        Some(placeholder)
    }
}
