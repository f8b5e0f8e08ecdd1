//! Connectors that are sold: asked for in the background, refused when AWS says no, and let go on through an outage.

use appflow_testkit::fakes::{
    Entitlement, LicenseAnswer, LicenseManager, Marketplace, MarketplaceAnswer,
};
use appflow_testkit::runtime_api::Lambda;
use serde_json::{Value, json};

use crate::support::{TOKEN, ask, code, good_records, query, secrets, with_secrets};

/// Code of the manifest of the connector `entitled`.
const PRODUCT_CODE: &str = "0123456789abcdefghijklmno";

fn good() -> Value {
    query("good", json!({}))
}

fn licensed(manager: &LicenseManager) -> (Lambda, appflow_testkit::setup::SecretsFile) {
    let secrets = secrets(TOKEN);
    let config =
        with_secrets("licensed", &secrets).env("AWS_ENDPOINT_URL_LICENSE_MANAGER", manager.url());
    (Lambda::start(config).unwrap(), secrets)
}

#[test]
fn a_subscriber_is_served_and_asked_about_once() {
    let manager = LicenseManager::start([LicenseAnswer::Entitled { expiration: None }]).unwrap();
    let (lambda, _secrets) = licensed(&manager);
    for _ in 0..5 {
        let (answer, _) = ask(&lambda, &good());
        assert_eq!(answer["records"], good_records(), "{answer}");
    }
    assert_eq!(manager.calls().len(), 1);
}

#[test]
fn who_has_not_subscribed_is_told_how_to_and_may_still_register() {
    let manager = LicenseManager::start([LicenseAnswer::Error(
        "NoEntitlementsAllowedException".to_owned(),
    )])
    .unwrap();
    let (lambda, _secrets) = licensed(&manager);
    let (answer, _) = ask(&lambda, &good());
    assert_eq!(code(&answer), "AccessDenied", "{answer}");
    let message = answer["errorDetails"]["errorMessage"].as_str().unwrap();
    assert!(message.contains("prod-0123456789abc"), "{message}");
    let (answer, _) = ask(
        &lambda,
        &json!({"type": "DescribeConnectorConfigurationRequest"}),
    );
    assert_eq!(
        answer["isSuccess"], true,
        "describing is never gated: {answer}"
    );
    let list =
        json!({"type": "ListEntitiesRequest", "connectorContext": good()["connectorContext"]});
    let write = json!({"type": "WriteDataRequest", "entityIdentifier": "good", "operation": "INSERT",
        "records": ["{}"], "connectorContext": good()["connectorContext"]});
    for request in [list, write] {
        assert_eq!(code(&ask(&lambda, &request).0), "AccessDenied", "{request}");
    }
}

#[test]
fn an_entitlement_for_something_else_is_none() {
    let manager = LicenseManager::start([LicenseAnswer::OtherEntitlement]).unwrap();
    let (lambda, _secrets) = licensed(&manager);
    assert_eq!(code(&ask(&lambda, &good()).0), "AccessDenied");
}

#[test]
fn a_role_that_may_not_ask_is_told_the_permission_it_lacks() {
    let manager =
        LicenseManager::start([LicenseAnswer::Error("AccessDeniedException".to_owned())]).unwrap();
    let (lambda, _secrets) = licensed(&manager);
    let (answer, _) = ask(&lambda, &good());
    assert_eq!(code(&answer), "AccessDenied");
    let message = answer["errorDetails"]["errorMessage"].as_str().unwrap();
    assert!(
        message.contains("license-manager:CheckoutLicense"),
        "{message}"
    );
}

#[test]
fn an_outage_before_the_first_answer_asks_for_a_retry() {
    let manager =
        LicenseManager::start([LicenseAnswer::Fault("ServerInternalException".to_owned())])
            .unwrap();
    let (lambda, _secrets) = licensed(&manager);
    let (answer, _) = ask(&lambda, &good());
    assert_eq!(code(&answer), "ServiceUnavailable", "{answer}");
}

#[test]
fn a_service_that_never_answers_does_not_hold_the_request_up_for_ever() {
    let manager = LicenseManager::start([LicenseAnswer::Stall]).unwrap();
    let (lambda, _secrets) = licensed(&manager);
    let (answer, invoked) = ask(&lambda, &good());
    assert_eq!(code(&answer), "ServiceUnavailable", "{answer}");
    assert!(invoked.duration.as_secs() < 10, "{:?}", invoked.duration);
    let describe = json!({"type": "DescribeConnectorConfigurationRequest"});
    let (answer, invoked) = ask(&lambda, &describe);
    assert_eq!(answer["isSuccess"], true);
    assert!(
        invoked.duration.as_secs() < 2,
        "describing waits for nobody: {:?}",
        invoked.duration
    );
}

fn entitled(
    answers: Vec<MarketplaceAnswer>,
) -> (Marketplace, Lambda, appflow_testkit::setup::SecretsFile) {
    let marketplace = Marketplace::start(answers).unwrap();
    let secrets = secrets(TOKEN);
    let config = with_secrets("entitled", &secrets).env(
        "AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE",
        marketplace.url(),
    );
    let lambda = Lambda::start(config).unwrap();
    (marketplace, lambda, secrets)
}

fn page(entitlements: Vec<Entitlement>, next_token: Option<&str>) -> MarketplaceAnswer {
    MarketplaceAnswer::Page {
        entitlements,
        next_token: next_token.map(str::to_owned),
    }
}

fn bought(expires: Option<i64>) -> Entitlement {
    Entitlement {
        product_code: PRODUCT_CODE.to_owned(),
        account: "111122223333".to_owned(),
        expires,
        amount: Some(1),
    }
}

#[test]
fn an_entitlement_on_a_later_page_counts_and_is_asked_for_in_us_east_1() {
    let (marketplace, lambda, _secrets) = entitled(vec![
        page(Vec::new(), Some("t2")),
        page(vec![bought(Some(4_102_444_800))], None),
    ]);
    let (answer, _) = ask(&lambda, &good());
    assert_eq!(answer["records"], good_records(), "{answer}");
    let calls = marketplace.calls();
    assert_eq!(calls.len(), 2);
    assert!(
        calls.iter().all(|call| call.region == "us-east-1"),
        "{calls:?}"
    );
}

#[test]
fn no_entitlement_and_one_that_has_expired_are_refused() {
    for entitlements in [Vec::new(), vec![bought(Some(1_000_000_000))]] {
        let (_marketplace, lambda, _secrets) = entitled(vec![page(entitlements, None)]);
        let (answer, _) = ask(&lambda, &good());
        assert_eq!(code(&answer), "AccessDenied", "{answer}");
    }
}
