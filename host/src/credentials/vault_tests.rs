#![expect(clippy::unwrap_used, reason = "tests")]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Request;
use http_body_util::{BodyExt as _, Full, StreamBody};

use super::*;
use crate::egress::HostPattern;
use crate::page::Pointer;

const TOKEN: &str = "00Dxx!AQ/token+of=salesforce";

fn oauth(grants: Grants) -> Vault {
    let access_token = Secret::new(TOKEN.to_owned());
    Vault::new(Arc::new(Credentials::OAuth2 { access_token }), grants)
}

fn basic(username: &str, password: &str, grants: Grants) -> Vault {
    let credentials = Credentials::Basic {
        username: Secret::new(username.to_owned()),
        password: Secret::new(password.to_owned()),
    };
    Vault::new(Arc::new(credentials), grants)
}

fn custom(values: &[(&str, &str)], grants: Grants) -> Vault {
    let values = values
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Secret::new((*value).to_owned())))
        .collect();
    let scheme = "own".to_owned();
    Vault::new(Arc::new(Credentials::Custom { scheme, values }), grants)
}

/// What a guest is given for a key.
fn shown(vault: &Vault, key: &str) -> String {
    vault.show(key, vault.value(key).unwrap())
}

fn filled(vault: &Vault, url: &str, headers: &[(&str, &str)]) -> Result<Parts, SealError> {
    let mut request = Request::builder().uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    vault.fill(&mut parts)?;
    Ok(parts)
}

use http::request::Parts;

fn scrubbed(vault: &Vault, body: &str) -> String {
    let body = vault.scrub_body(Bytes::copy_from_slice(body.as_bytes()));
    String::from_utf8(body.to_vec()).unwrap()
}

#[test]
fn placeholders_are_unguessable_and_of_one_invocation() {
    let (first, second) = (oauth(Grants::default()), oauth(Grants::default()));
    let (one, two) = (shown(&first, "accessToken"), shown(&second, "accessToken"));
    assert_ne!(one, two);
    assert_eq!(
        one,
        shown(&first, "accessToken"),
        "it stays the same within one"
    );
    assert_eq!(one.len(), PLACEHOLDER_CHARS);
    assert!(
        one.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    );
    let other = filled(&second, "https://a.example/?t=1", &[("x-token", &one)]).unwrap();
    assert_eq!(
        other.headers["x-token"],
        one.as_str(),
        "of another invocation it is a text"
    );
    for guess in [
        "<sealed:accessToken>".to_owned(),
        format!("sealed_{}_", "0".repeat(32)),
        "sealed_".to_owned(),
        one.to_uppercase(),
    ] {
        let parts = filled(&first, "https://a.example/", &[("x-token", &guess)]).unwrap();
        assert_eq!(parts.headers["x-token"], guess.as_str());
    }
}

#[test]
fn values_are_put_into_headers_and_queries() {
    let vault = oauth(Grants::default());
    let placeholder = shown(&vault, "accessToken");
    let url = format!("https://a.example/p?a=1&token={placeholder}&b=%20");
    let parts = filled(
        &vault,
        &url,
        &[("authorization", &format!("Bearer {placeholder}"))],
    )
    .unwrap();
    assert_eq!(
        parts.uri.to_string(),
        "https://a.example/p?a=1&token=00Dxx%21AQ%2Ftoken%2Bof%3Dsalesforce&b=%20"
    );
    assert_eq!(
        parts.headers["authorization"],
        format!("Bearer {TOKEN}").as_str()
    );
    assert!(parts.headers["authorization"].is_sensitive());
    let twice = filled(
        &vault,
        "https://a.example/",
        &[("x", &format!("{placeholder},sealed_{placeholder}"))],
    );
    assert_eq!(
        twice.unwrap().headers["x"],
        format!("{TOKEN},sealed_{TOKEN}").as_str()
    );
}

