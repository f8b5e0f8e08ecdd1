//! Manifests that are read, and those that are refused, and how.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::*;

pub(super) const WHOLE: &str = r#"
[connector]
name = "salesforce"
version = "0.1.0"
[egress]
hosts = ["https://login.salesforce.com", "https://test.salesforce.com:8443"]
[[egress.from-setting]]
setting = "instanceUrl"
pattern = "*.my.salesforce.com"
[credentials]
readable = true
[limits]
memory-mb = 256
response-body-mb = 32
held-bodies-mb = 40
retries = 0
first-byte-seconds = 5
idle-seconds = 2
connections-per-host = 4
[entitlement]
back-end = "license-manager"
product-id = "prod-abc"
refresh-minutes = 30
grace-hours = 0
"#;

pub(super) const HEAD: &str = "[connector]\nname = \"crm\"\nversion = \"1.0.0\"\n";

fn refusal(text: &str) -> String {
    Manifest::parse(text).unwrap_err().to_string()
}

#[test]
fn every_key_is_read() {
    let manifest = Manifest::parse(WHOLE).unwrap();
    assert_eq!(manifest.name, "salesforce");
    assert_eq!(manifest.version.to_string(), "0.1.0");
    let hosts: Vec<String> = manifest.egress.iter().map(ToString::to_string).collect();
    assert_eq!(
        hosts,
        [
            "https://login.salesforce.com",
            "https://test.salesforce.com:8443"
        ]
    );
    assert_eq!(manifest.from_settings[0].setting, "instanceUrl");
    assert_eq!(
        manifest.from_settings[0].pattern.to_string(),
        "https://*.my.salesforce.com"
    );
    assert!(manifest.credentials.readable);
    assert_eq!(manifest.limits.memory_bytes, 256 << 20);
    assert_eq!(manifest.limits.response_body_bytes, 32 << 20);
    assert_eq!(manifest.limits.held_bodies_bytes, 40 << 20);
    assert_eq!(manifest.limits.retries, 0);
    assert_eq!(manifest.limits.first_byte, Duration::from_secs(5));
    assert_eq!(manifest.limits.idle, Duration::from_secs(2));
    assert_eq!(manifest.limits.connections_per_host, 4);
    assert_eq!(
        manifest.entitlement.back_end,
        BackEnd::LicenseManager {
            product_id: "prod-abc".into()
        }
    );
    assert_eq!(manifest.entitlement.refresh, Duration::from_secs(1800));
    assert_eq!(manifest.entitlement.grace, Duration::ZERO);
}

#[test]
fn what_is_absent_is_denied_or_has_its_default() {
    let manifest = Manifest::parse(HEAD).unwrap();
    assert!(manifest.egress.is_empty() && manifest.from_settings.is_empty());
    assert!(!manifest.credentials.readable);
    assert_eq!(manifest.limits, Limits::default());
    assert_eq!(manifest.entitlement, Entitlement::default());
}

#[test]
fn a_large_body_limit_raises_the_default_of_what_is_held() {
    let manifest = Manifest::parse(&format!("{HEAD}[limits]\nresponse-body-mb = 100\n")).unwrap();
    assert_eq!(manifest.limits.held_bodies_bytes, 100 << 20);
}

#[test]
fn refusals_name_the_line_and_the_likely_fix() {
    let cases = [
        ("", "line 1: `name` is missing in [connector]"),
        (
            "[connector]\nnmae = \"crm\"\nversion = \"1.0.0\"\n",
            "line 2: `name` is missing in [connector]; accepted: 2 to 64",
        ),
        (
            "[connector]\nnmae = \"crm\"\nversion = \"1.0.0\"\n",
            "`nmae` should be `name`",
        ),
        (
            "[conector]\nname = \"crm\"\n",
            "line 1: unknown section `conector`; accepted: `connector`, `egress`",
        ),
        ("[conector]\nname = \"crm\"\n", "did you mean `connector`?"),
        ("name = \"crm\"\n", "line 1: unknown section `name`"),
        (
            "connector = 1\n",
            "line 1: `connector` is not a section; accepted: [connector]",
        ),
        ("[connector\n", "line 1: it is not TOML"),
        (
            "[connector]\nname = \"a\"\nname = \"b\"\n",
            "line 3: it is not TOML: duplicate key",
        ),
    ];
    for (text, expected) in cases {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{refusal}\nwanted: {expected}");
        assert!(!refusal.contains('\n'), "{refusal}");
    }
}

