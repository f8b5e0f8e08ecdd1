//! Who may be called in one invocation.

use std::sync::{Arc, Mutex, PoisonError};

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

use super::address::AddressClass;
use super::host::{Host, parse_authority};
use super::host_pattern::{HTTPS_PORT, HostPattern};
use super::local::LocalTargets;
use super::stats::OutboundStats;
use crate::mechanism;
use crate::telemetry::TraceId;

/// Different refusals that are kept for the log.
const MAX_DENIALS: usize = 8;

/// A grant for the host that stands in a runtime setting of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRule {
    /// Key of the setting.
    pub setting: String,
    /// What the setting's host must fit.
    pub pattern: HostPattern,
}

impl std::fmt::Display for SettingRule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} in setting `{}`", self.pattern, self.setting)
    }
}

/// The rules of the manifest, for the life of the process.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) hosts: Vec<HostPattern>,
    pub(crate) from_settings: Vec<SettingRule>,
    pub(crate) local: LocalTargets,
}

/// The grants of one invocation. Cheap to clone; clones share the counters.
#[derive(Debug, Clone)]
pub struct Policy {
    rules: Arc<Rules>,
    /// Hosts granted by settings, each with the number of its rule.
    from_settings: Arc<[(usize, HostPattern)]>,
    problems: Arc<[SettingProblem]>,
    stats: Arc<OutboundStats>,
    denials: Arc<Mutex<Vec<Denial>>>,
    trace: Option<TraceId>,
}

/// A setting whose host was not granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting `{setting}` {problem}")]
pub struct SettingProblem {
    /// Key of the setting.
    pub setting: String,
    /// What is wrong and what is accepted, without the setting's own text but for its host.
    pub problem: String,
}

/// A request that may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Where to connect and what to ask for: `https`, host in its one spelling; or `http` to a local target.
    pub(crate) uri: Uri,
    /// The host that was asked for, with the port unless it is 443: for messages and the `Host` header.
    pub(crate) host: String,
}

