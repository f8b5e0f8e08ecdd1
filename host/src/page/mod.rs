//! The page of records being answered.
//!
//! A guest hands records over as JSON text, one by one, in batches, or as a pointer into a body the host holds
//! ([`Page::emit_json`]). Each is checked to be one JSON object and written, escaped as AppFlow wants it (a record is a
//! JSON string), straight into the bytes of the answer. The page knows how many records AppFlow asked for and how many
//! bytes Lambda lets through, so no guest has to reckon with either.

mod array;
mod check;
mod error;
mod escape;
mod json;
mod kinds;
mod moment;
mod names;
mod picker;
mod scan;

use std::time::Instant;

pub use check::{Deviation, Fields, SharedFields};
pub use error::PageError;
pub(crate) use json::string;
pub use json::{JsonError, Pointer};
pub use kinds::Found;

use array::{Mark, Walk};
use escape::escape;
use picker::Picker;

use crate::appflow::{MAX_ANSWER_BYTES, Records};
use crate::mechanism;

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
    records: Records,
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
            records: Records::default(),
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

    /// The inside of the answer's array: JSON strings with commas between them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.records.inside()
    }

    /// The same, for the answer.
    #[must_use]
    pub fn into_records(self) -> Records {
        self.records
    }

    /// Adds a record; false if it found no room.
    ///
    /// # Errors
    ///
    /// [`PageError`] if the text is not one JSON object or larger than a whole page.
    pub fn emit(&mut self, text: &str) -> Result<bool, PageError> {
        self.check_allowed()?;
        if self.is_over(true) {
            return Ok(false);
        }
        let record = json::whole(text).map_err(|error| PageError::NotAnObject {
            index: self.count,
            reason: match error {
                JsonError::NotJson(reason) => reason,
                other => other.to_string(),
            },
        })?;
        if !record.text.starts_with('{') {
            return Err(self.another_kind());
        }
        self.whole = false;
        let taken = self.push(record.text)?;
        if taken {
            self.look_at(record.text);
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
    /// [`PageError::Json`] if the body is not JSON or holds no array there, in which case none of its records is taken;
    /// [`PageError::NotAnObject`] or another one if a record is refused. Records before that one stay in the page.
    pub fn emit_json(
        &mut self,
        body: &[u8],
        pointer: &str,
        picks: &[Pick],
        skip: usize,
    ) -> Result<Emitted, PageError> {
        self.check_allowed()?;
        let pointer = Pointer::parse(pointer)?;
        let text = json::text(body)?;
        let fields = self.fields.clone();
        let known = fields.as_ref().and_then(|fields| fields.as_ref().as_ref());
        let picker = match picks {
            [] => None,
            picks => Some(Picker::new(picks, known)?),
        };
        // Most pages need no more than this: what escaping adds, connectors leave out.
        self.make_room(text.len() + text.len() / 8);
        let mut walk = Walk {
            page: self,
            picker,
            skip,
        };
        let walked = walk.through(text, &pointer.keys);
        let walked = walked.map_err(|_| json::refused(text))?;
        if !walked.found {
            return Err(pointer.without_array().into());
        }
        if let Some(error) = walked.refused {
            return Err(error);
        }
        self.whole &= walked.taken == walked.seen;
        let skipped = skip.min(walked.seen);
        Ok(Emitted {
            taken: walked.taken,
            left: walked.seen - skipped - walked.taken,
            total: walked.seen,
            rest: walked.rest,
        })
    }

    fn mark(&self) -> Mark {
        Mark {
            bytes: self.records.len(),
            count: self.count,
            full: self.full,
            tally: self.tally.clone(),
        }
    }

    /// Takes back what came since the mark.
    fn back_to(&mut self, mark: &Mark) {
        self.records.truncate(mark.bytes);
        self.count = mark.count;
        self.full = mark.full;
        self.tally = mark.tally.clone();
    }

    fn another_kind(&self) -> PageError {
        PageError::NotAnObject {
            index: self.count,
            reason: "it is another kind of JSON".to_owned(),
        }
    }

    fn check_allowed(&self) -> Result<(), PageError> {
        if self.allowed {
            Ok(())
        } else {
            Err(PageError::NotAllowed)
        }
    }

    /// Whether no record finds room any more, and if so remembers that one was turned away. The time is part of it where the
    /// clock is looked at.
    fn is_over(&mut self, looks_at_clock: bool) -> bool {
        let late = looks_at_clock
            && self.count > 0
            && self.closes.is_some_and(|closes| Instant::now() >= closes);
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

    /// Makes room for so many bytes at once, or for a whole page if that is less. Memory that is not written to costs nothing, and
    /// a page that grows bit by bit may be copied each time.
    fn make_room(&mut self, bytes: usize) {
        // The escaper wants more than it writes.
        const SPARE: usize = 64 * 1024;
        let free = self.max_bytes.saturating_sub(self.records.len());
        self.records.reserve(free.min(bytes).saturating_add(SPARE));
    }

    /// Writes one record at the end, unless it finds no room.
    fn push(&mut self, record: &str) -> Result<bool, PageError> {
        /// A page that has grown so far is likely to become a full one.
        const LARGE: usize = 256 * 1024;
        let before = self.records.len();
        if before > LARGE && self.records.is_at_capacity(6 * record.len()) {
            self.make_room(MAX_ANSWER_BYTES);
        }
        let max_bytes = self.max_bytes;
        let bytes = self.records.add(|out, head| {
            // Escaping makes no text shorter, so what cannot fit is known before it is written.
            let least = out.len() - head + record.len() + 2;
            if least > max_bytes {
                return least;
            }
            escape(record, out);
            out.len() - head
        });
        self.settle(before, bytes)
    }

    /// The same with the values that were picked of a record.
    fn push_picked(&mut self, picker: &mut Picker<'_, '_>) -> Result<bool, PageError> {
        let before = self.records.len();
        let (max_bytes, ends, tally) = (self.max_bytes, self.ends, &mut self.tally);
        let written = self.records.add(|out, head| {
            let limit = max_bytes.saturating_add(head);
            picker
                .write(limit, ends, tally, out)
                .map(|bytes| bytes - head)
        });
        match written {
            Ok(bytes) => self.settle(before, bytes),
            Err(error) => {
                self.records.truncate(before);
                Err(error)
            }
        }
    }

    /// Counts a record that makes the page so large, or takes it back if that is too large.
    fn settle(&mut self, before: usize, bytes: usize) -> Result<bool, PageError> {
        if bytes <= self.max_bytes {
            self.count += 1;
            return Ok(true);
        }
        self.records.truncate(before);
        if before == 0 {
            return Err(PageError::RecordTooLarge {
                index: self.count,
                bytes,
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
