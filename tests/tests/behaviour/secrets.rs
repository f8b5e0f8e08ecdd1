//! Credentials through the real AWS client: Secrets Manager by moto, and a service that fails in every way.

use appflow_testkit::fakes::{JsonAnswer, JsonService, Moto};
use appflow_testkit::runtime_api::{FunctionConfig, Lambda};
use appflow_testkit::upstream::{Script, Upstream};
use serde_json::{Value, json};

use crate::support::{ask, code, function, query};

/// An application that takes one token only.
fn application(token: &str) -> Upstream {
    let script = format!(
        "[[exchange]]\npath = '/echo'\nheader = {{ authorization = 'Bearer {token}' }}\nbody = 'welcome'\n\
         [[exchange]]\npath = '/echo'\nstatus = 401\nbody = 'go away'\n"
    );
    let script: Script = toml::from_str(&script).unwrap();
    Upstream::start(script, std::path::Path::new(".")).unwrap()
}

fn config(endpoint: String, application: &Upstream) -> FunctionConfig {
    function("hostile")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint)
        .env("APPFLOW_LOCAL_TARGETS", application.url())
}

/// A request that needs the secret: the guest passes on what the application said, as a message.
fn request(arn: &str, application: &Upstream) -> Value {
    let mut request = query("message-echo", json!({"upstream": application.url()}));
    request["connectorContext"]["credentials"]["secretArn"] = json!(arn);
    request
}

fn message(answer: &Value) -> &str {
    answer["errorDetails"]["errorMessage"]
        .as_str()
        .unwrap_or_default()
}

#[test]
fn a_secret_of_moto_reaches_the_application_and_nobody_else() {
    let moto = Moto::shared().unwrap();
    let token = "CANARY-MOTO-TOKEN";
    let text = json!({"accessToken": token, "refreshToken": "CANARY-MOTO-REFRESH"}).to_string();
    let arn = moto
        .create_secret("eu-west-1", "appflow!111122223333-behaviour", &text)
        .unwrap();
    let application = application(token);
    let lambda = Lambda::start(config(moto.url(), &application)).unwrap();
    let (answer, _) = ask(&lambda, &request(&arn, &application));
    assert!(message(&answer).contains("welcome"), "{answer}");
    assert!(
        !lambda.logs().unwrap().concat().contains("CANARY"),
        "{:#?}",
        lambda.logs()
    );
}

#[test]
fn a_token_that_appflow_has_refreshed_is_fetched_anew_after_it_was_rejected() {
    let moto = Moto::shared().unwrap();
    let text = |token: &str| json!({"accessToken": token}).to_string();
    let arn = moto
        .create_secret(
            "eu-west-1",
            "appflow!111122223333-refreshed",
            &text("CANARY-OLD"),
        )
        .unwrap();
    let application = application("CANARY-NEW");
    let lambda = Lambda::start(config(moto.url(), &application)).unwrap();
    let mut rejected = request(&arn, &application);
    rejected["entityIdentifier"] = json!("checked-echo");
    let (answer, _) = ask(&lambda, &rejected);
    assert_eq!(code(&answer), "InvalidCredentials", "{answer}");
    moto.put_secret("eu-west-1", &arn, &text("CANARY-NEW"))
        .unwrap();
    let (answer, _) = ask(&lambda, &request(&arn, &application));
    assert!(
        message(&answer).contains("welcome"),
        "the old token was kept: {answer}"
    );
}

