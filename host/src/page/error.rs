//! What can be wrong with records.

use thiserror::Error;

use super::json::JsonError;

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
