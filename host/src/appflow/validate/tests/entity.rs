//! Metadata and pages, good and bad. `!` marks an error, `?` a warning.

use super::shown;
use crate::appflow::*;

fn entity(identifier: &str) -> Entity {
    Entity {
        entity_identifier: identifier.to_owned(),
        has_nested_entities: false,
        is_writable: true,
        label: None,
        description: None,
        custom_properties: Pairs::new(),
    }
}

#[test]
fn lists_of_entities() {
    let list = |identifiers: &[&str], token: Option<&str>, seconds: Option<u32>| {
        shown(&Answer::ListEntities(ListEntitiesAnswer {
            entities: identifiers
                .iter()
                .map(|identifier| entity(identifier))
                .collect(),
            next_token: token.map(str::to_owned),
            cache_control: seconds.map(|time_to_live_seconds| CacheControl {
                time_to_live_seconds,
            }),
        }))
    };
    assert_eq!(list(&["a", "b"], Some("next"), Some(600)), [""; 0]);
    assert_eq!(
        list(&["a", "", "two words", "a"], None, Some(599)),
        [
            "! entities[1].entityIdentifier: must not be blank",
            "? entities[2].entityIdentifier: has white space, which AppFlow's API does not take",
            "? entities[3].entityIdentifier: comes twice",
            "? cacheControl.timeToLive: below 600 seconds, which AppFlow takes as 600",
        ]
    );
    assert_eq!(
        list(&[], Some(""), None),
        ["! nextToken: is empty, which does not say whether there is another page"]
    );
    assert_eq!(
        list(&[], Some("a b"), None),
        ["! nextToken: has white space"]
    );
    assert_eq!(list(&[], Some(&"é".repeat(2048)), None), [""; 0]);
    assert_eq!(
        list(&[], Some(&"é".repeat(2049)), None),
        ["! nextToken: longer than 2048 characters"]
    );
}

fn describe(change: impl FnOnce(&mut EntityDefinition)) -> Vec<String> {
    let mut definition = EntityDefinition {
        entity: entity("contact"),
        fields: vec![
            FieldDefinition::new("id", FieldDataType::String),
            FieldDefinition::new("at", FieldDataType::DateTime),
        ],
        custom_properties: Pairs::new(),
    };
    change(&mut definition);
    shown(&Answer::DescribeEntity(Box::new(DescribeEntityAnswer {
        entity_definition: definition,
        cache_control: None,
    })))
}

#[test]
fn definitions() {
    let unknown = "is no value that AppFlow knows, so it could not read the answer";
    assert_eq!(describe(|_| {}), [""; 0]);
    assert_eq!(
        describe(|d| d.fields.clear()),
        ["? entityDefinition.fields: is empty, so nothing can be chosen"]
    );
    assert_eq!(
        describe(|d| d.fields[1].field_name = "id".to_owned()),
        ["? entityDefinition.fields[1].fieldName: comes twice"]
    );
    assert_eq!(
        describe(|d| d.fields[1].field_name.clear()),
        ["! entityDefinition.fields[1].fieldName: must not be blank"]
    );
    assert_eq!(
        describe(|d| d.fields[0].data_type = OrUnknown::Unknown("Vector".to_owned())),
        [format!("! entityDefinition.fields[0].dataType: {unknown}")]
    );
    assert_eq!(
        describe(
            |d| d.fields[0].filter_operators = Some(vec![OrUnknown::Unknown("NEAR".to_owned())])
        ),
        [format!(
            "! entityDefinition.fields[0].filterOperators[0]: {unknown}"
        )]
    );
    assert_eq!(
        describe(|d| {
            d.fields[0].write_properties = Some(WriteOperationProperty {
                supported_write_operations: vec![OrUnknown::Unknown("MERGE".to_owned())],
                ..WriteOperationProperty::default()
            });
        }),
        [format!(
            "! entityDefinition.fields[0].writeProperties.supportedWriteOperations[0]: {unknown}"
        )]
    );
    let incremental = ReadOperationProperty {
        is_timestamp_field_for_incremental_queries: Some(true),
        ..ReadOperationProperty::default()
    };
    assert_eq!(
        describe(|d| d.fields[1].read_properties = Some(incremental)),
        [""; 0]
    );
    assert_eq!(
        describe(|d| d.fields[0].read_properties = Some(incremental)),
        [
            "? entityDefinition.fields[0].readProperties.isTimestampFieldForIncrementalQueries: has a meaning for Date and \
          DateTime only"
        ]
    );
    let range = |min: &str, max: &str| RangeConstraint {
        min_range: Decimal::parse(min).unwrap(),
        max_range: Decimal::parse(max).unwrap(),
    };
    let constrained = |d: &mut EntityDefinition, range| {
        d.fields[0].constraints = Some(FieldConstraints {
            allowed_value_range: Some(range),
            ..FieldConstraints::default()
        });
    };
    assert_eq!(describe(|d| constrained(d, range("-1", "1e3"))), [""; 0]);
    assert_eq!(
        describe(|d| constrained(d, range("1e3", "-1"))),
        [
            "? entityDefinition.fields[0].constraints.allowedValueRange: has a smallest value above its largest"
        ]
    );
    let properties = |entries: &[(&str, &str)]| -> Pairs {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    assert_eq!(
        describe(|d| d.custom_properties = properties(&[("a_1", "/x?y=z")])),
        [""; 0]
    );
    assert_eq!(
        describe(|d| d.custom_properties = properties(&[("a-b", "two words")])),
        [
            "? entityDefinition.customProperties: has a key that is not made of at most 128 letters, digits and \
             underscores",
            "? entityDefinition.customProperties: has a value that is empty, has white space or is longer than 2048 \
             characters",
        ]
    );
}

#[test]
fn pages() {
    let page = |bytes: usize, token: Option<&str>| {
        shown(&Answer::QueryData(QueryDataAnswer {
            records: Records::of_inside(&vec![b' '; bytes]),
            next_token: token.map(str::to_owned),
        }))
    };
    let fits = MAX_ANSWER_BYTES - query_overhead_bytes(Some("next"));
    let too_large = format!("! records: make the answer larger than {MAX_ANSWER_BYTES} bytes");
    assert_eq!(page(fits, Some("next")), [""; 0]);
    assert_eq!(page(fits + 1, Some("next")), [too_large.as_str()]);
    let fits = MAX_ANSWER_BYTES - retrieve_overhead_bytes();
    let retrieved = |bytes| {
        shown(&Answer::RetrieveData(RetrieveDataAnswer {
            records: Records::of_inside(&vec![b' '; bytes]),
        }))
    };
    assert_eq!(retrieved(fits), [""; 0]);
    assert_eq!(retrieved(fits + 1), [too_large]);
    assert_eq!(page(0, Some("a\nb")), ["! nextToken: has white space"]);
    assert_eq!(
        shown(&Answer::WriteData(WriteDataAnswer::default())),
        [""; 0]
    );
    assert_eq!(shown(&Answer::ValidateCredentials), [""; 0]);
}
