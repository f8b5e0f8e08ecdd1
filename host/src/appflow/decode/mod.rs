//! Request bytes to types, tolerantly.

mod answers;
mod entities;
mod find_type;
mod reader;
mod requests;
#[cfg(test)]
mod tests;

use super::{EntityDefinition, ErrorCode, ErrorDetails, Operation, Request};
pub use answers::decode_answer;
use reader::{Fault, Object, Path};

/// Largest request taken, in bytes: Lambda's own limit of a synchronous payload.
pub const MAX_REQUEST_BYTES: usize = 6 * 1024 * 1024;

/// Why a request cannot be read. AppFlow is told `InvalidArgument`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DecodeError {
    /// The operation; none if `type` is missing or unknown. Known also where another part is malformed.
    pub operation: Option<Operation>,
    /// One line that names the property and what was expected, never a value.
    pub message: String,
}

impl From<&DecodeError> for ErrorDetails {
    fn from(error: &DecodeError) -> Self {
        Self::new(ErrorCode::InvalidArgument, &error.message)
    }
}

/// Reads a request.
///
/// Unknown properties are skipped, however deep they are nested. A property that is missing is the same as one that is
/// null, and where it comes twice the last one counts. Text may come as number or boolean, a number as text, a boolean
/// as `"true"`, `"True"`, `"TRUE"` and the like. Nulls in maps are dropped; in lists they are refused.
///
/// # Errors
///
/// Anything that is not UTF-8, not JSON, not an object or larger than [`MAX_REQUEST_BYTES`]; a missing or unknown
/// `type`; a required property that is missing; a property of the wrong type; an unknown `scope` or `operation`; a page
/// size below 1; a name longer than 2,048 characters; a list of more than 500,000 items.
pub fn decode(body: &[u8]) -> Result<Request, DecodeError> {
    let broken = |message: String| DecodeError {
        operation: find_type::find_type(body),
        message,
    };
    if body.len() > MAX_REQUEST_BYTES {
        return Err(broken(format!(
            "request: larger than {MAX_REQUEST_BYTES} bytes"
        )));
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        broken(format!(
            "request: not UTF-8 at byte {}",
            error.valid_up_to() + 1
        ))
    })?;
    let object =
        object_of(text, &Path::Root("request")).map_err(|Fault(message)| broken(message))?;

    let unknown = |message: String| DecodeError {
        operation: None,
        message,
    };
    let name = object
        .identifier("type")
        .map_err(|Fault(message)| unknown(message))?;
    let operation = Operation::from_request_type(&name)
        .ok_or_else(|| unknown("type: not one of AppFlow's eight requests".to_owned()))?;
    requests::request(operation, &object).map_err(|Fault(message)| DecodeError {
        operation: Some(operation),
        message,
    })
}

pub(crate) fn entity_definition(text: &str) -> Result<EntityDefinition, DecodeError> {
    let context = Path::Property(&Path::Root("request"), "connectorContext");
    let path = Path::Property(&context, "entityDefinition");
    object_of(text, &path)
        .and_then(entities::definition)
        .map_err(|Fault(message)| DecodeError {
            operation: None,
            message,
        })
}

/// The object that is a whole text. Messages of `serde_json` are not passed on: some hold values.
fn object_of<'a, 'p>(text: &'a str, path: &'p Path<'p>) -> Result<Object<'a, 'p>, Fault> {
    let error = match serde_json::from_str(text) {
        Ok(properties) => return Ok(Object::new(properties, path)),
        Err(error) => error,
    };
    let is_object = text.trim_ascii_start().starts_with('{');
    Err(
        if !is_object && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
            Fault::new(path, "expected an object")
        } else if error.is_data() {
            Fault::new(path, "too many properties")
        } else {
            Fault::new(
                path,
                format_args!(
                    "not JSON at line {}, column {}",
                    error.line(),
                    error.column()
                ),
            )
        },
    )
}
