//! What a guest can learn of its credentials, and what it can make of guesses.

use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::server::{Received, Server, text};
use appflow_testkit::setup::SecretsFile;
use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{TOKEN, ask, query, secrets, with_secrets};

#[test]
fn whatever_kind_of_credentials_it_asks_for_a_guest_gets_no_value() {
    let kinds = [
        (
            "OAuth2",
            json!({"accessToken": TOKEN, "refreshToken": "CANARY-REFRESH"}),
        ),
        (
            "BasicAuth",
            json!({"username": "CANARY-USER", "password": "CANARY-PASSWORD"}),
        ),
        (
            "ApiKey",
            json!({"apiKey": "CANARY-KEY", "apiSecretKey": "CANARY-SECRET"}),
        ),
        (
            "CustomAuth",
            json!({"customAuthenticationType": "own", "tenantKey": "CANARY-TENANT"}),
        ),
    ];
    for (kind, secret) in kinds {
        let secret = secret
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        let file = SecretsFile::create(&secret).unwrap();
        let lambda = Lambda::start(with_secrets("hostile", &file)).unwrap();
        let mut request = query("credentials-everywhere", json!({}));
        request["connectorContext"]["credentials"]["authenticationType"] = json!(kind);
        let (answer, invoked) = ask(&lambda, &request);
        assert_eq!(answer["isSuccess"], true, "{kind}: {answer}");
        let everything = format!("{answer}{}", invoked.log.concat());
        assert!(!everything.contains("CANARY"), "{kind}: {everything}");
    }
}

#[test]
fn a_thousand_guesses_at_placeholders_arrive_as_they_were_sent() {
    let server = Server::start(|received: Received| {
        let lines: String = received
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap_or("?")))
            .collect();
        async move { text(StatusCode::OK, lines) }
    })
    .unwrap();
    let secrets = secrets(TOKEN);
    let config = with_secrets("hostile", &secrets).env("APPFLOW_LOCAL_TARGETS", server.url());
    let lambda = Lambda::start(config).unwrap();
    let (answer, _) = ask(
        &lambda,
        &query("guesses", json!({"upstream": server.url()})),
    );
    let records: &Value = &answer["records"];
    assert_eq!(
        *records,
        json!(["{\"guesses\":1000,\"changed\":0}"]),
        "{answer}"
    );
}
