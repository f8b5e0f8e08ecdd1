//! What is read, and what becomes of it.

use super::super::super::{
    AuthenticationType, ConnectorRuntimeSettingScope, Operation, OrUnknown, Pairs, Request,
    WriteOperationType,
};
use super::super::decode;
use super::{ok, sample, with, without};
use serde_json::{Value, json};

fn pairs(entries: &[(&str, &str)]) -> Pairs {
    entries
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

macro_rules! request {
    ($operation:ident, $value:expr) => {
        match ok(&$value) {
            Request::$operation(request) => request,
            other => panic!("{other:?}"),
        }
    };
}

#[test]
fn whole_requests() {
    let request = request!(
        DescribeConnectorConfiguration,
        sample(Operation::DescribeConnectorConfiguration)
    );
    assert_eq!(
        (request.locale.as_str(), request.connector_label.as_deref()),
        ("de-DE", Some("demo"))
    );

    let request = request!(
        ValidateConnectorRuntimeSettings,
        sample(Operation::ValidateConnectorRuntimeSettings)
    );
    assert_eq!(
        request.scope,
        ConnectorRuntimeSettingScope::SourceAndDestination
    );
    assert_eq!(
        request.connector_runtime_settings,
        pairs(&[("a", "s3cr3t"), ("b", "2")])
    );
    assert_eq!(
        request.authentication_type,
        Some(AuthenticationType::OAuth2.into())
    );

    let request = request!(ValidateCredentials, sample(Operation::ValidateCredentials));
    assert_eq!(request.credentials.secret_arn.as_deref(), Some("s3cr3t"));
    assert_eq!(
        request.credentials.authentication_type,
        Some(AuthenticationType::CustomAuth.into())
    );
    assert_eq!(
        request.connector_runtime_settings,
        pairs(&[("sandbox", "false")])
    );

    let request = request!(ListEntities, sample(Operation::ListEntities));
    assert_eq!(
        (request.entities_path.as_deref(), request.max_result),
        (Some("sales"), 50)
    );
    assert_eq!(request.next_token.as_deref(), Some("s3cr3t"));

    let request = request!(DescribeEntity, sample(Operation::DescribeEntity));
    let context = request.connector_context;
    assert_eq!(context.api_version, "v1");
    assert_eq!(
        context.connector_runtime_settings.get("baseUrl"),
        Some("https://api.example.com")
    );
    assert_eq!(context.flow_name.as_deref(), Some("flow"));
    assert_eq!(context.execution_id.as_deref(), Some("run"));
    assert_eq!(context.connector_profile_label.as_deref(), Some("profile"));
    assert!(context.credentials.is_some());

    let request = request!(QueryData, sample(Operation::QueryData));
    assert_eq!(request.entity_identifier, "contact");
    assert_eq!(
        request.selected_field_names,
        Some(vec!["id".to_owned(), "amount".to_owned()])
    );
    assert_eq!(request.filter_expression.as_deref(), Some("a = 's3cr3t'"));
    assert_eq!(
        (request.max_results, request.next_token.as_deref()),
        (100, Some("s3cr3t"))
    );

    let request = request!(RetrieveData, sample(Operation::RetrieveData));
    assert_eq!(request.id_field_name.as_deref(), Some("id"));
    assert_eq!(request.ids, ["s3cr3t", "2"]);

    let request = request!(WriteData, sample(Operation::WriteData));
    assert_eq!(
        (request.operation, request.all_or_none),
        (WriteOperationType::Upsert, true)
    );
    assert_eq!(request.id_field_names, ["id"]);
    assert_eq!(request.records, ["{\"id\":\"s3cr3t\"}", "{\"id\":\"2\"}"]);
}

/// The requests as AppFlow's description prints them.
#[test]
fn smallest_requests() {
    let context = json!({"apiVersion": "v1"});
    let request = request!(
        DescribeConnectorConfiguration,
        json!({"type": "DescribeConnectorConfigurationRequest"})
    );
    assert_eq!(
        (request.locale.as_str(), request.connector_label),
        ("en-US", None)
    );

    let request = request!(
        ValidateConnectorRuntimeSettings,
        json!({"type": "ValidateConnectorRuntimeSettingsRequest", "scope": "SOURCE"})
    );
    assert!(request.connector_runtime_settings.is_empty());
    assert_eq!(request.authentication_type, None);

    let request = request!(
        ValidateCredentials,
        json!({"type": "ValidateCredentialsRequest", "credentials": {}})
    );
    assert_eq!(
        (
            request.credentials.secret_arn,
            request.credentials.authentication_type
        ),
        (None, None)
    );

    let request = request!(
        ListEntities,
        json!({"type": "ListEntitiesRequest", "connectorContext": context})
    );
    assert_eq!(
        (
            request.entities_path,
            request.max_result,
            request.next_token
        ),
        (None, 1000, None)
    );
    let context = request.connector_context;
    assert!(context.connector_runtime_settings.is_empty());
    assert_eq!(
        (context.credentials, context.entity_definition),
        (None, None)
    );

    let context = json!({"apiVersion": "v1"});
    let of = |kind: &str| json!({"type": kind, "entityIdentifier": "contact", "connectorContext": context});
    request!(DescribeEntity, of("DescribeEntityRequest"));
    let request = request!(QueryData, of("QueryDataRequest"));
    assert_eq!(
        (request.selected_field_names, request.filter_expression),
        (None, None)
    );
    assert_eq!((request.max_results, request.next_token), (1000, None));
    let request = request!(RetrieveData, of("RetrieveDataRequest"));
    assert_eq!(
        (
            request.selected_field_names,
            request.id_field_name,
            request.ids
        ),
        (None, None, vec![])
    );
    let mut write = of("WriteDataRequest");
    super::samples::set(&mut write, "/operation", Some(json!("INSERT")));
    let request = request!(WriteData, write);
    assert_eq!(
        (request.id_field_names, request.records, request.all_or_none),
        (vec![], vec![], false)
    );
}

#[test]
fn null_is_missing() {
    for (operation, sample) in super::samples::all() {
        for pointer in super::samples::pointers(&sample, "") {
            let in_list = pointer
                .rsplit('/')
                .next()
                .is_some_and(|name| name.parse::<usize>().is_ok());
            if in_list || pointer.contains("entityDefinition/") {
                continue;
            }
            let null = decode(
                with(operation, &pointer, Value::Null)
                    .to_string()
                    .as_bytes(),
            );
            let missing = decode(without(operation, &pointer).to_string().as_bytes());
            assert_eq!(null, missing, "{operation}{pointer}");
        }
    }
}

#[test]
fn unknown_properties_are_ignored_everywhere() {
    for (operation, sample) in super::samples::all() {
        let good = ok(&sample);
        let objects = [
            "",
            "/credentials",
            "/connectorContext",
            "/connectorContext/credentials",
        ];
        for parent in objects
            .into_iter()
            .filter(|parent| sample.pointer(parent).is_some())
        {
            for value in [
                json!(null),
                json!({"a": [{"b": 1}]}),
                json!([null]),
                json!("x"),
                json!(1.5e300),
            ] {
                assert_eq!(
                    ok(&with(operation, &format!("{parent}/newInVersion2"), value)),
                    good
                );
            }
        }
    }
}

#[test]
fn scalars_for_strings() {
    for (value, expected) in [
        (json!(5), "5"),
        (json!(true), "true"),
        (json!(-1.50), "-1.5"),
        (json!("x"), "x"),
    ] {
        let request = request!(
            QueryData,
            with(Operation::QueryData, "/entityIdentifier", value.clone())
        );
        assert_eq!(request.entity_identifier, expected);
        let request = request!(
            QueryData,
            with(
                Operation::QueryData,
                "/connectorContext/apiVersion",
                value.clone()
            )
        );
        assert_eq!(request.connector_context.api_version, expected);
        let pointer = "/connectorContext/connectorRuntimeSettings/limit";
        let request = request!(
            QueryData,
            with(Operation::QueryData, pointer, value.clone())
        );
        assert_eq!(
            request
                .connector_context
                .connector_runtime_settings
                .get("limit"),
            Some(expected)
        );
        let request = request!(RetrieveData, with(Operation::RetrieveData, "/ids/0", value));
        assert_eq!(request.ids, [expected, "2"]);
    }
    // As written, not as a 64-bit float.
    let body = r#"{"type":"RetrieveDataRequest","entityIdentifier":1.10,"ids":[12345678901234567890123],"connectorContext":{"apiVersion":1e0}}"#;
    let Request::RetrieveData(request) = decode(body.as_bytes()).unwrap() else {
        panic!("not RetrieveData")
    };
    assert_eq!(request.entity_identifier, "1.10");
    assert_eq!(request.ids, ["12345678901234567890123"]);
    assert_eq!(request.connector_context.api_version, "1e0");
}

#[test]
fn nulls_in_maps_are_absent() {
    let settings = json!({"a": null, "b": 1, "c": false, "d": "", "e": null});
    let request = request!(
        ValidateCredentials,
        with(
            Operation::ValidateCredentials,
            "/connectorRuntimeSettings",
            settings
        )
    );
    assert_eq!(
        request.connector_runtime_settings,
        pairs(&[("b", "1"), ("c", "false"), ("d", "")])
    );
}

#[test]
fn last_of_two_counts() {
    let body = r#"{"type":"DescribeEntityRequest","entityIdentifier":"a","entityIdentifier":"b",
        "connectorContext":{"apiVersion":"1","connectorRuntimeSettings":{"k":"1","l":"2","k":"3"}},
        "type":"DescribeEntityRequest"}"#;
    let Request::DescribeEntity(request) = decode(body.as_bytes()).unwrap() else {
        panic!("not DescribeEntity")
    };
    assert_eq!(request.entity_identifier, "b");
    assert_eq!(
        request.connector_context.connector_runtime_settings,
        pairs(&[("k", "3"), ("l", "2")])
    );
}

