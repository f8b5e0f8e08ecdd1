#![allow(clippy::unwrap_used, reason = "a failed assumption fails the test")]

use super::*;
use appflow_testkit::fakes::{
    Entitlement as Sold, Marketplace as Fake, MarketplaceAnswer as Answer,
};
use serde_json::json;
use std::time::Duration;

const PAST: i64 = 1_000_000_000;
const FUTURE: i64 = 4_000_000_000;

fn account() -> AccountId {
    AccountId::from_function_arn("arn:aws:lambda:eu-west-1:123456789012:function:shop").unwrap()
}

fn back_end(fake: &Fake) -> MarketplaceEntitlement {
    MarketplaceEntitlement::new(
        Aws::for_server(&fake.url()),
        ProductCode::new("code123").unwrap(),
    )
}

fn sold(expires: Option<i64>) -> Sold {
    Sold {
        product_code: "code123".into(),
        account: "123456789012".into(),
        expires,
        amount: Some(1),
    }
}

fn page(entitlements: Vec<Sold>, next_token: Option<&str>) -> Answer {
    Answer::Page {
        entitlements,
        next_token: next_token.map(str::to_owned),
    }
}

async fn ask(answers: impl IntoIterator<Item = Answer>) -> (Verdict, usize) {
    let fake = Fake::start(answers).unwrap();
    let verdict = back_end(&fake).ask(Some(&account())).await;
    (verdict, fake.calls().len())
}

#[tokio::test]
async fn a_customer_is_entitled_until_the_date() {
    let (verdict, calls) = ask([page(vec![sold(Some(FUTURE))], None)]).await;
    let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(FUTURE.unsigned_abs());
    assert_eq!(
        verdict,
        Verdict::Entitled {
            expires: Some(expires)
        }
    );
    assert_eq!(calls, 1);
    let (verdict, _) = ask([page(vec![sold(None)], None)]).await;
    assert_eq!(verdict, Verdict::Entitled { expires: None });
}

#[tokio::test]
async fn asks_us_east_1_for_the_account_and_the_code() {
    let fake = Fake::start([page(vec![sold(None)], None)]).unwrap();
    back_end(&fake).ask(Some(&account())).await;
    let calls = fake.calls();
    // The function runs in eu-west-1.
    assert_eq!(calls[0].region, "us-east-1");
    assert_eq!(
        calls[0].input,
        json!({
            "ProductCode": "code123",
            "Filter": {"CUSTOMER_AWS_ACCOUNT_ID": ["123456789012"]},
        })
    );
}

#[tokio::test]
async fn pages_are_followed_to_the_one_that_counts() {
    let fake = Fake::start([
        page(vec![sold(Some(PAST))], Some("two")),
        page(vec![], Some("three")),
        page(vec![sold(None)], None),
    ])
    .unwrap();
    let verdict = back_end(&fake).ask(Some(&account())).await;
    assert_eq!(verdict, Verdict::Entitled { expires: None });
    let tokens: Vec<_> = fake
        .calls()
        .iter()
        .map(|call| call.input.get("NextToken").cloned())
        .collect();
    assert_eq!(tokens, [None, Some(json!("two")), Some(json!("three"))]);
}

#[tokio::test]
async fn no_entitlement_that_counts_is_a_no() {
    let worthless = Sold {
        amount: Some(0),
        ..sold(None)
    };
    let another_product = Sold {
        product_code: "other".into(),
        ..sold(None)
    };
    let another_customer = Sold {
        account: "999999999999".into(),
        ..sold(None)
    };
    for entitlements in [
        vec![],
        vec![sold(Some(PAST))],
        vec![worthless],
        vec![another_product],
        vec![another_customer],
    ] {
        let shown = format!("{entitlements:?}");
        let (verdict, _) = ask([page(entitlements, None)]).await;
        assert_eq!(verdict, Verdict::NotEntitled, "{shown}");
    }
    let (verdict, calls) = ask([page(vec![], Some(""))]).await;
    assert_eq!((verdict, calls), (Verdict::NotEntitled, 1));
}

#[tokio::test]
async fn a_token_loop_ends_and_is_not_a_no() {
    let (verdict, calls) = ask([page(vec![], Some("again"))]).await;
    assert!(matches!(verdict, Verdict::CouldNotAsk(_)), "{verdict:?}");
    assert_eq!(calls, MAX_PAGES);
}

#[tokio::test]
async fn errors_mean_what_they_say() {
    let (verdict, calls) = ask([Answer::Error("AccessDeniedException".into())]).await;
    assert_eq!(verdict, Verdict::NotAllowedToAsk { action: ACTION });
    assert_eq!(calls, 1);
    let (verdict, calls) = ask([Answer::Error("InvalidParameterException".into())]).await;
    assert!(matches!(verdict, Verdict::Misconfigured(_)), "{verdict:?}");
    assert_eq!(calls, 1);
    for answer in [
        Answer::Error("ThrottlingException".into()),
        Answer::Fault("InternalServiceErrorException".into()),
    ] {
        let (verdict, calls) = ask([answer]).await;
        assert!(matches!(verdict, Verdict::CouldNotAsk(_)), "{verdict:?}");
        assert_eq!(calls, 2);
    }
}

#[tokio::test]
async fn a_fault_on_a_later_page_is_not_a_no() {
    let (verdict, _) = ask([
        page(vec![], Some("two")),
        Answer::Fault("InternalServiceErrorException".into()),
    ])
    .await;
    assert!(matches!(verdict, Verdict::CouldNotAsk(_)), "{verdict:?}");
}

#[tokio::test]
async fn without_an_account_nothing_is_asked() {
    let fake = Fake::start([page(vec![sold(None)], None)]).unwrap();
    let verdict = back_end(&fake).ask(None).await;
    assert!(matches!(verdict, Verdict::CouldNotAsk(_)), "{verdict:?}");
    assert!(fake.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn silence_ends_soon() {
    let (verdict, _) = ask([Answer::Stall]).await;
    assert_eq!(verdict, Verdict::CouldNotAsk("no answer in time".into()));
}
