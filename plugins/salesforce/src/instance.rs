//! The address of a Salesforce organisation, and requests to it.
//!
//! Everything that reaches an address comes through here: the origin is taken apart and put together again, the API
//! version and locators must fit their pattern, and names are percent-encoded. No setting, entity name or token can
//! lead a request elsewhere.

use appflow_connector::http::{self, Request};
use appflow_connector::{Context, Error, Result, Settings};

/// Key of the setting that holds the address.
pub(crate) const INSTANCE_URL: &str = "instanceUrl";
/// Keys under which AWS's example connectors declare the sandbox flag.
pub(crate) const SANDBOX: [&str; 2] = ["IsSandboxAccount", "is_sandbox_account"];

/// Domain of every organisation's own address.
const DOMAIN: &str = ".my.salesforce.com";
/// Longest address of a request in bytes. Salesforce refuses more than 16,384 bytes of address and headers.
pub(crate) const MAX_URL_BYTES: usize = 15_000;

/// One organisation, and the version of its API that is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance {
    origin: String,
    version: String,
}

impl Instance {
    /// The organisation of a request.
    pub(crate) fn of(context: &Context) -> Result<Self> {
        let version = context.api_version.as_str();
        if !is_version(version) {
            return Err(Error::invalid_argument(
                "the API version is not of the form v62.0",
            ));
        }
        Self::new(&context.settings, version)
    }

    /// The organisation in the settings.
    pub(crate) fn new(settings: &Settings, version: &str) -> Result<Self> {
        let url = settings.require(INSTANCE_URL)?;
        let origin = origin(url).map_err(|why| {
            Error::invalid_argument(format!("the setting '{INSTANCE_URL}' {why}"))
        })?;
        Ok(Self {
            origin,
            version: version.to_owned(),
        })
    }

    /// `https://host`, without a slash at the end.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// `v62.0`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// A request below `/services/data/{version}`, with the token of the connection.
    pub(crate) fn request(&self, method: &str, segments: &[&str]) -> Request {
        let base = format!("{}/services/data/{}", self.origin, self.version);
        http::request(method, http::join(&base, segments))
            .header("accept", "application/json")
            .bearer()
    }

    /// A GET request below `/services/data/{version}`.
    pub(crate) fn get(&self, segments: &[&str]) -> Request {
        self.request("GET", segments)
    }
}

/// `v` and a number such as `62.0`.
fn is_version(version: &str) -> bool {
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    version
        .strip_prefix('v')
        .and_then(|number| number.split_once('.'))
        .is_some_and(|(major, minor)| digits(major, 3) && digits(minor, 1))
}

