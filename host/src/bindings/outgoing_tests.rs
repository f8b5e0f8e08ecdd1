#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;

use super::*;
use crate::bindings::{InvocationInfo, Parts};
use crate::credentials::{Credentials, Secret, Vault};
use crate::egress::{Egress, EgressOptions, HostPattern};
use crate::manifest::{Credentials as Grants, Limits};
use crate::page::Page;

const TOKEN: &str = "hunter2-hunter2";

fn patterns(hosts: &[&str]) -> Vec<HostPattern> {
    hosts
        .iter()
        .map(|host| HostPattern::parse(host).unwrap())
        .collect()
}

/// What a store holds for a connector with these grants, that may reach two hosts.
fn state(grants: Grants) -> HostState {
    let hosts = patterns(&["https://api.example.com", "https://files.example.com"]);
    let egress = Arc::new(Egress::new(hosts, vec![], EgressOptions::default()));
    let access_token = Secret::new(TOKEN.to_owned());
    HostState::new(Parts {
        info: InvocationInfo {
            request_id: String::new(),
            deadline: Instant::now() + Duration::from_secs(10),
        },
        context: None,
        page: Page::closed(),
        policy: Arc::new(egress.policy(&[])),
        egress,
        vault: Arc::new(Vault::new(
            Arc::new(Credentials::OAuth2 { access_token }),
            grants,
        )),
        limits: Limits::default(),
    })
}

fn narrowed() -> HostState {
    state(Grants {
        send_to: patterns(&["https://api.example.com"]),
        in_bodies: true,
        ..Grants::default()
    })
}

fn given(state: &HostState) -> String {
    state
        .vault
        .show("accessToken", state.vault.value("accessToken").unwrap())
}

fn post(url: &str, token: &str, credential: Option<Credential>) -> wit_http::Request {
    wit_http::Request {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-token".to_owned(), token.to_owned()),
        ],
        body: Some(Body::Text(format!("{{\"t\":\"{token}\"}}"))),
        credential,
    }
}

#[test]
fn values_stand_in_bodies_only_if_the_manifest_says_so() {
    let sealed = state(Grants::default());
    let given_one = given(&sealed);
    let prepared = sealed
        .prepare(post("https://api.example.com/", &given_one, None))
        .unwrap();
    assert_eq!(prepared.request.headers()["x-token"], TOKEN);
    assert_eq!(
        *prepared.request.body(),
        format!("{{\"t\":\"{given_one}\"}}")
    );
    let told = sealed.policy.denials();
    assert!(told[0].to_string().contains("in-bodies = true"), "{told:?}");

    let filled = state(Grants {
        in_bodies: true,
        ..Grants::default()
    });
    let request = post("https://api.example.com/", &given(&filled), None);
    let prepared = filled.prepare(request).unwrap();
    assert_eq!(*prepared.request.body(), format!("{{\"t\":\"{TOKEN}\"}}"));
    assert!(filled.policy.denials().is_empty());
}

#[test]
fn a_granted_host_that_gets_no_credentials_gets_none_in_any_way() {
    let state = narrowed();
    let token = given(&state);
    let good = post("https://api.example.com/", &token, Some(Credential::Bearer));
    let prepared = state.prepare(good).unwrap();
    assert_eq!(
        prepared.request.headers()["authorization"],
        format!("Bearer {TOKEN}").as_str()
    );

    let other = "https://files.example.com/?t=";
    let prepared = state
        .prepare(post(&format!("{other}{token}"), &token, None))
        .unwrap();
    let shown = format!("{:?}", prepared.request);
    assert!(!shown.contains(TOKEN), "{shown}");
    assert_eq!(prepared.request.headers()["x-token"], token.as_str());

    for credential in [
        Credential::Bearer,
        Credential::Query(Placement {
            name: "t".to_owned(),
            secret_key: "accessToken".to_owned(),
            prefix: String::new(),
        }),
        Credential::Signed(wit_http::Signing {
            scheme: "hmac-sha256".to_owned(),
            parameters: vec![
                ("secret-key".to_owned(), "accessToken".to_owned()),
                ("header".to_owned(), "x".to_owned()),
            ],
        }),
    ] {
        let error = state
            .prepare(post(other, "x", Some(credential)))
            .err()
            .unwrap();
        let message = error.to_string();
        assert!(
            message.contains("add \"https://files.example.com\" to send-to"),
            "{message}"
        );
        assert_eq!(
            error.details().code,
            crate::appflow::ErrorCode::AccessDenied
        );
    }
}

