//! Scripted faults, and the log of requests.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Method in capitals.
    pub method: String,
    /// Path, percent-encoded as it came.
    pub path: String,
    /// Query string as it came; empty for none.
    pub query: String,
    /// Body.
    pub body: String,
    /// Headers by lower-case name. The value of `authorization` is not kept, only its scheme.
    pub headers: BTreeMap<String, String>,
    /// The SOQL of a query, decoded.
    pub soql: Option<String>,
}

/// What goes wrong, and when. Readable from TOML or JSON, so that contract cases can carry it:
///
/// ```toml
/// [[fault]]
/// path = "/query"          # part of the path, required
/// method = "GET"           # any if absent
/// nth = 2                  # the second matching request; 1 if absent
/// times = 1                # how many in a row; 0 for all from there on; 1 if absent
/// status = 503             # answer instead of the real one ...
/// headers = { "retry-after" = "2" }
/// body = "down"            # ... JSON bodies get a JSON content type
/// ```
///
/// Instead of `status` one of: `preset = "request-limit"` (see [`Preset`]), `drop = true` (the connection closes without an
/// answer), `truncate = 100` (that many bytes of the real body, then the connection closes), `hold = true` (the real
/// answer, after [`release`](super::SalesforceStandIn::release)), `delete = 3` or `insert = 3` (the real answer, after which so
/// many records of the object at the front vanish or appear: change of data between pages), `headers` alone (the real answer with
/// these headers added).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Part of the path of the requests meant.
    pub path: String,
    /// Their method; any if none.
    pub method: Option<String>,
    /// The first of the matching requests, counted from 1 (0 counts as 1).
    pub nth: u32,
    /// How many requests from there on; 0 for all. One if none.
    pub times: Option<u32>,
    /// Status of the answer.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub headers: BTreeMap<String, String>,
    /// Body of the answer.
    pub body: String,
    /// A well-known answer.
    pub preset: Option<Preset>,
    /// Close without an answer.
    pub drop: bool,
    /// Cut the body after so many bytes.
    pub truncate: Option<usize>,
    /// Wait until released.
    pub hold: bool,
    /// Remove so many records of `object` after the answer.
    pub delete: u32,
    /// Add so many records to `object` after the answer.
    pub insert: u32,
    /// Object that `delete` and `insert` change; `Account` if empty.
    pub object: String,
}

/// Answers of the real service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// 403 `REQUEST_LIMIT_EXCEEDED`.
    RequestLimit,
    /// 401 `INVALID_SESSION_ID`.
    InvalidSession,
    /// 403 `INSUFFICIENT_ACCESS`.
    Forbidden,
    /// 429 with `Retry-After: 60`.
    TooManyRequests,
    /// 503 `SERVER_UNAVAILABLE` with `Retry-After: 60`.
    Unavailable,
    /// 500 `UNKNOWN_EXCEPTION`.
    ServerError,
    /// 200 with text that is not JSON.
    MalformedJson,
    /// 200 with a login page in HTML.
    HtmlPage,
    /// 200 with an error body, as some proxies answer.
    ErrorWith200,
    /// 200 without a body.
    Empty,
}

impl Preset {
    /// Status, headers and body.
    #[must_use]
    pub fn answer(self) -> (u16, BTreeMap<String, String>, String) {
        let error = |status: u16, code: &str, message: &str| {
            (status, BTreeMap::new(), super::error_body(code, message))
        };
        let with = |(status, mut headers, body): (u16, BTreeMap<String, String>, String),
                    name: &str,
                    value: &str| {
            headers.insert(name.to_owned(), value.to_owned());
            (status, headers, body)
        };
        match self {
            Self::RequestLimit => error(
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
            ),
            Self::InvalidSession => error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
            Self::Forbidden => error(
                403,
                "INSUFFICIENT_ACCESS",
                "insufficient access rights on object id",
            ),
            Self::TooManyRequests => with(
                error(429, "TOO_MANY_REQUESTS", "slow down"),
                "retry-after",
                "60",
            ),
            Self::Unavailable => with(
                error(503, "SERVER_UNAVAILABLE", "Server is busy"),
                "retry-after",
                "60",
            ),
            Self::ServerError => error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
            Self::MalformedJson => (
                200,
                BTreeMap::new(),
                "{\"totalSize\": 3, \"records\": [{".to_owned(),
            ),
            Self::HtmlPage => with(
                (
                    200,
                    BTreeMap::new(),
                    "<html><body>Please log in</body></html>".to_owned(),
                ),
                "content-type",
                "text/html",
            ),
            Self::ErrorWith200 => error(200, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
            Self::Empty => (200, BTreeMap::new(), String::new()),
        }
    }
}

/// Faults with how often each has been met.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(Fault, u32)>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    /// Counts the request and gives the first fault that is due.
    pub(super) fn due(&mut self, method: &str, path: &str) -> Option<Fault> {
        let mut found = None;
        for (fault, met) in &mut self.0 {
            let matches = path.contains(&fault.path)
                && fault
                    .method
                    .as_deref()
                    .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
            if !matches {
                continue;
            }
            *met += 1;
            let first = fault.nth.max(1);
            let times = fault.times.unwrap_or(1);
            let due = *met >= first && (times == 0 || *met < first.saturating_add(times));
            if due && found.is_none() {
                found = Some(fault.clone());
            }
        }
        found
    }
}
