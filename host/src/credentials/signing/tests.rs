//! Signatures against published vectors.
//!
//! Over 500 lines: the vectors stand here as a whole.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests"
)]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::signature::{self, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;
use crate::credentials::{AuthenticationType, Credentials};
use crate::manifest::Credentials as Grants;

/// The key of RFC 7515, appendix A.2, in both of its forms.
const KEY: &str = include_str!("rfc7515-a2.pem");
const KEY_PKCS1: &str = include_str!("rfc7515-a2-pkcs1.pem");

fn vault(values: Value) -> Vault {
    let mut values = values;
    values["customAuthenticationType"] = json!("test");
    let kind = Some(AuthenticationType::CustomAuth);
    let credentials = Credentials::from_secret_text(&values.to_string(), kind).unwrap();
    Vault::new(Arc::new(credentials), Grants::default())
}

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap()
}

fn pairs(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    parameters.iter().map(pair).collect()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    request.headers()[name].to_str().unwrap()
}

fn hmac_header(key: Value, scheme: &str, parameters: &[(&str, &str)]) -> String {
    let mut request = request("POST", "https://a.example/", &[], "");
    let mut parameters = pairs(parameters);
    parameters.extend(pairs(&[("secret-key", "key"), ("header", "x-signature")]));
    sign(
        &vault(json!({"key": key})),
        scheme,
        &parameters,
        &mut request,
        at(0),
    )
    .unwrap();
    header(&request, "x-signature").to_owned()
}