/// What follows a head, a part of the refusal and another one.
pub(super) const REFUSED: &[(&str, &str, &str)] = &[
    (
        "[limits]\nmemory = 1\n",
        "line 5: unknown key `memory` in [limits]",
        "did you mean `memory-mb`?",
    ),
    (
        "[limits]\nmemory_mb = 1\n",
        "line 5",
        "did you mean `memory-mb`?",
    ),
    (
        "[limits]\nmemory-mb = 0\n",
        "line 5: `memory-mb` is out of range",
        "from 1 to 2048",
    ),
    ("[limits]\nmemory-mb = 4096\n", "line 5", "from 1 to 2048"),
    ("[limits]\nmemory-mb = -1\n", "line 5", "from 1 to 2048"),
    ("[limits]\nretries = 6\n", "line 5", "from 0 to 5"),
    ("[limits]\nidle-seconds = 0\n", "line 5", "from 1 to 60"),
    (
        "[limits]\nmemory-mb = 99999999999999999999999\n",
        "line 5",
        "from 1 to 2048",
    ),
    (
        "[limits]\nmemory-mb = 1.5\n",
        "line 5: `memory-mb` is a number with a fraction",
        "from 1 to 2048",
    ),
    (
        "[limits]\nresponse-body-mb = 16\nheld-bodies-mb = 8\n",
        "line 6: `held-bodies-mb` is smaller",
        "response-body-mb",
    ),
    (
        "[credentials]\nreadable = \"yes\"\n",
        "line 5: `readable` is a text",
        "true or false",
    ),
    (
        "[credentials]\nreadble = true\n",
        "line 5: unknown key `readble`",
        "did you mean `readable`?",
    ),
    (
        "[egress]\nhosts = \"https://a.example.com\"\n",
        "line 5: `hosts` is a text, not a list",
        "accepted: [",
    ),
    (
        "[egress]\nhosts = [\n  \"https://a.example.com\",\n  1,\n]\n",
        "line 7: `hosts` has a whole number in it",
        "",
    ),
    (
        "[egress]\nhosts = [\"https://a.example.com\", \"https://A.example.com.\"]\n",
        "line 5",
        "granted twice",
    ),
    (
        "[egress]\nhosts = [\"a.example.com\"]\n",
        "line 5",
        "did you mean \"https://a.example.com\"?",
    ),
    (
        "[egress]\nhosts = [\"http://a.example.com\"]\n",
        "only https",
        "did you mean \"https://a.example.com\"?",
    ),
    (
        "[egress]\nhosts = [\"https://a.example.com/v1?x=1\"]\n",
        "without a path",
        "did you mean \"https://a.example.com\"?",
    ),
    (
        "[egress]\nhosts = [\"https://u:p@a.example.com\"]\n",
        "user name",
        "did you mean \"https://a.example.com\"?",
    ),
    ("[egress]\nhosts = [\"*\"]\n", "line 5", "scheme"),
    (
        "[egress]\nhosts = [\"https://*\"]\n",
        "line 5",
        "whole first label",
    ),
    (
        "[egress]\nhosts = [\"https://*.com\"]\n",
        "too wide",
        "two labels",
    ),
    (
        "[egress]\nhosts = [\"https://*.co.uk\"]\n",
        "too wide",
        "two labels",
    ),
    (
        "[egress]\nhosts = [\"https://*.*.example.com\"]\n",
        "line 5",
        "whole first label",
    ),
    (
        "[egress]\nhosts = [\"https://127.0.0.1\"]\n",
        "only global addresses",
        "APPFLOW_LOCAL_TARGETS",
    ),
    (
        "[egress]\nhosts = [\"https://[fd00:ec2::254]\"]\n",
        "only global addresses",
        "",
    ),
    (
        "[egress]\nhosts = [\"https://2130706433\"]\n",
        "four decimal numbers",
        "",
    ),
    (
        "[egress]\nhosts = [\"https://localhost\"]\n",
        "two labels",
        "",
    ),
    (
        "[egress]\nhosts = [\"https://a.example.com:0\"]\n",
        "1 to 65535",
        "",
    ),
    (
        "[egress.from-setting]\nsetting = \"u\"\npattern = \"*.example.com\"\n",
        "line 4",
        "[[egress.from-setting]]",
    ),
    (
        "[[egress.from-setting]]\nsetting = \"u\"\n",
        "line 4: `pattern` is missing in [egress.from-setting]",
        "",
    ),
    (
        "[[egress.from-setting]]\nsetting = \"u\"\npattern = \"*\"\n",
        "line 6",
        "whole first label",
    ),
    (
        "[[egress.from-setting]]\nsetting = \"\"\npattern = \"*.example.com\"\n",
        "line 5",
        "runtime setting",
    ),
    (
        "[[egress.from-settings]]\nsetting = \"u\"\n",
        "",
        "did you mean `from-setting`?",
    ),
    (
        "[entitlement]\nback-end = \"licence-manager\"\n",
        "line 5: unknown back-end",
        "did you mean \"license-manager\"?",
    ),
    (
        "[entitlement]\nback-end = \"license-manager\"\n",
        "line 5",
        "needs `product-id`",
    ),
    (
        "[entitlement]\nback-end = \"license-manager\"\nproduct-code = \"c\"\n",
        "line 5",
        "needs `product-id`",
    ),
    (
        "[entitlement]\nback-end = \"marketplace-entitlement\"\nproduct-id = \"p\"\n",
        "line 5",
        "needs `product-code`",
    ),
    (
        "[entitlement]\nproduct-id = \"p\"\n",
        "line 5: `product-id` is not used with back-end \"none\"",
        "license-manager",
    ),
    (
        "[entitlement]\nrefresh-minutes = 1\n",
        "line 5",
        "from 5 to 1440",
    ),
    (
        "[entitlement]\ngrace-hours = 1000\n",
        "line 5",
        "from 0 to 168",
    ),
];

