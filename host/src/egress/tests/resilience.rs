//! Requests that fail for a moment, stand still, or are too many at once, against a server that does so.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::net::TcpStream;

use super::names::{FakeNetwork, over};
use super::server::{Reply, Server, answer};
use super::*;

/// Gives the replies in turn, then `200 OK`.
/// Makes one answer of the application.
type Make = fn() -> Reply;

async fn server(replies: Vec<Make>) -> Server {
    let next = AtomicUsize::new(0);
    Server::start(move |_| {
        let reply = replies.get(next.fetch_add(1, Ordering::SeqCst));
        reply.map_or_else(|| answer("200 OK", "", "done"), |reply| reply())
    })
    .await
}

fn failing(status: &'static str, headers: &'static str) -> Reply {
    answer(status, headers, "not now")
}

fn unavailable() -> Reply {
    failing("503 Service Unavailable", "")
}

fn too_many() -> Reply {
    failing("429 Too Many Requests", "retry-after: 0\r\n")
}

fn broken() -> Reply {
    failing("500 Internal Server Error", "")
}

/// Half of an answer, and then the end of the connection.
fn half() -> Reply {
    Reply::Close("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345".into())
}

/// Half of an answer, and then nothing.
fn stuck() -> Reply {
    Reply::Hang("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345".into())
}

/// Nothing at all.
fn silent() -> Reply {
    Reply::Hang(vec![])
}

const QUICK: Limits = Limits {
    first_byte: Duration::from_millis(150),
    idle: Duration::from_millis(150),
    ..LIMITS
};

struct Ran {
    outcome: Result<OutboundResponse, EgressError>,
    requests: Vec<super::server::Seen>,
    policy: Policy,
}

