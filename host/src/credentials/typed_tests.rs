#![allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]

use super::*;
use AuthenticationType::{ApiKey, BasicAuth, CustomAuth, OAuth2};

fn read(text: &str, kind: impl Into<Option<AuthenticationType>>) -> Credentials {
    Credentials::from_secret_text(text, kind.into()).unwrap()
}

fn refuse(text: &str, kind: impl Into<Option<AuthenticationType>>) -> SecretError {
    Credentials::from_secret_text(text, kind.into()).unwrap_err()
}

fn exposed<'a>(credentials: &'a Credentials, key: &str) -> Option<&'a str> {
    credentials.value(key).map(Secret::expose)
}

#[test]
fn reads_the_four_kinds_by_the_keys_that_appflow_writes() {
    let basic = read(r#"{"username": "u", "password": "p"}"#, BasicAuth);
    assert_eq!(exposed(&basic, "username"), Some("u"));
    assert_eq!(exposed(&basic, "password"), Some("p"));
    assert_eq!(exposed(&basic, "apiKey"), None);

    let key = read(r#"{"apiKey": "k", "apiSecretKey": "s"}"#, ApiKey);
    assert_eq!(exposed(&key, "apiKey"), Some("k"));
    assert_eq!(exposed(&key, "apiSecretKey"), Some("s"));

    let token = read(r#"{"accessToken": "t", "refreshToken": "r"}"#, OAuth2);
    assert_eq!(exposed(&token, "accessToken"), Some("t"));
    assert_eq!(exposed(&token, "refreshToken"), None);

    let custom = read(
        r#"{"customAuthenticationType": "hmac", "authenticationType": "CustomAuth", "region": "eu", "keyId": "x"}"#,
        CustomAuth,
    );
    assert_eq!(exposed(&custom, "region"), Some("eu"));
    let Credentials::Custom { scheme, values } = custom else {
        unreachable!("custom");
    };
    assert_eq!(scheme, "hmac");
    let keys: Vec<_> = values.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["keyId", "region"]);
}

#[test]
fn the_models_other_names_are_not_on_the_wire() {
    assert_eq!(
        refuse(r#"{"userName": "u", "password": "p"}"#, BasicAuth),
        SecretError::MissingKey {
            key: "username",
            authentication_type: BasicAuth
        }
    );
    let key = read(r#"{"apiKey": "k", "secretKey": "s"}"#, ApiKey);
    assert_eq!(exposed(&key, "apiSecretKey"), None);
}

#[test]
fn numbers_and_booleans_become_text_with_every_digit() {
    let custom = read(
        r#"{"customAuthenticationType":"x","n":12345678901234567890123456789,"f":1.10,"b":true,"z":null}"#,
        CustomAuth,
    );
    assert_eq!(exposed(&custom, "n"), Some("12345678901234567890123456789"));
    assert_eq!(exposed(&custom, "f"), Some("1.10"));
    assert_eq!(exposed(&custom, "b"), Some("true"));
    assert_eq!(exposed(&custom, "z"), None);
    let key = read(r#"{"apiKey": 42}"#, ApiKey);
    assert_eq!(exposed(&key, "apiKey"), Some("42"));
}

#[test]
fn escapes_and_other_scripts_survive() {
    let basic = read(
        "{\"username\": \"\\u00e4\\\"\\n\", \"pass\\u0077ord\": \"\u{1f511}\"}",
        BasicAuth,
    );
    assert_eq!(exposed(&basic, "username"), Some("\u{e4}\"\n"));
    assert_eq!(exposed(&basic, "password"), Some("\u{1f511}"));
}

#[test]
fn needed_keys_must_be_there_and_not_empty_except_a_password() {
    let missing = |key, authentication_type| SecretError::MissingKey {
        key,
        authentication_type,
    };
    for (text, kind, key) in [
        ("{}", BasicAuth, "username"),
        (r#"{"username": "u"}"#, BasicAuth, "password"),
        (
            r#"{"username": "u", "password": null}"#,
            BasicAuth,
            "password",
        ),
        (
            r#"{"username": "", "password": "p"}"#,
            BasicAuth,
            "username",
        ),
        (r#"{"apiSecretKey": "s"}"#, ApiKey, "apiKey"),
        (r#"{"apiKey": ""}"#, ApiKey, "apiKey"),
        (r#"{"refreshToken": "r"}"#, OAuth2, "accessToken"),
        (r#"{"accessToken": null}"#, OAuth2, "accessToken"),
        (r#"{"key": "k"}"#, CustomAuth, "customAuthenticationType"),
    ] {
        assert_eq!(refuse(text, kind), missing(key, kind), "{text}");
    }
    let key_only = read(r#"{"username": "sk_live", "password": ""}"#, BasicAuth);
    assert_eq!(exposed(&key_only, "password"), Some(""));
    let no_second = read(r#"{"apiKey": "k", "apiSecretKey": ""}"#, ApiKey);
    assert_eq!(exposed(&no_second, "apiSecretKey"), None);
}

#[test]
fn what_is_not_an_object_of_scalars_is_refused() {
    let not_json = SecretError::Malformed("it is not JSON");
    let not_object = SecretError::Malformed("it is JSON, but not one object of keys and values");
    for text in [
        "",
        "hunter2",
        "{\"accessToken\": \"x\"",
        "{'a': 1}",
        "{} {}",
    ] {
        assert_eq!(refuse(text, OAuth2), not_json, "{text}");
    }
    for text in ["null", "[]", "\"accessToken\"", "7"] {
        assert_eq!(refuse(text, OAuth2), not_object, "{text}");
    }
    for text in [
        r#"{"accessToken": {"value": "hunter2"}}"#,
        r#"{"accessToken": ["hunter2"]}"#,
        r#"{"accessToken": "\ud800"}"#,
    ] {
        assert!(
            matches!(refuse(text, OAuth2), SecretError::Malformed(_)),
            "{text}"
        );
    }
    // What nobody asked for may be anything.
    read(r#"{"accessToken": "t", "extra": {"a": []}}"#, OAuth2);
}

#[test]
fn without_a_stated_kind_the_secret_decides() {
    let kind = |text| read(text, None).authentication_type();
    assert_eq!(
        kind(r#"{"username": "u", "password": "p"}"#),
        Some(BasicAuth)
    );
    assert_eq!(kind(r#"{"apiKey": "k"}"#), Some(ApiKey));
    assert_eq!(kind(r#"{"accessToken": "t"}"#), Some(OAuth2));
    assert_eq!(
        kind(r#"{"customAuthenticationType": "x", "apiKey": "k"}"#),
        Some(CustomAuth)
    );
    assert_eq!(
        kind(r#"{"authenticationType": "ApiKey", "apiKey": "k", "accessToken": "t"}"#),
        Some(ApiKey)
    );
    assert_eq!(
        kind(r#"{"authenticationType": "Other", "accessToken": "t"}"#),
        Some(OAuth2)
    );
    assert!(matches!(refuse("{}", None), SecretError::Malformed(_)));
}

#[test]
fn nothing_of_a_secret_is_in_errors_or_debug_output() {
    let marker = "hunter2";
    for kind in [
        None,
        Some(BasicAuth),
        Some(ApiKey),
        Some(OAuth2),
        Some(CustomAuth),
    ] {
        for text in [
            "hunter2",
            r#"{"hunter2": "hunter2"}"#,
            r#"["hunter2"]"#,
            r#"{"username": {"x": "hunter2"}, "apiKey": ["hunter2"], "accessToken": {"hunter2": 1}}"#,
            r#"{"customAuthenticationType": "x", "hunter2": {"a": "hunter2"}}"#,
            r#"{"username": "hunter2", "password": "hunter2", "apiKey": "hunter2", "accessToken": "hunter2"}"#,
        ] {
            let shown = match Credentials::from_secret_text(text, kind) {
                Ok(Credentials::Custom { values, .. }) => {
                    format!("{:?}", values.first().map(|v| &v.1))
                }
                Ok(credentials) => format!("{credentials:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(!shown.contains(marker), "{shown}");
            assert!(!shown.contains('\n'), "{shown}");
        }
    }
}

#[test]
fn kinds_have_their_wire_names_and_no_other() {
    for kind in [BasicAuth, ApiKey, OAuth2, CustomAuth] {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    for odd in ["", "oauth2", "OAUTH2", "Basic"] {
        assert_eq!(
            odd.parse::<AuthenticationType>(),
            Err(UnknownAuthenticationType)
        );
    }
}
