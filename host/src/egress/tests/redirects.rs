//! Redirects are followed to the same origin, and to nowhere else.

use super::server::{Reply, Seen, Server, answer};
use super::*;

fn redirecting(
    status: &'static str,
    location: impl Fn(&Seen) -> Option<String>,
) -> impl Fn(&Seen) -> Reply {
    move |seen| match location(seen) {
        Some(location) => answer(status, &format!("location: {location}\r\n"), "moved"),
        None => answer("200 OK", "", seen.path()),
    }
}

fn once(location: &'static str) -> impl Fn(&Seen) -> Option<String> {
    move |seen| (seen.path() == "/from").then(|| location.to_owned())
}

#[tokio::test]
async fn to_the_same_host_it_is_followed() {
    for (location, path) in [
        ("/to?x=1", "/to?x=1"),
        ("to", "/to"),
        ("https://api.example.com/to", "/to"),
        ("//api.example.com:443/to#x", "/to"),
        ("https://API.EXAMPLE.COM/to", "/to"),
    ] {
        let server = Server::start(redirecting("302 Found", once(location))).await;
        let egress = as_host(&server, &["https://api.example.com"]);
        let mut request = request("GET", "https://api.example.com/from");
        request
            .headers_mut()
            .insert("authorization", "Bearer x".parse().unwrap());
        let response = egress
            .send(&egress.policy(&[]), request, soon(), LIMITS)
            .await
            .unwrap();
        assert_eq!(
            (response.status.as_u16(), &*response.body),
            (200, path.as_bytes()),
            "{location}"
        );
        assert_eq!(
            server.seen()[1].header("authorization").as_deref(),
            Some("Bearer x")
        );
    }
}

#[tokio::test]
async fn to_anywhere_else_it_is_an_answer() {
    for location in [
        "https://other.example.com/",
        "http://api.example.com/",
        "https://api.example.com:8443/",
        "https://u:p@api.example.com/",
        "//other.example.com/",
        "http://169.254.169.254/",
        "https://[::1]/",
        "file:///etc/passwd",
        "https://api.example.com.evil.example.net/",
        "\\\\evil.example.net/",
    ] {
        let server = Server::start(redirecting("307 Temporary Redirect", once(location))).await;
        let egress = as_host(
            &server,
            &["https://api.example.com", "https://other.example.com"],
        );
        let response = get(&egress, "https://api.example.com/from").await.unwrap();
        assert_eq!(
            (response.status.as_u16(), &*response.body),
            (307, &b"moved"[..]),
            "{location}"
        );
        assert_eq!(server.seen().len(), 1, "{location}");
    }
}

#[tokio::test]
async fn of_a_write_it_is_an_answer() {
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let server = Server::start(redirecting("308 Permanent Redirect", once("/to"))).await;
        let egress = to(&server);
        let request = request(method, &format!("{}/from", server.url()));
        let response = egress
            .send(&egress.policy(&[]), request, soon(), LIMITS)
            .await
            .unwrap();
        assert_eq!(response.status.as_u16(), 308);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn without_end_it_is_an_error() {
    let server = Server::start(redirecting("301 Moved Permanently", |_| {
        Some("/again".to_owned())
    }))
    .await;
    let egress = to(&server);
    let error = get(&egress, &server.url()).await.unwrap_err();
    assert!(
        matches!(error, EgressError::Redirects { limit: 5, .. }),
        "{error:?}"
    );
    assert_eq!(server.seen().len(), 6);
}
