//! The same way out, as `wasi:http` takes it.

use std::pin::Pin;

use http_body_util::{BodyExt, Full, StreamBody};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::server::{Reply, answer};
use super::*;

fn full(body: &'static str) -> WasiBody {
    Full::new(Bytes::from_static(body.as_bytes()))
        .map_err(|never| match never {})
        .boxed_unsync()
}

async fn send(
    egress: &Egress,
    policy: &Policy,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<http::Response<WasiBody>, Error> {
    let mut hooks = WasiEgress::new(egress.clone(), policy.clone(), soon(), LIMITS);
    let sent = hooks.send_request(request, Some(options), Box::new(async { Ok(()) }));
    Pin::from(sent).await.map(|(response, _)| response)
}

fn post(url: &str, body: WasiBody) -> Request<WasiBody> {
    Request::post(url).body(body).unwrap()
}

#[tokio::test]
async fn bodies_stream_both_ways_over_the_connections_of_the_process() {
    let server = Server::start(|_| answer("200 OK", "", "answer")).await;
    let egress = to(&server);
    let policy = egress.policy(&[]);
    let frames =
        ["one", "two"].map(|text| Ok(http_body::Frame::data(Bytes::from_static(text.as_bytes()))));
    let body = StreamBody::new(futures::stream::iter(frames)).boxed_unsync();
    let response = send(
        &egress,
        &policy,
        post(&server.url(), body),
        RequestOptions::default(),
    )
    .await
    .unwrap();
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "answer"
    );
    assert_eq!(server.seen()[0].body, b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    get(&egress, &server.url()).await.unwrap();
    assert_eq!(server.connections(), 1);
    assert_eq!(
        (
            policy.stats().calls(),
            policy.stats().bytes_out(),
            policy.stats().bytes_in()
        ),
        (1, 6, 6)
    );
}

#[tokio::test]
async fn refusals_are_codes_for_the_guest_and_sentences_for_the_log() {
    let egress = Egress::new(
        patterns(&["https://api.example.com"]),
        vec![],
        EgressOptions::default(),
    );
    let policy = egress.policy(&[]);
    for url in [
        "https://evil.example.net/",
        "http://api.example.com/",
        "https://169.254.169.254/",
        "https://api.example.com:1/",
    ] {
        let error = send(
            &egress,
            &policy,
            post(url, full("")),
            RequestOptions::default(),
        )
        .await
        .unwrap_err();
        assert!(
            matches!(error, Error::HttpRequestDenied),
            "{url}: {error:?}"
        );
    }
    for url in [
        "https://2130706433/",
        "https://user@api.example.com/",
        "/path",
    ] {
        let error = send(
            &egress,
            &policy,
            post(url, full("")),
            RequestOptions::default(),
        )
        .await
        .unwrap_err();
        assert!(
            matches!(error, Error::HttpRequestUriInvalid),
            "{url}: {error:?}"
        );
    }
    let denials: Vec<String> = policy.denials().iter().map(ToString::to_string).collect();
    assert!(
        denials[0].contains("\"https://evil.example.net\" to hosts"),
        "{denials:?}"
    );
    assert_eq!(policy.stats().refusals(), 7);
    let trace = Request::builder()
        .method("TRACE")
        .uri("https://api.example.com/")
        .body(full(""))
        .unwrap();
    let error = send(&egress, &policy, trace, RequestOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::HttpRequestMethodInvalid),
        "{error:?}"
    );
}

#[tokio::test]
async fn headers_of_the_host_are_forbidden_to_guests() {
    let egress = Egress::new(vec![], vec![], EgressOptions::default());
    let mut hooks = WasiEgress::new(egress.clone(), egress.policy(&[]), soon(), LIMITS);
    for name in [
        "host",
        "connection",
        "transfer-encoding",
        "upgrade",
        "te",
        "proxy-authorization",
        "keep-alive",
        "x-forwarded-for",
    ] {
        assert!(
            hooks.is_forbidden_header(&http::HeaderName::from_static(name)),
            "{name}"
        );
    }
    for name in [
        "authorization",
        "content-length",
        "content-type",
        "accept-encoding",
        "x-own",
    ] {
        assert!(
            !hooks.is_forbidden_header(&http::HeaderName::from_static(name)),
            "{name}"
        );
    }
    assert!(!hooks.set_host_header());
}

