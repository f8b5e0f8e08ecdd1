//! The page of records being answered, by [`Source::query`](crate::Source::query) or
//! [`Source::retrieve`](crate::Source::retrieve).
//!
//! A page is full when it holds as many records as AppFlow asked for, when the answer would become larger than Lambda
//! allows (6 MB), or when the time is nearly over. Each function says how many records were taken, and the connector
//! returns a token from which the next call goes on. [`Paging`] does all of this for applications that page by link,
//! cursor, offset or page number; the functions are for the others.

use crate::bindings::wit_host::page as wit;
use crate::http::Response;
use crate::{Error, Result, host};

#[doc(inline)]
pub use crate::paging::{At, Next, Paging};
#[doc(inline)]
pub use crate::record::Record;
#[doc(inline)]
pub use wit::{Emitted, FieldPick as Pick, Space};

impl Pick {
    /// A field of the output record and where it is in the application's: a key, or, beginning with `/`, a JSON
    /// pointer (RFC 6901).
    pub fn new(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
        }
    }

    /// Its path as a JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        if self.path.starts_with('/') {
            return self.path.clone();
        }
        format!("/{}", self.path.replace('~', "~0").replace('/', "~1"))
    }

    /// Fields that have the same key in both, such as [`QueryRequest::fields`](crate::QueryRequest::fields).
    pub fn same<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Vec<Self> {
        names
            .into_iter()
            .map(|name| Self::new(name.as_ref(), name.as_ref()))
            .collect()
    }
}

impl Emitted {
    /// Turns records that found no room into an error, for `retrieve`, which has no further pages.
    ///
    /// # Errors
    /// `InvalidArgument` if records were left.
    pub fn all(self) -> Result<Self> {
        if self.left == 0 {
            Ok(self)
        } else {
            Err(too_many())
        }
    }
}

fn too_many() -> Error {
    Error::invalid_argument("the records do not fit into one answer; ask for fewer")
}

/// Adds a record, the text of one JSON object; false if it found no room. See [`Record`] for a text without JSON.
///
/// # Errors
/// `InvalidArgument` if it is not one JSON object, or is larger than a whole page may be.
#[must_use = "false means that the record was not taken"]
pub fn emit(record: impl AsRef<str>) -> Result<bool> {
    host::emit(record.as_ref())
}

/// Adds the records of a JSON array in an answer's body, without moving them through the connector.
///
/// The array lies at a JSON pointer (RFC 6901), such as `/records`, or is the whole body for an empty one. Each record
/// becomes an object of the picked fields, or stays as it is if there are none. The body is used up.
///
/// # Errors
/// [`Error::Http`] unless the status is 2xx, `ServerError` if the body is not JSON or holds no array there.
pub fn emit_json(response: &Response, pointer: &str, picks: &[Pick]) -> Result<Emitted> {
    emit_json_from(response, pointer, picks, 0)
}

/// Like [`emit_json`], passing over the first records of the array.
///
/// # Errors
/// As of [`emit_json`].
pub fn emit_json_from(
    response: &Response,
    pointer: &str,
    picks: &[Pick],
    skip: u32,
) -> Result<Emitted> {
    host::emit_json(&response.0, pointer, picks, skip)
}

/// Room left; where one value is 0, the page is full.
pub fn room() -> Space {
    host::room()
}

/// Whether the page is full: by records, bytes or time.
pub fn is_full() -> bool {
    let room = room();
    room.records_left == 0 || room.bytes_left == 0 || room.millis_left == 0
}

/// Bytes collected before they are handed to the host.
const BATCH_BYTES: usize = 64 * 1024;

/// Records on their way into the page in batches, quicker than one [`emit`] each.
///
/// ```no_run
/// # use appflow_connector::page::{Batch, Record};
/// # fn main() -> appflow_connector::Result<()> {
/// # let rows = ["a", "b"];
/// let mut batch = Batch::new();
/// for row in rows {
///     if !batch.push(Record::new().text("name", row))? {
///         break;
///     }
/// }
/// let taken = batch.finish()?; // go on after so many next time
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Batch {
    text: String,
    ends: Vec<u32>,
    taken: u32,
    full: bool,
}

impl Batch {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record, the text of one JSON object; false once the page is known to be full. A record that was added
    /// may still find no room: what counts is the number that [`finish`](Self::finish) returns.
    ///
    /// # Errors
    /// As of [`emit`].
    pub fn push(&mut self, record: impl AsRef<str>) -> Result<bool> {
        if self.full {
            return Ok(false);
        }
        self.text.push_str(record.as_ref());
        self.ends.push(u32::try_from(self.text.len())?);
        if self.text.len() >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(!self.full)
    }

    /// Hands over what is left, and says how many of the records pushed, from the first on, are in the page.
    ///
    /// # Errors
    /// As of [`emit`].
    pub fn finish(mut self) -> Result<u32> {
        self.flush()?;
        Ok(self.taken)
    }

    fn flush(&mut self) -> Result<()> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let taken = host::emit_batch(&self.text, &self.ends)?;
        self.taken += taken;
        self.full = usize::try_from(taken)? < self.ends.len();
        self.text.clear();
        self.ends.clear();
        Ok(())
    }
}

/// Adds a record and fails if it found no room, for `retrieve`, which has no further pages.
///
/// # Errors
/// As of [`emit`], and `InvalidArgument` if there is no room.
pub fn emit_or_fail(record: impl AsRef<str>) -> Result<()> {
    if emit(record)? {
        Ok(())
    } else {
        Err(too_many())
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use crate::ErrorCode;
    use crate::http;
    use crate::testing::{Answer, FakeHost};

    #[test]
    fn a_batch_says_how_many_records_were_taken() {
        // 1,000 records of 200 bytes: several batches.
        let record = |id: u32| {
            Record::new()
                .integer("id", id)
                .text("pad", &"x".repeat(180))
        };
        for (limit, taken) in [
            (1, 1),
            (327, 327),
            (328, 328),
            (999, 999),
            (1000, 1000),
            (2000, 1000),
        ] {
            let host = FakeHost::new(|_| Answer::status(404)).limit(limit);
            let run = host.run(|| {
                let mut batch = Batch::new();
                for id in 0..1000 {
                    if !batch.push(record(id))? {
                        break;
                    }
                }
                batch.finish()
            });
            assert_eq!(run.result, Ok(taken), "{limit}");
            assert_eq!(run.records.len(), usize::try_from(taken).unwrap());
            assert!(
                run.records
                    .last()
                    .unwrap()
                    .starts_with(&format!("{{\"id\":{},", taken - 1))
            );
        }
    }

    #[test]
    fn what_has_no_further_pages_fails_when_full() {
        let host = FakeHost::new(|_| Answer::json("[{},{},{}]")).limit(2);
        let run = host.run(|| {
            emit_or_fail("{}")?;
            assert!(!is_full());
            emit_or_fail(Record::new())?;
            assert!(is_full());
            emit_or_fail("{}")
        });
        assert_eq!(
            (run.records.len(), run.result.unwrap_err().code()),
            (2, ErrorCode::InvalidArgument)
        );
        let run = host.run(|| emit_json(&http::get("https://a.example").send()?, "", &[])?.all());
        assert_eq!(run.result.unwrap_err().code(), ErrorCode::InvalidArgument);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let host = FakeHost::new(|_| Answer::status(404));
        for text in ["", "[]", "{} {}", "{", "7"] {
            assert_eq!(
                host.run(|| emit(text)).result.unwrap_err().code(),
                ErrorCode::InvalidArgument,
                "{text}"
            );
        }
    }
}
