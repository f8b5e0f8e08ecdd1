//! What goes out, and what is refused before it does.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::{Reply, Server, answer};
use super::*;
use crate::clock::manual::ManualClock;

#[tokio::test]
async fn a_request_goes_out_and_its_whole_answer_comes_back() {
    let server = Server::start(|_| answer("201 Created", "x-thing: 1\r\n", "hello")).await;
    let egress = to(&server);
    let policy = egress.policy(&[]);
    let mut request = request("POST", &format!("{}/path?query=1", server.url()));
    *request.body_mut() = Bytes::from_static(b"body");
    request.headers_mut().insert("x-own", "2".parse().unwrap());
    let response = egress.send(&policy, request, soon(), LIMITS).await.unwrap();
    assert_eq!(
        (response.status.as_u16(), &*response.body),
        (201, &b"hello"[..])
    );
    assert_eq!(response.headers["x-thing"], "1");
    assert_eq!(response.host, server.address.to_string());
    let seen = &server.seen()[0];
    assert!(
        seen.head.starts_with("POST /path?query=1 HTTP/1.1\r\n"),
        "{}",
        seen.head
    );
    assert_eq!(seen.body, b"body");
    assert_eq!(seen.header("content-length").as_deref(), Some("4"));
    assert_eq!(seen.header("host"), Some(server.address.to_string()));
    assert_eq!(seen.header("x-own").as_deref(), Some("2"));
    assert_eq!(
        seen.header("accept-encoding").as_deref(),
        Some("gzip, deflate")
    );
    assert!(
        seen.header("user-agent")
            .unwrap()
            .starts_with("appflow-wasm/")
    );
    let stats = policy.stats();
    assert_eq!(
        (
            stats.calls(),
            stats.refusals(),
            stats.bytes_out(),
            stats.bytes_in()
        ),
        (1, 0, 4, 5)
    );
    assert!(stats.time() > Duration::ZERO);
}

#[tokio::test]
async fn connections_are_kept_across_invocations() {
    let server = Server::start(|_| answer("200 OK", "", "x")).await;
    let egress = to(&server);
    for _ in 0..5 {
        get(&egress, &server.url()).await.unwrap();
    }
    assert_eq!((server.seen().len(), server.connections()), (5, 1));
}

#[tokio::test]
async fn connections_from_before_a_freeze_are_not_used() {
    let server = Server::start(|_| answer("200 OK", "", "x")).await;
    let clock = std::sync::Arc::new(ManualClock::new());
    let local = LocalTargets::parse(&server.url()).unwrap();
    let options = EgressOptions {
        local,
        clock: clock.clone(),
        ..EgressOptions::default()
    };
    let egress = Egress::new(vec![], vec![], options);
    for (frozen, connections) in [(0, 1), (50, 1), (51, 2), (0, 2), (86_400, 3)] {
        clock.freeze(Duration::from_secs(frozen));
        get(&egress, &server.url()).await.unwrap();
        assert_eq!(server.connections(), connections, "{frozen} s");
    }
}

#[tokio::test]
async fn a_read_is_repeated_once_if_the_connection_ends_before_the_answer_and_a_write_never() {
    let served = AtomicUsize::new(0);
    // Every second request finds the connection closed under it.
    let server = Server::start(move |_| match served.fetch_add(1, Ordering::SeqCst) % 2 {
        0 => answer("200 OK", "", "x"),
        _ => Reply::Close(vec![]),
    })
    .await;
    let egress = to(&server);
    for expected in [1, 3] {
        assert_eq!(get(&egress, &server.url()).await.unwrap().body, "x");
        assert_eq!(server.seen().len(), expected);
    }
    let policy = egress.policy(&[]);
    let post = request("POST", &server.url());
    let error = egress
        .send(&policy, post, soon(), LIMITS)
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::Truncated { .. }), "{error:?}");
    assert!(error.may_have_been_sent());
    assert_eq!((server.seen().len(), policy.stats().calls()), (4, 1));
}

