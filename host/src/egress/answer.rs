//! Whole answers: collected up to the limit, decompressed, complete.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::client::{Head, Limits, OutboundResponse};
use super::decode::{Coding, DecodeFailure};
use super::error::EgressError;
use super::failure::sort_body;
use super::inflate::Inflating;
use super::policy::Policy;
use crate::mechanism;

/// Bytes of a compressed body from which on a thread decompresses it as it comes.
const WORTH_A_THREAD: usize = 32 * 1024;
/// How many times smaller gzip makes records, as a guess for the room they need.
const GZIP_RATIO: usize = 6;

/// Collects the body of a response.
pub(crate) async fn collect(
    policy: &Policy,
    host: String,
    head: bool,
    answer: Head,
    limits: Limits,
) -> Result<OutboundResponse, EgressError> {
    let limit = limits.response_body_bytes;
    let Head {
        response,
        slot,
        retry_after_seconds,
    } = answer;
    let (mut parts, mut body) = response.into_parts();
    let failed = |failure, host: &str| match failure {
        DecodeFailure::TooLarge => EgressError::BodyTooLarge {
            host: host.to_owned(),
            limit,
        },
        DecodeFailure::Truncated => EgressError::Truncated {
            host: host.to_owned(),
        },
        DecodeFailure::Broken(reason) => EgressError::Decode {
            host: host.to_owned(),
            reason,
        },
    };
    // What will not fit is refused before it is read.
    if !head && body.size_hint().lower() > limit && !mechanism::off("egress.size") {
        return Err(failed(DecodeFailure::TooLarge, &host));
    }
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or_default();
    let coding = Coding::of(&parts.headers);
    let mut collected = Collected::default();
    let mut inflating: Option<Inflating> = None;
    let mut received = 0;
    let mut given_up = false;
    let idle = match mechanism::off("egress.idle") {
        true => Duration::from_secs(3600),
        false => limits.idle,
    };
    loop {
        let next = timeout(idle, body.frame()).await;
        let next = next.map_err(|_| EgressError::Stalled { host: host.clone() })?;
        let Some(frame) = next else { break };
        let frame = frame.map_err(|error| sort_body(&error, &host))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        policy.stats().add_bytes_in(data.len());
        received += data.len();
        if received as u64 > limit && !mechanism::off("egress.size") {
            return Err(failed(DecodeFailure::TooLarge, &host));
        }
        match &inflating {
            None => collected.push(data, expected),
            Some(inflating) => {
                if !inflating.push(data) {
                    given_up = true;
                    break;
                }
            }
        }
        if inflating.is_none()
            && coding == Ok(Coding::Gzip)
            && received > WORTH_A_THREAD
            && !body.is_end_stream()
        {
            let begun = Inflating::start(expected.saturating_mul(GZIP_RATIO), limit);
            begun.push(std::mem::take(&mut collected).into_bytes());
            inflating = Some(begun);
        }
    }
    drop(slot);
    // The client sees to this where it reads the body itself; fewer bytes than announced must never pass for an answer.
    let short = !given_up && is_short(&parts, received);
    if !head && short && !mechanism::off("egress.length") {
        return Err(failed(DecodeFailure::Truncated, &host));
    }
    // HEAD and 304 announce a coding and send nothing.
    let coding = if received == 0 {
        Coding::Identity
    } else {
        coding.map_err(|failure| failed(failure, &host))?
    };
    let body = match inflating {
        Some(inflating) => inflating.finish().await,
        None => coding.decode(collected.into_bytes(), limit),
    };
    let body = body.map_err(|failure| failed(failure, &host))?;
    if coding != Coding::Identity {
        parts.headers.remove(CONTENT_ENCODING);
        parts.headers.remove(CONTENT_LENGTH);
    }
    Ok(OutboundResponse {
        status: parts.status,
        headers: parts.headers,
        body,
        host,
        retry_after_seconds,
    })
}

/// Whether a body has fewer bytes than its head announced. One without a body, such as 304, may announce any number.
fn is_short(parts: &http::response::Parts, bytes: usize) -> bool {
    let announced = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.trim().parse::<usize>().ok());
    parts.status != StatusCode::NOT_MODIFIED && announced.is_some_and(|announced| bytes < announced)
}

/// A body as it comes. One frame is kept as it is; more are joined in one buffer, of the announced size at once if there
/// is one.
#[derive(Default)]
struct Collected {
    first: Bytes,
    joined: BytesMut,
}

impl Collected {
    fn len(&self) -> usize {
        self.first.len() + self.joined.len()
    }

    fn push(&mut self, data: Bytes, expected: usize) {
        if self.len() == 0 {
            self.first = data;
            return;
        }
        if self.joined.is_empty() {
            self.joined
                .reserve(expected.max(self.first.len() + data.len()));
            self.joined
                .extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.joined.extend_from_slice(&data);
    }

    fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() {
            self.first
        } else {
            self.joined.freeze()
        }
    }
}