#[test]
fn values_are_checked() {
    let cases = [
        (
            "[connector]\nname = \"CRM\"\nversion = \"1.0.0\"\n",
            "line 2: `name` \"CRM\" is not a connector's name",
        ),
        ("[connector]\nname = \"a\"\nversion = \"1.0.0\"\n", "line 2"),
        (
            "[connector]\nname = \"a--b\"\nversion = \"1.0.0\"\n",
            "line 2",
        ),
        (
            "[connector]\nname = 7\nversion = \"1.0.0\"\n",
            "line 2: `name` is a whole number, not a text in quotes",
        ),
        (
            "[connector]\nname = \"crm\"\nversion = \"1.0\"\n",
            "line 3: `version` \"1.0\"",
        ),
    ];
    for (text, expected) in cases {
        assert!(
            refusal(text).contains(expected),
            "{}\nwanted: {expected}",
            refusal(text)
        );
    }
    for (text, expected, also) in REFUSED {
        let refusal = refusal(&format!("{HEAD}{text}"));
        assert!(
            refusal.contains(expected) && refusal.contains(also),
            "{refusal}\nwanted: {expected} ... {also}"
        );
        assert!(!refusal.contains('\n'), "{refusal}");
    }
}

#[test]
fn a_manifest_of_absurd_size_or_depth_is_refused() {
    assert!(refusal(&format!("{HEAD}#{}", "x".repeat(70_000))).contains("too large"));
    assert!(refusal(&format!("{HEAD}x = {}", "[".repeat(5_000))).contains("not TOML"));
    let hosts: Vec<String> = (0..101)
        .map(|index| format!("\"https://h{index}.example.com\""))
        .collect();
    assert!(
        refusal(&format!("{HEAD}[egress]\nhosts = [{}]\n", hosts.join(",")))
            .contains("more than 100")
    );
}

