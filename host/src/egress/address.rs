//! Which addresses a connector may be connected to: global unicast ones, and no others.
//!
//! The list follows the special-purpose registries of IANA (RFC 6890 and its updates). An IPv6 address that carries an
//! IPv4 address inside is judged by what it would reach; forms that no public service uses are refused as a whole.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressClass {
    /// `0.0.0.0/8` or `::`.
    Unspecified,
    /// `127.0.0.0/8` or `::1`.
    Loopback,
    /// `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7` or `fec0::/10`.
    Private,
    /// `169.254.0.0/16` or `fe80::/10`.
    LinkLocal,
    /// The metadata services of cloud machines and containers.
    Metadata,
    /// `100.64.0.0/10`, shared by carriers.
    Shared,
    /// `224.0.0.0/4` or `ff00::/8`.
    Multicast,
    /// `255.255.255.255`.
    Broadcast,
    /// Reserved for documentation and for benchmarks.
    Documentation,
    /// An IPv6 form that carries an IPv4 address and is not in use by public services (6to4, Teredo, compatible,
    /// translated, local NAT64).
    Embedded,
    /// Any other block that is not global unicast.
    Reserved,
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "an unspecified",
            Self::Loopback => "a loopback",
            Self::Private => "a private",
            Self::LinkLocal => "a link-local",
            Self::Metadata => "a metadata service's",
            Self::Shared => "a carrier-shared",
            Self::Multicast => "a multicast",
            Self::Broadcast => "a broadcast",
            Self::Documentation => "a documentation",
            Self::Embedded => "an embedded IPv4",
            Self::Reserved => "a reserved",
        })
    }
}

/// Refuses every address that is not global unicast.
///
/// # Errors
/// The class of the address, for the message.
pub fn require_global(address: IpAddr) -> Result<(), AddressClass> {
    match address {
        IpAddr::V4(address) => require_global_v4(address),
        IpAddr::V6(address) => require_global_v6(address),
    }
}

fn require_global_v4(address: Ipv4Addr) -> Result<(), AddressClass> {
    let class = match address.octets() {
        // Instance metadata, container credentials and time of AWS: 169.254.169.x and 169.254.170.x.
        [169, 254, 169 | 170, _] => AddressClass::Metadata,
        // Alibaba's metadata service sits in the carrier block.
        [100, 100, 100, 200] => AddressClass::Metadata,
        [0, ..] => AddressClass::Unspecified,
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [169, 254, ..] => AddressClass::LinkLocal,
        [100, 64..=127, ..] => AddressClass::Shared,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18 | 19, ..] => {
            AddressClass::Documentation
        }
        [192, 0, 0, _] | [192, 88, 99, _] => AddressClass::Reserved,
        [255, 255, 255, 255] => AddressClass::Broadcast,
        [224..=239, ..] => AddressClass::Multicast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => return Ok(()),
    };
    Err(class)
}

fn require_global_v6(address: Ipv6Addr) -> Result<(), AddressClass> {
    let segments = address.segments();
    let embedded = || {
        let [.., a, b, c, d] = address.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    let class = match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        // A socket connected to a mapped address talks to the IPv4 address.
        [0, 0, 0, 0, 0, 0xffff, ..] => return require_global_v4(embedded()),
        // NAT64's well-known prefix is how IPv6-only subnets reach IPv4 services.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => return require_global_v4(embedded()),
        [0x64, 0xff9b, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0, 0, 0, 0, 0, 0, ..] => {
            AddressClass::Embedded
        }
        // 6to4 and Teredo.
        [0x2002, ..] | [0x2001, 0, ..] => AddressClass::Embedded,
        [0xfd00, 0x0ec2, ..] => AddressClass::Metadata,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] | [0x2001, 2, 0, ..] => {
            AddressClass::Documentation
        }
        // 2001::/23 is for protocol assignments.
        [0x2001, 0..=0x01ff, ..] => AddressClass::Reserved,
        // ISATAP carries an IPv4 address behind an ordinary prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => AddressClass::Embedded,
        [0x2000..=0x3fff, ..] => return Ok(()),
        _ => AddressClass::Reserved,
    };
    Err(class)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn class(text: &str) -> Option<AddressClass> {
        require_global(text.parse().unwrap()).err()
    }

    #[test]
    fn global_addresses_pass() {
        for text in [
            "8.8.8.8",
            "93.184.216.34",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "169.253.1.1",
        ] {
            assert_eq!(class(text), None, "{text}");
        }
        for text in [
            "2600:1f18::1",
            "2a00:1450:4001::200e",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert_eq!(class(text), None, "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        use AddressClass::*;
        let cases = [
            ("0.0.0.0", Unspecified),
            ("0.1.2.3", Unspecified),
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("10.0.0.1", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.1.1", Private),
            ("169.254.169.254", Metadata),
            ("169.254.170.2", Metadata),
            ("169.254.1.1", LinkLocal),
            ("100.64.0.1", Shared),
            ("100.127.255.255", Shared),
            ("100.100.100.200", Metadata),
            ("192.0.2.1", Documentation),
            ("198.51.100.1", Documentation),
            ("203.0.113.1", Documentation),
            ("198.18.0.1", Documentation),
            ("192.0.0.8", Reserved),
            ("192.88.99.1", Reserved),
            ("224.0.0.1", Multicast),
            ("239.255.255.255", Multicast),
            ("240.0.0.1", Reserved),
            ("255.255.255.255", Broadcast),
            ("::", Unspecified),
            ("::1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:169.254.169.254", Metadata),
            ("::ffff:10.1.2.3", Private),
            ("::127.0.0.1", Embedded),
            ("::8.8.8.8", Embedded),
            ("::ffff:0:127.0.0.1", Embedded),
            ("64:ff9b::127.0.0.1", Loopback),
            ("64:ff9b::10.0.0.1", Private),
            ("64:ff9b:1::10.0.0.1", Embedded),
            ("2002:7f00:1::", Embedded),
            ("2001:0:7f00:1::", Embedded),
            ("fd00:ec2::254", Metadata),
            ("fd12:3456::1", Private),
            ("fc00::1", Private),
            ("fec0::1", Private),
            ("fe80::1", LinkLocal),
            ("ff02::1", Multicast),
            ("2001:db8::1", Documentation),
            ("3fff::1", Documentation),
            ("2001:2::1", Documentation),
            ("2001:10::1", Reserved),
            ("100::1", Reserved),
            ("5f00::1", Reserved),
            ("2600::5efe:127.0.0.1", Embedded),
            ("2600::200:5efe:7f00:1", Embedded),
        ];
        for (text, expected) in cases {
            assert_eq!(class(text), Some(expected), "{text}");
        }
    }
}
