//! Why an invocation failed, and what AppFlow is told.
//!
//! Errors are divided by who must act: AppFlow's user (a bad request, rejected credentials), the connector's author (a
//! trap, an unusable answer), the operator (a secret that cannot be read, a missing subscription), or nobody but time
//! (throttling, an outage). [`Error::details`] is the one table from here to AppFlow's eleven codes; it has no catch-all
//! arm, so a new variant does not compile until it has its row.

use thiserror::Error;

use crate::appflow::{ErrorCode, ErrorDetails, MAX_MESSAGE_CHARS};
use crate::credentials::{SealError, SecretError};
use crate::egress::{Denial, EgressError};
use crate::engine::TrapKind;
use crate::entitlement::{Refusal, RefusalKind};
use crate::filter::ParseError;
use crate::page::{JsonError, PageError};
use crate::tokens::{Loop, TokenError};

/// Why an invocation failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is malformed or asks for what cannot be done.
    #[error("{0}")]
    Request(String),
    /// The filter expression is not one.
    #[error("filterExpression: {0}")]
    Filter(#[from] ParseError),
    /// The buyer's subscription does not allow the connector's use, or nobody knows.
    #[error("{0}")]
    NotEntitled(Refusal),
    /// The connection's secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The credentials could not be put into a request, or taken out of its answer.
    #[error(transparent)]
    Seal(SealError),
    /// A request to the application could not be made, or its answer not be received.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// The connector named an error itself.
    #[error("{message}")]
    Connector {
        /// AppFlow's code.
        code: ErrorCode,
        /// The connector's message.
        message: String,
        /// When a retry makes sense.
        retry_after_seconds: Option<u32>,
    },
    /// The application answered with a status that is no success.
    #[error("{message}")]
    Upstream {
        /// The status.
        status: u16,
        /// Host and status, or the connector's message.
        message: String,
        /// The answer's `Retry-After`.
        retry_after_seconds: Option<u32>,
    },
    /// The connector does not do this.
    #[error("not supported by this connector: {0}")]
    Unsupported(String),
    /// The connector ended without an answer.
    #[error("{message}")]
    Trap {
        /// How.
        kind: TrapKind,
        /// For the user.
        message: String,
    },
    /// A record or a batch of records handed to the page is not usable.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The connector asked for a value of a body that is not what it takes it for.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The connector's answer breaks AppFlow's rules.
    #[error("the connector's answer cannot be passed on: {0}")]
    Output(String),
    /// The next token is not one that this host sealed, or the connector's own cannot be sealed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The run goes in circles.
    #[error("the connector's answer cannot be passed on: {0}")]
    Loop(#[from] Loop),
    /// The connector exceeded a limit of the host other than memory and time.
    #[error("{0}")]
    Limit(String),
    /// The component cannot be called as this host calls it.
    #[error("the connector does not fit this host's contract: {0}")]
    Contract(String),
    /// Writing failed for a reason that speaks of one request, after others may have written records.
    #[error("some of the records may have been written: {0}")]
    PartlyWritten(Box<Error>),
    /// A fault of the host.
    #[error("internal error of the connector host: {0}")]
    Internal(String),
}

impl Error {
    /// The same error, with what the connector wrote itself passed through `change`.
    #[must_use]
    pub(crate) fn rewritten(mut self, change: impl Fn(&str) -> String) -> Self {
        if let Self::PartlyWritten(error) = self {
            return Self::PartlyWritten(Box::new(error.rewritten(change)));
        }
        if let Self::Connector { message: text, .. }
        | Self::Upstream { message: text, .. }
        | Self::Unsupported(text) = &mut self
        {
            *text = change(text);
        }
        self
    }

    /// The failure of a write after which records may have been written.
    ///
    /// Codes that say that nothing was done invite AppFlow to send all records again, which doubles those that are there.
    /// The others say that nobody knows.
    #[must_use]
    pub(crate) fn after_changes(self) -> Self {
        if crate::mechanism::off("write.partly") {
            return self;
        }
        match self.details().code {
            ErrorCode::InvalidArgument
            | ErrorCode::InvalidCredentials
            | ErrorCode::AccessDenied
            | ErrorCode::RateLimitExceeded
            | ErrorCode::ResourceNotFoundError
            | ErrorCode::ClientError => Self::PartlyWritten(Box::new(self)),
            ErrorCode::RequestTimeout
            | ErrorCode::ServiceUnavailable
            | ErrorCode::ServerError
            | ErrorCode::UnknownError
            | ErrorCode::PartialWriteFailure => self,
        }
    }

    /// What AppFlow is told: a code, a message of one line and at most [`MAX_MESSAGE_CHARS`] characters, and a delay
    /// where a later try makes sense.
    #[must_use]
    pub fn details(&self) -> ErrorDetails {
        let (code, retry_after_seconds) = match self {
            Self::Request(_) | Self::Filter(_) | Self::Unsupported(_) => {
                (ErrorCode::InvalidArgument, None)
            }
            Self::NotEntitled(refusal) => {
                let code = match refusal.kind {
                    RefusalKind::AccessDenied => ErrorCode::AccessDenied,
                    RefusalKind::ClientError => ErrorCode::ClientError,
                    RefusalKind::ServiceUnavailable => ErrorCode::ServiceUnavailable,
                };
                (
                    code,
                    refusal
                        .retry_after_seconds
                        .and_then(|seconds| u32::try_from(seconds).ok()),
                )
            }
            Self::Secret(error) => secret_code(error),
            Self::Seal(error) => (seal_code(error), None),
            Self::Egress(error) => egress_code(error),
            Self::Connector {
                code,
                retry_after_seconds,
                ..
            } => (*code, *retry_after_seconds),
            Self::Upstream {
                status,
                retry_after_seconds,
                ..
            } => (
                status_code(*status, retry_after_seconds.is_some()),
                *retry_after_seconds,
            ),
            Self::Trap { kind, .. } => (trap_code(*kind), None),
            Self::Page(
                PageError::RecordTooLarge { .. }
                | PageError::NotAnObject { .. }
                | PageError::Offsets(_),
            ) => (ErrorCode::InvalidArgument, None),
            Self::Page(PageError::Late) => (ErrorCode::RequestTimeout, None),
            Self::Page(PageError::Json(error)) | Self::Json(error) => (json_code(error), None),
            Self::Token(TokenError::Foreign) => (ErrorCode::InvalidArgument, None),
            Self::Page(_)
            | Self::Token(_)
            | Self::Loop(_)
            | Self::Output(_)
            | Self::Contract(_)
            | Self::PartlyWritten(_)
            | Self::Internal(_) => (ErrorCode::UnknownError, None),
            Self::Limit(_) => (ErrorCode::ServerError, None),
        };
        let mut message = crate::log::message(&self.to_string(), MAX_MESSAGE_CHARS);
        if message.is_empty() {
            message.push_str("the connector gave no reason");
        }
        ErrorDetails {
            code,
            message,
            retry_after_seconds: retry_after_seconds
                .map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
        }
    }
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        match error {
            // The contract has a case for it, by which a connector can see that this host is too old.
            SealError::UnknownScheme { .. } => Self::Unsupported(error.to_string()),
            error => Self::Seal(error),
        }
    }
}

