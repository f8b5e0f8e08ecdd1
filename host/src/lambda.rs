//! The loop between Lambda's Runtime API and the [`Host`].

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime};
use serde_json::value::RawValue;
use tower::{Layer, Service};

use crate::invocation::{Call, Host};

/// An error that ends the process, as the runtime gives it.
pub type FatalError = Box<dyn std::error::Error + Send + Sync>;

/// Answers invocations until Lambda ends the process.
///
/// # Errors
///
/// When the Runtime API cannot be reached. What an invocation meets is never an error here.
///
/// # Panics
///
/// When Lambda's own environment variables are missing, such as `AWS_LAMBDA_RUNTIME_API`.
pub async fn run(host: Arc<Host>) -> Result<(), FatalError> {
    host.start();
    let handler = tower::service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let host = Arc::clone(&host);
        async move { Ok::<_, FatalError>(answer(&host, &event).await) }
    });
    Runtime::new(handler).layer(ReadableLayer).run().await
}

async fn answer(host: &Host, event: &LambdaEvent<Box<RawValue>>) -> Box<RawValue> {
    let unreadable = unwrap_unreadable(event.payload.get());
    let body = unreadable.as_deref().unwrap_or(event.payload.get());
    let bytes = host
        .answer(Call {
            body: body.as_bytes(),
            request_id: &event.context.request_id,
            function_arn: &event.context.invoked_function_arn,
            trace_id: event.context.xray_trace_id.as_deref(),
            deadline: deadline(event.context.deadline),
        })
        .await;
    let text = String::from_utf8(bytes).unwrap_or_default();
    RawValue::from_string(text).unwrap_or_else(|_| {
        // Answers are made by serde_json from checked parts; this keeps the promise of a decodable answer all the same.
        RawValue::NULL.to_owned()
    })
}

/// Lambda's deadline, milliseconds since 1970, as a point of the monotonic clock.
fn deadline(millis: u64) -> Instant {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Instant::now() + Duration::from_millis(millis).saturating_sub(now)
}

/// Begins the stand-in for a body that is not JSON.
const UNREADABLE: &str = "{\"$appflow-host/unreadable\":";

/// Lets bodies that are not JSON through to the handler.
///
/// The runtime answers such a body with a function error before any handler sees it, and ends the process if it is not
/// UTF-8. Lambda itself sends JSON only; emulators and other callers may not. The body is wrapped as a JSON text here and
/// unwrapped by the handler, so that it gets an answer like any other malformed request.
struct ReadableLayer;

impl<S> Layer<S> for ReadableLayer {
    type Service = Readable<S>;

    fn layer(&self, inner: S) -> Readable<S> {
        Readable(inner)
    }
}

#[derive(Clone)]
struct Readable<S>(S);

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for Readable<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> S::Future {
        invocation.body = readable(invocation.body);
        self.0.call(invocation)
    }
}

fn readable(body: Bytes) -> Bytes {
    // A raw value and not `IgnoredAny`, because it is what the handler asks for: both must agree on what is JSON.
    if std::str::from_utf8(&body).is_ok() && serde_json::from_slice::<&RawValue>(&body).is_ok() {
        return body;
    }
    match serde_json::to_string(&String::from_utf8_lossy(&body)) {
        Ok(text) => Bytes::from(format!("{UNREADABLE}{text}}}")),
        Err(_) => Bytes::from_static(b"null"),
    }
}

fn unwrap_unreadable(payload: &str) -> Option<String> {
    let text = payload.strip_prefix(UNREADABLE)?.strip_suffix('}')?;
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_passes_untouched() {
        let body = Bytes::from_static(b" {\"type\": \"x\"} ");
        assert_eq!(readable(body.clone()), body);
        assert_eq!(unwrap_unreadable("{\"type\":1}"), None);
    }

    #[test]
    fn anything_else_arrives_as_it_was() {
        for body in [
            "",
            "{",
            "{\"type\":\"QueryDataRequest\",}",
            "{} {}",
            "\u{0}",
            "NaN",
        ] {
            let wrapped = readable(Bytes::copy_from_slice(body.as_bytes()));
            let wrapped = std::str::from_utf8(&wrapped).unwrap_or_default();
            assert!(serde_json::from_str::<&RawValue>(wrapped).is_ok(), "{body}");
            assert_eq!(unwrap_unreadable(wrapped).as_deref(), Some(body));
        }
        let wrapped = readable(Bytes::from_static(b"{\"a\":\"\xff\"}"));
        assert!(std::str::from_utf8(&wrapped).is_ok());
    }

    #[test]
    fn a_deadline_in_the_past_leaves_no_time() {
        assert!(deadline(0) <= Instant::now());
    }
}
