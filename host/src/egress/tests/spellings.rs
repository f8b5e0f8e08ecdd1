//! Each way that is known to write one host and mean another, or to be taken for another one by some parser.

use std::sync::Arc;

use super::names::{FakeNetwork, over};
use super::*;

/// Addresses nobody may reach, and the names that stand for them.
const ADDRESSES: &[&str] = &[
    // Dotted, decimal, hexadecimal, octal, short, and their mixtures.
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0X7F.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "00000177.0.0.1",
    "127.0.0.0x1",
    "127.0.0.01",
    "256.0.0.1",
    "127.0.0.1.1",
    "4294967297",
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "10.0.0.1",
    "192.168.0.1",
    "172.16.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "255.255.255.255",
    "224.0.0.1",
    // IPv6: loopback, mapped, compatible, translated, 6to4, Teredo, NAT64, ISATAP, zones, future forms.
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:169.254.169.254]",
    "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[::7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::7f00:1]",
    "[fe80::5efe:7f00:1]",
    "[2600::5efe:7f00:1]",
    "[2600::200:5efe:169.254.169.254]",
    "[fe80::1]",
    "[fe80::1%eth0]",
    "[fe80::1%25eth0]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[v1.fe80::1]",
    "[127.0.0.1]",
    "[::1",
    "::1",
    "[]",
    // Names.
    "localhost",
    "LocalHost.",
    "localhost.localdomain",
    "ip6-localhost",
    "metadata.google.internal",
    "127.0.0.1.nip.io",
];

/// Hosts that look like the granted one.
const LOOKALIKES: &[&str] = &[
    "evil.example.net",
    "api.example.com.evil.example.net",
    "evilapi.example.com",
    "sub.api.example.com",
    "example.com",
    "com",
    ".api.example.com",
    "api..example.com",
    "api.example.com..",
    "api.example.com%2eevil.example.net",
    "api.example.com%00.evil.example.net",
    "%61pi.example.com",
    "api%2eexample%2ecom",
    "api.example.com%20",
    "api.example.com\u{3002}evil.example.net",
    "\u{ff41}pi.example.com.evil.example.net",
    "xn--pi-7ba.example.com",
    "\u{430}pi.example.com",
    "api.example.com\u{200b}",
    "api.example.com\u{0}.evil.example.net",
    "api_example.com",
    "*.example.com",
    "*",
    // User names and passwords, and what is taken for them.
    "user@api.example.com",
    "user:password@api.example.com",
    "api.example.com@evil.example.net",
    "api.example.com:443@evil.example.net",
    "evil.example.net@api.example.com",
    "@api.example.com",
    ":@api.example.com",
    "a@b@api.example.com",
    // Ports.
    "api.example.com:0",
    "api.example.com:80",
    "api.example.com:8443",
    "api.example.com:444",
    "api.example.com:65536",
    "api.example.com:65979",
    "api.example.com:-1",
    "api.example.com:+443",
    "api.example.com: 443",
    "api.example.com:443:443",
    "api.example.com:0x1bb",
    "api.example.com:443x",
    "api.example.com:",
    "api.example.com:https",
];

/// Whole addresses.
const URLS: &[&str] = &[
    "http://api.example.com/",
    "http://api.example.com:443/",
    "HTTP://api.example.com/",
    "ws://api.example.com/",
    "wss://api.example.com/",
    "ftp://api.example.com/",
    "file:///etc/passwd",
    "gopher://api.example.com/",
    "data:text/plain,x",
    "unix:///var/run/docker.sock",
    "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
    "//api.example.com/",
    "api.example.com",
    "/path",
    "https:api.example.com",
    "https:/api.example.com",
    "https:///api.example.com",
    "https:\\\\api.example.com",
    "https://api.example.com\\@evil.example.net/",
    "https://evil.example.net\\.api.example.com/",
    "https://evil.example.net/api.example.com",
    "https://evil.example.net?api.example.com",
    "https://evil.example.net#api.example.com",
    "https://evil.example.net#@api.example.com/",
    "https://evil.example.net/@api.example.com",
    "https://api.example.com\r\nhost: evil.example.net",
    "https://api.example.com/ HTTP/1.1\r\nhost: evil.example.net\r\n\r\n",
    "https://api.example.com\t/",
    " https://api.example.com/",
    "h\tttps://api.example.com/",
    "https://",
    "https://?q",
    "https://:443/",
    "",
];

