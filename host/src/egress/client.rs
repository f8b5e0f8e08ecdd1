//! The pooled client, and whole requests through it.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use tokio::time::{Instant, timeout_at};

use super::connector::{ConnectFailure, Connector, Network, SystemNetwork};
use super::decode::{self, Coding, DecodeFailure};
use super::error::EgressError;
use super::host_pattern::HostPattern;
use super::local::LocalTargets;
use super::policy::{Denial, Granted, Policy, Rules, SettingRule};
use super::request::{check_headers, check_method};

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
}

impl Default for EgressOptions {
    fn default() -> Self {
        Self {
            local: LocalTargets::default(),
            roots: Roots::default(),
            network: Arc::new(SystemNetwork),
            connect_timeout: Duration::from_secs(10),
            // Load balancers commonly close after 60 s; a connection closed under a request costs a failed write.
            idle_timeout: Duration::from_secs(50),
        }
    }
}

/// The way out, for the life of the process. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Egress {
    rules: Arc<Rules>,
    client: Client<Connector, OutboundBody>,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// Limits of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest body of an answer in bytes, both as it comes and decompressed.
    pub response_body_bytes: u64,
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
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(options.idle_timeout)
            .pool_max_idle_per_host(16)
            .http2_max_header_list_size(64 * 1024)
            .build(connector);
        Self { rules, client }
    }

    /// The policy of one invocation with these runtime settings. Connections are kept across invocations.
    #[must_use]
    pub fn policy(&self, settings: &[(String, String)]) -> Policy {
        Policy::new(Arc::clone(&self.rules), settings)
    }

    /// Sends a request and collects the whole answer.
    ///
    /// GET and HEAD follow redirects to the same scheme, host and port; any other redirect is an answer. Bodies that come
    /// as gzip or deflate are decompressed. `accept-encoding` is the host's and is replaced.
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
        let start = Instant::now();
        let sent = timeout_at(
            deadline,
            self.send_following(policy, request, granted, limits),
        )
        .await;
        policy.stats().add_time(start.elapsed());
        sent.unwrap_or(Err(EgressError::Timeout { host }))
    }

    async fn send_following(
        &self,
        policy: &Policy,
        request: Request<Bytes>,
        mut granted: Granted,
        limits: Limits,
    ) -> Result<OutboundResponse, EgressError> {
        let (mut parts, body) = request.into_parts();
        parts
            .headers
            .insert(ACCEPT_ENCODING, decode::ACCEPT_ENCODING);
        parts
            .headers
            .entry(USER_AGENT)
            .or_insert(DEFAULT_USER_AGENT);
        let follows = parts.method == Method::GET || parts.method == Method::HEAD;
        let mut asked = parts.uri.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut outgoing = Request::new(());
            *outgoing.method_mut() = parts.method.clone();
            *outgoing.headers_mut() = parts.headers.clone();
            let outgoing = outgoing.map(|()| {
                Full::new(body.clone())
                    .map_err(|never| match never {})
                    .boxed_unsync()
            });
            policy.stats().add_bytes_out(body.len());
            let response = self.exchange(policy, &granted, outgoing).await?;
            let target = if follows {
                redirect_target(&response, &asked)
            } else {
                None
            };
            let Some(target) = target else {
                return collect(
                    policy,
                    granted.host,
                    parts.method == Method::HEAD,
                    response,
                    limits,
                )
                .await;
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
    ) -> Result<http::Response<Incoming>, EgressError> {
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
        policy.stats().add_call();
        self.client.request(request).await.map_err(|error| {
            let error = sort(&error, &granted.host);
            if let EgressError::Denied(denial) = &error {
                policy.record(denial);
            }
            error
        })
    }
}

/// The address of a redirect that is followed: same scheme, host and port.
fn redirect_target(response: &http::Response<Incoming>, asked: &Uri) -> Option<Uri> {
    let redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response
        .headers()
        .get(LOCATION)
        .filter(|_| redirect)?
        .to_str()
        .ok()?;
    let base = url::Url::parse(&asked.to_string()).ok()?;
    let target = base.join(location).ok()?;
    let same = target.origin() == base.origin()
        && target.username().is_empty()
        && target.password().is_none();
    if !same {
        return None;
    }
    super::request::parse_url(target.as_str()).ok()
}

