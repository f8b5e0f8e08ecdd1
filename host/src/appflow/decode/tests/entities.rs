//! The entity definition inside a request.

use super::super::super::{
    ConnectorOperator, EntityDefinition, EntityDefinitionText, FieldDataType, Operation, OrUnknown,
    WriteOperationType,
};
use super::{ok, samples, with};
use serde_json::{Value, json};

fn text(definition: &Value) -> EntityDefinitionText {
    let request = ok(&with(
        Operation::QueryData,
        "/connectorContext/entityDefinition",
        definition.clone(),
    ));
    request
        .context()
        .unwrap()
        .entity_definition
        .clone()
        .unwrap()
}

fn decoded(definition: &Value) -> EntityDefinition {
    text(definition).decode().unwrap()
}

#[test]
fn the_text_is_kept_as_it_came() {
    let body = r#"{"type":"DescribeEntityRequest","entityIdentifier":"a","connectorContext":{"apiVersion":"1",
        "entityDefinition" :  { "entity" : {"later":1.10} , "z":1, "a":2 } }}"#;
    let request = super::decode(body.as_bytes()).unwrap();
    let text = request
        .context()
        .unwrap()
        .entity_definition
        .as_ref()
        .unwrap();
    assert_eq!(
        text.as_str(),
        r#"{ "entity" : {"later":1.10} , "z":1, "a":2 }"#
    );
}

#[test]
fn everything_comes_back() {
    let definition = decoded(&samples::definition());
    // What it is encoded to is what it was decoded from.
    assert_eq!(
        serde_json::to_value(&definition).unwrap(),
        samples::definition()
    );
    let amount = &definition.fields[1];
    let range = amount
        .constraints
        .as_ref()
        .unwrap()
        .allowed_value_range
        .as_ref()
        .unwrap();
    assert_eq!(range.min_range.as_str(), "-12.5");
    let writes = &amount
        .write_properties
        .as_ref()
        .unwrap()
        .supported_write_operations;
    assert_eq!(
        writes,
        &[
            WriteOperationType::Upsert.into(),
            WriteOperationType::Delete.into()
        ]
    );
}

#[test]
fn defaults() {
    let definition = decoded(&json!({"entity": {"entityIdentifier": "a"}}));
    assert!(!definition.entity.has_nested_entities);
    assert!(definition.entity.is_writable);
    assert!(definition.fields.is_empty());
    let definition = decoded(&json!({
        "entity": {"entityIdentifier": "a", "hasNestedEntities": null, "isWritable": null},
        "fields": [{"fieldName": "f", "dataType": "Long", "filterOperators": []}, {"fieldName": "g", "dataType": "Long"}]
    }));
    assert!(definition.entity.is_writable);
    assert_eq!(definition.fields[0].filter_operators, Some(vec![]));
    assert_eq!(definition.fields[1].filter_operators, None);
    assert_eq!(FieldDataType::Long.default_filter_operators().len(), 6);
}

#[test]
fn newer_values_are_kept() {
    let definition = json!({
        "entity": {"entityIdentifier": "a"},
        "fields": [{
            "fieldName": "f", "dataType": "Vector", "filterOperators": ["EQUAL_TO", "NEAR"],
            "writeProperties": {"supportedWriteOperations": ["MERGE"]}
        }]
    });
    let field = decoded(&definition).fields.remove(0);
    assert_eq!(field.data_type, OrUnknown::Unknown("Vector".to_owned()));
    let operators = field.filter_operators.unwrap();
    assert_eq!(
        operators,
        [
            ConnectorOperator::EqualTo.into(),
            OrUnknown::Unknown("NEAR".to_owned())
        ]
    );
    assert_eq!(
        field.write_properties.unwrap().supported_write_operations,
        [OrUnknown::Unknown("MERGE".to_owned())]
    );
}

#[test]
fn decimals_stay_exact() {
    let body = r#"{"entity":{"entityIdentifier":"a"},"fields":[{"fieldName":"f","dataType":"BigDecimal","constraints":
        {"allowedValueRange":{"minRange":-123456789012345678901234567890.1234567890,"maxRange":"1E+2"}}}]}"#;
    let definition = EntityDefinitionText(body.into()).decode().unwrap();
    let text = serde_json::to_string(&definition).unwrap();
    assert!(
        text.contains(r#"{"minRange":-123456789012345678901234567890.1234567890,"maxRange":1E+2}"#),
        "{text}"
    );
}

#[test]
fn faults_have_a_path() {
    for (pointer, value, message) in [
        (
            "/entity",
            json!(null),
            "connectorContext.entityDefinition.entity: required",
        ),
        (
            "/entity/entityIdentifier",
            json!(null),
            "connectorContext.entityDefinition.entity.entityIdentifier: required",
        ),
        (
            "/fields",
            json!({}),
            "connectorContext.entityDefinition.fields: expected a list, found an object",
        ),
        (
            "/fields/1",
            json!(null),
            "connectorContext.entityDefinition.fields[1]: null is not allowed in a list",
        ),
        (
            "/fields/1",
            json!(1),
            "connectorContext.entityDefinition.fields[1]: expected an object, found a number",
        ),
        (
            "/fields/0/fieldName",
            json!(null),
            "connectorContext.entityDefinition.fields[0].fieldName: required",
        ),
        (
            "/fields/0/dataType",
            json!(null),
            "connectorContext.entityDefinition.fields[0].dataType: required",
        ),
        (
            "/fields/1/constraints/allowedValueRange/minRange",
            json!("low"),
            "connectorContext.entityDefinition.fields[1].constraints.allowedValueRange.minRange: expected a decimal \
             number of at most 1000 characters",
        ),
        (
            "/fields/1/constraints/allowedLengthRange/maxRange",
            json!(null),
            "connectorContext.entityDefinition.fields[1].constraints.allowedLengthRange.maxRange: required",
        ),
        (
            "/fields/1/filterOperators/0",
            json!(3),
            "connectorContext.entityDefinition.fields[1].filterOperators[0]: expected a string, found a number",
        ),
        (
            "/fields/1/customProperties/column",
            json!([]),
            "connectorContext.entityDefinition.fields[1].customProperties.column: expected a string, found a list",
        ),
    ] {
        let mut definition = samples::definition();
        samples::set(&mut definition, pointer, Some(value));
        assert_eq!(text(&definition).decode().unwrap_err().message, message);
    }
}