async fn failure(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Error {
    let server = Server::start(move |_| reply()).await;
    let egress = to(&server);
    let options = RequestOptions {
        connect_timeout: Some(Duration::from_millis(50)),
        first_byte_timeout: Some(Duration::from_millis(100)),
        between_bytes_timeout: Some(Duration::from_millis(100)),
    };
    match send(
        &egress,
        &egress.policy(&[]),
        post(&server.url(), full("")),
        options,
    )
    .await
    {
        Ok(response) => response.into_body().collect().await.unwrap_err(),
        Err(error) => error,
    }
}

#[tokio::test]
async fn waiting_and_size_are_bounded() {
    let head = || b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345".to_vec();
    assert!(matches!(
        failure(|| Reply::Hang(vec![])).await,
        Error::HttpResponseTimeout
    ));
    assert!(matches!(
        failure(move || Reply::Hang(head())).await,
        Error::HttpResponseTimeout
    ));
    assert!(matches!(
        failure(move || Reply::Close(head())).await,
        Error::HttpResponseIncomplete
    ));
    let announced = || b"HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n".to_vec();
    assert!(matches!(
        failure(move || Reply::Hang(announced())).await,
        Error::HttpResponseBodySize(Some(1_048_576))
    ));
    let chunked = || b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = || [b"40000\r\n".to_vec(), vec![b'x'; 0x40000], b"\r\n".to_vec()].concat();
    assert!(matches!(
        failure(move || Reply::Drip(chunked(), chunk())).await,
        Error::HttpResponseBodySize(_)
    ));
}

#[tokio::test]
async fn a_dripping_body_ends_at_the_deadline() {
    let server = Server::start(|_| {
        Reply::Drip(
            b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".to_vec(),
            b"x".to_vec(),
        )
    })
    .await;
    let egress = to(&server);
    let deadline = Instant::now() + Duration::from_millis(150);
    let mut hooks = WasiEgress::new(egress.clone(), egress.policy(&[]), deadline, LIMITS);
    let sent = hooks.send_request(
        post(&server.url(), full("")),
        None,
        Box::new(async { Ok(()) }),
    );
    let (response, _) = Pin::from(sent)
        .await
        .map_err(|error| error.to_string())
        .unwrap();
    assert!(matches!(
        response.into_body().collect().await,
        Err(Error::HttpResponseTimeout)
    ));
}

fn get_of(url: &str) -> Request<WasiBody> {
    let empty = http_body_util::Empty::new().map_err(|never| match never {});
    Request::get(url).body(empty.boxed_unsync()).unwrap()
}

#[tokio::test]
async fn a_request_without_a_body_is_tried_again_and_one_with_a_body_is_not() {
    let served = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_| {
        match served.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 2 {
            0 => answer("503 Service Unavailable", "", "not now"),
            _ => answer("200 OK", "", "done"),
        }
    })
    .await;
    let egress = to(&server);
    let policy = egress.policy(&[]);
    let options = RequestOptions::default;
    let response = send(&egress, &policy, get_of(&server.url()), options())
        .await
        .unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!((policy.stats().calls(), policy.stats().retries()), (2, 1));
    for request in [
        post(&server.url(), full("body")),
        // A method that is not repeatable, though it has no body.
        Request::post(server.url())
            .body(get_of("/").into_body())
            .unwrap(),
    ] {
        let policy = egress.policy(&[]);
        let response = send(&egress, &policy, request, options()).await.unwrap();
        let status = response.status().as_u16();
        drop(response);
        assert_eq!((status, policy.stats().retries()), (503, 0));
        get(&egress, &server.url()).await.unwrap();
    }
}

