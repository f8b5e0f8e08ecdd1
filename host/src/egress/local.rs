//! The one switch for local runs and tests: `APPFLOW_LOCAL_TARGETS`.
//!
//! A comma-separated list of
//! * `http://127.0.0.1:PORT`: requests to exactly this address are granted, over plain http;
//! * `login.salesforce.com=http://127.0.0.1:PORT`: requests to that host go there, over plain http. The manifest must
//!   grant the host all the same. A wildcard such as `*.my.salesforce.com` is accepted.
//!
//! Targets are loopback addresses only, and the switch is refused where the host runs in real Lambda.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::host::{Host, parse_authority};
use super::host_pattern::HostPattern;

/// Name of the environment variable.
pub const LOCAL_TARGETS_VARIABLE: &str = "APPFLOW_LOCAL_TARGETS";

/// Loopback addresses that stand in for upstreams. Empty in production.
#[derive(Debug, Clone, Default)]
pub struct LocalTargets {
    direct: Vec<LocalTarget>,
    mapped: Vec<(HostPattern, LocalTarget)>,
}

/// A loopback address and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalTarget {
    pub(crate) host: Host,
    pub(crate) address: SocketAddr,
}

/// Why the list was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{LOCAL_TARGETS_VARIABLE}: entry {entry} {problem}; accepted: http://127.0.0.1:PORT or host=http://127.0.0.1:PORT"
)]
pub struct LocalTargetsError {
    /// Which entry, counted from 1.
    pub entry: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl LocalTargets {
    /// Reads the variable's value. Empty text means none.
    ///
    /// # Errors
    /// The entry that is not understood or not loopback.
    pub fn parse(text: &str) -> Result<Self, LocalTargetsError> {
        let mut targets = Self::default();
        for (index, entry) in text
            .split(',')
            .map(str::trim)
            .enumerate()
            .filter(|(_, entry)| !entry.is_empty())
        {
            let fail = |problem: String| LocalTargetsError {
                entry: index + 1,
                problem,
            };
            match entry.split_once('=') {
                Some((host, target)) => {
                    let pattern = HostPattern::parse_host(host.trim())
                        .map_err(|error| fail(format!("has a bad host: {error}")))?;
                    targets
                        .mapped
                        .push((pattern, parse_target(target.trim()).map_err(fail)?));
                }
                None => targets.direct.push(parse_target(entry).map_err(fail)?),
            }
        }
        Ok(targets)
    }

    /// True in production.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.direct.is_empty() && self.mapped.is_empty()
    }

    /// The target that is granted as it is.
    pub(crate) fn direct(&self, host: &Host, port: u16) -> Option<&LocalTarget> {
        self.direct
            .iter()
            .find(|target| target.host == *host && target.address.port() == port)
    }

    /// The target to which a granted host's requests go.
    pub(crate) fn mapped(&self, host: &Host, port: u16) -> Option<&LocalTarget> {
        self.mapped
            .iter()
            .find(|(pattern, _)| pattern.matches(host, port))
            .map(|(_, target)| target)
    }

    /// The address for a connection over plain http, from either list.
    pub(crate) fn address(&self, host: &Host, port: u16) -> Option<SocketAddr> {
        let mapped = self.mapped.iter().map(|(_, target)| target);
        self.direct
            .iter()
            .chain(mapped)
            .find(|target| target.host == *host && target.address.port() == port)
            .map(|target| target.address)
    }
}

fn parse_target(text: &str) -> Result<LocalTarget, String> {
    let rest = text
        .strip_prefix("http://")
        .ok_or("does not begin with http://")?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = parse_authority(rest).map_err(|error| format!("is not a URL: {error}"))?;
    let ip = match &host {
        Host::Address(address) => *address,
        Host::Name(name) if name == "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Name(_) => return Err("is not a loopback address".to_owned()),
    };
    if !ip.is_loopback() {
        return Err("is not a loopback address".to_owned());
    }
    let port = port.ok_or("has no port")?;
    Ok(LocalTarget {
        host,
        address: SocketAddr::new(ip, port),
    })
}
