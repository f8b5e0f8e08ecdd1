//! TLS: the certificate decides, and connections are kept.

use std::sync::{Arc, Mutex};

use rustls::HandshakeKind;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::names::{FakeNetwork, over};
use super::server::{Io, Reply, answer};
use super::*;

/// A certificate for these names and a server's configuration with it.
fn issue(
    names: &[&str],
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> (rustls::ServerConfig, CertificateDer<'static>) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let issued = rcgen::generate_simple_self_signed(names).unwrap();
    let certificate = issued.cert.der().clone();
    let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    (config, certificate)
}

/// A server with a certificate of its own for these names.
async fn server(names: &[&str]) -> (Server, CertificateDer<'static>) {
    let (config, certificate) = issue(names, rustls::DEFAULT_VERSIONS);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let accept = move |tcp| {
        let accepting = acceptor.accept(tcp);
        Box::pin(async move { Ok(Box::new(accepting.await?) as Box<dyn Io>) }) as _
    };
    (
        Server::over(Arc::new(accept), |seen| answer("200 OK", "", seen.path())).await,
        certificate,
    )
}

/// The same, which closes after each answer, speaks this version only, and notes how each handshake was made.
async fn closing_server(
    version: &'static rustls::SupportedProtocolVersion,
) -> (
    Server,
    CertificateDer<'static>,
    Arc<Mutex<Vec<HandshakeKind>>>,
) {
    let (mut config, certificate) = issue(&["api.example.com", "other.example.com"], &[version]);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let kinds: Arc<Mutex<Vec<HandshakeKind>>> = Arc::default();
    let seen = Arc::clone(&kinds);
    let accept = move |tcp| {
        let accepting = acceptor.accept(tcp);
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            let accepted = accepting.await?;
            seen.lock()
                .unwrap()
                .extend(accepted.get_ref().1.handshake_kind());
            Ok(Box::new(accepted) as Box<dyn Io>)
        }) as _
    };
    let server = Server::over(Arc::new(accept), |seen| {
        let Reply::Keep(bytes) = answer("200 OK", "connection: close\r\n", seen.path()) else {
            unreachable!("an answer keeps the connection")
        };
        Reply::Close(bytes)
    });
    (server.await, certificate, kinds)
}

