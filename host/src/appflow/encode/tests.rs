#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use super::{
    Identity, encode, encode_failure, encode_whole, query_overhead_bytes, retrieve_overhead_bytes,
};
use crate::appflow::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn encoded(answer: &Answer) -> Value {
    serde_json::from_slice(&encode(None, Ok(answer))).unwrap()
}

fn details() -> ErrorDetails {
    ErrorDetails::new(ErrorCode::RateLimitExceeded, "throttled by api.example.com")
        .with_retry_after(Some(30))
}

#[test]
fn configuration() {
    let configuration = ConnectorConfiguration {
        connector_owner: "Example Inc".to_owned(),
        connector_name: "Demo".to_owned(),
        connector_version: "1.0".to_owned(),
        connector_modes: vec![ConnectorMode::Source],
        authentication_config: Some(AuthenticationConfig {
            is_api_key_auth_supported: true,
            is_oauth2_supported: true,
            oauth2_defaults: Some(OAuth2Defaults {
                oauth_scopes: vec!["api".to_owned()],
                token_url: vec!["https://example.com/token".to_owned()],
                auth_url: vec![],
                oauth2_grant_types_supported: vec![OAuth2GrantType::ClientCredentials],
                oauth2_content_type: OAuth2ContentType::ApplicationJson,
                oauth2_method_type: OAuth2MethodType::HttpPost,
                oauth2_custom_properties: vec![OAuth2CustomParameter {
                    key: "audience".to_owned(),
                    required: true,
                    prop_type: OAuth2CustomPropType::TokenUrl,
                    label: "Audience".to_owned(),
                    description: String::new(),
                    sensitive_field: false,
                    connector_supplied_values: vec!["a".to_owned()],
                }],
                add_basic_auth_header: true,
            }),
            custom_auth_config: vec![CustomAuthConfig {
                authentication_type: "signed".to_owned(),
                auth_parameters: vec![AuthParameter {
                    key: "k".to_owned(),
                    required: false,
                    label: "K".to_owned(),
                    description: "D".to_owned(),
                    sensitive_field: true,
                    connector_supplied_values: vec![],
                }],
            }],
            ..AuthenticationConfig::default()
        }),
        connector_runtime_setting: vec![ConnectorRuntimeSetting {
            key: "baseUrl".to_owned(),
            data_type: ConnectorRuntimeSettingDataType::Url,
            required: true,
            label: "Base URL".to_owned(),
            description: "Address of the API".to_owned(),
            scope: ConnectorRuntimeSettingScope::ConnectorProfile,
            connector_supplied_value_options: vec![],
        }],
        supported_api_versions: vec!["v1".to_owned()],
        operators_supported: vec![
            ConnectorOperator::Projection,
            ConnectorOperator::EqualTo,
            ConnectorOperator::Between,
        ],
        trigger_frequencies_supported: vec![TriggerFrequency::Hourly, TriggerFrequency::Daily],
        logo_url: Some("https://example.com/logo.png".to_owned()),
        ..ConnectorConfiguration::default()
    };
    assert_eq!(
        encoded(&Answer::DescribeConnectorConfiguration(Box::new(
            configuration
        ))),
        json!({
            "isSuccess": true, "connectorOwner": "Example Inc", "connectorName": "Demo", "connectorVersion": "1.0",
            "connectorModes": ["SOURCE"], "supportedApiVersions": ["v1"],
            "supportedTriggerTypes": ["SCHEDULED", "ONDEMAND"], "triggerFrequenciesSupported": ["HOURLY", "DAILY"],
            "operatorsSupported": ["PROJECTION", "EQUAL_TO", "BETWEEN"], "supportedWriteOperations": [],
            "supportedDataTransferTypes": ["RECORD"], "logoURL": "https://example.com/logo.png",
            "authenticationConfig": {
                "isBasicAuthSupported": false, "isApiKeyAuthSupported": true, "isOAuth2Supported": true,
                "isCustomAuthSupported": false,
                "oAuth2Defaults": {
                    "oAuthScopes": ["api"], "tokenURL": ["https://example.com/token"], "authURL": [],
                    "oAuth2GrantTypesSupported": ["CLIENT_CREDENTIALS"], "oAuth2ContentType": "APPLICATION_JSON",
                    "oAuth2MethodType": "HTTP_POST", "addBasicAuthHeader": true,
                    "oauth2CustomProperties": [{
                        "key": "audience", "required": true, "type": "TOKEN_URL", "label": "Audience", "description": "",
                        "sensitiveField": false, "connectorSuppliedValues": ["a"]
                    }]
                },
                "customAuthConfig": [{
                    "authenticationType": "signed",
                    "authParameters": [
                        {"key": "k", "required": false, "label": "K", "description": "D", "sensitiveField": true}
                    ]
                }]
            },
            "connectorRuntimeSetting": [{
                "key": "baseUrl", "dataType": "Url", "required": true, "label": "Base URL",
                "description": "Address of the API", "scope": "CONNECTOR_PROFILE"
            }]
        })
    );
}

