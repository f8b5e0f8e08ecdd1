//! The page of records being answered.
//!
//! A guest hands records over as JSON text, one by one, in batches, or as a pointer into a body the host holds
//! ([`Page::emit_json`]). Each is checked to be one JSON object and written, escaped as AppFlow wants it (a record is a
//! JSON string), straight into the bytes of the answer. The page knows how many records AppFlow asked for and how many
//! bytes Lambda lets through, so no guest has to reckon with either.

mod check;
mod json;
mod kinds;
mod moment;
mod picker;

use std::time::Instant;

pub use check::{Deviation, Fields, SharedFields};
pub(crate) use json::string;
pub use json::{JsonError, Pointer};
pub use kinds::Found;

use bytes::Bytes;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::mechanism;

/// Why records were not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PageError {
    /// The text is not one JSON object.
    #[error("record {index} is not one JSON object: {reason}")]
    NotAnObject {
        /// Number of the record in the page, from 0.
        index: usize,
        /// What is wrong, without any of the record's text.
        reason: String,
    },
    /// A single record is larger than a page may be.
    #[error(
        "record {index} takes {bytes} bytes of the answer, more than the {limit} a page may have; select fewer fields"
    )]
    RecordTooLarge {
        /// Number of the record in the page, from 0.
        index: usize,
        /// Its size, escaped.
        bytes: usize,
        /// The largest size.
        limit: usize,
    },
    /// The offsets of a batch do not lie in its text.
    #[error("the offsets of the batch do not divide its text: {0}")]
    Offsets(&'static str),
    /// The invocation's time was over while records were being picked.
    #[error(
        "the time was over while records were picked; pick fewer values from deep inside of large ones"
    )]
    Late,
    /// The operation returns no records.
    #[error("records can be emitted in `source.query` and `source.retrieve` only")]
    NotAllowed,
    /// The body holds no array of records where one was expected.
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// A field of an output record: its key, and where it is found in the application's record.
#[derive(Debug, Clone)]
pub struct Pick {
    /// Key in the record.
    pub name: String,
    /// Key, or JSON pointer if it begins with `/`, in the application's record.
    pub path: String,
}

/// What became of an array of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// Records taken now.
    pub taken: usize,
    /// Records after the skipped and the taken ones.
    pub left: usize,
    /// Records in the array.
    pub total: usize,
    /// The other top-level values of the body, as a JSON object.
    pub rest: String,
}

/// The records of one answer, escaped.
pub struct Page {
    records: Vec<u8>,
    count: usize,
    max_records: usize,
    max_bytes: usize,
    full: bool,
    allowed: bool,
    /// When a page that holds something counts as full, so that there is time for its token and its way out.
    closes: Option<Instant>,
    /// When the invocation's time is over.
    ends: Option<Instant>,
    fields: Option<SharedFields>,
    tally: check::Tally,
    looks_at_all: bool,
    /// Whether all records came from arrays that were taken whole.
    whole: bool,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Page")
            .field("count", &self.count)
            .field("bytes", &self.records.len())
            .field("full", &self.full)
            .finish_non_exhaustive()
    }
}

impl Page {
    /// A page of at most `max_records` records and `max_bytes` bytes, commas and quotes included.
    #[must_use]
    pub fn new(max_records: usize, max_bytes: usize) -> Self {
        Self {
            records: Vec::new(),
            count: 0,
            max_records,
            max_bytes: if mechanism::off("limits.page-bytes") {
                usize::MAX
            } else {
                max_bytes
            },
            full: false,
            allowed: true,
            closes: None,
            ends: None,
            fields: None,
            tally: check::Tally::default(),
            looks_at_all: false,
            whole: true,
        }
    }

    /// The same, full at `closes` if it holds anything by then, and failing at `ends`: a part of the records now and a token are better than a
    /// connector that is stopped with all of them in its hands.
    #[must_use]
    pub fn closing_at(self, closes: Instant, ends: Instant) -> Self {
        Self {
            closes: Some(closes),
            ends: Some(ends),
            ..self
        }
    }

    /// The same with knowledge of the entity's fields: records are held against them, and a text that merely looks like a
    /// point in time stays as it is.
    #[must_use]
    pub fn with_fields(self, fields: SharedFields) -> Self {
        Self {
            fields: Some(fields),
            ..self
        }
    }

    /// The same, with every record held against the fields where otherwise records that come as they are are sampled.
    #[must_use]
    pub fn looking_at_all(self, looks_at_all: bool) -> Self {
        Self {
            looks_at_all,
            ..self
        }
    }