fn secret_code(error: &SecretError) -> (ErrorCode, Option<u32>) {
    let code = match error {
        SecretError::NotFound | SecretError::ScheduledForDeletion => {
            ErrorCode::ResourceNotFoundError
        }
        SecretError::AccessDenied | SecretError::KmsDenied | SecretError::Undecryptable => {
            ErrorCode::AccessDenied
        }
        SecretError::NoIdentity | SecretError::Unavailable(_) => ErrorCode::ServiceUnavailable,
        SecretError::Throttled { retry_after } => {
            let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(u32::MAX);
            return (ErrorCode::RateLimitExceeded, Some(seconds));
        }
        SecretError::Timeout => ErrorCode::RequestTimeout,
        SecretError::Malformed(_) | SecretError::MissingKey { .. } => ErrorCode::InvalidCredentials,
        SecretError::InvalidArn => ErrorCode::InvalidArgument,
        SecretError::File(_) => ErrorCode::ResourceNotFoundError,
    };
    (code, None)
}

fn seal_code(error: &SealError) -> ErrorCode {
    match error {
        SealError::NoValue(_) | SealError::Unusable { .. } | SealError::NotInHeader => {
            ErrorCode::InvalidCredentials
        }
        SealError::Misplaced(_)
        | SealError::TooLarge
        | SealError::Parameter { .. }
        | SealError::UnknownScheme { .. } => ErrorCode::InvalidArgument,
        SealError::Capture(_) => ErrorCode::ServerError,
        SealError::Failed => ErrorCode::UnknownError,
    }
}