#[test]
fn basic_headers_that_libraries_make_of_placeholders_are_made_anew() {
    let vault = basic("ada", "pass:w\u{f6}rd", Grants::default());
    let pair = format!(
        "{}:{}",
        shown(&vault, "username"),
        shown(&vault, "password")
    );
    let padded = BASE64_STANDARD.encode(&pair);
    let expected = format!("Basic {}", BASE64_STANDARD.encode("ada:pass:w\u{f6}rd"));
    for header in [
        format!("Basic {padded}"),
        format!("basic  {}", padded.trim_end_matches('=')),
    ] {
        let parts = filled(&vault, "https://a.example/", &[("authorization", &header)]).unwrap();
        assert_eq!(
            parts.headers["authorization"],
            expected.as_str(),
            "{header}"
        );
        assert!(parts.headers["authorization"].is_sensitive());
    }
    for other in ["Basic dXNlcjpwYXNz", "Basic ?", "Basic", "Digest x"] {
        let parts = filled(&vault, "https://a.example/", &[("authorization", other)]).unwrap();
        assert_eq!(parts.headers["authorization"], other);
    }
}

#[test]
fn a_placeholder_where_no_value_belongs_is_refused() {
    let vault = oauth(Grants::default());
    let placeholder = shown(&vault, "accessToken");
    for (url, header) in [
        (format!("https://{placeholder}.a.example/"), None),
        (format!("https://a.example/{placeholder}/x"), None),
        ("https://a.example/".to_owned(), Some(placeholder.as_str())),
    ] {
        let headers: Vec<_> = header.map(|name| (name, "x")).into_iter().collect();
        let error = filled(&vault, &url, &headers).unwrap_err();
        assert!(matches!(error, SealError::Misplaced(_)), "{error}");
        assert!(!error.to_string().contains("00Dxx"));
    }
}

#[test]
fn a_value_that_no_header_can_have_is_refused_without_showing_it() {
    let vault = custom(&[("key", "line\r\nx-injected: 1")], Grants::default());
    let placeholder = shown(&vault, "key");
    let error = filled(&vault, "https://a.example/", &[("x", &placeholder)]).unwrap_err();
    assert_eq!(error, SealError::NotInHeader);
}

#[test]
fn bodies_take_the_value_in_their_own_spelling() {
    let vault = custom(&[("key", "a\"b&c d")], Grants::default());
    let placeholder = shown(&vault, "key");
    let body = |kind: &str, text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_str(kind).unwrap());
        let body = vault.fill_body(&headers, text.replace('#', &placeholder).into());
        String::from_utf8(body.to_vec()).unwrap()
    };
    assert_eq!(
        body("application/json", "{\"k\":\"#\"}"),
        "{\"k\":\"a\\\"b&c d\"}"
    );
    assert_eq!(
        body("application/x-www-form-urlencoded", "k=#&l=1"),
        "k=a%22b%26c%20d&l=1"
    );
    assert_eq!(body("text/xml", "<k>#</k>"), "<k>a&quot;b&amp;c d</k>");
    assert_eq!(body("text/plain", "# #"), "a\"b&c d a\"b&c d");
    assert_eq!(body("text/plain", "nothing"), "nothing");
}

#[test]
fn values_go_to_the_hosts_they_are_narrowed_to() {
    let admits = |send_to: &[&str], url: &str| {
        let send_to = send_to
            .iter()
            .map(|text| HostPattern::parse(text).unwrap())
            .collect();
        oauth(Grants {
            send_to,
            ..Grants::default()
        })
        .admits(&url.parse().unwrap())
    };
    assert!(admits(&[], "https://any.example/"));
    let narrowed = &[
        "https://login.example.com",
        "https://*.api.example.com:8443",
    ];
    assert!(admits(narrowed, "https://login.example.com/x"));
    assert!(admits(narrowed, "https://LOGIN.example.com.:443/x"));
    assert!(admits(narrowed, "https://eu.api.example.com:8443/"));
    for url in [
        "https://files.example.com/",
        "https://login.example.com:8443/",
        "https://eu.api.example.com/",
        "http://login.example.com/",
    ] {
        assert!(!admits(narrowed, url), "{url}");
    }
}