async fn collect(
    policy: &Policy,
    host: String,
    head: bool,
    response: http::Response<Incoming>,
    limits: Limits,
) -> Result<OutboundResponse, EgressError> {
    let limit = limits.response_body_bytes;
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
    if !head && body.size_hint().lower() > limit {
        return Err(failed(DecodeFailure::TooLarge, &host));
    }
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or_default();
    let mut collected = Collected::default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| sort_hyper(&error, &host))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        policy.stats().add_bytes_in(data.len());
        if (collected.len() + data.len()) as u64 > limit {
            return Err(failed(DecodeFailure::TooLarge, &host));
        }
        collected.push(data, expected);
    }
    let body = collected.into_bytes();
    // HEAD and 304 announce a coding and send nothing.
    let coding = if body.is_empty() {
        Coding::Identity
    } else {
        Coding::of(&parts.headers).map_err(|failure| failed(failure, &host))?
    };
    let body = coding
        .decode(body, limit)
        .map_err(|failure| failed(failure, &host))?;
    if coding != Coding::Identity {
        parts.headers.remove(CONTENT_ENCODING);
        parts.headers.remove(CONTENT_LENGTH);
    }
    Ok(OutboundResponse {
        status: parts.status,
        headers: parts.headers,
        body,
        host,
    })
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

/// Puts the client's error into our words.
fn sort(error: &ClientError, host: &str) -> EgressError {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(failure) = inner.downcast_ref::<ConnectFailure>() {
            return sort_connect(failure, host.to_owned());
        }
        if let Some(error) = inner.downcast_ref::<hyper::Error>() {
            return sort_hyper(error, host);
        }
        source = inner.source();
    }
    if error.is_connect() {
        return EgressError::Connect {
            host: host.to_owned(),
            reason: "the connection failed".to_owned(),
        };
    }
    EgressError::Protocol {
        host: host.to_owned(),
    }
}

fn sort_connect(failure: &ConnectFailure, host: String) -> EgressError {
    match failure {
        ConnectFailure::Forbidden(class) => Denial::Address {
            host,
            class: *class,
        }
        .into(),
        ConnectFailure::NotGranted => Denial::Url {
            reason: "neither https nor a local target",
        }
        .into(),
        ConnectFailure::Resolve(_) => EgressError::Connect {
            host,
            reason: "its name was not found".to_owned(),
        },
        ConnectFailure::Tcp(error) => EgressError::Connect {
            host,
            reason: error.kind().to_string(),
        },
        ConnectFailure::Timeout => EgressError::ConnectTimeout { host },
        ConnectFailure::Tls(error) => {
            let tls = error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>());
            let reason = match tls {
                Some(rustls::Error::InvalidCertificate(problem)) => {
                    format!("its certificate is not valid ({})", certificate(problem))
                }
                Some(_) => "the TLS handshake failed".to_owned(),
                None if error.kind() == std::io::ErrorKind::NotFound => {
                    "this machine has no certificate authorities".to_owned()
                }
                None => "the connection ended during the TLS handshake".to_owned(),
            };
            EgressError::Tls { host, reason }
        }
    }
}

/// A few words instead of the library's, which print certificates and names.
fn certificate(problem: &rustls::CertificateError) -> &'static str {
    use rustls::CertificateError as E;
    match problem {
        E::Expired | E::ExpiredContext { .. } => "expired",
        E::NotValidYet | E::NotValidYetContext { .. } => "not valid yet",
        E::Revoked => "revoked",
        E::UnknownIssuer | E::BadSignature => "unknown issuer",
        E::NotValidForName | E::NotValidForNameContext { .. } => "issued for another name",
        _ => "malformed or not acceptable",
    }
}

pub(crate) fn sort_hyper(error: &hyper::Error, host: &str) -> EgressError {
    let host = host.to_owned();
    let reset = || {
        let mut source = error.source();
        while let Some(inner) = source {
            if let Some(error) = inner.downcast_ref::<std::io::Error>() {
                use std::io::ErrorKind::{
                    BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof,
                };
                return matches!(
                    error.kind(),
                    BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
                );
            }
            source = inner.source();
        }
        false
    };
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() || reset() {
        EgressError::Truncated { host }
    } else {
        EgressError::Protocol { host }
    }
}
