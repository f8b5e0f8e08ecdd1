//! One spelling for a host: lower case, punycode, no trailing dot, addresses in their usual form.
//!
//! Everything that compares hosts compares these, so that two spellings of one host cannot be judged differently.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::mechanism;

/// A host in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name: lower case ASCII labels, no trailing dot.
    Name(String),
    /// An address that was written as one.
    Address(IpAddr),
}

impl Host {
    /// Reads a host as it stands in a URL, an IPv6 address in brackets.
    ///
    /// # Errors
    /// What is wrong with it. The text is not repeated.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text.is_empty() {
            return Err(HostError("it has no host"));
        }
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner
                .strip_suffix(']')
                .and_then(|inner| inner.parse::<Ipv6Addr>().ok());
            return address
                .map(|address| Self::Address(address.into()))
                .ok_or(HostError("the address in brackets is not an IPv6 address"));
        }
        if text.chars().any(|c| {
            c.is_control() || c.is_whitespace() || "%@/\\?#:[]<>^|\"`{}*,;=&+!$'()~".contains(c)
        }) {
            return Err(HostError(
                "its host has a character that host names do not have",
            ));
        }
        let relative = text.strip_suffix('.').unwrap_or(text);
        match url::Host::parse(relative) {
            Ok(url::Host::Domain(name)) => checked_name(name),
            // A browser reads 0x7f.1, 2130706433 and 0177.0.0.1 as addresses too. Nobody needs them; filters that
            // compare texts are passed with them.
            Ok(url::Host::Ipv4(address))
                if address.to_string() == relative || mechanism::off("egress.spelling") =>
            {
                Ok(Self::Address(address.into()))
            }
            Ok(url::Host::Ipv4(_)) => Err(HostError(
                "an IPv4 address is written as four decimal numbers",
            )),
            Ok(url::Host::Ipv6(_)) | Err(_) => Err(HostError("its host is not a valid host name")),
        }
    }
}

fn checked_name(name: String) -> Result<Host, HostError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(plain);
    if name.len() <= 253 && name.split('.').all(label) {
        Ok(Host::Name(name))
    } else {
        Err(HostError("its host is not a valid host name"))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// What is wrong with a host: the end of a sentence about a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HostError(pub &'static str);

/// Reads `host`, `host:port` or `[v6]:port`. The port is `None` where none is written.
///
/// # Errors
/// What is wrong with it. The text is not repeated.
pub(crate) fn parse_authority(text: &str) -> Result<(Host, Option<u16>), HostError> {
    if text.contains('@') && !mechanism::off("egress.user-info") {
        return Err(HostError("it has a user name or password in it"));
    }
    let end_of_host = if text.starts_with('[') {
        text.find(']').map_or(text.len(), |at| at + 1)
    } else {
        0
    };
    let (host, port) = match text[end_of_host..].find(':') {
        Some(at) => {
            let (host, port) = text.split_at(end_of_host + at);
            (host, Some(parse_port(&port[1..])?))
        }
        None => (text, None),
    };
    Ok((Host::parse(host)?, port))
}

fn parse_port(text: &str) -> Result<u16, HostError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => Err(HostError("its port is not a number from 1 to 65535")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        let cases = [
            ("Login.Salesforce.COM", "login.salesforce.com"),
            ("login.salesforce.com.", "login.salesforce.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("a。b.example", "a.b.example"),
            ("8.8.8.8", "8.8.8.8"),
            ("[2600:0:0::1]", "[2600::1]"),
            ("_dmarc.example.com", "_dmarc.example.com"),
        ];
        for (text, expected) in cases {
            assert_eq!(Host::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn other_spellings_of_addresses_and_odd_names_are_refused() {
        let long = format!("{}.example", "a".repeat(64));
        let cases = [
            "",
            ".",
            "..",
            "a..b",
            ".a.b",
            "a.b..",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "0177.0.0.1",
            "127.1",
            "127.0.1",
            "１２７.0.0.1",
            "127.0.0.1..",
            "1.2.3.4.5",
            "256.1.1.1",
            "a b",
            "a\tb",
            "a%2eb",
            "%31",
            "user@host",
            "host/path",
            "host\\x",
            "host?x",
            "host#x",
            "host:1",
            "[::1",
            "::1",
            "[::1%25eth0]",
            "[127.0.0.1]",
            "[fe80::1%eth0]",
            "*.example.com",
            "a\u{0}b",
            &long,
            "xn--",
            "a_b\u{200b}\u{7f}",
            "exa mple.com",
            "a,b",
        ];
        for text in cases {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn authorities() {
        assert_eq!(
            parse_authority("a.example:8443").unwrap(),
            (Host::Name("a.example".into()), Some(8443))
        );
        assert_eq!(parse_authority("[2600::1]:443").unwrap().1, Some(443));
        assert_eq!(parse_authority("[2600::1]").unwrap().1, None);
        for text in [
            "a.example:",
            "a.example:0",
            "a.example:65536",
            "a.example:+1",
            "a.example:1:2",
            "u:p@a.example",
            "[::1]x:1",
        ] {
            assert!(parse_authority(text).is_err(), "{text}");
        }
    }
}
