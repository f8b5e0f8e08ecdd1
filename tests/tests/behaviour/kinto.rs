//! The Kinto connector in the host, over real Kinto servers, where a case folder does not reach.

use std::collections::BTreeMap;
use std::path::Path;

use appflow_testkit::kinto::{Kinto, PASSWORD, USER, authorization};
use appflow_testkit::runtime_api::Lambda;
use appflow_testkit::setup::SecretsFile;
use appflow_testkit::upstream::{Script, Upstream};
use serde_json::{Value, json};

use crate::support::{ask, code, query, with_secrets};

/// Host under which requests are made, so that the connector's own grants are tested.
const HOST: &str = "kinto.services.mozilla.com";

fn secret(pairs: &[(&str, &str)]) -> SecretsFile {
    let pairs = pairs.iter();
    let pairs: BTreeMap<String, String> = pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    SecretsFile::create(&pairs).unwrap()
}

fn start(url: &str, secret: &SecretsFile) -> Lambda {
    let config = with_secrets("kinto", secret);
    Lambda::start(config.env("APPFLOW_LOCAL_TARGETS", format!("{HOST}={url}"))).unwrap()
}

fn page(entity: &str, authentication: &str, size: u32, token: &Value) -> Value {
    let mut request = query(entity, json!({"serverUrl": format!("https://{HOST}")}));
    request["connectorContext"]["credentials"]["authenticationType"] = json!(authentication);
    request["selectedFieldNames"] = json!(["id"]);
    request["maxResults"] = json!(size);
    request["nextToken"] = token.clone();
    request
}

fn ids(answer: &Value) -> Vec<String> {
    let records = answer["records"].as_array().into_iter().flatten();
    let parse = |record: &Value| serde_json::from_str::<Value>(record.as_str().unwrap()).unwrap();
    records
        .map(|record| parse(record)["id"].as_str().unwrap().to_owned())
        .collect()
}

fn numbered(count: usize) -> (Vec<Value>, Vec<String>) {
    let ids: Vec<String> = (0..count).map(|number| format!("r{number:03}")).collect();
    (ids.iter().map(|id| json!({"id": id})).collect(), ids)
}

#[test]
fn a_token_goes_to_kinto_which_asks_the_provider_of_identities() {
    let script = |text: &str| {
        let script: Script = toml::from_str(text).unwrap();
        Upstream::start(script, Path::new(".")).unwrap()
    };
    let users = script(
        "[[exchange]]\npath = '/userinfo'\nheader = { authorization = 'Bearer CANARY-OPENID' }\nbody = '{\"sub\":\"ada\"}'\n\
         [[exchange]]\npath = '/userinfo'\nstatus = 401\n",
    );
    let provider = script(&format!(
        "[[exchange]]\npath = '/.well-known/openid-configuration'\nbody = '''{}'''\n",
        json!({
            "issuer": "https://identities.example",
            "authorization_endpoint": "https://identities.example/login",
            "userinfo_endpoint": format!("{}/userinfo", users.url()),
        })
    ));
    let kinto = Kinto::start(&[
        (
            "kinto.includes",
            "kinto.plugins.accounts kinto.plugins.openid",
        ),
        ("multiauth.policies", "account openid"),
        (
            "multiauth.policy.openid.use",
            "kinto.plugins.openid.OpenIDConnectPolicy",
        ),
        ("multiauth.policy.openid.issuer", &provider.url()),
        ("multiauth.policy.openid.client_id", "of-the-tests"),
    ])
    .unwrap();
    let bucket = kinto.bucket().unwrap();
    let (records, expected) = numbered(3);
    bucket.fill("things", &Value::Null, &records).unwrap();
    let entity = bucket.entity("things");

    let good = secret(&[("apiKey", "CANARY-OPENID")]);
    let lambda = start(&kinto.url(), &good);
    // A user that Kinto knows, but who may not read the bucket.
    let (answer, _) = ask(&lambda, &page(&entity, "ApiKey", 10, &Value::Null));
    assert_eq!(code(&answer), "AccessDenied", "{answer}");
    let body = json!({"permissions": {"read": ["openid:ada"]}}).to_string();
    let json = ("content-type".to_owned(), "application/json".to_owned());
    let path = format!("/v1/buckets/{}", bucket.name);
    let granted = kinto
        .send("PATCH", &path, &[authorization(), json], &body)
        .unwrap();
    assert_eq!(granted.status, 200, "{granted:?}");
    let (answer, _) = ask(&lambda, &page(&entity, "ApiKey", 10, &Value::Null));
    assert_eq!(ids(&answer), expected, "{answer}");

    let wrong = secret(&[("apiKey", "CANARY-OTHER")]);
    let (answer, _) = ask(
        &start(&kinto.url(), &wrong),
        &page(&entity, "ApiKey", 10, &Value::Null),
    );
    assert_eq!(code(&answer), "InvalidCredentials", "{answer}");
}

