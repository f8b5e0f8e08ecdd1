//! Requests that were not granted, and answers nobody can hold.

use crate::bindings::appflow::connector::common::{Error, ErrorCode};
use crate::bindings::appflow::connector::http::{self, Credential, Placement, Request, Response};
use crate::bindings::appflow::connector::page;
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{Fields, OutgoingRequest, Scheme};
use crate::failed;

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str, upstream: &str) -> Option<Result<Option<String>, Error>> {
    let get = |url: &str| Some(send(request(url)).map(|_| None));
    match behaviour {
        // Addresses that the manifest does not grant, or nobody may be granted: AccessDenied, and nothing is sent.
        "denied-host" => get("https://denied.example/"),
        "denied-loopback" => get("https://127.0.0.1/"),
        "denied-loopback-http" => get("http://127.0.0.1:9/"),
        "denied-localhost" => get("https://localhost/"),
        "denied-ipv6" => get("https://[::1]/"),
        "denied-mapped" => get("https://[::ffff:127.0.0.1]/"),
        "denied-decimal" => get("https://2130706433/"),
        "denied-metadata" => get("http://169.254.169.254/latest/meta-data/"),
        "denied-private" => get("https://10.0.0.1/"),
        "denied-suffix" => get("https://granted.example.evil.example/"),
        "denied-port" => get("https://granted.example:8443/"),
        "denied-plain" => get("http://granted.example/"),
        "denied-user" => get("https://granted.example@denied.example/"),
        "denied-scheme" => get("file:///etc/passwd"),
        "no-address" => get("not an address"),
        // Another way out, under the same policy.
        "denied-wasi-http" => Some(wasi("denied.example", Scheme::Https).map(|()| None)),
        "denied-wasi-http-loopback" => Some(wasi("127.0.0.1:9", Scheme::Http).map(|()| None)),
        "denied-wasi-http-metadata" => Some(wasi("169.254.169.254", Scheme::Http).map(|()| None)),
        // Malformed requests: InvalidArgument.
        "bad-method" => Some(
            send(Request {
                method: "GET / HTTP/1.1\r\nx: y\r\n\r\n".to_owned(),
                ..request(upstream)
            })
            .map(|_| None),
        ),
        "connect-method" => Some(
            send(Request {
                method: "CONNECT".to_owned(),
                ..request(upstream)
            })
            .map(|_| None),
        ),
        "bad-header" => {
            Some(send(with_header(upstream, "x-test", "a\r\nx-injected: b")).map(|_| None))
        }
        "bad-header-name" => Some(send(with_header(upstream, "x test", "a")).map(|_| None)),
        "host-header" => Some(send(with_header(upstream, "Host", "denied.example")).map(|_| None)),
        "length-header" => Some(send(with_header(upstream, "content-length", "1")).map(|_| None)),
        // A secret for a host of its own choosing.
        "steal-by-denied-host" => {
            let credential = Some(Credential::Bearer);
            Some(
                send(Request {
                    credential,
                    ..request("https://denied.example/")
                })
                .map(|_| None),
            )
        }
        "steal-by-unknown-key" => {
            let placement = Placement {
                name: "x-key".to_owned(),
                secret_key: "notInTheSecret".to_owned(),
                prefix: String::new(),
            };
            let credential = Some(Credential::Header(placement));
            Some(
                send(Request {
                    credential,
                    ..request(upstream)
                })
                .map(|_| None),
            )
        }
        // A redirect to where the guest may not go is an answer, not a way there.
        "redirected" => Some(
            send(request(&format!("{upstream}/redirect"))).and_then(|response| {
                page::emit(&format!("{{\"status\":{}}}", response.status()))?;
                Ok(None)
            }),
        ),
        // More bodies than the host holds for one call.
        "holds-bodies" => {
            let mut held = Vec::new();
            loop {
                match send(request(&format!("{upstream}/large"))) {
                    Ok(response) => held.push(response),
                    Err(error) => return Some(Err(error)),
                }
            }
        }
        // As many, one after the other: that is no trouble.
        "drops-bodies" => {
            for _ in 0..20 {
                if let Err(error) = send(request(&format!("{upstream}/large"))) {
                    return Some(Err(error));
                }
            }
            Some(page::emit("{\"id\":20}").map(|_| None))
        }
        "body-too-large" => get(&format!("{upstream}/huge")),
        "body-as-text" => Some(
            send(request(&format!("{upstream}/binary"))).and_then(|response| {
                response.text()?;
                Ok(None)
            }),
        ),
        "body-used-twice" => Some(send(request(&format!("{upstream}/records"))).and_then(
            |response| {
                page::emit_json(&response, "/records", &[], 0)?;
                page::emit_json(&response, "/records", &[], 0)?;
                Ok(None)
            },
        )),
        "no-array" => Some(
            send(request(&format!("{upstream}/records"))).and_then(|response| {
                page::emit_json(&response, "/nowhere", &[], 0)?;
                Ok(None)
            }),
        ),
        "array-of-numbers" => Some(send(request(&format!("{upstream}/numbers"))).and_then(
            |response| {
                page::emit_json(&response, "", &[], 0)?;
                Ok(None)
            },
        )),
        "no-json" => Some(
            send(request(&format!("{upstream}/binary"))).and_then(|response| {
                page::emit_json(&response, "/records", &[], 0)?;
                Ok(None)
            }),
        ),
        "emits-all" => Some(
            send(request(&format!("{upstream}/records"))).and_then(|response| {
                let emitted = page::emit_json(&response, "/records", &[], 0)?;
                Ok((emitted.left > 0).then(|| emitted.taken.to_string()))
            }),
        ),
        "waits-for-an-answer" => get(&format!("{upstream}/hang")),
        "gets-half-an-answer" => get(&format!("{upstream}/truncate")),
        "gets-no-answer" => get(&format!("{upstream}/close")),
        _ => None,
    }
}

/// A request without anything.
pub(crate) fn request(url: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: None,
        credential: None,
    }
}

/// Sends it.
pub(crate) fn send(request: Request) -> Result<Response, Error> {
    http::send(&request)
}

fn with_header(url: &str, name: &str, value: &str) -> Request {
    Request {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..request(url)
    }
}

/// The way of HTTP libraries. Any answer is a success here, any error is passed on as the access that was denied.
fn wasi(authority: &str, scheme: Scheme) -> Result<(), Error> {
    let refused = |what: &str| failed(ErrorCode::AccessDenied, what);
    let request = OutgoingRequest::new(Fields::new());
    request
        .set_scheme(Some(&scheme))
        .map_err(|()| refused("scheme"))?;
    request
        .set_authority(Some(authority))
        .map_err(|()| refused("authority"))?;
    let answer = outgoing_handler::handle(request, None).map_err(|_| refused("refused at once"))?;
    answer.subscribe().block();
    match answer.get() {
        Some(Ok(Ok(_))) => Ok(()),
        _ => Err(refused("refused")),
    }
}
