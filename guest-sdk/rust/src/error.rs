//! The one error type of imports and exports.

use std::fmt;

use crate::bindings::wit_common as wit;

#[doc(inline)]
pub use wit::{ErrorCode, Failure, HttpFailure};

/// Result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed.
///
/// Imports such as [`http`](crate::http) fail with it, and each operation of a connector does, so `?` is all that most
/// code needs. The message is shown to AppFlow's users and kept in the history of their flows: one line, no secrets,
/// no contents of records. The host cuts it at 1,024 characters.
///
/// ```
/// use appflow_connector::{Error, ErrorCode};
///
/// let error = Error::rate_limit_exceeded("the daily quota is used up").retry_after(3600);
/// assert_eq!(error.code(), ErrorCode::RateLimitExceeded);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// An error the connector names itself.
    Failed(Failure),
    /// An answer of the application that is no success; AppFlow's code follows from the status, see [`Error::code`].
    Http(HttpFailure),
    /// The connector does not do this; the text says what. AppFlow is told `InvalidArgument`.
    Unsupported(String),
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $code:ident,)*) => {
        impl Error {
            $($(#[$doc])*
            pub fn $name(message: impl Into<String>) -> Self {
                Self::failed(ErrorCode::$code, message)
            })*
        }
    };
}

constructors! {
    /// Bad input, or a payload or query that is too large.
    invalid_argument => InvalidArgument,
    /// Credentials rejected or expired. With OAuth 2, AppFlow then refreshes the token and asks again.
    invalid_credentials => InvalidCredentials,
    /// Known, but not allowed.
    access_denied => AccessDenied,
    /// The application did not answer in time.
    request_timeout => RequestTimeout,
    /// Too many requests.
    rate_limit_exceeded => RateLimitExceeded,
    /// Temporarily down.
    service_unavailable => ServiceUnavailable,
    /// Any other fault of the caller.
    client_error => ClientError,
    /// Any other fault of the application, such as an answer that makes no sense.
    server_error => ServerError,
    /// Nothing else fits.
    unknown => UnknownError,
    /// Some records of a write failed. Rarely needed: give each record its result instead.
    partial_write_failure => PartialWriteFailure,
    /// An AWS resource is missing, such as the secret.
    resource_not_found => ResourceNotFoundError,
}

impl Error {
    /// An error of any code.
    pub fn failed(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Failed(Failure {
            code,
            message: message.into(),
            retry_after_seconds: None,
        })
    }

    /// An HTTP status as an error.
    pub fn http(status: u16, message: impl Into<String>) -> Self {
        Self::Http(HttpFailure {
            status,
            retry_after_seconds: None,
            message: message.into(),
        })
    }

    /// What the connector does not do, as in "writing to views".
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    /// Says after how many seconds a retry makes sense. Means nothing for [`Error::Unsupported`].
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        match &mut self {
            Self::Failed(failure) => failure.retry_after_seconds = Some(seconds),
            Self::Http(failure) => failure.retry_after_seconds = Some(seconds),
            Self::Unsupported(_) => {}
        }
        self
    }

    /// Puts what was being done before the message: `listing entities: the answer is no JSON`.
    #[must_use]
    pub fn context(mut self, doing: &str) -> Self {
        let message = match &mut self {
            Self::Failed(failure) => &mut failure.message,
            Self::Http(failure) => &mut failure.message,
            Self::Unsupported(message) => message,
        };
        *message = format!("{doing}: {message}");
        self
    }

    /// The code AppFlow will see.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Failed(failure) => failure.code,
            Self::Unsupported(_) => ErrorCode::InvalidArgument,
            Self::Http(failure) => match failure.status {
                400 | 413 | 414 | 422 => ErrorCode::InvalidArgument,
                401 => ErrorCode::InvalidCredentials,
                403 => ErrorCode::AccessDenied,
                408 => ErrorCode::RequestTimeout,
                429 => ErrorCode::RateLimitExceeded,
                503 => ErrorCode::ServiceUnavailable,
                500..=599 => ErrorCode::ServerError,
                _ => ErrorCode::ClientError,
            },
        }
    }

    /// The line for the user.
    pub fn message(&self) -> &str {
        match self {
            Self::Failed(failure) => &failure.message,
            Self::Http(failure) => &failure.message,
            Self::Unsupported(message) => message,
        }
    }

    /// Seconds after which a retry makes sense, if known.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Failed(failure) => failure.retry_after_seconds,
            Self::Http(failure) => failure.retry_after_seconds,
            Self::Unsupported(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => f.write_str(&failure.message),
            Self::Http(failure) => write!(f, "status {}: {}", failure.status, failure.message),
            Self::Unsupported(what) => write!(f, "not supported: {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<wit::Error> for Error {
    fn from(error: wit::Error) -> Self {
        match error {
            wit::Error::Failed(failure) => Self::Failed(failure),
            wit::Error::Http(failure) => Self::Http(failure),
            wit::Error::Unsupported(what) => Self::Unsupported(what),
        }
    }
}

impl From<Error> for wit::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Failed(failure) => Self::Failed(failure),
            Error::Http(failure) => Self::Http(failure),
            Error::Unsupported(what) => Self::Unsupported(what),
        }
    }
}

