//! What is refused, and what is said about it.

use super::super::super::{ErrorCode, ErrorDetails, Operation};
use super::super::{MAX_REQUEST_BYTES, decode};
use super::{error, with, without};
use serde_json::{Value, json};

#[test]
fn wrong_properties() {
    use Operation as Op;
    let long = "x".repeat(2049);
    for (operation, pointer, value, message) in [
        (
            Op::DescribeConnectorConfiguration,
            "/locale",
            json!([]),
            "locale: expected a string, found a list",
        ),
        (
            Op::DescribeConnectorConfiguration,
            "/locale",
            json!(long),
            "locale: longer than 2048 characters",
        ),
        (
            Op::ValidateConnectorRuntimeSettings,
            "/scope",
            json!("EVERYWHERE"),
            "scope: expected one of CONNECTOR_PROFILE, SOURCE, DESTINATION, SOURCE_AND_DESTINATION",
        ),
        (
            Op::ValidateConnectorRuntimeSettings,
            "/scope",
            json!("source"),
            "scope: expected one of CONNECTOR_PROFILE, SOURCE, DESTINATION, SOURCE_AND_DESTINATION",
        ),
        (
            Op::ValidateConnectorRuntimeSettings,
            "/scope",
            json!(1),
            "scope: expected a string, found a number",
        ),
        (
            Op::ValidateConnectorRuntimeSettings,
            "/scope",
            json!(null),
            "scope: required",
        ),
        (
            Op::ValidateConnectorRuntimeSettings,
            "/connectorRuntimeSettings",
            json!([]),
            "connectorRuntimeSettings: expected an object, found a list",
        ),
        (
            Op::ValidateConnectorRuntimeSettings,
            "/connectorRuntimeSettings/a",
            json!({}),
            "connectorRuntimeSettings.a: expected a string, found an object",
        ),
        (
            Op::ValidateConnectorRuntimeSettings,
            "/connectorRuntimeSettings/two\nlines",
            json!({}),
            "connectorRuntimeSettings.(a key): expected a string, found an object",
        ),
        (
            Op::ValidateCredentials,
            "/credentials",
            json!(null),
            "credentials: required",
        ),
        (
            Op::ValidateCredentials,
            "/credentials",
            json!("arn"),
            "credentials: expected an object, found a string",
        ),
        (
            Op::ValidateCredentials,
            "/credentials/secretArn",
            json!({}),
            "credentials.secretArn: expected a string, found an object",
        ),
        (
            Op::ListEntities,
            "/maxResult",
            json!(0),
            "maxResult: must be at least 1",
        ),
        (
            Op::ListEntities,
            "/connectorContext",
            json!(null),
            "connectorContext: required",
        ),
        (
            Op::DescribeEntity,
            "/entityIdentifier",
            json!(null),
            "entityIdentifier: required",
        ),
        (
            Op::DescribeEntity,
            "/entityIdentifier",
            json!(" "),
            "entityIdentifier: must not be blank",
        ),
        (
            Op::DescribeEntity,
            "/connectorContext/apiVersion",
            json!(null),
            "connectorContext.apiVersion: required",
        ),
        (
            Op::QueryData,
            "/connectorContext/credentials/secretArn",
            json!([1]),
            "connectorContext.credentials.secretArn: expected a string, found a list",
        ),
        (
            Op::QueryData,
            "/connectorContext/entityDefinition",
            json!([]),
            "connectorContext.entityDefinition: expected an object, found a list",
        ),
        (
            Op::QueryData,
            "/maxResults",
            json!(-1),
            "maxResults: must be at least 1",
        ),
        (
            Op::QueryData,
            "/maxResults",
            json!(0.9),
            "maxResults: must be at least 1",
        ),
        (
            Op::QueryData,
            "/maxResults",
            json!(true),
            "maxResults: expected a number, found a boolean",
        ),
        (
            Op::QueryData,
            "/maxResults",
            json!("many"),
            "maxResults: expected a whole number",
        ),
        (
            Op::QueryData,
            "/maxResults",
            json!("NaN"),
            "maxResults: expected a whole number",
        ),
        (
            Op::QueryData,
            "/nextToken",
            json!(long),
            "nextToken: longer than 2048 characters",
        ),
        (
            Op::QueryData,
            "/selectedFieldNames",
            json!("id"),
            "selectedFieldNames: expected a list, found a string",
        ),
        (
            Op::QueryData,
            "/selectedFieldNames/1",
            json!(null),
            "selectedFieldNames[1]: null is not allowed in a list",
        ),
        (
            Op::RetrieveData,
            "/ids/0",
            json!({}),
            "ids[0]: expected a string, found an object",
        ),
        (
            Op::WriteData,
            "/operation",
            json!(null),
            "operation: required",
        ),
        (
            Op::WriteData,
            "/operation",
            json!("MERGE"),
            "operation: expected one of INSERT, UPDATE, UPSERT, DELETE",
        ),
        (
            Op::WriteData,
            "/records/1",
            json!({"id": 1}),
            "records[1]: expected a string, found an object",
        ),
        (
            Op::WriteData,
            "/records/0",
            json!(null),
            "records[0]: null is not allowed in a list",
        ),
        (
            Op::WriteData,
            "/allOrNone",
            json!(1),
            "allOrNone: expected true or false, found a number",
        ),
        (
            Op::WriteData,
            "/allOrNone",
            json!("yes"),
            "allOrNone: expected true or false, found a string",
        ),
    ] {
        let error = error(&with(operation, pointer, value));
        assert_eq!(
            (error.operation, error.message.as_str()),
            (Some(operation), message)
        );
        let details = ErrorDetails::from(&error);
        assert_eq!(
            (details.code, details.message.as_str()),
            (ErrorCode::InvalidArgument, message)
        );
    }
}

