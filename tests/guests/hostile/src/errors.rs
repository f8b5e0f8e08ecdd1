//! Every error code, and messages that must not be passed on as they are.

use crate::bindings::appflow::connector::common::{Error, ErrorCode, Failure, HttpFailure};
use crate::bindings::appflow::connector::http::{Credential, Request};
use crate::bindings::appflow::connector::{credentials, log};
use crate::failed;
use crate::network::{request, send};

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str, upstream: &str) -> Option<Result<Option<String>, Error>> {
    if let Some(code) = behaviour.strip_prefix("error-") {
        return code_named(code).map(|code| Err(failed(code, format!("{behaviour} as told"))));
    }
    if let Some(status) = behaviour.strip_prefix("http-") {
        let status = status.parse().ok()?;
        let message = format!("status {status}");
        return Some(Err(Error::Http(HttpFailure {
            status,
            retry_after_seconds: Some(7),
            message,
        })));
    }
    let say = |message: String| Some(Err(failed(ErrorCode::ClientError, message)));
    match behaviour {
        "message-lines" => say("first\nsecond\r\nthird\u{2028}fourth\0\u{1b}[2J".to_owned()),
        "message-long" => say("é".repeat(5_000)),
        "message-huge" => say("x".repeat(20 << 20)),
        "message-empty" => say(String::new()),
        "retry-far-away" => Some(Err(Error::Failed(Failure {
            code: ErrorCode::RateLimitExceeded,
            message: "later".to_owned(),
            retry_after_seconds: Some(u32::MAX),
        }))),
        // What the guest is given as its credentials is worth nothing to anybody.
        "message-credentials" => say(format!("{:?}", credentials::get())),
        // The application gives the secret away, and the guest says it on.
        "message-echo" => match echo(upstream) {
            Ok(body) => say(format!("the application said {body}")),
            Err(error) => Some(Err(error)),
        },
        // As a good connector would: only a success is read.
        "checked-echo" => Some(checked(upstream).map(|()| None)),
        "log-echo" => match echo(upstream) {
            Ok(body) => {
                log::write(
                    log::Level::Error,
                    &body,
                    &[("body".to_owned(), body.clone())],
                );
                println!("{body}");
                eprintln!("{body}");
                Some(Ok(None))
            }
            Err(error) => Some(Err(error)),
        },
        "token-echo" => Some(echo(upstream).map(Some)),
        _ => None,
    }
}

fn echo(upstream: &str) -> Result<String, Error> {
    let credential = Some(Credential::Bearer);
    send(Request {
        credential,
        ..request(&format!("{upstream}/echo"))
    })?
    .text()
}

fn checked(upstream: &str) -> Result<(), Error> {
    let credential = Some(Credential::Bearer);
    let response = send(Request {
        credential,
        ..request(&format!("{upstream}/echo"))
    })?;
    response.ensure_ok()
}

fn code_named(name: &str) -> Option<ErrorCode> {
    Some(match name {
        "invalid-argument" => ErrorCode::InvalidArgument,
        "invalid-credentials" => ErrorCode::InvalidCredentials,
        "access-denied" => ErrorCode::AccessDenied,
        "request-timeout" => ErrorCode::RequestTimeout,
        "rate-limit-exceeded" => ErrorCode::RateLimitExceeded,
        "service-unavailable" => ErrorCode::ServiceUnavailable,
        "client-error" => ErrorCode::ClientError,
        "server-error" => ErrorCode::ServerError,
        "unknown-error" => ErrorCode::UnknownError,
        "partial-write-failure" => ErrorCode::PartialWriteFailure,
        "resource-not-found-error" => ErrorCode::ResourceNotFoundError,
        _ => return None,
    })
}