#[test]
fn a_token_that_expires_within_a_page_is_never_sent_again_and_no_record_comes_twice() {
    let moto = Moto::shared().unwrap();
    let text = |token: &str| json!({"accessToken": token}).to_string();
    let arn = moto
        .create_secret(
            "eu-west-1",
            "appflow!111122223333-expires",
            &text("CANARY-OLD"),
        )
        .unwrap();
    // The old token is good for the first request of the page, and once only.
    let script = "[[exchange]]\npath = '/first'\ntimes = 1\nheader = { authorization = 'Bearer CANARY-OLD' }\nbody = '{\"records\":[{\"id\":1}]}'\n\
                  [[exchange]]\npath = '/first'\nheader = { authorization = 'Bearer CANARY-NEW' }\nbody = '{\"records\":[{\"id\":1}]}'\n\
                  [[exchange]]\npath = '/second'\nheader = { authorization = 'Bearer CANARY-NEW' }\nbody = '{\"records\":[{\"id\":2}]}'\n\
                  [[exchange]]\nstatus = 401\nbody = 'expired'\n";
    let script: Script = toml::from_str(script).unwrap();
    let application = Upstream::start(script, std::path::Path::new(".")).unwrap();
    let lambda = Lambda::start(config(moto.url(), &application)).unwrap();
    let mut page = request(&arn, &application);
    page["entityIdentifier"] = json!("sealed-two-pages");
    let (answer, _) = ask(&lambda, &page);
    assert_eq!(code(&answer), "InvalidCredentials", "{answer}");
    assert!(
        answer["records"].as_array().is_none_or(Vec::is_empty),
        "{answer}"
    );
    moto.put_secret("eu-west-1", &arn, &text("CANARY-NEW"))
        .unwrap();
    let (answer, _) = ask(&lambda, &page);
    assert_eq!(
        answer["records"],
        json!(["{\"id\":1}", "{\"id\":2}"]),
        "{answer}"
    );
    let sent: Vec<_> = application
        .requests()
        .iter()
        .map(|request| {
            let token = request.headers.iter();
            let token = token.filter(|(name, _)| name.as_str() == "authorization");
            let token: Vec<_> = token.map(|(_, value)| value.as_str().to_owned()).collect();
            (request.path.clone(), token.concat())
        })
        .collect();
    let expected = [
        ("/first", "Bearer CANARY-OLD"),
        ("/second", "Bearer CANARY-OLD"),
        ("/first", "Bearer CANARY-NEW"),
        ("/second", "Bearer CANARY-NEW"),
    ]
    .map(|(path, token)| (path.to_owned(), token.to_owned()));
    assert_eq!(sent, expected);
}

#[test]
fn a_rejected_token_is_fetched_anew_though_the_connector_calls_it_something_else() {
    let moto = Moto::shared().unwrap();
    let text = |token: &str| json!({"accessToken": token}).to_string();
    let arn = moto
        .create_secret(
            "eu-west-1",
            "appflow!111122223333-disguised",
            &text("CANARY-OLD"),
        )
        .unwrap();
    let application = application("CANARY-NEW");
    let lambda = Lambda::start(config(moto.url(), &application)).unwrap();
    let request = request(&arn, &application);
    let (answer, _) = ask(&lambda, &request);
    assert_eq!(code(&answer), "ClientError", "{answer}");
    assert!(message(&answer).contains("go away"), "{answer}");
    moto.put_secret("eu-west-1", &arn, &text("CANARY-NEW"))
        .unwrap();
    let (answer, _) = ask(&lambda, &request);
    assert!(
        message(&answer).contains("welcome"),
        "the old token was kept: {answer}"
    );
}

