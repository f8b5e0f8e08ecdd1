//! The pooled client, and whole requests through it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use super::answer::collect;
use super::connector::{Connector, Network, SystemNetwork};
use super::decode;
use super::error::EgressError;
use super::failure::sort;
use super::fault::{AnswerBody, FaultPlan, Faults};
use super::hints::retry_after;
use super::host_pattern::HostPattern;
use super::local::LocalTargets;
use super::policy::{Granted, Policy, Rules, SettingRule};
use super::pool::Pool;
use super::request::{check_headers, check_method};
use super::retry::{Answered, Attempts, Backoff, is_repeatable};
use super::slots::{Slot, Slots};
use crate::clock::{Clock, SystemClock};
use crate::mechanism;
use crate::telemetry::{TRACE_HEADER, spans};

/// Redirects to the same host that are followed.
const MAX_REDIRECTS: usize = 5;

pub(crate) const DEFAULT_USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("appflow-wasm/", env!("CARGO_PKG_VERSION")));

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type OutboundBody = UnsyncBoxBody<Bytes, BoxError>;

/// Which certificate authorities are trusted.
#[derive(Debug, Clone, Default)]
pub enum Roots {
    /// Those of the machine, read at the first https request. `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured.
    #[default]
    Native,
    /// These only.
    Given(Vec<CertificateDer<'static>>),
}

/// What an [`Egress`] is made of besides the manifest's rules.
pub struct EgressOptions {
    /// Stand-ins on this machine; empty in production.
    pub local: LocalTargets,
    /// Trusted certificate authorities.
    pub roots: Roots,
    /// Resolver and TCP.
    pub network: Arc<dyn Network>,
    /// Longest time for one connection, name resolution and TLS included.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
    /// Where the age of connections and the time of day come from.
    pub clock: Arc<dyn Clock>,
    /// What goes wrong on purpose; nothing in production.
    pub faults: FaultPlan,
    /// Requests under way to one host at once.
    pub per_host: usize,
    /// The window of the random wait before the first retry; it doubles with every further one.
    pub first_window: Duration,
    /// Makes the random waits the same each time.
    pub seed: Option<u64>,
}

impl Default for EgressOptions {
    fn default() -> Self {
        Self {
            local: LocalTargets::default(),
            roots: Roots::default(),
            network: Arc::new(SystemNetwork),
            // Less than the 9.5 s of metadata and settings, so that there the connector still hears of it.
            connect_timeout: Duration::from_secs(5),
            // Load balancers commonly close after 60 s; a connection closed under a request costs a failed write.
            idle_timeout: Duration::from_secs(50),
            clock: Arc::new(SystemClock),
            faults: FaultPlan::default(),
            per_host: 16,
            // Three retries then take 0.7 s on average and 1.4 s at most, of AppFlow's 10 or 30.
            first_window: Duration::from_millis(200),
            seed: None,
        }
    }
}

/// The way out, for the life of the process. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Egress {
    rules: Arc<Rules>,
    pool: Arc<Pool>,
    faults: Option<Arc<Faults>>,
    slots: Arc<Slots>,
    backoff: Arc<Backoff>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// Marks a request, among its extensions, as one that asks for a token: whatever its method, it changes no data of the
/// application's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsksForToken;

/// Limits of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest body of an answer in bytes, both as it comes and decompressed.
    pub response_body_bytes: u64,
    /// Most attempts after the first.
    pub retries: u32,
    /// Longest time from the start of an attempt until its answer begins.
    pub first_byte: Duration,
    /// Longest time between two pieces of the answer's body.
    pub idle: Duration,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundResponse {
    /// Status, any.
    pub status: StatusCode,
    /// Headers as they came, without `content-encoding` and `content-length` if the body was decompressed.
    pub headers: HeaderMap,
    /// Body, decompressed.
    pub body: Bytes,
    /// The host that was asked, for messages.
    pub host: String,
    /// Seconds the application asks to wait before it is asked again, from any of the headers that say so. With 403 it
    /// means that the request was refused for its rate.
    pub retry_after_seconds: Option<u32>,
}

impl Answered for OutboundResponse {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        self.retry_after_seconds
    }
}

