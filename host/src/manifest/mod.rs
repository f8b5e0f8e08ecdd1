//! The manifest `connector.toml`: what a connector may do, for its author, the host, the image and the buyer.
//!
//! | section | key | value | default |
//! | --- | --- | --- | --- |
//! | `[connector]` | `name` | 2 to 64 of `a-z 0-9 -`, beginning with a letter | required |
//! | | `version` | semantic version | required |
//! | `[egress]` | `hosts` | list of grants, see [`HostPattern`] | none |
//! | | `trace-header` | `true`: requests carry X-Ray's `X-Amzn-Trace-Id` | `false` |
//! | `[[egress.from-setting]]` | `setting`, `pattern` | the host in a runtime setting, if it fits the pattern | none |
//! | `[credentials]` | `readable` | `true`: the connector sees real values of secrets | `false` |
//! | | `open` | list of keys of the secret whose values the connector sees, such as a region | none |
//! | | `in-bodies` | `true`: the host replaces placeholders in bodies of requests too | `false` |
//! | | `send-to` | list of grants, each within one of `[egress]`: the only hosts that get credentials | every granted host |
//! | `[limits]` | `memory-mb` | 1 to 2048: memory of one instance | 128 |
//! | | `response-body-mb` | 1 to 256: largest body of one answer | 16 |
//! | | `held-bodies-mb` | 1 to 1024: bodies held at once in one invocation | 64, or `response-body-mb` if larger |
//! | | `retries` | 0 to 5: further attempts of one request; 0 switches them off | 3 |
//! | | `first-byte-seconds` | 1 to 60: until an answer begins | 25 |
//! | | `idle-seconds` | 1 to 60: between two pieces of an answer's body | 10 |
//! | | `connections-per-host` | 1 to 64: requests under way to one host at once | 16 |
//! | `[entitlement]` | `back-end` | `none`, `license-manager` or `marketplace-entitlement` | `none` |
//! | | `product-id` | with `license-manager` | |
//! | | `product-code` | with `marketplace-entitlement` | |
//! | | `refresh-minutes` | 5 to 1440 | 60 |
//! | | `grace-hours` | 0 to 168 | 24 |
//!
//! Anything else is refused with its line and the likely key, because a misspelt limit that is silently ignored is worse
//! than none. The text travels inside the component, see [`section`].
//!
//! ```
//! use appflow_host::manifest::Manifest;
//!
//! let error = Manifest::parse("[connector]\nname = \"crm\"\nversion = \"1.0.0\"\n[egress]\nhost = []\n").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "connector.toml line 5: unknown key `host` in [egress]; accepted: `hosts`, `from-setting`, `trace-header`; did you mean `hosts`?"
//! );
//! ```

mod error;
mod keys;
mod narrow;
mod parse;
mod reader;
mod schema;
pub mod section;

pub use error::ManifestError;
pub use narrow::{Narrowing, NarrowingError};
pub use schema::json_schema;

use std::time::Duration;

use crate::egress::{self, HostPattern, SettingRule};

/// What a connector asks for. Every value has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Name of the connector.
    pub name: String,
    /// Version of the connector.
    pub version: semver::Version,
    /// Hosts it may call.
    pub egress: Vec<HostPattern>,
    /// Hosts it may call if they stand in a runtime setting.
    pub from_settings: Vec<SettingRule>,
    /// Requests to the application say which trace of X-Ray they belong to.
    pub trace_header: bool,
    /// Credentials.
    pub credentials: Credentials,
    /// Limits.
    pub limits: Limits,
    /// Proof of purchase.
    pub entitlement: Entitlement,
}

/// How the connector gets credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The connector sees the real values; otherwise the host alone does.
    pub readable: bool,
    /// Keys of values that the connector sees although the others are sealed, such as a region.
    pub open: Vec<String>,
    /// Values may stand in bodies of requests; otherwise in headers and queries only.
    pub in_bodies: bool,
    /// Hosts that requests with credentials may go to; every granted host if there is none.
    pub send_to: Vec<HostPattern>,
}