#[test]
fn page_sizes() {
    for (value, expected) in [
        (json!(1), 1),
        (json!(1000), 1000),
        (json!("250"), 250),
        (json!(" 250 "), 250),
        (json!(2_147_483_647), 2_147_483_647),
        (json!(2_147_483_648_u64), 2_147_483_647),
        (json!(i64::MAX), 2_147_483_647),
        (json!(u64::MAX), 2_147_483_647),
        (json!(1e300), 2_147_483_647),
        (json!(20.0), 20),
        (json!(20.9), 20),
        (json!("2e1"), 20),
        (json!(""), 1000),
        (json!(null), 1000),
    ] {
        assert_eq!(
            request!(
                QueryData,
                with(Operation::QueryData, "/maxResults", value.clone())
            )
            .max_results,
            expected
        );
        assert_eq!(
            request!(
                ListEntities,
                with(Operation::ListEntities, "/maxResult", value)
            )
            .max_result,
            expected
        );
    }
    // The singular and the plural are not mixed up.
    assert_eq!(
        request!(
            QueryData,
            with(Operation::QueryData, "/maxResult", json!(5))
        )
        .max_results,
        100
    );
}

#[test]
fn booleans() {
    for (value, expected) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("True"), true),
        (json!("TRUE"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!("False"), false),
        (json!("FALSE"), false),
        (json!(null), false),
    ] {
        assert_eq!(
            request!(WriteData, with(Operation::WriteData, "/allOrNone", value)).all_or_none,
            expected
        );
    }
}