    /// A page for operations that return no records: every record is refused.
    #[must_use]
    pub fn closed() -> Self {
        Self {
            allowed: false,
            ..Self::new(0, 0)
        }
    }

    /// Whether this is the page of an operation that returns records.
    #[must_use]
    pub fn takes_records(&self) -> bool {
        self.allowed
    }

    /// Records in the page.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Records that still find room; 0 once one did not.
    #[must_use]
    pub fn records_left(&self) -> usize {
        if self.full {
            0
        } else {
            self.max_records - self.count
        }
    }

    /// Bytes of the answer still free; 0 once a record found no room.
    #[must_use]
    pub fn bytes_left(&self) -> usize {
        if self.full {
            0
        } else {
            self.max_bytes.saturating_sub(self.records.len())
        }
    }

    /// Milliseconds until the page counts as full; 0 once a record found no room.
    #[must_use]
    pub fn millis_left(&self) -> u32 {
        if self.full {
            return 0;
        }
        self.closes.map_or(u32::MAX, |closes| {
            let left = closes.saturating_duration_since(Instant::now());
            u32::try_from(left.as_millis()).unwrap_or(u32::MAX)
        })
    }

    /// True if a record was turned away.
    #[must_use]
    pub fn turned_away(&self) -> bool {
        self.full
    }

