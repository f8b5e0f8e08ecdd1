//! Spans: names and fields in one place, because dashboards and filters are built on them.
//!
//! | span | level | when | fields |
//! | --- | --- | --- | --- |
//! | `invocation` | info | one request of AppFlow | `faas.invocation_id`, `trace_id`, `faas.coldstart`, `appflow.connector`; once known `appflow.operation`, `appflow.entity`, `appflow.outcome`, `error.type` |
//! | `guest.start`, `guest.call` | debug | making an instance; one call into it | `appflow.operation` |
//! | `upstream.request` | debug | one request to the application, until its head has come | `http.request.method`, `server.address`, `http.request.resend_count` (0 for the first attempt); once known `http.response.status_code`, `error.type` |
//!
//! Names with dots are OpenTelemetry's where it has one. A request's path and query are never among the fields: both may
//! hold values.

use std::future::Future;

use tokio::task::futures::TaskLocalFuture;
use tracing::field::Empty;
use tracing::{Span, debug_span, info_span};

use super::TraceId;
use crate::egress::EgressError;

/// Target of everything the host says for operators.
pub(crate) const HOST_TARGET: &str = "appflow_host";
/// Name of an invocation's span, and message of its line.
pub(crate) const INVOCATION: &str = "invocation";
/// Field with Lambda's request id.
pub(crate) const INVOCATION_ID: &str = "faas.invocation_id";
/// Field with X-Ray's trace id.
pub(crate) const TRACE_ID: &str = "trace_id";

/// One request of AppFlow.
pub(crate) fn invocation(
    request_id: &str,
    trace: Option<&TraceId>,
    connector: &str,
    cold: bool,
) -> Span {
    info_span!(
        target: "appflow_host",
        "invocation",
        faas.invocation_id = request_id,
        trace_id = trace.map(TraceId::root),
        faas.coldstart = cold,
        appflow.connector = connector,
        appflow.operation = Empty,
        appflow.entity = Empty,
        appflow.outcome = Empty,
        error.type = Empty,
    )
}

/// Fills in what is known at the end of the invocation that runs now.
pub(crate) fn invocation_ended(operation: &str, entity: Option<&str>, code: Option<&str>) {
    let span = Span::current();
    span.record("appflow.operation", operation);
    span.record("appflow.entity", entity);
    span.record(
        "appflow.outcome",
        if code.is_some() { "failure" } else { "success" },
    );
    span.record("error.type", code);
}

/// Something done with the guest: `start` or `call`.
pub(crate) fn guest(step: &'static str, operation: &str) -> Span {
    match step {
        "start" => {
            debug_span!(target: "appflow_host", "guest.start", appflow.operation = operation)
        }
        _ => debug_span!(target: "appflow_host", "guest.call", appflow.operation = operation),
    }
}

tokio::task_local! {
    static ATTEMPT: u32;
}

/// Runs an attempt of a request; `number` counts from 0.
pub(crate) fn attempt<F: Future>(number: u32, attempt: F) -> TaskLocalFuture<u32, F> {
    ATTEMPT.scope(number, attempt)
}

/// A request to the application. The host's name is the one that was granted, without path or query.
pub(crate) fn upstream(method: &http::Method, host: &str) -> Span {
    debug_span!(
        target: "appflow_host",
        "upstream.request",
        http.request.method = method.as_str(),
        server.address = host,
        http.request.resend_count = ATTEMPT.try_with(|number| *number).unwrap_or_default(),
        http.response.status_code = Empty,
        error.type = Empty,
    )
}

/// Fills in what came of a request.
pub(crate) fn upstream_ended<B>(span: &Span, result: &Result<http::Response<B>, EgressError>) {
    match result {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            if status.is_client_error() || status.is_server_error() {
                span.record("error.type", status.as_str());
            }
        }
        Err(error) => {
            span.record("error.type", error_type(error));
        }
    }
}

/// A short name for a request that got no answer.
fn error_type(error: &EgressError) -> &'static str {
    match error {
        EgressError::Denied(_) => "denied",
        EgressError::InvalidRequest(_) => "invalid_request",
        EgressError::Connect { .. } => "connect",
        EgressError::Tls { .. } => "tls",
        EgressError::Certificate { .. } => "certificate",
        EgressError::Busy { .. } => "busy",
        EgressError::ConnectTimeout { .. }
        | EgressError::Timeout { .. }
        | EgressError::Stalled { .. } => "timeout",
        EgressError::BodyTooLarge { .. } => "body_too_large",
        EgressError::Truncated { .. } => "truncated",
        EgressError::Decode { .. } => "decode",
        EgressError::Protocol { .. } => "protocol",
        EgressError::Redirects { .. } => "redirects",
    }
}
