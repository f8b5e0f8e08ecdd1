//! The grammar of egress grants.
//!
//! | part | form | refused |
//! | --- | --- | --- |
//! | scheme | `https://`; left out in the pattern of a setting | any other, and none in `hosts` |
//! | host | a name of at least two labels; compared in lower case and punycode, without a trailing dot | names of one label, empty labels, characters that names do not have |
//! | wildcard | one `*` as the whole first label, over at least two labels: every host below, at any depth, not that host itself | a bare `*`, `*` within a label or further behind, `*` over a registry such as `com` or `co.uk`, or over what anybody can have a host below, such as `github.io` |
//! | address | IPv4 as four decimal numbers, IPv6 in brackets; that address, written out in the URL | addresses that are not public, and other spellings of IPv4 |
//! | port | `:1` to `:65535`; 443 if left out. Only that port | 0, names of services |
//! | anything else | nothing: no path, query, fragment, user name or password | all of it |
//!
//! ```
//! use appflow_host::egress::HostPattern;
//!
//! let pattern = HostPattern::parse("https://*.my.salesforce.com")?;
//! assert!(pattern.grants("acme.my.salesforce.com", 443));
//! assert!(pattern.grants("acme--dev.sandbox.my.salesforce.com", 443));
//! assert!(!pattern.grants("my.salesforce.com", 443));
//! assert!(!pattern.grants("evil-my.salesforce.com", 443));
//! assert!(!pattern.grants("acme.my.salesforce.com", 8443));
//!
//! for refused in ["http://a.example.com", "https://*", "https://*.com", "https://*.co.uk", "https://*.github.io", "https://a*.example.com",
//!     "https://a.*.example.com", "https://a.example.com/v1", "https://u@a.example.com", "https://127.0.0.1",
//!     "https://0x7f.1", "https://localhost", "a.example.com", "https://https://a.example.com"] {
//!     assert!(HostPattern::parse(refused).is_err(), "{refused}");
//! }
//!
//! // Addresses are granted as they are written, if they are public. A wildcard covers names only.
//! assert!(HostPattern::parse("https://93.184.216.34")?.grants("93.184.216.34", 443));
//! assert!(HostPattern::parse("https://[2600::1]:8443")?.grants("[2600:0:0::1]", 8443));
//! assert!(HostPattern::parse("https://10.0.0.1").is_err());
//! assert!(HostPattern::parse("https://[::ffff:10.0.0.1]").is_err());
//!
//! // The pattern of a setting has no scheme, and the same rules.
//! let rule = HostPattern::parse_host("*.example.com:8443")?;
//! assert!(rule.grants("BÜCHER.example.com.", 8443) && rule.grants("xn--bcher-kva.example.com", 8443));
//! assert!(HostPattern::parse_host("*").is_err() && HostPattern::parse_host("*.com").is_err());
//!
//! // An operator's grant narrows another if that one covers it.
//! assert!(pattern.covers(&HostPattern::parse("https://*.eu.my.salesforce.com")?));
//! assert!(!pattern.covers(&HostPattern::parse("https://*.salesforce.com")?));
//! # Ok::<(), appflow_host::egress::PatternError>(())
//! ```

use std::fmt;

use super::address::require_global;
use super::host::{Host, HostError, parse_authority};
use crate::mechanism;

/// One grant of egress. See the module for its grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    host: PatternHost,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PatternHost {
    Exact(Host),
    /// With its leading dot.
    Below(String),
}

/// Why a grant is refused: the end of a sentence, with the accepted form in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(pub(crate) &'static str);

impl From<HostError> for PatternError {
    fn from(error: HostError) -> Self {
        Self(error.0)
    }
}

/// The port of https.
pub(crate) const HTTPS_PORT: u16 = 443;