    /// Whether every record holds all key fields of the entity's definition, which then are different for every record.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        self.known_fields()
            .is_some_and(|fields| self.tally.all_keyed(fields))
    }

    /// Whether there are records, all of them from arrays that [`Page::emit_json`] took from their first to their last.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole && self.count > 0
    }

    /// In what the records deviate from the entity's definition, by field and kind.
    #[must_use]
    pub fn deviations(&self) -> Vec<Deviation> {
        self.known_fields()
            .map(|fields| self.tally.deviations(fields))
            .unwrap_or_default()
    }

    fn known_fields(&self) -> Option<&Fields> {
        // Not one record was looked at before the fields were made.
        self.fields
            .as_ref()
            .filter(|_| self.count > 0)?
            .as_ref()
            .as_ref()
    }

    /// The same as [`Page::into_bytes`], to look at.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.records
    }

    /// The inside of the answer's array: JSON strings with commas between them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.records
    }

    /// Adds a record; false if it found no room.
    ///
    /// # Errors
    ///
    /// [`PageError`] if the text is not one JSON object or larger than a whole page.
    pub fn emit(&mut self, text: &str) -> Result<bool, PageError> {
        self.check_allowed()?;
        if self.is_over() {
            return Ok(false);
        }
        let index = self.count;
        let refuse = |reason: String| PageError::NotAnObject { index, reason };
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| refuse(json::describe(&error)))?;
        if !raw.get().starts_with('{') {
            return Err(refuse("it is another kind of JSON".to_owned()));
        }
        self.whole = false;
        let taken = self.push(raw.get())?;
        if taken {
            self.look_at(raw.get());
        }
        Ok(taken)
    }

    /// Adds records that lie end to end in `text`, by their end offsets in bytes; returns how many found room.
    ///
    /// # Errors
    ///
    /// [`PageError::Offsets`] before any record is taken if the offsets do not divide the text at character bounds in
    /// ascending order; otherwise as [`Page::emit`], where records before the refused one stay in the page.
    pub fn emit_batch(&mut self, text: &str, ends: &[u32]) -> Result<usize, PageError> {
        self.check_allowed()?;
        // The offsets are checked before the first record is taken, and nothing is kept of them: they are as many as the
        // guest likes.
        let mut start = 0;
        for end in ends {
            slice(text, &mut start, *end)?;
        }
        if start != text.len() {
            return Err(PageError::Offsets("the last one must be the text's length"));
        }
        let mut start = 0;
        let mut taken = 0;
        for end in ends {
            if !self.emit(slice(text, &mut start, *end)?)? {
                break;
            }
            taken += 1;
        }
        Ok(taken)
    }

    /// Adds the records of the array at `pointer` in a JSON body, after the first `skip`.
    ///
    /// # Errors
    ///
    /// [`PageError::Json`] if the body is not JSON or holds no array there; [`PageError::NotAnObject`] if an element is
    /// not an object. Records before the refused one stay in the page.
    pub fn emit_json(
        &mut self,
        body: &Bytes,
        pointer: &str,
        picks: &[Pick],
        skip: usize,
    ) -> Result<Emitted, PageError> {
        self.check_allowed()?;
        let pointer = Pointer::parse(pointer)?;
        let text = json::text(body)?;
        let (array, rest) = json::split(text, &pointer)?;
        let fields = self.fields.clone();
        let mut picker = picker::Picker::new(
            picks,
            fields.as_ref().and_then(|fields| fields.as_ref().as_ref()),
        )?;
        let mut seen = 0;
        let mut taken = 0;
        let mut scratch = Vec::new();
        let outcome = json::each_element(array, |element| {
            seen += 1;
            if seen <= skip || self.full {
                return Ok(());
            }
            if self.is_over() {
                return Ok(());
            }
            let index = self.count;
            if !element.get().starts_with('{') {
                return Err(PageError::NotAnObject {
                    index,
                    reason: "it is another kind of JSON".to_owned(),
                });
            }
            let record = if picks.is_empty() {
                element.get()
            } else {
                scratch.clear();
                picker.pick(
                    index,
                    element,
                    self.max_bytes,
                    self.ends,
                    &mut self.tally,
                    &mut scratch,
                )?;
                // The scratch is made of JSON text and of strings written by serde_json, so it is UTF-8.
                std::str::from_utf8(&scratch).map_err(|_| PageError::Json(JsonError::NotUtf8))?
            };
            if self.push(record)? {
                taken += 1;
                if picks.is_empty() {
                    self.look_at(record);
                }
            }
            Ok(())
        });
        outcome?;
        self.whole &= taken == seen;
        let skipped = skip.min(seen);
        Ok(Emitted {
            taken,
            left: seen - skipped - taken,
            total: seen,
            rest,
        })
    }

    fn check_allowed(&self) -> Result<(), PageError> {
        if self.allowed {
            Ok(())
        } else {
            Err(PageError::NotAllowed)
        }
    }

    /// Whether no record finds room any more, and if so remembers that one was turned away.
    fn is_over(&mut self) -> bool {
        let late = self.count > 0 && self.closes.is_some_and(|closes| Instant::now() >= closes);
        if self.records_left() == 0 || late {
            self.full = true;
        }
        self.full
    }

    /// Holds a record against the entity's definition, if there is one: the first hundred, and every tenth after them, unless
    /// all are asked for.
    ///
    /// Here the record has to be read once more, which for all of them would cost half of the time that a page of 5 MB takes.
    /// Picked records are in parts anyway, so each of them is looked at.
    fn look_at(&mut self, record: &str) {
        const ALL_OF: usize = 100;
        const THEN_EVERY: usize = 10;
        let in_sample = self.count <= ALL_OF || self.count.is_multiple_of(THEN_EVERY);
        if !in_sample && !self.looks_at_all {
            return;
        }
        if let Some(fields) = self
            .fields
            .as_ref()
            .and_then(|fields| fields.as_ref().as_ref())
            && !crate::mechanism::off("answers.record-types")
        {
            self.tally.look_at(fields, record);
        }
    }

    /// Writes one record at the end, and takes it back if the page has become too large.
    fn push(&mut self, record: &str) -> Result<bool, PageError> {
        let before = self.records.len();
        // Escaping makes no text shorter, so what cannot fit is known before it is written.
        let least = before + usize::from(before > 0) + record.len() + 2;
        let mut after = least;
        if least <= self.max_bytes {
            if before > 0 {
                self.records.push(b',');
            }
            escape(record, &mut self.records);
            after = self.records.len();
            if after <= self.max_bytes {
                self.count += 1;
                return Ok(true);
            }
            self.records.truncate(before);
        }
        if before == 0 {
            return Err(PageError::RecordTooLarge {
                index: self.count,
                bytes: after,
                limit: self.max_bytes,
            });
        }
        self.full = true;
        Ok(false)
    }
}

/// The part of a batch that ends at `end`; moves `start` there.
fn slice<'t>(text: &'t str, start: &mut usize, end: u32) -> Result<&'t str, PageError> {
    let end = usize::try_from(end).unwrap_or(usize::MAX);
    if end < *start {
        return Err(PageError::Offsets("they must ascend"));
    }
    let part = text.get(*start..end).ok_or(PageError::Offsets(
        "one lies outside of it or inside a character",
    ))?;
    *start = end;
    Ok(part)
}

/// Appends `text` as a JSON string.
fn escape(text: &str, out: &mut Vec<u8>) {
    // Writing a string into a vector cannot fail.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