#[tokio::test]
async fn a_mapped_host_is_asked_under_its_own_name_and_needs_its_grant() {
    let server = Server::start(|_| answer("200 OK", "", "x")).await;
    let egress = as_host(&server, &["https://api.example.com"]);
    let response = get(&egress, "https://API.example.com./v1").await.unwrap();
    assert_eq!(response.host, "api.example.com");
    assert_eq!(
        server.seen()[0].header("host").as_deref(),
        Some("api.example.com")
    );
    let without = as_host(&server, &["https://other.example.com"]);
    assert!(matches!(
        get(&without, "https://api.example.com/v1").await,
        Err(EgressError::Denied(Denial::Host { .. }))
    ));
    // The stand-in's own address was not granted.
    assert!(matches!(
        get(&egress, &server.url()).await,
        Err(EgressError::Denied(_))
    ));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn methods_and_headers_of_the_host_are_refused() {
    let server = Server::start(|_| answer("200 OK", "", "x")).await;
    let egress = to(&server);
    let policy = egress.policy(&[]);
    for method in ["CONNECT", "TRACE", "TRACK", "track"] {
        let sent = egress
            .send(&policy, request(method, &server.url()), soon(), LIMITS)
            .await;
        assert!(
            matches!(sent, Err(EgressError::InvalidRequest(_))),
            "{method}"
        );
    }
    for name in [
        "host",
        "Host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "proxy-authorization",
        "proxy-connection",
        "proxy-anything",
        "http2-settings",
        "forwarded",
        "x-forwarded-host",
        "X-Forwarded-For",
        "alt-used",
    ] {
        let mut request = request("GET", &server.url());
        request.headers_mut().insert(
            http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            "1".parse().unwrap(),
        );
        let sent = egress.send(&policy, request, soon(), LIMITS).await;
        let Err(EgressError::InvalidRequest(message)) = sent else {
            panic!("{name}: {sent:?}")
        };
        assert!(message.contains(&name.to_lowercase()), "{message}");
    }
    assert_eq!((server.connections(), policy.stats().calls()), (0, 0));
}

#[tokio::test]
async fn refusals_say_what_would_allow_it_and_nothing_of_the_path() {
    let egress = Egress::new(
        patterns(&["https://api.example.com"]),
        vec![],
        EgressOptions::default(),
    );
    let policy = egress.policy(&[]);
    let cases = [
        (
            "https://evil.example.net/SECRET?q=SECRET",
            "add \"https://evil.example.net\" to hosts under [egress]",
        ),
        (
            "https://api.example.com:8443/SECRET",
            "\"https://api.example.com:8443\"",
        ),
        ("http://api.example.com/SECRET", "only https"),
        ("ftp://api.example.com/SECRET", "only https"),
        ("https://SECRET@api.example.com/", "user name"),
        (
            "https://api.example.com@evil.example.net/SECRET",
            "user name",
        ),
        ("https://169.254.169.254/SECRET", "metadata"),
        ("https://[::ffff:10.0.0.1]/SECRET", "private"),
        ("https://2130706433/SECRET", "four decimal numbers"),
        (
            "http://127.0.0.1:9001/2018-06-01/runtime/SECRET",
            "only https",
        ),
    ];
    for (url, expected) in cases {
        let error = match parse_url(url) {
            Ok(uri) => egress
                .send(
                    &policy,
                    Request::get(uri).body(Bytes::new()).unwrap(),
                    soon(),
                    LIMITS,
                )
                .await
                .unwrap_err(),
            Err(denial) => denial.into(),
        };
        let message = error.to_string();
        assert!(
            message.contains(expected) && !message.contains("SECRET"),
            "{message}"
        );
        assert!(!error.may_have_been_sent());
    }
    assert_eq!(policy.stats().calls(), 0);
    assert_eq!(policy.stats().refusals(), cases.len() as u64);
}

#[test]
fn urls_that_parsers_would_mend_are_refused() {
    for url in [
        "",
        "/path",
        "//api.example.com/",
        "https:api.example.com",
        "https:/api.example.com",
        "https:///api.example.com",
        "https://",
        "https://?x",
        "https://:443",
        "://api.example.com",
        "https:\\\\api.example.com",
        "https://api.example.com\\@evil.example.net/",
        "https://api.example.com/a b",
        "https://api.example.com/\tb",
        "https://api.example.com/\r\nHost: evil.example.net",
        " https://api.example.com/",
        "https://bücher.example/",
        "https://api.example.com/é",
        "https://api.exa\u{200b}mple.com/",
    ] {
        assert!(parse_url(url).is_err(), "{url}");
    }
    assert!(parse_url(&format!("https://api.example.com/{}", "a".repeat(40_000))).is_err());
    assert_eq!(
        parse_url("https://api.example.com/a?b#c")
            .unwrap()
            .to_string(),
        "https://api.example.com/a?b"
    );
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_timeout() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec();
    let replies: [fn(Vec<u8>) -> Reply; 3] = [
        |_| Reply::Hang(vec![]),
        Reply::Hang,
        |head| Reply::Drip(head, b"x".to_vec()),
    ];
    for reply in replies {
        let head = head.clone();
        let server = Server::start(move |_| reply(head.clone())).await;
        let egress = to(&server);
        let policy = egress.policy(&[]);
        let deadline = Instant::now() + Duration::from_millis(100);
        let sent = egress
            .send(&policy, request("GET", &server.url()), deadline, LIMITS)
            .await;
        assert_eq!(
            sent,
            Err(EgressError::Timeout {
                host: server.address.to_string()
            })
        );
        assert!(policy.stats().time() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let server = Server::start(|_| answer("200 OK", "", "")).await;
    let (egress, url) = (to(&server), server.url());
    server.stop().await;
    let error = get(&egress, &url).await.unwrap_err();
    assert!(matches!(&error, EgressError::Connect { .. }), "{error:?}");
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_error() {
    for bytes in [
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        "HTTP/1.1 abc\r\n\r\n",
    ] {
        let server = Server::start(move |_| Reply::Close(bytes.into())).await;
        let error = get(&to(&server), &server.url()).await.unwrap_err();
        assert!(
            matches!(error, EgressError::Protocol { .. }),
            "{bytes}: {error:?}"
        );
        assert!(error.may_have_been_sent());
    }
}
