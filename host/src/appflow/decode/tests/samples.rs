//! A request of every operation, with every property that AppFlow's SDKs know and one that nobody knows.

use super::super::super::Operation;
use super::super::decode;
use serde_json::{Value, json};

/// Stands for all that must not be in messages.
pub(super) const SECRET: &str = "s3cr3t";

pub(super) fn definition() -> Value {
    json!({
        "entity": {
            "entityIdentifier": "contact", "hasNestedEntities": false, "isWritable": false, "label": "Contact",
            "description": "A person", "customProperties": {"path": "/contacts"}
        },
        "fields": [
            {"fieldName": "id", "dataType": "String", "isPrimaryKey": true},
            {
                "fieldName": "amount", "dataType": "BigDecimal", "dataTypeLabel": "money", "label": "Amount",
                "description": "How much", "isPrimaryKey": false, "defaultValue": "0", "isDeprecated": true,
                "constraints": {
                    "allowedLengthRange": {"minRange": 1, "maxRange": 20},
                    "allowedValueRange": {"minRange": -12.50, "maxRange": 1e2},
                    "allowedValues": ["1", "2"], "allowedValuesRegexPattern": "[0-9]+", "allowedDateFormat": "yyyy"
                },
                "readProperties": {
                    "isRetrievable": true, "isNullable": false, "isQueryable": true,
                    "isTimestampFieldForIncrementalQueries": false
                },
                "writeProperties": {
                    "isCreatable": true, "isUpdatable": false, "isNullable": true, "isUpsertable": false,
                    "isDefaultedOnCreate": true, "supportedWriteOperations": ["UPSERT", "DELETE"]
                },
                "filterOperators": ["EQUAL_TO", "BETWEEN"],
                "customProperties": {"column": "amt"}
            }
        ],
        "customProperties": {"remark": "x"}
    })
}

fn context() -> Value {
    json!({
        "apiVersion": "v1",
        "connectorRuntimeSettings": {"baseUrl": "https://api.example.com", "token": SECRET},
        "credentials": {"secretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s", "authenticationType": "ApiKey"},
        "entityDefinition": definition(),
        "flowName": "flow", "executionId": "run", "connectorProfileLabel": "profile",
        "later": [SECRET]
    })
}

pub(super) fn all() -> Vec<(Operation, Value)> {
    use Operation as Op;
    vec![
        (
            Op::DescribeConnectorConfiguration,
            json!({"type": "DescribeConnectorConfigurationRequest", "locale": "de-DE", "connectorLabel": "demo"}),
        ),
        (
            Op::ValidateConnectorRuntimeSettings,
            json!({
                "type": "ValidateConnectorRuntimeSettingsRequest", "scope": "SOURCE_AND_DESTINATION",
                "connectorRuntimeSettings": {"a": SECRET, "b": "2"}, "authenticationType": "OAuth2"
            }),
        ),
        (
            Op::ValidateCredentials,
            json!({
                "type": "ValidateCredentialsRequest",
                "credentials": {"secretArn": SECRET, "authenticationType": "CustomAuth"},
                "connectorRuntimeSettings": {"sandbox": "false"}
            }),
        ),
        (
            Op::ListEntities,
            json!({
                "type": "ListEntitiesRequest", "entitiesPath": "sales", "maxResult": 50, "nextToken": SECRET,
                "connectorContext": context()
            }),
        ),
        (
            Op::DescribeEntity,
            json!({"type": "DescribeEntityRequest", "entityIdentifier": "contact", "connectorContext": context()}),
        ),
        (
            Op::QueryData,
            json!({
                "type": "QueryDataRequest", "entityIdentifier": "contact", "selectedFieldNames": ["id", "amount"],
                "filterExpression": format!("a = '{SECRET}'"), "maxResults": 100, "nextToken": SECRET,
                "connectorContext": context()
            }),
        ),
        (
            Op::RetrieveData,
            json!({
                "type": "RetrieveDataRequest", "entityIdentifier": "contact", "selectedFieldNames": ["id"],
                "idFieldName": "id", "ids": [SECRET, "2"], "connectorContext": context()
            }),
        ),
        (
            Op::WriteData,
            json!({
                "type": "WriteDataRequest", "entityIdentifier": "contact", "operation": "UPSERT", "idFieldNames": ["id"],
                "records": [format!("{{\"id\":\"{SECRET}\"}}"), "{\"id\":\"2\"}"], "allOrNone": true,
                "connectorContext": context()
            }),
        ),
    ]
}

/// Sets or removes the value at a JSON pointer.
pub(super) fn set(root: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match (root.pointer_mut(parent).expect("a parent"), value) {
        (Value::Object(map), Some(value)) => {
            map.insert(name.to_owned(), value);
        }
        (Value::Object(map), None) => {
            map.remove(name);
        }
        (Value::Array(items), value) => {
            let index: usize = name.parse().expect("an index");
            match value {
                Some(value) => *items.get_mut(index).expect("an item") = value,
                None => drop(items.remove(index)),
            }
        }
        _ => panic!("nothing at {parent}"),
    }
}

/// The pointers of all values inside a value.
pub(super) fn pointers(value: &Value, prefix: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (name, child) in children {
        let pointer = format!("{prefix}/{name}");
        all.extend(pointers(child, &pointer));
        all.push(pointer);
    }
    all
}

#[test]
fn every_operation_has_a_sample() {
    let samples = all();
    assert_eq!(
        samples
            .iter()
            .map(|(operation, _)| *operation)
            .collect::<Vec<_>>(),
        Operation::ALL
    );
    for (operation, sample) in samples {
        assert_eq!(
            decode(sample.to_string().as_bytes()).unwrap().operation(),
            operation
        );
    }
}
