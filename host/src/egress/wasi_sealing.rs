//! Credentials in requests through `wasi:http`: a guest's library has placeholders, the host the values.
//!
//! Bodies of requests pass as they come unless the manifest lets values stand in them: then they are collected, as their
//! length changes. Bodies of answers stream through the search for values, so their length is not known beforehand either. An
//! answer that is compressed could not be searched, so none is asked for, and one that comes all the same is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::WasiBody;

use super::decode::Coding;
use super::error::EgressError;
use super::policy::{Denial, Granted, Policy};
use crate::credentials::Vault;
use crate::mechanism;

/// Bytes of collected bodies that one invocation may hold at once, unless a single one may be larger.
const MOST_COLLECTED_BYTES: usize = 32 << 20;

/// A share of the bytes that an invocation holds as collected bodies, for as long as one of them lives.
struct Share {
    total: Arc<AtomicUsize>,
    bytes: usize,
}

impl Share {
    fn none(total: &Arc<AtomicUsize>) -> Self {
        Self {
            total: Arc::clone(total),
            bytes: 0,
        }
    }

    /// Makes it larger, if all shares together stay within `most`.
    fn grow(&mut self, bytes: usize, most: usize) -> bool {
        let before = self.total.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        before.saturating_add(bytes) <= most || mechanism::off("limits.collected-bodies")
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A whole body of at most `limit` bytes, with its share of what the invocation holds.
async fn collect(
    mut body: WasiBody,
    limit: u64,
    total: &Arc<AtomicUsize>,
) -> Result<(Bytes, Share), EgressError> {
    let refused = |reason: &str| EgressError::InvalidRequest(reason.to_owned());
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let most = limit.max(MOST_COLLECTED_BYTES);
    let mut share = Share::none(total);
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| refused("its body ended early"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.len() > limit - collected.len() {
            return Err(refused("its body is too large"));
        }
        if !share.grow(data.len(), most) {
            return Err(refused(
                "its body and those of other requests under way are too large together",
            ));
        }
        collected.extend_from_slice(&data);
    }
    Ok((collected.freeze(), share))
}

/// Puts values in the places of placeholders, if the host may have them.
///
/// `total` counts the bytes of the bodies that the invocation holds for it.
pub(super) async fn fill(
    vault: &Vault,
    total: &Arc<AtomicUsize>,
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
            let (collected, share) = collect(body, limit, total).await?;
            let filled = vault.fill_body(&parts.headers, collected);
            parts
                .headers
                .insert(CONTENT_LENGTH, HeaderValue::from(filled.len()));
            // It may wait for its turn at the host, and has its share until it is gone.
            body = Full::new(filled)
                .map_frame(move |frame| {
                    let _ = &share;
                    frame
                })
                .map_err(|never| match never {})
                .boxed_unsync();
        }
        vault
            .fill(&mut parts)
            .map_err(|error| EgressError::InvalidRequest(error.to_string()))?;
    } else if holds(vault, &parts) {
        policy.record(&Denial::Credential {
            host: granted.host.clone(),
        });
    }
    Ok(Request::from_parts(parts, body))
}

/// Whether a placeholder stands where a value would have been put in.
fn holds(vault: &Vault, parts: &http::request::Parts) -> bool {
    let mut headers = parts.headers.values();
    let query = parts.uri.query().unwrap_or_default();
    headers.any(|value| vault.holds(value.as_bytes())) || vault.holds(query.as_bytes())
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
    if !matches!(Coding::of(&parts.headers), Ok(Coding::Identity)) {
        return Err(EgressError::Decode {
            host: host.to_owned(),
            reason: "it is in a coding that was not asked for",
        });
    }
    parts.headers.remove(CONTENT_LENGTH);
    let body = vault.scrub_stream(body).boxed_unsync();
    Ok(Response::from_parts(parts, body))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::credentials::{Credentials, Secret};
    use crate::egress::{Egress, EgressOptions, HostPattern};
    use crate::manifest::Credentials as Grants;

    fn body(bytes: usize) -> WasiBody {
        Full::new(Bytes::from(vec![b'x'; bytes]))
            .map_err(|never| match never {})
            .boxed_unsync()
    }

    #[tokio::test]
    async fn bodies_are_collected_up_to_a_limit_for_all_of_them() {
        let total = Arc::new(AtomicUsize::new(0));
        let bytes = MOST_COLLECTED_BYTES / 2 + 1;
        let limit = bytes as u64;
        assert!(collect(body(bytes + 1), limit, &total).await.is_err());
        let first = collect(body(bytes), limit, &total).await.unwrap();
        assert_eq!(first.0.len(), bytes);
        assert!(collect(body(bytes), limit, &total).await.is_err());
        assert_eq!(total.load(Ordering::Relaxed), bytes);
        drop(first);
        assert!(collect(body(bytes), limit, &total).await.is_ok());
        assert_eq!(total.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_filled_body_has_its_share_until_it_is_gone() {
        let total = Arc::new(AtomicUsize::new(0));
        let request = filled("https://api.example.com/", "x", &total).await.0;
        assert_eq!(total.load(Ordering::Relaxed), 3);
        drop(request);
        assert_eq!(total.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_placeholder_for_a_host_that_gets_none_is_told_wherever_it_stands() {
        let total = Arc::new(AtomicUsize::new(0));
        let vault = vault();
        let token = vault.show("accessToken", vault.value("accessToken").unwrap());
        for (query, header, told) in [
            ("x", "x", 0),
            (token.as_str(), "x", 1),
            ("x", token.as_str(), 1),
        ] {
            let address = format!("https://files.example.com/?t={query}");
            let (_, policy) = filled_by(&vault, &address, header, &total).await;
            assert_eq!(policy.denials().len(), told, "{address} {header}");
        }
    }

    fn patterns(hosts: &[&str]) -> Vec<HostPattern> {
        let hosts = hosts.iter();
        hosts
            .map(|host| HostPattern::parse(host).unwrap())
            .collect()
    }

    fn vault() -> Vault {
        let access_token = Secret::new("hunter2-hunter2".to_owned());
        Vault::new(
            Arc::new(Credentials::OAuth2 { access_token }),
            Grants {
                send_to: patterns(&["https://api.example.com"]),
                in_bodies: true,
                ..Grants::default()
            },
        )
    }

    async fn filled(
        address: &str,
        header: &str,
        total: &Arc<AtomicUsize>,
    ) -> (Request<WasiBody>, Policy) {
        filled_by(&vault(), address, header, total).await
    }

    async fn filled_by(
        vault: &Vault,
        address: &str,
        header: &str,
        total: &Arc<AtomicUsize>,
    ) -> (Request<WasiBody>, Policy) {
        let hosts = patterns(&["https://api.example.com", "https://files.example.com"]);
        let egress = Egress::new(hosts, vec![], EgressOptions::default());
        let policy = egress.policy(&[]);
        let request = Request::builder()
            .method("POST")
            .uri(address)
            .header("x-key", header)
            .body(body(3))
            .unwrap();
        let granted = policy.check(request.uri()).unwrap();
        let request = fill(vault, total, &policy, &granted, 1000, request).await;
        (request.unwrap(), policy)
    }
}