#[test]
fn a_server_that_stops_between_two_pages_is_unavailable() {
    let kinto = Kinto::start(&[]).unwrap();
    let bucket = kinto.bucket().unwrap();
    let (records, _) = numbered(5);
    bucket.fill("things", &Value::Null, &records).unwrap();
    let entity = bucket.entity("things");
    let secret = secret(&[("username", USER), ("password", PASSWORD)]);
    let lambda = start(&kinto.url(), &secret);
    let mut first = page(&entity, "BasicAuth", 2, &Value::Null);
    // As AppFlow does, so that the second page needs no description.
    let mut describe = first.clone();
    describe["type"] = json!("DescribeEntityRequest");
    let (described, _) = ask(&lambda, &describe);
    first["connectorContext"]["entityDefinition"] = described["entityDefinition"].clone();
    let (answer, _) = ask(&lambda, &first);
    assert_eq!(ids(&answer).len(), 2, "{answer}");
    drop(bucket);
    drop(kinto);
    first["nextToken"] = answer["nextToken"].clone();
    let (answer, _) = ask(&lambda, &first);
    assert_eq!(code(&answer), "ServiceUnavailable", "{answer}");
    assert!(answer["records"].as_array().is_none_or(Vec::is_empty));
}

#[test]
fn a_server_under_load_gets_the_rest_it_asks_for() {
    // Longer than an invocation may take, so each page of Kinto's is a page of AppFlow's.
    let settings = [("kinto.backoff", "60"), ("kinto.paginate_by", "10")];
    let kinto = Kinto::start(&settings).unwrap();
    let bucket = kinto.bucket().unwrap();
    let (records, expected) = numbered(25);
    bucket.fill("things", &Value::Null, &records).unwrap();
    let secret = secret(&[("username", USER), ("password", PASSWORD)]);
    let lambda = start(&kinto.url(), &secret);
    let mut found = Vec::new();
    let mut sizes = Vec::new();
    let mut token = Value::Null;
    loop {
        let (answer, invoked) = ask(
            &lambda,
            &page(&bucket.entity("things"), "BasicAuth", 1000, &token),
        );
        assert_eq!(answer["isSuccess"], true, "{answer}");
        let page = ids(&answer);
        sizes.push(page.len());
        found.extend(page);
        token = answer["nextToken"].clone();
        if token.is_null() {
            break;
        }
        let said = invoked
            .log
            .iter()
            .any(|line| line.contains("asks to wait longer"));
        assert!(said, "{:#?}", invoked.log);
    }
    assert_eq!(found, expected);
    assert_eq!(sizes, [10, 10, 5]);
}

#[test]
fn a_short_rest_is_kept_within_an_invocation() {
    let settings = [("kinto.backoff", "1"), ("kinto.paginate_by", "10")];
    let kinto = Kinto::start(&settings).unwrap();
    let bucket = kinto.bucket().unwrap();
    let (records, expected) = numbered(15);
    bucket.fill("things", &Value::Null, &records).unwrap();
    let secret = secret(&[("username", USER), ("password", PASSWORD)]);
    let lambda = start(&kinto.url(), &secret);
    let all = page(&bucket.entity("things"), "BasicAuth", 1000, &Value::Null);
    let (answer, _) = ask(&lambda, &all);
    assert_eq!(ids(&answer), expected, "{answer}");
    assert!(
        answer["nextToken"].is_null(),
        "the page ended at the first rest"
    );
}