async fn ask(method: &str, headers: &[(&'static str, &str)], replies: Vec<Make>) -> Ran {
    let server = server(replies).await;
    let egress = to(&server);
    let policy = egress.policy(&[]);
    let mut request = request(method, &format!("{}/path", server.url()));
    *request.body_mut() = Bytes::from_static(b"body");
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let outcome = egress.send(&policy, request, soon(), QUICK).await;
    Ran {
        outcome,
        requests: server.seen(),
        policy,
    }
}

#[tokio::test]
async fn a_read_succeeds_when_the_application_has_recovered() {
    let cases: [(&str, Vec<Make>); 7] = [
        ("500 twice", vec![broken, broken]),
        ("503", vec![unavailable, unavailable, unavailable]),
        ("429", vec![too_many]),
        ("half an answer", vec![half, half]),
        ("an answer that stands still", vec![stuck]),
        ("no answer", vec![silent]),
        ("all of it", vec![half, unavailable, stuck]),
    ];
    for (about, replies) in cases {
        let failures = replies.len();
        let ran = ask("GET", &[("x-own", "1")], replies).await;
        assert_eq!(ran.outcome.unwrap().body, "done", "{about}");
        assert_eq!(ran.requests.len(), failures + 1, "{about}");
        let stats = ran.policy.stats();
        assert_eq!(
            (stats.calls(), stats.retries()),
            (failures as u64 + 1, failures as u64),
            "{about}"
        );
        assert!(stats.waited() <= stats.time(), "{about}");
        for seen in ran.requests {
            assert_eq!(seen.path(), "/path");
            assert_eq!(seen.header("x-own").as_deref(), Some("1"), "{about}");
        }
    }
}

#[tokio::test]
async fn a_write_is_sent_once_however_its_answer_is_lost() {
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let lost: [(&str, Make); 5] = [
            ("500", broken),
            ("503", unavailable),
            ("half an answer", half),
            ("an answer that stands still", stuck),
            ("no answer", silent),
        ];
        for (about, reply) in lost {
            let ran = ask(method, &[], vec![reply]).await;
            assert_eq!(ran.requests.len(), 1, "{method}, {about}");
            if let Err(error) = ran.outcome {
                assert!(error.may_have_been_sent(), "{method}, {about}");
            }
        }
    }
}

#[tokio::test]
async fn a_write_that_was_refused_for_its_rate_is_sent_again_as_it_was() {
    let ran = ask("POST", &[], vec![too_many]).await;
    assert_eq!(ran.outcome.unwrap().body, "done");
    assert_eq!(ran.requests.len(), 2);
    for seen in ran.requests {
        assert!(seen.head.starts_with("POST "));
        assert_eq!(seen.body, b"body");
    }
}

#[tokio::test]
async fn a_write_with_a_key_is_sent_again_with_the_same_key() {
    let lost: [Make; 5] = [broken, unavailable, half, stuck, silent];
    for reply in lost {
        let ran = ask("POST", &[("idempotency-key", "k-1")], vec![reply]).await;
        assert_eq!(ran.outcome.unwrap().body, "done");
        assert_eq!(ran.requests.len(), 2);
        for seen in ran.requests {
            assert_eq!(seen.header("idempotency-key").as_deref(), Some("k-1"));
            assert_eq!(seen.body, b"body");
        }
    }
}

#[tokio::test]
async fn a_wait_that_does_not_fit_comes_with_the_answer() {
    let cases: [(Make, u16, u32); 3] = [
        (
            || failing("429 Too Many Requests", "retry-after: 3600\r\n"),
            429,
            3600,
        ),
        (
            || failing("503 Service Unavailable", "ratelimit-reset: 77\r\n"),
            503,
            77,
        ),
        (
            || {
                failing(
                    "403 Forbidden",
                    "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 90\r\n",
                )
            },
            403,
            90,
        ),
    ];
    for (reply, status, seconds) in cases {
        let ran = ask("GET", &[], vec![reply]).await;
        let response = ran.outcome.unwrap();
        assert_eq!(
            (response.status.as_u16(), response.retry_after_seconds),
            (status, Some(seconds))
        );
        assert_eq!(ran.requests.len(), 1);
        assert_eq!(ran.policy.stats().retries(), 0);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_begin_or_go_on_is_an_error_before_the_deadline() {
    let limits = Limits {
        retries: 0,
        ..QUICK
    };
    let cases: [(Make, EgressError); 2] = [
        (silent, EgressError::Timeout { host: "h".into() }),
        (stuck, EgressError::Stalled { host: "h".into() }),
    ];
    for (reply, expected) in cases {
        let server = server(vec![reply]).await;
        let egress = to(&server);
        // A deadline that the test would not wait for.
        let far = Instant::now() + Duration::from_secs(3600);
        let sent = egress
            .send(
                &egress.policy(&[]),
                request("GET", &server.url()),
                far,
                limits,
            )
            .await;
        let error = sent.unwrap_err();
        assert_eq!(
            std::mem::discriminant(&error),
            std::mem::discriminant(&expected),
            "{error:?}"
        );
        assert!(error.may_have_been_sent());
    }
}

#[tokio::test]
async fn a_connection_that_is_never_made_is_tried_again_even_for_a_write() {
    let answers: &[&[&'static str]] = &[&["8.8.8.8"]];
    let network = FakeNetwork::new(None, &[("api.example.com", answers)]);
    let egress = over(&network, &["https://api.example.com"], Roots::default());
    let policy = egress.policy(&[]);
    let post = request("POST", "https://api.example.com/");
    let error = egress
        .send(&policy, post, soon(), LIMITS)
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::Connect { .. }), "{error:?}");
    assert_eq!(network.dialled.lock().unwrap().len(), 4);
    // Each time resolved and checked anew.
    assert_eq!(network.resolved.lock().unwrap().len(), 4);
    assert_eq!(policy.stats().retries(), 3);
}

#[tokio::test]
async fn no_more_requests_than_allowed_are_under_way_to_one_host() {
    let server = server(vec![]).await;
    let options = EgressOptions {
        local: LocalTargets::parse(&server.url()).unwrap(),
        per_host: 1,
        ..quick()
    };
    let egress = Egress::new(vec![], vec![], options);
    let policy = egress.policy(&[]);
    let busy = egress.send(
        &policy,
        request("GET", &server.url()),
        soon(),
        Limits {
            retries: 0,
            ..LIMITS
        },
    );
    let mut busy = Box::pin(busy);
    // It has the only slot as soon as it was asked to go on once, and never goes on.
    assert!(futures::poll!(&mut busy).is_pending());
    let second = egress.policy(&[]);
    let deadline = Instant::now() + Duration::from_millis(100);
    let sent = egress
        .send(&second, request("POST", &server.url()), deadline, LIMITS)
        .await;
    let error = sent.unwrap_err();
    assert!(
        matches!(
            error,
            EgressError::Busy { .. } | EgressError::Timeout { .. }
        ),
        "{error:?}"
    );
    assert_eq!(second.stats().calls(), 0);
    drop(busy);
    assert_eq!(get(&egress, &server.url()).await.unwrap().body, "done");
}

/// Knows an address for every name, at which nobody ever answers.
struct Unreachable;

#[async_trait]
impl Network for Unreachable {
    async fn resolve(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(vec![SocketAddr::from(([8, 8, 8, 8], 443))])
    }

    async fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_accepts_is_an_error_before_the_deadline() {
    // With 9.5 s, as for metadata, no second attempt fits; with 29.5 s four do.
    for (method, retries, seconds, calls) in [
        ("GET", 0, 9.5, 1),
        ("POST", 0, 9.5, 1),
        ("GET", 3, 9.5, 1),
        ("POST", 3, 29.5, 4),
    ] {
        let options = EgressOptions {
            network: Arc::new(Unreachable),
            ..quick()
        };
        let egress = Egress::new(patterns(&["https://api.example.com"]), vec![], options);
        let policy = egress.policy(&[]);
        let deadline = Instant::now() + Duration::from_secs_f64(seconds);
        let limits = Limits { retries, ..LIMITS };
        let asked = request(method, "https://api.example.com/");
        let sent = egress.send(&policy, asked, deadline, limits).await;
        let error = sent.unwrap_err();
        let about = format!("{method}, {retries} retries, {seconds} s: {error:?}");
        assert!(
            matches!(error, EgressError::ConnectTimeout { .. }),
            "{about}"
        );
        assert!(Instant::now() < deadline, "{about}");
        assert_eq!(policy.stats().calls(), calls, "{about}");
        assert_eq!(policy.stats().changes(), 0, "{about}");
    }
}
