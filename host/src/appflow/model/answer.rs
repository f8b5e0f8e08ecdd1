//! What a connector answers.

use super::configuration::ConnectorConfiguration;
use super::entity::{CacheControl, Entity, EntityDefinition};
use super::error::ErrorDetails;
use super::values::Pairs;
use crate::appflow::Operation;
use serde::Serialize;
use std::fmt;

/// The answer of an operation that the connector did carry out. An operation that failed as a whole is answered by
/// [`ErrorDetails`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What the connector is.
    DescribeConnectorConfiguration(Box<ConnectorConfiguration>),
    /// Whether the settings are good.
    ValidateConnectorRuntimeSettings(ValidateSettingsAnswer),
    /// The credentials are good.
    ValidateCredentials,
    /// Some of the entities.
    ListEntities(ListEntitiesAnswer),
    /// An entity with its fields.
    DescribeEntity(Box<DescribeEntityAnswer>),
    /// A page of records.
    QueryData(QueryDataAnswer),
    /// Records by id.
    RetrieveData(RetrieveDataAnswer),
    /// What became of the records.
    WriteData(WriteDataAnswer),
}

impl Answer {
    /// The operation.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::DescribeConnectorConfiguration(_) => Operation::DescribeConnectorConfiguration,
            Self::ValidateConnectorRuntimeSettings(_) => {
                Operation::ValidateConnectorRuntimeSettings
            }
            Self::ValidateCredentials => Operation::ValidateCredentials,
            Self::ListEntities(_) => Operation::ListEntities,
            Self::DescribeEntity(_) => Operation::DescribeEntity,
            Self::QueryData(_) => Operation::QueryData,
            Self::RetrieveData(_) => Operation::RetrieveData,
            Self::WriteData(_) => Operation::WriteData,
        }
    }
}

/// Answer of `ValidateConnectorRuntimeSettings`: a success exactly if both members are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidateSettingsAnswer {
    /// Key of a setting and the text shown next to it.
    pub errors_by_input_field: Pairs,
    /// Error of the whole; if none while settings are wrong, one is made that names them.
    pub error: Option<ErrorDetails>,
}

/// Answer of `ListEntities`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListEntitiesAnswer {
    /// Entities.
    pub entities: Vec<Entity>,
    /// Token of the next page; an empty one is not sent.
    pub next_token: Option<String>,
    /// How long AppFlow may keep this.
    pub cache_control: Option<CacheControl>,
}

/// Answer of `DescribeEntity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeEntityAnswer {
    /// The entity with its fields.
    pub entity_definition: EntityDefinition,
    /// How long AppFlow may keep this.
    pub cache_control: Option<CacheControl>,
}

/// Answer of `QueryData`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryDataAnswer {
    /// Records.
    pub records: Records,
    /// Token of the next page; an empty one is not sent.
    pub next_token: Option<String>,
}

/// Answer of `RetrieveData`. It has no pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetrieveDataAnswer {
    /// Records.
    pub records: Records,
}

/// Answer of `WriteData`: a success exactly if no result and nothing else failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteDataAnswer {
    /// One result per record, in the order of the records.
    pub write_record_results: Vec<WriteRecordResult>,
    /// Error of the whole; if none while records failed, `PartialWriteFailure` with their number is sent.
    pub error: Option<ErrorDetails>,
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteRecordResult {
    /// True if it was written.
    pub is_success: bool,
    /// Identifier in the application; for a failed record the one it came with, or empty.
    pub record_id: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// What the answer of an operation that returns records begins with.
pub(in crate::appflow) const RECORDS_START: &[u8] = br#"{"isSuccess":true,"records":["#;

/// Records as they stand inside the JSON array of an answer: each a JSON object, escaped and quoted as a JSON string,
/// separated by commas: `"{\"id\":1}","{\"id\":2}"`. They are pasted as they are; whoever makes them answers for their
/// form.
///
/// The beginning of the answer stands before them, so that the answer is finished in the same bytes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Records(Vec<u8>);

impl Records {
    /// Records that stand in another list already.
    #[must_use]
    pub fn of_inside(inside: &[u8]) -> Self {
        match inside {
            [] => Self::default(),
            inside => Self([RECORDS_START, inside].concat()),
        }
    }

    /// The inside of the array.
    #[must_use]
    pub fn inside(&self) -> &[u8] {
        self.0.get(RECORDS_START.len()..).unwrap_or_default()
    }

    /// Bytes of the inside.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inside().len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inside().is_empty()
    }

    /// Whether there is no room for so many bytes more.
    #[must_use]
    pub fn is_at_capacity(&self, bytes: usize) -> bool {
        self.0.capacity() - self.0.len() < bytes
    }

    /// Makes room for so many bytes more.
    pub fn reserve(&mut self, bytes: usize) {
        self.0.reserve(RECORDS_START.len() + bytes);
    }

    /// Adds a record, which `write` appends to the bytes it is given. As many of them as it is told stand before the inside. A
    /// record that is not to stay is taken back by [`Records::truncate`], even if nothing was written.
    pub fn add<R>(&mut self, write: impl FnOnce(&mut Vec<u8>, usize) -> R) -> R {
        if self.0.is_empty() {
            self.0.extend_from_slice(RECORDS_START);
        } else {
            self.0.push(b',');
        }
        write(&mut self.0, RECORDS_START.len())
    }

    /// Takes back all but the first bytes of the inside, which must be the end of a record.
    pub fn truncate(&mut self, bytes: usize) {
        match bytes {
            0 => self.0.clear(),
            bytes => self.0.truncate(RECORDS_START.len() + bytes),
        }
    }

    /// The beginning of an answer, all records in it.
    pub(in crate::appflow) fn into_start(self) -> Vec<u8> {
        match self.0 {
            empty if empty.is_empty() => RECORDS_START.to_vec(),
            begun => begun,
        }
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Records({} bytes)", self.len())
    }
}
