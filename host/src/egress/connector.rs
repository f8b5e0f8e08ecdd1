//! Connections: resolve, check every address, connect to a checked one, secure it.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{ConfigBuilderExt, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;

use super::address::{AddressClass, require_global};
use super::client::Roots;
use super::host::{Host, parse_authority};
use super::host_pattern::HTTPS_PORT;
use super::policy::Rules;
use crate::mechanism;

/// Name resolution and TCP. Addresses are checked between the two, whatever the implementation.
#[async_trait]
pub trait Network: Send + Sync + 'static {
    /// All addresses of a name.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
    /// A connection to exactly this address.
    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream>;
}

/// The system's resolver and network.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

#[async_trait]
impl Network for SystemNetwork {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        // The trailing dot keeps the search list of resolv.conf out of it.
        let absolute = format!("{host}.");
        Ok(tokio::net::lookup_host((absolute.as_str(), port))
            .await?
            .collect())
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }
}

/// Why there is no connection. Travels as the source of the client's error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectFailure {
    #[error("forbidden address")]
    Forbidden(AddressClass),
    #[error("scheme or local target not allowed")]
    NotGranted,
    #[error("name not found")]
    Resolve(#[source] io::Error),
    #[error("not reachable")]
    Tcp(#[source] io::Error),
    #[error("TLS")]
    Tls(#[source] io::Error),
    #[error("timed out")]
    Timeout,
}

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Makes connections for the pooled client.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Inner>);

struct Inner {
    network: Arc<dyn Network>,
    rules: Arc<Rules>,
    roots: Roots,
    tls: OnceCell<Arc<ClientConfig>>,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(
        network: Arc<dyn Network>,
        rules: Arc<Rules>,
        roots: Roots,
        timeout: Duration,
    ) -> Self {
        Self(Arc::new(Inner {
            network,
            rules,
            roots,
            tls: OnceCell::new(),
            timeout,
        }))
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectFailure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            within(inner.timeout, inner.connect(&uri))
                .await
                .ok_or(ConnectFailure::Timeout)?
        })
    }
}

impl Inner {
    async fn connect(&self, uri: &Uri) -> Result<Stream, ConnectFailure> {
        let authority = uri.authority().ok_or(ConnectFailure::NotGranted)?;
        let (host, port) =
            parse_authority(authority.as_str()).map_err(|_| ConnectFailure::NotGranted)?;
        if uri.scheme() == Some(&Scheme::HTTP) {
            let address = self
                .rules
                .local
                .address(&host, port.unwrap_or(80))
                .ok_or(ConnectFailure::NotGranted)?;
            return Ok(MaybeHttpsStream::Http(TokioIo::new(
                self.tcp(&[address]).await?,
            )));
        }
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(ConnectFailure::NotGranted);
        }
        let tcp = async {
            let addresses = self.addresses(&host, port.unwrap_or(HTTPS_PORT)).await?;
            self.tcp(&addresses).await
        };
        // The first time, the roots are read while the network is waited for.
        let (tcp, config) = tokio::try_join!(tcp, self.tls_config())?;
        let name = server_name(&host)?;
        let tls =
            tokio_rustls::TlsConnector::from(config).connect(name, TokioIo::new(TokioIo::new(tcp)));
        Ok(MaybeHttpsStream::from(
            tls.await.map_err(ConnectFailure::Tls)?,
        ))
    }

    /// The addresses of the host, every one of them global: one forbidden address among good ones refuses the host,
    /// because that is what a rebinding attack looks like.
    async fn addresses(&self, host: &Host, port: u16) -> Result<Vec<SocketAddr>, ConnectFailure> {
        let addresses = match host {
            Host::Address(address) => vec![SocketAddr::new(*address, port)],
            Host::Name(name) => self
                .network
                .resolve(name, port)
                .await
                .map_err(ConnectFailure::Resolve)?,
        };
        for address in &addresses {
            if !mechanism::off("egress.address") {
                require_global(address.ip()).map_err(ConnectFailure::Forbidden)?;
            }
        }
        // What a rebinding attack waits for: another question after the check.
        let addresses = match host {
            Host::Name(name) if mechanism::off("egress.pin") => {
                let again = self.network.resolve(name, port).await;
                again.map_err(ConnectFailure::Resolve)?
            }
            _ => addresses,
        };
        if addresses.is_empty() {
            return Err(ConnectFailure::Resolve(io::Error::other("no addresses")));
        }
        // A resolver has no say over the port.
        Ok(addresses
            .into_iter()
            .map(|address| SocketAddr::new(address.ip(), port))
            .collect())
    }

    async fn tcp(&self, addresses: &[SocketAddr]) -> Result<TcpStream, ConnectFailure> {
        let mut failure = ConnectFailure::Tcp(io::ErrorKind::AddrNotAvailable.into());
        // An address that does not answer must not use up the time of those after it.
        let share = self.timeout / u32::try_from(addresses.len().clamp(1, 4)).unwrap_or(1);
        for address in addresses {
            match within(share, self.network.connect(*address)).await {
                Some(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Some(Err(error)) => failure = ConnectFailure::Tcp(error),
                None => failure = ConnectFailure::Timeout,
            }
        }
        Err(failure)
    }

    /// Reads the roots at the first use: it costs milliseconds, and a start without an upstream call needs none.
    async fn tls_config(&self) -> Result<Arc<ClientConfig>, ConnectFailure> {
        let config = self.tls.get_or_try_init(|| async {
            let roots = self.roots.clone();
            let built = tokio::task::spawn_blocking(move || tls_config(roots)).await;
            built
                .map_err(io::Error::other)
                .and_then(|config| config)
                .map(Arc::new)
        });
        config.await.cloned().map_err(ConnectFailure::Tls)
    }
}

/// What an attempt comes to; none if it takes longer than this.
async fn within<F: Future>(time: Duration, attempt: F) -> Option<F::Output> {
    if mechanism::off("egress.connect") {
        return Some(attempt.await);
    }
    tokio::time::timeout(time, attempt).await.ok()
}

fn tls_config(roots: Roots) -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let builder = match roots {
        Roots::Native => builder.with_native_roots()?,
        Roots::Given(certificates) => {
            let mut store = RootCertStore::empty();
            for certificate in certificates {
                store.add(certificate).map_err(io::Error::other)?;
            }
            builder.with_root_certificates(store)
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn server_name(host: &Host) -> Result<ServerName<'static>, ConnectFailure> {
    match host {
        Host::Address(IpAddr::V4(address)) => Ok(ServerName::from(IpAddr::V4(*address))),
        Host::Address(IpAddr::V6(address)) => Ok(ServerName::from(IpAddr::V6(*address))),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|error| ConnectFailure::Tls(io::Error::other(error))),
    }
}