/// The origin of an address; the error says what is wrong with it.
///
/// Plain http is taken for 127.0.0.1 and localhost alone. Whether a request may go there is the host's decision; it says
/// no except in local runs.
pub(crate) fn origin(url: &str) -> Result<String, &'static str> {
    let (scheme, rest) = url
        .split_once("://")
        .ok_or("must be an address such as https://example.my.salesforce.com")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '\\']) {
        return Err("must be the address of the organisation alone, without a path");
    }
    if authority.contains('@') {
        return Err("must not hold a user name");
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if port.is_some_and(|port| {
        port.parse::<u16>().is_err() || !port.bytes().all(|byte| byte.is_ascii_digit())
    }) {
        return Err("holds a port that is not a number");
    }
    let host = host.to_ascii_lowercase();
    let origin = match port {
        Some(port) => format!("{host}:{port}"),
        None => host.clone(),
    };
    if scheme.eq_ignore_ascii_case("http") && matches!(host.as_str(), "127.0.0.1" | "localhost") {
        return Ok(format!("http://{origin}"));
    }
    if !scheme.eq_ignore_ascii_case("https") {
        return Err("must begin with https://");
    }
    if host.ends_with(".lightning.force.com") {
        return Err(
            "is the address of the user interface; take the one that ends in .my.salesforce.com",
        );
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match host.strip_suffix(DOMAIN) {
        Some(own) if own.split('.').all(label) => Ok(format!("https://{origin}")),
        _ => Err("must end in .my.salesforce.com (Setup, My Domain, Current My Domain URL)"),
    }
}

/// The sandbox flag, under whichever of its names; none if it was not given.
pub(crate) fn sandbox(settings: &Settings) -> Result<Option<bool>> {
    for key in SANDBOX {
        if settings.get(key).is_some() {
            return settings.flag(key).map(Some);
        }
    }
    Ok(None)
}

/// The locator in a `nextRecordsUrl`: the last segment of `/services/data/vNN.N/query/LOCATOR`.
pub(crate) fn locator_of(next_records_url: &str) -> Option<&str> {
    let rest = next_records_url.strip_prefix("/services/data/")?;
    let (version, locator) = rest.split_once("/query/")?;
    (is_version(version) && is_locator(locator)).then_some(locator)
}

/// Whether a text can be a locator, so that nothing else gets into an address.
pub(crate) fn is_locator(text: &str) -> bool {
    (1..=200).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn addresses_of_organisations_are_taken() {
        for (given, expected) in [
            (
                "https://acme.my.salesforce.com",
                "https://acme.my.salesforce.com",
            ),
            (
                "https://acme.my.salesforce.com/",
                "https://acme.my.salesforce.com",
            ),
            (
                "HTTPS://Acme.My.Salesforce.com",
                "https://acme.my.salesforce.com",
            ),
            (
                "https://acme--dev.sandbox.my.salesforce.com",
                "https://acme--dev.sandbox.my.salesforce.com",
            ),
            (
                "https://acme.my.salesforce.com:443",
                "https://acme.my.salesforce.com:443",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(origin(given).as_deref(), Ok(expected), "{given}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for given in [
            "",
            "acme",
            "acme.my.salesforce.com",
            "http://acme.my.salesforce.com",
            "https://acme.salesforce.com.evil.example",
            "https://evil.example/.my.salesforce.com",
            "https://evil.example?.my.salesforce.com",
            "https://evil.example#.my.salesforce.com",
            "https://a@acme.my.salesforce.com",
            "https://acme.my.salesforce.com@evil.example",
            "https://acme.my.salesforce.com:x",
            "https://acme.my.salesforce.com:+1",
            "https://acme.my.salesforce.com:99999",
            "https://acme.my.salesforce.com/services",
            "https://.my.salesforce.com",
            "https://my.salesforce.com",
            "https://-a.my.salesforce.com",
            "https://a..my.salesforce.com",
            "https://a b.my.salesforce.com",
            "https://a\n.my.salesforce.com",
            "https://a%2e.my.salesforce.com",
            "https://evil.example\\.my.salesforce.com",
            "ftp://acme.my.salesforce.com",
            "https://acme.lightning.force.com",
            "https://127.0.0.1",
            "http://127.0.0.1.evil.example",
            "https://é.my.salesforce.com",
        ] {
            assert!(origin(given).is_err(), "{given}");
        }
    }

    #[test]
    fn versions_and_locators_have_a_form() {
        assert!(is_version("v62.0") && is_version("v9.0"));
        for bad in [
            "", "62.0", "v62", "v62.0/..", "v.0", "v62.", "v62.00", "v6 2.0", "v1234.0", "V62.0",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
        assert_eq!(
            locator_of("/services/data/v62.0/query/01gD0000002HU6KIAW-2000"),
            Some("01gD0000002HU6KIAW-2000")
        );
        for bad in [
            "",
            "https://evil.example/services/data/v62.0/query/01g-1",
            "/services/data/v62.0/query/",
            "/services/data/v62.0/query/a/b",
            "/services/data/v62.0/query/..",
            "/services/data/v62.0/query/a?b",
            "/services/data/v62.0/sobjects/a",
            "/services/data/x/query/a",
        ] {
            assert_eq!(locator_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_cannot_leave_their_segment() {
        let settings = Settings::from([(INSTANCE_URL, "https://acme.my.salesforce.com")]);
        let instance = Instance::new(&settings, "v62.0").unwrap();
        let request = format!(
            "{:?}",
            instance.get(&["sobjects", "../../x?y#z", "describe"])
        );
        assert!(request.contains("https://acme.my.salesforce.com/services/data/v62.0/sobjects/..%2F..%2Fx%3Fy%23z/describe"), "{request}");
    }
}
