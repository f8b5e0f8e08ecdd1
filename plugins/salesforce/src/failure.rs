//! Salesforce's error answers as AppFlow's errors.
//!
//! Salesforce answers `[{"errorCode": "…", "message": "…"}]`. Its messages repeat queries, and so filter values, and
//! values of records: only the code is passed on, with a sentence of our own.

use appflow_connector::http::{Request, Response};
use appflow_connector::{Error, Result};

/// Seconds to wait when the quota of requests is used up and Salesforce does not say how long. It counts the last 24
/// hours on a rolling basis, so that some requests come free all the time.
const QUOTA_RETRY_SECONDS: u32 = 300;

/// Sends a request and gives its answer if it is a success; `doing` begins the message otherwise.
pub(crate) fn send(request: Request, doing: &str) -> Result<Response> {
    let response = request.send().map_err(|error| error.context(doing))?;
    match response.is_ok() {
        true => Ok(response),
        false => Err(of(response).context(doing)),
    }
}

/// The error in an answer that is no success.
pub(crate) fn of(response: Response) -> Error {
    let status = response.status();
    let code = code_of(&response);
    let retry_after = response
        .ensure_ok()
        .err()
        .and_then(|error| error.retry_after_seconds());
    from_code(status, code.as_deref(), retry_after)
}

/// `errorCode` of the body, if it has the form of one.
pub(crate) fn code_of(response: &Response) -> Option<String> {
    // A body that is not JSON, such as a proxy's page, has no code.
    response
        .text_at("/0/errorCode")
        .ok()
        .flatten()
        .filter(|code| is_code(code))
}

/// Whether a text is a code, and so can be shown: capitals, digits and underscores.
pub(crate) fn is_code(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn from_code(status: u16, code: Option<&str>, retry_after: Option<u32>) -> Error {
    let error = match code {
        Some("REQUEST_LIMIT_EXCEEDED") => Error::rate_limit_exceeded(
            "Salesforce's limit of API requests is reached (REQUEST_LIMIT_EXCEEDED)",
        )
        .retry_after(QUOTA_RETRY_SECONDS),
        Some("INVALID_SESSION_ID" | "INVALID_AUTH_HEADER") => Error::invalid_credentials(
            "Salesforce does not accept the access token (INVALID_SESSION_ID); if this lasts, authorise the connection again",
        ),
        Some("SERVER_UNAVAILABLE") => {
            Error::service_unavailable("Salesforce is busy (SERVER_UNAVAILABLE)")
        }
        Some("QUERY_TIMEOUT") => Error::request_timeout(
            "Salesforce stopped the query for taking too long (QUERY_TIMEOUT); use a narrower filter",
        ),
        Some("INVALID_QUERY_LOCATOR") => Error::invalid_argument(
            "Salesforce no longer knows the place in the query's result (INVALID_QUERY_LOCATOR); start the flow again",
        ),
        Some(code) => Error::http(
            status,
            format!("Salesforce answered {status} {code}{}", hint(code)),
        ),
        None => Error::http(status, format!("Salesforce answered {status}")),
    };
    match retry_after {
        Some(seconds) => error.retry_after(seconds),
        None => error,
    }
}

fn hint(code: &str) -> &'static str {
    match code {
        "INVALID_TYPE" | "NOT_FOUND" => ": there is no such entity, or this user may not see it",
        "INVALID_FIELD" => {
            ": a field does not exist, cannot be used like this, or this user may not see it"
        }
        "MALFORMED_QUERY" | "QUERY_TOO_COMPLICATED" => ": the filter cannot be evaluated",
        "INVALID_QUERY_FILTER_OPERATOR" => {
            ": an operator or a value of the filter does not fit its field"
        }
        "API_DISABLED_FOR_ORG" => ": this organisation or user has no access to the API",
        "INSUFFICIENT_ACCESS" | "INSUFFICIENT_ACCESS_OR_READONLY" => {
            ": this user lacks the permission"
        }
        _ => "",
    }
}

/// Why one record was not written, by Salesforce's code.
pub(crate) fn record_hint(code: &str) -> &'static str {
    match code {
        "REQUIRED_FIELD_MISSING" => "a required field is missing",
        "DUPLICATE_VALUE" | "DUPLICATES_DETECTED" => "another record has the same value",
        "DUPLICATE_EXTERNAL_ID" => "several records have this key",
        "ENTITY_IS_DELETED" | "INVALID_CROSS_REFERENCE_KEY" => "there is no such record",
        "MALFORMED_ID" => "not a Salesforce id",
        "STRING_TOO_LONG" => "the value is too long",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" => "not one of the values allowed",
        "INVALID_EMAIL_ADDRESS" => "not an e-mail address",
        "INVALID_FIELD" => "there is no such field",
        "INVALID_FIELD_FOR_INSERT_UPDATE" => "the field cannot be written",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION" => "a validation rule refused it",
        "UNABLE_TO_LOCK_ROW" => "another process holds the record",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK" => "not written, because another record failed",
        "JSON_PARSER_ERROR" => "a value is not of its field's type",
        "INSUFFICIENT_ACCESS_OR_READONLY" | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" => {
            "this user lacks the permission"
        }
        _ => "Salesforce refused the record",
    }
}

#[cfg(test)]
mod tests {
    use appflow_connector::ErrorCode;

    use super::*;

    #[test]
    fn codes_and_statuses_are_mapped() {
        for (status, code, expected) in [
            (
                403,
                Some("REQUEST_LIMIT_EXCEEDED"),
                ErrorCode::RateLimitExceeded,
            ),
            (
                401,
                Some("INVALID_SESSION_ID"),
                ErrorCode::InvalidCredentials,
            ),
            (403, Some("INSUFFICIENT_ACCESS"), ErrorCode::AccessDenied),
            (403, None, ErrorCode::AccessDenied),
            (400, Some("MALFORMED_QUERY"), ErrorCode::InvalidArgument),
            (400, Some("QUERY_TIMEOUT"), ErrorCode::RequestTimeout),
            (429, None, ErrorCode::RateLimitExceeded),
            (
                503,
                Some("SERVER_UNAVAILABLE"),
                ErrorCode::ServiceUnavailable,
            ),
            (500, Some("UNKNOWN_EXCEPTION"), ErrorCode::ServerError),
            (404, Some("NOT_FOUND"), ErrorCode::ClientError),
        ] {
            assert_eq!(
                from_code(status, code, None).code(),
                expected,
                "{status} {code:?}"
            );
        }
        assert_eq!(
            from_code(403, Some("REQUEST_LIMIT_EXCEEDED"), None).retry_after_seconds(),
            Some(QUOTA_RETRY_SECONDS)
        );
        assert_eq!(
            from_code(403, Some("REQUEST_LIMIT_EXCEEDED"), Some(7)).retry_after_seconds(),
            Some(7)
        );
        assert_eq!(from_code(429, None, Some(9)).retry_after_seconds(), Some(9));
    }

    #[test]
    fn only_codes_are_repeated() {
        for text in ["", "no such column 'x'", "<html>", "A-B", "ä"] {
            assert!(!is_code(text), "{text}");
        }
        assert!(is_code("INVALID_FIELD"));
    }
}