fn network(server: &Server) -> Arc<FakeNetwork> {
    let answer: &[&[&'static str]] = &[&["8.8.8.8"]];
    FakeNetwork::new(
        Some(server.address),
        &["api.example.com", "other.example.com"].map(|name| (name, answer)),
    )
}

const HOSTS: [&str; 3] = [
    "https://api.example.com",
    "https://other.example.com",
    "https://8.8.8.8",
];

#[tokio::test]
async fn a_trusted_certificate_for_the_name_is_accepted_and_the_connection_kept() {
    let (server, certificate) = server(&["api.example.com"]).await;
    let network = network(&server);
    let egress = over(&network, &HOSTS, Roots::Given(vec![certificate]));
    for path in ["/a", "/b", "/c"] {
        let response = get(&egress, &format!("https://api.example.com{path}"))
            .await
            .unwrap();
        assert_eq!(response.body, path);
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(
        *network.dialled.lock().unwrap(),
        ["8.8.8.8:443".parse().unwrap()]
    );
    assert_eq!(
        server.seen()[0].header("host").as_deref(),
        Some("api.example.com")
    );
}

#[tokio::test]
async fn a_new_connection_to_a_known_host_takes_up_the_session_of_the_last_one() {
    use HandshakeKind::{Full, Resumed};
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let (server, certificate, kinds) = closing_server(version).await;
        let egress = over(&network(&server), &HOSTS, Roots::Given(vec![certificate]));
        for url in [
            "https://api.example.com/1",
            "https://api.example.com/2",
            "https://other.example.com/1",
            "https://api.example.com/3",
        ] {
            get(&egress, url).await.unwrap();
        }
        let kinds = kinds.lock().unwrap().clone();
        // The other host has its own: what one was told is nothing to the other.
        assert_eq!(kinds, [Full, Resumed, Full, Resumed], "{version:?}");
    }
}

#[tokio::test]
async fn a_connection_is_never_used_for_another_host() {
    // One certificate and one address for both, as behind a content network.
    let (server, certificate) = server(&["api.example.com", "other.example.com"]).await;
    let egress = over(&network(&server), &HOSTS, Roots::Given(vec![certificate]));
    for url in [
        "https://api.example.com/",
        "https://other.example.com/",
        "https://api.example.com/",
    ] {
        get(&egress, url).await.unwrap();
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn any_other_certificate_is_refused() {
    let (server, certificate) = server(&["api.example.com"]).await;
    let network = network(&server);
    let cases = [
        (
            "https://other.example.com/",
            Roots::Given(vec![certificate.clone()]),
            "issued for another name",
        ),
        (
            "https://8.8.8.8/",
            Roots::Given(vec![certificate]),
            "issued for another name",
        ),
        (
            "https://api.example.com/",
            Roots::Given(vec![other_certificate()]),
            "unknown issuer",
        ),
    ];
    for (url, roots, expected) in cases {
        let error = get(&over(&network, &HOSTS, roots), url).await.unwrap_err();
        assert!(
            matches!(error, EgressError::Certificate { .. })
                && error.to_string().contains(expected),
            "{error:?}"
        );
        assert!(!error.may_have_been_sent());
    }
    assert_eq!(server.seen().len(), 0);
}

/// For the right name, by another issuer.
fn other_certificate() -> CertificateDer<'static> {
    let mut params = rcgen::CertificateParams::new(vec!["api.example.com".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "another issuer");
    let key = rcgen::KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().der().clone()
}

#[tokio::test]
async fn a_server_without_tls_is_refused() {
    let server = Server::start(|_| answer("200 OK", "", "plain")).await;
    let egress = over(
        &network(&server),
        &HOSTS,
        Roots::Given(vec![other_certificate()]),
    );
    let deadline = Instant::now() + Duration::from_millis(300);
    let sent = egress
        .send(
            &egress.policy(&[]),
            request("GET", "https://api.example.com/"),
            deadline,
            LIMITS,
        )
        .await;
    assert!(sent.is_err());
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let (mut config, certificate) = issue(&["api.example.com"], rustls::DEFAULT_VERSIONS);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // One connection only: a second one would never be answered.
    let task = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(acceptor.accept(tcp).await.unwrap())
            .await
            .unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            // The second answer announces more than it has.
            let length = if request.uri().path() == "/short" {
                "10"
            } else {
                "4"
            };
            let head = http::Response::builder()
                .header("content-length", length)
                .body(())
                .unwrap();
            let mut stream = respond.send_response(head, false).unwrap();
            stream.send_data(Bytes::from_static(b"body"), true).unwrap();
        }
    });
    let answer: &[&[&'static str]] = &[&["8.8.8.8"]];
    let network = FakeNetwork::new(Some(address), &[("api.example.com", answer)]);
    let egress = over(&network, &HOSTS, Roots::Given(vec![certificate]));
    for _ in 0..2 {
        assert_eq!(
            get(&egress, "https://api.example.com/").await.unwrap().body,
            "body"
        );
    }
    let error = get_once(&egress, "https://api.example.com/short")
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            EgressError::Truncated { .. } | EgressError::Protocol { .. }
        ),
        "{error:?}"
    );
    task.abort();
}

#[tokio::test]
async fn a_stream_that_was_refused_is_sent_again_and_one_that_was_ended_only_if_it_may_be() {
    let (mut config, certificate) = issue(&["api.example.com"], rustls::DEFAULT_VERSIONS);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(acceptor.accept(tcp).await.unwrap())
            .await
            .unwrap();
        let mut served = 0;
        // Every second request fails in the way its path says.
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            served += 1;
            let reason = match request.uri().path() {
                "/refused" => h2::Reason::REFUSED_STREAM,
                "/ended" => h2::Reason::INTERNAL_ERROR,
                _ => h2::Reason::PROTOCOL_ERROR,
            };
            if served % 2 == 1 {
                respond.send_reset(reason);
            } else {
                respond
                    .send_response(http::Response::new(()), true)
                    .unwrap();
            }
        }
    });
    let answer: &[&[&'static str]] = &[&["8.8.8.8"]];
    let network = FakeNetwork::new(Some(address), &[("api.example.com", answer)]);
    let egress = over(&network, &HOSTS, Roots::Given(vec![certificate]));
    let ask = async |method: &str, path: &str| {
        let url = format!("https://api.example.com{path}");
        let policy = egress.policy(&[]);
        let sent = egress.send(&policy, request(method, &url), soon(), LIMITS);
        sent.await.map(|response| response.status.as_u16())
    };
    assert_eq!(ask("GET", "/refused").await, Ok(200));
    assert_eq!(ask("POST", "/refused").await, Ok(200));
    assert_eq!(ask("GET", "/ended").await, Ok(200));
    let error = ask("POST", "/ended").await.unwrap_err();
    assert!(matches!(error, EgressError::Truncated { .. }), "{error:?}");
    assert!(error.may_have_been_sent());
    assert_eq!(ask("GET", "/").await, Ok(200));
    let error = ask("GET", "/other").await.unwrap_err();
    assert!(matches!(error, EgressError::Protocol { .. }), "{error:?}");
    task.abort();
}
