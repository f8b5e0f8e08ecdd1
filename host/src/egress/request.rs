//! What is checked of a request before anything else: URL, method and headers.

use http::header::{self, HeaderMap, HeaderName};
use http::{Method, Uri};

use super::error::EgressError;
use super::policy::Denial;
use crate::mechanism;

/// Longest URL, in bytes. Servers refuse longer ones; a filter that grows past it belongs into a body.
const MAX_URL_BYTES: usize = 32 * 1024;

/// Most headers of a request, and most bytes of their names and values together. Servers refuse more than 100 or so and
/// 8 to 64 KB, each in its own way.
const MAX_HEADERS: usize = 256;
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Reads a URL strictly: absolute, percent-encoded, no user name, no white space, no backslash.
///
/// Parsers differ in how they mend a URL; one that needs no mending is read alike by all. A fragment is cut off.
///
/// # Errors
/// [`Denial::Url`] with the reason, which does not repeat the URL.
pub fn parse_url(text: &str) -> Result<Uri, Denial> {
    let refuse = |reason| Denial::Url { reason };
    if text.len() > MAX_URL_BYTES {
        return Err(refuse("it is longer than 32 KiB"));
    }
    let odd = !text.is_ascii() || text.bytes().any(|b| b <= b' ' || b == 0x7f);
    if odd && !mechanism::off("egress.url") {
        return Err(refuse(
            "it has white space, control or non-ASCII characters; percent-encode them",
        ));
    }
    if text.contains('\\') && !mechanism::off("egress.url") {
        return Err(refuse("it has a backslash; percent-encode it"));
    }
    let without_fragment = text.split('#').next().unwrap_or_default();
    let Some((scheme, rest)) = without_fragment.split_once("://") else {
        return Err(refuse("it is not absolute: write https://host/path"));
    };
    // `https:///host` and `https://?x` have an empty host, which some parsers skip.
    if rest.is_empty() || rest.starts_with(['/', '?', ':']) || scheme.is_empty() {
        return Err(refuse("it has no host"));
    }
    without_fragment
        .parse()
        .map_err(|_| refuse("it is malformed"))
}

/// Headers that frame the message, name its destination, or belong to one hop. They are the host's.
#[must_use]
pub(crate) fn is_forbidden_header(name: &HeaderName) -> bool {
    const FORBIDDEN: [HeaderName; 8] = [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::EXPECT,
        header::HOST,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    if mechanism::off("egress.headers") {
        return false;
    }
    let text = name.as_str();
    FORBIDDEN.contains(name)
        || text.starts_with("proxy-")
        || matches!(
            text,
            "keep-alive" | "http2-settings" | "alt-used" | "forwarded"
        )
        || text.starts_with("x-forwarded-")
}

pub(crate) fn check_method(method: &Method) -> Result<(), EgressError> {
    // CONNECT opens a tunnel past the policy; TRACE echoes the credentials that the host puts in.
    let refused = *method == Method::CONNECT
        || *method == Method::TRACE
        || method.as_str().eq_ignore_ascii_case("track");
    if refused && !mechanism::off("egress.method") {
        return Err(EgressError::InvalidRequest(format!(
            "method {method} is not let out"
        )));
    }
    Ok(())
}

pub(crate) fn check_headers(headers: &HeaderMap) -> Result<(), EgressError> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if (headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES)
        && !mechanism::off("egress.header-flood")
    {
        return Err(EgressError::InvalidRequest(format!(
            "a request has {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes together at most"
        )));
    }
    match headers.keys().find(|name| is_forbidden_header(name)) {
        Some(name) => Err(EgressError::InvalidRequest(format!(
            "header {name} is set by the host"
        ))),
        None => Ok(()),
    }
}
