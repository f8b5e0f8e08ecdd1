//! `wasi:http` goes the same way as the contract's own `http`: same policy, client, address checks and deadline.
//!
//! Bodies stream in both directions and are handed over as they come: the guest's library asked for their compression,
//! so it decompresses them. Redirects are the library's business too, each of them a request of its own to be judged.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, USER_AGENT};
use http::{HeaderName, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

use super::client::{BoxError, DEFAULT_USER_AGENT, Egress, Limits};
use super::error::EgressError;
use super::failure::{sort_body, sort_hyper};
use super::fault::AnswerBody;
use super::policy::{Denial, Policy};
use super::request::{check_method, is_forbidden_header};
use super::stats::OutboundStats;

type Answer = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// The hooks of one invocation.
#[derive(Debug, Clone)]
pub struct WasiEgress {
    egress: Egress,
    policy: Policy,
    deadline: Instant,
    limits: Limits,
}

impl WasiEgress {
    /// Lets the requests of one invocation out until `deadline`.
    #[must_use]
    pub fn new(egress: Egress, policy: Policy, deadline: Instant, limits: Limits) -> Self {
        Self {
            egress,
            policy,
            deadline,
            limits,
        }
    }

    async fn send(
        self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, EgressError> {
        super::kill::count();
        check_method(request.method())?;
        let granted = self.policy.check(request.uri())?;
        let (mut parts, body) = request.into_parts();
        parts
            .headers
            .entry(USER_AGENT)
            .or_insert(DEFAULT_USER_AGENT);
        let stats = Arc::clone(self.policy.stats());
        let body = body
            .map_frame(move |frame| {
                stats.add_bytes_out(frame.data_ref().map_or(0, Bytes::len));
                frame
            })
            .map_err(|error| Box::new(error) as BoxError)
            .boxed_unsync();
        let start = Instant::now();
        let until = match (options.connect_timeout, options.first_byte_timeout) {
            (connect, Some(first)) => self.deadline.min(after(
                start,
                connect.unwrap_or_default().saturating_add(first),
            )),
            _ => self.deadline,
        };
        let answer = timeout_at(
            until,
            self.egress
                .exchange(&self.policy, &granted, Request::from_parts(parts, body)),
        )
        .await;
        self.policy.stats().add_time(start.elapsed());
        let response = answer.unwrap_or_else(|_| {
            Err(EgressError::Timeout {
                host: granted.host.clone(),
            })
        })?;
        let limit = self.limits.response_body_bytes;
        if response.body().size_hint().lower() > limit {
            return Err(EgressError::BodyTooLarge {
                host: granted.host,
                limit,
            });
        }
        Ok(response.map(|body| {
            Guarded {
                body,
                host: granted.host,
                left: limit,
                limit,
                between: options.between_bytes_timeout,
                deadline: self.deadline,
                timer: None,
                stats: Arc::clone(self.policy.stats()),
            }
            .boxed_unsync()
        }))
    }
}

/// An instant that far away, or as far as there are instants.
fn after(start: Instant, wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 3600);
    start + wait.min(FAR)
}

impl WasiHttpHooks for WasiEgress {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        // `content-length` is checked against the body by the implementation of wasi:http, and belongs into answers.
        Arc::new(|name: &HeaderName| is_forbidden_header(name) && *name != CONTENT_LENGTH)
    }

    fn set_host_header(&mut self) -> bool {
        // The client sets it from the address that was judged.
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answer, Error>> + Send> {
        let sending = self.clone().send(request, options.unwrap_or_default());
        Box::new(async move {
            let response = sending.await.map_err(to_wasi)?;
            Ok((response, Box::new(async { Ok(()) }) as Box<_>))
        })
    }

    fn p2_error_from_hyper(
        &mut self,
        error: &hyper::Error,
    ) -> wasmtime_wasi_http::p2::bindings::http::types::ErrorCode {
        use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
        // The default writes the error to the log, where nothing of upstreams belongs.
        match sort_hyper(error, "") {
            EgressError::Truncated { .. } => ErrorCode::HttpResponseIncomplete,
            _ => ErrorCode::HttpProtocolError,
        }
    }
}

fn to_wasi(error: EgressError) -> Error {
    match error {
        EgressError::Denied(Denial::Url { .. }) => Error::HttpRequestUriInvalid,
        EgressError::Denied(_) => Error::HttpRequestDenied,
        EgressError::InvalidRequest(_) => Error::HttpRequestMethodInvalid,
        EgressError::Connect { .. } => Error::DestinationUnavailable,
        EgressError::Tls { .. } => Error::TlsCertificateError,
        EgressError::ConnectTimeout { .. } => Error::ConnectionTimeout,
        EgressError::Timeout { .. } => Error::HttpResponseTimeout,
        EgressError::BodyTooLarge { limit, .. } => Error::HttpResponseBodySize(Some(limit)),
        EgressError::Truncated { .. } => Error::HttpResponseIncomplete,
        EgressError::Decode { .. } => Error::HttpResponseContentCoding(None),
        EgressError::Redirects { .. } => Error::LoopDetected,
        EgressError::Protocol { .. } => Error::HttpProtocolError,
    }
}

/// A body that ends at the limit, at the deadline, or when nothing comes for too long.
struct Guarded {
    body: AnswerBody,
    host: String,
    left: u64,
    limit: u64,
    between: Option<Duration>,
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    stats: Arc<OutboundStats>,
}

impl Body for Guarded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            let (between, deadline) = (this.between, this.deadline);
            let timer = this.timer.get_or_insert_with(|| {
                let idle = between.map_or(deadline, |between| {
                    after(Instant::now(), between).min(deadline)
                });
                Box::pin(sleep_until(idle))
            });
            ready!(timer.as_mut().poll(context));
            return Poll::Ready(Some(Err(Error::HttpResponseTimeout)));
        };
        this.timer = None;
        let frame = match frame {
            None => return Poll::Ready(None),
            Some(Err(error)) => {
                return Poll::Ready(Some(Err(to_wasi(sort_body(&error, &this.host)))));
            }
            Some(Ok(frame)) => frame,
        };
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        this.stats.add_bytes_in(bytes);
        match this.left.checked_sub(bytes as u64) {
            Some(left) => this.left = left,
            None => return Poll::Ready(Some(Err(Error::HttpResponseBodySize(Some(this.limit))))),
        }
        if Instant::now() >= this.deadline {
            return Poll::Ready(Some(Err(Error::HttpResponseTimeout)));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