impl HostPattern {
    /// Reads a grant with its scheme, as it stands in the manifest's `egress.hosts`.
    ///
    /// # Errors
    /// What is wrong and what is accepted.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        match text.split_once("://") {
            Some(("https", rest)) => Self::parse_bare(rest),
            Some(_) => Err(PatternError(
                "only https is granted: https://host or https://host:port",
            )),
            None => Err(PatternError(
                "it has no scheme: write https://host or https://host:port",
            )),
        }
    }

    /// Reads a grant without its scheme, as it stands in `egress.from-setting`. `https://` before it is accepted.
    ///
    /// # Errors
    /// What is wrong and what is accepted.
    pub fn parse_host(text: &str) -> Result<Self, PatternError> {
        Self::parse_bare(text.strip_prefix("https://").unwrap_or(text))
    }

    fn parse_bare(text: &str) -> Result<Self, PatternError> {
        if text.contains(['/', '\\', '?', '#']) {
            return Err(PatternError(
                "a grant is for a whole host, without a path: https://host or https://host:port",
            ));
        }
        if let Some(suffix) = text.strip_prefix("*.") {
            let (host, port) =
                parse_authority(suffix).map_err(|error| match suffix.contains('*') {
                    true => PatternError(ONE_WILDCARD),
                    false => error.into(),
                })?;
            let Host::Name(name) = host else {
                return Err(PatternError(
                    "a wildcard goes with a name, not with an address",
                ));
            };
            if is_registry(&name) {
                return Err(PatternError(
                    "the wildcard is too wide: write at least two labels after `*.`, such as *.example.com",
                ));
            }
            if is_anybodys(&name) && !mechanism::off("egress.shared-suffix") {
                return Err(PatternError(
                    "anybody can have a host below it, so that the wildcard would let data out to anybody: write the hosts out",
                ));
            }
            return Ok(Self {
                host: PatternHost::Below(format!(".{name}")),
                port: port.unwrap_or(HTTPS_PORT),
            });
        }
        if text.contains('*') {
            return Err(PatternError(ONE_WILDCARD));
        }
        let (host, port) = parse_authority(text)?;
        match &host {
            Host::Name(name) if !name.contains('.') => {
                return Err(PatternError(
                    "a host name has at least two labels, such as api.example.com",
                ));
            }
            Host::Address(address) if require_global(*address).is_err() => {
                return Err(PatternError(
                    "only global addresses can be granted; local tests use APPFLOW_LOCAL_TARGETS",
                ));
            }
            _ => {}
        }
        Ok(Self {
            host: PatternHost::Exact(host),
            port: port.unwrap_or(HTTPS_PORT),
        })
    }

    /// A grant of exactly this host.
    pub(crate) fn exact(host: Host, port: u16) -> Self {
        Self {
            host: PatternHost::Exact(host),
            port,
        }
    }

    /// Whether `host`, in any spelling, and `port` are granted.
    #[must_use]
    pub fn grants(&self, host: &str, port: u16) -> bool {
        Host::parse(host).is_ok_and(|host| self.matches(&host, port))
    }

    /// Whether the host and port are granted.
    pub(crate) fn matches(&self, host: &Host, port: u16) -> bool {
        self.port == port && self.matches_host(host)
    }

    /// Whether the host is granted on some port.
    pub(crate) fn matches_host(&self, host: &Host) -> bool {
        match (&self.host, host) {
            (PatternHost::Exact(granted), host) => granted == host,
            (PatternHost::Below(suffix), Host::Name(name)) => {
                name.len() > suffix.len() && name.ends_with(suffix.as_str())
            }
            (PatternHost::Below(_), Host::Address(_)) => false,
        }
    }

    /// Whether everything that `other` grants is granted by this one too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.port == other.port
            && match (&self.host, &other.host) {
                (PatternHost::Exact(granted), PatternHost::Exact(host)) => granted == host,
                (PatternHost::Below(_), PatternHost::Exact(host)) => self.matches_host(host),
                // Both begin with a dot, so that one ends with the other at a label only.
                (PatternHost::Below(suffix), PatternHost::Below(narrower)) => {
                    narrower.ends_with(suffix.as_str())
                }
                (PatternHost::Exact(_), PatternHost::Below(_)) => false,
            }
    }

    /// What both grant: the narrower of the two, or nothing.
    #[must_use]
    pub fn common(&self, other: &Self) -> Option<Self> {
        if self.covers(other) {
            Some(other.clone())
        } else {
            other.covers(self).then(|| self.clone())
        }
    }

    /// The port it grants.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

const ONE_WILDCARD: &str = "`*` is accepted only as the whole first label: *.example.com";