impl Granted {
    /// The host that was asked for, in its one spelling, with the port unless it is the scheme's own.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// Why a request may not go out. Messages name the host, never the path or the query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No grant covers the host.
    #[error("host {host} is not granted; {hint}")]
    Host {
        /// Host with its port, as granted it would be written.
        host: String,
        /// The line of the manifest that would allow it.
        hint: String,
    },
    /// The host is granted, the port is not.
    #[error(
        "host {host} is granted, but not on this port; in connector.toml, [egress] hosts would need \"https://{host}\""
    )]
    Port {
        /// Host with its port.
        host: String,
    },
    /// Something other than https.
    #[error("host {host} was asked for over {scheme}; only https is let out")]
    Scheme {
        /// Host.
        host: String,
        /// The scheme that was asked for.
        scheme: String,
    },
    /// The name resolves to an address that is never allowed.
    #[error("host {host} resolves to {class} address, which no connector may reach")]
    Address {
        /// Host.
        host: String,
        /// What kind of address.
        class: AddressClass,
    },
    /// The host is granted, but gets no credentials.
    #[error(
        "host {host} gets no credentials; to allow it, add \"https://{host}\" to send-to under [credentials] in connector.toml"
    )]
    Credential {
        /// Host with its port.
        host: String,
    },
    /// A placeholder of a credential stands in a body, where the manifest has none replaced.
    #[error(
        "the body of a request to {host} holds a placeholder of a credential, which stays one; to have it replaced, write in-bodies = true under [credentials] in connector.toml"
    )]
    CredentialInBody {
        /// Host with its port.
        host: String,
    },
    /// The URL is not one that can be judged.
    #[error("the URL is refused: {reason}")]
    Url {
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Policy {
    /// The policy that lets nothing out.
    #[must_use]
    pub fn nothing() -> Self {
        Self::new(Arc::default(), &[])
    }

    pub(crate) fn new(rules: Arc<Rules>, settings: &[(String, String)]) -> Self {
        let mut granted = Vec::new();
        let mut problems = Vec::new();
        for (number, rule) in rules.from_settings.iter().enumerate() {
            for (_, value) in settings
                .iter()
                .filter(|(key, value)| *key == rule.setting && !value.trim().is_empty())
            {
                match host_in_setting(value.trim(), rule, &rules.local) {
                    Ok(Some(pattern)) => granted.push((number, pattern)),
                    Ok(None) => {}
                    Err(problem) => problems.push(SettingProblem {
                        setting: rule.setting.clone(),
                        problem,
                    }),
                }
            }
        }
        // Two rules for one setting are alternatives: one that fits is enough.
        problems.retain(|problem| {
            !rules.from_settings.iter().any(|rule| {
                rule.setting == problem.setting
                    && settings.iter().any(|(key, value)| {
                        *key == rule.setting
                            && host_in_setting(value.trim(), rule, &rules.local).is_ok()
                    })
            })
        });
        problems.dedup_by(|a, b| a.setting == b.setting);
        Self {
            rules,
            from_settings: granted.into(),
            problems: problems.into(),
            stats: Arc::default(),
            denials: Arc::default(),
            trace: None,
        }
    }

    /// Tells the application which trace its requests belong to, in the header `X-Amzn-Trace-Id`.
    #[must_use]
    pub fn with_trace(mut self, trace: Option<TraceId>) -> Self {
        self.trace = trace;
        self
    }

    /// The trace that the application is told.
    pub(crate) fn trace(&self) -> Option<&TraceId> {
        self.trace.as_ref()
    }

    /// Judges a request by its URL.
    ///
    /// # Errors
    /// Why it may not go out. The refusal is counted.
    pub fn check(&self, uri: &Uri) -> Result<Granted, Denial> {
        self.judge(uri).inspect_err(|denial| self.record(denial))
    }

    /// Settings whose hosts were not granted: for the validation of settings.
    #[must_use]
    pub fn problems(&self) -> &[SettingProblem] {
        &self.problems
    }

    /// What this invocation did on the network so far.
    #[must_use]
    pub fn stats(&self) -> &Arc<OutboundStats> {
        &self.stats
    }

    /// The first refusals of this invocation, for its log line: through `wasi:http` a connector sees no more than a code.
    #[must_use]
    pub fn denials(&self) -> Vec<Denial> {
        self.denials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn record(&self, denial: &Denial) {
        self.stats.add_refusal();
        let mut denials = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        if denials.len() < MAX_DENIALS && !denials.contains(denial) {
            denials.push(denial.clone());
        }
    }

    fn judge(&self, uri: &Uri) -> Result<Granted, Denial> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(Denial::Url {
                reason: "it is not absolute: write https://host/path",
            });
        };
        let (host, port) =
            parse_authority(authority.as_str()).map_err(|error| Denial::Url { reason: error.0 })?;
        let path = uri
            .path_and_query()
            .cloned()
            .unwrap_or_else(|| PathAndQuery::from_static("/"));
        let local = &self.rules.local;
        if *scheme == Scheme::HTTP
            && let Some(target) = local.direct(&host, port.unwrap_or(80))
        {
            let authority = format!("{}:{}", target.host, target.address.port());
            return granted(Scheme::HTTP, &authority, path, authority.clone());
        }
        if *scheme != Scheme::HTTPS && !mechanism::off("egress.scheme") {
            return Err(Denial::Scheme {
                host: host.to_string(),
                scheme: scheme.as_str().to_owned(),
            });
        }
        let port = port.unwrap_or(HTTPS_PORT);
        let shown = if port == HTTPS_PORT {
            host.to_string()
        } else {
            format!("{host}:{port}")
        };
        let Some(grant) = self.grant(&host, port) else {
            return Err(self.denial(&host, shown));
        };
        if self.stats.add_grant(&grant) {
            tracing::debug!(target: "appflow_host", grant, "first request under this grant");
        }
        match local.mapped(&host, port) {
            Some(target) => granted(
                Scheme::HTTP,
                &format!("{}:{}", target.host, target.address.port()),
                path,
                shown,
            ),
            None => granted(Scheme::HTTPS, &shown.clone(), path, shown),
        }
    }

    fn grants(&self) -> impl Iterator<Item = &HostPattern> {
        let from_settings = self.from_settings.iter().map(|(_, pattern)| pattern);
        self.rules.hosts.iter().chain(from_settings)
    }

    /// The grant that covers a host, in the words of [`Manifest::grants`](crate::manifest::Manifest::grants).
    fn grant(&self, host: &Host, port: u16) -> Option<String> {
        if mechanism::off("egress.grant") {
            return Some(String::new());
        }
        let mut hosts = self.rules.hosts.iter();
        if let Some(pattern) = hosts.find(|pattern| pattern.matches(host, port)) {
            return Some(pattern.to_string());
        }
        let mut settings = self.from_settings.iter();
        let (number, _) = settings.find(|(_, pattern)| pattern.matches(host, port))?;
        self.rules
            .from_settings
            .get(*number)
            .map(ToString::to_string)
    }

    fn denial(&self, host: &Host, shown: String) -> Denial {
        if let Host::Address(address) = host
            && let Err(class) = super::address::require_global(*address)
        {
            return Denial::Address { host: shown, class };
        }
        if self.grants().any(|pattern| pattern.matches_host(host)) {
            return Denial::Port { host: shown };
        }
        let hint = match (self.problems.first(), self.rules.from_settings.first()) {
            (Some(problem), _) => problem.to_string(),
            (None, Some(rule))
                if self.from_settings.is_empty() && rule.pattern.matches_host(host) =>
            {
                format!(
                    "setting `{}` is empty, and the manifest grants the host in it",
                    rule.setting
                )
            }
            _ => format!(
                "to allow it, add \"https://{shown}\" to hosts under [egress] in connector.toml"
            ),
        };
        Denial::Host { host: shown, hint }
    }
}

fn granted(
    scheme: Scheme,
    authority: &str,
    path: PathAndQuery,
    host: String,
) -> Result<Granted, Denial> {
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(path)
        .build();
    uri.map(|uri| Granted { uri, host })
        .map_err(|_| Denial::Url {
            reason: "its host or its path is malformed",
        })
}

/// Reads `https://host[:port][/anything]` or a bare `host[:port]`; `None` if it is a local target, which needs no grant.
fn host_in_setting(
    value: &str,
    rule: &SettingRule,
    local: &LocalTargets,
) -> Result<Option<HostPattern>, String> {
    let (scheme, rest) = value.split_once("://").unwrap_or(("https", value));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = parse_authority(authority)
        .map_err(|error| format!("is not a URL or a host: {}", error.0))?;
    if scheme.eq_ignore_ascii_case("http") && local.direct(&host, port.unwrap_or(80)).is_some() {
        return Ok(None);
    }
    if !scheme.eq_ignore_ascii_case("https") {
        return Err("must begin with https://".to_owned());
    }
    let port = port.unwrap_or(HTTPS_PORT);
    if rule.pattern.matches(&host, port) {
        return Ok(Some(HostPattern::exact(host, port)));
    }
    Err(format!(
        "names {}, which does not fit {}",
        HostPattern::exact(host, port),
        rule.pattern
    ))
}
