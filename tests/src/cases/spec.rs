//! `case.toml` and `group.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Settings of a case. `group.toml` has the same ones; those of the case go over it, table by table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// What the case shows, one sentence.
    pub about: String,
    /// Components it runs with, one after the other.
    pub components: Vec<String>,
    /// The application; a script if there is an `upstream.toml`, else none.
    pub application: Option<ApplicationKind>,
    /// Settings of the Salesforce stand-in.
    pub salesforce: Option<toml::Table>,
    /// What lies in the case's bucket of Kinto: `collections`, each with `schema` and `records` as JSON text, `numbered`
    /// records, and identifiers `removed` again.
    pub kinto: Option<toml::Table>,
    /// Whether the entity is described first and its definition sent along, as AppFlow does. Off unless set.
    #[serde(default)]
    pub describe: bool,
    /// Whether pages are asked for until there is no token. The answer compared has the records of all pages.
    #[serde(default)]
    pub follow: bool,
    /// Most pages when following; 100 unless set.
    pub max_pages: Option<usize>,
    /// Variables of the function's environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The secret; by default one the application accepts: user name and password for Kinto, else an OAuth 2 token.
    pub secret: Option<BTreeMap<String, String>>,
    /// Values for placeholders.
    #[serde(default)]
    pub values: toml::Table,
    /// The function's timeout in seconds; 30 unless set.
    pub timeout_seconds: Option<f64>,
    /// The function's memory in MiB; 512 unless set.
    pub memory_mb: Option<u32>,
    /// A further request after those of the case, as a folder with `request.json` and `answer.json` relative to the
    /// case: that the function still works.
    pub then: Option<String>,
    /// What else must be so.
    #[serde(default)]
    pub expect: Expect,
}

/// What the application is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicationKind {
    /// There is none.
    None,
    /// The one in `upstream.toml`.
    Script,
    /// The Salesforce stand-in.
    Salesforce,
    /// A bucket of its own in a real Kinto.
    Kinto,
}

/// What must be so besides the answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// Number of pages when following.
    pub pages: Option<usize>,
    /// Each answer comes within so many seconds; within the deadline of the operation unless set.
    pub seconds: Option<f64>,
    /// Processes started; 1 unless set.
    pub starts: Option<u64>,
    /// Number of requests to the application.
    pub requests: Option<usize>,
    /// Requests to the application, exactly these in this order.
    #[serde(default)]
    pub request: Vec<ExpectedRequest>,
    /// Texts that must turn up in the log.
    #[serde(default)]
    pub log: Vec<String>,
    /// Records of an object, or of a collection of Kinto, afterwards, by its name: a JSON list that must match.
    #[serde(default)]
    pub stored: BTreeMap<String, String>,
    /// Largest resident memory of the process in MiB.
    pub memory_mb: Option<u64>,
    /// Most files and sockets the process has open after the last request.
    pub files: Option<usize>,
    /// Most threads the process has after the last request.
    pub threads: Option<u64>,
    /// Whether the answer may break rules of the checker: parts of the problems that are known.
    #[serde(default)]
    pub known_problems: Vec<String>,
}

/// A request the application must have seen. Texts may hold what [`matcher`](super::matcher) knows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectedRequest {
    /// Method in capitals.
    pub method: Option<String>,
    /// Path.
    pub path: Option<String>,
    /// Parameters of the query it must have, decoded.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Headers it must have.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Body, as JSON text.
    pub body: Option<String>,
}

/// Lays the settings of a case over those of its group.
pub(super) fn merge(base: &mut toml::Table, over: toml::Table) {
    for (name, value) in over {
        match (base.get_mut(&name), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}
