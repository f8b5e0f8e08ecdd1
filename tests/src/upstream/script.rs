//! The file that says what the application answers.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use bytes::Bytes;
use serde::Deserialize;

use crate::server::Received;

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// What is answered to what.
    #[serde(default, rename = "exchange")]
    pub exchanges: Vec<Exchange>,
}

/// An answer and the requests it is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exchange {
    /// Method in capitals; any if none.
    pub method: Option<String>,
    /// Path, percent-encoded; any if none.
    pub path: Option<String>,
    /// Parameters the query must have, decoded.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Headers the request must have.
    #[serde(default)]
    pub header: BTreeMap<String, String>,
    /// How often it is answered; without end if none.
    pub times: Option<u32>,
    /// Status of the answer.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers of the answer; `content-type: application/json` unless named.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Body.
    #[serde(default)]
    pub body: String,
    /// Body from a file beside the script.
    pub body_file: Option<String>,
    /// Body of so many letters.
    pub body_bytes: Option<usize>,
    /// Body of generated records.
    pub records: Option<Generated>,
    /// Headers more than these, so many.
    #[serde(default)]
    pub more_headers: usize,
    /// What goes wrong.
    pub fault: Option<Fault>,
}

/// A body `{"records": [...]}` of records `{"id": 0, "text": "..."}`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// How many.
    pub count: usize,
    /// Bytes of each, about.
    pub bytes: usize,
}

/// What goes wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Nothing comes back, ever.
    Hang,
    /// The connection is closed instead.
    Close,
    /// The connection is closed in the middle of the body.
    Truncate,
    /// Nothing more comes after the first half of the body, and the connection stays open.
    Stall,
}

fn ok() -> u16 {
    200
}

impl Exchange {
    pub(super) fn fits(&self, received: &Received) -> bool {
        let parameters = received.query();
        self.method
            .as_deref()
            .is_none_or(|method| received.method == method)
            && self
                .path
                .as_deref()
                .is_none_or(|path| received.uri.path() == path)
            && self
                .query
                .iter()
                .all(|(name, value)| parameters.iter().any(|(n, v)| n == name && v == value))
            && self
                .header
                .iter()
                .all(|(name, value)| received.header(name) == Some(value))
    }

    pub(super) fn body_bytes(&self, folder: &Path) -> io::Result<Bytes> {
        if let Some(name) = &self.body_file {
            return std::fs::read(folder.join(name)).map(Bytes::from);
        }
        if let Some(length) = self.body_bytes {
            return Ok(Bytes::from(vec![b'x'; length]));
        }
        if let Some(Generated { count, bytes }) = self.records {
            let filler = "x".repeat(bytes.saturating_sub(25));
            let records: Vec<String> = (0..count)
                .map(|id| format!("{{\"id\":{id},\"text\":\"{filler}\"}}"))
                .collect();
            return Ok(Bytes::from(format!(
                "{{\"records\":[{}]}}",
                records.join(",")
            )));
        }
        Ok(Bytes::from(self.body.clone()))
    }
}
