//! Amazon AppFlow's Lambda protocol: what a custom connector's function is asked and what it answers.
//!
//! This is the only module that knows AppFlow's JSON. A request body becomes a [`Request`] by [`decode`]; an
//! [`Answer`] or an [`ErrorDetails`] becomes a response body by [`encode`].
//!
//! **Reading is tolerant**: unknown properties are ignored at every level, a missing optional property is the same as
//! `null`, scalars are taken for strings, numeric strings for numbers, `"true"` for `true`. Values that only describe
//! something may be newer than this code ([`OrUnknown`]). Where a property comes twice the last one counts.
//!
//! **Writing is strict**: the form of AppFlow's Java SDK (`aws-appflow-custom-connector-java` 1.0.9), required
//! properties always present, unset ones left out, never an empty `nextToken`. [`validate`] tells whether AppFlow could
//! decode and use an answer that was made from a component's words.
//!
//! No error message made here contains a value of a request, only names of properties.

mod decode;
mod encode;
pub mod model;
mod operation;
mod validate;

pub use decode::{DecodeError, MAX_REQUEST_BYTES, decode, decode_answer};
pub use encode::{
    Identity, MAX_ANSWER_BYTES, encode, encode_failure, encode_whole, query_overhead_bytes,
    retrieve_overhead_bytes,
};
pub use model::*;
pub use operation::Operation;
pub use validate::{Problem, Severity, validate};