// The messages of these never repeat the text that was read, so they cannot leak a record or a secret.
macro_rules! from_std {
    ($($error:ty => $what:literal,)*) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::unknown(format!(concat!($what, ": {}"), error))
            }
        })*
    };
}

from_std! {
    std::num::ParseIntError => "a whole number could not be read",
    std::num::ParseFloatError => "a number could not be read",
    std::num::TryFromIntError => "a number is out of range",
    std::str::ParseBoolError => "a boolean could not be read",
    std::str::Utf8Error => "a text is not UTF-8",
    std::fmt::Error => "a text could not be written",
}

impl From<std::string::FromUtf8Error> for Error {
    fn from(error: std::string::FromUtf8Error) -> Self {
        error.utf8_error().into()
    }
}

#[cfg(feature = "json")]
impl From<serde_json::Error> for Error {
    /// Says where, not what: the message of serde_json may repeat values.
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Data => "JSON of an unexpected shape",
            serde_json::error::Category::Eof => "JSON that ends too early",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                "malformed JSON"
            }
        };
        Self::unknown(format!(
            "{what} at line {}, column {}",
            error.line(),
            error.column()
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn statuses_follow_the_contract() {
        let table = [
            (400, ErrorCode::InvalidArgument),
            (401, ErrorCode::InvalidCredentials),
            (403, ErrorCode::AccessDenied),
            (404, ErrorCode::ClientError),
            (408, ErrorCode::RequestTimeout),
            (413, ErrorCode::InvalidArgument),
            (414, ErrorCode::InvalidArgument),
            (422, ErrorCode::InvalidArgument),
            (429, ErrorCode::RateLimitExceeded),
            (500, ErrorCode::ServerError),
            (503, ErrorCode::ServiceUnavailable),
            (504, ErrorCode::ServerError),
            (302, ErrorCode::ClientError),
        ];
        for (status, code) in table {
            assert_eq!(Error::http(status, "").code(), code, "{status}");
        }
    }

    #[test]
    fn std_errors_do_not_repeat_what_was_read() {
        let secret = "s3cr3t";
        let errors: [Error; 4] = [
            secret.parse::<i32>().unwrap_err().into(),
            secret.parse::<f64>().unwrap_err().into(),
            secret.parse::<bool>().unwrap_err().into(),
            String::from_utf8(vec![b's', b'3', 0xff])
                .unwrap_err()
                .into(),
        ];
        for error in errors {
            assert_eq!(error.code(), ErrorCode::UnknownError);
            assert!(!error.to_string().contains("s3"), "{error}");
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn json_errors_say_where_not_what() {
        let error: Error = serde_json::from_str::<u32>("\"s3cr3t\"")
            .unwrap_err()
            .into();
        assert_eq!(
            error.message(),
            "JSON of an unexpected shape at line 1, column 8"
        );
    }

    #[test]
    fn an_error_survives_the_way_through_the_contract() {
        for error in [
            Error::access_denied("no").retry_after(3),
            Error::http(429, "slow").retry_after(7).context("reading"),
            Error::unsupported("views").retry_after(9),
        ] {
            assert_eq!(Error::from(wit::Error::from(error.clone())), error);
        }
        assert_eq!(
            Error::http(429, "slow").context("reading").message(),
            "reading: slow"
        );
    }
}
