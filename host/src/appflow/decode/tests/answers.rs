//! Answers: whatever is encoded decodes to the same, and what AppFlow could not decode is told.

use super::super::super::*;
use super::samples;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Value, json};

fn decoded(operation: Operation, answer: &Value) -> Result<Answer, ErrorDetails> {
    decode_answer(operation, answer.to_string().as_bytes())
        .unwrap_or_else(|error| panic!("{error}: {answer}"))
}

fn refused(operation: Operation, answer: &Value) -> String {
    match decode_answer(operation, answer.to_string().as_bytes()) {
        Ok(decoded) => panic!("taken: {decoded:?}"),
        Err(error) => error.message,
    }
}

fn configuration() -> Value {
    let parameter = json!({"key": "k", "required": true, "type": "TOKEN_URL", "label": "L", "description": "D"});
    json!({
        "isSuccess": true, "connectorOwner": "o", "connectorName": "n", "connectorVersion": "v",
        "connectorModes": ["SOURCE"], "supportedApiVersions": ["v1"],
        "authenticationConfig": {"oAuth2Defaults": {
            "tokenURL": ["https://example.com"], "oAuth2GrantTypesSupported": ["CLIENT_CREDENTIALS"],
            "oauth2CustomProperties": [parameter]
        }},
        "connectorRuntimeSetting": [{
            "key": "k", "dataType": "Url", "required": true, "label": "L", "description": "D", "scope": "SOURCE"
        }]
    })
}

#[test]
fn defaults_of_a_configuration() {
    let Ok(Answer::DescribeConnectorConfiguration(read)) =
        decoded(Operation::DescribeConnectorConfiguration, &configuration())
    else {
        panic!("no configuration");
    };
    assert_eq!(read.operators_supported.len(), 21);
    assert_eq!(read.supported_trigger_types, TriggerType::ALL);
    assert_eq!(read.trigger_frequencies_supported, TriggerFrequency::ALL);
    assert_eq!(read.supported_write_operations, WriteOperationType::ALL);
    assert_eq!(
        read.supported_data_transfer_types,
        [DataTransferType::Record]
    );
}

#[test]
fn both_spellings_of_custom_properties() {
    let java = configuration();
    let mut python = java.clone();
    let properties = java
        .pointer("/authenticationConfig/oAuth2Defaults/oauth2CustomProperties")
        .cloned();
    samples::set(
        &mut python,
        "/authenticationConfig/oAuth2Defaults/oauth2CustomProperties",
        None,
    );
    samples::set(
        &mut python,
        "/authenticationConfig/oAuth2Defaults/oAuth2CustomProperties",
        properties,
    );
    assert_ne!(java, python);
    let operation = Operation::DescribeConnectorConfiguration;
    assert_eq!(decoded(operation, &java), decoded(operation, &python));
}

