//! The switch for local runs.

use super::*;

#[test]
fn only_loopback_is_accepted() {
    for text in [
        "",
        " , ",
        "http://127.0.0.1:80",
        "http://127.8.9.1:8080/",
        "http://[::1]:9",
        "http://localhost:1",
        "login.salesforce.com=http://127.0.0.1:1, http://127.0.0.1:2",
        "*.my.salesforce.com=http://127.0.0.1:1",
    ] {
        assert!(LocalTargets::parse(text).is_ok(), "{text}");
    }
    for text in [
        "127.0.0.1:80",
        "https://127.0.0.1:80",
        "http://127.0.0.1",
        "http://10.0.0.1:80",
        "http://169.254.169.254:80",
        "http://example.com:80",
        "http://0.0.0.0:80",
        "http://[::]:80",
        "http://[::ffff:127.0.0.1]:80",
        "http://127.1:80",
        "http://127.0.0.1:80/path",
        "http://u@127.0.0.1:80",
        "http://127.0.0.1:0",
        "=http://127.0.0.1:1",
        "a=b=http://127.0.0.1:1",
        "*=http://127.0.0.1:1",
        "login.salesforce.com=http://example.com:1",
        "http://127.0.0.1:1,x",
    ] {
        let error = LocalTargets::parse(text).unwrap_err().to_string();
        assert!(
            error.starts_with("APPFLOW_LOCAL_TARGETS: entry "),
            "{error}"
        );
    }
    assert_eq!(
        LocalTargets::parse("http://127.0.0.1:1,x")
            .unwrap_err()
            .entry,
        2
    );
}

#[tokio::test]
async fn exactly_the_address_and_port_are_granted() {
    let local = LocalTargets::parse("http://127.0.0.1:18080").unwrap();
    let egress = Egress::new(
        vec![],
        vec![],
        EgressOptions {
            local,
            ..EgressOptions::default()
        },
    );
    let policy = egress.policy(&[]);
    assert!(
        policy
            .check(&parse_url("http://127.0.0.1:18080/x").unwrap())
            .is_ok()
    );
    for url in [
        "http://127.0.0.1:18081/",
        "http://127.0.0.1/",
        "https://127.0.0.1:18080/",
        "http://localhost:18080/",
        "http://127.0.0.2:18080/",
        "http://[::1]:18080/",
        "http://[::ffff:127.0.0.1]:18080/",
        "http://2130706433:18080/",
        "http://127.1:18080/",
    ] {
        assert!(policy.check(&parse_url(url).unwrap()).is_err(), "{url}");
    }
}