fn egress_code(error: &EgressError) -> (ErrorCode, Option<u32>) {
    let code = match error {
        EgressError::Denied(Denial::Url { .. }) | EgressError::InvalidRequest(_) => {
            ErrorCode::InvalidArgument
        }
        EgressError::Denied(_) => ErrorCode::AccessDenied,
        EgressError::Connect { .. } | EgressError::Tls { .. } | EgressError::Certificate { .. } => {
            ErrorCode::ServiceUnavailable
        }
        EgressError::ConnectTimeout { .. }
        | EgressError::Timeout { .. }
        | EgressError::Stalled { .. }
        | EgressError::Busy { .. } => ErrorCode::RequestTimeout,
        EgressError::BodyTooLarge { .. }
        | EgressError::Truncated { .. }
        | EgressError::Decode { .. }
        | EgressError::Protocol { .. }
        | EgressError::Redirects { .. } => ErrorCode::ServerError,
    };
    (code, None)
}

/// The table from HTTP status to AppFlow's code. An application that says when to come back does not forbid: its 403 is for
/// the rate of requests.
fn status_code(status: u16, names_a_wait: bool) -> ErrorCode {
    match status {
        403 if names_a_wait => ErrorCode::RateLimitExceeded,
        400 | 413 | 414 | 422 => ErrorCode::InvalidArgument,
        401 => ErrorCode::InvalidCredentials,
        403 => ErrorCode::AccessDenied,
        408 => ErrorCode::RequestTimeout,
        429 => ErrorCode::RateLimitExceeded,
        503 => ErrorCode::ServiceUnavailable,
        402..=499 => ErrorCode::ClientError,
        500..=599 => ErrorCode::ServerError,
        _ => ErrorCode::UnknownError,
    }
}

/// A body that is not what it should be is the application's fault; a pointer that is none is the connector's.
fn json_code(error: &JsonError) -> ErrorCode {
    match error {
        JsonError::BadPointer(_) | JsonError::TooMuch(_) => ErrorCode::InvalidArgument,
        JsonError::NotUtf8 | JsonError::NotJson(_) | JsonError::NoArray(_) => {
            ErrorCode::ServerError
        }
    }
}

