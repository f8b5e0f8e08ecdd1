//! X-Ray's trace of an invocation.

use std::future::Future;

use aws_sdk_secretsmanager::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_secretsmanager::error::BoxError;
use http::{HeaderName, HeaderValue};

use crate::mechanism;

/// The header that carries a trace between services.
pub(crate) const TRACE_HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Longest value that is taken, in bytes: X-Ray's own has at most some hundred.
const MAX_BYTES: usize = 512;

/// The trace an invocation belongs to, as Lambda gives it: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=…;Sampled=1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceId {
    header: HeaderValue,
    root: String,
}

impl TraceId {
    /// Reads the header's value. `None` if it is not one, such as an empty one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let root = text
            .split(';')
            .find_map(|part| part.strip_prefix("Root="))?;
        if root.is_empty() {
            return None;
        }
        Some(Self {
            header: HeaderValue::from_str(text).ok()?,
            root: root.to_owned(),
        })
    }

    /// What X-Ray is searched for: `1-5759e988-bd862e3fe1be46a994272793`.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The value as it came, for the next service.
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }
}

tokio::task_local! {
    static CURRENT: Option<TraceId>;
}

/// Runs something as a part of a trace.
pub(crate) async fn within<F: Future>(trace: Option<TraceId>, work: F) -> F::Output {
    CURRENT.scope(trace, work).await
}

/// The trace of what runs now.
pub(crate) fn current() -> Option<TraceId> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Puts the current trace into requests to AWS.
///
/// The SDK does so by itself out of the variable `_X_AMZN_TRACE_ID`, which is one for the whole process: wrong as soon as
/// two invocations run at once, and unset then. A header that is there already is left alone by it.
#[derive(Debug)]
pub(crate) struct PassTraceId;

impl Intercept for PassTraceId {
    fn name(&self) -> &'static str {
        "PassTraceId"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(trace) = current()
            && !mechanism::off("telemetry.trace")
        {
            let headers = context.request_mut().headers_mut();
            headers.insert(TRACE_HEADER, trace.header);
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const HEADER: &str =
        "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=53995c3f42cd8ad8;Sampled=1";

    #[test]
    fn the_root_is_read_and_the_rest_kept() {
        let trace = TraceId::parse(HEADER).unwrap();
        assert_eq!(trace.root(), "1-5bef4de7-ad49b0e87f6ef6c87fc2e700");
        assert_eq!(trace.header(), HEADER);
        let trace = TraceId::parse("Self=1-67891234-12456789abcdef012345678;Root=1-2-3").unwrap();
        assert_eq!(trace.root(), "1-2-3");
        for text in [
            "",
            " ",
            "Root=",
            "Parent=1",
            "Root=a\nb",
            "Root=ü",
            &"Root=".repeat(200),
        ] {
            assert_eq!(TraceId::parse(text), None, "{text:?}");
        }
    }

    #[tokio::test]
    async fn each_task_has_its_own() {
        assert_eq!(current(), None);
        let trace = TraceId::parse(HEADER);
        let inside = within(trace.clone(), async {
            tokio::task::yield_now().await;
            current()
        })
        .await;
        assert_eq!(inside, trace);
        let other = within(trace, async { within(None, async { current() }).await }).await;
        assert_eq!(other, None);
    }
}