/// Names under which anybody can register. The full list of such names changes weekly; this is a guard against slips.
fn is_registry(name: &str) -> bool {
    const SECOND: [&str; 20] = [
        "ac", "asn", "co", "com", "edu", "go", "gob", "gov", "gv", "id", "info", "ltd", "me",
        "mil", "ne", "net", "nom", "or", "org", "sch",
    ];
    match name.split_once('.') {
        None => true,
        Some((second, top)) => top.len() == 2 && SECOND.contains(&second),
    }
}

/// Whether anybody gets a host of his own below this name, with what he likes running on it, in minutes and for nothing.
///
/// Not the public suffix list: that is a megabyte, changes weekly, and holds suffixes of applications too, whose tenants
/// (`*.myshopify.com`, `*.my.salesforce.com`) are what wildcards are for. Those here serve whatever their users put up. It
/// is a guard against a manifest that looks narrow and is not; the hosts one by one can still be granted.
fn is_anybodys(name: &str) -> bool {
    /// These themselves, and names above them. A dot first: names below them too, which are regions and services.
    const SUFFIXES: [&str; 51] = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".on.aws",
        "amplifyapp.com",
        "appspot.com",
        "awsapprunner.com",
        "azureedge.net",
        "azurefd.net",
        "azurestaticapps.net",
        "azurewebsites.net",
        "b-cdn.net",
        "blob.core.windows.net",
        "blogspot.com",
        "cloudapp.azure.com",
        "cloudapp.net",
        "cloudfront.net",
        "cloudfunctions.net",
        "codesandbox.io",
        "csb.app",
        "ddns.net",
        "deno.dev",
        "digitaloceanspaces.com",
        "duckdns.org",
        "elasticbeanstalk.com",
        "fastly.net",
        "firebaseapp.com",
        "fly.dev",
        "github.dev",
        "github.io",
        "gitlab.io",
        "glitch.me",
        "herokuapp.com",
        "loca.lt",
        "lovable.app",
        "netlify.app",
        "ngrok-free.app",
        "ngrok.app",
        "ngrok.io",
        "ondigitalocean.app",
        "onrender.com",
        "pages.dev",
        "r2.dev",
        "railway.app",
        "repl.co",
        "replit.app",
        "run.app",
        "surge.sh",
        "trycloudflare.com",
        "vercel.app",
        "web.app",
        "workers.dev",
    ];
    SUFFIXES.iter().any(|suffix| {
        let (suffix, and_below) = match suffix.strip_prefix('.') {
            Some(suffix) => (suffix, true),
            None => (*suffix, false),
        };
        let is_below = |lower: &str, upper: &str| {
            lower
                .strip_suffix(upper)
                .is_some_and(|before| before.ends_with('.'))
        };
        name == suffix || is_below(suffix, name) || and_below && is_below(name, suffix)
    })
}

impl fmt::Display for HostPattern {
    /// The form that [`HostPattern::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            PatternHost::Exact(host) => write!(f, "https://{host}")?,
            PatternHost::Below(suffix) => write!(f, "https://*{suffix}")?,
        }
        if self.port == HTTPS_PORT {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_over_what_anybody_can_have_is_refused() {
        for suffix in [
            "github.io",
            "GitHub.IO.",
            "herokuapp.com",
            "amazonaws.com",
            "execute-api.eu-central-1.amazonaws.com",
            "lambda-url.us-east-1.on.aws",
            "s3.us-east-1.amazonaws.com",
            "blob.core.windows.net",
            // Above one of them is no better.
            "windows.net",
            "azure.com",
            "co.uk",
            "com.au",
            "org",
        ] {
            for refused in [
                HostPattern::parse(&format!("https://*.{suffix}")),
                HostPattern::parse(&format!("https://*.{suffix}:8443")),
                HostPattern::parse_host(&format!("*.{suffix}")),
            ] {
                assert!(refused.is_err(), "{suffix}");
            }
        }
        // One host of them is somebody's, and so is what lies below the name of one application's tenants.
        for granted in [
            "https://vendor.github.io",
            "https://abc123.execute-api.eu-central-1.amazonaws.com",
            "https://*.my.salesforce.com",
            "https://*.myshopify.com",
            "https://*.notgithub.io",
            "https://*.vendor.co.uk",
            "https://*.api.herokuapp.com",
        ] {
            assert!(HostPattern::parse(granted).is_ok(), "{granted}");
        }
    }
}
