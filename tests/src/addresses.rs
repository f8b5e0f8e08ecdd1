//! Addresses that no connector may reach, in every spelling that some parser somewhere takes for them.
//!
//! One list for all tests: of the rules alone, and of a guest that dials each entry over both ways out. An entry is
//! refused whether it is understood (then it is a forbidden address) or not (then it is no address at all).

use std::net::{Ipv4Addr, Ipv6Addr};

/// What stands between `://` and the path of a URL, and its scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// `http`, `https` or what else somebody may try.
    pub scheme: &'static str,
    /// Host, with a port or a user name where that is the point.
    pub authority: String,
}

/// IPv4 addresses of every class that is not for connectors.
pub const FORBIDDEN_V4: [Ipv4Addr; 20] = [
    Ipv4Addr::new(127, 0, 0, 1),
    Ipv4Addr::new(127, 255, 255, 254),
    Ipv4Addr::new(0, 0, 0, 0),
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(172, 16, 0, 1),
    Ipv4Addr::new(172, 31, 255, 254),
    Ipv4Addr::new(192, 168, 0, 1),
    // Metadata of machines and of containers, time, and where Lambda itself lives.
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(169, 254, 169, 123),
    Ipv4Addr::new(169, 254, 100, 1),
    Ipv4Addr::new(169, 254, 76, 1),
    Ipv4Addr::new(100, 64, 0, 1),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(224, 0, 0, 1),
    Ipv4Addr::new(255, 255, 255, 255),
    Ipv4Addr::new(240, 0, 0, 1),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(198, 18, 0, 1),
];

/// IPv6 addresses of every class that is not for connectors, embedded IPv4 left aside.
pub const FORBIDDEN_V6: [&str; 14] = [
    "::1",
    "::",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "ff01::1",
    "2001:db8::1",
];

/// Names for this machine and for metadata services, as resolvers and hosts files have them.
const NAMES: [&str; 8] = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost.localdomain",
    "ip6-localhost",
    "metadata.google.internal",
    "instance-data",
    "host.docker.internal",
];

/// Every spelling of an IPv4 address, itself included, without a port.
#[must_use]
pub fn spellings_v4(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let number = u32::from(address);
    let tail = u32::from(c) << 8 | u32::from(d);
    let long_tail = u32::from(b) << 16 | tail;
    let dotted = address.to_string();
    let mut found = vec![
        dotted.clone(),
        format!("{dotted}."),
        format!("{dotted}.."),
        // Decimal, hexadecimal and octal, as one number and by parts.
        number.to_string(),
        format!("{number:#x}"),
        format!("{number:#X}"),
        format!("0x{number:08x}"),
        format!("0{number:o}"),
        format!("{:#x}.{:#x}.{:#x}.{:#x}", a, b, c, d),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a:04o}.{b:04o}.{c:04o}.{d:04o}"),
        format!("{a:03}.{b:03}.{c:03}.{d:03}"),
        format!("{:#x}.{b}.{c}.{d}", a),
        format!("{a}.{b}.{c}.{:#x}", d),
        // Fewer parts than four.
        format!("{a}.{long_tail}"),
        format!("{a}.{b}.{tail}"),
        format!("{:#x}.{:#x}", a, long_tail),
        // Beyond 32 bits, which some parsers cut off.
        (u64::from(number) + (1 << 32)).to_string(),
        format!("{}.{b}.{c}.{d}", u32::from(a) + 256),
        // Digits and dots that only look different.
        dotted.chars().map(full_width).collect(),
        dotted.chars().map(circled).collect(),
        dotted.replace('.', "\u{3002}"),
        dotted.replace('.', "\u{ff0e}"),
        // Percent-encoded, whole and in part.
        dotted.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        dotted.replace('.', "%2e"),
        dotted.replacen('.', "%2E", 1),
        // What ends a host early in one parser and not in another.
        format!("{dotted}%00.granted.example"),
        format!("{dotted}%09"),
        format!("{dotted}#granted.example"),
        format!("{dotted}?granted.example"),
        format!("{dotted}\\@granted.example"),
        format!("{dotted}%23granted.example"),
        format!("{dotted}\u{0}"),
        format!(" {dotted}"),
        format!("{dotted} "),
        format!("\t{dotted}"),
        format!("[{dotted}]"),
        // User names, which make a host look like another.
        format!("granted.example@{dotted}"),
        format!("granted.example:443@{dotted}"),
        format!("granted.example%40{dotted}"),
        format!("@{dotted}"),
        format!("{dotted}@{dotted}"),
        // Names that resolve to whatever stands in them.
        format!("{dotted}.nip.io"),
        format!("{}.sslip.io", dotted.replace('.', "-")),
        // Ports, real ones and others.
        format!("{dotted}:443"),
        format!("{dotted}:80"),
        format!("{dotted}:0"),
        format!("{dotted}:99999"),
        format!("{dotted}:-1"),
        format!("{dotted}:"),
        format!("{dotted}:80:443"),
    ];
    found.extend(embedding(address).into_iter().map(|v6| format!("[{v6}]")));
    found
}

