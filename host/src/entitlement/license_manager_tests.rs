#![allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]

use super::*;
use appflow_testkit::fakes::{LicenseAnswer, LicenseManager as Fake};
use serde_json::Value;

fn back_end(fake: &Fake) -> LicenseManager {
    LicenseManager::new(
        Aws::for_server(&fake.url()),
        ProductId::new("prod-abc").unwrap(),
    )
}

async fn ask(answer: LicenseAnswer) -> (Verdict, usize) {
    let fake = Fake::start([answer]).unwrap();
    let verdict = back_end(&fake).ask(None).await;
    (verdict, fake.calls().len())
}

#[tokio::test]
async fn a_subscriber_is_entitled_until_the_licence_ends() {
    let (verdict, calls) = ask(LicenseAnswer::Entitled {
        expiration: Some("2030-01-01T00:00:00Z".into()),
    })
    .await;
    let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_456_000);
    assert_eq!(
        verdict,
        Verdict::Entitled {
            expires: Some(expires)
        }
    );
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn an_end_that_cannot_be_read_is_no_reason_to_refuse() {
    for expiration in [None, Some("soon".to_owned())] {
        let (verdict, _) = ask(LicenseAnswer::Entitled { expiration }).await;
        assert_eq!(verdict, Verdict::Entitled { expires: None });
    }
}

#[tokio::test]
async fn a_licence_for_something_else_is_a_no() {
    assert_eq!(
        ask(LicenseAnswer::OtherEntitlement).await.0,
        Verdict::NotEntitled
    );
}

#[tokio::test]
async fn the_request_is_the_one_that_appflows_sdks_send() {
    // The fake refuses any other.
    let fake = Fake::start([LicenseAnswer::Entitled { expiration: None }]).unwrap();
    let back_end = back_end(&fake);
    back_end.ask(None).await;
    back_end.ask(None).await;
    let calls = fake.calls();
    assert_eq!(calls[0].region, "eu-west-1");
    assert_eq!(
        calls[0].input.get("ProductSKU"),
        Some(&Value::from("prod-abc"))
    );
    assert_ne!(
        calls[0].input.get("ClientToken"),
        calls[1].input.get("ClientToken"),
        "each question has a token of its own"
    );
}

#[tokio::test]
async fn errors_that_are_an_answer_are_asked_for_once() {
    for (code, expected) in [
        ("NoEntitlementsAllowedException", Verdict::NotEntitled),
        ("ResourceNotFoundException", Verdict::NotEntitled),
        (
            "AccessDeniedException",
            Verdict::NotAllowedToAsk { action: ACTION },
        ),
        (
            "AuthorizationException",
            Verdict::NotAllowedToAsk { action: ACTION },
        ),
    ] {
        let (verdict, calls) = ask(LicenseAnswer::Error(code.into())).await;
        assert_eq!(verdict, expected, "{code}");
        assert_eq!(calls, 1, "{code}");
    }
    for code in [
        "ValidationException",
        "InvalidParameterValueException",
        "RedirectException",
        "UnsupportedDigitalSignatureMethodException",
    ] {
        let (verdict, calls) = ask(LicenseAnswer::Error(code.into())).await;
        assert!(
            matches!(&verdict, Verdict::Misconfigured(reason) if reason.contains(code)),
            "{verdict:?}"
        );
        assert_eq!(calls, 1, "{code}");
    }
}

#[tokio::test]
async fn throttling_and_faults_are_tried_once_more_under_the_same_token() {
    for answer in [
        LicenseAnswer::Error("RateLimitExceededException".into()),
        LicenseAnswer::Error("ThrottlingException".into()),
        LicenseAnswer::Fault("ServerInternalException".into()),
    ] {
        let fake = Fake::start([answer.clone()]).unwrap();
        let verdict = back_end(&fake).ask(None).await;
        assert!(
            matches!(verdict, Verdict::CouldNotAsk(_)),
            "{answer:?}: {verdict:?}"
        );
        let calls = fake.calls();
        assert_eq!(calls.len(), 2, "{answer:?}");
        assert_eq!(
            calls[0].input.get("ClientToken"),
            calls[1].input.get("ClientToken")
        );
    }
}

#[tokio::test]
async fn the_second_try_may_succeed() {
    let fake = Fake::start([
        LicenseAnswer::Fault("ServerInternalException".into()),
        LicenseAnswer::Entitled { expiration: None },
    ])
    .unwrap();
    let verdict = back_end(&fake).ask(None).await;
    assert_eq!(verdict, Verdict::Entitled { expires: None });
}

#[tokio::test]
async fn an_unknown_error_is_not_a_no() {
    let (verdict, _) = ask(LicenseAnswer::Error("NewException\n<html>".into())).await;
    let Verdict::CouldNotAsk(reason) = verdict else {
        unreachable!("{verdict:?}");
    };
    assert!(!reason.contains(['\n', '<']), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_soon() {
    let fake = Fake::start([LicenseAnswer::Stall]).unwrap();
    let begin = tokio::time::Instant::now();
    let verdict = back_end(&fake).ask(None).await;
    assert_eq!(verdict, Verdict::CouldNotAsk("no answer in time".into()));
    assert!(begin.elapsed() < Duration::from_secs(7));
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let fake = Fake::start([]).unwrap();
    let back_end = back_end(&fake);
    drop(fake);
    assert_eq!(
        back_end.ask(None).await,
        Verdict::CouldNotAsk("no connection".into())
    );
}