#[tokio::test]
async fn the_limits_of_the_manifest_hold_where_the_guest_sets_none() {
    let head = || b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345".to_vec();
    let limits = Limits {
        retries: 0,
        first_byte: Duration::from_millis(100),
        idle: Duration::from_millis(100),
        ..LIMITS
    };
    for (reply, begins) in [(vec![], false), (head(), true)] {
        let server = Server::start(move |_| Reply::Hang(reply.clone())).await;
        let egress = to(&server);
        let far = Instant::now() + Duration::from_secs(3600);
        let mut hooks = WasiEgress::new(egress.clone(), egress.policy(&[]), far, limits);
        let sent = hooks.send_request(get_of(&server.url()), None, Box::new(async { Ok(()) }));
        let error = match Pin::from(sent).await {
            Ok((response, _)) if begins => response.into_body().collect().await.unwrap_err(),
            Ok(_) => panic!("an answer"),
            Err(error) => error,
        };
        assert!(matches!(error, Error::HttpResponseTimeout), "{error:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_held_holds_its_slot() {
    let server = Server::start(|_| answer("200 OK", "", "done")).await;
    let options = EgressOptions {
        local: LocalTargets::parse(&server.url()).unwrap(),
        per_host: 1,
        ..quick()
    };
    let egress = Egress::new(vec![], vec![], options);
    let policy = egress.policy(&[]);
    let held = send(
        &egress,
        &policy,
        get_of(&server.url()),
        RequestOptions::default(),
    )
    .await
    .unwrap();
    let deadline = Instant::now() + Duration::from_millis(100);
    let mut hooks = WasiEgress::new(egress.clone(), policy.clone(), deadline, LIMITS);
    let sent = hooks.send_request(get_of(&server.url()), None, Box::new(async { Ok(()) }));
    assert!(Pin::from(sent).await.is_err());
    assert_eq!(server.seen().len(), 1);
    assert_eq!(held.into_body().collect().await.unwrap().to_bytes(), "done");
    assert_eq!(get(&egress, &server.url()).await.unwrap().body, "done");
}

/// The token of the tests' connection, and a vault with it.
fn sealed(in_bodies: bool) -> (std::sync::Arc<crate::credentials::Vault>, String) {
    use crate::credentials::{Credentials, Secret, Vault};
    let access_token = Secret::new("hunter2-hunter2".to_owned());
    let grants = crate::manifest::Credentials {
        in_bodies,
        ..Default::default()
    };
    let vault = Vault::new(Credentials::OAuth2 { access_token }.into(), grants);
    let placeholder = vault.show("accessToken", vault.value("accessToken").unwrap());
    (vault.into(), placeholder)
}

async fn send_sealed(
    egress: &Egress,
    vault: &std::sync::Arc<crate::credentials::Vault>,
    request: Request<WasiBody>,
) -> Result<http::Response<WasiBody>, Error> {
    let hooks = WasiEgress::new(egress.clone(), egress.policy(&[]), soon(), LIMITS);
    let mut hooks = hooks.with_vault(std::sync::Arc::clone(vault));
    let sent = hooks.send_request(request, None, Box::new(async { Ok(()) }));
    Pin::from(sent).await.map(|(response, _)| response)
}

#[tokio::test]
async fn credentials_stay_with_the_host_on_both_ways() {
    let server = Server::start(|_| {
        answer(
            "200 OK",
            "x-echo: Bearer hunter2-hunter2\r\n",
            "<p>hunter2-hunter2</p>",
        )
    })
    .await;
    let egress = to(&server);
    let (vault, placeholder) = sealed(false);
    let mut request = post(&format!("{}/?t={placeholder}", server.url()), full("x"));
    let bearer = format!("Bearer {placeholder}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    request
        .headers_mut()
        .insert("accept-encoding", "gzip".parse().unwrap());
    let response = send_sealed(&egress, &vault, request).await.unwrap();
    assert_eq!(
        response.headers()["x-echo"],
        format!("Bearer {placeholder}").as_str()
    );
    assert!(!response.headers().contains_key("content-length"));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, format!("<p>{placeholder}</p>"));
    let seen = &server.seen()[0];
    assert_eq!(
        seen.header("authorization").as_deref(),
        Some("Bearer hunter2-hunter2")
    );
    assert_eq!(seen.header("accept-encoding").as_deref(), Some("identity"));
    assert!(
        seen.path().ends_with("/?t=hunter2-hunter2"),
        "{}",
        seen.path()
    );
}

#[tokio::test]
async fn bodies_take_credentials_if_they_may() {
    let server = Server::start(|_| answer("200 OK", "", "")).await;
    let egress = to(&server);
    for in_bodies in [false, true] {
        let (vault, placeholder) = sealed(in_bodies);
        let frames = placeholder
            .as_bytes()
            .chunks(10)
            .map(|part| Ok(http_body::Frame::data(Bytes::copy_from_slice(part))));
        let frames: Vec<_> = frames.collect();
        let body = StreamBody::new(futures::stream::iter(frames)).boxed_unsync();
        send_sealed(&egress, &vault, post(&server.url(), body))
            .await
            .unwrap();
        let sent =
            String::from_utf8_lossy(&server.seen()[usize::from(in_bodies)].body).into_owned();
        assert_eq!(sent == "hunter2-hunter2", in_bodies, "{sent}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_searched_is_refused() {
    let server = Server::start(|_| answer("200 OK", "content-encoding: gzip\r\n", "?")).await;
    let egress = to(&server);
    let (vault, _) = sealed(false);
    let error = send_sealed(&egress, &vault, post(&server.url(), full("")))
        .await
        .err()
        .unwrap();
    assert!(
        matches!(error, Error::HttpResponseContentCoding(_)),
        "{error:?}"
    );
}

#[tokio::test]
async fn faults_on_purpose_reach_a_guest_as_real_ones_would() {
    let server = Server::start(|_| answer("200 OK", "", "answer")).await;
    let options = EgressOptions {
        local: LocalTargets::parse(&server.url()).unwrap(),
        faults: FaultPlan::parse("1=status:503,x-a=b,body=short;2=reset-after").unwrap(),
        ..quick()
    };
    let egress = Egress::new(vec![], vec![], options);
    let policy = egress.policy(&[]);
    let ask = || {
        let request = post(&server.url(), full("body"));
        send(&egress, &policy, request, RequestOptions::default())
    };
    let response = ask().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["x-a"], "b");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "short");
    assert_eq!(server.seen().len(), 0, "the answer is made");

    let error = ask().await.unwrap_err();
    assert!(matches!(error, Error::HttpResponseIncomplete), "{error:?}");
    assert_eq!(server.seen().len(), 1, "only the answer is lost");

    let response = ask().await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "answer");
    // Either failure leaves open whether something was changed.
    assert_eq!((policy.stats().changes(), policy.stats().retries()), (3, 0));
}
