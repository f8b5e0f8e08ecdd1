//! Answers to bytes, in the form of AppFlow's Java SDK.

#[cfg(test)]
mod tests;

use super::model::RECORDS_START;
use super::{
    Answer, CacheControl, ConnectorConfiguration, Entity, EntityDefinition, ErrorCode,
    ErrorDetails, Operation, Pairs, Records, WriteRecordResult,
};
use serde::Serialize;

/// Largest answer made, in bytes. Lambda's limit of a synchronous answer is 6 MiB (6,291,456 bytes); 4 KiB are left
/// for whatever may stand around it.
pub const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024 - 4096;

const RECORDS_END: &[u8] = b"]";
const TOKEN_NAME: &[u8] = br#","nextToken":"#;
const OBJECT_END: &[u8] = b"}";

/// Who a connector is: AppFlow cannot decode even a failed `DescribeConnectorConfiguration` answer without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Owner.
    pub owner: &'a str,
    /// Name.
    pub name: &'a str,
    /// Version.
    pub version: &'a str,
}

impl Identity<'_> {
    /// Used where the connector could not say who it is.
    pub const UNKNOWN: Identity<'static> = Identity {
        owner: "unknown",
        name: "unknown",
        version: "0.0.0",
    };
}

/// Bytes of a `QueryData` answer besides the records: `encode` makes exactly this many more than `Records` holds.
#[must_use]
pub fn query_overhead_bytes(next_token: Option<&str>) -> usize {
    retrieve_overhead_bytes()
        + next_token
            .filter(|token| !token.is_empty())
            .map_or(0, |token| TOKEN_NAME.len() + quoted(token).len())
}

/// Bytes of a `RetrieveData` answer besides the records.
#[must_use]
pub const fn retrieve_overhead_bytes() -> usize {
    RECORDS_START.len() + RECORDS_END.len() + OBJECT_END.len()
}

/// Writes an answer or an error. The operation only matters for an error; without one, the bare failure object that
/// seven of the eight operations can decode is written. For an error of `DescribeConnectorConfiguration` the identity is
/// [`Identity::UNKNOWN`]; use [`encode_failure`] where it is known.
#[must_use]
pub fn encode(operation: Option<Operation>, answer: Result<&Answer, &ErrorDetails>) -> Vec<u8> {
    match answer {
        Err(details) => encode_failure(operation, details, None),
        Ok(answer) => encode_answer(answer),
    }
}

/// Writes the answer of an operation that failed as a whole.
#[must_use]
pub fn encode_failure(
    operation: Option<Operation>,
    details: &ErrorDetails,
    identity: Option<Identity<'_>>,
) -> Vec<u8> {
    let error_details = details.fit();
    match operation {
        Some(Operation::DescribeConnectorConfiguration) => {
            let identity = identity.unwrap_or(Identity::UNKNOWN);
            to_bytes(&FailedConfiguration {
                connector_owner: identity.owner,
                connector_name: identity.name,
                connector_version: identity.version,
                connector_modes: [],
                supported_api_versions: [],
                is_success: false,
                error_details,
            })
        }
        _ => to_bytes(&Failure {
            is_success: false,
            error_details,
        }),
    }
}