#[test]
fn settings() {
    let answer = |entries: &[(&str, &str)], error| {
        let errors: Pairs = entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        encoded(&Answer::ValidateConnectorRuntimeSettings(
            ValidateSettingsAnswer {
                errors_by_input_field: errors,
                error,
            },
        ))
    };
    assert_eq!(answer(&[], None), json!({"isSuccess": true}));
    assert_eq!(
        answer(&[("b", "too long"), ("a", "no address")], None),
        json!({
            "isSuccess": false, "errorsByInputField": {"b": "too long", "a": "no address"},
            "errorDetails": {"errorCode": "InvalidArgument", "errorMessage": "settings not accepted: b, a"}
        })
    );
    assert_eq!(
        answer(&[], Some(ErrorDetails::new(ErrorCode::ServerError, "x"))),
        json!({"isSuccess": false, "errorDetails": {"errorCode": "ServerError", "errorMessage": "x"}})
    );
    assert_eq!(
        encoded(&Answer::ValidateCredentials),
        json!({"isSuccess": true})
    );
}

#[test]
fn metadata() {
    let entity = Entity {
        entity_identifier: "contact".to_owned(),
        has_nested_entities: false,
        is_writable: false,
        label: Some("Contact".to_owned()),
        description: None,
        custom_properties: Pairs::new(),
    };
    let list = |next_token: Option<&str>| {
        encoded(&Answer::ListEntities(ListEntitiesAnswer {
            entities: vec![entity.clone()],
            next_token: next_token.map(str::to_owned),
            cache_control: Some(CacheControl {
                time_to_live_seconds: 900,
            }),
        }))
    };
    let expected = json!({
        "isSuccess": true,
        "entities": [
            {"entityIdentifier": "contact", "hasNestedEntities": false, "isWritable": false, "label": "Contact"}
        ],
        "cacheControl": {"timeToLive": 900, "timeToLiveUnit": "SECONDS"}
    });
    assert_eq!(list(None), expected);
    assert_eq!(list(Some("")), expected);
    assert_eq!(list(Some("next")).get("nextToken"), Some(&json!("next")));
    assert_eq!(
        encoded(&Answer::ListEntities(ListEntitiesAnswer::default())),
        json!({"isSuccess": true, "entities": []})
    );

    let definition = EntityDefinition {
        entity,
        fields: vec![FieldDefinition::new("id", FieldDataType::String)],
        custom_properties: Pairs::new(),
    };
    assert_eq!(
        encoded(&Answer::DescribeEntity(Box::new(DescribeEntityAnswer {
            entity_definition: definition,
            cache_control: None
        }))),
        json!({
            "isSuccess": true,
            "entityDefinition": {
                "entity": {
                    "entityIdentifier": "contact", "hasNestedEntities": false, "isWritable": false, "label": "Contact"
                },
                "fields": [{"fieldName": "id", "dataType": "String"}]
            }
        })
    );
}

