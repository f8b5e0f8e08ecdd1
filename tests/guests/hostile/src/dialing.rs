//! Every address that may not be reached, in every spelling, over both ways out.
//!
//! The spellings come with the request, one a line in the setting `targets`: a scheme, a space, and what stands between
//! `://` and the path. Each gives one record with how both ways ended. Contained means: refused, each time.

use crate::bindings::appflow::connector::common::{Error, Pairs};
use crate::bindings::appflow::connector::page;
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{ErrorCode, Fields, OutgoingRequest, Scheme};
use crate::network::{request, send};
use crate::setting;

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str, settings: &Pairs) -> Option<Result<Option<String>, Error>> {
    if behaviour != "dial" {
        return None;
    }
    let targets = setting(settings, "targets").unwrap_or_default();
    for (number, target) in targets.lines().enumerate() {
        let (scheme, authority) = target.split_once(' ').unwrap_or(("https", target));
        let record = format!(
            "{{\"number\":{number},\"http\":\"{}\",\"wasi\":\"{}\"}}",
            by_http(scheme, authority),
            by_wasi_http(scheme, authority)
        );
        if let Err(error) = page::emit(&record) {
            return Some(Err(error));
        }
    }
    Some(Ok(None))
}

/// How `http.send` ended: the code of the error, or the status.
fn by_http(scheme: &str, authority: &str) -> String {
    match send(request(&format!(
        "{scheme}://{authority}/latest/meta-data/"
    ))) {
        Ok(response) => format!("status {}", response.status()),
        Err(Error::Failed(failure)) => format!("{:?}", failure.code),
        Err(Error::Http(failure)) => format!("status {}", failure.status),
        Err(Error::Unsupported(_)) => "Unsupported".to_owned(),
    }
}

/// How `wasi:http` ended: where it was refused, or that it was not.
fn by_wasi_http(scheme: &str, authority: &str) -> String {
    let request = OutgoingRequest::new(Fields::new());
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    if request.set_scheme(Some(&scheme)).is_err() {
        return "NoScheme".to_owned();
    }
    if request.set_authority(Some(authority)).is_err() {
        return "NoAuthority".to_owned();
    }
    if request
        .set_path_with_query(Some("/latest/meta-data/"))
        .is_err()
    {
        return "NoPath".to_owned();
    }
    let answer = match outgoing_handler::handle(request, None) {
        Ok(answer) => answer,
        Err(error) => return named(&error),
    };
    answer.subscribe().block();
    match answer.get() {
        Some(Ok(Ok(response))) => format!("status {}", response.status()),
        Some(Ok(Err(error))) => named(&error),
        _ => "nothing".to_owned(),
    }
}

/// An error by its name, without what it carries.
fn named(error: &ErrorCode) -> String {
    match error {
        ErrorCode::HttpRequestDenied => "Denied".to_owned(),
        ErrorCode::HttpRequestUriInvalid => "Malformed".to_owned(),
        other => format!("{other:?}").replace(['"', '\\'], "'"),
    }
}
