//! `wasi:http` goes the same way as the contract's own `http`: same policy, client, address checks and deadline.
//!
//! Bodies stream in both directions and are handed over as they come: the guest's library asked for their compression,
//! so it decompresses them. Redirects are the library's business too, each of them a request of its own to be judged.
//!
//! A request is tried again, by the same rules, only if it has no body, because a body that streams is gone once it was
//! sent; and only until its answer begins, because from then on the guest has it. A body is known to be absent if the
//! guest never asked for the means to write one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use http::header::{CONTENT_LENGTH, USER_AGENT};
use http::{HeaderName, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Empty};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tracing::Instrument as _;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

use super::client::{BoxError, DEFAULT_USER_AGENT, Egress, Head, Limits, OutboundBody, after};
use super::error::EgressError;
use super::failure::{sort_body, sort_hyper};
use super::fault::AnswerBody;
use super::policy::{Denial, Granted, Policy};
use super::request::{check_method, is_forbidden_header};
use super::retry::is_repeatable;
use super::slots::Slot;
use super::stats::OutboundStats;
use super::wasi_sealing;
use crate::credentials::Vault;
use crate::mechanism;

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
    vault: Arc<Vault>,
    /// Bytes of request bodies that are held as a whole.
    collected: Arc<AtomicUsize>,
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
            vault: Arc::new(Vault::empty()),
            collected: Arc::default(),
        }
    }

    /// The same with credentials: placeholders become values on the way out, and values placeholders on the way back.
    #[must_use]
    pub fn with_vault(self, vault: Arc<Vault>) -> Self {
        Self { vault, ..self }
    }

    async fn send(
        self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, EgressError> {
        super::kill::count();
        self.policy.stats().set_streamed();
        check_method(request.method())?;
        let granted = self.policy.check(request.uri())?;
        let limit = self.limits.response_body_bytes;
        let filling = wasi_sealing::fill(
            &self.vault,
            &self.collected,
            &self.policy,
            &granted,
            limit,
            request,
        );
        let filled = timeout_at(self.deadline, filling).await;
        let request = filled.unwrap_or_else(|_| {
            Err(EgressError::Timeout {
                host: granted.host.clone(),
            })
        })?;
        // The address that goes out is the one with the values in its query.
        let granted = self.policy.check(request.uri())?;
        let (mut parts, body) = request.into_parts();
        let method = parts.method.clone();
        parts
            .headers
            .entry(USER_AGENT)
            .or_insert(DEFAULT_USER_AGENT);
        let connect = options.connect_timeout.unwrap_or_default();
        let first_byte = options
            .first_byte_timeout
            .map_or(self.limits.first_byte, |first| {
                connect.saturating_add(first).min(self.limits.first_byte)
            });
        let start = Instant::now();
        let answer = if body.is_end_stream() {
            let repeatable = is_repeatable(&parts.method, &parts.headers);
            let attempts =
                self.egress
                    .attempts(&self.policy, repeatable, self.deadline, self.limits);
            let sending = attempts.run(|| {
                let empty = Empty::new().map_err(|never| match never {});
                let request = Request::from_parts(parts.clone(), empty.boxed_unsync());
                self.exchange(&granted, request, first_byte)
            });
            timeout_at(self.deadline, sending).await
        } else {
            let stats = Arc::clone(self.policy.stats());
            let body = body
                .map_frame(move |frame| {
                    stats.add_bytes_out(frame.data_ref().map_or(0, Bytes::len));
                    frame
                })
                .map_err(|error| Box::new(error) as BoxError)
                .boxed_unsync();
            let request = Request::from_parts(parts, body);
            timeout_at(self.deadline, self.exchange(&granted, request, first_byte)).await
        };
        self.policy.stats().add_time(start.elapsed());
        let Head { response, slot, .. } = answer.unwrap_or_else(|_| {
            Err(EgressError::Timeout {
                host: granted.host.clone(),
            })
        })?;
        if response.body().size_hint().lower() > limit {
            return Err(EgressError::BodyTooLarge {
                host: granted.host,
                limit,
            });
        }
        let host = granted.host.clone();
        let response = response.map(|body| {
            Guarded {
                body,
                host: granted.host,
                left: limit,
                limit,
                between: options
                    .between_bytes_timeout
                    .map_or(self.limits.idle, |between| between.min(self.limits.idle)),
                deadline: self.deadline,
                timer: None,
                stats: Arc::clone(self.policy.stats()),
                slot: Some(slot),
            }
            .boxed_unsync()
        });
        wasi_sealing::scrub(&self.vault, &method, &host, response)
    }

    async fn exchange(
        &self,
        granted: &Granted,
        request: Request<OutboundBody>,
        first_byte: Duration,
    ) -> Result<Head, EgressError> {
        self.egress
            .exchange(&self.policy, granted, request, self.deadline, first_byte)
            .await
    }
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

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        if mechanism::off("limits.resource-bytes") {
            return 1 << 20;
        }
        // Two chunks of a body wait in the host's memory even if the request is never sent.
        16 * 1024
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answer, Error>> + Send> {
        // The task that goes on with it would not know the invocation it belongs to.
        let sending = self.clone().send(request, options.unwrap_or_default());
        let mut sending = Box::pin(sending.in_current_span());
        // The first step is taken now and not by the task that goes on with it, so that requests get their turn at a host
        // in the order in which the guest made them. A guest that waits for its first answer while later ones, unread, hold
        // all the turns would wait until its time is over. One thread keeps that order by itself, more than one would not.
        let begun = sending.as_mut().now_or_never();
        Box::new(async move {
            let answer = match begun {
                Some(answer) => answer,
                None => sending.await,
            };
            let response = answer.map_err(to_wasi)?;
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
        EgressError::Tls { .. } => Error::TlsProtocolError,
        EgressError::Certificate { .. } => Error::TlsCertificateError,
        EgressError::ConnectTimeout { .. } => Error::ConnectionTimeout,
        EgressError::Busy { .. } => Error::ConnectionLimitReached,
        EgressError::Timeout { .. } | EgressError::Stalled { .. } => Error::HttpResponseTimeout,
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
    between: Duration,
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    stats: Arc<OutboundStats>,
    /// Given back at the end of the body, which a guest may hold on to.
    slot: Option<Slot>,
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
                let idle = after(Instant::now(), between).min(deadline);
                Box::pin(sleep_until(idle))
            });
            ready!(timer.as_mut().poll(context));
            this.slot = None;
            return Poll::Ready(Some(Err(Error::HttpResponseTimeout)));
        };
        this.timer = None;
        let frame = match frame {
            None => {
                this.slot = None;
                return Poll::Ready(None);
            }
            Some(Err(error)) => {
                this.slot = None;
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