#[test]
fn echoes_become_placeholders_in_every_form() {
    let vault = oauth(Grants::default());
    let placeholder = shown(&vault, "accessToken");
    for form in [
        TOKEN.to_owned(),
        "00Dxx%21AQ%2Ftoken%2Bof%3Dsalesforce".to_owned(),
        "00Dxx%21AQ%2ftoken%2bof%3dsalesforce".to_owned(),
        "00Dxx!AQ%2Ftoken%2Bof%3Dsalesforce".to_owned(),
        "00Dxx!AQ\\/token+of=salesforce".to_owned(),
        BASE64_STANDARD.encode(TOKEN),
    ] {
        let body = format!("<p>\u{fc} {form} {form}</p>");
        assert_eq!(
            scrubbed(&vault, &body),
            format!("<p>\u{fc} {placeholder} {placeholder}</p>"),
            "{form}"
        );
    }
    let within = BASE64_STANDARD.encode(format!("x:{TOKEN}:y"));
    assert!(scrubbed(&vault, &within).contains(&placeholder));
    let mut headers = HeaderMap::new();
    headers.append(
        "x-echo",
        HeaderValue::from_static("a 00Dxx!AQ/token+of=salesforce"),
    );
    headers.append("x-other", HeaderValue::from_static("b"));
    vault.scrub_headers(&mut headers);
    assert_eq!(headers["x-echo"], format!("a {placeholder}").as_str());
    assert_eq!(headers["x-other"], "b");
}

#[test]
fn the_pair_of_a_basic_header_is_found_and_user_names_in_records_are_kept() {
    let vault = basic("ada@example.com", "hunter2", Grants::default());
    let pair = BASE64_STANDARD.encode("ada@example.com:hunter2");
    let out = scrubbed(
        &vault,
        &format!("{{\"sent\":\"Basic {pair}\",\"owner\":\"ada@example.com\"}}"),
    );
    assert!(!out.contains(&pair[..8]), "{out}");
    assert!(out.contains("\"owner\":\"ada@example.com\""), "{out}");
    assert_eq!(vault.scrub("ada@example.com hunter2"), "<secret> <secret>");
}

#[test]
fn bodies_without_an_echo_are_not_copied_and_short_values_are_left_alone() {
    let vault = oauth(Grants::default());
    let body = Bytes::from_static(b"{\"records\":[]}");
    let out = vault.scrub_body(body.clone());
    assert_eq!(out.as_ptr(), body.as_ptr());
    let vault = custom(&[("key", "abc")], Grants::default());
    assert_eq!(scrubbed(&vault, "abc abcdef YWJj"), "abc abcdef YWJj");
}

#[tokio::test]
async fn echoes_in_streams_become_placeholders_wherever_they_are_cut() {
    let vault = Arc::new(oauth(Grants::default()));
    let placeholder = shown(&vault, "accessToken");
    let body = format!("a {TOKEN} b");
    for cut in 0..body.len() {
        let (first, second) = body.split_at(cut);
        let frames = [first, second].map(|part| {
            Ok::<_, std::convert::Infallible>(http_body::Frame::data(Bytes::copy_from_slice(
                part.as_bytes(),
            )))
        });
        let stream = StreamBody::new(futures::stream::iter(frames));
        let whole = vault
            .scrub_stream(stream)
            .collect()
            .await
            .unwrap()
            .to_bytes();
        assert_eq!(whole, format!("a {placeholder} b"), "cut at {cut}");
    }
    let whole = Full::new(Bytes::from(body.clone()));
    let out = vault
        .scrub_stream(whole)
        .collect()
        .await
        .unwrap()
        .to_bytes();
    assert_eq!(out, format!("a {placeholder} b"));
}

#[test]
fn a_captured_token_is_a_value_like_any_other() {
    let vault = oauth(Grants::default());
    let pointers = ["/access_token", "/id_token", "/absent"].map(|at| Pointer::parse(at).unwrap());
    let body = "{\"access_token\":\"ya29.captured\\u0021\",\"n\":1,\"again\":\"ya29.captured!\",\"id_token\":null}";
    let sealed = vault
        .capture(&pointers, Bytes::from_static(body.as_bytes()))
        .unwrap();
    let sealed: serde_json::Value = serde_json::from_slice(&vault.scrub_body(sealed)).unwrap();
    let placeholder = sealed["access_token"].as_str().unwrap();
    assert!(placeholder.starts_with("sealed_"), "{sealed}");
    assert_eq!(sealed["again"], placeholder);
    assert_eq!(sealed["id_token"], serde_json::Value::Null);
    let parts = filled(
        &vault,
        "https://a.example/",
        &[("authorization", &format!("Bearer {placeholder}"))],
    );
    assert_eq!(
        parts.unwrap().headers["authorization"],
        "Bearer ya29.captured!"
    );
    assert_eq!(vault.scrub("ya29.captured!"), "<secret>");
    assert!(vault.is_in("ya29.captured!"));
    // The same token asked for twice has one placeholder.
    let again = vault
        .capture(&pointers, Bytes::from_static(body.as_bytes()))
        .unwrap();
    assert!(std::str::from_utf8(&again).unwrap().contains(placeholder));
}