#[test]
fn nothing_is_put_into_a_request_that_is_refused() {
    let state = state(Grants::default());
    let request = post(
        "https://evil.example/",
        &given(&state),
        Some(Credential::Bearer),
    );
    let error = state.prepare(request).err().unwrap();
    assert!(
        matches!(error, Error::Egress(EgressError::Denied(_))),
        "{error}"
    );
    assert!(!error.to_string().contains(TOKEN));
}

#[test]
fn a_value_that_comes_back_is_a_placeholder_for_the_guest() {
    let state = state(Grants::default());
    let answer = |status, body: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", HeaderValue::from_static(TOKEN));
        OutboundResponse {
            status,
            headers,
            body: Bytes::from_static(body.as_bytes()),
            host: String::new(),
            retry_after_seconds: None,
        }
    };
    let echoed = answer(StatusCode::BAD_REQUEST, "you said hunter2-hunter2");
    let received = state.received(echoed, &[]).unwrap();
    let placeholder = given(&state);
    assert_eq!(received.headers["x-echo"], placeholder.as_str());
    assert_eq!(received.body, format!("you said {placeholder}"));

    let captures = [Pointer::parse("/access_token").unwrap()];
    let token = "{\"access_token\":\"captured-1\"}";
    let received = state
        .received(answer(StatusCode::OK, token), &captures)
        .unwrap();
    assert!(!received.body.windows(8).any(|part| part == b"captured"));
    let html = answer(StatusCode::OK, "<html>captured-2");
    let error = state.received(html, &captures).err().unwrap();
    assert_eq!(error.details().code, crate::appflow::ErrorCode::ServerError);
    // What is no token, as it was refused, is for the guest to read.
    let refused = answer(StatusCode::BAD_REQUEST, "{\"error\":\"invalid_grant\"}");
    let received = state.received(refused, &captures).unwrap();
    assert_eq!(received.body, "{\"error\":\"invalid_grant\"}");
}

#[test]
fn a_secret_in_the_query_is_encoded_and_stands_last() {
    for (address, expected) in [
        (
            "https://h.example/p",
            "https://h.example/p?k=a%20b%26c%3Dd%23",
        ),
        (
            "https://h.example/p?x=1",
            "https://h.example/p?x=1&k=a%20b%26c%3Dd%23",
        ),
    ] {
        let uri = credentials::with_parameter(&address.parse().unwrap(), "k", "a b&c=d#").unwrap();
        assert_eq!(uri.to_string(), expected);
    }
}

#[test]
fn headers_with_secrets_are_marked_and_refuse_line_breaks() {
    let value = secret_header("Bearer ", "token").unwrap();
    assert!(value.is_sensitive());
    assert_eq!(format!("{value:?}"), "Sensitive");
    let error = secret_header("Bearer ", "tok\r\nx: SECRET").unwrap_err();
    assert!(!error.to_string().contains("SECRET"), "{error}");
}

#[test]
fn an_answer_that_finds_no_place_is_not_held() {
    let mut state = state(Grants::default());
    let answer = || OutboundResponse {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"12345"),
        host: "api.example.com".to_owned(),
        retry_after_seconds: None,
    };
    state.hold(answer()).unwrap();
    assert_eq!(state.held_bytes, 5);
    state.table.set_max_capacity(1);
    assert!(matches!(state.hold(answer()), Err(Error::Limit(_))));
    assert_eq!((state.held_bytes, state.held_peak_bytes), (5, 5));
}

#[test]
fn only_a_request_with_captures_asks_for_a_token() {
    let state = state(Grants::default());
    let asks = |parameters: Option<&str>| {
        let credential = parameters.map(|pointer| {
            Credential::Signed(wit_http::Signing {
                scheme: "capture".to_owned(),
                parameters: vec![("capture".to_owned(), pointer.to_owned())],
            })
        });
        let request = post("https://api.example.com/token", "x", credential);
        let prepared = state.prepare(request).unwrap();
        prepared
            .request
            .extensions()
            .get::<AsksForToken>()
            .is_some()
    };
    assert!(asks(Some("/access_token")));
    assert!(!asks(None));
}