mod in_a_component {
    use proptest::prelude::*;

    use crate::manifest::section::{SectionError, read, write};

    const EMPTY: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

    #[test]
    fn goes_in_and_comes_out_and_is_replaced() {
        let mut component = EMPTY.to_vec();
        // A custom section `x` and a section of an id nobody knows.
        component.extend([0, 3, 1, b'x', 7, 42, 2, 1, 2]);
        assert_eq!(read(&component), Err(SectionError::Missing));
        let with = write(&component, "first").unwrap();
        assert_eq!(read(&with), Ok("first"));
        assert!(with.starts_with(&component));
        let long = "y".repeat(300);
        let again = write(&with, &long).unwrap();
        assert_eq!(read(&again), Ok(long.as_str()));
        assert_eq!(again.len(), component.len() + 1 + 2 + 17 + 300);
    }

    #[test]
    fn damaged_and_ambiguous_components_are_refused() {
        let section = write(&EMPTY, "m").unwrap()[8..].to_vec();
        let join = |parts: &[&[u8]]| [&EMPTY[..], &parts.concat()].concat();
        assert_eq!(read(b""), Err(SectionError::NotAComponent));
        assert_eq!(read(b"\0asm\x01\0\0\0"), Err(SectionError::CoreModule));
        assert_eq!(
            read(&join(&[&section, &section])),
            Err(SectionError::Repeated)
        );
        for tail in [
            &[0][..],
            &[0, 5, 1],
            &[0, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
            &[1, 0xff, 0xff, 0xff, 0xff, 0x7f],
            &[0, 1, 9],
        ] {
            assert_eq!(read(&join(&[tail])), Err(SectionError::Damaged), "{tail:?}");
        }
        let mut not_text = section.clone();
        *not_text.last_mut().unwrap() = 0xff;
        assert_eq!(read(&join(&[&not_text])), Err(SectionError::NotText));
        assert_eq!(
            write(&EMPTY, &"x".repeat(70_000)),
            Err(SectionError::NotText)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(tail in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,50}") {
            let component = [&EMPTY[..], &tail].concat();
            let _ = read(&component);
            if let Ok(with) = write(&component, &text) {
                prop_assert_eq!(read(&with), Ok(text.as_str()));
            }
        }

        #[test]
        fn any_manifest_is_safe(text in "(?s).{0,300}") {
            let _ = super::Manifest::parse(&text);
        }
    }
}

#[test]
fn credentials_are_narrowed_and_opened_key_by_key() {
    let egress = "[egress]\nhosts = [\"https://api.example.com\", \"https://*.eu.example.com\"]\n";
    let with = |lines: &str| format!("{HEAD}{egress}[credentials]\n{lines}\n");
    let manifest = Manifest::parse(&with(
        "open = [\"region\"]\nin-bodies = true\nsend-to = [\"https://a.eu.example.com\"]",
    ));
    let credentials = manifest.unwrap().credentials;
    assert!(credentials.in_bodies && !credentials.readable);
    assert!(credentials.opens("region") && !credentials.opens("password"));
    assert!(credentials.send_to[0].grants("a.eu.example.com", 443));
    let plain = Manifest::parse(&with("")).unwrap().credentials;
    assert_eq!(plain, Credentials::default());
    for (lines, part) in [
        (
            "send-to = [\"https://files.example.com\"]",
            "no host that [egress] grants",
        ),
        (
            "send-to = [\"https://*.example.com\"]",
            "no host that [egress] grants",
        ),
        (
            "send-to = [\"api.example.com\"]",
            "did you mean \"https://api.example.com\"?",
        ),
        (
            "send-to = [\"https://api.example.com\", \"https://api.example.com\"]",
            "twice",
        ),
        ("open = [\"\"]", "in `open` is no key"),
        ("open = [\"a\", \"a\"]", "named twice"),
        ("open = true", "open"),
        ("in-body = true", "did you mean `in-bodies`?"),
    ] {
        let refusal = refusal(&with(lines));
        assert!(refusal.contains(part), "{lines}: {refusal}");
    }
}
