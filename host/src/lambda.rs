//! The loop between Lambda's Runtime API and the [`Host`].
//!
//! Crate `lambda_runtime` asks for invocations. The answers are sent here, because the crate would have them go through
//! `serde_json` once more: an answer is bytes already, up to 6 MB of them, and so is a request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::{HeaderValue, Method, Uri};
use lambda_runtime::{LambdaEvent, LambdaInvocation, Runtime};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use serde::de::IgnoredAny;
use tower::{Layer, Service};

use crate::invocation::{Call, Host};

/// An error that ends the process, as the runtime gives it.
pub type FatalError = Box<dyn std::error::Error + Send + Sync>;

/// Tells two attempts of one invocation apart, where Lambda sends it; the answer must carry it too.
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";

/// Lambda's own variables are not there, or not what Lambda sets them to.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name} {problem}: this program is started by AWS Lambda or an emulator of it, which sets that variable; to run one \
     operation of a connector on this machine, use `appflow-wasm invoke`"
)]
pub struct NotLambda {
    name: &'static str,
    problem: &'static str,
}

/// Where the Runtime API is, as `HOST:PORT`.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
/// MB of memory.
const MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// Whether the variables are there without which crate `lambda_runtime` would panic. `lookup` gives the value of one.
///
/// # Errors
///
/// For the first that is missing or malformed.
pub fn check_environment(lookup: impl Fn(&str) -> Option<String>) -> Result<(), NotLambda> {
    for name in [
        RUNTIME_API,
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        MEMORY,
    ] {
        let wrong = |problem| Err(NotLambda { name, problem });
        match lookup(name) {
            None => return wrong("is not set"),
            Some(value) if name == RUNTIME_API => {
                let address: Option<Uri> = value.parse().ok();
                if address.is_none_or(|address| address.authority().is_none()) {
                    return wrong("is not HOST:PORT");
                }
            }
            Some(value) if name == MEMORY && value.parse::<i32>().is_err() => {
                return wrong("is not a number");
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Answers invocations until Lambda ends the process.
///
/// # Errors
///
/// When the Runtime API cannot be reached. What an invocation meets is never an error here.
///
/// # Panics
///
/// When Lambda's own variables are missing: see [`check_environment`].
pub async fn run(host: Arc<Host>) -> Result<(), FatalError> {
    host.start();
    let answering = Answering {
        host,
        client: Arc::new(PooledClient::builder().build()),
    };
    // The runtime wants a handler. The layer stands in its place, so it is never called.
    let handler =
        tower::service_fn(|_: LambdaEvent<IgnoredAny>| async { Ok::<(), FatalError>(()) });
    Runtime::new(handler).layer(answering).run().await
}

/// Takes invocations from the runtime, and sends their answers.
#[derive(Clone)]
struct Answering {
    host: Arc<Host>,
    client: Arc<PooledClient>,
}

impl<S> Layer<S> for Answering {
    type Service = Self;

    fn layer(&self, _: S) -> Self {
        self.clone()
    }
}

impl Service<LambdaInvocation> for Answering {
    type Response = ();
    type Error = FatalError;
    type Future = Pin<Box<dyn Future<Output = Result<(), FatalError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), FatalError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let Self { host, client } = self.clone();
        Box::pin(async move {
            let context = &invocation.context;
            let answer = host
                .answer(Call {
                    body: &invocation.body,
                    request_id: &context.request_id,
                    function_arn: &context.invoked_function_arn,
                    trace_id: context.xray_trace_id.as_deref(),
                    deadline: deadline(context.deadline),
                })
                .await;
            let id = invocation.parts.headers.get(INVOCATION_ID);
            send(&client, &context.request_id, id, answer).await
        })
    }
}

/// Hands an answer over. One that the Runtime API refuses, because its time was over for instance, is lost, and the next
/// invocation is asked for.
async fn send(
    client: &PooledClient,
    request_id: &str,
    invocation_id: Option<&HeaderValue>,
    answer: Vec<u8>,
) -> Result<(), FatalError> {
    let uri: Uri = format!("/2018-06-01/runtime/invocation/{request_id}/response").parse()?;
    let mut request = build_request()
        .method(Method::POST)
        .uri(uri)
        .body(Body::from(answer))?;
    if let Some(id) = invocation_id {
        request.headers_mut().insert(INVOCATION_ID, id.clone());
    }
    let response = client.call(request).await?;
    if !response.status().is_success() {
        tracing::error!(
            target: "appflow_host",
            status = response.status().as_u16(),
            "Lambda did not take the answer"
        );
    }
    Ok(())
}

/// Lambda's deadline, milliseconds since 1970, as a point of the monotonic clock.
///
/// cargo-lambda's emulator sends the time left in its place. It is told apart by its size: no deadline lies years before
/// Lambda itself.
fn deadline(millis: u64) -> Instant {
    if millis < EARLIEST_DEADLINE {
        return Instant::now() + Duration::from_millis(millis);
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Instant::now() + Duration::from_millis(millis).saturating_sub(now)
}

/// September 2001, in milliseconds since 1970; as a time left it would be 31 years.
const EARLIEST_DEADLINE: u64 = 1_000_000_000_000;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// What Lambda sets, but for one variable.
    fn checked(name: &str, value: Option<&str>) -> Result<(), String> {
        check_environment(|asked| {
            let set = match asked {
                RUNTIME_API => "127.0.0.1:9001",
                MEMORY => "128",
                _ => "text",
            };
            if asked == name { value } else { Some(set) }.map(str::to_owned)
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn a_variable_of_lambdas_that_is_missing_or_wrong_is_named_with_what_to_do() {
        assert_eq!(checked("", None), Ok(()));
        for (name, value, says) in [
            (RUNTIME_API, None, "is not set"),
            (RUNTIME_API, Some(""), "is not HOST:PORT"),
            (RUNTIME_API, Some("/path"), "is not HOST:PORT"),
            ("AWS_LAMBDA_FUNCTION_NAME", None, "is not set"),
            ("AWS_LAMBDA_FUNCTION_VERSION", None, "is not set"),
            (MEMORY, None, "is not set"),
            (MEMORY, Some("much"), "is not a number"),
        ] {
            let error = checked(name, value).unwrap_err();
            assert!(error.starts_with(&format!("{name} {says}: ")), "{error}");
            assert!(error.contains("`appflow-wasm invoke`"), "{error}");
        }
    }

    #[test]
    fn a_deadline_in_the_past_leaves_no_time() {
        assert!(deadline(0) <= Instant::now());
        assert!(deadline(EARLIEST_DEADLINE) <= Instant::now());
    }

    #[test]
    fn time_left_in_place_of_a_deadline_is_taken_as_such() {
        let left = deadline(600_000).saturating_duration_since(Instant::now());
        assert!(left <= Duration::from_secs(600) && left > Duration::from_secs(300));
    }
}
