//! Why an operation failed, as AppFlow is told.

use super::enums::ErrorCode;
use crate::log;
use serde::Serialize;

/// Longest error message sent to AppFlow, in characters. AppFlow keeps 2,048 characters for the text of a failed run,
/// its own words included; half of that leaves room for them.
pub const MAX_MESSAGE_CHARS: usize = 1024;

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails {
    /// AppFlow's code.
    #[serde(rename = "errorCode")]
    pub code: ErrorCode,
    /// One line for the user, without secrets, records or filter values.
    #[serde(rename = "errorMessage")]
    pub message: String,
    /// Seconds after which the operation may be tried again; left out if negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<i32>,
}

impl ErrorDetails {
    /// An error with a message that is made fit: one line, at most [`MAX_MESSAGE_CHARS`] characters.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl AsRef<str>) -> Self {
        Self {
            code,
            message: fit(message.as_ref()),
            retry_after_seconds: None,
        }
    }

    /// The same error with a delay.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: Option<i32>) -> Self {
        self.retry_after_seconds = seconds;
        self
    }

    /// The form that is sent: message made fit, negative delay removed.
    #[must_use]
    pub(crate) fn fit(&self) -> Self {
        Self {
            code: self.code,
            message: fit(&self.message),
            retry_after_seconds: self.retry_after_seconds.filter(|seconds| *seconds >= 0),
        }
    }
}

/// A message made fit. A connector may say nothing, or nothing that can be shown; AppFlow's users need a text all the same.
fn fit(message: &str) -> String {
    let line = log::message(message, MAX_MESSAGE_CHARS);
    if line.is_empty() {
        return "no reason was given".to_owned();
    }
    line
}