/// The head of an answer. The slot is free once the body has ended.
pub(crate) struct Head {
    pub(crate) response: http::Response<AnswerBody>,
    pub(crate) slot: Slot,
    pub(crate) retry_after_seconds: Option<u32>,
}

impl Answered for Head {
    fn status(&self) -> StatusCode {
        self.response.status()
    }

    fn retry_after_seconds(&self) -> Option<u32> {
        self.retry_after_seconds
    }
}

impl Egress {
    /// A way out under the manifest's rules. Opens no connection and reads no file.
    #[must_use]
    pub fn new(
        hosts: Vec<HostPattern>,
        from_settings: Vec<SettingRule>,
        options: EgressOptions,
    ) -> Self {
        let rules = Arc::new(Rules {
            hosts,
            from_settings,
            local: options.local,
        });
        let connector = Connector::new(
            options.network,
            Arc::clone(&rules),
            options.roots,
            options.connect_timeout,
        );
        let clock = options.clock;
        let pool = Pool::new(connector, options.idle_timeout, Arc::clone(&clock));
        Self {
            rules,
            pool: Arc::new(pool),
            faults: Faults::start(options.faults).map(Arc::new),
            slots: Arc::new(Slots::new(options.per_host)),
            backoff: Arc::new(Backoff::new(options.first_window, options.seed)),
            clock,
        }
    }

    /// The policy of one invocation with these runtime settings. Connections are kept across invocations.
    #[must_use]
    pub fn policy(&self, settings: &[(String, String)]) -> Policy {
        Policy::new(Arc::clone(&self.rules), settings)
    }

    /// Sends a request and collects the whole answer.
    ///
    /// GET and HEAD follow redirects to the same scheme, host and port; any other redirect is an answer. Bodies that come
    /// compressed are decompressed. `accept-encoding` is the host's and is replaced. What fails for a moment is tried
    /// again by the rules in `egress::retry`, each time from the first address on.
    ///
    /// # Errors
    /// See [`EgressError`]. Any status is an answer, not an error.
    pub async fn send(
        &self,
        policy: &Policy,
        request: Request<Bytes>,
        deadline: Instant,
        limits: Limits,
    ) -> Result<OutboundResponse, EgressError> {
        check_method(request.method())?;
        check_headers(request.headers())?;
        let granted = policy.check(request.uri())?;
        let host = granted.host.clone();
        let (mut parts, body) = request.into_parts();
        let repeatable = is_repeatable(&parts.method, &parts.headers);
        parts
            .headers
            .insert(ACCEPT_ENCODING, decode::ACCEPT_ENCODING);
        parts
            .headers
            .entry(USER_AGENT)
            .or_insert(DEFAULT_USER_AGENT);
        let attempts = self.attempts(policy, repeatable, deadline, limits);
        let start = Instant::now();
        let sending =
            attempts.run(|| self.attempt(policy, &parts, &body, granted.clone(), deadline, limits));
        let sent = timeout_at(deadline, sending).await;
        policy.stats().add_time(start.elapsed());
        sent.unwrap_or(Err(EgressError::Timeout { host }))
    }

