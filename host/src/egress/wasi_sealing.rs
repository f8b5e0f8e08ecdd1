//! Credentials in requests through `wasi:http`: a guest's library has placeholders, the host the values.
//!
//! Bodies of requests pass as they come unless the manifest lets values stand in them: then they are collected, as their
//! length changes. Bodies of answers stream through the search for values, so their length is not known beforehand either. An
//! answer that is compressed could not be searched, so none is asked for, and one that comes all the same is refused.

use std::sync::Arc;

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use wasmtime_wasi_http::WasiBody;

use super::error::EgressError;
use super::policy::{Denial, Granted, Policy};
use crate::credentials::Vault;

/// Puts values in the places of placeholders, if the host may have them.
pub(super) async fn fill(
    vault: &Vault,
    policy: &Policy,
    granted: &Granted,
    limit: u64,
    request: Request<WasiBody>,
) -> Result<Request<WasiBody>, EgressError> {
    let (mut parts, mut body) = request.into_parts();
    if vault.is_sealing() {
        parts
            .headers
            .insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    if vault.admits(&parts.uri) {
        if vault.is_sealing() && vault.fills_bodies() {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let collected = Limited::new(body, limit).collect().await.map_err(|_| {
                EgressError::InvalidRequest("its body is too large or ended early".to_owned())
            })?;
            let filled = vault.fill_body(&parts.headers, collected.to_bytes());
            parts
                .headers
                .insert(CONTENT_LENGTH, HeaderValue::from(filled.len()));
            body = Full::new(filled)
                .map_err(|never| match never {})
                .boxed_unsync();
        }
        vault
            .fill(&mut parts)
            .map_err(|error| EgressError::InvalidRequest(error.to_string()))?;
    } else if parts
        .headers
        .values()
        .any(|value| vault.holds(value.as_bytes()))
    {
        policy.record(&Denial::Credential {
            host: granted.host.clone(),
        });
    }
    Ok(Request::from_parts(parts, body))
}

/// Puts placeholders in the places of values in an answer.
pub(super) fn scrub(
    vault: &Arc<Vault>,
    method: &Method,
    host: &str,
    response: Response<WasiBody>,
) -> Result<Response<WasiBody>, EgressError> {
    if !vault.is_sealing() {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    vault.scrub_headers(&mut parts.headers);
    if *method == Method::HEAD {
        return Ok(Response::from_parts(parts, body));
    }
    if is_coded(&parts.headers) {
        return Err(EgressError::Decode {
            host: host.to_owned(),
            reason: "it is in a coding that was not asked for",
        });
    }
    parts.headers.remove(CONTENT_LENGTH);
    let body = vault.scrub_stream(body).boxed_unsync();
    Ok(Response::from_parts(parts, body))
}

fn is_coded(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(CONTENT_ENCODING).iter();
    codings
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|coding| {
            !matches!(
                coding.trim_ascii().to_ascii_lowercase().as_slice(),
                b"" | b"identity"
            )
        })
}
