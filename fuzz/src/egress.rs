//! Grants and URLs: nothing goes out that a plain reading of grant and URL would not let out.
//!
//! Four lines: a grant, the URL of a request, the pattern for a setting's host, the setting. The plain reading is that of
//! the crate `url`, which follows browsers, and of the grant's text taken apart by hand.

use std::net::IpAddr;

use appflow_host::egress::{HostPattern, SettingRule, parse_url, require_global};
use appflow_host::fuzzing::policy;
use url::Url;

/// Key of the setting.
const SETTING: &str = "instance";

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (grant, url, rule, setting) = (line(), line(), line(), line());

    let granted = HostPattern::parse(grant);
    if let Ok(pattern) = &granted {
        let shown = pattern.to_string();
        assert_eq!(HostPattern::parse(&shown).as_ref(), Ok(pattern), "{shown}");
    }
    let from_setting = HostPattern::parse_host(rule);
    let Ok(uri) = parse_url(url) else { return };
    let rules = from_setting.iter().map(|pattern| SettingRule {
        setting: SETTING.to_owned(),
        pattern: pattern.clone(),
    });
    let policy = policy(
        granted.iter().cloned().collect(),
        rules.collect(),
        &[(SETTING.to_owned(), setting.to_owned())],
    );
    let Ok(way) = policy.check(&uri) else { return };

    let plain = Plain::of_url(url);
    let by_grant = granted.is_ok() && plain.is_covered_by(grant);
    let by_setting = from_setting.is_ok()
        && plain.is_covered_by(rule)
        && Plain::of_setting(setting).is_some_and(|setting| setting == plain);
    assert!(
        by_grant || by_setting,
        "{url:?} goes out to {plain:?} under {grant:?}, or {rule:?} with {setting:?}"
    );
    assert_eq!(way.host(), plain.shown(), "of {url:?}");
}

/// Host and port as everybody else reads them.
#[derive(Debug, PartialEq, Eq)]
struct Plain {
    host: String,
    port: u16,
}

impl Plain {
    /// What a browser would call.
    fn of_url(text: &str) -> Self {
        let url = Url::parse(text).map_err(|error| format!("{text:?} went out: {error}"));
        let plain = url.map(|url| {
            assert_eq!(url.scheme(), "https", "{text:?}");
            assert!(url.username().is_empty() && url.password().is_none());
            Self::of(&url)
        });
        assert!(plain.is_ok(), "{plain:?}");
        plain.unwrap_or(Self {
            host: String::new(),
            port: 0,
        })
    }

    /// A setting holds a URL, or a host alone.
    fn of_setting(text: &str) -> Option<Self> {
        let text = text.trim();
        let whole = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        Url::parse(&whole).ok().map(|url| Self::of(&url))
    }

    fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        Self {
            host: host.strip_suffix('.').unwrap_or(host).to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        }
    }

    /// Whether a grant that was accepted covers it, by its text.
    fn is_covered_by(&self, grant: &str) -> bool {
        let rest = grant.strip_prefix("https://").unwrap_or(grant);
        let below = rest.strip_prefix("*.");
        let Ok(url) = Url::parse(&format!("https://{}", below.unwrap_or(rest))) else {
            return false;
        };
        let granted = Self::of(&url);
        let host = if below.is_some() {
            // A whole label at least, and a name: never an address.
            self.host
                .strip_suffix(&granted.host)
                .and_then(|before| before.strip_suffix('.'))
                .is_some_and(|before| !before.is_empty() && !before.starts_with('.'))
                && self.address().is_none()
        } else {
            self.host == granted.host
        };
        host && self.port == granted.port && self.is_public()
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.trim_matches(['[', ']']).parse().ok()
    }

    fn is_public(&self) -> bool {
        match self.address() {
            Some(address) => require_global(address).is_ok() && !address.is_loopback(),
            None => self.host.contains('.') && self.host != "localhost",
        }
    }

    fn shown(&self) -> String {
        match self.port {
            443 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }
}