#[test]
fn keyed_hashes_are_those_of_the_rfcs() {
    // RFC 4231, cases 1 and 2; RFC 2202, case 2.
    let eleven = "0b".repeat(20);
    assert_eq!(
        hmac_header(
            json!(eleven),
            "hmac-sha256",
            &[("key-encoding", "hex"), ("message", "Hi There")]
        ),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    );
    let message = ("message", "what do ya want for nothing?");
    for (scheme, expected) in [
        ("hmac-sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            "hmac-sha256",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            "hmac-sha512",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ] {
        assert_eq!(hmac_header(json!("Jefe"), scheme, &[message]), expected);
    }
}

#[test]
fn keyed_hashes_go_where_and_how_they_are_asked_for() {
    let plain = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let encoded = ("message-base64", "d2hhdCBkbyB5YSB3YW50IGZvciBub3RoaW5nPw==");
    assert_eq!(hmac_header(json!("Jefe"), "hmac-sha256", &[encoded]), plain);
    assert_eq!(
        hmac_header(
            json!("SmVmZQ=="),
            "hmac-sha256",
            &[encoded, ("key-encoding", "base64"), ("prefix", "sha256=")]
        ),
        format!("sha256={plain}")
    );
    assert_eq!(
        hmac_header(
            json!("Jefe"),
            "hmac-sha256",
            &[encoded, ("encoding", "base64")]
        ),
        "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
    );
    assert_eq!(
        hmac_header(
            json!("Jefe"),
            "hmac-sha256",
            &[encoded, ("encoding", "base64url")]
        ),
        "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM"
    );
    let mut of_body = request(
        "POST",
        "https://a.example/x?y=1",
        &[],
        "what do ya want for nothing?",
    );
    let parameters = pairs(&[("secret-key", "key"), ("query", "sig n")]);
    let keys = vault(json!({"key": "Jefe"}));
    sign(&keys, "hmac-sha256", &parameters, &mut of_body, at(0)).unwrap();
    assert_eq!(
        of_body.uri().to_string(),
        format!("https://a.example/x?y=1&sig%20n={plain}")
    );
}

#[test]
fn placeholders_in_what_is_signed_count_as_their_values() {
    let keys = vault(json!({"key": "Jefe", "want": "nothing"}));
    let placeholder = keys.show("want", keys.value("want").unwrap());
    assert!(placeholder.starts_with("sealed_"));
    let mut signed = request("GET", "https://a.example/", &[], "");
    let message = format!("what do ya want for {placeholder}?");
    let parameters = pairs(&[
        ("secret-key", "key"),
        ("header", "x"),
        ("message", &message),
    ]);
    sign(&keys, "hmac-sha256", &parameters, &mut signed, at(0)).unwrap();
    assert_eq!(
        header(&signed, "x"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn statements_are_signed_as_in_rfc_7515() {
    let account = jwt::Account::read(KEY).unwrap();
    let claims =
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    let token = jwt::signed(
        &account.key().unwrap(),
        b"{\"alg\":\"RS256\"}",
        claims.as_bytes(),
    );
    assert_eq!(
        *token.unwrap(),
        "eyJhbGciOiJSUzI1NiJ9.\
         eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
         cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
}

/// Header and claims of a statement whose signature is right.
fn read(token: &str) -> (Value, Value) {
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("not three parts: {token}");
    };
    let key = jwt::Account::read(KEY).unwrap().key().unwrap();
    let public = UnparsedPublicKey::new(
        &signature::RSA_PKCS1_2048_8192_SHA256,
        signature::KeyPair::public_key(&key).as_ref(),
    );
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public
        .verify(format!("{header}.{claims}").as_bytes(), &signature)
        .unwrap();
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    (part(header), part(claims))
}

fn statement(key: &str, parameters: &[(&str, &str)]) -> (Value, Value) {
    let mut request = request("GET", "https://a.example/", &[], "");
    let mut parameters = pairs(parameters);
    parameters.push(("secret-key".to_owned(), "key".to_owned()));
    let keys = vault(json!({"key": key}));
    sign(&keys, "jwt-rs256", &parameters, &mut request, at(1000)).unwrap();
    read(
        header(&request, "authorization")
            .strip_prefix("Bearer ")
            .unwrap(),
    )
}

#[test]
fn the_host_sets_the_time_of_statements_unless_it_is_given() {
    let (header, claims) = statement(KEY, &[("claims", r#"{"iss":"me"}"#), ("kid", "k1")]);
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
    assert_eq!(claims, json!({"iss": "me", "iat": 1000, "exp": 4600}));
    let given = r#"{"iat":1,"exp":2}"#;
    assert_eq!(
        statement(KEY, &[("claims", given)]).1,
        json!({"iat": 1, "exp": 2})
    );
    let short = statement(KEY, &[("claims", "{}"), ("lifetime-seconds", "60")]);
    assert_eq!(short.1["exp"], 1060);
}

#[test]
fn private_keys_are_taken_in_every_spelling_that_secrets_have() {
    let file = json!({
        "type": "service_account", "private_key": KEY, "private_key_id": "id-1", "client_email": "a@b.example",
    });
    for key in [
        KEY.to_owned(),
        KEY_PKCS1.to_owned(),
        KEY.replace('\n', "\\n"),
        KEY.replace('\n', "\r\n"),
        KEY.replace('\n', " "),
        KEY.replace('\n', ""),
        format!("  {}\n", KEY.trim()),
    ] {
        statement(&key, &[("claims", "{}")]);
    }
    let (header, claims) = statement(&file.to_string(), &[("claims", r#"{"aud":"x"}"#)]);
    assert_eq!(header["kid"], "id-1");
    assert_eq!(claims["iss"], "a@b.example");
    let (header, claims) = statement(
        &file.to_string(),
        &[("claims", r#"{"iss":"y"}"#), ("kid", "z")],
    );
    assert_eq!((&header["kid"], &claims["iss"]), (&json!("z"), &json!("y")));
}

#[test]
fn what_is_no_private_key_is_said_without_showing_it() {
    let cases = [
        ("hunter2-hunter2", "no private key in PEM"),
        (
            "{\"private_key\":7,\"x\":\"hunter2\"}",
            "without `private_key`",
        ),
        ("{hunter2", "neither a private key nor a key file"),
        (
            "-----BEGIN PRIVATE KEY-----\nhunter2!\n-----END PRIVATE KEY-----",
            "damaged",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----",
            "no private RSA key",
        ),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\naHVudGVyMg==\n-----END ENCRYPTED PRIVATE KEY-----",
            "encrypted",
        ),
        (
            "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----",
            "another kind",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nhunter2",
            "no private key in PEM",
        ),
    ];
    for (key, expected) in cases {
        let mut request = request("GET", "https://a.example/", &[], "");
        let parameters = pairs(&[("secret-key", "key"), ("claims", "{}")]);
        let error = sign(
            &vault(json!({"key": key})),
            "jwt-rs256",
            &parameters,
            &mut request,
            at(0),
        );
        let message = error.unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(
            !message.contains("hunter2") && !message.contains("aHVud"),
            "{message}"
        );
    }
}

#[test]
fn a_statement_in_a_body_asks_for_a_token_which_is_sealed() {
    let keys = vault(json!({"key": KEY}));
    let form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    let mut asked = request("POST", "https://a.example/token", &[], form);
    let parameters = pairs(&[("secret-key", "key"), ("claims", "{}"), ("place", "form")]);
    let captures = sign(&keys, "jwt-rs256", &parameters, &mut asked, at(0)).unwrap();
    let body = std::str::from_utf8(asked.body()).unwrap().to_owned();
    let token = body
        .strip_prefix(form)
        .unwrap()
        .strip_prefix("&assertion=")
        .unwrap();
    read(token);
    assert_eq!(captures.len(), 3, "{captures:?}");
    assert!(asked.headers().is_empty());

    let mut asked = request("POST", "https://a.example/token", &[], "{\"a\":1}");
    let parameters = pairs(&[
        ("secret-key", "key"),
        ("claims", "{}"),
        ("place", "json"),
        ("field", "jwt"),
        ("capture", "/data/token"),
    ]);
    let captures = sign(&keys, "jwt-rs256", &parameters, &mut asked, at(0)).unwrap();
    let body: Value = serde_json::from_slice(asked.body()).unwrap();
    assert_eq!(body["a"], 1);
    read(body["jwt"].as_str().unwrap());
    assert_eq!(captures, [Pointer::parse("/data/token").unwrap()]);
}

fn aws(
    parameters: &[(&str, &str)],
    secret: Value,
    now: u64,
    request: &mut Request<Bytes>,
) -> String {
    let parameters = pairs(parameters);
    sign(&vault(secret), "aws-sigv4", &parameters, request, at(now)).unwrap();
    let authorization = header(request, "authorization").to_owned();
    authorization
        .rsplit_once("Signature=")
        .unwrap()
        .1
        .to_owned()
}

#[test]
fn aws_signatures_are_those_that_aws_publishes() {
    let keys = [("access-key", "id"), ("secret-key", "secret")];
    let with = |service: &'static str| {
        [
            keys[0],
            keys[1],
            ("service", service),
            ("region", "us-east-1"),
        ]
    };
    let example =
        json!({"id": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"});
    // 30 August 2015, 12:36:00.
    let then = 1_440_938_160;
    let mut list_users = request(
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        &[(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )],
        "",
    );
    assert_eq!(
        aws(&with("iam"), example.clone(), then, &mut list_users),
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
    assert_eq!(header(&list_users, "x-amz-date"), "20150830T123600Z");
    // From the test suite of Signature Version 4: get-vanilla, get-vanilla-query-order-key-case.
    let mut vanilla = request("GET", "https://example.amazonaws.com/", &[], "");
    assert_eq!(
        aws(&with("service"), example.clone(), then, &mut vanilla),
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    );
    let mut order = request(
        "GET",
        "https://example.amazonaws.com/?Param2=value2&Param1=value1",
        &[],
        "",
    );
    assert_eq!(
        aws(&with("service"), example, then, &mut order),
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    );
    // From the documentation of S3: a part of an object, 24 May 2013.
    let s3 =
        json!({"id": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"});
    let mut part = request(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        &[("range", "bytes=0-9")],
        "",
    );
    assert_eq!(
        aws(&with("s3"), s3, 1_369_353_600, &mut part),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}

#[test]
fn aws_signatures_cover_the_body_and_carry_the_session() {
    let keys =
        json!({"id": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI", "session": "token-of-session"});
    let parameters = [
        ("access-key", "id"),
        ("secret-key", "secret"),
        ("session-key", "session"),
        ("service", "execute-api"),
        ("region", "eu-west-1"),
    ];
    let mut signatures = Vec::new();
    for body in ["a", "b"] {
        let mut request = request("POST", "https://a.example:8443/x", &[], body);
        signatures.push(aws(&parameters, keys.clone(), 0, &mut request));
        assert_eq!(header(&request, "x-amz-security-token"), "token-of-session");
        assert!(header(&request, "authorization").contains("x-amz-security-token"));
        assert!(request.headers()["authorization"].is_sensitive());
    }
    assert_ne!(signatures[0], signatures[1]);
}

#[test]
fn mistakes_are_refused_in_words() {
    let keys = vault(json!({"key": "hunter2"}));
    let cases: &[(&str, &[(&str, &str)], &str)] = &[
        ("of-tomorrow", &[], "it knows hmac-sha1, hmac-sha256"),
        ("hmac-sha256", &[], "no `secret-key`"),
        (
            "hmac-sha256",
            &[("secret-key", "other"), ("header", "x")],
            "no \"other\"",
        ),
        (
            "hmac-sha256",
            &[("secret-key", "key")],
            "exactly one of `header` and `query`",
        ),
        (
            "hmac-sha256",
            &[("secret-key", "key"), ("header", "x"), ("query", "y")],
            "exactly one of `header` and `query`",
        ),
        (
            "hmac-sha256",
            &[("secret-key", "key"), ("header", "x y")],
            "no name of a header",
        ),
        (
            "hmac-sha256",
            &[("secretkey", "key")],
            "unknown parameter \"secretkey\"; it knows `secret-key`",
        ),
        (
            "hmac-sha256",
            &[("secret-key", "key"), ("secret-key", "key")],
            "two values",
        ),
        (
            "hmac-sha256",
            &[
                ("secret-key", "key"),
                ("encoding", "octal"),
                ("header", "x"),
            ],
            "hex, base64, base64url",
        ),
        (
            "hmac-sha256",
            &[
                ("secret-key", "key"),
                ("key-encoding", "hex"),
                ("header", "x"),
            ],
            "not hexadecimal",
        ),
        (
            "hmac-sha256",
            &[
                ("secret-key", "key"),
                ("message", "a"),
                ("message-base64", "YQ=="),
                ("header", "x"),
            ],
            "both",
        ),
        (
            "hmac-sha256",
            &[
                ("secret-key", "key"),
                ("message-base64", "?"),
                ("header", "x"),
            ],
            "not Base64",
        ),
        (
            "hmac-sha256",
            &[
                ("capture", "access_token"),
                ("secret-key", "key"),
                ("header", "x"),
            ],
            "no JSON pointer",
        ),
        ("capture", &[], "no `capture`"),
        ("capture", &[("header", "x")], "unknown parameter"),
        (
            "jwt-rs256",
            &[("secret-key", "key"), ("claims", "{}")],
            "no private key in PEM",
        ),
        ("aws-sigv4", &[], "no \"apiKey\""),
        (
            "aws-sigv4",
            &[("access-key", "key"), ("secret-key", "key")],
            "no `service`",
        ),
    ];
    for (scheme, parameters, expected) in cases {
        let mut request = request("GET", "https://a.example/", &[], "");
        let error = sign(&keys, scheme, &pairs(parameters), &mut request, at(0)).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains(expected),
            "{scheme} {parameters:?}: {message}"
        );
        assert!(!message.contains("hunter2"), "{message}");
    }
    for (parameters, expected) in [
        (&[("claims", "[]")][..], "no JSON object"),
        (&[("claims", "{}"), ("lifetime-seconds", "0")], "1 to 86400"),
        (&[("claims", "{}"), ("place", "path")], "bearer, form, json"),
        (&[], "no `claims`"),
    ] {
        let mut parameters = pairs(parameters);
        parameters.extend(pairs(&[("secret-key", "key")]));
        let keys = vault(json!({"key": KEY}));
        let mut request = request("GET", "https://a.example/", &[], "");
        let error = sign(&keys, "jwt-rs256", &parameters, &mut request, at(0)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
