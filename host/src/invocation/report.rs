//! What an invocation took: the one line it leaves in the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::appflow::{Answer, ErrorCode, ErrorDetails, Operation, Request};
use crate::bindings::{HostCalls, Usage};
use crate::egress::{Denial, OutboundStats};
use crate::mechanism;
use crate::telemetry::{Figures, Metrics, TraceId, millis, spans};

/// From so many requests on, more than one for each record is worth a warning.
const MANY_REQUESTS: u64 = 20;

/// Figures of one invocation.
#[derive(Debug, Clone)]
pub struct Report {
    /// The operation, once known.
    pub operation: Option<Operation>,
    /// AppFlow's error, if the invocation failed.
    pub error: Option<ErrorDetails>,
    /// Records in the answer or in the request.
    pub records: usize,
    /// Members of records that deviate from the entity's definition.
    pub deviations: u64,
    /// Bytes of the answer.
    pub bytes: usize,
    /// From the request's arrival to the finished answer.
    pub wall: Duration,
    /// Time spent in the guest: its call without the waits for the application.
    pub guest: Duration,
    /// Most memory the guest held, in bytes.
    pub memory_bytes: usize,
    /// Most bytes of answers the host held for the guest.
    pub held_bytes: usize,
    /// The guest's calls of the host.
    pub host_calls: HostCalls,
    /// The time the invocation had.
    pub limit: Duration,
    /// True for the first invocation of the process.
    pub cold: bool,
    /// What went out.
    pub stats: Arc<OutboundStats>,
    /// Name of the connection's secret, for forgetting it. Not logged.
    pub(super) secret_arn: Option<String>,
    pub(super) request_id: String,
    trace: Option<TraceId>,
    /// True once the connector itself has served the request.
    served: bool,
    entity: Option<String>,
    flow: Option<String>,
    execution: Option<String>,
    profile: Option<String>,
    began: Instant,
}

impl Report {
    pub(super) fn start(request_id: &str, trace: Option<TraceId>, cold: bool) -> Self {
        Self {
            operation: None,
            error: None,
            records: 0,
            deviations: 0,
            bytes: 0,
            wall: Duration::ZERO,
            guest: Duration::ZERO,
            memory_bytes: 0,
            held_bytes: 0,
            host_calls: HostCalls::default(),
            limit: Duration::ZERO,
            cold,
            stats: Arc::default(),
            secret_arn: None,
            request_id: request_id.to_owned(),
            trace,
            served: false,
            entity: None,
            flow: None,
            execution: None,
            profile: None,
            began: Instant::now(),
        }
    }

    pub(super) fn about(&mut self, request: &Request) {
        self.operation = Some(request.operation());
        self.entity = request.entity_identifier().map(str::to_owned);
        self.secret_arn = request
            .credentials()
            .and_then(|reference| reference.secret_arn.clone());
        if let Some(context) = request.context() {
            self.flow = context.flow_name.clone();
            self.execution = context.execution_id.clone();
            self.profile = context.connector_profile_label.clone();
        }
        if let Request::WriteData(write) = request {
            self.records = write.records.len();
        }
    }

    /// Logs what the policy refused, each with the line of the manifest that would allow it.
    pub(super) fn refused(&self, denials: &[Denial]) {
        for denial in denials {
            tracing::warn!(target: "appflow_host", "request refused: {denial}");
        }
    }

