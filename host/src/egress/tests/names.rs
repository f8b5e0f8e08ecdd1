//! Names, settings and addresses: what is granted, and what a connection is made to.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use proptest::prelude::*;
use tokio::net::TcpStream;

use super::*;

/// Answers the questions for a name in turn, the last answer again and again. Connects every address to one server, or
/// to nothing, and remembers which addresses those were.
#[derive(Default)]
pub(crate) struct FakeNetwork {
    answers: Mutex<HashMap<String, Vec<Vec<&'static str>>>>,
    pub(crate) resolved: Mutex<Vec<String>>,
    pub(crate) dialled: Mutex<Vec<SocketAddr>>,
    pub(crate) server: Option<SocketAddr>,
}

impl FakeNetwork {
    pub(crate) fn new(
        server: Option<SocketAddr>,
        answers: &[(&str, &[&[&'static str]])],
    ) -> Arc<Self> {
        let answers = answers.iter().map(|(name, answers)| {
            (
                (*name).to_owned(),
                answers.iter().map(|addresses| addresses.to_vec()).collect(),
            )
        });
        Arc::new(Self {
            answers: Mutex::new(answers.collect()),
            server,
            ..Self::default()
        })
    }
}

#[async_trait]
impl Network for FakeNetwork {
    async fn resolve(&self, host: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        self.resolved.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answers = answers.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
        let answer = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0].clone()
        };
        // The port is a wrong one on purpose.
        Ok(answer
            .iter()
            .map(|address| SocketAddr::new(address.parse().unwrap(), 22))
            .collect())
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.dialled.lock().unwrap().push(address);
        match self.server {
            Some(server) => TcpStream::connect(server).await,
            None => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }
}

pub(crate) fn over(network: &Arc<FakeNetwork>, hosts: &[&str], roots: Roots) -> Egress {
    let network = Arc::clone(network) as Arc<dyn Network>;
    Egress::new(
        patterns(hosts),
        vec![],
        EgressOptions {
            network,
            roots,
            ..quick()
        },
    )
}

#[tokio::test]
async fn one_forbidden_address_among_good_ones_refuses_the_host() {
    for bad in [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "64:ff9b::a9fe:a9fe",
    ] {
        for answer in [vec!["8.8.8.8", bad], vec![bad, "8.8.8.8"], vec![bad]] {
            let answer: &'static [&'static str] = Box::leak(answer.into_boxed_slice());
            let network = FakeNetwork::new(None, &[("api.example.com", &[answer])]);
            let egress = over(&network, &["https://api.example.com"], Roots::default());
            let policy = egress.policy(&[]);
            let error = egress
                .send(
                    &policy,
                    request("GET", "https://api.example.com/"),
                    soon(),
                    LIMITS,
                )
                .await
                .unwrap_err();
            assert!(
                matches!(error, EgressError::Denied(Denial::Address { .. })),
                "{bad}: {error:?}"
            );
            assert_eq!(*network.dialled.lock().unwrap(), [], "{bad}");
            assert_eq!(policy.stats().refusals(), 1);
        }
    }
}

#[tokio::test]
async fn a_name_is_resolved_once_and_the_checked_addresses_are_connected_to() {
    let answers: &[&[&str]] = &[&["8.8.8.8", "2600::1"], &["127.0.0.1"]];
    let network = FakeNetwork::new(None, &[("api.example.com", answers)]);
    let egress = over(&network, &["https://api.example.com"], Roots::default());
    let error = get_once(&egress, "https://api.example.com/")
        .await
        .unwrap_err();
    assert!(matches!(error, EgressError::Connect { .. }), "{error:?}");
    assert_eq!(*network.resolved.lock().unwrap(), ["api.example.com"]);
    let dialled: [SocketAddr; 2] = [
        "8.8.8.8:443".parse().unwrap(),
        "[2600::1]:443".parse().unwrap(),
    ];
    assert_eq!(*network.dialled.lock().unwrap(), dialled);
    // The name has changed since: the next connection is judged anew.
    let error = get_once(&egress, "https://api.example.com/")
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            EgressError::Denied(Denial::Address {
                class: AddressClass::Loopback,
                ..
            })
        ),
        "{error:?}"
    );
    assert_eq!(network.dialled.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_unknown_name_is_no_connection() {
    let network = FakeNetwork::new(None, &[("empty.example.com", &[&[]])]);
    let egress = over(&network, &["https://*.example.com"], Roots::default());
    for host in ["none", "empty"] {
        let error = get(&egress, &format!("https://{host}.example.com/"))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("no connection to {host}.example.com: its name was not found")
        );
    }
}

fn with_setting(value: &str) -> Policy {
    let rule = |pattern| SettingRule {
        setting: "instanceUrl".to_owned(),
        pattern: HostPattern::parse_host(pattern).unwrap(),
    };
    let local = LocalTargets::parse("http://127.0.0.1:18080").unwrap();
    let rules = vec![
        rule("*.my.salesforce.com"),
        rule("*.my.salesforce.mil:8443"),
    ];
    let egress = Egress::new(
        vec![],
        rules,
        EgressOptions {
            local,
            ..EgressOptions::default()
        },
    );
    egress.policy(&[
        ("other".to_owned(), "https://evil.example.net".to_owned()),
        ("instanceUrl".to_owned(), value.to_owned()),
    ])
}

#[test]
fn the_host_in_a_setting_is_granted_if_it_fits() {
    for value in [
        "https://acme.my.salesforce.com",
        "https://acme.my.salesforce.com/",
        "HTTPS://Acme.My.Salesforce.com./services?x",
        "acme.my.salesforce.com",
        "acme.my.salesforce.com:443",
        " https://acme.my.salesforce.com ",
    ] {
        let policy = with_setting(value);
        assert_eq!(policy.problems(), [], "{value}");
        assert!(
            policy
                .check(&parse_url("https://acme.my.salesforce.com/x").unwrap())
                .is_ok(),
            "{value}"
        );
        // The setting's host only, not all that fit the pattern.
        assert!(
            policy
                .check(&parse_url("https://other.my.salesforce.com/x").unwrap())
                .is_err(),
            "{value}"
        );
        assert!(
            policy
                .check(&parse_url("https://evil.example.net/").unwrap())
                .is_err()
        );
    }
    assert!(
        with_setting("a.my.salesforce.mil:8443")
            .check(&parse_url("https://a.my.salesforce.mil:8443/").unwrap())
            .is_ok()
    );
    assert_eq!(with_setting("http://127.0.0.1:18080").problems(), []);
    assert_eq!(with_setting("  ").problems(), []);
}

#[test]
fn a_setting_that_does_not_fit_grants_nothing_and_says_why() {
    for (value, expected) in [
        (
            "https://evil.example.net",
            "names https://evil.example.net, which does not fit https://*.my.salesforce.com",
        ),
        ("https://my.salesforce.com", "does not fit"),
        (
            "https://acme.my.salesforce.com.evil.example.net",
            "does not fit",
        ),
        (
            "https://evil.example.net/acme.my.salesforce.com",
            "does not fit",
        ),
        (
            "https://evil.example.net#.my.salesforce.com",
            "does not fit",
        ),
        (
            "https://evil.example.net?.my.salesforce.com",
            "does not fit",
        ),
        ("https://acme.my.salesforce.com:8443", "does not fit"),
        ("http://acme.my.salesforce.com", "must begin with https://"),
        ("https://u:p@acme.my.salesforce.com", "user name"),
        (
            "https://evil.example.net\\.my.salesforce.com",
            "is not a URL or a host",
        ),
        ("not a host", "is not a URL or a host"),
        ("https://127.0.0.1:18080", "does not fit"),
        ("http://127.0.0.1:18081", "must begin with https://"),
    ] {
        let policy = with_setting(value);
        let problem = policy.problems()[0].to_string();
        assert!(
            problem.starts_with("setting `instanceUrl` ") && problem.contains(expected),
            "{problem}"
        );
        let host = "https://acme.my.salesforce.com/x";
        let denial = policy
            .check(&parse_url(host).unwrap())
            .unwrap_err()
            .to_string();
        assert!(denial.contains(expected), "{denial}");
    }
    let unset = with_setting("")
        .check(&parse_url("https://acme.my.salesforce.com/").unwrap())
        .unwrap_err();
    assert!(
        unset.to_string().contains("setting `instanceUrl` is empty"),
        "{unset}"
    );
}

/// Pieces of URLs in which filters have been fooled.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("https://"),
        Just("http://"),
        Just("api.example.com"),
        Just("evil.example.net"),
        Just("sub.api.example.com"),
        Just("@"),
        Just("\\"),
        Just("/"),
        Just("?"),
        Just("#"),
        Just(":"),
        Just("443"),
        Just(":8443"),
        Just("."),
        Just("%2e"),
        Just("%00"),
        Just("127.0.0.1"),
        Just("0x7f.1"),
        Just("2130706433"),
        Just("[::1]"),
        Just("[::ffff:127.0.0.1]"),
        Just("169.254.169.254"),
        Just("localhost"),
        Just("xn--"),
        Just("API"),
        Just("\t"),
        Just("é"),
        Just("。"),
        Just("１"),
        Just("8.8.8.8"),
        Just("user:pass"),
    ];
    let odd = proptest::collection::vec(piece.clone(), 0..7).prop_map(|pieces| pieces.concat());
    let nearly = proptest::collection::vec(piece, 0..4)
        .prop_map(|pieces| format!("https://api.example.com{}", pieces.concat()));
    prop_oneof![odd, nearly, "https?://[a-z0-9.:@\\[\\]%/\\\\-]{0,40}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever the URL and whatever the resolver says, only global addresses are connected to.
    #[test]
    fn no_url_leads_to_a_forbidden_address(url in pieces(), index in 0usize..8) {
        let resolved: &[&str] = [
            &["127.0.0.1"][..], &["8.8.8.8"], &["8.8.8.8", "10.0.0.1"], &["::1"], &["fd00:ec2::254"], &["169.254.169.254"],
            &["2600::1", "::ffff:10.0.0.1"], &["64:ff9b::7f00:1"],
        ][index];
        let names = ["api.example.com", "evil.example.net", "sub.api.example.com", "localhost"];
        let network = FakeNetwork::new(None, &names.map(|name| (name, std::slice::from_ref(&resolved))));
        let egress = over(&network, &["https://api.example.com", "https://*.api.example.com:8443", "https://8.8.8.8"], Roots::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Twice: as the contract's `http` reads it, and as it comes from wasi:http, without the strict reading first.
        for uri in [parse_url(&url).ok(), url.parse().ok()].into_iter().flatten() {
            let request = Request::get(uri).body(Bytes::new()).unwrap();
            let _ = runtime.block_on(egress.send(&egress.policy(&[]), request, soon(), LIMITS));
        }
        for address in network.dialled.lock().unwrap().iter() {
            prop_assert!(require_global(address.ip()).is_ok(), "{url} led to {address}");
            prop_assert!(address.port() == 443 || address.port() == 8443);
        }
        for name in network.resolved.lock().unwrap().iter() {
            prop_assert!(name == "api.example.com" || name.ends_with(".api.example.com"), "{url} asked for {name}");
        }
    }

    /// What is granted is granted in one spelling, and that spelling is granted again.
    #[test]
    fn normal_form_is_stable(url in pieces()) {
        let egress = Egress::new(patterns(&["https://api.example.com"]), vec![], EgressOptions::default());
        let policy = egress.policy(&[]);
        if let Some(granted) = parse_url(&url).ok().and_then(|uri| policy.check(&uri).ok()) {
            prop_assert_eq!(granted.host(), "api.example.com");
            prop_assert_eq!(granted.uri.scheme_str(), Some("https"));
            prop_assert_eq!(granted.uri.authority().map(|authority| authority.as_str()), Some("api.example.com"));
            prop_assert_eq!(policy.check(&granted.uri), Ok(granted.clone()));
            // The other widely used parser must see the same host.
            prop_assert_eq!(url::Url::parse(&url).unwrap().host_str().map(|host| host.trim_end_matches('.').to_owned()), Some("api.example.com".to_owned()));
        }
    }

    /// A wildcard matches exactly the names that end in its suffix and have something before it.
    #[test]
    fn wildcards_match_by_whole_labels(labels in proptest::collection::vec("[a-z0-9]{1,5}", 1..5), own in "[a-z]{1,6}\\.[a-z]{3,6}") {
        let Ok(pattern) = HostPattern::parse(&format!("https://*.{own}")) else { return Ok(()) };
        let prefix = labels.join(".");
        let (below, beside, past) = (format!("{prefix}.{own}"), format!("{prefix}{own}"), format!("{own}.{prefix}.example"));
        prop_assert!(pattern.grants(&below, 443));
        prop_assert!(pattern.grants(&below.to_uppercase(), 443));
        prop_assert!(!pattern.grants(&below, 444));
        prop_assert!(!pattern.grants(&own, 443));
        prop_assert_eq!(pattern.grants(&beside, 443), beside.ends_with(&format!(".{own}")));
        prop_assert!(!pattern.grants(&past, 443));
        prop_assert_eq!(HostPattern::parse(&pattern.to_string()), Ok(pattern));
    }
}
