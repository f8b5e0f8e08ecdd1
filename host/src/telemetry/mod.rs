//! What an operator sees of an invocation besides the log: metrics, spans, and the trace it belongs to.
//!
//! * [`Metrics`]: one line of CloudWatch's Embedded Metric Format per invocation, from which CloudWatch makes metrics.
//! * `spans`: names and fields of all spans.
//! * [`TraceId`]: X-Ray's identifier, passed on to the AWS services that are asked for the invocation.
//!
//! Names are a contract with dashboards and alarms; `docs/observability.md` lists them. They are added to, never changed.

mod emf;
mod entities;
pub(crate) mod spans;
mod trace;

use std::time::Duration;

pub use emf::{DEFAULT_NAMESPACE, Figures, Metrics, is_namespace};
pub use trace::TraceId;
pub(crate) use trace::{PassTraceId, TRACE_HEADER, current, within};

/// Milliseconds with three digits behind the point.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