    /// Name of the operation; `unknown` if the request could not be read so far.
    pub(super) fn operation_name(&self) -> &'static str {
        self.operation.map_or("unknown", Operation::name)
    }

    /// The connector has served the request, so its entity is one that exists.
    pub(super) fn served(&mut self) {
        self.served = true;
    }

    /// Adds what a call of the guest used; `records` went into its page. `broken` says that the call ended without an
    /// answer: what the guest printed is then the best account of why.
    pub(super) fn used(&mut self, records: usize, usage: &Usage, call: Duration, broken: bool) {
        self.records = self.records.max(records);
        self.memory_bytes = self.memory_bytes.max(usage.memory_bytes);
        self.held_bytes = self.held_bytes.max(usage.held_bytes);
        self.host_calls = usage.calls;
        self.guest += call.saturating_sub(self.stats.time());
        for line in &usage.printed {
            if broken {
                tracing::error!(target: "connector", printed = true, "{line}");
            } else {
                tracing::info!(target: "connector", printed = true, "{line}");
            }
        }
        if usage.printed_dropped > 0 || usage.log_lines_dropped > 0 {
            tracing::warn!(
                target: "connector",
                printed_bytes = usage.printed_dropped,
                log_lines = usage.log_lines_dropped,
                "the connector wrote more than is kept; the rest was dropped"
            );
        }
    }

    /// Notes what an answer says of itself: some records of a write may have failed, some settings be wrong.
    pub(super) fn answered(&mut self, answer: &Answer) {
        self.error = match answer {
            Answer::WriteData(write) => {
                let failed = write
                    .write_record_results
                    .iter()
                    .filter(|result| !result.is_success)
                    .count();
                (failed > 0).then(|| {
                    let message = format!(
                        "{failed} of {} records failed",
                        write.write_record_results.len()
                    );
                    ErrorDetails::new(ErrorCode::PartialWriteFailure, message)
                })
            }
            Answer::ValidateConnectorRuntimeSettings(wrong)
                if !wrong.errors_by_input_field.is_empty() =>
            {
                Some(ErrorDetails::new(
                    ErrorCode::InvalidArgument,
                    "some settings are wrong",
                ))
            }
            _ => None,
        };
    }

    pub(super) fn failed(&mut self, details: &ErrorDetails) {
        self.error = Some(details.clone());
    }

    pub(super) fn finish(&mut self, bytes: usize, metrics: Option<&Metrics>) {
        self.bytes = bytes;
        self.wall = self.began.elapsed();
        let operation = self.operation_name();
        let error = self.error.as_ref();
        let code = error.map(|error| error.code.as_str());
        let calls = self.stats.calls();
        let is_many = calls > MANY_REQUESTS && self.records > 0 && calls > self.records as u64;
        if is_many && !mechanism::off("telemetry.many-requests") {
            tracing::warn!(
                target: "appflow_host",
                upstream_calls = calls,
                records = self.records,
                "more than one request to the application for each record; can the connector ask for many at once?"
            );
        }
        spans::invocation_ended(operation, self.entity.as_deref(), code);
        tracing::info!(
            target: "appflow_host",
            operation,
            entity = self.entity,
            flow = self.flow,
            execution = self.execution,
            profile = self.profile,
            outcome = if error.is_some() { "failure" } else { "success" },
            code,
            reason = error.map(|error| error.message.as_str()),
            records = self.records,
            deviations = self.deviations,
            bytes,
            wall_ms = millis(self.wall),
            guest_ms = millis(self.guest),
            memory_bytes = self.memory_bytes,
            held_bytes = self.held_bytes,
            upstream_calls = calls,
            upstream_ms = millis(self.stats.time()),
            retries = self.stats.retries(),
            wait_ms = millis(self.stats.waited()),
            refused = self.stats.refusals(),
            cold = self.cold,
            "invocation"
        );
        if let Some(metrics) = metrics {
            metrics.write(&self.figures());
        }
    }

    fn figures(&self) -> Figures<'_> {
        let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let code = self.error.as_ref().map(|error| error.code);
        Figures {
            operation: self.operation_name(),
            entity: self.entity.as_deref(),
            answered: self.served,
            request_id: &self.request_id,
            trace_id: self.trace.as_ref().map(TraceId::root),
            code: code.map(|code| code.as_str()),
            cold: self.cold,
            throttled: code == Some(ErrorCode::RateLimitExceeded),
            duration: self.wall,
            guest: self.guest,
            upstream: self.stats.time(),
            waits: self.stats.waited(),
            records: whole(self.records),
            answer_bytes: whole(self.bytes),
            memory_bytes: whole(self.memory_bytes),
            held_bytes: whole(self.held_bytes),
            upstream_calls: self.stats.calls(),
            retries: self.stats.retries(),
            refusals: self.stats.refusals(),
            type_mismatches: self.deviations,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::log::{LogSettings, written};

    /// Messages of warnings that an invocation with so many requests and records leaves.
    fn warnings(calls: u64, records: usize) -> usize {
        let lines = written(LogSettings::default(), || {
            let mut report = Report::start("r", None, false);
            report.records = records;
            (0..calls).for_each(|_| report.stats.add_call());
            report.finish(0, None);
        });
        assert_eq!(lines.last().unwrap()["upstream_calls"], calls);
        lines
            .iter()
            .filter(|line| line["level"] == "WARN" && line["records"] == records)
            .count()
    }

    #[test]
    fn a_request_for_each_record_is_worth_a_warning() {
        assert_eq!(warnings(21, 20), 1);
        assert_eq!(warnings(500, 250), 1);
        // Few requests, one for each record exactly, or none to compare with.
        assert_eq!(warnings(20, 5), 0);
        assert_eq!(warnings(21, 21), 0);
        assert_eq!(warnings(100, 0), 0);
    }

    #[test]
    fn an_entity_counts_once_the_connector_has_served_it() {
        let mut report = Report::start("r", None, true);
        report.entity = Some("Account".to_owned());
        assert!(!report.figures().answered);
        report.served();
        let figures = report.figures();
        assert!(figures.answered && figures.cold && figures.code.is_none());
        report.failed(&ErrorDetails::new(ErrorCode::RateLimitExceeded, "later"));
        assert!(report.figures().throttled);
        assert_eq!(report.figures().code, Some("RateLimitExceeded"));
    }
}