impl Credentials {
    /// Whether the value of this key is one that the connector sees by name.
    #[must_use]
    pub fn opens(&self, key: &str) -> bool {
        self.open.iter().any(|open| open == key)
    }
}

/// Limits of one invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the instance, in bytes.
    pub memory_bytes: u64,
    /// Largest body of one answer, in bytes.
    pub response_body_bytes: u64,
    /// Bodies held at once, in bytes.
    pub held_bodies_bytes: u64,
    /// Further attempts of one request to the application.
    pub retries: u32,
    /// Longest time until an answer begins.
    pub first_byte: Duration,
    /// Longest time between two pieces of an answer's body.
    pub idle: Duration,
    /// Requests under way to one host at once.
    pub connections_per_host: usize,
}

impl Limits {
    /// Those of one request to the application.
    #[must_use]
    pub fn of_requests(&self) -> egress::Limits {
        egress::Limits {
            response_body_bytes: self.response_body_bytes,
            retries: self.retries,
            first_byte: self.first_byte,
            idle: self.idle,
        }
    }
}

const MIB: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 128 * MIB,
            response_body_bytes: 16 * MIB,
            held_bodies_bytes: 64 * MIB,
            retries: 3,
            // Applications may take long over a query; AppFlow gives it 30 s, and 10 s to everything else.
            first_byte: Duration::from_secs(25),
            idle: Duration::from_secs(10),
            connections_per_host: 16,
        }
    }
}

/// Which service says whether the buyer has paid, and how often it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// The service.
    pub back_end: BackEnd,
    /// Time between two questions.
    pub refresh: Duration,
    /// How long the last good answer counts while the service cannot be asked.
    pub grace: Duration,
}

/// The service that knows about purchases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackEnd {
    /// A free product: nobody is asked.
    None,
    /// AWS License Manager, for images in the buyer's account.
    LicenseManager {
        /// Product id of the listing.
        product_id: String,
    },
    /// AWS Marketplace Entitlement Service, for deployments that the seller runs.
    MarketplaceEntitlement {
        /// Product code of the listing.
        product_code: String,
    },
}

impl Default for Entitlement {
    fn default() -> Self {
        Self {
            back_end: BackEnd::None,
            refresh: Duration::from_secs(3600),
            grace: Duration::from_secs(24 * 3600),
        }
    }
}

impl Manifest {
    /// Reads `connector.toml`.
    ///
    /// # Errors
    /// The first problem, with its line, the accepted form and the likely fix.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        parse::manifest(text)
    }
}

/// A number, a switch or a list of hosts of a manifest, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Section it stands in.
    pub section: &'static str,
    /// Its key.
    pub key: &'static str,
    /// What holds, written out or by default.
    pub value: SettingValue,
    /// What it means, one sentence.
    pub about: &'static str,
}

/// Value of a [`Setting`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// A number and its unit, which may be empty.
    Number(u64, &'static str),
    /// A switch.
    Switch(bool),
    /// Grants.
    Texts(Vec<String>),
}

impl Manifest {
    /// Every grant of egress, those in settings with the name of theirs.
    #[must_use]
    pub fn grants(&self) -> Vec<String> {
        let hosts = self.egress.iter().map(ToString::to_string);
        hosts
            .chain(self.from_settings.iter().map(ToString::to_string))
            .collect()
    }

    /// Every number, switch and list of hosts, in the order of the file's documentation.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let keys = keys::sections()
            .flat_map(|section| section.keys.iter().map(move |key| (section.name, key)));
        keys.filter_map(|(section, key)| {
            let value = match &key.form {
                keys::Form::Number { get, unit, .. } => SettingValue::Number(get(self), unit),
                keys::Form::Keys { get } => SettingValue::Texts(get(self).to_vec()),
                keys::Form::Switch { get, .. } => SettingValue::Switch(get(self)),
                keys::Form::Grants { get } => {
                    SettingValue::Texts(get(self).iter().map(ToString::to_string).collect())
                }
                _ => return None,
            };
            Some(Setting {
                section,
                key: key.name,
                value,
                about: key.about,
            })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests;
