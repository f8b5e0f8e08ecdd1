//! The gate with its real back ends, over HTTP.

use super::*;
use crate::entitlement::{ProductCode, ProductId};
use appflow_testkit::fakes::{
    Entitlement, LicenseAnswer, LicenseManager as LicenseFake, Marketplace, MarketplaceAnswer,
};

#[tokio::test]
async fn goes_through_license_manager_over_http() {
    let fake = LicenseFake::start([LicenseAnswer::Entitled { expiration: None }]).unwrap();
    let product = Product::LicenseManager {
        product_id: ProductId::new("prod-abc").unwrap(),
    };
    let aws = Aws::for_server(&fake.url());
    let gate = Gate::new("shop", &product, Settings::default(), &aws);
    gate.start();
    for _ in 0..3 {
        gate.check(None, Instant::now() + MINUTE).await.unwrap();
    }
    assert_eq!(fake.calls().len(), 1);

    fake.answer_with([LicenseAnswer::Error(
        "NoEntitlementsAllowedException".into(),
    )]);
    let gate = Gate::new("shop", &product, Settings::default(), &aws);
    let refusal = gate.check(None, Instant::now() + MINUTE).await.unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::AccessDenied);
    assert!(refusal.message.contains("prod-abc"));
}

#[tokio::test]
async fn goes_through_the_entitlement_service_over_http() {
    let fake = Marketplace::start([MarketplaceAnswer::Page {
        entitlements: vec![Entitlement {
            product_code: "code1".into(),
            account: "123456789012".into(),
            ..Entitlement::default()
        }],
        next_token: None,
    }])
    .unwrap();
    let product = Product::Marketplace {
        product_code: ProductCode::new("code1").unwrap(),
    };
    let aws = Aws::for_server(&fake.url());
    let gate = Gate::new("shop", &product, Settings::default(), &aws);
    gate.start();
    let account = AccountId::from_function_arn("arn:aws:lambda:r:123456789012:function:f");
    let deadline = Instant::now() + MINUTE;
    gate.check(account.as_ref(), deadline).await.unwrap();
    assert_eq!(fake.calls().len(), 1);
}