#[test]
fn an_answer_from_which_nothing_can_be_sealed_is_withheld() {
    let vault = oauth(Grants::default());
    let pointers = [Pointer::parse("/access_token").unwrap()];
    for body in [
        "access_token=ya29",
        "{\"access_token\":{\"value\":\"ya29\"}}",
        "{\"access_token\":\"\\ud800\"}",
        "<html>",
    ] {
        let error = vault
            .capture(&pointers, Bytes::from_static(body.as_bytes()))
            .unwrap_err();
        assert!(matches!(error, SealError::Capture(_)), "{body}");
    }
}

#[test]
fn texts_are_scrubbed_whole_and_before_they_are_cut() {
    let vault = basic("hunter2", "hunter2-and-more", Grants::default());
    assert_eq!(vault.scrub("a hunter2-and-more b"), "a <secret> b");
    let long = format!("{}hunter2-and-more", "x".repeat(95));
    let message = vault.message(&long, 100);
    assert!(!message.contains("hunt"), "{message}");
    let lines = custom(&[("token", "first\nsecond")], Grants::default());
    assert_eq!(
        lines.message("the first\nsecond token", 100),
        "the <secret> token"
    );
    let placeholder = shown(&vault, "password");
    assert_eq!(
        vault.scrub(&format!("it is {placeholder}")),
        "it is <secret>"
    );
    let encoded = BASE64_STANDARD.encode("hunter2-and-more");
    assert_eq!(vault.scrub(&encoded), "<secret>");
}

#[test]
fn answers_leave_without_placeholders() {
    let vault = oauth(Grants::default());
    let placeholder = shown(&vault, "accessToken");
    let answer = format!("{{\"records\":[\"{{\\\"x\\\":\\\"{placeholder}\\\"}}\"]}}").into_bytes();
    assert_eq!(
        vault.conceal(answer),
        b"{\"records\":[\"{\\\"x\\\":\\\"<secret>\\\"}\"]}"
    );
}

#[test]
fn only_what_is_secret_for_certain_is_kept_out_of_tokens() {
    let vault = basic("AC0123456789", "password-1", Grants::default());
    assert!(!vault.is_in("/Accounts/AC0123456789/Messages?page=2"));
    assert!(vault.is_in("x-password-1"));
    assert!(vault.is_in(&format!("x{}", shown(&vault, "password"))));
    assert!(!custom(&[("account", "AC0123456789")], Grants::default()).is_in("AC0123456789"));
    assert!(!Vault::empty().is_in("x"));
}

#[test]
fn the_manifest_opens_all_values_or_some() {
    let readable = Grants {
        readable: true,
        ..Grants::default()
    };
    let vault = oauth(readable.clone());
    assert_eq!(shown(&vault, "accessToken"), TOKEN);
    assert_eq!(scrubbed(&vault, TOKEN), TOKEN);
    assert!(!vault.is_sealing());
    assert_eq!(
        vault.scrub(TOKEN),
        "<secret>",
        "the log has no use for it all the same"
    );
    let pointers = [Pointer::parse("/t").unwrap()];
    let sealed = vault
        .capture(&pointers, Bytes::from_static(b"{\"t\":\"captured\"}"))
        .unwrap();
    assert!(!std::str::from_utf8(&sealed).unwrap().contains("captured"));
    assert!(vault.is_sealing());

    let open = Grants {
        open: vec!["region".to_owned()],
        ..Grants::default()
    };
    let vault = custom(&[("region", "eu-west-1"), ("key", "hunter2")], open);
    assert_eq!(shown(&vault, "region"), "eu-west-1");
    assert!(shown(&vault, "key").starts_with("sealed_"));
    assert_eq!(scrubbed(&vault, "eu-west-1"), "eu-west-1");
    assert_eq!(vault.scrub("eu-west-1 hunter2"), "eu-west-1 <secret>");
    let empty = basic("ada", "", Grants::default());
    assert_eq!(
        shown(&empty, "password"),
        "",
        "that it is empty is no secret"
    );
}

#[test]
fn nothing_shows_a_value_by_debug_output() {
    assert_eq!(format!("{:?}", oauth(Grants::default())), "Vault(..)");
}