fn trap_code(kind: TrapKind) -> ErrorCode {
    match kind {
        TrapKind::Time => ErrorCode::RequestTimeout,
        TrapKind::Memory => ErrorCode::ServerError,
        TrapKind::Panic | TrapKind::Exit(_) | TrapKind::Stack | TrapKind::Fault => {
            ErrorCode::UnknownError
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_code() {
        use ErrorCode as Code;
        for (statuses, code) in [
            (&[400, 413, 414, 422][..], Code::InvalidArgument),
            (&[401], Code::InvalidCredentials),
            (&[403], Code::AccessDenied),
            (&[408], Code::RequestTimeout),
            (&[429], Code::RateLimitExceeded),
            (&[503], Code::ServiceUnavailable),
            (
                &[402, 404, 405, 409, 410, 412, 418, 451, 499],
                Code::ClientError,
            ),
            (&[500, 501, 502, 504, 599], Code::ServerError),
            (&[0, 100, 204, 302, 600], Code::UnknownError),
        ] {
            for status in statuses {
                let upstream = |retry_after_seconds| Error::Upstream {
                    status: *status,
                    message: String::new(),
                    retry_after_seconds,
                };
                assert_eq!(upstream(None).details().code, code, "{status}");
                let later = upstream(Some(7)).details();
                let code = match *status {
                    403 => Code::RateLimitExceeded,
                    _ => code,
                };
                assert_eq!(later.code, code, "{status}");
                assert_eq!(later.retry_after_seconds, Some(7), "{status}");
            }
        }
    }

    #[test]
    fn every_other_error_has_its_code() {
        use ErrorCode as Code;
        let trap = |kind| Error::Trap {
            kind,
            message: String::new(),
        };
        let refusal = |kind| {
            Error::NotEntitled(Refusal {
                kind,
                message: String::new(),
                retry_after_seconds: None,
            })
        };
        let host = || "h".to_owned();
        for (error, code) in [
            (Error::Request(String::new()), Code::InvalidArgument),
            (
                Error::Filter(ParseError {
                    position: 1,
                    message: String::new(),
                }),
                Code::InvalidArgument,
            ),
            (Error::Unsupported(String::new()), Code::InvalidArgument),
            (refusal(RefusalKind::AccessDenied), Code::AccessDenied),
            (refusal(RefusalKind::ClientError), Code::ClientError),
            (
                refusal(RefusalKind::ServiceUnavailable),
                Code::ServiceUnavailable,
            ),
            (SecretError::NotFound.into(), Code::ResourceNotFoundError),
            (SecretError::AccessDenied.into(), Code::AccessDenied),
            (SecretError::KmsDenied.into(), Code::AccessDenied),
            (SecretError::Timeout.into(), Code::RequestTimeout),
            (SecretError::Malformed("").into(), Code::InvalidCredentials),
            (SecretError::InvalidArn.into(), Code::InvalidArgument),
            (
                EgressError::Denied(Denial::Port { host: host() }).into(),
                Code::AccessDenied,
            ),
            (
                EgressError::Denied(Denial::Url { reason: "" }).into(),
                Code::InvalidArgument,
            ),
            (
                EgressError::InvalidRequest(String::new()).into(),
                Code::InvalidArgument,
            ),
            (
                EgressError::Connect {
                    host: host(),
                    reason: String::new(),
                }
                .into(),
                Code::ServiceUnavailable,
            ),
            (
                EgressError::Timeout { host: host() }.into(),
                Code::RequestTimeout,
            ),
            (
                EgressError::Stalled { host: host() }.into(),
                Code::RequestTimeout,
            ),
            (
                EgressError::Busy { host: host() }.into(),
                Code::RequestTimeout,
            ),
            (
                EgressError::Certificate {
                    host: host(),
                    reason: "",
                }
                .into(),
                Code::ServiceUnavailable,
            ),
            (
                EgressError::Truncated { host: host() }.into(),
                Code::ServerError,
            ),
            (trap(TrapKind::Time), Code::RequestTimeout),
            (trap(TrapKind::Memory), Code::ServerError),
            (trap(TrapKind::Panic), Code::UnknownError),
            (trap(TrapKind::Exit(3)), Code::UnknownError),
            (trap(TrapKind::Stack), Code::UnknownError),
            (trap(TrapKind::Fault), Code::UnknownError),
            (
                PageError::RecordTooLarge {
                    index: 0,
                    bytes: 2,
                    limit: 1,
                }
                .into(),
                Code::InvalidArgument,
            ),
            (PageError::NotAllowed.into(), Code::UnknownError),
            (PageError::Late.into(), Code::RequestTimeout),
            (JsonError::NotUtf8.into(), Code::ServerError),
            (TokenError::Foreign.into(), Code::InvalidArgument),
            (TokenError::TooLong(2000).into(), Code::UnknownError),
            (Loop::Page.into(), Code::UnknownError),
            (Error::Output(String::new()), Code::UnknownError),
            (Error::Limit(String::new()), Code::ServerError),
            (Error::Contract(String::new()), Code::UnknownError),
            (Error::Internal(String::new()), Code::UnknownError),
        ] {
            assert_eq!(error.details().code, code, "{error:?}");
        }
    }

    #[test]
    fn after_changes_no_code_says_that_nothing_was_done() {
        for (status, code) in [
            (401, "UnknownError"),
            (429, "UnknownError"),
            (503, "ServiceUnavailable"),
        ] {
            let error = Error::Upstream {
                status,
                message: "why".to_owned(),
                retry_after_seconds: None,
            };
            let details = error.after_changes().details();
            assert_eq!(format!("{:?}", details.code), code, "{status}");
        }
    }

    #[test]
    fn a_connector_names_its_own_code_and_its_message_is_made_fit() {
        for code in ErrorCode::ALL {
            let error = Error::Connector {
                code: *code,
                message: format!("first\nsecond {}", "x".repeat(3000)),
                retry_after_seconds: Some(u32::MAX),
            };
            let details = error.details();
            assert_eq!(details.code, *code);
            assert!(
                details.message.starts_with("first second x"),
                "{}",
                details.message
            );
            assert_eq!(details.message.chars().count(), MAX_MESSAGE_CHARS);
            assert_eq!(details.retry_after_seconds, Some(i32::MAX));
        }
    }
}