    pub(crate) fn attempts<'a>(
        &'a self,
        policy: &'a Policy,
        repeatable: bool,
        deadline: Instant,
        limits: Limits,
    ) -> Attempts<'a> {
        Attempts {
            retries: limits.retries,
            repeatable,
            deadline,
            backoff: &self.backoff,
            stats: policy.stats(),
        }
    }

    /// One attempt, with the redirects it is led through.
    async fn attempt(
        &self,
        policy: &Policy,
        parts: &http::request::Parts,
        body: &Bytes,
        mut granted: Granted,
        deadline: Instant,
        limits: Limits,
    ) -> Result<OutboundResponse, EgressError> {
        let follows = parts.method == Method::GET || parts.method == Method::HEAD;
        let mut asked = parts.uri.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = outgoing(parts, body, policy);
            let head = self
                .exchange(policy, &granted, request, deadline, limits.first_byte)
                .await?;
            let target = follows
                .then(|| redirect_target(&head.response, &asked))
                .flatten();
            let Some(target) = target else {
                let is_head = parts.method == Method::HEAD;
                return collect(policy, granted.host, is_head, head, limits).await;
            };
            granted = policy.check(&target)?;
            asked = target;
        }
        Err(EgressError::Redirects {
            host: granted.host,
            limit: MAX_REDIRECTS,
        })
    }

    /// One request and the head of its answer.
    pub(crate) async fn exchange(
        &self,
        policy: &Policy,
        granted: &Granted,
        mut request: Request<OutboundBody>,
        deadline: Instant,
        first_byte: Duration,
    ) -> Result<Head, EgressError> {
        // A stand-in is told which host was meant, as the real one would be.
        if granted
            .uri
            .authority()
            .is_some_and(|authority| authority.as_str() != granted.host)
            && let Ok(host) = HeaderValue::from_str(&granted.host)
        {
            request.headers_mut().insert(HOST, host);
        }
        *request.uri_mut() = granted.uri.clone();
        let changes = !matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        ) && request.extensions().get::<AsksForToken>().is_none();
        let host = || granted.host.clone();
        let start = Instant::now();
        let slot = timeout_at(deadline, self.slots.take(&granted.host)).await;
        policy.stats().add_wait(start.elapsed());
        let slot = slot.map_err(|_| EgressError::Busy { host: host() })?;
        policy.stats().add_call();
        if let Some(trace) = policy.trace() {
            request
                .headers_mut()
                .insert(TRACE_HEADER, trace.header().clone());
        }
        // Counted from here on and taken back below: whoever no longer waits for the answer has not stopped the application.
        if changes {
            policy.stats().add_change();
        }
        let span = spans::upstream(request.method(), &granted.host);
        let forward = async {
            self.pool.client().request(request).await.map_err(|error| {
                let error = sort(&error, &granted.host);
                if let EgressError::Denied(denial) = &error {
                    policy.record(denial);
                }
                error
            })
        };
        let answer = async {
            match &self.faults {
                None => Ok(forward.await?.map(AnswerBody::Whole)),
                Some(faults) => faults.exchange(&granted.host, forward).await,
            }
        };
        let until = match mechanism::off("egress.first-byte") {
            true => deadline,
            false => deadline.min(after(Instant::now(), first_byte)),
        };
        let response = timeout_at(until, answer)
            .instrument(span.clone())
            .await
            .unwrap_or_else(|_| Err(EgressError::Timeout { host: host() }));
        spans::upstream_ended(&span, &response);
        if changes && !may_have_changed(&response) {
            policy.stats().take_change_back();
        }
        let response = response?;
        if response.status() == StatusCode::UNAUTHORIZED {
            policy.stats().set_rejected();
        }
        let now = self.clock.now().wall;
        Ok(Head {
            retry_after_seconds: retry_after(response.status(), response.headers(), now),
            response,
            slot,
        })
    }
}

/// Whether a request that asks for a change may have made one. A redirect may be the answer to one that was carried out, as
/// 303 always is.
fn may_have_changed(answer: &Result<http::Response<AnswerBody>, EgressError>) -> bool {
    match answer {
        Ok(response) => !response.status().is_client_error(),
        Err(error) => error.may_have_been_sent(),
    }
}

/// An instant that far away, or as far as there are instants.
pub(crate) fn after(start: Instant, wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 3600);
    start + wait.min(FAR)
}

/// A request whose body can be sent again.
fn outgoing(parts: &http::request::Parts, body: &Bytes, policy: &Policy) -> Request<OutboundBody> {
    policy.stats().add_bytes_out(body.len());
    let body = Full::new(body.clone()).map_err(|never| match never {});
    let mut request = Request::new(body.boxed_unsync());
    *request.method_mut() = parts.method.clone();
    *request.headers_mut() = parts.headers.clone();
    *request.extensions_mut() = parts.extensions.clone();
    request
}

/// The address of a redirect that is followed: same scheme, host and port.
fn redirect_target<B>(response: &http::Response<B>, asked: &Uri) -> Option<Uri> {
    let redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response
        .headers()
        .get(LOCATION)
        .filter(|_| redirect)?
        .to_str()
        .ok()?;
    let base = url::Url::parse(&asked.to_string()).ok()?;
    let target = base.join(location).ok()?;
    let same = (target.origin() == base.origin() || mechanism::off("egress.redirect"))
        && target.username().is_empty()
        && target.password().is_none();
    if !same {
        return None;
    }
    super::request::parse_url(target.as_str()).ok()
}