#[test]
fn required_properties() {
    use Operation as Op;
    for (operation, pointer) in [
        (Op::ValidateConnectorRuntimeSettings, "/scope"),
        (Op::ValidateCredentials, "/credentials"),
        (Op::ListEntities, "/connectorContext"),
        (Op::ListEntities, "/connectorContext/apiVersion"),
        (Op::DescribeEntity, "/entityIdentifier"),
        (Op::DescribeEntity, "/connectorContext"),
        (Op::QueryData, "/entityIdentifier"),
        (Op::QueryData, "/connectorContext"),
        (Op::RetrieveData, "/entityIdentifier"),
        (Op::RetrieveData, "/connectorContext"),
        (Op::WriteData, "/entityIdentifier"),
        (Op::WriteData, "/connectorContext"),
        (Op::WriteData, "/operation"),
    ] {
        let error = error(&without(operation, pointer));
        let name = pointer.trim_start_matches('/').replace('/', ".");
        assert_eq!(
            (error.operation, error.message),
            (Some(operation), format!("{name}: required"))
        );
    }
}

#[test]
fn wrong_types() {
    let not_one = "type: not one of AppFlow's eight requests";
    for (value, message) in [
        (json!(null), "type: required"),
        (json!(""), "type: must not be blank"),
        (json!([]), "type: expected a string, found a list"),
        (json!({}), "type: expected a string, found an object"),
        (json!(3), not_one),
        (json!("QueryData"), not_one),
        (json!("queryDataRequest"), not_one),
        (json!("QueryDataRequest "), not_one),
        (json!("DeleteEverythingRequest"), not_one),
    ] {
        let error = error(&with(Operation::QueryData, "/type", value));
        assert_eq!((error.operation, error.message.as_str()), (None, message));
    }
    assert_eq!(error(&json!({})).message, "type: required");
}

#[test]
fn not_a_request() {
    for (body, message) in [
        ("", "request: not JSON at line 1, column 0"),
        ("null", "request: expected an object"),
        (" 5 ", "request: expected an object"),
        (r#""QueryDataRequest""#, "request: expected an object"),
        (
            r#"[{"type":"QueryDataRequest"}]"#,
            "request: expected an object",
        ),
        (
            "{'type':'QueryDataRequest'}",
            "request: not JSON at line 1, column 2",
        ),
        ("{}{}", "request: not JSON at line 1, column 3"),
        ("hello s3cr3t", "request: not JSON at line 1, column 1"),
    ] {
        let error = decode(body.as_bytes()).unwrap_err();
        assert_eq!(
            (error.operation, error.message.as_str()),
            (None, message),
            "{body}"
        );
    }
}

#[test]
fn broken_requests_whose_operation_can_be_seen() {
    for body in [
        r#"{"type":"QueryDataRequest","entityIdentifier":"contact""#,
        r#"{"type" : "QueryDataRequest" , }"#,
        r#"{"a":{"type":"WriteDataRequest"},"b":["type","type"],"type":"QueryDataRequest","c":nul}"#,
        r#"{"type":"QueryDataRequest","a":"unfinished"#,
        r#"{"type":"QueryDataRequest","a":"\ud800"} trailing"#,
        r#"{"a":"}\\\"type\":","type":"QueryDataRequest"}}"#,
        "{\"type\":\"QueryDataRequest\",\"a\":\"raw\u{1}control\"}",
    ] {
        let error = decode(body.as_bytes()).unwrap_err();
        assert_eq!(error.operation, Some(Operation::QueryData), "{body}");
        assert!(
            error
                .message
                .starts_with("request: not JSON at line 1, column "),
            "{}",
            error.message
        );
    }
    let mut body = br#"{"type":"QueryDataRequest","entityIdentifier":""#.to_vec();
    body.extend([0xff, b'"', b'}']);
    let error = decode(&body).unwrap_err();
    assert_eq!(
        (error.operation, error.message.as_str()),
        (Some(Operation::QueryData), "request: not UTF-8 at byte 48")
    );
}

#[test]
fn half_surrogates() {
    let body = r#"{"type":"DescribeEntityRequest","entityIdentifier":"\ud800","connectorContext":{"apiVersion":"v1"}}"#;
    let error = decode(body.as_bytes()).unwrap_err();
    assert_eq!(error.operation, Some(Operation::DescribeEntity));
    assert!(
        error
            .message
            .starts_with("entityIdentifier: the string is not Unicode"),
        "{}",
        error.message
    );
}

#[test]
fn too_large() {
    let mut body = json!({"type": "WriteDataRequest", "padding": Value::Null}).to_string();
    body.push_str(&" ".repeat(MAX_REQUEST_BYTES));
    let error = decode(body.as_bytes()).unwrap_err();
    assert_eq!(error.operation, Some(Operation::WriteData));
    assert_eq!(
        error.message,
        format!("request: larger than {MAX_REQUEST_BYTES} bytes")
    );
}
