//! Every key of a manifest, once: what reads, narrows, shows and describes them goes through these tables.
//!
//! A whole number or a switch needs its field in [`Manifest`], a row here, and a line in `docs/manifest.md`; it is then
//! read, refused where it is out of range, narrowed by the operator's variable if it has one, shown on the capability
//! card, and known to editors (`APPFLOW_BLESS=1 cargo test --workspace --lib -- manifest::schema` writes the schema anew).

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{MIB, Manifest};
use crate::egress::HostPattern;

/// A section of the file.
pub(super) struct Section {
    /// Name in messages: `limits`, `egress.from-setting`.
    pub(super) name: &'static str,
    /// One sentence for editors.
    pub(super) about: &'static str,
    /// Its keys, in the order in which messages list them.
    pub(super) keys: &'static [Key],
}

/// A key of a section.
pub(super) struct Key {
    /// As it is written.
    pub(super) name: &'static str,
    /// One sentence for editors, without a full stop.
    pub(super) about: &'static str,
    /// Whether the section must have it.
    pub(super) required: bool,
    /// What may stand there.
    pub(super) form: Form,
    /// Variable by which an operator may lower it or take it away.
    pub(super) variable: Option<&'static str>,
}

/// What may stand at a key.
pub(super) enum Form {
    /// A text; `pattern` is for editors only, the parser says more precisely what is wrong.
    Text {
        pattern: &'static str,
        characters: RangeInclusive<usize>,
    },
    /// One of these texts; the first one is the default.
    Choice(&'static [&'static str]),
    /// A list of grants.
    Grants {
        get: fn(&Manifest) -> &[HostPattern],
    },
    /// A list of keys of the secret.
    Keys { get: fn(&Manifest) -> &[String] },
    /// A list of sections.
    Sections(&'static Section),
    /// A section.
    Section(&'static Section),
    /// A whole number in a unit.
    Number {
        range: RangeInclusive<u64>,
        unit: &'static str,
        get: fn(&Manifest) -> u64,
        put: fn(&mut Manifest, u64),
    },
    /// `true` or `false`.
    Switch {
        get: fn(&Manifest) -> bool,
        put: fn(&mut Manifest, bool),
    },
}

/// Most grants of each kind.
pub(super) const MAX_GRANTS: usize = 100;
/// Most characters of a setting's key.
pub(super) const MAX_SETTING_CHARS: usize = 256;
/// Most characters of an id of AWS Marketplace.
pub(super) const MAX_PRODUCT_CHARS: usize = 256;
/// Services that know about purchases.
pub(super) const BACK_ENDS: [&str; 3] = ["none", "license-manager", "marketplace-entitlement"];

/// The file.
pub(super) static ROOT: Section = Section {
    name: "",
    about: "What a connector for Amazon AppFlow may do",
    keys: &[
        section(&CONNECTOR),
        section(&EGRESS),
        section(&CREDENTIALS),
        section(&LIMITS),
        section(&ENTITLEMENT),
    ],
};

pub(super) static CONNECTOR: Section = Section {
    name: "connector",
    about: "What the connector is called",
    keys: &[
        Key {
            name: "name",
            about: "Name: 2 to 64 lower-case letters, digits and single hyphens, beginning with a letter",
            required: true,
            form: Form::Text {
                pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
                characters: 2..=64,
            },
            variable: None,
        },
        Key {
            name: "version",
            about: "Semantic version, such as 1.4.0",
            required: true,
            form: Form::Text {
                pattern: "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$",
                characters: 5..=256,
            },
            variable: None,
        },
    ],
};

pub(super) static EGRESS: Section = Section {
    name: "egress",
    about: "Where requests may go; nowhere if left out",
    keys: &[
        Key {
            name: "hosts",
            about: "Hosts: https://api.example.com, https://*.example.com for every host below, with :8443 for another port",
            required: false,
            form: Form::Grants {
                get: |manifest| &manifest.egress,
            },
            variable: Some("APPFLOW_EGRESS_HOSTS"),
        },
        Key {
            name: "from-setting",
            about: "The host in a runtime setting, if it fits a pattern",
            required: false,
            form: Form::Sections(&FROM_SETTING),
            variable: None,
        },
        Key {
            name: "trace-header",
            about: "Requests carry X-Ray's header X-Amzn-Trace-Id, for an application whose owner traces with it too",
            required: false,
            form: Form::Switch {
                get: |manifest| manifest.trace_header,
                put: |manifest, value| manifest.trace_header = value,
            },
            variable: Some("APPFLOW_TRACE_HEADER"),
        },
    ],
};

pub(super) static FROM_SETTING: Section = Section {
    name: "egress.from-setting",
    about: "The host in a runtime setting, if it fits a pattern",
    keys: &[
        Key {
            name: "setting",
            about: "Key of the runtime setting, such as instanceUrl",
            required: true,
            form: Form::Text {
                pattern: "^[^\\u0000-\\u001f]+$",
                characters: 1..=MAX_SETTING_CHARS,
            },
            variable: None,
        },
        Key {
            name: "pattern",
            about: "What its host must fit: *.example.com, api.example.com or api.example.com:8443",
            required: true,
            form: Form::Text {
                pattern: PATTERN,
                characters: 4..=300,
            },
            variable: None,
        },
    ],
};

/// A grant without its scheme, as far as editors check it.
pub(super) const PATTERN: &str = "^(https://)?(\\*\\.)?([^*/?#@:\\s\\[\\].]+(\\.[^*/?#@:\\s\\[\\].]+)+\\.?|\\[[0-9A-Fa-f:.]+\\])(:[1-9][0-9]{0,4})?$";
/// The same with its scheme.
pub(super) const GRANT: &str = "^https://(\\*\\.)?([^*/?#@:\\s\\[\\].]+(\\.[^*/?#@:\\s\\[\\].]+)+\\.?|\\[[0-9A-Fa-f:.]+\\])(:[1-9][0-9]{0,4})?$";

pub(super) static CREDENTIALS: Section = Section {
    name: "credentials",
    about: "How the connector gets credentials",
    keys: &[
        Key {
            name: "readable",
            about: "The connector sees the real values of secrets, which its buyers are shown; otherwise the host alone does",
            required: false,
            form: Form::Switch {
                get: |manifest| manifest.credentials.readable,
                put: |manifest, value| manifest.credentials.readable = value,
            },
            variable: Some("APPFLOW_READABLE"),
        },
        Key {
            name: "open",
            about: "Keys of the secret whose values the connector sees although the others are sealed, such as a region",
            required: false,
            form: Form::Keys {
                get: |manifest| &manifest.credentials.open,
            },
            variable: None,
        },
        Key {
            name: "in-bodies",
            about: "The host puts real values into bodies of requests too; otherwise into headers and queries only",
            required: false,
            form: Form::Switch {
                get: |manifest| manifest.credentials.in_bodies,
                put: |manifest, value| manifest.credentials.in_bodies = value,
            },
            variable: Some("APPFLOW_IN_BODIES"),
        },
        Key {
            name: "send-to",
            about: "The only hosts that get credentials, each within a grant of [egress]; every granted host if left out",
            required: false,
            form: Form::Grants {
                get: |manifest| &manifest.credentials.send_to,
            },
            variable: None,
        },
    ],
};

pub(super) static LIMITS: Section = Section {
    name: "limits",
    about: "Limits of one invocation",
    keys: &[
        Key {
            name: "memory-mb",
            about: "Memory of the guest",
            required: false,
            form: Form::Number {
                range: 1..=2048,
                unit: "MiB",
                get: |manifest| manifest.limits.memory_bytes / MIB,
                put: |manifest, mib| manifest.limits.memory_bytes = mib * MIB,
            },
            variable: Some("APPFLOW_MEMORY_MB"),
        },
        Key {
            name: "response-body-mb",
            about: "The largest body of one answer",
            required: false,
            form: Form::Number {
                range: 1..=256,
                unit: "MiB",
                get: |manifest| manifest.limits.response_body_bytes / MIB,
                put: |manifest, mib| manifest.limits.response_body_bytes = mib * MIB,
            },
            variable: Some("APPFLOW_RESPONSE_BODY_MB"),
        },
        Key {
            name: "held-bodies-mb",
            about: "Bodies held at once in one invocation; at least as much as response-body-mb",
            required: false,
            form: Form::Number {
                range: 1..=1024,
                unit: "MiB",
                get: |manifest| manifest.limits.held_bodies_bytes / MIB,
                put: |manifest, mib| manifest.limits.held_bodies_bytes = mib * MIB,
            },
            variable: Some("APPFLOW_HELD_BODIES_MB"),
        },
        Key {
            name: "retries",
            about: "Further attempts of a request that failed for a moment; 0 switches them off",
            required: false,
            form: Form::Number {
                range: 0..=5,
                unit: "",
                get: |manifest| manifest.limits.retries.into(),
                put: |manifest, number| {
                    manifest.limits.retries = u32::try_from(number).unwrap_or(u32::MAX);
                },
            },
            variable: Some("APPFLOW_RETRIES"),
        },
        Key {
            name: "first-byte-seconds",
            about: "The longest time until an answer of the application begins",
            required: false,
            form: Form::Number {
                range: 1..=60,
                unit: "s",
                get: |manifest| manifest.limits.first_byte.as_secs(),
                put: |manifest, seconds| {
                    manifest.limits.first_byte = Duration::from_secs(seconds);
                },
            },
            variable: Some("APPFLOW_FIRST_BYTE_SECONDS"),
        },
        Key {
            name: "idle-seconds",
            about: "The longest time between two pieces of an answer's body",
            required: false,
            form: Form::Number {
                range: 1..=60,
                unit: "s",
                get: |manifest| manifest.limits.idle.as_secs(),
                put: |manifest, seconds| manifest.limits.idle = Duration::from_secs(seconds),
            },
            variable: Some("APPFLOW_IDLE_SECONDS"),
        },
        Key {
            name: "connections-per-host",
            about: "Requests that are under way to one host at once",
            required: false,
            form: Form::Number {
                range: 1..=64,
                unit: "",
                get: |manifest| manifest.limits.connections_per_host as u64,
                put: |manifest, number| {
                    manifest.limits.connections_per_host =
                        usize::try_from(number).unwrap_or(usize::MAX);
                },
            },
            variable: Some("APPFLOW_CONNECTIONS_PER_HOST"),
        },
    ],
};

pub(super) static ENTITLEMENT: Section = Section {
    name: "entitlement",
    about: "Proof of purchase",
    keys: &[
        Key {
            name: "back-end",
            about: "Service that knows about purchases",
            required: false,
            form: Form::Choice(&BACK_ENDS),
            variable: None,
        },
        product(
            "product-id",
            "AWS Marketplace product id, with license-manager",
        ),
        product(
            "product-code",
            "AWS Marketplace product code, with marketplace-entitlement",
        ),
        Key {
            name: "refresh-minutes",
            about: "Time between two questions",
            required: false,
            form: Form::Number {
                range: 5..=1440,
                unit: "min",
                get: |manifest| manifest.entitlement.refresh.as_secs() / 60,
                put: |manifest, minutes| {
                    manifest.entitlement.refresh = Duration::from_secs(minutes * 60);
                },
            },
            variable: None,
        },
        Key {
            name: "grace-hours",
            about: "How long the last good answer counts while the service cannot be asked",
            required: false,
            form: Form::Number {
                range: 0..=168,
                unit: "h",
                get: |manifest| manifest.entitlement.grace.as_secs() / 3600,
                put: |manifest, hours| {
                    manifest.entitlement.grace = Duration::from_secs(hours * 3600);
                },
            },
            variable: None,
        },
    ],
};

const fn section(section: &'static Section) -> Key {
    Key {
        name: section.name,
        about: section.about,
        required: false,
        form: Form::Section(section),
        variable: None,
    }
}

const fn product(name: &'static str, about: &'static str) -> Key {
    Key {
        name,
        about,
        required: false,
        form: Form::Text {
            pattern: "^[!-~]+$",
            characters: 1..=MAX_PRODUCT_CHARS,
        },
        variable: None,
    }
}

impl Section {
    /// Names of its keys.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

/// Every section that stands at the top of the file.
pub(super) fn sections() -> impl Iterator<Item = &'static Section> {
    ROOT.keys.iter().filter_map(|key| match &key.form {
        Form::Section(section) => Some(*section),
        _ => None,
    })
}