fn everywhere() -> (Arc<FakeNetwork>, Egress) {
    // Every name there is resolves to an address that may be reached, so that the name alone decides.
    let public: &[&[&'static str]] = &[&["8.8.8.8"]];
    let names = LOOKALIKES
        .iter()
        .chain(ADDRESSES)
        .chain(&["api.example.com"]);
    let answers: Vec<_> = names.map(|name| (*name, public)).collect();
    let network = FakeNetwork::new(None, &answers);
    let egress = over(&network, &["https://api.example.com"], Roots::default());
    (network, egress)
}

#[tokio::test]
async fn no_spelling_leads_past_the_grant() {
    let (network, egress) = everywhere();
    let hosts = ADDRESSES.iter().chain(LOOKALIKES);
    let of_hosts = hosts.flat_map(|host| {
        ["https", "http", "HTTPS"]
            .into_iter()
            .map(move |scheme| format!("{scheme}://{host}/path"))
    });
    let mut tried = 0;
    for url in of_hosts.chain(URLS.iter().map(|url| (*url).to_owned())) {
        // As the contract's `http` reads it, and as `wasi:http` hands it over, without the strict reading before.
        for uri in [
            parse_url(&url).map_err(|_| ()),
            url.parse::<http::Uri>().map_err(|_| ()),
        ] {
            let Ok(uri) = uri else { continue };
            tried += 1;
            let policy = egress.policy(&[]);
            let request = Request::get(uri).body(Bytes::new()).unwrap();
            let sent = egress.send(&policy, request, soon(), LIMITS).await;
            assert!(
                matches!(sent, Err(EgressError::Denied(_))),
                "{url:?}: {sent:?}"
            );
            assert_eq!((policy.stats().calls(), policy.stats().refusals()), (0, 1));
            assert_eq!(policy.denials().len(), 1);
        }
    }
    assert!(tried > 400, "{tried}");
    assert_eq!(*network.resolved.lock().unwrap(), Vec::<String>::new());
    assert_eq!(*network.dialled.lock().unwrap(), []);
}

#[tokio::test]
async fn other_spellings_of_the_granted_host_are_the_granted_host() {
    for url in [
        "https://api.example.com",
        "https://api.example.com/",
        "HTTPS://API.Example.COM/path",
        "https://api.example.com./path",
        "https://api.example.com:443/path",
        "https://api.example.com:0443/path",
        "https://api.example.com/@evil.example.net",
        "https://api.example.com?@evil.example.net",
        "https://api.example.com/#@evil.example.net",
    ] {
        let (network, egress) = everywhere();
        let error = get_once(&egress, url).await.unwrap_err();
        assert!(
            matches!(error, EgressError::Connect { .. }),
            "{url}: {error}"
        );
        assert_eq!(*network.resolved.lock().unwrap(), ["api.example.com"]);
        let dialled: Vec<String> = network
            .dialled
            .lock()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(dialled, ["8.8.8.8:443"], "{url}");
    }
}

#[test]
fn every_refusal_names_the_host_and_what_would_allow_it() {
    let (_, egress) = everywhere();
    for (url, expected) in [
        (
            "https://evil.example.net/",
            "host evil.example.net is not granted; to allow it, add \"https://evil.example.net\" to hosts under [egress] in connector.toml",
        ),
        (
            "https://EVIL.example.net.:8443/",
            "host evil.example.net:8443 is not granted; to allow it, add \"https://evil.example.net:8443\" to hosts",
        ),
        (
            "https://api.example.com:8443/",
            "in connector.toml, [egress] hosts would need \"https://api.example.com:8443\"",
        ),
        (
            "http://api.example.com/",
            "host api.example.com was asked for over http; only https is let out",
        ),
        (
            "https://169.254.169.254/",
            "host 169.254.169.254 resolves to a metadata service's address, which no connector may reach",
        ),
    ] {
        let policy = egress.policy(&[]);
        let denial = policy.check(&url.parse().unwrap()).unwrap_err();
        assert!(denial.to_string().contains(expected), "{denial}");
        assert_eq!(policy.denials(), [denial]);
    }
}
