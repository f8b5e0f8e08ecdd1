//! The application of a case: a script, the Salesforce stand-in, or nothing.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::spec::{ApplicationKind, Spec};
use super::values::Values;
use crate::salesforce::{self, Fault, SalesforceStandIn};
use crate::upstream::{Script, Seen, Upstream};

/// Host under which requests for the Salesforce stand-in are made, so that the connector's own grants are tested.
pub(super) const INSTANCE_HOST: &str = "acme.my.salesforce.com";

/// A running application.
#[derive(Debug)]
pub(super) enum Application {
    None,
    Script(Upstream),
    Salesforce {
        stand_in: SalesforceStandIn,
        faults: Vec<Fault>,
        /// Requests before the case's own.
        before: usize,
    },
}

impl Application {
    /// Starts the application of a case. The script may name the values that are known before it runs.
    pub(super) fn start(spec: &Spec, folder: &Path, values: &Values) -> Result<Self> {
        let script = folder.join("upstream.toml");
        let kind = spec.application.unwrap_or(if script.is_file() {
            ApplicationKind::Script
        } else {
            ApplicationKind::None
        });
        match kind {
            ApplicationKind::None => Ok(Self::None),
            ApplicationKind::Script => {
                let text = std::fs::read_to_string(&script)
                    .with_context(|| format!("cannot read {}", script.display()))?;
                let script: Script =
                    toml::from_str(&values.fill_text(&text)).context("upstream.toml")?;
                Ok(Self::Script(Upstream::start(script, folder)?))
            }
            ApplicationKind::Salesforce => {
                let table = spec.salesforce.clone().unwrap_or_default();
                let mut config: salesforce::Config = table.try_into().context("[salesforce]")?;
                // Faults wait until the entity has been described, so that they count the requests of the case only.
                let faults = std::mem::take(&mut config.faults);
                Ok(Self::Salesforce {
                    stand_in: SalesforceStandIn::start(config)?,
                    faults,
                    before: 0,
                })
            }
        }
    }

    /// Its address.
    pub(super) fn url(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Script(upstream) => Some(upstream.url()),
            Self::Salesforce { stand_in, .. } => Some(stand_in.url().to_owned()),
        }
    }

    /// A token it accepts.
    pub(super) fn token(&self) -> String {
        match self {
            Self::Salesforce { stand_in, .. } => stand_in.token().to_owned(),
            _ => "CANARY-TOKEN-3c1d".to_owned(),
        }
    }

    /// `APPFLOW_LOCAL_TARGETS` for it.
    pub(super) fn local_targets(&self) -> Option<String> {
        let url = self.url()?;
        Some(match self {
            Self::Salesforce { .. } => format!(
                "{url},login.salesforce.com={url},test.salesforce.com={url},{INSTANCE_HOST}={url}"
            ),
            _ => url,
        })
    }

    /// Forgets what came before the case's own requests, and lets its faults come.
    pub(super) fn begin(&mut self) {
        match self {
            Self::None => {}
            Self::Script(upstream) => upstream.clear_requests(),
            Self::Salesforce {
                stand_in,
                faults,
                before,
            } => {
                *before = stand_in.requests().len();
                stand_in.clear_requests();
                for fault in faults.drain(..) {
                    stand_in.fault(fault);
                }
            }
        }
    }

    /// Number of requests before those of the case.
    pub(super) fn seen_before(&self) -> usize {
        match self {
            Self::Salesforce { before, .. } => *before,
            _ => 0,
        }
    }

    /// Everything it stores, by object.
    pub(super) fn everything_stored(&self) -> Result<BTreeMap<String, serde_json::Value>> {
        let Self::Salesforce { stand_in, .. } = self else {
            return Ok(BTreeMap::new());
        };
        let objects = stand_in.objects().into_iter();
        objects
            .map(|object| Ok((object.clone(), self.stored(&object)?)))
            .collect()
    }

    /// Requests of the case.
    pub(super) fn requests(&self) -> Vec<Seen> {
        match self {
            Self::None => Vec::new(),
            Self::Script(upstream) => upstream.requests(),
            Self::Salesforce { stand_in, .. } => stand_in
                .requests()
                .into_iter()
                .map(|request| Seen {
                    method: request.method,
                    path: request.path,
                    query: url::form_urlencoded::parse(request.query.as_bytes())
                        .into_owned()
                        .collect(),
                    headers: request.headers,
                    body: request.body,
                })
                .collect(),
        }
    }

    /// Requests it had no answer for.
    pub(super) fn unexpected(&self) -> Vec<String> {
        match self {
            Self::Script(upstream) => upstream.unexpected(),
            _ => Vec::new(),
        }
    }

    /// Records of an object as JSON.
    pub(super) fn stored(&self, object: &str) -> Result<serde_json::Value> {
        match self {
            Self::Salesforce { stand_in, .. } => {
                Ok(serde_json::to_value(stand_in.records(object))?)
            }
            _ => anyhow::bail!("only the Salesforce stand-in stores records"),
        }
    }
}
