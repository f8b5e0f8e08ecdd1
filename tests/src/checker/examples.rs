//! Good answers with every property of the tables, for the checker's own tests to spoil.
#![allow(clippy::panic, reason = "a test that cannot go on must fail")]

use serde_json::{Value, json};

/// One good answer with every property of the tables, and its request.
pub(super) fn good(operation: &str) -> (Value, Value) {
    let cache = json!({"timeToLive": 1, "timeToLiveUnit": "HOURS"});
    let entity = json!({"entityIdentifier": "contact", "hasNestedEntities": false, "isWritable": true,
        "label": "Contact", "description": "People", "customProperties": {"a": "b"}});
    let request = |name: &str| json!({"type": format!("{name}Request")});
    let parameter = json!({"key": "k", "required": true, "label": "K", "description": "a key",
        "sensitiveField": true, "connectorSuppliedValues": ["a"]});
    match operation {
        "DescribeConnectorConfiguration" => {
            let mut custom = parameter.clone();
            custom["type"] = json!("TOKEN_URL");
            (
                request(operation),
                json!({
                "connectorOwner": "Example", "connectorName": "Demo", "connectorVersion": "1.0",
                "connectorModes": ["SOURCE", "DESTINATION"], "supportedApiVersions": ["v1"],
                "operatorsSupported": ["PROJECTION", "EQUAL_TO"], "supportedTriggerTypes": ["ONDEMAND"],
                "triggerFrequenciesSupported": ["DAILY"], "supportedWriteOperations": ["INSERT"],
                "supportedDataTransferTypes": ["RECORD"], "logoURL": "https://example.com/logo.png",
                "authenticationConfig": {
                    "isBasicAuthSupported": true, "isApiKeyAuthSupported": true, "isOAuth2Supported": true,
                    "isCustomAuthSupported": true,
                    "oAuth2Defaults": {"oAuthScopes": ["api"], "tokenURL": ["https://example.com/token"],
                        "authURL": ["https://example.com/auth"],
                        "oAuth2GrantTypesSupported": ["AUTHORIZATION_CODE"],
                        "oAuth2ContentType": "URL_ENCODED", "oAuth2MethodType": "HTTP_POST",
                        "oauth2CustomProperties": [custom], "addBasicAuthHeader": false},
                    "customAuthConfig": [{"authenticationType": "hmac", "authParameters": [parameter]}]},
                "connectorRuntimeSetting": [{"key": "baseUrl", "dataType": "Url", "required": true,
                    "label": "Base URL", "description": "Address", "scope": "CONNECTOR_PROFILE",
                    "connectorSuppliedValueOptions": ["https://example.com"]}],
                "isSuccess": true}),
            )
        }
        "ValidateConnectorRuntimeSettings" => (
            request(operation),
            json!({"isSuccess": false, "errorsByInputField": {"baseUrl": "not an address"}}),
        ),
        "ValidateCredentials" => (
            request(operation),
            json!({"isSuccess": false, "errorDetails": {"errorCode": "RateLimitExceeded",
            "errorMessage": "slow down", "retryAfterSeconds": 30}}),
        ),
        "ListEntities" => (
            request(operation),
            json!({"isSuccess": true, "entities": [entity], "nextToken": "t2", "cacheControl": cache}),
        ),
        "DescribeEntity" => (
            request(operation),
            json!({"isSuccess": true, "cacheControl": cache, "entityDefinition": {
            "entity": entity, "customProperties": {"a": "b"},
            "fields": [{"fieldName": "updatedAt", "dataType": "DateTime", "dataTypeLabel": "timestamp",
                "label": "Updated", "description": "Last change", "isPrimaryKey": false, "defaultValue": "x",
                "isDeprecated": false, "filterOperators": ["BETWEEN"], "customProperties": {"a": "b"},
                "constraints": {"allowedLengthRange": {"minRange": 0, "maxRange": 10.5},
                    "allowedValueRange": {"minRange": 0, "maxRange": 1}, "allowedValues": ["a"],
                    "allowedValuesRegexPattern": ".", "allowedDateFormat": "YYYY"},
                "readProperties": {"isRetrievable": true, "isNullable": true, "isQueryable": true,
                    "isTimestampFieldForIncrementalQueries": true},
                "writeProperties": {"isCreatable": true, "isUpdatable": true, "isNullable": true,
                    "isUpsertable": true, "isDefaultedOnCreate": true,
                    "supportedWriteOperations": ["UPSERT"]}}]}}),
        ),
        "QueryData" => (
            json!({"type": "QueryDataRequest", "maxResults": 2, "nextToken": "t1", "selectedFieldNames": ["id", "at"],
                "connectorContext": {"entityDefinition": {"fields": [
                    {"fieldName": "id", "dataType": "Integer"}, {"fieldName": "at", "dataType": "DateTime"}]}}}),
            json!({"isSuccess": true, "nextToken": "t2", "records": ["{\"id\":1,\"at\":\"2025-01-01T00:00:00Z\"}", "{}"]}),
        ),
        "RetrieveData" => (
            request(operation),
            json!({"isSuccess": true, "records": ["{\"id\":1}"]}),
        ),
        "WriteData" => (
            json!({"type": "WriteDataRequest", "idFieldNames": ["id"], "records": ["{\"id\":\"a\"}", "{\"id\":\"b\"}"]}),
            json!({"isSuccess": false,
                "errorDetails": {"errorCode": "PartialWriteFailure", "errorMessage": "1 of 2 records failed"},
                "writeRecordResults": [{"isSuccess": true, "recordId": "a"},
                    {"isSuccess": false, "recordId": "b", "errorMessage": "email: not an address"}]}),
        ),
        other => panic!("no example for {other}"),
    }
}