#[test]
fn what_appflow_could_not_decode() {
    use Operation as Op;
    for (operation, pointer, value, message) in [
        (
            Op::DescribeConnectorConfiguration,
            "/isSuccess",
            json!(null),
            "isSuccess: required",
        ),
        (
            Op::DescribeConnectorConfiguration,
            "/connectorName",
            json!(null),
            "connectorName: required",
        ),
        (
            Op::DescribeConnectorConfiguration,
            "/connectorModes",
            json!(["source"]),
            "connectorModes[0]: expected one of SOURCE, DESTINATION",
        ),
        (
            Op::DescribeConnectorConfiguration,
            "/connectorRuntimeSetting/0/required",
            json!(null),
            "connectorRuntimeSetting[0].required: required",
        ),
    ] {
        let mut answer = configuration();
        samples::set(&mut answer, pointer, Some(value));
        assert_eq!(refused(operation, &answer), message);
    }
    let failed = json!({"isSuccess": false, "errorDetails": {"errorCode": "UnknownError", "errorMessage": "x"}});
    assert_eq!(
        refused(Op::DescribeConnectorConfiguration, &failed),
        "connectorOwner: required"
    );
    for operation in &Op::ALL[1..] {
        assert_eq!(
            refused(*operation, &json!({"isSuccess": false})),
            "errorDetails: required"
        );
        assert_eq!(
            refused(*operation, &json!([])),
            "answer: expected an object"
        );
        let error = |name: &str, value: Value| {
            let mut answer = failed.clone();
            samples::set(&mut answer, &format!("/errorDetails/{name}"), Some(value));
            refused(*operation, &answer)
        };
        assert_eq!(
            error("errorMessage", json!(null)),
            "errorDetails.errorMessage: required"
        );
        assert!(
            error("errorCode", json!("NotFound"))
                .starts_with("errorDetails.errorCode: expected one of Invalid")
        );
        let seconds = error("retryAfterSeconds", json!(2_147_483_648_u64));
        assert_eq!(
            seconds,
            "errorDetails.retryAfterSeconds: expected a whole number"
        );
    }
    let results =
        json!({"isSuccess": true, "writeRecordResults": [{"isSuccess": true, "recordId": null}]});
    assert_eq!(
        refused(Op::WriteData, &results),
        "writeRecordResults[0].recordId: required"
    );
    assert_eq!(
        refused(Op::DescribeEntity, &json!({"isSuccess": true})),
        "entityDefinition: required"
    );
}

#[test]
fn units_of_time() {
    for (time, unit, seconds) in [
        (json!(900), json!("SECONDS"), 900),
        (json!(900), json!(null), 900),
        (json!(2), json!("DAYS"), 172_800),
        (json!(1500), json!("MILLISECONDS"), 1),
        (json!(i64::MAX), json!("HOURS"), u32::MAX),
        (json!(-1), json!("SECONDS"), 0),
    ] {
        let answer = json!({"isSuccess": true, "cacheControl": {"timeToLive": time, "timeToLiveUnit": unit}});
        let Ok(Answer::ListEntities(read)) = decoded(Operation::ListEntities, &answer) else {
            panic!("no list")
        };
        assert_eq!(
            read.cache_control,
            Some(CacheControl {
                time_to_live_seconds: seconds
            })
        );
    }
}

fn one<T: WireEnum>() -> impl Strategy<Value = T> {
    prop::sample::select(T::ALL)
}

fn some<T: WireEnum>() -> impl Strategy<Value = Vec<T>> {
    vec(one::<T>(), 0..3)
}

fn words() -> impl Strategy<Value = Vec<String>> {
    vec(any::<String>(), 0..3)
}

fn pairs() -> impl Strategy<Value = Pairs> {
    vec(any::<(String, String)>(), 0..3).prop_map(Pairs::from)
}

prop_compose! {
    fn oauth2()(
        lists in (words(), words(), words(), words()),
        enums in (some(), one(), one(), one()),
        flags in any::<[bool; 3]>(),
        key in any::<[String; 3]>(),
    ) -> OAuth2Defaults {
        let [key, label, description] = key;
        let parameter = OAuth2CustomParameter {
            key, label, description, required: flags[0], sensitive_field: flags[1], prop_type: enums.3,
            connector_supplied_values: lists.3,
        };
        OAuth2Defaults {
            oauth_scopes: lists.0, token_url: lists.1, auth_url: lists.2, oauth2_grant_types_supported: enums.0,
            oauth2_content_type: enums.1, oauth2_method_type: enums.2, oauth2_custom_properties: vec![parameter],
            add_basic_auth_header: flags[2],
        }
    }
}