#[test]
fn blank_is_none() {
    for blank in ["", " ", "\t\r\n"] {
        let request = request!(
            QueryData,
            with(Operation::QueryData, "/filterExpression", json!(blank))
        );
        assert_eq!(request.filter_expression, None);
        let request = request!(
            QueryData,
            with(Operation::QueryData, "/nextToken", json!(blank))
        );
        assert_eq!(request.next_token, None);
        let request = request!(
            ListEntities,
            with(Operation::ListEntities, "/entitiesPath", json!(blank))
        );
        assert_eq!(request.entities_path, None);
        let request = request!(
            RetrieveData,
            with(Operation::RetrieveData, "/idFieldName", json!(blank))
        );
        assert_eq!(request.id_field_name, None);
    }
}

#[test]
fn new_authentication_types_are_kept() {
    let request = request!(
        ValidateCredentials,
        with(
            Operation::ValidateCredentials,
            "/credentials/authenticationType",
            json!("Jwt")
        )
    );
    assert_eq!(
        request.credentials.authentication_type,
        Some(OrUnknown::Unknown("Jwt".to_owned()))
    );
}

#[test]
fn secrets_in_the_request_are_dropped() {
    let credentials =
        json!({"basicAuthCredentials": {"username": "u", "password": "p"}, "secretArn": "arn"});
    let request = request!(
        ValidateCredentials,
        with(Operation::ValidateCredentials, "/credentials", credentials)
    );
    assert_eq!(request.credentials.secret_arn.as_deref(), Some("arn"));
}

#[test]
fn white_space_and_escapes() {
    let body = " \r\n{ \"\\u0074ype\" : \"Describe\\u0045ntityRequest\" ,\t\"entityIdentifier\":\"\\ud83d\\ude00\", \
                \"connectorContext\" : { \"apiVersion\" : \"v1\" } } \n";
    let Request::DescribeEntity(request) = decode(body.as_bytes()).unwrap() else {
        panic!("not DescribeEntity")
    };
    assert_eq!(request.entity_identifier, "😀");
}

#[test]
fn debug_shows_no_values() {
    for (_, sample) in super::samples::all() {
        let request = ok(&sample);
        if matches!(
            request,
            Request::ListEntities(_) | Request::ValidateCredentials(_)
        ) {
            // Their token and ARN are shown: both are made to be seen.
            continue;
        }
        assert!(!format!("{request:?}").contains("s3cr3t"), "{request:?}");
    }
}
