//! The application of a case: a script, the Salesforce stand-in, a real Kinto, or nothing.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::spec::{ApplicationKind, Spec};
use super::values::Values;
use crate::kinto::{self, Bucket, Kinto, Recorder};
use crate::salesforce::{self, Fault, SalesforceStandIn};
use crate::upstream::{Script, Seen, Upstream};

/// Host under which requests for the Salesforce stand-in are made, so that the connector's own grants are tested.
pub(super) const INSTANCE_HOST: &str = "acme.my.salesforce.com";

/// Host under which requests for Kinto are made, likewise.
pub(super) const KINTO_HOST: &str = "kinto.services.mozilla.com";

/// `[kinto]` of a case: what lies in its bucket.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shelf {
    #[serde(default)]
    collections: BTreeMap<String, Shelved>,
}

/// A collection of a case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shelved {
    /// JSON Schema as JSON text.
    schema: Option<String>,
    /// Records as JSON text, a list.
    records: Option<String>,
    /// So many records more, `{"id": "n000", "number": 0, "even": true}` and so on.
    #[serde(default)]
    numbered: usize,
    /// Identifiers of records that are removed again.
    #[serde(default)]
    removed: Vec<String>,
}

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
    /// A bucket of the Kinto that all cases share.
    Kinto {
        recorder: Recorder,
        bucket: Bucket<'static>,
        collections: Vec<String>,
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
            ApplicationKind::Kinto => {
                let table = spec.kinto.clone().unwrap_or_default();
                let shelf: Shelf = table.try_into().context("[kinto]")?;
                let kinto = Kinto::shared()?;
                let bucket = kinto.bucket()?;
                for (name, shelved) in &shelf.collections {
                    shelved.fill(name, &bucket)?;
                }
                Ok(Self::Kinto {
                    recorder: Recorder::start(kinto)?,
                    bucket,
                    collections: shelf.collections.into_keys().collect(),
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
            Self::Kinto { recorder, .. } => Some(recorder.url()),
        }
    }

    /// Further values that requests, answers and scripts may name.
    pub(super) fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Kinto { bucket, .. } => vec![
                ("serverUrl", format!("https://{KINTO_HOST}")),
                ("bucket", bucket.name.clone()),
            ],
            _ => Vec::new(),
        }
    }

    /// The secret of cases that have none of their own.
    pub(super) fn secret(&self) -> BTreeMap<String, String> {
        let pairs = match self {
            Self::Kinto { .. } => [("username", kinto::USER), ("password", kinto::PASSWORD)],
            _ => [
                ("accessToken", "{{token}}"),
                ("refreshToken", "CANARY-REFRESH-88e0"),
            ],
        };
        pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
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
            Self::Kinto { .. } => format!("{url},{KINTO_HOST}={url}"),
            _ => url,
        })
    }

    /// Forgets what came before the case's own requests, and lets its faults come.
    pub(super) fn begin(&mut self) {
        match self {
            Self::None => {}
            Self::Kinto {
                recorder, before, ..
            } => {
                *before = recorder.requests().len();
                recorder.clear_requests();
            }
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
            Self::Salesforce { before, .. } | Self::Kinto { before, .. } => *before,
            _ => 0,
        }
    }

    /// Everything it stores, by object.
    pub(super) fn everything_stored(&self) -> Result<BTreeMap<String, serde_json::Value>> {
        let objects = match self {
            Self::Salesforce { stand_in, .. } => stand_in.objects(),
            Self::Kinto { collections, .. } => collections.clone(),
            _ => Vec::new(),
        };
        objects
            .into_iter()
            .map(|object| Ok((object.clone(), self.stored(&object)?)))
            .collect()
    }

    /// Requests of the case.
    pub(super) fn requests(&self) -> Vec<Seen> {
        match self {
            Self::None => Vec::new(),
            Self::Kinto { recorder, .. } => recorder.requests(),
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

    /// Records of an object, or of a collection, as JSON.
    pub(super) fn stored(&self, object: &str) -> Result<serde_json::Value> {
        match self {
            Self::Salesforce { stand_in, .. } => {
                Ok(serde_json::to_value(stand_in.records(object))?)
            }
            Self::Kinto { bucket, .. } => Ok(Value::Array(bucket.records(object)?)),
            _ => anyhow::bail!("only the Salesforce stand-in and Kinto store records"),
        }
    }
}

impl Shelved {
    fn fill(&self, name: &str, bucket: &Bucket) -> Result<()> {
        let parse = |text: &Option<String>, what: &str| match text {
            None => Ok(Value::Null),
            Some(text) => serde_json::from_str(text).with_context(|| format!("{what} of {name}")),
        };
        let schema = parse(&self.schema, "schema")?;
        let mut records = match parse(&self.records, "records")? {
            Value::Array(records) => records,
            _ => Vec::new(),
        };
        records.extend((0..self.numbered).map(|number| {
            serde_json::json!({"id": format!("n{number:03}"), "number": number, "even": number % 2 == 0})
        }));
        bucket.fill(name, &schema, &records)?;
        for id in &self.removed {
            bucket.delete(&format!("/collections/{name}/records/{id}"))?;
        }
        Ok(())
    }
}