prop_compose! {
    fn a_configuration()(
        names in any::<[String; 3]>(),
        lists in (some(), some(), some(), some(), some(), some()),
        versions in words(),
        logo_url in of(any::<String>()),
        oauth2_defaults in of(oauth2()),
        flags in any::<[bool; 6]>(),
        texts in any::<[String; 4]>(),
        enums in (one(), one()),
        values in words(),
    ) -> ConnectorConfiguration {
        let [connector_owner, connector_name, connector_version] = names;
        let [key, label, description, authentication_type] = texts;
        let parameter = AuthParameter {
            key: key.clone(), label: label.clone(), description: description.clone(), required: flags[0],
            sensitive_field: flags[1], connector_supplied_values: values.clone(),
        };
        let authentication = AuthenticationConfig {
            is_basic_auth_supported: flags[2], is_api_key_auth_supported: flags[3], is_oauth2_supported: flags[4],
            is_custom_auth_supported: flags[5], oauth2_defaults,
            custom_auth_config: vec![CustomAuthConfig { authentication_type, auth_parameters: vec![parameter] }],
        };
        let setting = ConnectorRuntimeSetting {
            key, label, description, data_type: enums.0, required: flags[0], scope: enums.1,
            connector_supplied_value_options: values,
        };
        ConnectorConfiguration {
            connector_owner, connector_name, connector_version, connector_modes: lists.0,
            authentication_config: flags[1].then_some(authentication), connector_runtime_setting: vec![setting],
            supported_api_versions: versions, operators_supported: lists.1, supported_trigger_types: lists.2,
            trigger_frequencies_supported: lists.3, supported_write_operations: lists.4,
            supported_data_transfer_types: lists.5, logo_url,
        }
    }
}

prop_compose! {
    fn an_entity()(
        entity_identifier in any::<String>(),
        flags in any::<[bool; 2]>(),
        label in of(any::<String>()),
        description in of(any::<String>()),
        custom_properties in pairs(),
    ) -> Entity {
        Entity {
            entity_identifier, has_nested_entities: flags[0], is_writable: flags[1], label, description, custom_properties,
        }
    }
}

fn decimal() -> impl Strategy<Value = Decimal> {
    "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?"
        .prop_map(|text| Decimal::parse(&text).unwrap())
}

prop_compose! {
    fn constraints()(
        range in of((decimal(), decimal())),
        length in of((decimal(), decimal())),
        allowed_values in words(),
        allowed_values_regex_pattern in of(any::<String>()),
        allowed_date_format in of(any::<String>()),
    ) -> FieldConstraints {
        let bounds = |(min_range, max_range)| RangeConstraint { min_range, max_range };
        FieldConstraints {
            allowed_length_range: length.map(bounds), allowed_value_range: range.map(bounds), allowed_values,
            allowed_values_regex_pattern, allowed_date_format,
        }
    }
}

prop_compose! {
    fn a_field()(
        field_name in any::<String>(),
        data_type in one::<FieldDataType>(),
        texts in any::<[Option<String>; 4]>(),
        flags in any::<[Option<bool>; 11]>(),
        constraints in of(constraints()),
        operators in of(some::<ConnectorOperator>()),
        writes in some::<WriteOperationType>(),
        present in any::<[bool; 2]>(),
        custom_properties in pairs(),
    ) -> FieldDefinition {
        let [data_type_label, label, description, default_value] = texts;
        let read = ReadOperationProperty {
            is_retrievable: flags[0], is_nullable: flags[1], is_queryable: flags[2],
            is_timestamp_field_for_incremental_queries: flags[3],
        };
        let write = WriteOperationProperty {
            is_creatable: flags[4], is_updatable: flags[5], is_nullable: flags[6], is_upsertable: flags[7],
            is_defaulted_on_create: flags[8],
            supported_write_operations: writes.into_iter().map(OrUnknown::Known).collect(),
        };
        FieldDefinition {
            field_name, data_type: data_type.into(), data_type_label, label, description, is_primary_key: flags[9],
            default_value, is_deprecated: flags[10], constraints,
            read_properties: present[0].then_some(read), write_properties: present[1].then_some(write),
            filter_operators: operators.map(|operators| operators.into_iter().map(OrUnknown::Known).collect()),
            custom_properties,
        }
    }
}