#[test]
fn pages() {
    let records = Records::of_inside(br#""{\"id\":\"1\",\"email\":\"a@example.com\"}""#);
    let next_token = Some("eyJvIjoxfQ".to_owned());
    let expected = r#"{"isSuccess":true,"records":["{\"id\":\"1\",\"email\":\"a@example.com\"}"],"nextToken":"eyJvIjoxfQ"}"#;
    let page = Answer::QueryData(QueryDataAnswer {
        records: records.clone(),
        next_token,
    });
    assert_eq!(
        String::from_utf8(encode(None, Ok(&page))).unwrap(),
        expected
    );
    let retrieved = Answer::RetrieveData(RetrieveDataAnswer { records });
    assert_eq!(
        String::from_utf8(encode(None, Ok(&retrieved))).unwrap(),
        r#"{"isSuccess":true,"records":["{\"id\":\"1\",\"email\":\"a@example.com\"}"]}"#
    );
    let empty = encoded(&Answer::QueryData(QueryDataAnswer {
        next_token: Some(String::new()),
        ..Default::default()
    }));
    assert_eq!(empty, json!({"isSuccess": true, "records": []}));
}

#[test]
fn writes() {
    let result = |is_success, record_id: &str, error_message: Option<&str>| WriteRecordResult {
        is_success,
        record_id: record_id.to_owned(),
        error_message: error_message.map(str::to_owned),
    };
    let answer = |results: &[WriteRecordResult], error| {
        encoded(&Answer::WriteData(WriteDataAnswer {
            write_record_results: results.to_vec(),
            error,
        }))
    };
    assert_eq!(
        answer(&[], None),
        json!({"isSuccess": true, "writeRecordResults": []})
    );
    assert_eq!(
        answer(&[result(true, "1", None)], None),
        json!({"isSuccess": true, "writeRecordResults": [{"isSuccess": true, "recordId": "1"}]})
    );
    let results = [
        result(true, "1", None),
        result(false, "", Some("email: not an address")),
    ];
    let shown = json!([
        {"isSuccess": true, "recordId": "1"},
        {"isSuccess": false, "recordId": "", "errorMessage": "email: not an address"}
    ]);
    assert_eq!(
        answer(&results, None),
        json!({
            "isSuccess": false, "writeRecordResults": shown,
            "errorDetails": {"errorCode": "PartialWriteFailure", "errorMessage": "1 of 2 records failed"}
        })
    );
    assert_eq!(
        answer(&results, Some(details())),
        json!({
            "isSuccess": false, "writeRecordResults": shown,
            "errorDetails": {
                "errorCode": "RateLimitExceeded", "errorMessage": "throttled by api.example.com", "retryAfterSeconds": 30
            }
        })
    );
}

#[test]
fn failures() {
    let error = json!({
        "errorCode": "RateLimitExceeded", "errorMessage": "throttled by api.example.com", "retryAfterSeconds": 30
    });
    let bare = json!({"isSuccess": false, "errorDetails": error});
    let described = |owner: &str, name: &str, version: &str| {
        json!({
            "isSuccess": false, "errorDetails": error, "connectorOwner": owner, "connectorName": name,
            "connectorVersion": version, "connectorModes": [], "supportedApiVersions": []
        })
    };
    let value = |bytes: Vec<u8>| -> Value { serde_json::from_slice(&bytes).unwrap() };
    assert_eq!(value(encode(None, Err(&details()))), bare);
    for operation in Operation::ALL {
        let expected = match operation {
            Operation::DescribeConnectorConfiguration => described("unknown", "unknown", "0.0.0"),
            _ => bare.clone(),
        };
        assert_eq!(
            value(encode(Some(*operation), Err(&details()))),
            expected,
            "{operation}"
        );
    }
    let identity = Identity {
        owner: "Example Inc",
        name: "Demo",
        version: "1.0",
    };
    let failed = encode_failure(
        Some(Operation::DescribeConnectorConfiguration),
        &details(),
        Some(identity),
    );
    assert_eq!(value(failed), described("Example Inc", "Demo", "1.0"));
}

#[test]
fn messages_are_made_fit() {
    let message = |text: &str| {
        let details = ErrorDetails {
            code: ErrorCode::UnknownError,
            message: text.to_owned(),
            retry_after_seconds: Some(-1),
        };
        let bytes = encode(None, Err(&details));
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value.pointer("/errorDetails/retryAfterSeconds"), None);
        value
            .pointer("/errorDetails/errorMessage")
            .and_then(Value::as_str)
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        message(" two\r\n\tlines\u{2028}and\u{0}more "),
        "two lines and more"
    );
    assert_eq!(message(""), "no reason was given");
    assert_eq!(
        message(&"é".repeat(MAX_MESSAGE_CHARS)),
        "é".repeat(MAX_MESSAGE_CHARS)
    );
    assert_eq!(
        message(&"é".repeat(MAX_MESSAGE_CHARS + 1)),
        format!("{}…", "é".repeat(MAX_MESSAGE_CHARS - 1))
    );
    let words = "four ".repeat(1000);
    let cut = message(&words);
    assert!(
        cut.ends_with('…') && cut.chars().count() <= MAX_MESSAGE_CHARS,
        "{}",
        cut.chars().count()
    );
}

