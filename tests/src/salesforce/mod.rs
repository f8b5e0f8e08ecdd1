//! A stand-in for Salesforce's REST API, for tests of connectors and for demonstrations.
//!
//! It listens on a free port of 127.0.0.1, holds seeded records in memory, checks bearer tokens, and answers in the real
//! service's shapes, errors included:
//!
//! | address | what |
//! | --- | --- |
//! | `GET /services/oauth2/userinfo` | the user of the token; 403 `Bad_OAuth_Token` as plain text for a bad one |
//! | `GET /services/data` | versions, without a token |
//! | `GET /services/data/{version}` | resources of a version |
//! | `GET …/sobjects`, `GET …/sobjects/{name}/describe` | metadata |
//! | `GET …/query?q=SOQL`, `GET …/query/{locator}` | records; see [`soql`] for the language and its meaning |
//! | `POST`, `PATCH`, `DELETE …/composite/sobjects` | insert, update, delete, up to 200 records |
//! | `PATCH …/composite/sobjects/{object}/{key field}` | upsert, up to 200 records |
//!
//! A query's result is fixed when it is first asked: later changes do not show in its further pages, as with real query
//! locators. Asking again by `query?q=` sees the changes.
//!
//! ```
//! use appflow_testkit::salesforce::{Config, Fault, SalesforceStandIn, Preset};
//!
//! let salesforce = SalesforceStandIn::start(Config { records_per_object: 10, ..Config::default() })?;
//! salesforce.fault(Fault { path: "/query".into(), nth: 2, preset: Some(Preset::RequestLimit), ..Fault::default() });
//! // ... point a connector at salesforce.url() with the token salesforce.token() ...
//! assert!(salesforce.requests().is_empty());
//! assert_eq!(salesforce.records("Account").len(), 10);
//! # Ok::<(), std::io::Error>(())
//! ```

mod catalog;
mod data;
mod faults;
mod rules;
mod schema;
mod server;
pub mod soql;
mod state;
mod write;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use serde::Deserialize;
use serde_json::json;

pub use catalog::objects;
pub use data::{NASTY_TEXTS, RECORD_CANARY, Record, Seeded, generate, long_id, record_id};
pub use faults::{Fault, Preset, Request};
pub use schema::{Field, FieldType, Object};
pub use state::{MAX_ADDRESS_BYTES, MAX_SOQL_CHARS};
pub use write::COLLECTION_LIMIT;

use server::Shared;
use state::State;

/// The token accepted unless the configuration says otherwise: a canary that must never turn up in logs, messages or
/// page tokens.
pub const TOKEN: &str = "00D000000000001!CANARY-TOKEN-51c9";

/// How a stand-in starts. Readable from TOML or JSON; absent values take their defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Records of each object (`User` always has 20). 50 by default.
    pub records_per_object: usize,
    /// Records of single objects, by name.
    pub records: BTreeMap<String, usize>,
    /// Seed of the records.
    pub seed: u64,
    /// Tokens accepted; [`TOKEN`] by default.
    pub tokens: Vec<String>,
    /// API versions; `v51.0` to `v65.0` by default.
    pub versions: Vec<String>,
    /// Records of a page when the request does not say; 2,000 as in the service.
    pub default_batch: usize,
    /// Fewest records of a page, whatever the request says; 200 as in the service. Smaller in tests of paging.
    pub min_batch: usize,
    /// Most records of a page, whatever the request says; 2,000 as in the service.
    pub max_batch: usize,
    /// More objects without records, `Extra0__c` and so on, for tests of large organisations.
    pub extra_objects: usize,
    /// Faults in force from the start.
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            records_per_object: 50,
            records: BTreeMap::new(),
            seed: 1,
            tokens: vec![TOKEN.to_owned()],
            versions: (51..=65).map(|version| format!("v{version}.0")).collect(),
            default_batch: 2_000,
            min_batch: 200,
            max_batch: 2_000,
            extra_objects: 0,
            faults: Vec::new(),
        }
    }
}

/// A running stand-in. Dropping it stops it.
#[derive(Debug)]
pub struct SalesforceStandIn {
    url: String,
    token: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl SalesforceStandIn {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port, thread or runtime can be had.
    pub fn start(config: Config) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let token = config.tokens.first().cloned().unwrap_or_default();
        let shared = Arc::new(Shared::new(State::new(config)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("salesforce-stand-in".to_owned())
            .spawn(move || {
                // The only error is of the listener, and then every request of the test fails by itself.
                let _ = runtime.block_on(server::serve(listener, served));
            })?;
        Ok(Self {
            url,
            token,
            shared,
            thread: Some(thread),
        })
    }

    /// Its address, `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token it accepts.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Requests so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.state().requests.clear();
    }

    /// Requests so far.
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.shared.state().requests.len()
    }

    /// How many records an object has now.
    #[must_use]
    pub fn count(&self, object: &str) -> usize {
        self.shared.state().records.get(object).map_or(0, Vec::len)
    }

    /// Makes the records those of the beginning, and forgets the requests and the results of queries.
    pub fn reset(&self) {
        self.shared.state().reset();
    }

    /// Adds a fault. Where several are due, the one added first counts.
    pub fn fault(&self, fault: Fault) {
        self.shared.state().faults.add(fault);
    }

    /// Lets held answers go.
    pub fn release(&self) {
        self.shared.released.send_modify(|count| *count += 1);
    }

    /// Records of an object as they are now.
    #[must_use]
    pub fn records(&self, object: &str) -> Vec<Record> {
        self.shared
            .state()
            .records
            .get(object)
            .cloned()
            .unwrap_or_default()
    }

    /// Names of the objects that have records.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        self.shared.state().records.keys().cloned().collect()
    }

    /// Replaces the records of an object.
    pub fn set_records(&self, object: &str, records: Vec<Record>) {
        self.shared
            .state()
            .records
            .insert(object.to_owned(), records);
    }

    /// Accepts these tokens only, as after a refresh.
    pub fn set_tokens(&self, tokens: Vec<String>) {
        self.shared.state().config.tokens = tokens;
    }
}

impl Drop for SalesforceStandIn {
    fn drop(&mut self) {
        self.shared.stopped.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the server thread has been printed already.
            let _ = thread.join();
        }
    }
}

/// An error body of the service: a list of one error.
#[must_use]
pub fn error_body(code: &str, message: &str) -> String {
    json!([{ "errorCode": code, "message": message }]).to_string()
}