fn a_token() -> impl Strategy<Value = Option<String>> {
    of("\\PC{1,20}")
}

fn a_cache() -> impl Strategy<Value = Option<CacheControl>> {
    of(any::<u32>().prop_map(|time_to_live_seconds| CacheControl {
        time_to_live_seconds,
    }))
}

fn some_records() -> impl Strategy<Value = Records> {
    words().prop_map(|records| {
        let inside: Vec<String> = records
            .iter()
            .map(|record| serde_json::to_string(record).unwrap())
            .collect();
        Records::of_inside(inside.join(",").as_bytes())
    })
}

fn an_error() -> impl Strategy<Value = ErrorDetails> {
    (one(), any::<String>(), of(0..=i32::MAX)).prop_map(|(code, message, seconds)| {
        ErrorDetails::new(code, message).with_retry_after(seconds)
    })
}

fn an_answer() -> impl Strategy<Value = Answer> {
    let result = (any::<bool>(), any::<String>(), of(any::<String>()));
    let result = result.prop_map(|(is_success, record_id, error_message)| WriteRecordResult {
        is_success,
        record_id,
        error_message,
    });
    prop_oneof![
        a_configuration().prop_map(|read| Answer::DescribeConnectorConfiguration(Box::new(read))),
        (pairs(), an_error()).prop_map(|(errors_by_input_field, error)| {
            Answer::ValidateConnectorRuntimeSettings(ValidateSettingsAnswer {
                errors_by_input_field,
                error: Some(error),
            })
        }),
        Just(Answer::ValidateConnectorRuntimeSettings(
            ValidateSettingsAnswer::default()
        )),
        Just(Answer::ValidateCredentials),
        (vec(an_entity(), 0..3), a_token(), a_cache()).prop_map(
            |(entities, next_token, cache_control)| {
                Answer::ListEntities(ListEntitiesAnswer {
                    entities,
                    next_token,
                    cache_control,
                })
            }
        ),
        (an_entity(), vec(a_field(), 0..3), pairs(), a_cache()).prop_map(
            |(entity, fields, custom_properties, cache_control)| {
                let entity_definition = EntityDefinition {
                    entity,
                    fields,
                    custom_properties,
                };
                Answer::DescribeEntity(Box::new(DescribeEntityAnswer {
                    entity_definition,
                    cache_control,
                }))
            }
        ),
        (some_records(), a_token()).prop_map(|(records, next_token)| Answer::QueryData(
            QueryDataAnswer {
                records,
                next_token
            }
        )),
        some_records().prop_map(|records| Answer::RetrieveData(RetrieveDataAnswer { records })),
        (vec(result, 0..3), an_error()).prop_map(|(write_record_results, error)| {
            Answer::WriteData(WriteDataAnswer {
                write_record_results,
                error: Some(error),
            })
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_encoded_decodes_to_the_same(answer in an_answer()) {
        let operation = answer.operation();
        let bytes = encode(Some(operation), Ok(&answer));
        prop_assert!(!String::from_utf8_lossy(&bytes).contains(":null"));
        prop_assert_eq!(decode_answer(operation, &bytes).unwrap(), Ok(answer));
    }

    #[test]
    fn every_failure_decodes(operation in prop::sample::select(Operation::ALL), error in an_error()) {
        let bytes = encode(Some(operation), Err(&error));
        let expected = match operation {
            Operation::ValidateConnectorRuntimeSettings => {
                let error = Some(error);
                Ok(Answer::ValidateConnectorRuntimeSettings(ValidateSettingsAnswer { error, ..Default::default() }))
            }
            Operation::WriteData => {
                let error = Some(error);
                Ok(Answer::WriteData(WriteDataAnswer { error, ..Default::default() }))
            }
            _ => Err(error),
        };
        prop_assert_eq!(decode_answer(operation, &bytes).unwrap(), expected);
    }
}