#[test]
fn a_token_that_is_rejected_within_a_write_is_fetched_anew_though_the_write_ends_with_results() {
    let moto = Moto::shared().unwrap();
    let text = |token: &str| json!({"accessToken": token}).to_string();
    let arn = moto
        .create_secret(
            "eu-west-1",
            "appflow!111122223333-midway",
            &text("CANARY-OLD"),
        )
        .unwrap();
    // The old token is good for the first 200 records, which is one request, and for no more.
    let written = |count: usize| {
        let outcome = r#"{"id":"001000000000001AAA","success":true,"errors":[]}"#;
        format!("[{}]", vec![outcome; count].join(","))
    };
    let script = format!(
        "[[exchange]]\ntimes = 1\nheader = {{ authorization = 'Bearer CANARY-OLD' }}\nbody = '{}'\n\
         [[exchange]]\nheader = {{ authorization = 'Bearer CANARY-NEW' }}\nbody = '{}'\n\
         [[exchange]]\nstatus = 401\nbody = '[{{\"errorCode\":\"INVALID_SESSION_ID\",\"message\":\"expired\"}}]'\n",
        written(200),
        written(1)
    );
    let script: Script = toml::from_str(&script).unwrap();
    let application = Upstream::start(script, std::path::Path::new(".")).unwrap();
    let write = |count: usize| {
        let mut write = query("Account", json!({"instanceUrl": application.url()}));
        write["type"] = json!("WriteDataRequest");
        write["operation"] = json!("INSERT");
        write["records"] = json!(vec!["{\"Name\":\"one\"}"; count]);
        write["connectorContext"]["apiVersion"] = json!("v60.0");
        write["connectorContext"]["credentials"]["secretArn"] = json!(arn);
        write
    };
    let config = function("salesforce")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", moto.url())
        .env("APPFLOW_LOCAL_TARGETS", application.url());
    let lambda = Lambda::start(config).unwrap();

    let (answer, _) = ask(&lambda, &write(201));
    assert_ne!(code(&answer), "InvalidCredentials", "{answer}");
    let results = answer["writeRecordResults"].as_array().unwrap();
    let written = results.iter().filter(|result| result["isSuccess"] == true);
    assert_eq!((results.len(), written.count()), (201, 200), "{answer}");

    moto.put_secret("eu-west-1", &arn, &text("CANARY-NEW"))
        .unwrap();
    let (answer, _) = ask(&lambda, &write(1));
    assert_eq!(
        answer["writeRecordResults"][0]["isSuccess"], true,
        "the old token was kept: {answer}"
    );
    let requests = application.requests();
    let tokens: Vec<&str> = requests
        .iter()
        .map(|request| request.headers["authorization"].as_str())
        .collect();
    assert_eq!(
        tokens,
        [
            "Bearer CANARY-OLD",
            "Bearer CANARY-OLD",
            "Bearer CANARY-NEW"
        ]
    );
}

#[test]
fn a_secret_that_is_not_there_is_told_as_such() {
    let moto = Moto::shared().unwrap();
    let application = application("none");
    let lambda = Lambda::start(config(moto.url(), &application)).unwrap();
    let arn =
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:appflow!111122223333-nowhere-AbCdEf";
    let (answer, _) = ask(&lambda, &request(arn, &application));
    assert_eq!(code(&answer), "ResourceNotFoundError", "{answer}");
    assert!(application.requests().is_empty());
}

#[test]
fn errors_of_secrets_manager_and_of_kms_are_told_apart() {
    let denied = "User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: \
                  secretsmanager:GetSecretValue";
    let kms = "Access to KMS is not allowed";
    let cases = [
        (
            JsonAnswer::error("AccessDeniedException", denied),
            "AccessDenied",
            "secretsmanager:GetSecretValue",
        ),
        (
            JsonAnswer::error("AccessDeniedException", kms),
            "AccessDenied",
            "kms:Decrypt",
        ),
        (
            JsonAnswer::error("ThrottlingException", "Rate exceeded"),
            "RateLimitExceeded",
            "",
        ),
        (
            JsonAnswer::fault("InternalServiceError"),
            "ServiceUnavailable",
            "",
        ),
    ];
    for (answer, expected, part) in cases {
        let service = JsonService::start([answer]).unwrap();
        let application = application("none");
        let lambda = Lambda::start(config(service.url(), &application)).unwrap();
        let arn = appflow_testkit::setup::SECRET_ARN;
        let (answer, _) = ask(&lambda, &request(arn, &application));
        assert_eq!(code(&answer), expected, "{answer}");
        assert!(message(&answer).contains(part), "{answer}");
        assert!(application.requests().is_empty());
    }
}