fn encode_answer(answer: &Answer) -> Vec<u8> {
    match answer {
        Answer::DescribeConnectorConfiguration(configuration) => to_bytes(&Configuration {
            is_success: true,
            configuration,
        }),
        Answer::ValidateConnectorRuntimeSettings(answer) => {
            let wrong = &answer.errors_by_input_field;
            let error_details = answer.error.as_ref().map(ErrorDetails::fit).or_else(|| {
                (!wrong.is_empty()).then(|| {
                    let keys: Vec<&str> = wrong.iter().map(|(key, _)| key).collect();
                    ErrorDetails::new(
                        ErrorCode::InvalidArgument,
                        format!("settings not accepted: {}", keys.join(", ")),
                    )
                })
            });
            to_bytes(&ValidateSettings {
                is_success: error_details.is_none(),
                errors_by_input_field: (!wrong.is_empty()).then_some(wrong),
                error_details,
            })
        }
        Answer::ValidateCredentials => br#"{"isSuccess":true}"#.to_vec(),
        Answer::ListEntities(answer) => to_bytes(&ListEntities {
            is_success: true,
            entities: &answer.entities,
            next_token: answer
                .next_token
                .as_deref()
                .filter(|token| !token.is_empty()),
            cache_control: answer.cache_control,
        }),
        Answer::DescribeEntity(answer) => to_bytes(&DescribeEntity {
            is_success: true,
            entity_definition: &answer.entity_definition,
            cache_control: answer.cache_control,
        }),
        Answer::QueryData(answer) => records(answer.records.clone(), answer.next_token.as_deref()),
        Answer::RetrieveData(answer) => records(answer.records.clone(), None),
        Answer::WriteData(answer) => {
            let results = &answer.write_record_results;
            let failed = results.iter().filter(|result| !result.is_success).count();
            let error_details = answer.error.as_ref().map(ErrorDetails::fit).or_else(|| {
                (failed > 0).then(|| {
                    let message = format!("{failed} of {} records failed", results.len());
                    ErrorDetails::new(ErrorCode::PartialWriteFailure, message)
                })
            });
            to_bytes(&WriteData {
                is_success: error_details.is_none(),
                error_details,
                write_record_results: results,
            })
        }
    }
}

/// The same as [`encode`] of the answer, which is used up: records stay where they are.
#[must_use]
pub fn encode_whole(answer: Answer) -> Vec<u8> {
    match answer {
        Answer::QueryData(answer) => records(answer.records, answer.next_token.as_deref()),
        Answer::RetrieveData(answer) => records(answer.records, None),
        answer => encode_answer(&answer),
    }
}

fn records(records: Records, next_token: Option<&str>) -> Vec<u8> {
    let next_token = next_token.filter(|token| !token.is_empty());
    let mut bytes = records.into_start();
    bytes.reserve_exact(query_overhead_bytes(next_token) - RECORDS_START.len());
    bytes.extend_from_slice(RECORDS_END);
    if let Some(token) = next_token {
        bytes.extend_from_slice(TOKEN_NAME);
        bytes.extend_from_slice(&quoted(token));
    }
    bytes.extend_from_slice(OBJECT_END);
    bytes
}

fn quoted(text: &str) -> Vec<u8> {
    to_bytes(text)
}

/// Serialising our own types to memory cannot fail: no map has keys other than strings, and a [`Decimal`] is checked
/// when it is made. If it did, AppFlow would still get an answer that most operations can decode.
///
/// [`Decimal`]: super::Decimal
fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|_| {
        br#"{"isSuccess":false,"errorDetails":{"errorCode":"UnknownError","errorMessage":"the answer cannot be written as JSON"}}"#
            .to_vec()
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    is_success: bool,
    error_details: ErrorDetails,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedConfiguration<'a> {
    connector_owner: &'a str,
    connector_name: &'a str,
    connector_version: &'a str,
    connector_modes: [&'a str; 0],
    supported_api_versions: [&'a str; 0],
    is_success: bool,
    error_details: ErrorDetails,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configuration<'a> {
    is_success: bool,
    #[serde(flatten)]
    configuration: &'a ConnectorConfiguration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ValidateSettings<'a> {
    is_success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors_by_input_field: Option<&'a Pairs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<ErrorDetails>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListEntities<'a> {
    is_success: bool,
    entities: &'a [Entity],
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DescribeEntity<'a> {
    is_success: bool,
    entity_definition: &'a EntityDefinition,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WriteData<'a> {
    is_success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<ErrorDetails>,
    write_record_results: &'a [WriteRecordResult],
}
