//! What the application holds: accounts of a stand-in for Salesforce, as many and as large as a measure wants.

use anyhow::{Context, Result};
use appflow_testkit::measure::Upstream;
use appflow_testkit::salesforce::{Config, Record, SalesforceStandIn};
use serde_json::{Value, json};

use crate::contender::{self, Contender};

/// The object that is read.
pub(crate) const ENTITY: &str = "Account";

/// All sixteen fields of a large record.
pub(crate) const ALL_FIELDS: [&str; 16] = [
    "Id",
    "Name",
    "Type",
    "Industry",
    "Phone",
    "Website",
    "NumberOfEmployees",
    "AnnualRevenue",
    "Description",
    "ParentId",
    "ExternalKey__c",
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
    "IsDeleted",
    "OwnerId",
];

/// Eleven of them.
pub(crate) const SOME_FIELDS: [&str; 11] = [
    "Id",
    "Name",
    "Type",
    "Phone",
    "Website",
    "NumberOfEmployees",
    "AnnualRevenue",
    "Description",
    "ExternalKey__c",
    "LastModifiedDate",
    "IsDeleted",
];

/// Fields of a small one.
pub(crate) const FEW_FIELDS: [&str; 5] = [
    "Id",
    "Name",
    "Industry",
    "NumberOfEmployees",
    "LastModifiedDate",
];

/// Text as people write it: quotes, line ends, letters beyond ASCII.
const PROSE: &str = "Called on Tuesday: \"we need the offer by March\".\nMüller & Söhne want 3 × 40 units, 12 % off list, \
    shipped to Kraków; see the e-mail of 2024-02-11.\tNext: send terms, then ask again. Owner said it depends on the board. ";

/// Records, the application that has them, and the way there.
pub(crate) struct Data {
    /// Dropping it would end the stand-in.
    _stand_in: SalesforceStandIn,
    /// In front of it.
    pub(crate) upstream: Upstream,
    /// Records of a page of the application.
    pub(crate) per_page: usize,
    fields: Vec<&'static str>,
    /// The entity's definition, which AppFlow sends along.
    pub(crate) definition: Value,
}

impl Data {
    /// `total` records of about `record_bytes` as JSON, in pages of `per_page`.
    pub(crate) fn new(
        per_page: usize,
        total: usize,
        fields: &[&'static str],
        record_bytes: usize,
    ) -> Result<Self> {
        let stand_in = SalesforceStandIn::start(Config {
            records: [(ENTITY.to_owned(), total)].into(),
            records_per_object: 1,
            default_batch: per_page,
            min_batch: per_page,
            max_batch: per_page,
            ..Config::default()
        })
        .context("cannot start the stand-in for Salesforce")?;
        if fields.contains(&"Description") {
            let records = stand_in.records(ENTITY);
            let records = records
                .into_iter()
                .map(|record| filled(record, fields, record_bytes))
                .collect();
            stand_in.set_records(ENTITY, records);
        }
        let upstream = Upstream::start(stand_in.url(), stand_in.token())?;
        Ok(Self {
            _stand_in: stand_in,
            upstream,
            per_page,
            fields: fields.to_vec(),
            definition: Value::Null,
        })
    }

    /// The same with the entity's definition.
    #[must_use]
    pub(crate) fn defined(self, definition: &Value) -> Self {
        Self {
            definition: definition.clone(),
            ..self
        }
    }

    /// AppFlow's request for a page.
    pub(crate) fn query(&self, contender: Contender, token: Option<&str>) -> Vec<u8> {
        let mut request = json!({
            "type": "QueryDataRequest", "entityIdentifier": ENTITY, "maxResults": self.per_page,
            "selectedFieldNames": self.fields,
            "connectorContext": contender::context(contender, &self.upstream, &self.definition),
        });
        if let Some(token) = token {
            request["nextToken"] = token.into();
        }
        request.to_string().into_bytes()
    }

    /// AppFlow's request for the entity's definition.
    pub(crate) fn describe(&self, contender: Contender) -> Vec<u8> {
        json!({
            "type": "DescribeEntityRequest", "entityIdentifier": ENTITY,
            "connectorContext": contender::context(contender, &self.upstream, &Value::Null),
        })
        .to_string()
        .into_bytes()
    }
}

/// The record with a description that makes it as large as wanted.
fn filled(mut record: Record, fields: &[&str], bytes: usize) -> Record {
    record.insert("Description".to_owned(), Value::String(String::new()));
    let own: usize = record
        .iter()
        .filter(|(name, _)| fields.contains(&name.as_str()))
        .map(|(name, value)| name.len() + value.to_string().len() + 4)
        .sum();
    // The address that every record brings along.
    let attributes = 97;
    // Two braces, and a comma less than there are fields.
    let mut left = bytes.saturating_sub(own + 1 + attributes);
    let mut text = String::new();
    for letter in PROSE.chars().cycle() {
        let size = serde_json::to_string(&letter).map_or(1, |json| json.len() - 2);
        if size > left {
            break;
        }
        left -= size;
        text.push(letter);
    }
    record.insert("Description".to_owned(), Value::String(text));
    record
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn records_get_the_size_they_should_have() {
        let record = Record::from([
            ("Id".to_owned(), json!("001")),
            ("Other".to_owned(), json!(1)),
        ]);
        let filled = filled(record, &["Id", "Description"], 1_000);
        let text = serde_json::to_string(
            &json!({"Id": filled["Id"], "Description": filled["Description"]}),
        )
        .unwrap();
        let size = text.len() + 97;
        assert!((990..=1_000).contains(&size), "{size}");
        assert!(text.contains("\\n") && text.contains("\\\"") && text.contains('ü'));
    }
}