/// IPv6 addresses that carry an IPv4 address, as text without brackets.
#[must_use]
pub fn embedding(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets().map(u16::from);
    let (high, low) = (a << 8 | b, c << 8 | d);
    let hexadecimal = |segments: [u16; 8]| Ipv6Addr::from(segments).to_string();
    vec![
        // Mapped, in each way to write it.
        format!("::ffff:{address}"),
        format!("::ffff:{high:x}:{low:x}"),
        format!("::FFFF:{address}"),
        format!("0:0:0:0:0:ffff:{address}"),
        format!("0000:0000:0000:0000:0000:ffff:{high:04x}:{low:04x}"),
        // Compatible, translated, NAT64 (well-known and local), 6to4, Teredo, ISATAP.
        format!("::{address}"),
        hexadecimal([0, 0, 0, 0, 0xffff, 0, high, low]),
        hexadecimal([0x64, 0xff9b, 0, 0, 0, 0, high, low]),
        hexadecimal([0x64, 0xff9b, 1, 0, 0, 0, high, low]),
        hexadecimal([0x2002, high, low, 0, 0, 0, 0, 1]),
        hexadecimal([0x2001, 0, high, low, 0, 0, !high, !low]),
        hexadecimal([0x2600, 0, 0, 0, 0, 0x5efe, high, low]),
        hexadecimal([0x2600, 0, 0, 0, 0x200, 0x5efe, high, low]),
    ]
}

/// Every spelling of an IPv6 address, without a port.
#[must_use]
pub fn spellings_v6(text: &str) -> Vec<String> {
    vec![
        format!("[{text}]"),
        format!("[{}]", text.to_uppercase()),
        format!("[{text}]."),
        format!("[{text}]:443"),
        format!("[{text}]:80"),
        // Zones, plain and percent-encoded.
        format!("[{text}%25eth0]"),
        format!("[{text}%eth0]"),
        format!("[{text}%251]"),
        format!("granted.example@[{text}]"),
        text.to_owned(),
        format!("[{text}"),
        format!("{text}]"),
        format!("[[{text}]]"),
        format!("[{text}/128]"),
        format!("%5b{text}%5d"),
        format!("{}.ipv6-literal.net", text.replace(':', "-")),
        format!("[v1.{text}]"),
    ]
}

/// The whole list, each entry over https and http, and a few over schemes that are none of a connector's.
#[must_use]
pub fn forbidden() -> Vec<Target> {
    let authorities = FORBIDDEN_V4
        .into_iter()
        .flat_map(spellings_v4)
        .chain(FORBIDDEN_V6.into_iter().flat_map(spellings_v6))
        .chain(NAMES.into_iter().map(str::to_owned));
    let mut targets: Vec<Target> = authorities
        .flat_map(|authority| ["https", "http"].map(|scheme| target(scheme, &authority)))
        .collect();
    for scheme in ["ftp", "file", "gopher", "ws", "HTTP", "unix", "data"] {
        targets.push(target(scheme, "127.0.0.1"));
    }
    targets.sort();
    targets.dedup();
    targets
}

/// The spellings of one listening address, with its port where it goes.
#[must_use]
pub fn spellings_of_port(port: u16) -> Vec<Target> {
    let v4 = [
        Ipv4Addr::LOCALHOST,
        Ipv4Addr::UNSPECIFIED,
        Ipv4Addr::new(127, 0, 0, 2),
    ];
    let mut authorities: Vec<String> = v4.into_iter().flat_map(spellings_v4).collect();
    authorities.extend(["::1", "::"].into_iter().flat_map(spellings_v6));
    authorities.extend(NAMES.map(str::to_owned));
    let mut targets: Vec<Target> = authorities
        .into_iter()
        .flat_map(|authority| {
            ["https", "http"].map(|scheme| target(scheme, &format!("{authority}:{port}")))
        })
        .collect();
    targets.sort();
    targets.dedup();
    targets
}

fn target(scheme: &'static str, authority: &str) -> Target {
    Target {
        scheme,
        authority: authority.to_owned(),
    }
}

/// A digit as the wide form of East Asian text.
fn full_width(c: char) -> char {
    c.to_digit(10)
        .and_then(|digit| char::from_u32(0xff10 + digit))
        .unwrap_or(c)
}

/// A digit in a circle.
fn circled(c: char) -> char {
    match c.to_digit(10) {
        Some(0) => '\u{24ea}',
        Some(digit) => char::from_u32(0x2460 + digit - 1).unwrap_or(c),
        None => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_and_says_what_it_should() {
        let targets = forbidden();
        assert!(targets.len() > 2_000, "{}", targets.len());
        let has = |authority: &str| targets.iter().any(|target| target.authority == authority);
        for authority in [
            "2130706433",
            "0x7f000001",
            "017700000001",
            "127.1",
            "[::ffff:7f00:1]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "１２７.０.０.１",
            "%31%32%37%2e%30%2e%30%2e%31",
            "[fe80::1%25eth0]",
        ] {
            assert!(has(authority), "{authority}");
        }
        for line in &targets {
            assert!(!line.authority.contains('\n'), "{line:?}");
        }
    }
}