#[test]
fn decimals() {
    for good in [
        "0",
        "-0",
        "1",
        "-12.50",
        "1e3",
        "1E+2",
        "1.0E-9999",
        "123456789012345678901234567890.5",
    ] {
        let decimal = Decimal::parse(good).unwrap();
        assert_eq!(serde_json::to_string(&decimal).unwrap(), good);
    }
    let long = "1".repeat(1001);
    for bad in [
        "", "-", "+1", "01", "-01", ".5", "5.", "1e", "1e+", "1.e1", "1e99999", "NaN", "Infinity",
        "0x1", " 1", "1 ", "1_0", "--1", "1e1e1", "1.1.1", "٣", "\"1\"", "null", &long,
    ] {
        assert_eq!(Decimal::parse(bad), None, "{bad}");
    }
}

#[test]
fn wire_values() {
    assert_eq!(ConnectorOperator::ALL.len(), 21);
    assert_eq!(FieldDataType::ALL.len(), 15);
    assert_eq!(ErrorCode::ALL.len(), 11);
    assert_eq!(ConnectorRuntimeSettingDataType::ALL.len(), 7);
    assert_eq!(TriggerFrequency::ALL.len(), 6);
    assert_eq!(
        <ConnectorOperator as WireEnum>::from_wire("NO_OP"),
        Some(ConnectorOperator::NoOp)
    );
    assert_eq!(<ConnectorOperator as WireEnum>::from_wire("no_op"), None);
    for operation in Operation::ALL {
        assert_eq!(
            operation.request_type(),
            format!("{}Request", operation.name())
        );
        assert_eq!(
            Operation::from_request_type(operation.request_type()),
            Some(*operation)
        );
        assert_eq!(Operation::from_name(operation.name()), Some(*operation));
        let seconds = operation.time_limit().as_secs();
        assert_eq!(
            seconds,
            if operation.name().ends_with("Data") {
                30
            } else {
                10
            }
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_size_of_a_page_is_known_before(records in prop::collection::vec(any::<String>(), 0..4), token in prop::option::of(any::<String>())) {
        let inside: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        let inside = Records::of_inside(inside.join(",").as_bytes());
        let length = inside.len();
        let retrieved = Answer::RetrieveData(RetrieveDataAnswer { records: inside.clone() });
        prop_assert_eq!(encode(None, Ok(&retrieved)).len(), length + retrieve_overhead_bytes());
        let page = Answer::QueryData(QueryDataAnswer { records: inside, next_token: token.clone() });
        let bytes = encode(None, Ok(&page));
        prop_assert_eq!(bytes.len(), length + query_overhead_bytes(token.as_deref()));
        prop_assert_eq!(&encode_whole(page), &bytes);
        prop_assert_eq!(encode_whole(retrieved.clone()), encode(None, Ok(&retrieved)));
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(value.get("records"), Some(&json!(records)));
        let token = token.filter(|token| !token.is_empty());
        prop_assert_eq!(value.get("nextToken").and_then(Value::as_str), token.as_deref());
    }

    #[test]
    fn messages_have_one_line(text in any::<String>()) {
        let details = ErrorDetails::new(ErrorCode::UnknownError, &text);
        prop_assert!(!details.message.contains(char::is_control));
        prop_assert!(details.message.chars().count() <= MAX_MESSAGE_CHARS);
        prop_assert_eq!(&ErrorDetails::new(ErrorCode::UnknownError, &details.message), &details);
    }
}
